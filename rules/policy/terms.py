"""The words of a policy: categories, services, targets, countries, zones, people; checked, with a hint."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic_core import PydanticCustomError

from rules.services import services
from rules.taxonomy import CATEGORIES, ILLEGAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYTHING = "everything"
"""The target that means every address."""

_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_PERSON = re.compile(r"[\w.-]{1,40}\Z")


def complain(code: str, cause: str, hint: str) -> PydanticCustomError:
    """An error pydantic keeps with its place: `code`, cause and hint become a Problem's."""
    return PydanticCustomError("stairgate", "{cause}", {"code": code, "cause": cause, "hint": hint})


def suggest(word: str, known: Iterable[str], *, otherwise: str) -> str:
    """`Did you mean …?` where a known word is near, else `otherwise`."""
    near = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else otherwise


def check_category(word: str) -> str:
    """A category whose action a policy may set."""
    if word not in CATEGORIES:
        hint = suggest(word, CATEGORIES, otherwise="The category ids are in docs/categories.md.")
        raise complain("unknown-category", f"There is no category {word!r}.", hint)
    if word == ILLEGAL:
        raise complain(
            "fixed-category",
            f"What happens to {word!r} can't be changed: it is blocked for everyone.",
            "Remove the line.",
        )
    return word


def check_service(word: str) -> str:
    """A one-click service."""
    if word not in services():
        hint = suggest(word, services(), otherwise="The service ids are in docs/services.md.")
        raise complain("unknown-service", f"There is no service {word!r}.", hint)
    return word


def check_target(word: str) -> str:
    """What a schedule or budget is about: `everything`, a category, `service:ID` or `list:NAME`."""
    kind, colon, name = word.partition(":")
    if colon and kind == "service":
        check_service(name)
    elif colon and kind == "list" and name:
        pass  # lists come and go by `stairgate lists`; a name that is not there simply never speaks
    elif word != EVERYTHING:
        if word in services():
            raise complain("unknown-target", f"{word!r} is a service.", f"Did you mean 'service:{word}'?")
        if word not in CATEGORIES:
            hint = suggest(
                word,
                [EVERYTHING, *CATEGORIES],
                otherwise="Write everything, a category id, service:ID or list:NAME.",
            )
            raise complain("unknown-target", f"There is no category {word!r}.", hint)
    return word


def check_country(word: str) -> str:
    """Two capital letters."""
    if not _COUNTRY.match(word):
        raise complain(
            "unknown-country", f"{word!r} is not a country.", "Write two capital letters, such as GB or DE."
        )
    return word


def check_zone(word: str) -> str:
    """A time zone of the IANA database."""
    try:
        ZoneInfo(word)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = suggest_zone(word)
        raise complain("unknown-zone", f"There is no time zone {word!r}.", hint) from None
    return word


def suggest_zone(word: str) -> str:
    """A hint for a zone's name; compared without case."""
    known = {zone.casefold(): zone for zone in available_timezones()}
    near = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return f"Did you mean {known[near[0]]!r}?" if near else "Write it as in Europe/Berlin."


def check_people(people: Mapping[str, Any]) -> Mapping[str, Any]:
    """At least one person, and names that fit in an address and a log line."""
    if not people:
        raise complain("nobody", "The policy has no people.", "Add one: `everyone: {profile: tween}`.")
    for name in people:
        if name in {"nobody", "login"}:
            raise complain(
                "person-name",
                f"{name!r} has a meaning of its own under `unknown_device`.",
                "Take another key; the shown name may be set by `name`.",
            )
        if not _PERSON.match(name):
            raise complain(
                "person-name",
                f"{name!r} can't be a person's key.",
                "Use letters, digits, `.`, `_` and `-`, at most 40; the shown name may be set by `name`.",
            )
    return people
