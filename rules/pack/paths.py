"""Paths of a pack: which listed `host/path` is a prefix of what is asked for?

Sorted text. The entry just before an address in the order, and the chain of its prefixes, are all that
can match: one binary search, however many paths a host has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST = 4096  # bytes of path and query that are compared


class PathTable:
    """Looks paths up in the mapped sections that `path_sections` made."""

    __slots__ = ("_above", "_ends", "_keys", "_lines", "_origins", "_text_ends", "_texts")

    def __init__(self, sections: Mapping[str, memoryview]) -> None:
        self._keys = sections["paths"]
        self._ends = sections["path-ends"].cast("I")
        self._above = sections["path-above"].cast("i")
        self._lines = sections["path-lines"].cast("I")
        self._origins = sections["path-origins"].cast("I")
        self._texts = sections["path-texts"]
        self._text_ends = sections["path-text-ends"].cast("I")

    def find(self, host: str, path: str, query: str) -> Iterator[tuple[int, str]]:
        """Find entries that are a prefix of an address.

        Args:
            host: the host or the parent that the entries are listed under; IPv6 in brackets.
            path: canonical.
            query: as sent.

        Yields:
            Place and key of each, longest first; whether it ends where a part ends is the caller's to judge.
        """
        wanted = f"{host}{path}{'?' if query else ''}{query}".encode("utf-8", "surrogatepass")[:LONGEST]
        shortest = len(host) + 1
        low, high = 0, len(self._ends)
        while low < high:
            middle = (low + high) // 2
            if self._key(middle) <= wanted:
                low = middle + 1
            else:
                high = middle
        place = low - 1
        while place >= 0:
            key = self._key(place)
            if len(key) >= shortest and wanted.startswith(key):
                yield place, key.decode("utf-8", "surrogatepass")
            place = self._above[place]

    def _key(self, place: int) -> bytes:
        return bytes(self._keys[self._ends[place - 1] if place else 0 : self._ends[place]])

    def about(self, place: int) -> tuple[int, int, str]:
        """Give origin, line and text of an entry."""
        start = self._text_ends[place - 1] if place else 0
        text = bytes(self._texts[start : self._text_ends[place]]).decode("utf-8", "surrogatepass")
        return self._origins[place], self._lines[place], text


def ends_well(key: str, host: str, path: str, query: str) -> bool:
    """Tell whether a prefix ends where a part of the address ends: `/bet` does not speak of `/better`."""
    asked = f"{host}{path}{'?' if query else ''}{query}"
    return len(asked) == len(key) or key[-1] in "/&=?" or asked[len(key)] in "/?&;"
