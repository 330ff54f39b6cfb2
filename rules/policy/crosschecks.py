"""What is wrong with a policy although each line is good: two owners of a device, budgets that open nothing.

Works on the file's plain data, so that these come together with the complaints about single lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rules.errors import Problem
from rules.help import is_help
from rules.presets import PRESETS, Action, Profile

from .compiling import LOGIN, NOBODY
from .places import fold_device
from .terms import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rules.strict_yaml import Document, Keys


_REFERENCE = "education_reference"  # what an allow-list profile serves of itself


def find_contradictions(document: Document) -> list[Problem]:
    """Every problem that shows only when two lines are read together."""
    data = _table(document.data)
    people = {key: _table(person) for key, person in _table(data.get("people")).items()}
    return [
        *_unknown_device(data, people, document),
        *_shared_devices(people, document),
        *_rules_twice(data, people, document),
        *_blocked_help(data, people, document),
        *_schedules_without_times(data, people, document),
        *_limits_without_effect(data, people, document),
    ]


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _row(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _levels(data: dict[str, Any], people: dict[str, dict[str, Any]]) -> Iterator[tuple[Keys, dict[str, Any]]]:
    yield (), data
    for key, person in people.items():
        yield ("people", key), person


def _unknown_device(data: dict[str, Any], people: dict[str, Any], document: Document) -> Iterator[Problem]:
    who = data.get("unknown_device")
    if who == LOGIN and not any(person.get("password") for person in people.values()):
        yield Problem(
            code="login-without-password",
            place=document.place("unknown_device"),
            cause="Unknown devices are asked for a password, and nobody has one.",
            hint="Give a person a password (`stairgate policy password`), or write `nobody`.",
        )
    elif isinstance(who, str) and who not in {*people, NOBODY, LOGIN}:
        yield Problem(
            code="unknown-person",
            place=document.place("unknown_device"),
            cause=f"There is no person {who!r}.",
            hint=suggest(
                who, [*people, NOBODY, LOGIN], otherwise=f"Write a person's key, {NOBODY} or {LOGIN}."
            ),
        )


def _shared_devices(people: dict[str, dict[str, Any]], document: Document) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for key, person in people.items():
        for index, word in enumerate(_row(person.get("devices"))):
            device = fold_device(word) if isinstance(word, str) else None
            if device is None:
                continue
            place = document.place("people", key, "devices", index)
            if device in owners:
                yield Problem(
                    code="shared-device",
                    place=place,
                    cause=f"The device {word!r} is already there at {owners[device]}.",
                    hint="Give it to one person; a shared device may be a person of its own.",
                )
            else:
                owners[device] = place


def _rules_twice(
    data: dict[str, Any], people: dict[str, dict[str, Any]], document: Document
) -> Iterator[Problem]:
    for path, level in _levels(data, people):
        allowed = {word for word in _row(level.get("allow")) if isinstance(word, str)}
        for index, word in enumerate(_row(level.get("block"))):
            if isinstance(word, str) and word in allowed:
                yield Problem(
                    code="rule-twice",
                    place=document.place(*path, "block", index),
                    cause=f"{word!r} is both always allowed and always blocked.",
                    hint="Remove one of the two lines; until then block would hold.",
                )


def _blocked_help(
    data: dict[str, Any], people: dict[str, dict[str, Any]], document: Document
) -> Iterator[Problem]:
    for path, level in _levels(data, people):
        for index, line in enumerate(_row(level.get("block"))):
            word = _table(line).get("address") if isinstance(line, dict) else line
            if isinstance(word, str) and is_help(word.removeprefix("*.").partition("/")[0].casefold()):
                yield Problem(
                    code="help-stays-open",
                    place=document.place(*path, "block", index),
                    cause=f"{word!r} is a recognised help service, and these are never blocked.",
                    hint="Remove the line.",
                )


def _schedules_without_times(
    data: dict[str, Any], people: dict[str, dict[str, Any]], document: Document
) -> Iterator[Problem]:
    for path, level in _levels(data, people):
        for index, schedule in enumerate(_row(level.get("schedules"))):
            if isinstance(schedule, dict) and not schedule.get("block") and not schedule.get("allow"):
                yield Problem(
                    code="schedule-without-times",
                    place=document.place(*path, "schedules", index),
                    cause="This schedule has neither `block` nor `allow`.",
                    hint="Add `block: [before-school 20:00-07:00]`, or remove it.",
                )


def _limits_without_effect(
    data: dict[str, Any], people: dict[str, dict[str, Any]], document: Document
) -> Iterator[Problem]:
    """A person's budget or opening times for a category that is not served at all: they open nothing."""
    for key, person in people.items():
        profile = person.get("profile")
        if profile not in list(Profile):
            continue
        changed = {**_table(data.get("categories")), **_table(person.get("categories"))}
        targets: list[tuple[str, str]] = [
            (target, document.place("people", key, "budgets", target))
            for target in _table(person.get("budgets"))
        ]
        for index, schedule in enumerate(_row(person.get("schedules"))):
            if _table(schedule).get("allow"):
                place = document.place("people", key, "schedules", index)
                words = _row(_table(schedule).get("on"))
                targets += [(word, place) for word in words if isinstance(word, str)]
        preset = PRESETS[Profile(profile)]
        for target, place in targets:
            action = changed.get(target, preset.actions.get(target))
            closed = preset.allow_list and target in preset.actions and target not in {*changed, _REFERENCE}
            if closed or action in {Action.BLOCK, Action.ASK}:
                yield Problem(
                    code="limit-without-effect",
                    place=place,
                    cause=f"{target!r} is not open for {key!r} at all, so a time limit opens nothing.",
                    hint=f"Add `categories: {{{target}: allow}}` for {key!r}, or remove the limit.",
                )
