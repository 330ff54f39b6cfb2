"""What is in a copied list, before it is put to use: entries, skipped lines with examples, licence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.lists import readings
from rules.lists.entry import Batch, Skipped
from rules.lists.text import blocks, open_list
from rules.taxonomy import category_for

from .list_head import Head, read_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAKER = "ut1"
"""Whose category names a squidGuard tree is taken to speak; the layout and its names are UT1's."""

_EXAMPLES = 20


@dataclass(slots=True)
class Survey:
    """What was found.

    Attributes:
        entries: all entries.
        categories: entries by category.
        skipped: lines that gave no entry, by reason.
        examples: the first skipped lines.
        head: what the list says of itself; of a tree, what its first file says.
        formats: the formats its files are read in.
    """

    entries: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    examples: list[Skipped] = field(default_factory=list)
    head: Head = field(default_factory=Head)
    formats: set[str] = field(default_factory=set)


def category_of(folder: str) -> str | None:
    """Our category for a folder of a squidGuard tree, or None where we know none."""
    return category_for(MAKER, folder)


def survey(
    path: Path,
    *,
    source: str,
    category: str | None,
    form: str,
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Read a copy once.

    Args:
        path: the copied file or tree.
        source: where it came from, named in complaints.
        category: of all its entries; None where the layout names categories.
        form: a list format, or `auto`.
        progress: told the entries so far.

    Raises:
        StairgateError: it is no list, or nothing in it is an entry (65).
    """
    found = Survey()
    try:
        for reading in readings(path, format=form):
            found.formats.add(reading.format.name)
            if found.head == Head():
                found.head = _head(reading.path)
            ours = category or category_of(reading.category or "")
            for one in reading.draw():
                if isinstance(one, Skipped):
                    if len(found.examples) < _EXAMPLES:
                        found.examples.append(one)
                elif ours is not None:
                    number = len(one.names) if isinstance(one, Batch) else 1
                    found.entries += number
                    found.categories[ours] += number
                    if progress is not None:
                        progress(found.entries)
            found.skipped.update(reading.tally.skipped)
    except StairgateError as error:
        problems = [_at_source(problem, source) for problem in error.problems]
        raise StairgateError(*problems, exit_code=error.exit_code) from error
    if not found.entries:
        reasons = ", ".join(f"{number} lines: {reason}" for reason, number in found.skipped.most_common(3))
        raise StairgateError(
            Problem(
                code="list-without-entries",
                place=source,
                cause=f"Nothing in it is an entry{f' ({reasons})' if reasons else ''}.",
                hint="Check the address or path, or name the format with --format. Nothing was changed.",
            )
        )
    return found


def _at_source(problem: Problem, source: str) -> Problem:
    """The same problem, placed where the household knows the file and not in our copy of it."""
    return replace(problem, place=source, hint=f"{problem.hint}. Nothing was changed.")


def _head(path: Path) -> Head:
    with open_list(path) as stream:
        return read_head(next(blocks(stream, path.name), []))
