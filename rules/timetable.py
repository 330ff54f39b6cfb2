"""What a person's schedules close, worked out once a minute and then remembered for the rest of it.

A schedule changes on full minutes only (`rules.schedule`), and so do the clocks of every zone since 1972: all
moments of one minute have the same answer. Remembering it saves time and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .schedule import Schedule, Week
    from .stances import Stance


@dataclass(frozen=True, slots=True)
class Minute:
    """What holds through one minute.

    Attributes:
        closed: each schedule that closes its targets then, with the window that does it.
        targets: all that these schedules name.
        is_free: whether the household's day is without school.
    """

    closed: tuple[tuple[Schedule, str], ...]
    targets: frozenset[str]
    is_free: bool


class Timetable:
    """Schedules in a household's week.

    Safe to ask from several threads: at worst they work the same out twice.

    Attributes:
        said: what `rules.limits` has said of a person's schedules and budgets, by what decided, window and
            category. It never changes, so it is written once; the policy bounds how much there is.
    """

    __slots__ = ("_last", "_schedules", "_week", "said")

    def __init__(self, week: Week, schedules: Sequence[Schedule]) -> None:
        self._week = week
        self._schedules = tuple(schedules)
        self._last: tuple[int, Minute] | None = None
        self.said: dict[tuple[int, str, str], Stance] = {}

    def at(self, moment: datetime) -> Minute:
        """What holds at a moment.

        Args:
            moment: aware.
        """
        number = int(moment.timestamp() // 60)
        last = self._last
        if last is not None and last[0] == number:
            return last[1]
        minute = self._work_out(moment)
        self._last = number, minute
        return minute

    def _work_out(self, moment: datetime) -> Minute:
        clock = self._week.local(moment)
        closed = tuple(
            (schedule, window)
            for schedule in self._schedules
            if (window := self._week.closed_at(schedule, clock)) is not None
        )
        targets = frozenset(target for schedule, _ in closed for target in schedule.targets)
        return Minute(closed, targets, self._week.is_free(clock.date()))
