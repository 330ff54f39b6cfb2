"""Expressions of a pack: all tried at once by an engine whose time grows with the address alone."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import re2

from rules.lists.expressions import options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rules.address import Address

LONGEST = 8192  # characters of an address that are looked at
MEMORY = 256 << 20  # bytes for all expressions of a pack together
# Anchors of the whole text that `(?m)` leaves as they are, flags that could turn it off, and quotes.
OF_THE_TEXT = re.compile(r"\\[AzZQ]|\(\?[a-zA-Z]*-")


class ExpressionSet:
    """The expressions; compiled when the first address is asked for, so that opening stays quick."""

    def __init__(self, section: memoryview) -> None:
        self._section = section

    def __bool__(self) -> bool:
        return len(self._section) > 2

    @cached_property
    def _rows(self) -> list[Any]:
        rows: list[Any] = json.loads(bytes(self._section))
        return rows

    @cached_property
    def _exact(self) -> Any:
        return _compile(pattern for pattern, *_ in self._rows)

    @cached_property
    def _suspects(self) -> Any:
        """Finds in one search whether any expression may match one of several lines; see `find`."""
        patterns = [pattern for pattern, *_ in self._rows]
        if any(map(OF_THE_TEXT.search, patterns)):
            return None
        return _compile(f"(?m){pattern}" for pattern in patterns)

    def find(self, address: Address) -> Iterator[tuple[str, int, int, str]]:
        """Find the expressions that match an address.

        An address has three forms to be matched. They are searched as three lines of one text first, where
        `^` and `$` also mean the ends of a line: whatever matches a form matches there too, and nearly every
        address is done with after this one search.

        Args:
            address: canonical.

        Yields:
            Pattern, origin, line and text of each.
        """
        host = f"[{address.host}]" if ":" in address.host else address.host
        place = f"{host}{address.path}{'?' if address.query else ''}{address.query}"[:LONGEST]
        text = f"{address.host}\n{place}\n{address.scheme or 'http'}://{place}".encode(
            "utf-8", "surrogatepass"
        )
        if self._suspects is not None and not self._suspects.Match(text):
            return
        hits = {hit for subject in text.split(b"\n", 2) for hit in self._exact.Match(subject) or ()}
        yield from (tuple(self._rows[hit]) for hit in sorted(hits))


def _compile(patterns: Iterable[str]) -> Any:
    settings = options()
    settings.max_mem = MEMORY
    made = re2.Set.SearchSet(settings)
    for pattern in patterns:
        made.Add(pattern)
    made.Compile()
    return made
