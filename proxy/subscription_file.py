"""`lists.yaml`: the household's subscriptions and what is known of each. Read strictly, replaced whole."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import yaml

from rules.errors import Problem, StairgateError
from rules.strict_yaml import load_file

from .home import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        licence: what the list says of its licence; empty where it says nothing.
        etag: the source's ETag; empty for none.
        last_modified: the source's Last-Modified; empty for none.
        added: when it was subscribed to; ISO 8601, UTC.
        changed: when the copy in use came.
        checked: when the source was asked last.
        trouble: why the last update was refused; empty where it was not.
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
    etag: str = ""
    last_modified: str = ""
    added: str = ""
    changed: str = ""
    checked: str = ""
    trouble: str = ""


_TYPES: Mapping[str, tuple[type, ...]] = {
    "category": (str, type(None)),
    "size": (int,),
    "entries": (int,),
    "categories": (dict,),
    "skipped": (dict,),
}
_FIELDS = tuple(one.name for one in fields(Subscription))


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
    if "source" not in row:
        found.append(_complaint(document.place("lists", name), f"The list {name!r} has no source."))
    return found


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
        with contextlib.suppress(KeyError):
            row["categories"] = dict(sorted(one.categories.items()))
        rows[name] = row
    text = yaml.safe_dump({"lists": rows}, sort_keys=False, allow_unicode=True, width=1000)
    replace_file(home.subscriptions, (_HEAD + text).encode("utf-8"))
