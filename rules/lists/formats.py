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


# A canonical host of at least two labels that does not end in a number; possessive, so it never goes back.
NAME = r"((?:[a-z0-9_][a-z0-9_-]*+(?<!-)\.)++[a-z][a-z0-9_-]*+(?<!-))"
BELOW = Covers.NAME_AND_BELOW


@dataclass(frozen=True, slots=True)
class Shape:
    """A common line: a canonical name between two fixed texts.

    Attributes:
        before: the text before the name.
        after: the text after it.
        covers: what such a line covers.
        search: gives one text for each line of a block: the name, or nothing for a line of another shape.
    """

    before: str
    after: str
    covers: Covers
    search: re.Pattern[str]


def shape(before: str = "", after: str = "", covers: Covers = BELOW, unless: str = "") -> Shape:
    """Make a shape; `unless` is an expression that such a line must not begin with."""
    pattern = rf"^{unless}{re.escape(before)}{NAME}{re.escape(after)}$|^.*$"
    return Shape(before, after, covers, re.compile(pattern, re.MULTILINE))


@dataclass(frozen=True, slots=True)
class Format:
    """One list format.

    Attributes:
        name: as in `lists add --format`.
        read_line: reads any line.
        plain: its common lines, read many at a time.
    """

    name: str
    read_line: ReadLine
    plain: tuple[Shape, ...] = ()


ZONES = ("always_null", "always_nxdomain", "refuse", "static")
FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format(
            "hosts",
            hosts.read_line,
            tuple(shape(f"{sink}{blank}") for sink in ("0.0.0.0", "127.0.0.1") for blank in " \t"),
        ),
        Format("domains", domains.read_line, (shape(),)),
        Format("wildcard", domains.read_line, (shape("*."),)),
        Format("adblock", adblock.read_line, (shape("||", "^"),)),
        Format(
            "rpz",
            rpz.read_line,
            (
                shape("", " CNAME .", Covers.NAME, unless=r"(?!.*\.rpz-)"),
                shape("*.", " CNAME .", Covers.BELOW),
            ),
        ),
        Format(
            "dnsmasq",
            resolvers.read_dnsmasq,
            tuple(shape(f"{kind}=/", "/") for kind in ("server", "local", "address")),
        ),
        Format(
            "unbound", resolvers.read_unbound, tuple(shape('local-zone: "', f'." {zone}') for zone in ZONES)
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
