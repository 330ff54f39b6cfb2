"""All that speaks of an address after the rules of person and household.

Categories, services, whole lists, schedules, budgets, labels and phrases, and that no list knows it. Each
voice is a Stance; `rules.decide` takes the one with the smallest weight.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from . import explain
from .decision import Level, Reason
from .limits import limits
from .presets import Action
from .search import UNSAFE, engine_at, engine_of
from .services import services_at
from .stances import Stance, weigh
from .taxonomy import CATEGORIES, UNCATEGORISED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .address import Address
    from .decision import Finding, Moment, Request
    from .pack import Match
    from .policy import Person
    from .search_engines import Engine
    from .services import Service

_HARM = frozenset({Reason.SECURITY, Reason.BYPASS})


def gather(
    address: Address,
    names: Sequence[str],
    matches: Sequence[Match],
    categories: Sequence[str],
    person: Person,
    request: Request,
    moment: Moment,
) -> list[Stance]:
    """All that speak; never empty.

    Args:
        address: the address, or one it wraps.
        names: its host and every parent of it.
        matches: the entries of the packs that speak of it.
        categories: their categories.
        person: who asks.
        request: the question, for what the content said.
        moment: when, and the state of budgets and overrides then.
    """
    services = services_at(address, names) if person.minds_services else ()
    voices: list[Stance] = []
    lists = person.lists
    if lists and not lists.keys().isdisjoint([match.list for match in matches]):
        voices += [voice for match in matches if (voice := lists.get(match.list)) is not None]
        left_over = {match.category for match in matches if match.list not in lists}
        categories = [category for category in categories if category in left_over]
    stances = person.stances
    unknown = stances[UNCATEGORISED]
    by_category = [stances.get(category, unknown) for category in categories]
    if services and person.services:
        voices += [person.services[service.id] for service in services if service.id in person.services]
        by_category = _not_replaced(by_category, services, person)
    voices += by_category
    searching = stances[UNSAFE]
    if searching.action is not Action.ALLOW:
        engine = _unforced(address, request.level)
        if engine is not None:
            voices.append(replace(searching, because=explain.unforced(engine, searching)))
    if not voices:
        voices.append(unknown)
    if person.preset.allow_list:
        opened = any(voice.set_at and not voice.category and voice.action is Action.ALLOW for voice in voices)
        if not opened and person.opened.isdisjoint(categories or (UNCATEGORISED,)):
            voices.append(_closed(person.name, categories[0] if categories else UNCATEGORISED))
    if person.schedules or person.budgets:
        voices += limits(matches, categories, services, person, moment)
    if request.findings:
        voices += [_heard(finding, person) for finding in request.findings]
    return voices


def _unforced(address: Address, level: Level) -> Engine | None:
    """The search engine at an address, where nothing forces its safe mode there."""
    if level is Level.UNREAD:
        engine = engine_of(address.host)
        return None if engine is None or (engine.safe and engine.safe_by_name) else engine
    engine = engine_at(address)
    return None if engine is None or engine.safe else engine


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


@lru_cache(maxsize=1024)
def _closed(name: str, category: str) -> Stance:
    """What an allow-list profile says of a category (or of none) that is not on it: block."""
    reason = Reason.UNKNOWN if category == UNCATEGORISED else Reason.CATEGORY
    return Stance(
        weight=weigh(Action.BLOCK, reason),
        action=Action.BLOCK,
        reason=reason,
        category=category,
        because=explain.not_on_allow_list(name, category),
    )


def _heard(finding: Finding, person: Person) -> Stance:
    """What the profile makes of a label, of phrases, or of a way round."""
    stance = person.stances.get(finding.category, person.stances[UNCATEGORISED])
    heard = Reason.LABEL if finding.label else Reason.PHRASES
    return Stance(
        # A shape weighs no more than words do: where a list names the site as well, that speaks.
        weight=weigh(stance.action, heard, CATEGORIES[stance.category].order),
        action=stance.action,
        reason=stance.reason if finding.shape else heard,
        category=stance.category,
        because=explain.finding(finding, stance, person),
    )
