"""`lists.yaml`: the household's subscriptions and what is known of each. Read strictly, replaced whole."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import yaml

from rules.errors import Problem, StairgateError
from rules.strict_yaml import load_file

from .home import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rules.strict_yaml import Document

    from .home import Home

_HEAD = "# Kept by `stairgate lists`; change it with that command, not by hand.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscribed list.

    Attributes:
        name: the household's name for it.
        source: a path or an http(s) address.
        format: as asked for; `auto` looks.
        read_as: the format it was read in; `squidguard` for a tree.
        category: the category of all its entries; None where its layout names categories.
        copy: the folder under `lists/NAME/` that holds the copy in use.
        read: what to read in that folder, relative to it; empty for the folder itself.
        sha256: of the copy, in hexadecimal.
        size: bytes of the copy.
        entries: entries in it.
        categories: entries by category.
        skipped: lines that gave no entry, by reason.
        licence: what the list, or its maker, says of its licence; empty where nothing is known.
        attribution: whom to name.
        dated: when it says it was made; ISO 8601, UTC.
        stated: how many entries it says it has; 0 where it says nothing.
        expires: hours after which it wants to be asked again; 0 where it says nothing.
        hours: when its source may be asked, `HH-HH` in UTC; empty for any time.
        etag: the source's ETag; empty for none.
        last_modified: the source's Last-Modified; empty for none.
        added: when it was subscribed to; ISO 8601, UTC.
        changed: when the copy in use came.
        checked: when the source was asked last.
        heard: when it last answered with a list we could use, or that nothing is new.
        due: when it will be asked next.
        failures: how often it has failed since.
        trouble: why the last update was refused; empty where it was not.
        past: fingerprints of the copies before this one, the newest last.
        held: a copy that a parent must look at first: the fields that differ, under `values`, with `since`,
            `because`, and what it brings and takes away (`new`, `gone`, and examples of both); else empty.
    """

    name: str
    source: str
    format: str = "auto"
    read_as: str = ""
    category: str | None = None
    copy: str = ""
    read: str = ""
    sha256: str = ""
    size: int = 0
    entries: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    licence: str = ""
    attribution: str = ""
    dated: str = ""
    stated: int = 0
    expires: int = 0
    hours: str = ""
    etag: str = ""
    last_modified: str = ""
    added: str = ""
    changed: str = ""
    checked: str = ""
    heard: str = ""
    due: str = ""
    failures: int = 0
    trouble: str = ""
    past: Sequence[str] = ()
    held: Mapping[str, Any] = field(default_factory=dict)


_TYPES: Mapping[str, tuple[type, ...]] = {
    "category": (str, type(None)),
    "size": (int,),
    "entries": (int,),
    "categories": (dict,),
    "skipped": (dict,),
    "stated": (int,),
    "expires": (int,),
    "failures": (int,),
    "past": (list,),
    "held": (dict,),
}
_FIELDS = tuple(one.name for one in fields(Subscription))
_HELD = frozenset(_FIELDS) - {"name", "source", "category", "format", "held", "past"}


def read_hours(hours: str) -> tuple[int, int]:
    """The two hours of `HH-HH`.

    Raises:
        ValueError: it is nothing of the kind.
    """
    begin, _, end = hours.partition("-")
    found = int(begin), int(end)
    if not all(0 <= one <= 24 for one in found) or found[0] % 24 == found[1] % 24:
        raise ValueError(hours)
    return found[0] % 24, found[1]


def load_subscriptions(home: Home) -> dict[str, Subscription]:
    """Every subscription by name; none where the file is not there.

    Raises:
        StairgateError: every complaint about the file (65).
    """
    if not home.subscriptions.exists():
        return {}
    document = load_file(home.subscriptions, name=home.subscriptions.name)
    data = document.data if document.data is not None else {"lists": {}}
    rows = data.get("lists") if isinstance(data, dict) else None
    if not isinstance(rows, dict):
        raise StairgateError(_complaint(document.place(), "It has no table `lists`."))
    problems = [problem for name, row in rows.items() for problem in _problems(document, name, row)]
    if problems:
        raise StairgateError(*problems)
    return {name: Subscription(name=name, **row) for name, row in rows.items()}


def held_copy(one: Subscription) -> Subscription | None:
    """A list as it will be when its held copy is released; None where none is held."""
    values = one.held.get("values")
    return replace(one, **values) if values else None


def _problems(document: Document, name: str, row: Any) -> list[Problem]:
    if not isinstance(row, dict):
        return [_complaint(document.place("lists", name), f"The list {name!r} is no table.")]
    found = [
        _complaint(
            document.place("lists", name, key), f"{key!r} is unknown or has a value of the wrong kind."
        )
        for key, value in row.items()
        if key == "name" or key not in _FIELDS or type(value) not in _TYPES.get(key, (str,))
    ]
    values = row.get("held", {}).get("values", {}) if isinstance(row.get("held", {}), dict) else {}
    if not isinstance(values, dict) or any(
        key not in _HELD or type(value) not in _TYPES.get(key, (str,)) for key, value in values.items()
    ):
        found.append(_complaint(document.place("lists", name, "held"), "What is held can't be read."))
    with contextlib.suppress(ValueError, AttributeError):
        if not row.get("hours") or read_hours(row["hours"]):
            return found + _sourceless(document, name, row)
    found.append(_complaint(document.place("lists", name, "hours"), "Hours are written like `19-08`."))
    return found + _sourceless(document, name, row)


def _sourceless(document: Document, name: str, row: dict[str, Any]) -> list[Problem]:
    if "source" not in row:
        return [_complaint(document.place("lists", name), f"The list {name!r} has no source.")]
    return []


def _complaint(place: str, cause: str) -> Problem:
    return Problem(
        code="lists-file",
        place=place,
        cause=cause,
        hint="Undo the edit, or move lists.yaml away and add the lists again with `stairgate lists add`.",
    )


def save_subscriptions(home: Home, subscriptions: Mapping[str, Subscription]) -> None:
    """Replace the file in one step.

    Raises:
        StairgateError: it can't be written (69).
    """
    rows = {}
    for name, one in sorted(subscriptions.items()):
        row = asdict(one)
        del row["name"]
        row["categories"] = dict(sorted(one.categories.items()))
        rows[name] = row | {"past": list(one.past)}
    text = yaml.safe_dump({"lists": rows}, sort_keys=False, allow_unicode=True, width=1000)
    replace_file(home.subscriptions, (_HEAD + text).encode("utf-8"))
