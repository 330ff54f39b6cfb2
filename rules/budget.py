"""Minutes a person may spend on something: pure arithmetic; who counts them is the gate's matter.

A budget's day begins at the household's midnight. Earned and carried minutes add to the day's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_GAP = 2
"""Minutes between two sightings that still count as one stay; a longer gap is time spent elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The minutes of one person for one target.

    Attributes:
        target: `everything`, a category id, `service:ID` or `list:NAME`.
        minutes: on a school day.
        free_minutes: on a day without school.
        rollover: how many minutes left over may be carried to the next day, at most.
        place: `file:line` of the policy.
    """

    target: str
    minutes: int
    free_minutes: int
    rollover: int = 0
    place: str = ""


def allowance(budget: Budget, *, is_free: bool) -> int:
    """The minutes of a day, without earned or carried ones.

    Args:
        budget: the budget.
        is_free: whether the day is without school.
    """
    return budget.free_minutes if is_free else budget.minutes


def left(budget: Budget, *, is_free: bool, used: float, extra: float = 0.0) -> float:
    """The minutes left of a day; never below 0.

    Args:
        budget: the budget.
        is_free: whether the day is without school.
        used: minutes used on this day.
        extra: minutes earned on this day or carried into it; negative ones take away.
    """
    return max(0.0, allowance(budget, is_free=is_free) + extra - used)


def carry(budget: Budget, *, is_free: bool, used: float, extra: float = 0.0) -> float:
    """The minutes a day hands on to the next: what is left, at most `rollover`, so that days do not pile up.

    Args:
        budget: the budget.
        is_free: whether the day that ends was without school.
        used: minutes used on it.
        extra: minutes earned on it or carried into it.
    """
    return min(float(budget.rollover), left(budget, is_free=is_free, used=used, extra=extra))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What became of one day's minutes for one person and target.

    Attributes:
        is_free: whether the day was without school.
        used: minutes used.
        earned: minutes earned on it; negative ones were taken away.
    """

    is_free: bool
    used: float = 0.0
    earned: float = 0.0


def carried(budget: Budget, days: Iterable[Spent]) -> float:
    """The minutes that the days before hand on to today.

    Args:
        budget: the budget.
        days: the days before, the oldest first, without a gap; nothing is carried into the first.
    """
    left_over = 0.0
    for day in days:
        extra = day.earned + left_over
        left_over = carry(budget, is_free=day.is_free, used=day.used, extra=extra)
    return left_over


def stay(last: int | None, now: int) -> range:
    """The minutes that count when somebody is seen at something again.

    The minute itself counts, and those since they were last seen at it where that is not long ago: whoever
    reads a page for a minute has not left. A tab left open overnight costs nothing.

    Args:
        last: the minute (since 1970) in which they were last seen at it; None if never.
        now: the minute in which they are seen.
    """
    if last is None or not 0 <= now - last <= LONGEST_GAP:
        return range(now, now + 1)
    return range(last + 1, now + 1)
