"""What a list says of itself in its first lines: licence, maker, how long it is good, its date and count.

Pure: lines in, facts out. Every maker writes them a little differently; what can't be read is left out, for
nothing here is needed to use a list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LINES = 80
"""How many lines of a list are its head."""

_LINE = re.compile(r"^[\s!#;]*(?P<key>[a-z][a-z ]{1,30}?)\s*[:=]\s*(?P<value>\S.{0,199}?)\s*$", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,4})\s*(minute|hour|day|week|h|d|w)s?\b", re.IGNORECASE)
_HOURS = {"minute": 1 / 60, "hour": 1, "h": 1, "day": 24, "d": 24, "week": 168, "w": 168}
_LONGEST = 24 * 7  # hours; a list that says it is good for a year is asked weekly all the same
_COUNT = re.compile(r"[0-9][0-9,. ]*")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar mär", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"),
        1,
    )
    for name in names.split()
}
_DATES = (
    re.compile(r"(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)(?:[T ](?P<H>\d\d):(?P<M>\d\d))?"),
    re.compile(r"(?P<y>20\d\d)\.(?P<m>\d\d)(?P<d>\d\d)\.(?P<H>\d\d)(?P<M>\d\d)"),
    re.compile(r"(?P<d>\d{1,2})\.? (?P<w>[^\W\d_]{3,9})\.? (?P<y>20\d\d)(?: (?P<H>\d\d):(?P<M>\d\d))?"),
    re.compile(r"(?P<d>\d{1,2})\.? (?P<w>[^\W\d_]{3,9})\.? (?P<H>\d\d):(?P<M>\d\d).{0,12}(?P<y>20\d\d)"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a list says of itself.

    Attributes:
        licence: in its own words; empty where it says nothing, as all the others.
        attribution: its title and where it comes from.
        dated: when it was made; ISO 8601, UTC, to the minute.
        expires: hours after which it wants to be asked again; 0 where it says nothing.
        stated: how many entries it says it has; 0 where it says nothing.
    """

    licence: str = ""
    attribution: str = ""
    dated: str = ""
    expires: int = 0
    stated: int = 0


def read_head(lines: Iterable[str]) -> Head:
    """Read the head of one list.

    Args:
        lines: its first lines; at most `LINES` are looked at.
    """
    found: dict[str, str] = {}
    for _, line in zip(range(LINES), lines, strict=False):
        if match := _LINE.match(line):
            found.setdefault(match["key"].strip().lower(), match["value"])

    def first[T](keys: Iterable[str], read: Callable[[str], T]) -> T | None:
        return next((value for key in keys if key in found and (value := read(found[key]))), None)

    home = first(("homepage", "home", "project", "source"), str)
    parts = (found.get("title"), found.get("maintainer") or found.get("author"), home)
    return Head(
        licence=first(("license", "licence"), str) or "",
        attribution=", ".join(part for part in parts if part),
        dated=first(("version", "last modified", "last updated", "updated", "date"), _date) or "",
        expires=first(("expires", "refresh"), _span) or 0,
        stated=first(_COUNTS, _number) or 0,
    )


_COUNTS = (
    "number of entries",
    "number of unique domains",
    "entries",
    "domains",
    "total number of network filters",
)


def _span(text: str) -> int:
    """Hours of `4 days`, `12 hours`, `1d`; at least one, at most a week."""
    found = _SPAN.search(text)
    if found is None:
        return 0
    return int(min(_LONGEST, max(1, int(found[1]) * _HOURS[found[2].lower()])))


def _number(text: str) -> int:
    found = _COUNT.match(text)
    return 0 if found is None else int(re.sub(r"\D", "", found[0]))


def _date(text: str) -> str:
    for pattern in _DATES:
        if (match := pattern.search(text)) is None:
            continue
        part: Mapping[str, str | None] = match.groupdict()
        month = _MONTHS.get(str(part["w"])[:3].lower(), 0) if "w" in part else int(part["m"] or 0)
        try:
            made = datetime(
                int(part["y"] or 0),
                month,
                int(part["d"] or 0),
                int(part["H"] or 0),
                int(part["M"] or 0),
                tzinfo=UTC,
            )
        except ValueError:
            continue
        return made.isoformat(timespec="minutes").replace("+00:00", "Z")
    return ""
