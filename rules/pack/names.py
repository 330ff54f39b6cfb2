"""Names of a pack: is this host, or one of its parents, in it, and at which places?

Three steps, so that a name that is not there costs little: a bit map says `no` for most (a megabyte for
each half a million names), a bucket holds the rest of the hash, sixteen more bits are checked on a hit.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from xxhash import xxh3_64_intdigest

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 255  # bytes of the longest name that the name system carries, and that a list may hold


class NameTable:
    """Looks names up in the mapped columns that `Columns.sections` made."""

    __slots__ = ("_bits", "_checks", "_filter", "_filter_bits", "_keys", "_singles", "_starts")

    def __init__(
        self, sections: Mapping[str, memoryview], bits: int, filter_bits: int, *, singles: bool
    ) -> None:
        """Take the columns.

        Args:
            sections: of the pack.
            bits: of a hash that choose its bucket.
            filter_bits: of a hash that choose its bit in the bit map.
            singles: names of one label are among them.
        """
        self._bits = bits
        self._filter_bits = filter_bits
        self._singles = singles
        self._filter = sections["filter"]
        self._starts = sections["starts"].cast("I")
        self._keys = sections["keys"].cast("I")
        self._checks = sections["checks"].cast("H")

    def __len__(self) -> int:
        return len(self._keys)

    def places(self, host: str) -> list[tuple[int, int]]:
        """Find a host and its parents.

        Args:
            host: canonical.

        Returns:
            For each entry found, closest first: its place, and the length of the name that was found.
        """
        found: list[tuple[int, int]] = []
        present = self._filter
        byte, bit = 67 - self._filter_bits, 64 - self._filter_bits
        name = host.encode()
        while True:
            dot = name.find(b".")
            if dot < 0 and not self._singles:
                return found
            digest = xxh3_64_intdigest(name)
            if present[digest >> byte] >> (digest >> bit & 7) & 1 and len(name) <= LONGEST:
                found += [(place, len(name)) for place in self._at(digest)]
            if dot < 0:
                return found
            name = name[dot + 1 :]

    def _at(self, digest: int) -> list[int]:
        """Give the places of a hash that is likely to be there."""
        keys = self._keys
        bucket = digest >> 64 - self._bits
        key = digest >> 32 - self._bits & 0xFFFFFFFF
        end = self._starts[bucket + 1]
        first = bisect_left(keys, key, self._starts[bucket], end)
        last = first
        while last < end and keys[last] == key:
            last += 1
        return [place for place in range(first, last) if self._checks[place] == digest & 0xFFFF]

    def exactly(self, name: str) -> list[int]:
        """Give the places of entries for exactly this name, network or IP address."""
        return self._at(xxh3_64_intdigest(name.encode()))
