"""Several reports side by side: different products, or one product over time.

Compares what the reports say, clause by clause; ranks nothing and adds nothing up, because a sum of clauses
would hide the one that matters.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from standard.errors import Problem, StairgateError
from standard.exits import Exit

from .wording import day, is_unexamined, measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standard.report import ClauseReport, Report
    from standard.words import Verdict

FORMAT = 1


class Kind(StrEnum):
    """What is compared."""

    PRODUCTS = "products"
    TIME = "time"


class Mark(StrEnum):
    """A cell's word: the four verdicts, and two more that are no verdicts."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not_satisfied"
    NOT_SHOWN = "not_shown"
    NOT_APPLICABLE = "not_applicable"
    NOT_EXAMINED = "not_examined"
    ABSENT = "absent"
    """The report does not have the clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One report: its product, day, edition and overall verdict."""

    product: str
    version: str
    stand: str
    edition: str
    run: str
    day: str
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one report says of one clause.

    Attributes:
        mark: the word.
        figures: what was measured, for each criterion with a rate or a quantity, or "".
        change: against the report before it, over time: `better`, `worse`, `other` or "".
    """

    mark: Mark
    figures: str
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One clause in every report."""

    clause: str
    number: str
    title: str
    section: str
    obligation: str
    cells: tuple[Cell, ...]
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The whole comparison; `notes` says what makes it lame."""

    kind: Kind
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def compare(reports: Sequence[Report]) -> Comparison:
    """Put reports side by side.

    Args:
        reports: at least two. Of one product they are ordered by time, else left in the order given.

    Raises:
        StairgateError: fewer than two; exit code 64.
    """
    if len(reports) < 2:
        problem = Problem(
            code="nothing-to-compare",
            place="conform compare",
            cause="A comparison needs at least two reports.",
            hint="Name two or more result files.",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE)
    is_one = len({report.facts.product.id for report in reports}) == 1
    kind = Kind.TIME if is_one else Kind.PRODUCTS
    ordered = sorted(reports, key=lambda one: one.facts.started) if is_one else list(reports)
    clauses = {clause.id: clause for report in reversed(ordered) for clause in report.clauses}
    printed = sorted(
        clauses.values(), key=lambda clause: [_number(part) for part in clause.number.split(".")]
    )
    return Comparison(
        kind=kind,
        columns=tuple(map(_column, ordered)),
        rows=tuple(_row(clause, ordered, kind) for clause in printed),
        notes=tuple(_notes(ordered)),
    )


def as_data(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain JSON data."""
    return {"record": "comparison", "format": FORMAT, **asdict(comparison)}


def _number(part: str) -> tuple[int, str]:
    return (int(part), "") if part.isdigit() else (10**6, part)


def _column(report: Report) -> Column:
    facts = report.facts
    return Column(
        product=facts.product.name,
        version=facts.product.version,
        stand=facts.stand.value,
        edition=facts.edition,
        run=facts.run,
        day=day(facts.finished or facts.started),
        verdict=report.verdict,
        sentence=report.sentence,
    )


def _row(clause: ClauseReport, reports: list[Report], kind: Kind) -> Row:
    cells: list[Cell] = []
    for report in reports:
        cell = _cell(report.clause(clause.id))
        if kind is Kind.TIME and cells:
            cell = Cell(mark=cell.mark, figures=cell.figures, change=_change(cells[-1].mark, cell.mark))
        cells.append(cell)
    return Row(
        clause=clause.id,
        number=clause.number,
        title=clause.title,
        section=clause.section,
        obligation=clause.obligation.value,
        cells=tuple(cells),
        differs=len({cell.mark for cell in cells}) > 1,
    )


def _cell(clause: ClauseReport | None) -> Cell:
    if clause is None:
        return Cell(mark=Mark.ABSENT, figures="")
    figures = [
        measured(criterion.rate, criterion.difference, criterion.quantity)
        for criterion in clause.criteria
        if criterion.decides
    ]
    mark = Mark.NOT_EXAMINED if is_unexamined(clause) else Mark(clause.verdict.value)
    return Cell(mark=mark, figures="; ".join(filter(None, figures)))


_ORDER = {Mark.NOT_SATISFIED: 0, Mark.NOT_SHOWN: 1, Mark.SATISFIED: 2}


def _change(before: Mark, now: Mark) -> str:
    if before is now:
        return ""
    if before in _ORDER and now in _ORDER:
        return "better" if _ORDER[now] > _ORDER[before] else "worse"
    return "other"


def _notes(reports: list[Report]) -> list[str]:
    notes = []
    for what, values in (
        ("editions", {report.facts.edition for report in reports}),
        ("stands", {report.facts.stand.value for report in reports}),
        ("levels", {report.facts.level.value for report in reports}),
    ):
        if len(values) > 1:
            notes.append(f"The reports are of different {what}: {', '.join(sorted(values))}.")
    notes += [
        f"The run {report.facts.run} left something out: {' '.join(report.facts.selection)}."
        for report in reports
        if report.facts.selection
    ]
    notes += [f"The run {report.facts.run} did not finish." for report in reports if not report.is_complete]
    return notes
