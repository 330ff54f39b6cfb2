"""What limits of time say of an address: the schedules that close it now, the budgets that are used up.

Each is a Stance, beside those of `rules.voices`. Knows no clock: the moment is passed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import explain
from .budget import left
from .decision import PolicyLine, Reason
from .presets import Action
from .stances import Stance, weigh
from .taxonomy import UNCATEGORISED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from .budget import Budget
    from .decision import Moment
    from .pack import Match
    from .policy import Person
    from .schedule import Schedule
    from .services import Service

EVERYTHING = "everything"
"""The target of schedules, budgets and overrides that means every address."""


def limits(
    matches: Sequence[Match],
    categories: Sequence[str],
    services: Sequence[Service],
    person: Person,
    moment: Moment,
) -> Iterator[Stance]:
    """The schedules that close the address now, and the budgets that are used up.

    Args:
        matches: the entries of the packs that speak of the address.
        categories: their categories, without those of lists that are ignored.
        services: the services it belongs to.
        person: who asks.
        moment: when, and the state of budgets and overrides then.
    """
    minute = person.timetable.at(moment.at)
    subjects = {EVERYTHING, *(categories or (UNCATEGORISED,))}
    if services:
        subjects.update([f"service:{service.id}" for service in services])
    if matches:
        subjects.update([f"list:{match.list}" for match in matches])
    if minute.targets.isdisjoint(subjects) and person.budgeted.isdisjoint(subjects):
        return
    lifted = lifted_limits(moment, person) if moment.overrides else ()
    if Reason.SCHEDULE not in lifted:
        for schedule, window in minute.closed:
            if not schedule.targets.isdisjoint(subjects) and schedule.spared.isdisjoint(subjects):
                yield _closed(schedule, window, person, _first(categories, schedule.targets))
    if Reason.BUDGET not in lifted:
        for budget in person.budgets:
            key = (person.id, budget.target)
            if budget.target in subjects and not left(
                budget,
                is_free=minute.is_free,
                used=moment.used.get(key, 0.0),
                extra=moment.earned.get(key, 0.0),
            ):
                yield _used_up(budget, person, _first(categories, (budget.target,)))


def _first(categories: Sequence[str], targets: Collection[str]) -> str:
    """The first category that a limit names; empty where it names the address some other way."""
    return next((category for category in categories if category in targets), "")


def _closed(schedule: Schedule, window: str, person: Person, category: str) -> Stance:
    said = person.timetable.said
    key = (id(schedule), window, category)
    if key not in said:
        because = explain.schedule(schedule, window, person)
        everything = EVERYTHING in schedule.targets
        said[key] = _block(Reason.SCHEDULE, category, because, schedule.place, window, everything)
    return said[key]


def _used_up(budget: Budget, person: Person, category: str) -> Stance:
    said = person.timetable.said
    key = (id(budget), "", category)
    if key not in said:
        because = explain.budget(budget, person)
        entry, everything = f"budget: {budget.target}", budget.target == EVERYTHING
        said[key] = _block(Reason.BUDGET, category, because, budget.place, entry, everything)
    return said[key]


def _block(reason: Reason, category: str, because: str, place: str, entry: str, everything: bool) -> Stance:
    file, _, line = place.rpartition(":")
    return Stance(
        weight=weigh(Action.BLOCK, reason),
        action=Action.BLOCK,
        reason=reason,
        category=category,
        because=because,
        rule=PolicyLine(file=file, line=int(line), entry=entry),
        of_everything=everything,
    )


def lifted_limits(moment: Moment, person: Person) -> frozenset[Reason]:
    """Which limits a parent's override lifts for a person now: `schedule`, `budget`, both or none."""
    return frozenset(
        Reason(override.target)
        for override in moment.overrides
        if override.target in {Reason.SCHEDULE, Reason.BUDGET}
        and override.action is Action.ALLOW
        and override.person in {"", person.id}
        and moment.at < override.until
    )
