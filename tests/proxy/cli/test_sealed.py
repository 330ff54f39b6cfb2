"""`stairgate sealed` in networks of its own: never run against the network of the machine that tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proxy.sealed.way import State, Survey, judge
from rules.exits import Exit

WORLD = Path(__file__).parents[1] / "sealed_world.py"
ROOT = Path(__file__).parents[3]


def can_seal() -> bool:
    """Whether this machine lets us have a network of our own."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(["unshare", "-rnm", "true"], capture_output=True, check=False).returncode == 0


needs_network = pytest.mark.skipif(not can_seal(), reason="needs unshare with its own network namespace")


def run(world: str, *words: str) -> tuple[int, str]:
    """Run the command in a world."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["unshare", "-rnm", sys.executable, WORLD, world, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=kept,
    )
    assert done.returncode in {0, 1, 2}, done.stderr
    return done.returncode, done.stdout


def states(text: str) -> dict[str, str]:
    """Each way's state."""
    return {way["id"]: way["state"] for way in json.loads(text)["ways"]}


@needs_network
def test_without_a_gate_every_way_is_open_and_each_says_what_closes_it() -> None:
    code, text = run("open", "--json")
    found = json.loads(text)
    assert (code, found["sealed"], set(states(text).values())) == (1, False, {"open"})
    assert all(way["todo"] and way["detail"] for way in found["ways"])


@needs_network
def test_behind_the_gates_names_every_way_is_closed() -> None:
    code, text = run("names", "--json")
    assert (code, json.loads(text)["sealed"]) == (0, True), text
    assert set(states(text).values()) == {"closed"}


@needs_network
def test_behind_the_gates_proxy_every_way_is_closed() -> None:
    code, text = run("proxy", "--json", "--proxy", "http://127.0.0.1:8080")
    assert (code, set(states(text).values())) == (0, {"closed"}), text


@needs_network
def test_where_nothing_answers_nothing_is_said_to_be_sealed() -> None:
    code, text = run("dead", "--json")
    assert (code, json.loads(text)["sealed"], set(states(text).values())) == (2, None, {"unclear"})


@needs_network
def test_people_read_which_way_is_open_and_what_to_do() -> None:
    code, text = run("open")
    assert code == 1
    assert "OPEN     Other name servers, asked in the clear" in text
    assert "next  " in text


@pytest.mark.parametrize(
    ("seen", "alive", "state", "code"),
    [
        (["x"], True, State.OPEN, Exit.FINDING),
        (["x"], False, State.OPEN, Exit.FINDING),
        ([], True, State.CLOSED, Exit.GOOD),
        ([], False, State.UNCLEAR, Exit.NOT_SHOWN),
    ],
)
def test_what_got_through_decides(seen: Any, alive: bool, state: State, code: Exit) -> None:
    way = judge("a", "A", seen, alive=alive, todo="close it")
    assert (way.state, Survey(ways=(way,), alive=alive).exit) == (state, code)
