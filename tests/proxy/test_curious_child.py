"""The curious child's thirty steps (a clause of the standard): none of them brings the blocked page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORLD = Path(__file__).with_name("child_world.py")


def can_play() -> bool:
    """Whether this machine lets us have networks of our own."""
    if any(shutil.which(word) is None for word in ("unshare", "nsenter", "ip", "curl")):
        return False
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


def play(profile: str, *words: str) -> Any:
    """What a child of this profile reached."""
    if not can_play():
        pytest.skip("needs network namespaces and curl")
    done = subprocess.run(
        ["unshare", "-rnm", sys.executable, WORLD, profile, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=220,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(WORLD.parents[2])},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_curious_child_of_eight_reaches_nothing_in_thirty_steps() -> None:
    told = play("child")
    assert (told["steps"], told["alive"]) == (30, [True, True])
    assert told["won"] == []


def test_from_ten_on_only_a_bare_number_leads_to_a_site_that_has_one_to_itself() -> None:
    """A stated limit (docs/ways-round.md): the profile allows what no list names, and a number is none."""
    told = play("tween")
    assert told["alive"] == [True, True]
    assert told["won"] == ["takes its number", "takes its number in one piece"]


@pytest.fixture(scope="module")
def seen() -> Any:
    """What a browser showed that was set to go its own ways."""
    if shutil.which("chromium") is None or not os.access("/etc/chromium", os.W_OK):
        pytest.skip("needs Chromium, and the right to set its policies in a namespace")
    return play("child", "--browser")


@pytest.mark.timeout(240)
def test_chromium_with_a_resolver_of_its_own_and_quic_reaches_nothing_either(seen: Any) -> None:
    assert "harmless" in seen["open"]
    assert "Stairgate" in seen["blocked"]
    assert "FORBIDDEN" not in seen["blocked"] + seen["without the proxy"]


def test_a_script_that_may_read_every_answer_reaches_nothing_either(seen: Any) -> None:
    told = seen["by script"]
    assert (told["steps"], told["alive"]) == (22, ["harmless", "harmless"])
    assert told["won"] == []
    assert told["late"] == [], "it is refused, not left waiting"
