"""A household's whole evening: `stairgate up` as a program, a client on the other side, one story."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from stairgate import main

if TYPE_CHECKING:
    from collections.abc import Iterator

STAIRGATE = str(Path(sys.executable).parent / "stairgate")
LISTED = "bet365.com"


@dataclass
class Up:
    """A running `stairgate up`."""

    process: subprocess.Popen[str]
    home: Path
    printed: list[str]

    @property
    def seconds(self) -> float:
        """Processor time it has used: what a start takes on an idle machine, however busy this one is."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def proxy(self) -> str:
        return next(found[1] for line in self.printed if (found := re.search(r"proxy +(http://\S+)", line)))

    @property
    def console(self) -> str:
        return next(found[1] for line in self.printed if (found := re.search(r"console +(http://\S+)", line)))

    def client(self, **more: Any) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=str(self.home / "ca.pem"))
        return httpx.Client(proxy=self.proxy, verify=trusted, timeout=15, trust_env=False, **more)

    def read_until(self, text: str) -> str:
        """The next line with this text in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)
            if text in line:
                return line
        raise AssertionError(f"{text!r} was never printed, but: {''.join(self.printed)}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


def start(home: Path, *words: str) -> Up:
    process = subprocess.Popen(
        [STAIRGATE, "up", "--home", str(home), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"LC_ALL": "en_GB.UTF-8"},
    )
    running = Up(process, home, [])
    running.read_until("Stop with Ctrl-C")
    return running


@contextlib.contextmanager
def running(home: Path) -> Iterator[Up]:
    up = start(home)
    try:
        yield up
    finally:
        if up.process.poll() is None:
            up.process.kill()
            up.process.wait(10)


def stairgate(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [STAIRGATE, *words, "--home", str(home)], capture_output=True, check=False, timeout=60, text=True
    )


def write_policy(home: Path, text: str) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "policy.yaml").write_text(text)


def journal(home: Path, host: str) -> list[dict[str, Any]]:
    """What the journal tells of a host; a decision can be read one second later."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        done = stairgate(home, "log", "show", "--json")
        assert done.returncode == 0, done.stderr
        found = [row for row in map(json.loads, done.stdout.splitlines()) if row["host"] == host]
        if found:
            return found
        time.sleep(0.2)
    return []


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One fresh home, first start, shared by the tests that only look."""
    with running(tmp_path_factory.mktemp("evening") / "home") as up:
        yield up


def test_the_first_start_says_where_everything_is_and_how_to_trust_the_ca(evening: Up) -> None:
    printed = "".join(evening.printed)
    assert re.search(r"proxy +http://127\.0\.0\.1:\d+", printed)
    assert re.search(r"console +http://127\.0\.0\.1:\d+/\?key=\S{40,}", printed)
    assert str(evening.home / "ca.pem") in printed
    assert re.search(r"lists +[1-9][\d,]+ entries", printed)
    assert "everyone (tween)" in printed
    for platform in ("Debian", "Firefox", "macOS", "Windows", "Android", "iPhone"):
        assert platform in printed


def test_everything_private_in_the_home_is_its_owners_alone(evening: Up) -> None:
    open_to_others = {
        str(path.relative_to(evening.home))
        for path in (evening.home, *evening.home.rglob("*"))
        if path.stat().st_mode & 0o077
    }
    # Public by nature: our certificate, and parameters mitmproxy writes (in a folder nobody else enters).
    assert open_to_others <= {"ca.pem", "ca/mitmproxy-dhparam.pem"}
    assert evening.home.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_the_block_page_of_a_listed_site_over_https(evening: Up, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    certificate = str(evening.home / "ca.pem")
    done = subprocess.run(
        f"curl -sS -x {evening.proxy} --cacert {certificate} -o {page} -w %{{http_code}} https://{LISTED}/".split(),
        capture_output=True,
        check=False,
        timeout=30,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert (done.returncode, done.stdout) == (0, "403"), done.stderr
    assert "Gambling" in page.read_text()


def test_page_explanation_and_journal_tell_the_same_story(evening: Up) -> None:
    url = f"https://www.{LISTED}/sports"
    with evening.client() as client:
        page = client.get(f"{url}?name=private", headers={"accept": "text/html"})
    explained = json.loads(stairgate(evening.home, "explain", "--json", url).stdout)
    (noted,) = journal(evening.home, f"www.{LISTED}")
    assert page.status_code == 403
    assert explained["action"] == noted["action"] == "block"
    assert explained["category"] == noted["category"] == "gambling"
    assert explained["reason"] == noted["reason"] == "category"
    assert explained["rule"] == noted["rule"]
    assert noted["url"] == url
    assert noted["person"] == explained["person"] == "everyone"
    assert "private" not in json.dumps(noted)


def test_a_help_service_is_reached_and_is_in_no_journal(tmp_path: Path, origins: Any) -> None:
    origins.plain.expect_request("/").respond_with_data("help")
    home = tmp_path / "home"
    write_policy(home, origins.policy(names=("www.childline.org.uk", "good.example")))
    with running(home) as up, up.client() as client:
        answer = client.get(f"http://www.childline.org.uk:{origins.plain.port}/")
        client.get(f"http://good.example:{origins.plain.port}/")
        assert journal(home, "good.example")
    assert (answer.status_code, answer.text) == (200, "help")
    assert b"childline" not in b"".join(path.read_bytes() for path in home.glob("journal.db*"))


def test_the_console_is_not_reachable_through_the_proxy(evening: Up) -> None:
    with evening.client() as client:
        answer = client.get(evening.console)
    assert answer.status_code == 403
    assert "Last decisions" not in answer.text


def test_the_console_opens_with_the_printed_link_and_shows_what_happened(evening: Up) -> None:
    with evening.client() as client:
        client.get(f"http://seen.{LISTED}/")
    assert journal(evening.home, f"seen.{LISTED}")
    with httpx.Client(trust_env=False, follow_redirects=True) as parent:
        page = parent.get(evening.console)
        assert page.status_code == 200
        assert "key=" not in str(page.url)
        assert f"seen.{LISTED}" in page.text
        twin = parent.get(page.url.join("/today.json")).json()
    assert twin["state"] == "on"
    assert twin["blocked"] >= 1


def test_an_unlisted_origin_gives_its_own_bytes_unchanged(tmp_path: Path, origins: Any) -> None:
    content = bytes(range(256)) * 40
    headers = {"x-own": "one", "content-type": "application/octet-stream"}
    for server in (origins.plain, origins.secure):
        server.expect_request("/own").respond_with_data(content, headers=headers)
    home = tmp_path / "home"
    write_policy(home, origins.policy(names=("good.example",)))
    with running(home) as up, up.client() as client:
        for scheme, server in (("http", origins.plain), ("https", origins.secure)):
            answer = client.get(f"{scheme}://good.example:{server.port}/own")
            assert (answer.status_code, answer.content) == (200, content)
            assert answer.headers["x-own"] == "one"
        rows = journal(home, "good.example")
    assert {row["action"] for row in rows} == {"allow"}


def test_an_edit_of_the_policy_is_in_force_without_a_restart_and_a_broken_one_changes_nothing(
    tmp_path: Path, origins: Any
) -> None:
    origins.plain.expect_request("/").respond_with_data("own")
    home = tmp_path / "home"
    write_policy(home, origins.policy(names=("good.example",)))
    url = f"http://good.example:{origins.plain.port}/"
    with running(home) as up, up.client() as client:
        assert client.get(url).status_code == 200
        write_policy(home, origins.policy(names=("good.example",), more="block: [good.example]\n"))
        up.read_until("in force")
        assert client.get(url).status_code == 403
        write_policy(home, "country: GB\npeople: {everyone: {profile: twen}}\n")
        assert "policy.yaml:2" in up.read_until("policy.yaml:")
        assert client.get(url).status_code == 403
        with httpx.Client(trust_env=False, follow_redirects=True) as parent:
            assert "policy.yaml:2" in parent.get(up.console).text


def test_a_list_added_while_it_runs_is_in_force(tmp_path: Path, origins: Any) -> None:
    origins.plain.expect_request("/").respond_with_data("own")
    home, source = tmp_path / "home", tmp_path / "more.txt"
    write_policy(home, origins.policy(names=("good.example",)))
    source.write_text("good.example\n")
    url = f"http://good.example:{origins.plain.port}/"
    with running(home) as up, up.client() as client:
        assert client.get(url).status_code == 200
        done = stairgate(home, "lists", "add", "more", str(source), "--category", "gambling")
        assert done.returncode == 0, done.stderr
        up.read_until("in force")
        assert client.get(url).status_code == 403


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path / "home") as up:
        up.process.send_signal(number)
        assert up.process.wait(15) == 0
        assert up.process.stdout is not None
        rest = up.process.stdout.read()
    assert rest.endswith("stopped\n")
    assert "Traceback" not in rest


def test_a_second_start_takes_under_3_seconds(evening: Up) -> None:
    with running(evening.home) as up:
        assert up.seconds < 3


@pytest.mark.parametrize("option", ["--listen", "--console"])
def test_a_port_in_use_ends_in_69_and_names_it(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        place = f"127.0.0.1:{holder.getsockname()[1]}"
        other = "--console" if option == "--listen" else "--listen"
        done = stairgate(tmp_path / "home", "up", option, place, other, "127.0.0.1:0")
    assert done.returncode == 69
    assert place in done.stderr
    assert option in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [["--listen", "here"], ["--listen", "127.0.0.1:70000"], ["--console", "0.0.0.0:8081"], ["--consol", "x"]],
)
def test_wrong_usage_ends_in_64(tmp_path: Path, words: list[str]) -> None:
    assert main(["up", "--home", str(tmp_path / "home"), *words]) == 64


def up_in_vain(home: Path) -> int:
    """The exit code of a start that can't succeed."""
    return main(["up", "--home", str(home), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"])


def test_a_policy_with_a_typo_ends_in_65_before_anything_listens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    write_policy(home, "country: GB\npeople:\n  everyone:\n    profil: tween\n")
    assert up_in_vain(home) == 65
    assert "policy.yaml:4" in capsys.readouterr().err


def test_a_damaged_journal_ends_in_65_before_anything_listens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "journal.db").write_bytes(b"no database" * 1000)
    assert up_in_vain(home) == 65
    assert "journal.db" in capsys.readouterr().err


def test_a_home_that_cannot_be_written_ends_in_69(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert up_in_vain(tmp_path / "file" / "home") == 69
    assert str(tmp_path / "file" / "home") in capsys.readouterr().err
