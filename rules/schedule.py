"""Times of the week: windows that may cross midnight, school days, holidays; what is closed when.

All of it is wall-clock time in the household's zone: 21:00 is when the kitchen clock says so. Where clocks
go forward, the missing hour is in no window; where they go back, the repeated hour counts both times. No
clock is read here: the moment is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
_A_WEEK = frozenset(range(7))


class Days(StrEnum):
    """Which days a window begins on, beside the days of the week."""

    ANY = "any"
    """Every day."""
    SCHOOL = "school"
    """School days."""
    FREE = "free"
    """Days without school."""
    BEFORE_SCHOOL = "before-school"
    """Days followed by a school day."""
    BEFORE_FREE = "before-free"
    """Days followed by a day without school."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """School days and holidays.

    Attributes:
        school_days: days of the week with school, 0 is Monday.
        holidays: first and last day of each time without school.
    """

    school_days: frozenset[int] = frozenset(range(5))
    holidays: tuple[tuple[date, date], ...] = ()

    def has_school(self, day: date) -> bool:
        """Whether there is school on a day."""
        return day.weekday() in self.school_days and not any(
            first <= day <= last for first, last in self.holidays
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time of the day on some days; one that ends at or before its beginning ends on the next day.

    Attributes:
        start: minutes after midnight at which it begins, 0 to 1439.
        end: minutes after midnight at which it ends (that minute is outside), 1 to 1440.
        weekdays: the days of the week it begins on, 0 is Monday.
        days: which of them.
        text: as written.
    """

    start: int
    end: int
    weekdays: frozenset[int] = _A_WEEK
    days: Days = Days.ANY
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When some things are closed.

    Attributes:
        targets: what it is about: `everything`, category ids, `service:ID`, `list:NAME`.
        spared: what it leaves alone although a target names it.
        block: windows in which the targets are closed.
        allow: windows in which the targets are open; where there are any, they are closed at other times.
        name: what the household calls it.
        place: `file:line` of the policy.
    """

    targets: frozenset[str]
    spared: frozenset[str] = frozenset()
    block: tuple[Window, ...] = ()
    allow: tuple[Window, ...] = ()
    name: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The household's time zone and calendar, and questions to them.

    Attributes:
        zone: the time zone of the kitchen clock.
        calendar: school days and holidays.
    """

    zone: ZoneInfo
    calendar: Calendar = field(default_factory=Calendar)

    def local(self, at: datetime) -> datetime:
        """A moment as the kitchen clock shows it, without its zone."""
        return at.astimezone(self.zone).replace(tzinfo=None)

    def closed_by(self, schedule: Schedule, at: datetime) -> str | None:
        """Why a schedule closes its targets at a moment: the window's text; None where it does not.

        Args:
            schedule: the schedule.
            at: the moment, aware.
        """
        return self.closed_at(schedule, self.local(at))

    def closed_at(self, schedule: Schedule, clock: datetime) -> str | None:
        """As `closed_by`, for what the kitchen clock shows (see `local`)."""
        for window in schedule.block:
            if holds(window, clock, self.calendar):
                return window.text
        if schedule.allow and not any(holds(window, clock, self.calendar) for window in schedule.allow):
            return "outside " + ", ".join(window.text for window in schedule.allow)
        return None

    def next_change(self, schedule: Schedule, at: datetime, *, within: int = 31) -> datetime | None:
        """The next moment at which a schedule opens or closes, in UTC; None where it does not soon.

        Args:
            schedule: the schedule.
            at: the moment to look from, aware.
            within: how many days to look ahead.
        """
        now = self.closed_by(schedule, at) is None
        for moment in self._edges(schedule, at, within):
            if moment > at and (self.closed_by(schedule, moment) is None) is not now:
                return moment
        return None

    def _edges(self, schedule: Schedule, at: datetime, within: int) -> Iterator[datetime]:
        """Every moment at which a window may begin or end, in order."""
        minutes = {
            minute for window in (*schedule.block, *schedule.allow) for minute in (window.start, window.end)
        }
        today = self.local(at).date()
        edges = set()
        for ahead in range(within + 1):
            midnight = datetime.combine(today + timedelta(days=ahead), time())
            for minute in minutes:
                clock = (midnight + timedelta(minutes=minute)).replace(tzinfo=self.zone)
                edges |= {clock.astimezone(UTC), clock.replace(fold=1).astimezone(UTC)}
        # Where the clocks change inside a window, it opens or closes without an edge of its own.
        edges |= set(_clock_changes(self.zone, at, within))
        last = datetime.combine(today + timedelta(days=within + 1), time(), self.zone).astimezone(UTC)
        yield from sorted(edge for edge in edges if edge <= last)

    def day_of(self, at: datetime) -> date:
        """The household's day a moment lies in: budgets begin anew with it."""
        return self.local(at).date()

    def is_free(self, day: date) -> bool:
        """Whether a day is without school."""
        return not self.calendar.has_school(day)


def holds(window: Window, clock: datetime, calendar: Calendar) -> bool:
    """Whether a window holds at a wall-clock time.

    Args:
        window: the window.
        clock: what the kitchen clock shows, without a zone.
        calendar: school days and holidays.
    """
    minute = clock.hour * 60 + clock.minute
    today = clock.date()
    if window.start < window.end:
        return window.start <= minute < window.end and _begins_on(window, today, calendar)
    if minute >= window.start:
        return _begins_on(window, today, calendar)
    return minute < window.end and _begins_on(window, today - timedelta(days=1), calendar)


def _begins_on(window: Window, day: date, calendar: Calendar) -> bool:
    if day.weekday() not in window.weekdays:
        return False
    match window.days:
        case Days.ANY:
            return True
        case Days.SCHOOL:
            return calendar.has_school(day)
        case Days.FREE:
            return not calendar.has_school(day)
        case Days.BEFORE_SCHOOL:
            return calendar.has_school(day + timedelta(days=1))
        case Days.BEFORE_FREE:
            return not calendar.has_school(day + timedelta(days=1))


def _clock_changes(zone: ZoneInfo, at: datetime, within: int) -> Iterator[datetime]:
    """The moments at which a zone's clocks change, found by halving each day in which its offset does."""
    step = timedelta(days=1)
    low = at.astimezone(UTC).replace(second=0, microsecond=0)
    for _ in range(within + 1):
        high = low + step
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            left, right = low, high
            while right - left > timedelta(minutes=1):
                middle = left + timedelta(minutes=int((right - left).total_seconds() // 120))
                if middle.astimezone(zone).utcoffset() == left.astimezone(zone).utcoffset():
                    left = middle
                else:
                    right = middle
            yield right
        low = high
