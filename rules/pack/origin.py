"""What entries of a pack share: list, category, file, coverage and the text around the name.

Millions of entries have a few hundred origins, so each entry keeps a number and a line instead.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any, NamedTuple

from rules.lists.entry import Covers, Kind

PATHS = 0  # the origin of marks: this host has path entries


@dataclass(frozen=True, slots=True)
class Origin:
    """One of them.

    Attributes:
        list: the subscription's name.
        category: the category id.
        file: the file inside the list.
        kind: of the entries.
        covers: how far a name reaches.
        exception: entries take back what others of the list say.
        important: entries hold against ordinary exceptions.
        nearest: the exception yields to closer entries.
        excluding: names below that are not covered.
        begins: a path may go on in the middle of a word.
        before: what stands before the name in the line.
        after: what stands after it.
    """

    list: str
    category: str
    file: str
    kind: Kind = Kind.NAME
    covers: Covers = Covers.NAME_AND_BELOW
    exception: bool = False
    important: bool = False
    nearest: bool = False
    excluding: tuple[str, ...] = ()
    begins: bool = False
    before: str = ""
    after: str = ""


def to_json(origin: Origin) -> list[Any]:
    """Write an origin as JSON values."""
    return list(astuple(origin))


def from_json(values: list[Any]) -> Origin:
    """Read it back."""
    name, category, file, kind, covers, exception, important, nearest, excluding, begins, before, after = (
        values
    )
    flags = (exception, important, nearest, tuple(excluding), begins)
    return Origin(name, category, file, Kind(kind), Covers(covers), *flags, before, after)


class Match(NamedTuple):
    """An entry that speaks about an address.

    Attributes:
        category: the category id.
        list: the subscription's name.
        file: the file inside the list.
        line: from 1.
        entry: the line's text, as the list has it.
        covers: how far the entry reaches.
        exception: it takes something back; a look-up leaves such entries out.
        pattern: what matched, in canonical form.
        kind: name, path, network or expression.
        important: the list says that it holds against exceptions.
    """

    category: str
    list: str
    file: str
    line: int
    entry: str
    covers: Covers
    exception: bool = False
    pattern: str = ""
    kind: Kind = Kind.NAME
    important: bool = False
