"""The home folder: where it is, who may read it, and what happens where it can't be."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from proxy.home import Home, console_key, locate, open_home, replace_file
from rules.errors import StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A folder in which not even root can make anything: a file stands where the folder should be."""
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    return blocker / "home"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_private(tmp_path: Path) -> None:
    home = open_home(tmp_path / "a" / "home")
    assert mode(home.path) == 0o700


def test_an_existing_home_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    (folder / "policy.yaml").write_text("people: {}\n")
    open_home(folder)
    assert mode(folder) == 0o700


def test_a_shared_folder_with_other_things_in_it_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """`--home /tmp` must not lock everyone out of /tmp."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(StairgateError) as caught:
        open_home(folder)
    assert caught.value.exit_code == Exit.MISSING
    assert mode(folder) == 0o755


def test_a_home_that_cannot_be_made_ends_in_69_with_place_cause_and_next_step(unwritable: Path) -> None:
    with pytest.raises(StairgateError) as caught:
        open_home(unwritable)
    problem = caught.value.problems[0]
    assert caught.value.exit_code == Exit.MISSING
    assert problem.place == str(unwritable)
    assert "--home" in problem.hint


def test_the_variable_names_the_home_unless_the_option_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAIRGATE_HOME", str(tmp_path / "by-variable"))
    assert locate() == tmp_path / "by-variable"
    assert locate(tmp_path / "by-option") == tmp_path / "by-option"


def test_without_option_and_variable_the_system_says_where_data_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAIRGATE_HOME", raising=False)
    assert locate().name == "stairgate"
    assert locate().is_absolute()


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "state"
    target.write_bytes(b"old")
    replace_file(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]
    assert mode(target) == 0o600


def test_a_replacement_that_fails_keeps_the_old_file_and_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "state"
    target.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StairgateError, match="No space left"):
        replace_file(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_console_key_is_secret_long_and_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    key = console_key(home)
    assert len(key) >= 43
    assert console_key(home) == key
    assert mode(home.console_key) == 0o600


def test_a_console_key_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.console_key.write_text("abc")
    assert len(console_key(home)) >= 43
