"""A comparison as a table for a terminal, and as one HTML file."""

from __future__ import annotations

from itertools import groupby
from string import ascii_uppercase
from typing import TYPE_CHECKING

from .comparison import Kind, Mark
from .page import fill

if TYPE_CHECKING:
    from .comparison import Cell, Comparison

MARKS = {
    Mark.SATISFIED: "✔",
    Mark.NOT_SATISFIED: "✘",
    Mark.NOT_SHOWN: "?",
    Mark.NOT_APPLICABLE: "–",  # noqa: RUF001 - a dash is the mark
    Mark.NOT_EXAMINED: "○",
    Mark.ABSENT: " ",
}
TONES = {
    Mark.SATISFIED: "good",
    Mark.NOT_SATISFIED: "bad",
    Mark.NOT_SHOWN: "unsure",
    Mark.NOT_APPLICABLE: "apart",
    Mark.NOT_EXAMINED: "apart",
    Mark.ABSENT: "apart",
}
_TITLE = 58


def as_text(comparison: Comparison, *, only_different: bool = False) -> str:
    """A table of marks: a letter a report, a line a clause; `*` where the reports differ.

    Args:
        comparison: what to print.
        only_different: whether to leave out clauses of which all reports say the same.
    """
    letters = ascii_uppercase[: len(comparison.columns)]
    lines = []
    for letter, column in zip(letters, comparison.columns, strict=True):
        name = f"{column.product} {column.version}"
        lines.append(
            f"{letter}  {column.verdict.phrase.upper():<15} {name} · {column.day} · {column.sentence}"
        )
    lines += [f"!  {note}" for note in comparison.notes]
    rows = [row for row in comparison.rows if row.differs or not only_different]
    for section, members in groupby(rows, key=lambda row: row.section):
        lines += ["", f"{'':<10}{section:<{_TITLE}}  {'   '.join(letters)}"]
        for row in members:
            marks = "   ".join(MARKS[cell.mark] for cell in row.cells)
            title = row.title if len(row.title) <= _TITLE else row.title[: _TITLE - 1] + "…"
            lines.append(f"{'*' if row.differs else ' '} {row.number:<8}{title:<{_TITLE}}  {marks}".rstrip())
    differing = sum(row.differs for row in comparison.rows)
    legend = "✔ satisfied  ✘ not satisfied  ? not shown  – not applicable  ○ not examined"  # noqa: RUF001
    lines += ["", f"{differing} of {len(comparison.rows)} clauses differ (*).  {legend}"]
    return "\n".join(lines) + "\n"


def as_page(comparison: Comparison) -> str:
    """The comparison as one HTML file."""
    over_time = comparison.kind is Kind.TIME
    names = sorted({column.product for column in comparison.columns})
    title = f"{names[0]} over time" if over_time else " and ".join(names)
    sections = [
        (title_, tuple(rows)) for title_, rows in groupby(comparison.rows, key=lambda row: row.section)
    ]
    return fill(
        "comparison.html.j2",
        comparison=comparison,
        title=title,
        over_time=over_time,
        sections=sections,
        mark_of=_mark,
        tone_of=_tone,
        word_of=_word,
    )


def _mark(cell: Cell) -> str:
    return MARKS[cell.mark]


def _tone(cell: Cell) -> str:
    return TONES[cell.mark]


def _word(cell: Cell) -> str:
    return cell.mark.value.replace("_", " ")
