"""A compiled pack, mapped into memory and shared between processes: look an address up in microseconds.

Knows addresses and matches; knows nothing of policies. What is not in the pack costs a few reads; list,
file and line are read only when something was found.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Any, Self

from xxhash import xxh3_64_intdigest

from rules.address import Address, parents
from rules.lists.entry import Covers, Kind

from .building import PATHS
from .layout import damaged_sections, read_head, refusal
from .origin import Match, Origin, from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LONGEST = 255  # characters of the longest name in a pack, and of a parent worth looking up
PATH_CUT = 4096  # characters of path and query that are compared


class Pack:
    """An open pack. Reading only, safe to use from several threads; `open` and `EMPTY` make one."""

    def __init__(
        self, meta: Mapping[str, Any], sections: Mapping[str, memoryview], data: mmap.mmap | None
    ) -> None:
        self.lists: Mapping[str, Any] = meta["lists"]
        self.categories = frozenset(
            category for about in self.lists.values() for category in about["categories"]
        )
        self._data = data
        self._origins = [from_json(values) for values in meta["origins"]]
        self._prefixes: dict[int, list[int]] = {int(key): value for key, value in meta["prefixes"].items()}
        self._bucket_shift = 64 - meta["bits"]
        self._key_shift = 32 - meta["bits"]
        wide = len(self._origins) > 1 << 16
        self._starts = sections["starts"].cast("I")
        self._keys = sections["keys"].cast("I")
        self._checks = sections["checks"].cast("H")
        self._owners = sections["origins"].cast("I" if wide else "H")
        self._lines = sections["lines"].cast("I")
        self._odd = sections["odd"].cast("I")
        self._sections = sections
        self._path_ends = sections["path-ends"].cast("I")
        self._path_above = sections["path-above"].cast("i")

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
        meta, sections = read_head(memoryview(data), str(path))
        return cls(meta, sections, data)

    def close(self) -> None:
        """Forget the pack. The memory is given back when the last look-up is done."""
        self._data = None

    def __len__(self) -> int:
        """Entries, and one mark for each host with path entries."""
        return len(self._keys)

    def _find(self, name: str) -> Iterator[int]:
        """Give the places of every entry with exactly this name."""
        digest = xxh3_64_intdigest(name.encode())
        bucket = digest >> self._bucket_shift
        key = digest >> self._key_shift & 0xFFFFFFFF
        starts, keys = self._starts, self._keys
        end = starts[bucket + 1]
        place = bisect_left(keys, key, starts[bucket], end)
        while place < end and keys[place] == key:
            if self._checks[place] == digest & 0xFFFF:
                yield place
            place += 1

    def look_up(self, address: Address) -> tuple[Match, ...]:
        """Find all that speak about an address.

        Args:
            address: in canonical form.

        Returns:
            A match for each entry of each list: for the host and every parent, for paths, networks and
            expressions. Each list's own exceptions have been applied and are not among them.
        """
        found: list[tuple[int, Match, Origin]] = []
        for name in self._names(address):
            depth = name.count(".") + 1
            for place in self._find(name):
                owner = self._owners[place]
                if owner == PATHS:
                    found += ((1000 + depth, *hit) for hit in self._paths(address, name))
                    continue
                origin = self._origins[owner]
                if (origin.covers is Covers.NAME and name != address.host and origin.kind is Kind.NAME) or (
                    origin.covers is Covers.BELOW and name == address.host
                ):
                    continue
                found.append(
                    (2 * depth + (origin.covers is Covers.NAME), self._match(place, name, origin), origin)
                )
        return apply_exceptions(found, address)

    def _names(self, address: Address) -> Iterator[str]:
        if address.ip is None:
            yield from (name for name in parents(address.host) if len(name) <= LONGEST)
            return
        yield address.host if address.ip.version == 4 else f"[{address.host}]"
        network = IPv4Network if address.ip.version == 4 else IPv6Network
        for length in self._prefixes[address.ip.version]:
            yield str(network((address.ip, length), strict=False))

    def _match(self, place: int, name: str, origin: Origin) -> Match:
        text = f"{origin.before}{name}{origin.after}"
        at = bisect_left(self._odd, place)
        if at < len(self._odd) and self._odd[at] == place:
            text = _text(self._sections["odd-texts"], self._sections["odd-ends"].cast("I"), at)
        return _made(origin, self._lines[place], text, name)

    def _paths(self, address: Address, host: str) -> Iterator[tuple[Match, Origin]]:
        """Give path entries of a host that are a prefix of the address."""
        asked = f"{host}{address.path}"[:PATH_CUT]
        full = f"{asked}?{address.query}"[:PATH_CUT] if address.query else asked
        wanted = full.encode()
        low, high = 0, len(self._path_ends)
        while low < high:
            middle = (low + high) // 2
            if self._path(middle) <= wanted:
                low = middle + 1
            else:
                high = middle
        place = low - 1
        while place >= 0:
            key = self._path(place)
            if wanted.startswith(key) and key.partition(b"/")[0] == host.encode() and _ends(wanted, key):
                origin = self._origins[self._sections["path-origins"].cast("I")[place]]
                line = self._sections["path-lines"].cast("I")[place]
                text = _text(self._sections["path-texts"], self._sections["path-text-ends"].cast("I"), place)
                yield _made(origin, line, text, key.decode()), origin
            place = self._path_above[place]

    def _path(self, place: int) -> bytes:
        start = self._path_ends[place - 1] if place else 0
        return bytes(self._sections["paths"][start : self._path_ends[place]])


def _ends(wanted: bytes, key: bytes) -> bool:
    """Tell whether a prefix ends where a part of the address ends."""
    return len(wanted) == len(key) or key[-1:] in b"/&=?" or wanted[len(key) : len(key) + 1] in b"/?&;"


def _text(pool: memoryview, ends: memoryview, place: int) -> str:
    return bytes(pool[ends[place - 1] if place else 0 : ends[place]]).decode("utf-8", "surrogatepass")


def _made(origin: Origin, line: int, text: str, pattern: str) -> Match:
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


def apply_exceptions(found: list[tuple[int, Match, Origin]], address: Address) -> tuple[Match, ...]:
    """Apply each list's exceptions to its own entries.

    Args:
        found: closeness (larger is closer), match and origin of each entry that speaks.
        address: what was looked up.

    Returns:
        What still speaks, exceptions left out.
    """
    exceptions = [hit for hit in found if hit[2].exception]
    kept = []
    for closeness, match, origin in found:
        if origin.exception or any(
            address.host == name or address.host.endswith(f".{name}") for name in origin.excluding
        ):
            continue
        if any(
            other.list == origin.list
            and (other.important or not origin.important)
            and (not other.nearest or near >= closeness)
            for near, _, other in exceptions
        ):
            continue
        kept.append(match)
    return tuple(kept)


def verify(path: Path) -> None:
    """Check every byte of a pack.

    Args:
        path: the pack file.

    Raises:
        StairgateError: it can't be opened, or a section is damaged.
    """
    pack = Pack.open(path)
    data = memoryview(path.read_bytes())
    if damaged := damaged_sections(data):
        raise refusal(str(path), f"damaged: {', '.join(damaged)}")
    pack.close()


def _empty() -> Pack:
    names = ("keys", "checks", "origins", "lines", "odd", "odd-ends", "odd-texts")
    paths = ("paths", "path-ends", "path-above", "path-lines", "path-origins", "path-texts", "path-text-ends")
    sections = dict.fromkeys((*names, *paths), memoryview(b""))
    sections["starts"] = memoryview(bytes(12))
    return Pack({"lists": {}, "origins": [], "prefixes": {"4": [], "6": []}, "bits": 1}, sections, None)


EMPTY = _empty()
"""A pack with nothing in it."""
