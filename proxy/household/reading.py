"""The household's state read from its tables for one moment: one value that decisions look into.

Reads only. Which moment, and how often, is `proxy.household.state`'s matter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from proxy.household import store
from rules.budget import Spent, carried
from rules.decide import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    import sqlalchemy as sa

    from proxy.household.store import Key
    from rules.decide import Override
    from rules.policy import Policy
    from rules.schedule import Week

_HISTORY = 7  # days whose left-over minutes are followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was read last.

    Attributes:
        day: the household's day it is about.
        ends: when that day ends, in UTC.
        used: minutes used.
        earned: minutes earned and carried into the day.
        overrides: those that have not ended.
        confirmed: warnings clicked away.
    """

    day: date
    ends: datetime
    used: Mapping[Key, float] = field(default_factory=dict)
    earned: Mapping[Key, float] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    confirmed: frozenset[tuple[str, str]] = frozenset()

    def moment(self, at: datetime) -> Moment:
        """A moment for a decision: of a day after this one only exceptions are known."""
        if at >= self.ends:
            return Moment(at=at, overrides=self.overrides, confirmed=self.confirmed)
        return Moment(
            at=at,
            used=self.used,
            earned=self.earned,
            overrides=self.overrides,
            confirmed=self.confirmed,
        )

    def with_waiting(self, minutes: Iterable[tuple[str, str, int]]) -> Known:
        """The same, with minutes that are counted and not yet written down."""
        waiting = Counter((person, target) for person, target, _ in minutes)
        if not waiting:
            return self
        used = {key: self.used.get(key, 0.0) + waiting[key] for key in self.used.keys() | waiting.keys()}
        return replace(self, used=used)


def read(connection: sa.Connection, policy: Policy, at: datetime) -> Known:
    """All of it."""
    week = policy.week
    day = week.day_of(at)
    first, end = _bounds(week, day)
    earned = store.read_earned(connection, day)
    for key, minutes in _carried(connection, policy, day).items():
        earned[key] = earned.get(key, 0.0) + minutes
    known = Known(
        day=day,
        ends=datetime.fromtimestamp(end * 60, UTC),
        used=store.read_minutes(connection, first, end),
        earned=earned,
    )
    return read_exceptions(connection, known, at)


def read_exceptions(connection: sa.Connection, known: Known, at: datetime) -> Known:
    """Only what parents and people change by hand; the rest as it was."""
    return replace(
        known,
        overrides=tuple(grant.override for grant in store.read_overrides(connection, at)),
        confirmed=store.read_confirmed(connection, at),
    )


def _carried(connection: sa.Connection, policy: Policy, day: date) -> dict[Key, float]:
    """Minutes that the days before hand on, for the budgets that do so."""
    wanted = [
        (person.id, budget)
        for person in policy.people.values()
        for budget in person.budgets
        if budget.rollover
    ]
    oldest = store.first_minute(connection) if wanted else None
    if oldest is None:
        return {}
    week = policy.week
    # Of the time before anything was counted nothing is handed on.
    began = week.day_of(datetime.fromtimestamp(oldest * 60, UTC))
    days = [one for back in range(_HISTORY, 0, -1) if (one := day - timedelta(days=back)) >= began]
    history = [
        (
            week.is_free(one),
            store.read_minutes(connection, *_bounds(week, one)),
            store.read_earned(connection, one),
        )
        for one in days
    ]
    return {
        (key := (person, budget.target)): carried(
            budget,
            [
                Spent(is_free=is_free, used=used.get(key, 0.0), earned=earned.get(key, 0.0))
                for is_free, used, earned in history
            ],
        )
        for person, budget in wanted
    }


def _bounds(week: Week, day: date) -> tuple[int, int]:
    """The first minute of a household's day and of the next one, since 1970."""
    first, end = (
        datetime.combine(one, time(), week.zone).timestamp() for one in (day, day + timedelta(days=1))
    )
    return int(first // 60), int(end // 60)
