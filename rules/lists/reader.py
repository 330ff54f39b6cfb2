"""Read a list: find its format by looking, give its entries with file and line, account for every line.

The only module here that goes over a file; formats know lines, text.py knows bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .entry import Batch, Covers, Entry, Kind, Refusal, Rule, Skipped, Tally
from .formats import FORMATS, Format, looks_like
from .text import blocks, failure, open_list
from .words import is_suffix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAMPLE = 400  # lines looked at to find the format
CUT = 200  # characters of a line that are kept


@dataclass(slots=True)
class Reading:
    """One list file being read. Drawing its entries fills the tally.

    Attributes:
        path: the file.
        file: how entries name it: relative to the folder that was given.
        format: the format it is read in.
        category: the list's own name for it, where the layout names one (a squidGuard folder).
        usage: words of a squidGuard `usage` file: `black`, `white`, ...
        suffix: accept public suffixes.
        tally: what became of each line of the last drawing.
    """

    path: Path
    file: str
    format: Format
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
                yield from one.entries(self.file, self.format.covers)

    def skipped(self) -> Iterator[Skipped]:
        """Give every line, or word of a line, that became no entry."""
        return (one for one in self.draw() if isinstance(one, Skipped))

    def draw(self) -> Iterator[Batch | Entry | Skipped]:
        """Go over the file once.

        Yields:
            Batches of names, entries, skipped lines; in no promised order.

        Raises:
            StairgateError: the file is unreadable, binary, cut, too large, or a web page.
        """
        self.tally = Tally()
        number = 0
        with open_list(self.path) as stream:
            for lines in blocks(
                stream, self.file, self.path.stat().st_size if self.path.suffix == ".gz" else 0
            ):
                yield from self._block(lines, number)
                number += len(lines)
        self.tally.lines = number

    def _block(self, lines: list[str], before: int) -> Iterator[Batch | Entry | Skipped]:
        plain = self.format.plain.fullmatch if self.format.plain is not None else None
        groups: dict[tuple[str, str], Batch] = {}
        for number, line in enumerate(lines, before + 1):
            if plain is not None and (found := plain(line)):
                name = found[1]
                if "xn--" not in name and len(name) <= 253 and (self.suffix or not is_suffix(name)):
                    start, end = found.span(1)
                    key = line[:start], line[end:]
                    batch = groups.get(key)
                    if batch is None:
                        batch = groups[key] = Batch(*key, [], [])
                    batch.names.append(name)
                    batch.lines.append(number)
                    continue
            yield from self._line(line, number)
        for batch in groups.values():
            self.tally.rules += len(batch.names)
            self.tally.entries += len(batch.names)
            yield batch

    def _line(self, line: str, number: int) -> Iterator[Entry | Skipped]:
        if not line or line.isspace():
            self.tally.blank += 1
            return
        found = self.format.read_line(line, suffix=self.suffix)
        text = line.strip()[:CUT]
        rules = [one for one in found if isinstance(one, Rule)]
        reasons = [one.reason for one in found if isinstance(one, Refusal)]
        self.tally.comments += not found
        self.tally.rules += bool(rules)
        self.tally.entries += len(rules)
        (self.tally.refused if rules else self.tally.skipped).update(reasons if rules else reasons[:1])
        for rule in rules:
            yield Entry(
                rule.pattern,
                rule.kind,
                rule.covers,
                self.file,
                number,
                text,
                rule.exception,
                rule.important,
                rule.nearest,
                rule.excluding,
            )
        for reason in reasons:
            yield Skipped(self.file, number, text, reason)


def detect(sample: bytes, name: str) -> Format:
    """Find the format of a list by looking at its first lines.

    Args:
        sample: the beginning of the file, unpacked.
        name: the file's name, for the error.

    Returns:
        The format that most lines speak for; plain domains where none do.

    Raises:
        StairgateError: a web page or a JSON answer in place of a list.
    """
    text = sample.decode("utf-8", "replace").lstrip("\ufeff")
    head = text.lstrip()[:200].lower()
    if head.startswith(("<!doctype", "<html", "<?xml", "<head")):
        raise failure(
            "list-is-a-page",
            name,
            "this is a web page, not a list",
            "a login page of the network? fetch it again",
        )
    if head.startswith(("{", '["', "[{")):
        raise failure(
            "list-is-json",
            name,
            "this is a JSON answer, not a list",
            "perhaps too many requests: fetch it later",
        )
    votes: Counter[str] = Counter()
    for line in text.splitlines()[:SAMPLE]:
        if line.strip() and not line.lstrip().startswith(("#", "!", ";")) and (vote := looks_like(line)):
            votes[vote] += 1
    return FORMATS[votes.most_common(1)[0][0] if votes else "domains"]


def read(path: Path, *, format: str = "auto", suffix: bool = False) -> Reading:  # noqa: A002 -- the word of the command line
    """Prepare to read one list file.

    Args:
        path: the file.
        format: a name of FORMATS, or `auto`.
        suffix: accept public suffixes.

    Returns:
        The reading; its entries are drawn from it.

    Raises:
        StairgateError: unreadable, no list, or an unknown format.
    """
    if format == "auto":
        with open_list(path) as stream:
            first = next(blocks(stream, path.name), [])
        found = detect("\n".join(first[: 2 * SAMPLE]).encode(), path.name)
    elif format in FORMATS:
        found = FORMATS[format]
    else:
        raise failure(
            "list-format-unknown",
            format,
            f"there is no list format {format!r}",
            f"choose one of: auto, {', '.join(FORMATS)}",
        )
    return Reading(path, path.name, found, suffix=suffix)


def readings(path: Path, *, format: str = "auto", suffix: bool = False) -> list[Reading]:  # noqa: A002
    """Prepare to read a list in whatever layout it comes: a file, or a squidGuard tree.

    Args:
        path: a file, or the folder of a squidGuard tree.
        format: for a single file.
        suffix: accept public suffixes.

    Returns:
        One reading for each file that holds entries.

    Raises:
        StairgateError: nothing there to read.
    """
    if path.is_dir():
        from .squidguard import tree  # it builds on this module

        return tree(path, suffix=suffix)
    return [read(path, format=format, suffix=suffix)]


__all__ = ["Covers", "Kind", "Reading", "detect", "read", "readings"]
