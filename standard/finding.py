"""What someone must look at or act on: failures, nonconformities, and what nobody has examined.

Made from reports and tallies, with all it takes to see a failure again; decides no verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .report import Failure, Nonconformity, NotExamined
from .words import Grade, Level, Obligation, Outcome, Verdict

if TYPE_CHECKING:
    from .record import Result
    from .report import ClauseReport, CriterionReport
    from .tally import Tally

MOST_FAILURES = 50
"""How many failures of one criterion a report spells out; the rest are counted, and stand in the records."""

_DUE = {
    Grade.CRITICAL: "suspend now; mend before anyone relies on it",
    Grade.MAJOR: "no certificate; mend within 90 days",
    Grade.MINOR: "plan within 30 days; mend by the next surveillance",
    Grade.OBSERVATION: "for consideration",
}
_ORDER = {grade: index for index, grade in enumerate(Grade)}
_WORST_FIRST = {
    outcome: index
    for index, outcome in enumerate((Outcome.FAILED, Outcome.ERROR, Outcome.CANNOT_TELL, Outcome.UNTESTED))
}


def failures_of(tally: Tally) -> tuple[tuple[Failure, ...], int]:
    """The units that did not pass, failed ones first, and how many are left out.

    On a comparison's public side a failure is no fault of interest, but is printed like any other.
    """
    units = [
        unit
        for unit in (*tally.units, *tally.other)
        if unit.record is not None and unit.outcome in _WORST_FIRST
    ]
    units.sort(key=lambda unit: _WORST_FIRST[unit.outcome])
    found = [
        _failure(unit.record, unit.outcome, unit.number)
        for unit in units[:MOST_FAILURES]
        if unit.record is not None
    ]
    return tuple(found), max(0, len(units) - MOST_FAILURES)


def _failure(record: Result, outcome: Outcome, number: float | None) -> Failure:
    seen = record.because
    if record.outcome is Outcome.PASSED and outcome is Outcome.FAILED and number is not None:
        seen = f"{seen} ({number:g})".strip()
    subject = record.draw.address if record.draw is not None else record.item
    return Failure(
        case=record.case,
        outcome=outcome,
        subject=subject,
        asked=record.asked,
        expected=record.expected,
        seen=seen,
        again=record.reproduce,
        evidence=record.evidence,
    )


def nonconformities_of(clauses: tuple[ClauseReport, ...]) -> tuple[Nonconformity, ...]:
    """One for each clause that is not satisfied, worst first; a missed plus criterion is an observation."""
    found = []
    for clause in clauses:
        if clause.verdict is Verdict.NOT_SATISFIED:
            bad = [one for one in clause.criteria if one.decides and one.verdict is Verdict.NOT_SATISFIED]
            found.append(_nonconformity(_grade(clause), clause, bad, clause.because))
        beyond = [
            one
            for one in clause.criteria
            if not one.decides
            and one.level is Level.PLUS
            and one.counts is not None
            and one.verdict is Verdict.NOT_SATISFIED
            and clause.verdict is not Verdict.NOT_SATISFIED
        ]
        if beyond:
            because = f"Not needed at this level: {beyond[0].because}"
            found.append(_nonconformity(Grade.OBSERVATION, clause, beyond, because))
    return tuple(sorted(found, key=lambda one: _ORDER[one.grade]))


def _grade(clause: ClauseReport) -> Grade:
    if clause.critical:
        return Grade.CRITICAL
    match clause.obligation:
        case Obligation.SHALL:
            return Grade.MAJOR
        case Obligation.SHOULD:
            return Grade.MINOR
        case Obligation.MAY:
            return Grade.OBSERVATION


def _nonconformity(
    grade: Grade, clause: ClauseReport, criteria: list[CriterionReport], because: str
) -> Nonconformity:
    return Nonconformity(
        grade=grade,
        clause=clause.id,
        number=clause.number,
        title=clause.title,
        criteria=tuple(one.id for one in criteria),
        because=because,
        due=_DUE[grade],
    )


def not_examined_of(clauses: tuple[ClauseReport, ...]) -> tuple[NotExamined, ...]:
    """Every criterion that needs a person, reaches the product and has not been looked at."""
    return tuple(
        NotExamined(
            criterion=one.id, clause=clause.id, number=clause.number, method=one.method, text=one.text
        )
        for clause in clauses
        if clause.verdict is not Verdict.NOT_APPLICABLE
        for one in clause.criteria
        if one.counts is None and one.verdict is Verdict.NOT_SHOWN
    )
