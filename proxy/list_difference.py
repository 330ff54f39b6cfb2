"""What a new copy of a list brings and takes away: numbers, and some names of each as examples.

Names are compared by 64-bit hashes: two lists of 4.5 million names fit in 72 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from rules.lists import readings
from rules.lists.entry import Batch, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

EXAMPLES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How two copies of a list differ.

    Attributes:
        new: entries that only the new one has.
        gone: entries that only the old one has.
        new_examples: some of the first.
        gone_examples: some of the second.
    """

    new: int
    gone: int
    new_examples: tuple[str, ...]
    gone_examples: tuple[str, ...]


def compare(before: Path, after: Path, *, form: str = "auto") -> Difference:
    """Compare two copies of one list.

    Args:
        before: the file or tree in use.
        after: the new one.
        form: a list format, or `auto`.

    Raises:
        StairgateError: one of them is no list (65).
    """
    old, fresh = _hashes(before, form), _hashes(after, form)
    gone = np.setdiff1d(old, fresh)
    new = np.setdiff1d(fresh, old)
    return Difference(
        new=len(new),
        gone=len(gone),
        new_examples=_examples(after, form, new),
        gone_examples=_examples(before, form, gone),
    )


def _hashes(path: Path, form: str) -> NDArray[np.uint64]:
    parts = [
        np.fromiter(map(_hash, names), dtype=np.uint64, count=len(names)) for names in _patterns(path, form)
    ]
    return np.concatenate([np.empty(0, dtype=np.uint64), *parts])


def _examples(path: Path, form: str, wanted: NDArray[np.uint64]) -> tuple[str, ...]:
    """The first names of a copy whose hashes are wanted."""
    if not len(wanted):
        return ()
    some = set(wanted[:: max(1, len(wanted) // EXAMPLES)][:EXAMPLES].tolist())
    names = chain.from_iterable(_patterns(path, form))
    found = dict.fromkeys(name for name in names if _hash(name) in some)
    return tuple(found)


def _hash(name: str) -> int:
    return xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogateescape"))


def _patterns(path: Path, form: str) -> Iterator[list[str]]:
    for reading in readings(path, format=form):
        for one in reading.draw():
            if isinstance(one, Batch):
                yield one.names
            elif isinstance(one, Entry):
                yield [one.pattern]
