"""The time limits go by: the machine's clock, unless somebody has set it by hand.

A child who can set the clock would have bedtime wait and minutes begin anew. So time goes on by a clock that
nobody can set (CLOCK_BOOTTIME, which counts while the machine sleeps) from where it began, and follows the
machine's clock where the two differ by no more than good clocks do, or where the kernel says that a time
server set it (adjtimex(2); setting it by hand takes that word back). What was known last is kept over a
restart.

What it can't see: a clock that was put forward while the machine was off. Whoever can do that owns it.
And what it can't know: that a clock set by hand was set right. Who starts the gate can say so
(`Keeper.MACHINE`).
"""

from __future__ import annotations

import ctypes
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SLACK = 1.0  # seconds that two good clocks may differ
_DRIFT = 0.002  # and by how much more for each second since they were compared; NTP slews by 0.0005 at most
_COMPARE = 3600.0  # seconds after which they are compared anew
_ASK_AGAIN = 5.0  # seconds between two questions to the kernel
_TIMEX_BYTES = 208  # of struct timex on 64-bit Linux; more than on others
_TIME_ERROR = 5  # adjtimex: the clock is not synchronised
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Keeper(StrEnum):
    """Whose word the time is.

    Attributes:
        GATE: the gate's, which doubts a clock that was set by hand.
        MACHINE: the machine's: somebody vouches for its clock, such as the host of a virtual machine.
    """

    GATE = "gate"
    MACHINE = "machine"


def _steady() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def is_synchronised() -> bool:
    """Whether the kernel says that a time server keeps the machine's clock; False where it can't be asked."""
    if sys.platform != "linux":
        return False
    answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= int(answer) < _TIME_ERROR


def boot_id() -> str:
    """Which start of the machine this is; empty where it is not told."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment that was known, to go on from after a restart.

    Attributes:
        boot: which start of the machine it was.
        steady: what the clock that nobody can set showed, in seconds.
        at: the moment, in seconds since 1970.
    """

    boot: str
    steady: float
    at: float


class Clock:
    """Call it for the time. One a process; the time it gives never goes back by anybody's hand."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = _steady,
        synchronised: Callable[[], bool] = is_synchronised,
        boot: str | None = None,
    ) -> None:
        """Begin with what the machine's clock shows.

        Args:
            wall: the machine's clock, in seconds since 1970.
            steady: a clock that nobody can set, in seconds.
            synchronised: whether a time server keeps the machine's clock.
            boot: which start of the machine this is; by default what the kernel says.
        """
        self._wall = wall
        self._steady = steady
        self._synchronised = synchronised
        self._boot = boot_id() if boot is None else boot
        self._asked_at = float("-inf")
        self._set(wall(), steady())

    @property
    def behind(self) -> float:
        """Seconds by which the machine's clock was set forward by hand (negative: back); 0: it was not."""
        wall, steady = self._wall(), self._steady()
        return 0.0 if self._is_near(wall, steady) else wall - self._own(steady)

    def __call__(self) -> datetime:
        """The time now, aware, in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """The time now in seconds since 1970."""
        wall, steady = self._wall(), self._steady()
        if self._is_near(wall, steady):
            if steady - self._since > _COMPARE:
                self._set(wall, steady)
            return wall
        if steady - self._asked_at >= _ASK_AGAIN:
            self._asked_at = steady
            if self._synchronised():
                self._set(wall, steady)
                return wall
        return self._own(steady)

    @classmethod
    def kept_by(cls, keeper: Keeper) -> Clock:
        """The clock of a gate that was started so."""
        return cls(synchronised=lambda: True) if keeper is Keeper.MACHINE else cls()

    def mark(self) -> Mark:
        """The moment now, to be kept."""
        return Mark(boot=self._boot, steady=self._steady(), at=self.seconds())

    def resume(self, mark: Mark) -> None:
        """Go on from a moment that was known before a restart, unless a time server keeps the clock."""
        steady, wall = self._steady(), self._wall()
        if self._synchronised():
            return
        if mark.boot and mark.boot == self._boot and steady >= mark.steady:
            expected = mark.at + steady - mark.steady
            if abs(wall - expected) > _SLACK + _DRIFT * (steady - mark.steady):
                self._set(expected, steady)
        elif wall < mark.at:
            self._set(mark.at, steady)

    def _set(self, at: float, steady: float) -> None:
        self._at, self._since = at, steady

    def _own(self, steady: float) -> float:
        return self._at + steady - self._since

    def _is_near(self, wall: float, steady: float) -> bool:
        passed = steady - self._since
        return abs(wall - self._at - passed) <= _SLACK + _DRIFT * passed
