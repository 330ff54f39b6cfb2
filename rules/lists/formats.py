"""The table of list formats: how each is recognised, its plain lines, the reader of its other lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import domains, hosts, urls
from .entry import Covers, Refusal, Rule
from .words import is_ip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class ReadLine(Protocol):
        """Reads one line of a format."""

        def __call__(self, line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
            """Give the rules and refusals of the line."""


# A canonical host of at least two labels; `xn--` and numbers go the long way.
NAME = r"((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z](?:[a-z0-9_-]*[a-z0-9_])?)"


@dataclass(frozen=True, slots=True)
class Format:
    """One list format.

    Attributes:
        name: as in `lists add --format`.
        read_line: reads any line.
        plain: lines of the commonest shape, the name in group 1; None where there is no such shape.
        covers: what a plain line covers.
    """

    name: str
    read_line: ReadLine
    plain: re.Pattern[str] | None = None
    covers: Covers = Covers.NAME_AND_BELOW


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("hosts", hosts.read_line, re.compile(rf"(?:0\.0\.0\.0|127\.0\.0\.1)[ \t]{NAME}")),
        Format("domains", domains.read_line, re.compile(NAME)),
        Format("urls", urls.read_line),
    )
}


def looks_like(line: str) -> str | None:
    """Name the format that one line speaks for; None where it speaks for none."""
    words = line.split()
    if len(words) >= 2 and is_ip(words[0].partition("%")[0]):
        return "hosts"
    if re.fullmatch(r"(?:https?://\S+|[^\s/#]+\.[^\s/#]+/\S*)", line.strip()) and not re.search(
        r"/\d{1,3}$", line
    ):
        return "urls"
    if len(words) == 1 or (len(words) > 1 and words[1].startswith("#")):
        return "domains"
    return None
