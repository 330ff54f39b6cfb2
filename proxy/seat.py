"""A part's seat: who sits in it now, how long it has been silent, and when the next one takes it.

The supervisor's book-keeping, without a system call but those of `processor.py`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy import processor

if TYPE_CHECKING:
    import socket

    from proxy.board import Board
    from proxy.part import Part

_START_SECONDS = 10.0  # a part that has not said yet that it is ready is given so long
_SOUND_SECONDS = 1.0  # a part that lived so long is replaced at once
_AT_ONCE = 3  # faults in a row that are mended without a pause
_LONGEST_PAUSE = 1.0


@dataclass(slots=True, kw_only=True)
class Seat:
    """A part's place.

    Attributes:
        part: whose.
        pid: the process; 0 where there is none at the moment.
        orders: the parent's end of the way to it.
        ready: whether it has said that it does its work.
        restarts: how often it was replaced.
        failures: how often in a row it ended before it was sound.
        due: when it is to be forked again, on the monotonic clock.
        why: what became of the last one, in words.
        silence: seconds since its last heartbeat for which it had a processor.
    """

    part: Part
    pid: int = 0
    orders: socket.socket | None = None
    ready: bool = False
    restarts: int = 0
    failures: int = 0
    due: float = 0.0
    why: str = ""
    silence: float = 0.0
    _since: float = 0.0
    _beats: int = 0
    _waited: float = 0.0
    _sentence: str = ""

    @property
    def failing(self) -> bool:
        """Whether nobody works here, and starting anew has not helped so far."""
        return not self.ready and self.failures > _AT_ONCE

    def take(self, pid: int, orders: socket.socket, now: float, board: Board) -> None:
        """A process has been forked for it."""
        self.pid, self.orders, self._since = pid, orders, now
        self.ready, self.silence, self._waited, self._sentence = False, 0.0, 0.0, ""
        self._beats = board.beats(self.part.name)

    def hear(self, now: float, passed: float, board: Board) -> bool:
        """Look at its heartbeat.

        Args:
            now: the monotonic clock.
            passed: seconds since the last look.
            board: where it beats.

        Returns:
            Whether it has been silent for too long and must be ended.
        """
        name = self.part.name
        self.ready = self.ready or bool(board.read(name).get("ready"))
        if self.ready and now - self._since > _SOUND_SECONDS:
            self.failures = 0
        beats, waited = board.beats(name), processor.waited(self.pid)
        starved, self._waited = waited - self._waited, waited
        if beats != self._beats:
            self._beats, self.silence = beats, 0.0
        elif not processor.waits_for_disk(self.pid):
            # Only time in which it could have beaten counts: a crowded machine is no fault of the part.
            self.silence += max(passed - starved, 0.0)
        if self.silence <= (self.part.patience if self.ready else _START_SECONDS):
            return False
        self._sentence = f"was silent for {self.silence:.1f} s and was ended"
        self.silence = 0.0
        return True

    def leave(self, status: int, now: float) -> int:
        """Its process has ended.

        Args:
            status: as `os.waitpid` gives it.
            now: the monotonic clock.

        Returns:
            The exit code; negative where a signal ended it.
        """
        code = os.waitstatus_to_exitcode(status)
        self.why = self._sentence or (
            f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        )
        sound = self.ready and now - self._since > _SOUND_SECONDS
        self.failures = 0 if sound else self.failures + 1
        # The first faults are mended at once; one that comes again and again must not eat the processor.
        again = self.failures - _AT_ONCE
        pause = min(0.05 * 2**again, _LONGEST_PAUSE) if again > 0 else 0.0
        self.pid, self.ready, self.due = 0, False, now + pause
        self.restarts += 1
        if self.orders is not None:
            self.orders.close()
            self.orders = None
        return code
