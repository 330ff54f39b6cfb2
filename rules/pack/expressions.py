"""Expressions of a pack: all tried at once by an engine whose time grows with the address alone."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import re2

from rules.lists.expressions import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rules.address import Address

LONGEST = 8192  # characters of an address that are looked at
MEMORY = 256 << 20  # bytes for all expressions of a pack together


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
    def _set(self) -> Any:
        settings = options()
        settings.max_mem = MEMORY
        made = re2.Set.SearchSet(settings)
        for pattern, *_ in self._rows:
            made.Add(pattern)
        made.Compile()
        return made

    def find(self, address: Address) -> Iterator[tuple[str, int, int, str]]:
        """Find the expressions that match an address.

        Args:
            address: canonical.

        Yields:
            Pattern, origin, line and text of each.
        """
        host = f"[{address.host}]" if ":" in address.host else address.host
        place = f"{host}{address.path}{'?' if address.query else ''}{address.query}"[:LONGEST]
        subjects = (address.host, place, f"{address.scheme or 'http'}://{place}")
        hits = {hit for subject in subjects for hit in self._set.Match(subject) or ()}
        yield from (tuple(self._rows[hit]) for hit in sorted(hits))
