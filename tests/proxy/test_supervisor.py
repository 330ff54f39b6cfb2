"""`stairgate up` on a bad day: parts killed, stalled and orphaned, and clients all the while."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")

STAIRGATE = str(Path(sys.executable).parent / "stairgate")
BLOCKED = b"GET http://bet365.com/ HTTP/1.1\r\nHost: bet365.com\r\nAccept: text/html\r\n\r\n"


@dataclass
class Up:
    """A running `stairgate up` with two workers."""

    process: subprocess.Popen[str]
    home: Path
    printed: str

    @property
    def proxy(self) -> tuple[str, int]:
        found = re.search(r"proxy +http://([\d.]+):(\d+)", self.printed)
        assert found
        return found[1], int(found[2])

    @property
    def console(self) -> str:
        found = re.search(r"console +(http://\S+)", self.printed)
        assert found
        return found[1]

    def parts(self) -> dict[str, int]:
        """Name and process id of every part that is there now."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found = {}
        for child in children:
            with contextlib.suppress(OSError):
                found[Path(f"/proc/{child}/comm").read_text().strip()] = int(child)
        return found

    def today(self) -> dict[str, Any]:
        with httpx.Client(trust_env=False, follow_redirects=True, timeout=10) as parent:
            page = parent.get(self.console)
            twin: dict[str, Any] = parent.get(page.url.join("/today.json")).json()
        return twin

    def replaced(self, name: str, pid: int, seconds: float) -> bool:
        return until(lambda: self.parts().get(name, pid) != pid, seconds=seconds)


def until(holds: Callable[[], bool], *, seconds: float) -> bool:
    """Wait for another process's work, at most so long."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def start(home: Path) -> Up:
    process = subprocess.Popen(
        f"{STAIRGATE} up --home {home} --listen 127.0.0.1:0 --console 127.0.0.1:0 --workers 2".split(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = ""
    assert process.stdout is not None
    for line in process.stdout:
        printed += line
        if "Stop with Ctrl-C" in line:
            break
    assert "Stop with Ctrl-C" in printed, printed
    return Up(process, home, printed)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = start(tmp_path_factory.mktemp("up") / "home")
    yield running
    running.process.terminate()
    assert running.process.wait(20) == 0


def ask(up: Up, seconds: float = 5) -> bytes:
    """One request for a blocked page on a connection of its own; raises where it is refused or hangs."""
    with socket.create_connection(up.proxy, timeout=seconds) as client:
        client.sendall(BLOCKED)
        return client.recv(65_536)


@dataclass
class Crowd:
    """Clients who ask again and again while something is done to the gate."""

    up: Up
    answered: int = 0
    broken: int = 0
    refused: int = 0
    hung: int = 0
    slowest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def _ask(self) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                answer = ask(self.up)
            except ConnectionRefusedError:
                self.refused += 1
            except TimeoutError:
                self.hung += 1
            except OSError:
                self.broken += 1
            else:
                self.answered += answer.startswith(b"HTTP/1.1 403")
                self.broken += not answer
                self.slowest = max(self.slowest, time.monotonic() - begun)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        for one in self._threads:
            one.join()


def test_every_part_is_a_process_of_its_own(up: Up) -> None:
    assert sorted(up.parts()) == ["console", "journal", "lists", "worker-1", "worker-2"]


def test_killed_workers_are_replaced_in_under_a_second_and_no_connection_is_refused(up: Up) -> None:
    with Crowd(up) as crowd:
        for name in ("worker-1", "worker-2", "worker-1"):
            pid = up.parts()[name]
            os.kill(pid, signal.SIGKILL)
            assert up.replaced(name, pid, 1.0)
            before = crowd.answered
            assert until(lambda: crowd.answered > before + 20, seconds=5)  # noqa: B023 - called at once
    assert crowd.refused == crowd.hung == 0
    # Who was being answered at that moment is cut off: at most all four clients at each kill.
    assert crowd.broken <= 12
    assert crowd.slowest < 3


def test_a_stalled_worker_is_killed_and_replaced_and_its_clients_are_answered(up: Up) -> None:
    assert until(lambda: up.today()["state"] == "on", seconds=10)  # every part is ready
    pid = up.parts()["worker-1"]
    with Crowd(up) as crowd:
        os.kill(pid, signal.SIGSTOP)
        assert up.replaced("worker-1", pid, 3.0)
    assert crowd.refused == crowd.hung == 0
    assert crowd.answered > 0


def test_a_killed_journal_comes_back_and_goes_on_writing(up: Up) -> None:
    pid = up.parts()["journal"]
    os.kill(pid, signal.SIGKILL)
    with socket.create_connection(up.proxy, timeout=5) as client:
        client.sendall(BLOCKED.replace(b"bet365", b"after-the-kill.bet365"))
        assert client.recv(100).startswith(b"HTTP/1.1 403")
    assert up.replaced("journal", pid, 2.0)
    assert until(
        lambda: any(one["host"] == "after-the-kill.bet365.com" for one in up.today()["last"]), seconds=5
    )


def test_a_stuck_console_holds_up_no_client(up: Up) -> None:
    pid = up.parts()["console"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert ask(up).startswith(b"HTTP/1.1 403")
    finally:
        os.kill(pid, signal.SIGKILL)
    assert up.replaced("console", pid, 2.0)
    assert until(lambda: _answers(up), seconds=5)


def _answers(up: Up) -> bool:
    try:
        return bool(up.today()["state"])
    except (httpx.HTTPError, json.JSONDecodeError):
        return False


def test_when_the_parent_is_killed_nothing_is_left_and_the_port_is_closed(tmp_path: Path) -> None:
    up = start(tmp_path / "home")
    parts = up.parts()
    with socket.create_connection(up.proxy, timeout=5) as client:
        client.sendall(BLOCKED.replace(b"bet365", b"at-the-end.bet365"))
        assert client.recv(100).startswith(b"HTTP/1.1 403")
        up.process.kill()
        up.process.wait(5)
        assert until(lambda: not any(_lives(pid) for pid in parts.values()), seconds=5)
        client.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            while client.recv(65_536):
                pass  # ends: the connection was closed
    with pytest.raises(ConnectionRefusedError):
        ask(up)
    told = subprocess.run(
        [STAIRGATE, "log", "show", "--json", "--home", str(up.home)],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    # The journal writes down what was on its way to it before it ends.
    assert "at-the-end.bet365.com" in told.stdout


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_second_start_at_the_same_port_is_refused(up: Up, tmp_path: Path) -> None:
    place = f"{up.proxy[0]}:{up.proxy[1]}"
    done = subprocess.run(
        [STAIRGATE, "up", "--home", str(tmp_path / "home"), "--listen", place, "--console", "127.0.0.1:0"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 69
    assert place in done.stderr


def test_a_port_of_a_person_opens_and_closes_with_the_policy(up: Up) -> None:
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    policy = up.home / "policy.yaml"
    before = policy.read_text()

    def connected() -> socket.socket | None:
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), timeout=5)
        return None

    def is_there() -> bool:
        found = connected()
        if found is not None:
            found.close()
        return found is not None

    assert not is_there()
    ben = f"  ben: {{profile: adult, block: [only-ben.example], devices: ['port:{port}']}}\n"
    policy.write_text(before.replace("people:\n", f"people:\n{ben}"))
    assert until(is_there, seconds=5), "the port did not open"
    sent = b"GET http://only-ben.example/ HTTP/1.1\r\nHost: only-ben.example\r\n\r\n"
    opened = []
    for _ in range(8):  # both workers, by chance
        client = connected()
        assert client is not None
        client.sendall(sent)
        assert b" 403 " in client.recv(65_536)[:20]
        opened.append(client)
    told = [one["person"] for one in up.today()["last"] if one["host"] == "only-ben.example"]
    policy.write_text(before)
    assert until(lambda: not is_there(), seconds=5), "the port did not close"
    for client in opened:
        client.settimeout(5)
        while client.recv(65_536):
            pass
        client.close()
    assert until(lambda: told or any(one["person"] == "ben" for one in up.today()["last"]), seconds=3), (
        "nobody was told that it was ben"
    )
    assert b" 403 " in ask(up)[:20], "the port for everyone goes on"
