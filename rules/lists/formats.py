"""The table of list formats: how each is recognised, its plain lines, the reader of its other lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import adblock, domains, expressions, hosts, resolvers, rpz, urls
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
BELOW = Covers.NAME_AND_BELOW


@dataclass(frozen=True, slots=True)
class Format:
    """One list format.

    Attributes:
        name: as in `lists add --format`.
        read_line: reads any line.
        plain: the commonest shapes of a line, the name in group 1, and what such a line covers.
    """

    name: str
    read_line: ReadLine
    plain: tuple[tuple[re.Pattern[str], Covers], ...] = ()


def _plain(*shapes: tuple[str, Covers]) -> tuple[tuple[re.Pattern[str], Covers], ...]:
    return tuple((re.compile(shape), covers) for shape, covers in shapes)


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("hosts", hosts.read_line, _plain((rf"(?:0\.0\.0\.0|127\.0\.0\.1)[ \t]{NAME}", BELOW))),
        Format("domains", domains.read_line, _plain((NAME, BELOW))),
        Format("wildcard", domains.read_line, _plain((rf"\*\.{NAME}", BELOW))),
        Format("adblock", adblock.read_line, _plain((rf"\|\|{NAME}\^", BELOW))),
        Format(
            "rpz",
            rpz.read_line,
            _plain((rf"(?!\S+\.rpz-){NAME} CNAME \.", Covers.NAME), (rf"\*\.{NAME} CNAME \.", Covers.BELOW)),
        ),
        Format("dnsmasq", resolvers.read_dnsmasq, _plain((rf"(?:server|local|address)=/{NAME}/", BELOW))),
        Format(
            "unbound",
            resolvers.read_unbound,
            _plain((rf'local-zone: "{NAME}\." (?:always_null|always_nxdomain|refuse|static)', BELOW)),
        ),
        Format("urls", urls.read_line),
        Format("expressions", expressions.read_line),
    )
}

# What a line of each format looks like; the first that fits has the line's vote.
SHAPES = tuple(
    (name, re.compile(shape))
    for name, shape in (
        ("adblock", r"\[Adblock|(?:@@)?\|\|?\S|.*\^(?:\$\S+)?$|.*#@?[#?]|/.+/$|@@"),
        ("dnsmasq", r"(?:server|local|address)=/"),
        ("unbound", r"(?:server:|local-zone:|local-data:)"),
        ("rpz", r"\$(?:TTL|ORIGIN)\b|\S+\s.*\b(?:CNAME|SOA)\s+\S"),
        ("wildcard", r"\*\.\S+$"),
        ("urls", r"(?:https?://\S+|[^\s/#]+\.[^\s/#]+/(?!\d{1,3}$)\S*)$"),
        ("domains", r"[^\s/]\S*(?:\s+#.*)?$"),
    )
)


def looks_like(line: str) -> str | None:
    """Name the format that one line speaks for; None where it speaks for none."""
    text = line.strip()
    words = text.split()
    if len(words) >= 2 and is_ip(words[0].partition("%")[0]):
        return "hosts"
    return next((name for name, shape in SHAPES if shape.match(text)), None)
