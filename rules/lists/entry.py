"""What a list says, line by line: entries, what they cover, and lines that were skipped.

Knows no format and no file system; every reader speaks in these words.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(StrEnum):
    """What an entry names."""

    NAME = "name"
    PATH = "path"
    NETWORK = "network"
    EXPRESSION = "expression"


class Covers(StrEnum):
    """How far an entry for a name reaches. Fixed by the format; docs/lists.md has the table."""

    NAME_AND_BELOW = "name-and-below"
    NAME = "name"
    BELOW = "below"


class Rule(NamedTuple):
    """What one line says, before file and line are known.

    Attributes:
        pattern: a canonical host; host and path; a network in CIDR form; or a regular expression.
        kind: which of these.
        covers: how far a host reaches.
        exception: takes back what other entries of the same list say.
        important: holds against exceptions that are not important themselves.
        nearest: an exception that yields to a closer entry, as in name servers; otherwise it wins always.
        excluding: names below the pattern that it does not cover.
        begins: a path that may go on in the middle of a word, as adblock patterns do.
    """

    pattern: str
    kind: Kind = Kind.NAME
    covers: Covers = Covers.NAME_AND_BELOW
    exception: bool = False
    important: bool = False
    nearest: bool = False
    excluding: tuple[str, ...] = ()
    begins: bool = False


class Refusal(NamedTuple):
    """Why a line, or one word of it, became no entry.

    Attributes:
        reason: one of the reasons that docs/lists.md explains.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a list says, with its place. Fields beyond the place are those of Rule."""

    pattern: str
    kind: Kind
    covers: Covers
    file: str
    line: int
    text: str
    exception: bool = False
    important: bool = False
    nearest: bool = False
    excluding: tuple[str, ...] = ()
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """One line that became no entry: its place (file, line from 1), its text (cut), the reason."""

    file: str
    line: int
    text: str
    reason: str


@dataclass(slots=True)
class Tally:
    """What became of the lines of one file; filled while its entries are drawn.

    Every line is counted once as blank, comment, rule or skipped, so the four add up to `lines`.

    Attributes:
        lines: all lines.
        blank: nothing but blanks.
        comments: comments, heads and statements that the format knows and that name nothing.
        rules: lines that gave at least one entry.
        entries: entries given; a hosts line can give several.
        skipped: lines that gave no entry, by reason.
        refused: words of a line that gave other entries, by reason.
    """

    lines: int = 0
    blank: int = 0
    comments: int = 0
    rules: int = 0
    entries: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class Batch(NamedTuple):
    """Many entries for names that differ in nothing but name and line: the fast lane of long lists.

    Attributes:
        before: what stands before the name in the line.
        after: what stands after it.
        covers: how far the entries reach.
        names: canonical hosts.
        lines: their line numbers.
    """

    before: str
    after: str
    covers: Covers
    names: list[str]
    lines: list[int]

    def entries(self, file: str) -> Iterator[Entry]:
        """Give the entries one by one."""
        for name, line in zip(self.names, self.lines, strict=True):
            yield Entry(name, Kind.NAME, self.covers, file, line, f"{self.before}{name}{self.after}")
