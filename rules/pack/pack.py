"""A compiled pack, mapped into memory and shared between processes: look an address up in microseconds.

Knows addresses and matches; knows nothing of policies. What is not in the pack costs a few reads; list,
file and line are read only when something was found.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Any, Self

from rules.lists.entry import Covers

from .exceptions import Hit, settle
from .expressions import ExpressionSet
from .layout import damaged_sections, empty_sections, read_head, refusal
from .names import finders
from .origin import PATHS, Match, Origin, from_json
from .paths import PathTable, ends_well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address, IPv6Address
    from pathlib import Path

    from rules.address import Address

PATH_CLOSENESS = 10_000  # a path is closer than any name


class Pack:
    """An open pack. Reading only, safe to use from several threads; `open` and `EMPTY` make one.

    Attributes:
        lists: for each list its entries, categories with their entries, and when it was fetched.
        categories: the category ids in it.
        holds: takes a canonical host as bytes; tells whether an entry names it or a parent. Paths and
            exceptions count as entries, so this is a first question and no decision.
    """

    def __init__(self, meta: Mapping[str, Any], sections: Mapping[str, memoryview]) -> None:
        self.lists: Mapping[str, Any] = meta["lists"]
        self.categories = frozenset(
            category for about in self.lists.values() for category in about["categories"]
        )
        self._origins = [from_json(values) for values in meta["origins"]]
        self._categories = [origin.category for origin in self._origins]
        self._prefixes: dict[int, list[int]] = {int(key): value for key, value in meta["prefixes"].items()}
        self._find, self.holds, self._exactly = finders(sections, meta["widths"], singles=meta["singles"])
        self._paths = PathTable(sections)
        self._expressions = ExpressionSet(sections["expressions"])
        self._has_expressions = bool(self._expressions)
        count = len(self._origins)
        self._owners = sections["origins"].cast("B" if count <= 1 << 8 else "H" if count <= 1 << 16 else "I")
        self._lines = sections["lines"].cast("I")
        self._odd = sections["odd"].cast("I")
        self._odd_ends = sections["odd-ends"].cast("I")
        self._odd_texts = sections["odd-texts"]
        # Of packs made before this was noted, any origin may have such lines.
        self._odd_origins = frozenset(meta.get("odd", range(count)))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a pack into memory. Checks its head and size; `verify` checks every byte.

        Args:
            path: the pack file.

        Returns:
            The open pack.

        Raises:
            StairgateError: no pack, another version, damaged head, or cut.
        """
        try:
            with path.open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise refusal(str(path), f"the pack can't be opened: {error}") from error
        return cls(*read_head(memoryview(data), str(path)))

    def close(self) -> None:
        """Say that the pack is no longer needed: its memory goes when the last look-up is done."""

    def __len__(self) -> int:
        """Entries for names and networks, and one mark for each host with path entries."""
        return len(self._lines)

    def categories_of(self, host: str) -> list[str]:
        """Name the categories of a host and its parents: the quick answer, exceptions not applied.

        Args:
            host: canonical.

        Returns:
            A category for each entry, closest first; empty where nothing is listed.
        """
        found = self._find(host)
        return [self._categories[self._owners[place]] for place, _ in found] if found else []

    def minds_paths(self, host: str) -> bool:
        """Whether what the pack says of a host may hang on path or query; always so for an IP address.

        Args:
            host: canonical.
        """
        return self._has_expressions or any(self._owners[place] == PATHS for place, _ in self._find(host))

    def look_up(self, address: Address) -> tuple[Match, ...]:
        """Find all that speak about an address.

        Args:
            address: in canonical form.

        Returns:
            A match for each entry of each list, closest first: for the host and every parent, for paths,
            networks and expressions. Each list's own exceptions have been applied and are not among them.
        """
        hits: list[Hit] = []
        host, ip = address.host, address.ip
        if ip is None:
            for place, length in self._find(host):
                owner = self._owners[place]
                if owner == PATHS:
                    hits[:0] = self._path_hits(address, host, host[-length:])
                    continue
                origin = self._origins[owner]
                if origin.covers is Covers.NAME_AND_BELOW or (origin.covers is Covers.NAME) == (
                    length == len(host)
                ):
                    hits.append(self._hit(place, host[-length:], owner))
        else:
            hits += self._ip_hits(address, ip)
        if self._has_expressions:
            for pattern, owner, line, text in self._expressions.find(address):
                origin = self._origins[owner]
                hits.append(Hit(0, _match(origin, line, text, pattern), origin))
        return settle(hits, address) if hits else ()

    def has_paths(self, host: str) -> bool:
        """Whether some path of a host, or of a parent of it, is listed.

        Args:
            host: canonical, a name.
        """
        return any(self._owners[place] == PATHS for place, _ in self._find(host) or ())

    def _hit(self, place: int, name: str, owner: int) -> Hit:
        origin = self._origins[owner]
        text = self._odd_text(place) if owner in self._odd_origins else None
        if text is None:
            text = f"{origin.before}{name}{origin.after}"
        closeness = 2 * (name.count(".") + 1) + (origin.covers is Covers.NAME)
        return Hit(closeness, _match(origin, self._lines[place], text, name), origin)

    def _odd_text(self, place: int) -> str | None:
        """The line of an entry, where it is not what others of its origin look like."""
        at = bisect_left(self._odd, place)
        if at == len(self._odd) or self._odd[at] != place:
            return None
        start = self._odd_ends[at - 1] if at else 0
        return bytes(self._odd_texts[start : self._odd_ends[at]]).decode("utf-8", "surrogatepass")

    def _ip_hits(self, address: Address, ip: IPv4Address | IPv6Address) -> Iterator[Hit]:
        host = address.host if ip.version == 4 else f"[{address.host}]"
        if any(self._owners[place] == PATHS for place in self._exactly(host)):
            yield from self._path_hits(address, host, host)
        network = IPv4Network if ip.version == 4 else IPv6Network
        for length in reversed(self._prefixes[ip.version]):
            name = str(network((int(ip), length), strict=False))
            for place in self._exactly(name):
                yield self._hit(place, name, self._owners[place])

    def _path_hits(self, address: Address, host: str, name: str) -> Iterator[Hit]:
        for place, key in self._paths.find(name, address.path, address.query):
            owner, line, text = self._paths.about(place)
            origin = self._origins[owner]
            if origin.covers is Covers.NAME and host != name:
                continue
            if origin.begins or ends_well(key, name, address.path, address.query):
                yield Hit(PATH_CLOSENESS + len(key), _match(origin, line, text, key), origin)


def _match(origin: Origin, line: int, text: str, pattern: str) -> Match:
    return Match(
        origin.category,
        origin.list,
        origin.file,
        line,
        text,
        origin.covers,
        origin.exception,
        pattern,
        origin.kind,
        origin.important,
    )


def verify(path: Path) -> None:
    """Check every byte of a pack.

    Args:
        path: the pack file.

    Raises:
        StairgateError: it can't be opened, or a section is damaged.
    """
    Pack.open(path)
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        damaged = damaged_sections(view)
    if damaged:
        raise refusal(str(path), f"damaged: {', '.join(damaged)}")


EMPTY = Pack(
    {
        "lists": {},
        "origins": [],
        "prefixes": {"4": [], "6": []},
        "widths": {"bits": 1, "filter_bits": 8, "tail_bits": 8},
        "singles": False,
    },
    empty_sections(),
)
"""A pack with nothing in it."""
