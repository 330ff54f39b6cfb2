"""Names of a pack: is this host, or one of its parents, in it, and at which places?

Four steps, so that what is not there costs little. A first bit map knows the last two labels of every name:
it ends the search for most hosts after one look. A second knows whole names. A bucket of some twelve holds
32 more bits of the hash, and 8 more are checked on a hit. Each map takes a megabyte for a million names.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from xxhash import xxh3_64_intdigest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST = 255  # bytes of the longest name that the name system carries, and that a list may hold

type Find = Callable[[str], list[tuple[int, int]]]
"""Takes a host; gives place and length of each name found, closest first."""

type Holds = Callable[[bytes], bool]
"""Takes a host; tells whether it or a parent is there at all."""

type Exactly = Callable[[str], list[int]]
"""Takes a text; gives the places of entries for exactly this name or network."""


def finders(
    sections: Mapping[str, memoryview], widths: Mapping[str, int], *, singles: bool
) -> tuple[Find, Holds, Exactly]:
    """Make the look-ups over the mapped columns that `Columns.sections` made.

    Closures in place of methods: their variables are at hand without a look at `self`, which saves a fifth
    of the time of a look-up.

    Args:
        sections: of the pack.
        widths: how many bits of a hash choose a bucket (`bits`), a bit of the map of names (`filter_bits`)
            and of the map of last labels (`tail_bits`).
        singles: names of one label are among them, so the last labels say nothing.

    Returns:
        The search for a host and its parents; whether there is anything; the search for one exact name.
    """
    present, tails = sections["filter"], sections["tails"]
    starts, keys, checks = (
        sections["starts"].cast("I"),
        sections["keys"].cast("I"),
        sections["checks"],
    )
    bucket_shift, key_shift = 64 - widths["bits"], 32 - widths["bits"]
    byte, bit = 67 - widths["filter_bits"], 64 - widths["filter_bits"]
    tail_byte, tail_bit = 67 - widths["tail_bits"], 64 - widths["tail_bits"]

    def at(digest: int) -> range:
        """Give the places where bucket and key fit a hash that is likely to be there."""
        bucket = digest >> bucket_shift
        key = digest >> key_shift & 0xFFFFFFFF
        end = starts[bucket + 1]
        first = bisect_left(keys, key, starts[bucket], end)
        last = first
        while last < end and keys[last] == key:
            last += 1
        return range(first, last)

    def find(host: str) -> list[tuple[int, int]]:
        name = host.encode()
        if not singles:
            tail = xxh3_64_intdigest(name[name.rfind(b".", 0, max(name.rfind(b"."), 0)) + 1 :])
            if not tails[tail >> tail_byte] >> (tail >> tail_bit & 7) & 1:
                return []
        found: list[tuple[int, int]] = []
        while True:
            dot = name.find(b".")
            if dot < 0 and not singles:
                return found
            digest = xxh3_64_intdigest(name)
            if present[digest >> byte] >> (digest >> bit & 7) & 1 and len(name) <= LONGEST:
                # As `at`, written out: a call and a range cost as much as all the rest.
                bucket, key, check = digest >> bucket_shift, digest >> key_shift & 0xFFFFFFFF, digest & 0xFF
                end = starts[bucket + 1]
                place = bisect_left(keys, key, starts[bucket], end)
                while place < end and keys[place] == key:
                    if checks[place] == check:
                        found.append((place, len(name)))
                    place += 1
            if dot < 0:
                return found
            name = name[dot + 1 :]

    def holds(name: bytes) -> bool:
        if not singles:
            tail = xxh3_64_intdigest(name[name.rfind(b".", 0, max(name.rfind(b"."), 0)) + 1 :])
            if not tails[tail >> tail_byte] >> (tail >> tail_bit & 7) & 1:
                return False
        while True:
            digest = xxh3_64_intdigest(name)
            if present[digest >> byte] >> (digest >> bit & 7) & 1 and at(digest):
                return True
            dot = name.find(b".")
            if dot < 0:
                return False
            name = name[dot + 1 :]

    def exactly(name: str) -> list[int]:
        digest = xxh3_64_intdigest(name.encode())
        return [place for place in at(digest) if checks[place] == digest & 0xFF]

    return find, holds, exactly
