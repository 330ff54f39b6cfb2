"""Entries as columns of numbers: gathered while lists are read, then sorted for look-up.

Names are kept as 64-bit hashes. The top bits choose a bit in a map of what is there, and a bucket; the next
32 are compared, the last 8 are checked on a hit. Among five million names a wrong hit needs 58 equal bits.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np
from xxhash import xxh3_64_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

type Numbers = np.ndarray[tuple[int], np.dtype[np.uint64]]

# Chosen by measurement (benchmarks/bench_pack.py): few names in a bucket cost memory, many
# cost comparisons; few bits a name in the map let more names that are not there into the bucket.
BUCKET = 12
MAP_BITS = 8


def tail(name: bytes) -> bytes:
    """Give the last two labels of a name, or its only one: every name below has the same."""
    return name[name.rfind(b".", 0, max(name.rfind(b"."), 0)) + 1 :]


class Columns:
    """Collects names; `sections` turns them into the sorted columns of a pack."""

    def __init__(self) -> None:
        self._digests = bytearray()
        self._tails = bytearray()
        self._origins = array("I")
        self._lines = array("I")
        self.odd: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._lines)

    def add_many(self, names: Iterable[str], lines: list[int], origin: int) -> None:
        """Add names of one origin."""
        encoded = list(map(str.encode, names))
        self._digests += b"".join(map(xxh3_64_digest, encoded))
        tails = {
            name[name.rfind(b".", 0, name.rfind(b".")) + 1 :] for name in encoded
        }  # `tail`, without a call
        self._tails += b"".join(map(xxh3_64_digest, tails))
        self._lines.extend(lines)
        self._origins.extend([origin] * len(lines))

    def add(self, name: str, line: int, origin: int, text: str | None = None) -> None:
        """Add one name; with its line's text where the origin can't tell it."""
        if text is not None:
            self.odd.append((len(self), text))
        encoded = name.encode()
        self._digests += xxh3_64_digest(encoded)
        self._tails += xxh3_64_digest(tail(encoded))
        self._lines.append(line)
        self._origins.append(origin)

    def sections(self, origins: int) -> tuple[dict[str, bytes], dict[str, int]]:
        """Sort.

        Args:
            origins: how many there are; decides the width of their column.

        Returns:
            The sections by name; how many bits of a hash choose a bucket and a bit of the map.
        """
        # xxhash writes its digests most significant byte first.
        hashes = np.frombuffer(bytes(self._digests), dtype=">u8").astype(np.uint64)
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        bits = max(1, min(28, (len(hashes) // BUCKET).bit_length()))
        tails = _distinct(np.sort(np.frombuffer(bytes(self._tails), dtype=">u8").astype(np.uint64)))
        filter_bits, tail_bits = _map_bits(len(hashes)), _map_bits(len(tails))
        starts = np.searchsorted(hashes >> np.uint64(64 - bits), np.arange((1 << bits) + 1, dtype=np.uint64))
        inverse = np.empty(len(order), dtype=np.uint32)
        inverse[order] = np.arange(len(order), dtype=np.uint32)
        odd = sorted((int(inverse[place]), text) for place, text in self.odd)
        texts = [text.encode("utf-8", "surrogatepass") for _, text in odd]
        width = np.dtype(np.uint8 if origins <= 1 << 8 else np.uint16 if origins <= 1 << 16 else np.uint32)
        sections = {
            "tails": _bit_map(tails, tail_bits),
            "filter": _bit_map(hashes, filter_bits),
            "starts": starts.astype("<u4").tobytes(),
            "keys": (hashes >> np.uint64(32 - bits)).astype("<u4").tobytes(),
            "origins": np.frombuffer(self._origins, dtype=np.uint32)[order].astype(width).tobytes(),
            "checks": hashes.astype("<u1").tobytes(),
            "lines": np.frombuffer(self._lines, dtype=np.uint32)[order].tobytes(),
            "odd": np.array([place for place, _ in odd], dtype="<u4").tobytes(),
            "odd-ends": np.cumsum([len(text) for text in texts], dtype="<u4").tobytes(),
            "odd-texts": b"".join(texts),
        }
        return sections, {"bits": bits, "filter_bits": filter_bits, "tail_bits": tail_bits}


def _map_bits(count: int) -> int:
    """How many bits of a hash choose one of the map: MAP_BITS / 2 to MAP_BITS for each of so many names."""
    return max(8, (MAP_BITS * count).bit_length() - 1)


def _distinct(numbers: Numbers) -> Numbers:
    """Leave each of some sorted numbers once; numpy's `unique` takes five times as long."""
    return numbers[np.concatenate([[True], numbers[1:] != numbers[:-1]])] if len(numbers) else numbers


def _bit_map(hashes: Numbers, bits: int) -> bytes:
    """Set the bit that the top bits of each hash name. They come sorted, so each byte is made once."""
    positions = _distinct(hashes >> np.uint64(64 - bits))
    made = np.zeros(1 << (bits - 3), dtype=np.uint8)
    np.bitwise_or.at(made, positions >> np.uint64(3), (1 << (positions & np.uint64(7))).astype(np.uint8))
    return made.tobytes()


def path_sections(entries: list[tuple[str, int, int, str]]) -> dict[str, bytes]:
    """Sort host-and-path entries so that one search finds every entry that is a prefix of an address.

    Each entry points to the longest other entry that is its prefix. Those form a chain, and the entry just
    before an address in the order is on it.

    Args:
        entries: pattern, line, origin, text.

    Returns:
        The sections by name.
    """
    entries = sorted(entries, key=lambda entry: entry[0].encode())
    keys = [pattern.encode() for pattern, *_ in entries]
    above: list[int] = []
    chain: list[int] = []
    for place, key in enumerate(keys):
        while chain and not key.startswith(keys[chain[-1]]):
            chain.pop()
        above.append(chain[-1] if chain else -1)
        chain.append(place)
    texts = [text.encode("utf-8", "surrogatepass") for *_, text in entries]
    return {
        "paths": b"".join(keys),
        "path-ends": np.cumsum([len(key) for key in keys], dtype="<u4").tobytes(),
        "path-above": np.array(above, dtype="<i4").tobytes(),
        "path-lines": np.array([line for _, line, _, _ in entries], dtype="<u4").tobytes(),
        "path-origins": np.array([origin for _, _, origin, _ in entries], dtype="<u4").tobytes(),
        "path-texts": b"".join(texts),
        "path-text-ends": np.cumsum([len(text) for text in texts], dtype="<u4").tobytes(),
    }
