"""Compile lists into a pack: every entry of every source, sorted for look-up, written in one step.

Either the whole new pack is in place or the old one is: never half of one.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rules.lists import Reading, readings
from rules.lists.entry import Batch, Entry, Kind, Skipped, Tally

from .layout import ALIGN, head_bytes
from .origin import PATHS, Origin, to_json
from .pack import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

UNCATEGORISED = "uncategorised"
EXPRESSIONS = 20_000  # in one pack; more would cost more memory than they are worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One list to compile.

    Attributes:
        list: the name it is subscribed under.
        category: the category of all its entries; None where the layout names one for each part.
        path: a list file or a squidGuard tree.
        entries: entries at hand, in place of a path.
        format: the format of the file, or `auto`.
        suffix: accept public suffixes.
        built_at: when the list was fetched, as its owner writes it; kept in the pack.
    """

    list: str
    category: str | None = None
    path: Path | None = None
    entries: Iterable[Entry] | None = None
    format: str = "auto"
    suffix: bool = False
    built_at: str = ""


@dataclass(frozen=True, slots=True)
class PartReport:
    """What one file of a source gave: its list, file, category, format and tally."""

    list: str
    file: str
    category: str
    format: str
    tally: Tally


@dataclass(slots=True)
class BuildReport:
    """What a build did.

    Attributes:
        parts: one for each file read.
        skipped: the first skipped lines, up to the limit given to `build`.
        unknown: list and category names that nobody could map; their entries are `uncategorised`.
        entries: how many entries the pack has.
        bytes: its size.
    """

    parts: list[PartReport] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    entries: int = 0
    bytes: int = 0


def build(
    sources: Iterable[Source],
    target: Path,
    *,
    progress: Callable[[str, int], None] | None = None,
    categorise: Callable[[str, str], str | None] | None = None,
    keep_skipped: int = 1000,
) -> BuildReport:
    """Compile sources into one pack file.

    Args:
        sources: the lists.
        target: the pack; replaced in one step, its folder must exist.
        progress: called with the file being read and the number of entries so far.
        categorise: maps a list's name and its own name for a category to a category id; None for unknown.
        keep_skipped: how many skipped lines the report keeps.

    Returns:
        What was read and what was skipped.

    Raises:
        StairgateError: a source is unreadable or no list; the old pack stays as it is.
    """
    report, writer = BuildReport(), _Writer()
    lists: dict[str, dict[str, object]] = {}
    for source in sources:
        about = lists.setdefault(source.list, {"entries": 0, "built_at": source.built_at, "categories": {}})
        for reading, items in _parts(source):
            own = reading.category if reading else None
            category = source.category or (categorise(source.list, own) if categorise and own else None)
            if category is None:
                category = UNCATEGORISED
                report.unknown.append((source.list, own or ""))
            before = writer.entries
            for item in items:
                skipped = (
                    item if isinstance(item, Skipped) else writer.add(item, source.list, category, reading)
                )
                if skipped is not None:
                    if len(report.skipped) < keep_skipped:
                        report.skipped.append(skipped)
                elif progress is not None:
                    progress(reading.file if reading else source.list, writer.entries)
            count = writer.entries - before
            _count(about, category, count)
            if reading:
                report.parts.append(
                    PartReport(source.list, reading.file, category, reading.format.name, reading.tally)
                )
    report.entries = writer.entries
    report.bytes = writer.write(target, lists)
    return report


def _count(about: dict[str, object], category: str, count: int) -> None:
    categories = about["categories"]
    assert isinstance(categories, dict)  # noqa: S101 -- tells mypy what the caller made
    categories[category] = categories.get(category, 0) + count
    about["entries"] = sum(categories.values())


def _parts(source: Source) -> Iterator[tuple[Reading | None, Iterable[Batch | Entry | Skipped]]]:
    if source.path is not None:
        for reading in readings(source.path, format=source.format, suffix=source.suffix):
            yield reading, reading.draw()
    if source.entries is not None:
        yield None, source.entries


class _Writer:
    """Gathers entries and writes the file."""

    def __init__(self) -> None:
        from .columns import Columns  # numpy is slow to import, and whoever only looks up needs none

        self.names = Columns()
        self.paths: list[tuple[str, int, int, str]] = []
        self.hosts_with_paths: set[str] = set()
        self.prefixes: dict[int, set[int]] = {4: set(), 6: set()}
        self.origins: dict[Origin, int] = {Origin("", "", ""): PATHS}
        self.expressions: list[tuple[str, int, int, str]] = []
        self.odd: set[int] = set()
        self.singles = False
        self.entries = 0

    def _origin(self, origin: Origin) -> int:
        return self.origins.setdefault(origin, len(self.origins))

    def add(self, item: Batch | Entry, name: str, category: str, reading: Reading | None) -> Skipped | None:
        if isinstance(item, Batch):
            assert reading is not None  # noqa: S101 -- only readings give batches
            origin = Origin(
                name,
                category,
                reading.file,
                covers=item.covers,
                before=item.before,
                after=item.after,
            )
            self.names.add_many(item.names, item.lines, self._origin(origin))
            self.entries += len(item.names)
            return None
        if item.kind is Kind.EXPRESSION and len(self.expressions) >= EXPRESSIONS:
            return Skipped(item.file, item.line, item.text, "too-many-expressions")
        self.entries += 1
        self._add_entry(item, name, category)
        return None

    def _add_entry(self, item: Entry, name: str, category: str) -> None:
        # The text around the name makes few origins as long as it is short; anything else is kept apart.
        before, found, after = item.text.partition(item.pattern) if item.kind is Kind.NAME else ("", "", "")
        plain = bool(found) and len(before) + len(after) <= 16
        origin = self._origin(
            Origin(
                name,
                category,
                item.file,
                item.kind,
                item.covers,
                item.exception,
                item.important,
                item.nearest,
                item.excluding,
                item.begins,
                before if plain else "",
                after if plain else "",
            )
        )
        if item.kind is Kind.PATH:
            self.paths.append((item.pattern, item.line, origin, item.text))
            self.hosts_with_paths.add(item.pattern.partition("/")[0])
            return
        if item.kind is Kind.EXPRESSION:
            self.expressions.append((item.pattern, origin, item.line, item.text))
            return
        self.singles |= item.kind is Kind.NAME and "." not in item.pattern
        if item.kind is Kind.NETWORK:
            self.prefixes[6 if ":" in item.pattern else 4].add(int(item.pattern.partition("/")[2]))
        if not plain:
            self.odd.add(origin)
        self.names.add(item.pattern, item.line, origin, None if plain else item.text)

    def write(self, target: Path, lists: dict[str, dict[str, object]]) -> int:
        from .columns import path_sections

        hosts = sorted(self.hosts_with_paths)
        self.names.add_many(hosts, [0] * len(hosts), PATHS)
        columns, widths = self.names.sections(len(self.origins))
        expressions = json.dumps(self.expressions, separators=(",", ":")).encode()
        sections = {**columns, **path_sections(self.paths), "expressions": expressions}
        meta = {
            "widths": widths,
            "singles": self.singles,
            "lists": lists,
            "prefixes": {str(version): sorted(lengths) for version, lengths in self.prefixes.items()},
            "origins": [to_json(origin) for origin in self.origins],
            "odd": sorted(self.odd),
        }
        head, places = head_bytes(meta, sections)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            try:
                file.write(head)
                for name, content in sections.items():
                    file.seek(places[name])
                    file.write(content)
                file.seek(0, os.SEEK_END)
                size = -(-file.tell() // ALIGN) * ALIGN
                file.truncate(size)
                file.flush()
                os.fsync(file.fileno())
                verify(Path(file.name))  # what is written is what was meant, or the old pack stays
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return size
