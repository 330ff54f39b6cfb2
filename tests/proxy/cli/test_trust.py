"""`stairgate trust` as a program, with a browser's database of the test's own."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stairgate

pytestmark = pytest.mark.skipif(not shutil.which("certutil"), reason="certutil is not installed")


@pytest.fixture(autouse=True)
def _user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user with a Firefox profile, who keeps Stairgate in a folder of the test."""
    profile = tmp_path / "anna" / ".mozilla/firefox/k3j.default"
    profile.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "--empty-password", "-d", f"sql:{profile}"], check=True)
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    monkeypatch.setenv("STAIRGATE_HOME", str(tmp_path / "home"))


def test_status_ends_in_1_until_the_ca_is_installed(stairgate: Stairgate) -> None:
    assert stairgate("trust", "status", "--store", "browsers").code == 1
    assert stairgate("trust", "install", "--store", "browsers").code == 0
    assert stairgate("trust", "status", "--store", "browsers").code == 0
    assert stairgate("trust", "remove", "--store", "browsers").code == 0
    assert stairgate("trust", "status", "--store", "browsers").code == 1


def test_each_store_is_an_object_a_line(stairgate: Stairgate) -> None:
    done = stairgate("trust", "install", "--store", "browsers", "--json")
    (row,) = map(json.loads, done.out.splitlines())
    assert (row["place"], row["state"], row["changed"]) == ("Firefox (k3j.default)", "trusted", True)


def test_the_group_alone_shows_the_status(stairgate: Stairgate) -> None:
    assert "Firefox (k3j.default)" in stairgate("trust").out
