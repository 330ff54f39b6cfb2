"""Minutes a person may spend on something: pure arithmetic; who counts them is the gate's matter.

A budget's day begins at the household's midnight. Earned and carried minutes add to the day's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_GAP = 2.0
"""Minutes between two page loads that still count as one stay; a longer gap is time spent elsewhere."""


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


def spent(last: datetime | None, now: datetime, *, longest_gap: float = LONGEST_GAP) -> float:
    """The minutes to add when a person is seen at something again.

    Only the time since they were last seen counts, and only while it is short: a tab left open overnight
    costs nothing, and neither does a clock that went backwards.

    Args:
        last: when they were last seen at it; None if never.
        now: when they are seen now.
        longest_gap: minutes up to which a gap counts as one stay.
    """
    if last is None:
        return 0.0
    gap = (now - last).total_seconds() / 60
    return gap if 0.0 < gap <= longest_gap else 0.0
