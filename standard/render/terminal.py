"""The report as a tree for a terminal: words before colour, and only what went wrong is opened up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

from standard.words import Obligation, Verdict

from .wording import (
    MARKS,
    NOT_EXAMINED,
    count,
    day,
    is_unexamined,
    measured,
    outcome,
    section_number,
    tallied,
    thousands,
    why_unexamined,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standard.report import ClauseReport, CriterionReport, Failure, Report

_GREEN, _RED, _YELLOW, _DIM, _BOLD = "32", "1;31", "33", "2", "1"
_STYLES = {
    Verdict.SATISFIED: _GREEN,
    Verdict.NOT_SATISFIED: _RED,
    Verdict.NOT_SHOWN: _YELLOW,
    Verdict.NOT_APPLICABLE: _DIM,
}
_SHOWN_FAILURES = 3


@dataclass(frozen=True, slots=True)
class _Line:
    """One line before wrapping: what leads it (mark, label), and the text that hangs from it."""

    indent: int
    lead: str
    text: str
    style: str = ""
    is_all_styled: bool = False
    is_whole: bool = False
    """Never wrapped: a command must stay copyable."""


def render(report: Report, *, colour: bool = False, width: int = 100) -> str:
    """The whole report as text.

    Args:
        report: what to print.
        colour: whether to add ANSI colours; the text says the same without them.
        width: columns to wrap at.

    Returns:
        Lines ending in a newline, without trailing spaces.
    """
    printed = (_print(line, colour=colour, width=width) for line in _lines(report))
    return "\n".join(printed) + "\n"


def _print(line: _Line, *, colour: bool, width: int) -> str:
    hang = line.indent + len(line.lead)
    room = max(width - hang, 20)
    texts = [line.text] if line.is_whole else wrap(line.text, room, break_on_hyphens=False) or [""]

    def paint(text: str) -> str:
        return f"\x1b[{line.style}m{text}\x1b[0m" if colour and line.style and text.strip() else text

    rest = [paint(text) if line.is_all_styled else text for text in texts]
    first = " " * line.indent + paint(line.lead) + rest[0]
    return "\n".join([first.rstrip(), *(" " * hang + text for text in rest[1:])])


def _lines(report: Report) -> Iterator[_Line]:
    facts = report.facts
    words = (
        f"{facts.product.name} {facts.product.version}",
        f"edition {facts.edition}",
        facts.stand.value,
        facts.level.value,
        f"seed {facts.seed}",
        day(facts.finished or facts.started),
    )
    yield _Line(0, "", " · ".join(words), _DIM, is_all_styled=True)
    yield _Line(0, "", "")
    yield _Line(0, f"{report.verdict.phrase.upper()}    ", report.sentence, _STYLES[report.verdict])
    yield from _warnings(report)
    for section, members in groupby(report.clauses, key=lambda clause: clause.section):
        clauses = tuple(members)
        yield _Line(0, "", "")
        yield _Line(2, f"{section_number(clauses):<6}{section}", "", _BOLD)
        for clause in clauses:
            yield from _clause(clause)
    yield _Line(0, "", "")
    yield from _foot(report)


def _warnings(report: Report) -> Iterator[_Line]:
    facts = report.facts
    if not report.is_complete:
        yield _Line(0, "! ", "The result file has no footer: the run was cut off.", _RED)
    if not facts.is_sealed:
        yield _Line(
            0, "! ", f"The lab was not sealed ({facts.lab}): this can lead to no declaration.", _YELLOW
        )
    if facts.selection:
        yield _Line(0, "! ", f"Only a part was run: {' '.join(facts.selection)}", _YELLOW)


def _clause(clause: ClauseReport) -> Iterator[_Line]:
    title = clause.title if clause.obligation is Obligation.SHALL else f"{clause.title} ({clause.obligation})"
    lead = f"{clause.number:<8}"
    if is_unexamined(clause):
        methods = " and ".join(sorted({criterion.method.value for criterion in clause.criteria}))
        yield _Line(4, f"{NOT_EXAMINED} {lead}", f"{title} · not examined: {methods}", _DIM)
        return
    why = "" if clause.verdict is Verdict.SATISFIED else f" · {clause.verdict.phrase}: {clause.because}"
    yield _Line(4, f"{MARKS[clause.verdict]} {lead}", f"{title}{why}", _STYLES[clause.verdict])
    if clause.verdict in {Verdict.NOT_SATISFIED, Verdict.NOT_SHOWN}:
        for criterion in clause.criteria:
            yield from _criterion(criterion)


def _criterion(criterion: CriterionReport) -> Iterator[_Line]:
    name = criterion.id.partition("/")[2] or criterion.id
    if is_unexamined(criterion):
        yield _Line(8, f"{NOT_EXAMINED} ", f"{name:<16} not examined: {why_unexamined(criterion)}", _DIM)
        return
    figures = [tallied(criterion.counts)] if criterion.counts is not None else []
    figures.append(measured(criterion.rate, criterion.difference, criterion.quantity))
    words = " · ".join(filter(None, [*figures, f"asked {criterion.asked}"]))
    yield _Line(8, f"{MARKS[criterion.verdict]} {name:<16} ", words, _STYLES[criterion.verdict])
    if criterion.verdict in {Verdict.NOT_SATISFIED, Verdict.NOT_SHOWN}:
        for failure in criterion.failures[:_SHOWN_FAILURES]:
            yield from _failure(failure)
        left = len(criterion.failures[_SHOWN_FAILURES:]) + criterion.failures_left_out
        if left:
            yield _Line(13, "", f"and {thousands(left)} more", _DIM, is_all_styled=True)


def _failure(failure: Failure) -> Iterator[_Line]:
    name = failure.case.rpartition("/")[2]
    subject = f"({failure.subject}) " if failure.subject else ""
    yield _Line(13, f"{name} ", f"{subject}{outcome(failure.outcome)}", _BOLD)
    for label, words in (
        ("asked", failure.asked),
        ("expected", "; ".join(failure.expected)),
        ("seen", failure.seen),
        ("again", failure.again),
    ):
        if words:
            yield _Line(15, f"{label:<10}", words, is_whole=label == "again")


def _foot(report: Report) -> Iterator[_Line]:
    if report.not_examined:
        people = count(
            len(report.not_examined),
            "criterion needs a person and was not examined.",
            "criteria need a person and were not examined.",
        )
        yield _Line(0, f"{NOT_EXAMINED} ", people, _DIM, is_all_styled=True)
    for known in report.known_failures:
        state = "failed, as announced" if known.failed else "passed: take the entry out"
        until = f", until {day(known.expires)}" if known.expires else ""
        yield _Line(0, "! ", f"Announced failure {known.case}: {state}{until}. It changes no verdict.", _DIM)
    yield _Line(0, "", report.caveat, _DIM, is_all_styled=True)
