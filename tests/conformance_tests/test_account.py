"""A child's account: what it may not touch it can't, and a lab of one user says so."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance_tests import account
from conformance_tests.driver import RefusedError
from conformance_tests.lab.internet import fresh_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet

type Play = Callable[[Callable[..., Any]], Any]


def attempt(act: Callable[[], Any]) -> str:
    try:
        act()
    except OSError as error:
        return error.__class__.__name__
    return "done"


async def try_as_a_child(_: Internet) -> Any:
    """Write to a file of the product's user, signal its process, and look who is asking."""
    try:
        account.refuse_where_alone()
    except RefusedError as error:
        return str(error)
    path = fresh_folder() / "settings"
    path.write_text("as it was")
    asked = {
        "who": os.getuid,
        "write": lambda: attempt(lambda: path.write_text("mine")),
        "read": path.read_text,
        "signal": lambda: attempt(partial(os.kill, 1, 15)),
    }
    return {word: account.as_child(act) for word, act in asked.items()} | {"left": path.read_text()}


def test_what_a_child_may_not_touch_it_can_not(play: Play) -> None:
    told = play(try_as_a_child)
    if isinstance(told, str):
        pytest.skip(told)
    assert told == {
        "who": account.UID,
        "write": "PermissionError",
        "read": "as it was",
        "signal": "PermissionError",
        "left": "as it was",
    }


def test_a_lab_of_one_user_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda _: "         0       1000          1\n")
    with pytest.raises(RefusedError, match="one user only"):
        account.refuse_where_alone()
