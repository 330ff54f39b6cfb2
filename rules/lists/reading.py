"""One list file being read: its lines become entries, and each line that does not is counted by reason.

Knows nothing of how a format is found, nor of trees and archives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import compress
from typing import IO, TYPE_CHECKING

from rules.address.suffix import is_suffix, suffixes

from .adblock import disabled, plain_text
from .entry import Batch, Entry, Refusal, Rule, Skipped, Tally
from .text import blocks, open_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from .formats import Format

CUT = 200  # characters of a line that are kept
COMMENT = re.compile(r"\s+#\s.*")  # after an entry; what is shown as the rule that decided goes without it


@dataclass(slots=True)
class Reading:
    """One list file being read. Drawing its entries fills the tally.

    Attributes:
        path: the file, or the archive that it is in.
        file: how entries name it: relative to the folder or archive that was given.
        format: the format it is read in.
        opener: opens the content, unpacked; None for the path itself.
        packed: bytes of the file where its content was packed, else 0.
        category: the list's own name for it, where the layout names one (a squidGuard folder).
        usage: words of a squidGuard `usage` file: `black`, `white`, ...
        suffix: accept public suffixes.
        tally: what became of each line of the last drawing.
    """

    path: Path
    file: str
    format: Format
    opener: Callable[[], IO[bytes]] | None = None
    packed: int = 0
    category: str | None = None
    usage: tuple[str, ...] = ()
    suffix: bool = False
    tally: Tally = field(default_factory=Tally)

    def entries(self) -> Iterator[Entry]:
        """Give every entry."""
        for one in self.draw():
            if isinstance(one, Entry):
                yield one
            elif isinstance(one, Batch):
                yield from one.entries(self.file)

    def skipped(self) -> Iterator[Skipped]:
        """Give every line, or word of a line, that became no entry."""
        return (one for one in self.draw() if isinstance(one, Skipped))

    def draw(self) -> Iterator[Batch | Entry | Skipped]:
        """Go over the file once.

        Yields:
            Batches of names, entries, skipped lines; in no promised order.

        Raises:
            StairgateError: the file is unreadable, binary, cut or too large.
        """
        self.tally = Tally()
        off = self._disabled()
        number = 0
        for lines in self._blocks():
            yield from self._block(lines, number, off)
            number += len(lines)
        self.tally.lines = number

    def _blocks(self) -> Iterator[list[str]]:
        with self.opener() if self.opener is not None else open_list(self.path) as stream:
            yield from blocks(stream, self.file, self.packed)

    def _disabled(self) -> frozenset[str]:
        """Find the rules that an adblock list switches off with `$badfilter`, wherever it does."""
        if self.format.name != "adblock":
            return frozenset()
        lines = (line for lines in self._blocks() for line in lines if "badfilter" in line)
        return frozenset(filter(None, map(disabled, lines)))

    def _block(self, lines: list[str], before: int, off: frozenset[str]) -> Iterator[Batch | Entry | Skipped]:
        """Take plain lines out of a block with one search for each shape; read the others one by one."""
        numbers: Sequence[int] = range(before + 1, before + 1 + len(lines))
        for shape in () if off else self.format.plain:
            text = "\n".join(lines)
            if shape.before not in text:
                continue
            names = self._acceptable(shape.search.findall(text))
            batch = Batch(shape.before, shape.after, shape.covers, [], [])
            batch.names.extend(filter(None, names))
            batch.lines.extend(compress(numbers, names))
            if batch.names:
                self.tally.rules += len(batch.names)
                self.tally.entries += len(batch.names)
                yield batch
            left = [not name for name in names]
            lines, numbers = list(compress(lines, left)), list(compress(numbers, left))
        for number, line in zip(numbers, lines, strict=True):
            yield from self._line(line, number, off)

    def _acceptable(self, names: list[str]) -> list[str]:
        """Empty the names that must be looked at more closely: A-labels, public suffixes, very long ones."""
        plain, below, _ = suffixes()
        suffix = not self.suffix and (
            plain.intersection(names) or below.intersection(name.partition(".")[2] for name in names)
        )
        if suffix or any("xn--" in name for name in names) or max(map(len, names)) > 253:
            return [
                "" if "xn--" in name or len(name) > 253 or (not self.suffix and is_suffix(name)) else name
                for name in names
            ]
        return names

    def _line(self, line: str, number: int, off: frozenset[str]) -> Iterator[Entry | Skipped]:
        if not line or line.isspace():
            self.tally.blank += 1
            return
        found = self.format.read_line(line, suffix=self.suffix)
        if off and found and plain_text(line) in off:
            found = (Refusal("disabled-by-badfilter"),)
        text = line.strip()[:CUT]
        rules = [one for one in found if isinstance(one, Rule)]
        reasons = [one.reason for one in found if isinstance(one, Refusal)]
        self.tally.comments += not found
        self.tally.rules += bool(rules)
        self.tally.entries += len(rules)
        (self.tally.refused if rules else self.tally.skipped).update(reasons if rules else reasons[:1])
        entry = COMMENT.sub("", text)
        for rule in rules:
            yield Entry(*rule[:3], self.file, number, entry, *rule[3:])  # type: ignore[arg-type]  # same fields, same order
        for reason in reasons:
            yield Skipped(self.file, number, text, reason)
