"""`stairgate explain` as a program: its JSON, standard input line for line, its complaints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proxy.first_run import prepare_rules
from proxy.home import Home, open_home

STAIRGATE = str(Path(sys.executable).parent / "stairgate")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("home"))
    prepare_rules(home)
    return home


def run(home: Home, *words: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [STAIRGATE, "explain", "--home", str(home.path), *words],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )


def objects(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_json_has_the_fields_of_the_contract_in_order(home: Home) -> None:
    (answer,) = objects(run(home, "--json", "--at", "2026-11-21T20:15:00Z", "https://www.bet365.com/"))
    assert " ".join(answer) == "url person at action category categories reason because rule"
    assert answer["url"] == "https://www.bet365.com/"
    assert answer["person"] == "everyone"
    assert answer["at"] == "2026-11-21T20:15:00Z"
    assert (answer["action"], answer["category"], answer["reason"]) == ("block", "gambling", "category")
    assert answer["categories"] == ["gambling"]
    assert set(answer["rule"]) == {"list", "file", "line", "entry"}


def test_several_addresses_are_answered_in_their_order(home: Home) -> None:
    asked = ["https://bet365.com/", "https://nobody.example/", "wikipedia.org"]
    assert [answer["url"] for answer in objects(run(home, "--json", *asked))] == asked


def test_every_line_of_standard_input_gets_one_object_and_none_is_touched(home: Home) -> None:
    """None trimmed, skipped or merged: blank, unparsable, doubled and undecodable lines, no last line end."""
    lines = [
        b"https://bet365.com/",
        b"",
        b"  https://bet365.com/  ",
        b"https://bet365.com/",
        b"http://[::1",
        b"\xff\xfe.example",
        b"one\rtwo",
        b"a\x0bb\x0cc\x1cd\x85e",
        "zwei\u2028drei".encode(),
        b"x" * 200_000,
        b"last",
    ]
    answers = objects(run(home, "--json", "-", given=b"\n".join(lines)))
    assert [answer["url"] for answer in answers] == [line.decode("utf-8", "replace") for line in lines]


@pytest.mark.parametrize(
    ("given", "number"), [(b"", 0), (b"\n", 1), (b"\n\n", 2), (b"a.example", 1), (b"a.example\n", 1)]
)
def test_a_line_is_what_ends_with_a_line_feed_or_the_input(home: Home, given: bytes, number: int) -> None:
    assert len(objects(run(home, "--json", "-", given=given))) == number


def test_a_question_is_answered_before_the_next_one_is_asked(home: Home) -> None:
    """A program may keep explain running and talk with it."""
    with subprocess.Popen(
        [STAIRGATE, "explain", "--home", str(home.path), "--json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for url in ("https://bet365.com/", "https://nobody.example/"):
            running.stdin.write(url.encode() + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["url"] == url
        running.stdin.close()


def test_without_json_a_sentence_and_the_rule_are_printed(home: Home) -> None:
    done = run(home, "https://bet365.com/")
    assert done.returncode == 0
    assert done.stdout.startswith(b"block  https://bet365.com/\n")
    assert b"gambling.txt:" in done.stdout


def test_control_characters_of_an_address_do_not_reach_the_terminal(home: Home) -> None:
    assert b"\x1b" not in run(home, "https://x\x1b[31m.example/").stdout


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--person", "nobody", "https://bet365.com/"],
        ["--at", "yesterday", "https://bet365.com/"],
        ["-", "https://bet365.com/"],
    ],
)
def test_wrong_usage_ends_in_64(home: Home, words: list[str]) -> None:
    assert run(home, *words, given=b"").returncode == 64


def test_a_policy_with_a_typo_ends_in_65_and_names_file_and_line(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    prepare_rules(home)
    home.policy.write_text("country: GB\npeople:\n  everyone:\n    profil: tween\n")
    done = run(home, "https://bet365.com/")
    assert done.returncode == 65
    assert b"policy.yaml:4" in done.stderr


def test_a_damaged_pack_ends_in_65(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    prepare_rules(home)
    home.pack.write_bytes(home.pack.read_bytes()[:5000])
    done = run(home, "https://bet365.com/")
    assert done.returncode == 65
    assert b"current.pack" in done.stderr


def test_a_home_that_cannot_be_written_ends_in_69(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run(Home(tmp_path / "file" / "home"), "https://bet365.com/").returncode == 69
