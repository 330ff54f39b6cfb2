"""`stairgate remove` as a program."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stairgate


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stairgate: Stairgate) -> Path:
    """A home in use, of a user without browsers."""
    (tmp_path / "anna").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    monkeypatch.setenv("STAIRGATE_HOME", str(tmp_path / "home"))
    assert stairgate("explain", "example.com").code == 0
    return tmp_path / "home"


def test_a_dry_run_is_an_object_a_line_and_leaves_the_home(stairgate: Stairgate, home: Path) -> None:
    done = stairgate("remove", "--dry-run", "--json")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert {"what": "the policy", "result": "to do"}.items() <= rows[0].items()
    assert (home / "policy.yaml").exists()


def test_without_yes_it_asks_and_takes_silence_for_no(
    stairgate: Stairgate, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert stairgate("remove").code == 130
    assert (home / "policy.yaml").exists()


def test_with_yes_the_home_is_gone_and_what_is_left_is_named(stairgate: Stairgate, home: Path) -> None:
    done = stairgate("remove", "--yes", "--delete-journal")
    assert done.code == 0
    assert not home.exists()
    assert "take them out on each device" in done.out
