"""The report: one value that holds everything any rendering prints.

Made by `standard.grade`, read by `standard.render`. Holds facts, not wording for one medium: a renderer adds
layout, never a number and never a verdict. Its parts lie in `standard.facts` and `standard.figures`.
Everything is frozen, text is plain (unescaped) and times are UTC text (`2026-11-21T16:00:41Z`) taken from the
records: nothing here asks a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .facts import Digest, Facts, KnownFailure, Limit
    from .figures import Counts, Difference, Quantity, Rate
    from .words import Evidence, Grade, Level, MeasureKind, Method, Module, Obligation, Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One record that is not `passed`, with all a reader needs to see it again.

    Attributes:
        case: the case's id: its anchor.
        outcome: `failed`, `cannot_tell`, `error` or `untested`.
        subject: the drawn address or the set's member, or "".
        asked: what was done, one sentence.
        expected: what should have been seen.
        seen: what was seen instead, one sentence.
        again: the command that repeats it.
        evidence: files kept, relative to the results folder.
        counted: whether it bears on the verdict (extra draws do not).
    """

    case: str
    outcome: Outcome
    subject: str
    asked: str
    expected: tuple[str, ...]
    seen: str
    again: str
    evidence: tuple[str, ...] = ()
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """One case: the worst of its records' outcomes, and how many there were."""

    id: str
    outcome: Outcome
    records: int
    failed: int
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionReport:
    """One criterion with its verdict and the figures that led to it.

    Attributes:
        id: `content.gambling/known-sites`: its anchor.
        text: the criterion's sentence.
        method: who finds out.
        level: whether only a plus assessment needs it.
        evidence: drawn, written or none.
        kind: the measure.
        asked: the measure in words: `at least 95 %, 500 drawn, at most 16 misses`.
        verdict: what it comes to.
        because: one sentence why.
        decides: whether the clause's verdict depends on it (method automated, level within the assessment's).
        counts: None where no record was expected.
        rate: for rates.
        difference: for differences.
        quantity: for times and amounts.
        cases: each case with a record.
        failures: the first of what went wrong, in the order planned.
        failures_left_out: how many more there are.
    """

    id: str
    text: str
    method: Method
    level: Level
    evidence: Evidence
    kind: MeasureKind
    asked: str
    verdict: Verdict
    because: str
    decides: bool = True
    counts: Counts | None = None
    rate: Rate | None = None
    difference: Difference | None = None
    quantity: Quantity | None = None
    cases: tuple[CaseReport, ...] = ()
    failures: tuple[Failure, ...] = ()
    failures_left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseReport:
    """One clause with its verdict.

    Attributes:
        id: `content.gambling`: its anchor.
        number: the printed label: `4.1.7`.
        section: title of the section it stands in: `Content`.
        title: the clause's title.
        text: its one sentence.
        obligation: shall, should or may.
        module: its catalogue.
        critical: whether failing it is a critical nonconformity.
        verdict: what it comes to.
        because: one sentence why; names the capability statement where that is the reason.
        criteria: in the clause's order.
        not_examined: how many of its criteria need a person and were not examined.
        decides: whether anything of it was decided; False for a clause that only people can examine.
    """

    id: str
    number: str
    section: str
    title: str
    text: str
    obligation: Obligation
    module: Module
    critical: bool
    verdict: Verdict
    because: str
    criteria: tuple[CriterionReport, ...]
    not_examined: int = 0
    decides: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonconformity:
    """One finding that someone must act on.

    Attributes:
        grade: critical, major, minor or observation.
        clause: the clause's id.
        number: its printed number.
        title: its title.
        criteria: ids of the criteria not satisfied; empty for an observation on the clause itself.
        because: one sentence.
        due: what the grade asks for, in words: `mend within 90 days`.
    """

    grade: Grade
    clause: str
    number: str
    title: str
    criteria: tuple[str, ...]
    because: str
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotExamined:
    """An inspected or attested criterion nobody has looked at yet."""

    criterion: str
    clause: str
    number: str
    method: Method
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many clauses of one obligation came to which verdict; those only people can examine stand apart."""

    obligation: Obligation
    satisfied: int
    not_satisfied: int
    not_shown: int
    not_applicable: int
    not_examined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An assessment: one product, one run, one edition.

    Attributes:
        verdict: overall, from the `shall` clauses' automated criteria.
        sentence: the verdict in one sentence: `29 of 31 shall clauses satisfied, 1 not shown.`
        caveat: what the verdict does not say: a pass supports, it does not prove; what was not examined.
        facts: what was examined, how, when.
        tallies: by obligation, in the order shall, should, may.
        clauses: every clause of the edition that was graded, in printed order.
        nonconformities: worst first, then printed order.
        not_examined: inspected and attested criteria without evidence, in printed order.
        known_failures: announced by the adapter.
        limits: what the capability statement says the product cannot do.
        digests: hashes of everything the verdict rests on.
        is_complete: whether the result file had its footer; without it no verdict is better than not shown.
    """

    verdict: Verdict
    sentence: str
    caveat: str
    facts: Facts
    tallies: tuple[Tally, ...]
    clauses: tuple[ClauseReport, ...]
    nonconformities: tuple[Nonconformity, ...]
    not_examined: tuple[NotExamined, ...]
    known_failures: tuple[KnownFailure, ...]
    limits: tuple[Limit, ...]
    digests: tuple[Digest, ...]
    is_complete: bool = True

    def clause(self, clause_id: str) -> ClauseReport | None:
        """The clause called `clause_id`, or None where this report has none."""
        return next((clause for clause in self.clauses if clause.id == clause_id), None)

    def with_verdict(self, verdict: Verdict) -> tuple[ClauseReport, ...]:
        """The clauses that came to `verdict`, in printed order."""
        return tuple(clause for clause in self.clauses if clause.verdict is verdict)
