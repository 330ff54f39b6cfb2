"""From the shape of a policy to what `decide` compares: rules, stances, schedules, budgets."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rules.address import parse as parse_address
from rules.budget import Budget
from rules.decision import Reason
from rules.lists.entry import Covers
from rules.presets import PRESETS, Action, Profile
from rules.schedule import Calendar, Schedule, Week
from rules.services import services
from rules.stances import Stance, compile_stances, weigh
from rules.taxonomy import CATEGORIES
from rules.timetable import Timetable

from . import places
from .people import JournalLevel, Person, Policy
from .rulebook import Rule, RuleBook, compile_rules, words_of
from .windows import read_dates, read_weekday, read_window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rules.strict_yaml import Document, Keys

    from .shape import PersonShape, PolicyShape, RuleShape, RulesShape

NOBODY = "nobody"
"""As `unknown_device`: an unknown device gets nothing."""

LOGIN = "login"
"""As `unknown_device`: an unknown device is asked for a name and a password."""

_COMMON = "everyone"
_CHILDREN = frozenset({Profile.EARLY, Profile.CHILD, Profile.TWEEN})


def compile_policy(shape: PolicyShape, document: Document) -> Policy:
    """The policy that a checked file describes.

    Args:
        shape: the file's content.
        document: the file's lines, for explanations.
    """
    zone = ZoneInfo(shape.zone)
    calendar = Calendar(
        school_days=frozenset(map(read_weekday, shape.school.days)),
        holidays=tuple(map(read_dates, shape.school.holidays)),
    )
    week = Week(zone=zone, calendar=calendar)
    people = {key: _person(key, person, shape, document, week) for key, person in shape.people.items()}
    unknown = shape.unknown_device or (_COMMON if _COMMON in people else NOBODY)
    owners = {device: key for key, person in people.items() for device in person.devices}
    return Policy(
        country=shape.country,
        people=MappingProxyType(people),
        week=week,
        rules=_rules(shape, document, zone, (), owner=""),
        reach=shape.reach,
        names=MappingProxyType(shape.names),
        trust=tuple(Path(name) for name in shape.trust),
        owners=MappingProxyType(owners),
        unknown_device="" if unknown in {NOBODY, LOGIN} else unknown,
        asks_login=unknown == LOGIN,
        names_hardware=any(map(places.is_hardware, owners)),
        has_passwords=any(person.password for person in people.values()),
        file=document.file,
    )


def _person(key: str, shape: PersonShape, household: PolicyShape, document: Document, week: Week) -> Person:
    profile = shape.profile
    preset = PRESETS[profile]
    name = shape.name or key
    # The person's own settings come last and replace the household's, word by word.
    levels: tuple[tuple[RulesShape, Keys], ...] = ((household, ()), (shape, ("people", key)))
    changed = {
        category: (action, document.place(*path, "categories", category))
        for level, path in levels
        for category, action in level.categories.items()
    }
    budgets = {budget.target: budget for level, path in levels for budget in _budgets(level, document, path)}
    schedules = tuple(schedule for level, path in levels for schedule in _schedules(level, document, path))
    set_services = {
        word: _service(word, action, document.place(*path, "services", word), name)
        for level, path in levels
        for word, action in level.services.items()
    }
    targets = {*budgets, *(word for each in schedules for word in (*each.targets, *each.spared))}
    named = set_services.keys() | {word.removeprefix("service:") for word in targets if ":" in word}
    parts = [path for word in named if word in services() for path in services()[word].paths]
    return Person(
        id=key,
        name=name,
        preset=preset,
        rules=_rules(shape, document, week.zone, ("people", key), owner=key),
        stances=compile_stances(preset, changed),
        opened=frozenset(
            {
                "education_reference",
                *(word for word, (action, _) in changed.items() if action is Action.ALLOW),
            }
        ),
        services=set_services,
        lists={
            word: _list(word, action, document.place(*path, "lists", word), name)
            for level, path in levels
            for word, action in level.lists.items()
        },
        schedules=schedules,
        budgets=tuple(budgets.values()),
        devices=tuple(device for word in shape.devices if (device := places.fold_device(word)) is not None),
        password=shape.password,
        journal=shape.journal or (JournalLevel.ADDRESS if profile in _CHILDREN else JournalLevel.CATEGORY),
        decrypt=profile is not Profile.ADULT if shape.decrypt is None else shape.decrypt,
        minds_services=bool(named),
        timetable=Timetable(week, schedules),
        budgeted=frozenset(budgets),
        path_hosts=frozenset(path.partition("/")[0] for path in parts),
    )


def _service(word: str, action: Action, place: str, name: str) -> Stance:
    service = services()[word]
    return Stance(
        weight=weigh(action, Reason.CATEGORY, CATEGORIES[service.category].order),
        action=action,
        reason=Reason.CATEGORY,
        set_at=place,
        because=f"{place} sets the service {service.title} to {action} for {name}.",
    )


def _list(word: str, action: str, place: str, name: str) -> Stance | None:
    if action == "ignore":
        return None
    chosen = Action(action)
    return Stance(
        weight=weigh(chosen, Reason.CATEGORY),
        action=chosen,
        reason=Reason.CATEGORY,
        set_at=place,
        because=f"The list {word} names it, and {place} sets all of that list to {chosen} for {name}.",
    )


def _schedules(shape: RulesShape, document: Document, path: Keys) -> Iterator[Schedule]:
    for index, line in enumerate(shape.schedules):
        yield Schedule(
            targets=frozenset(line.on),
            spared=frozenset(line.spare),
            block=tuple(map(read_window, line.block)),
            allow=tuple(map(read_window, line.allow)),
            name=line.name,
            place=document.place(*path, "schedules", index),
        )


def _budgets(shape: RulesShape, document: Document, path: Keys) -> Iterator[Budget]:
    for target, line in shape.budgets.items():
        yield Budget(
            target=target,
            minutes=line.minutes,
            free_minutes=line.minutes if line.free is None else line.free,
            rollover=line.rollover,
            place=document.place(*path, "budgets", target),
        )


def _rules(shape: RulesShape, document: Document, zone: ZoneInfo, path: Keys, *, owner: str) -> RuleBook:
    return compile_rules(
        _rule(line, action, document.place(*path, key, index), zone, owner)
        for action, key, lines in ((Action.ALLOW, "allow", shape.allow), (Action.BLOCK, "block", shape.block))
        for index, line in enumerate(lines)
    )


def _rule(shape: RuleShape, action: Action, place: str, zone: ZoneInfo, owner: str) -> Rule:
    file, _, line = place.rpartition(":")
    entry = shape.address or ""
    bare = entry.removeprefix("*.")
    subject: Mapping[str, object]
    if shape.search is not None:
        entry = f"search: {shape.search}"
        subject = {"search": words_of(shape.search)}
    elif places.is_network(bare):
        subject = {"network": ip_network(bare)}
    else:
        address = parse_address(bare)
        covers = Covers.BELOW if bare != entry else Covers(shape.covers or Covers.NAME_AND_BELOW)
        subject = {
            "host": address.host,
            "covers": covers,
            "path": address.path.rstrip("/"),
            "port": address.port,
        }
    return Rule(
        action=action,
        entry=entry,
        file=file,
        line=int(line),
        owner=owner,
        until=None if shape.until is None else places.in_utc(shape.until, zone),
        **subject,  # type: ignore[arg-type]  # each of the three kinds of subject fits its fields
    )
