"""The board: what one process writes there, others read whole or not at all."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.board import Board


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=20), st.one_of(st.integers(), st.text(max_size=50), st.booleans())))
def test_what_is_written_is_read(told: dict[str, object]) -> None:
    board = Board(("one", "two"))
    board.write("two", {"longer": "x" * 1000})
    board.write("two", told)
    assert board.read("two") == told
    assert board.read("one") == {}


def test_what_does_not_fit_is_refused_and_what_was_there_stays() -> None:
    board = Board(("one",))
    board.write("one", {"a": 1})
    with pytest.raises(ValueError, match="do not fit"):
        board.write("one", {"a": "x" * 20_000})
    assert board.read("one") == {"a": 1}


def test_half_a_write_is_not_read_and_the_next_one_is() -> None:
    board = Board(("one",))
    board.write("one", {"a": 1})
    board._memory[20:24] = b"\xff\xff\xff\xff"  # in the text
    assert board.read("one") == {}
    board.write("one", {"a": 2})
    assert board.read("one") == {"a": 2}


def test_another_process_is_heard() -> None:
    board = Board(("one",))
    before = board.beats("one")
    child = os.fork()
    if child == 0:
        board.beat("one")
        board.write("one", {"ready": True})
        os._exit(0)
    os.waitpid(child, 0)
    assert board.beats("one") != before
    assert board.read("one") == {"ready": True}
