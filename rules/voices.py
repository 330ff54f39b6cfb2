"""All that speaks of an address after the rules of person and household.

Categories, services, whole lists, schedules, budgets, labels and phrases, and that no list knows it. Each
voice is a Stance; `rules.decide` takes the one with the smallest weight.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import explain
from .budget import left
from .decision import PolicyLine, Reason
from .presets import Action
from .search import UNSAFE, engine_at
from .services import services_at
from .stances import Stance, weigh
from .taxonomy import CATEGORIES, UNCATEGORISED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .address import Address
    from .decision import Finding, Moment, Request
    from .pack import Match
    from .policy import Person, Policy
    from .services import Service

EVERYTHING = "everything"
"""The target of schedules, budgets and overrides that means every address."""

_HARM = frozenset({Reason.SECURITY, Reason.BYPASS})


def gather(
    address: Address,
    matches: Sequence[Match],
    categories: Sequence[str],
    person: Person,
    request: Request,
    policy: Policy,
    moment: Moment,
) -> list[Stance]:
    """All that speak; never empty.

    Args:
        address: the address, or one it wraps.
        matches: the entries of the packs that speak of it.
        categories: their categories.
        person: who asks.
        request: the question, for what the content said.
        policy: for the household's week.
        moment: when, and the state of budgets and overrides then.
    """
    services = services_at(address) if person.minds_services else ()
    voices: list[Stance] = []
    if person.lists:
        voices += [voice for match in matches if (voice := person.lists.get(match.list)) is not None]
        left_over = {match.category for match in matches if match.list not in person.lists}
        categories = [category for category in categories if category in left_over]
    stances = person.stances
    unknown = stances[UNCATEGORISED]
    by_category = [stances.get(category, unknown) for category in categories]
    if services and person.services:
        voices += [person.services[service.id] for service in services if service.id in person.services]
        by_category = _not_replaced(by_category, services, person)
    voices += by_category
    engine = engine_at(address)
    if engine is not None and not engine.safe and stances[UNSAFE].action is not Action.ALLOW:
        because = explain.unforced(engine, stances[UNSAFE])
        voices.append(replace(stances[UNSAFE], because=because))
    if not voices:
        voices.append(unknown)
    if person.preset.allow_list:
        opened = any(voice.set_at and not voice.category and voice.action is Action.ALLOW for voice in voices)
        if not opened and person.opened.isdisjoint(categories or (UNCATEGORISED,)):
            voices.append(_closed(person, categories))
    if person.schedules or person.budgets:
        voices += _limits(matches, categories, services, person, policy, moment)
    voices += [_heard(finding, person) for finding in request.findings]
    return voices


def _not_replaced(by_category: Sequence[Stance], services: Sequence[Service], person: Person) -> list[Stance]:
    """What categories still say beside a service the policy sets.

    The service's setting stands in for its categories, except for harm of another kind, and except for a part
    of it that is a service of its own and not set: opening a video site leaves its short feeds as they are.
    """
    own = {service.category for service in services if service.id in person.services}
    others = {service.category for service in services if service.id not in person.services}
    if not own:
        return list(by_category)
    return [
        voice
        for voice in by_category
        if voice.category in others or (voice.reason in _HARM and voice.category not in own)
    ]


def _closed(person: Person, categories: Sequence[str]) -> Stance:
    """What an allow-list profile says of categories (or of no category) that are not on it: block."""
    reason = Reason.CATEGORY if categories else Reason.UNKNOWN
    category = categories[0] if categories else UNCATEGORISED
    return Stance(
        weight=weigh(Action.BLOCK, reason),
        action=Action.BLOCK,
        reason=reason,
        category=category,
        because=explain.not_on_allow_list(person, category),
    )


def _heard(finding: Finding, person: Person) -> Stance:
    """What the profile makes of a label or of phrases."""
    stance = person.stances.get(finding.category, person.stances[UNCATEGORISED])
    reason = Reason.LABEL if finding.label else Reason.PHRASES
    return Stance(
        weight=weigh(stance.action, reason, CATEGORIES[stance.category].order),
        action=stance.action,
        reason=reason,
        category=stance.category,
        because=explain.finding(finding, stance, person),
    )


def _limits(
    matches: Sequence[Match],
    categories: Sequence[str],
    services: Sequence[Service],
    person: Person,
    policy: Policy,
    moment: Moment,
) -> Iterator[Stance]:
    """The schedules that close the address now, and the budgets that are used up."""
    subjects = {EVERYTHING, *(categories or (UNCATEGORISED,))}
    subjects.update(f"service:{service.id}" for service in services)
    subjects.update(f"list:{match.list}" for match in matches)
    lifted = lifted_limits(moment, person)
    week = policy.week
    clock = week.local(moment.at)
    if Reason.SCHEDULE not in lifted:
        for schedule in person.schedules:
            if schedule.targets.isdisjoint(subjects) or not schedule.spared.isdisjoint(subjects):
                continue
            window = week.closed_at(schedule, clock)
            if window is not None:
                because = explain.schedule(schedule, window, person)
                yield _limit(Reason.SCHEDULE, schedule.targets, categories, because, schedule.place, window)
    if Reason.BUDGET not in lifted:
        is_free = week.is_free(clock.date())
        for budget in person.budgets:
            key = (person.id, budget.target)
            if budget.target in subjects and not left(
                budget, is_free=is_free, used=moment.used.get(key, 0.0), extra=moment.earned.get(key, 0.0)
            ):
                because = explain.budget(budget, person)
                yield _limit(
                    Reason.BUDGET,
                    {budget.target},
                    categories,
                    because,
                    budget.place,
                    f"budget: {budget.target}",
                )


def _limit(
    reason: Reason,
    targets: set[str] | frozenset[str],
    categories: Sequence[str],
    because: str,
    place: str,
    entry: str,
) -> Stance:
    file, _, line = place.rpartition(":")
    return Stance(
        weight=weigh(Action.BLOCK, reason),
        action=Action.BLOCK,
        reason=reason,
        category=next((category for category in categories if category in targets), ""),
        because=because,
        rule=PolicyLine(file=file, line=int(line), entry=entry),
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
