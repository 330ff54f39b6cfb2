"""The report as one HTML file: what is not satisfied first; every clause and case an anchor, its id."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from standard.words import Verdict

from .page import fill
from .wording import is_unexamined

if TYPE_CHECKING:
    from standard.report import CaseReport, CriterionReport, Report


@dataclass(slots=True)
class _Anchors:
    """Which case ids have been given out as anchors: an id may stand on a page only once."""

    given: set[str] = field(default_factory=set)

    def first(self, case: str) -> bool:
        """True the first time `case` is asked for."""
        is_new = case not in self.given
        self.given.add(case)
        return is_new

    def remaining(self, criterion: CriterionReport) -> tuple[CaseReport, ...]:
        """The criterion's cases that have no anchor yet; they get theirs with this."""
        return tuple(case for case in criterion.cases if self.first(case.id))


def render(report: Report) -> str:
    """The whole page: light and dark, readable without script, ready to print."""
    failing = report.with_verdict(Verdict.NOT_SATISFIED)
    unshown = tuple(clause for clause in report.with_verdict(Verdict.NOT_SHOWN) if not is_unexamined(clause))
    return fill(
        "report.html.j2",
        report=report,
        failing=failing,
        unshown=unshown,
        detailed={clause.id for clause in (*failing, *unshown)},
        sections=[
            (section, tuple(clauses))
            for section, clauses in groupby(report.clauses, key=lambda clause: clause.section)
        ],
        rates=[
            criterion
            for clause in report.clauses
            for criterion in clause.criteria
            if criterion.rate is not None and len(criterion.rate.curve) > 1
        ],
        anchors=_Anchors(),
    )
