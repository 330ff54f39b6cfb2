"""A seat: when a part counts as stalled, and when its successor is forked."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from proxy.board import Board
from proxy.part import Part
from proxy.seat import Seat

KILLED = int(signal.SIGKILL)  # a wait status: ended by signal 9


@pytest.fixture
def board() -> Board:
    return Board(("worker-1",))


@pytest.fixture
def seat(board: Board) -> Seat:
    made = Seat(part=Part(name="worker-1", work=lambda _pulse: 0, patience=0.7))
    sit(made, board)
    return made


def sit(seat: Seat, board: Board, now: float = 0.0) -> None:
    seat.take(os.getpid(), socket.socketpair()[0], now, board)


def test_who_beats_is_left_alone(seat: Seat, board: Board) -> None:
    board.write("worker-1", {"ready": True})
    for tick in range(100):
        board.beat("worker-1")
        assert not seat.hear(tick / 10, 0.1, board)
    assert seat.ready


def test_who_is_silent_for_longer_than_its_patience_is_ended(seat: Seat, board: Board) -> None:
    board.write("worker-1", {"ready": True})
    verdicts = [seat.hear(tick / 10, 0.1, board) for tick in range(20)]
    assert verdicts.index(True) in {7, 8, 9}  # a little later where this process itself had to wait
    seat.leave(KILLED, 2.0)
    assert "silent for 0." in seat.why


def test_a_part_that_is_still_starting_is_given_longer(seat: Seat, board: Board) -> None:
    assert not any(seat.hear(tick / 10, 0.1, board) for tick in range(90))


def test_time_in_which_a_part_got_no_processor_does_not_count(
    seat: Seat, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.write("worker-1", {"ready": True})
    starved = iter(float(tick) / 10 for tick in range(1000))
    monkeypatch.setattr("proxy.processor.waited", lambda _pid: next(starved))
    assert not any(seat.hear(tick / 10, 0.1, board) for tick in range(50))


def test_time_in_which_a_part_waits_for_the_disk_does_not_count(
    seat: Seat, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.write("worker-1", {"ready": True})
    monkeypatch.setattr("proxy.processor.waits_for_disk", lambda _pid: True)
    assert not any(seat.hear(tick / 10, 0.1, board) for tick in range(50))


def test_the_first_faults_are_mended_at_once_and_later_ones_after_a_pause(seat: Seat, board: Board) -> None:
    pauses = []
    for _ in range(12):
        seat.leave(KILLED, 5.0)
        pauses.append(seat.due - 5.0)
        sit(seat, board, 5.0)
    assert pauses[:3] == [0.0, 0.0, 0.0]
    assert pauses[3:] == sorted(pauses[3:])
    assert max(pauses) == 1.0
    assert seat.failing


def test_a_part_that_has_worked_for_a_while_begins_with_a_clean_slate(seat: Seat, board: Board) -> None:
    for _ in range(6):
        seat.leave(KILLED, 0.0)
        sit(seat, board)
    board.write("worker-1", {"ready": True})
    seat.hear(2.0, 0.1, board)
    seat.leave(KILLED, 2.0)
    assert seat.due == 2.0
    assert seat.why == "was ended by signal 9"
