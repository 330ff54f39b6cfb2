"""What a document is made of: chapters of paragraphs, tables, figures and clauses. Values only.

Text is plain, but for `*words*`, which are set in italics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standard.figures import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    text: str
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside a chapter: `4.1`, `Categories of content`; `number` may be ""."""

    number: str
    title: str
    anchor: str
    kind: str = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a head.

    Attributes:
        caption: one sentence, or "".
        head: the columns' names.
        rows: text cells.
        widths: relative widths of the columns; 0 for one as wide as its content.
        anchors: an id for each row, or none.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    anchors: tuple[str, ...] = ()
    kind: str = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemList:
    """A set written out, in narrow columns: label and text."""

    items: tuple[tuple[str, str], ...]
    kind: str = "items"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A short list of sentences."""

    items: tuple[str, ...]
    kind: str = "bullets"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFigure:
    """Operating curves side by side: caption and rate."""

    curves: tuple[tuple[str, Rate], ...]
    kind: str = "curves"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionBlock:
    """A criterion as printed: letter, sentence, how it is measured, who finds out."""

    id: str
    letter: str
    text: str
    asked: str
    tags: tuple[str, ...]
    details: tuple[str, ...]
    """Checklist questions or statements, in order."""
    see: tuple[str, str] | None
    """Anchor and words of the set or population it enumerates or draws from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseBlock:
    """A clause as printed."""

    id: str
    number: str
    title: str
    obligation: str
    is_critical: bool
    text: str
    notes: tuple[tuple[str, str], ...]
    """Label and text: Why, Reaches, Assumes, Read as, Beside."""
    criteria: tuple[CriterionBlock, ...]
    kind: str = "clause"


type Block = Paragraph | Heading | Table | ItemList | Bullets | CurveFigure | ClauseBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter or annex: `4`, `Content`; `A`, `Categories`; or "" and `Foreword`."""

    number: str
    title: str
    anchor: str
    blocks: tuple[Block, ...]
    is_annex: bool = False
    nature: str = ""
    """`normative` or `informative`, for annexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole edition, ready to be set."""

    edition: str
    title: str
    status: str
    date: str
    summary: str
    sha256: str
    counts: tuple[tuple[str, str], ...]
    """For the cover: number and what it counts."""
    chapters: tuple[Chapter, ...]


def runs(text: str) -> list[tuple[str, bool]]:
    """`a *b* c` as pieces with a flag for italics: `("a ", False), ("b", True), (" c", False)`."""
    return [(piece, at % 2 == 1) for at, piece in enumerate(text.split("*")) if piece]


def folded(text: str) -> str:
    """`text` with every run of blanks and line breaks as one blank."""
    return " ".join(text.split())
