"""Records and an edition become verdicts: the only place where verdicts are made.

Pure: the same records in any order give the same report. Reads no file, asks no clock and trusts nothing a
report says; `certify verify` calls it again on the records.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import capability, collection, summary, tally
from .criterion import EveryMeasure, phrase
from .decision import decide
from .errors import Problem, StairgateError
from .facts import Digest, Facts
from .finding import failures_of, nonconformities_of, not_examined_of
from .report import CaseReport, ClauseReport, CriterionReport, Report
from .words import Level, Module, Obligation, Outcome, Seal, Stand, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from .capability import Statement
    from .catalogue import Catalogue
    from .clause import Clause, Edition, EnumeratedSet
    from .criterion import Criterion
    from .record import Footer, Header, Result
    from .result_file import ResultFile


@collection.put_off()
def grade(
    header: Header,
    records: Iterable[Result],
    catalogue: Catalogue,
    *,
    footer: Footer | None,
    statement: Statement | None = None,
    level: Level | None = None,
    only: Collection[str] | None = None,
) -> Report:
    """The report on one run.

    Args:
        header: of the run: names edition, product, stand and level.
        records: its results, in any order.
        catalogue: the standard that holds the edition.
        footer: the run's end; None for an unfinished run, which is never satisfied.
        statement: the supplier's capability statement; by default the one the header carries. Without one no
            capability is declared absent.
        level: how far to grade; the header's by default.
        only: ids of the criteria to grade, for a run that selected some; None for all.

    Raises:
        StairgateError: the catalogue does not have the edition, or not with this content; or the header's
            statement is none.
    """
    edition = _edition(header, catalogue)
    if statement is None and header.statement is not None:
        statement = capability.parse(header.statement, catalogue, place=_in_header)
    wanted = header.level if level is None else level
    modules = (Module.CORE, *(statement.modules if statement is not None else ()))
    by_criterion: defaultdict[str, list[Result]] = defaultdict(list)
    first = last = ""
    count = 0
    cases = set()
    for record in records:
        by_criterion[record.criterion].append(record)
        cases.add(record.case)
        count += 1
        started = record.started
        # Not min() and max(): two calls a record are a twentieth of the grading.
        if started < first or not first:
            first = started
        if started > last:  # noqa: PLR1730 - see above
            last = started
    known = [group for criterion_id, group in by_criterion.items() if criterion_id in catalogue.criteria]
    held = [
        clause
        for clause in catalogue.selected(edition)
        if clause.module in modules
        and (only is None or any(criterion.id in only for criterion in clause.criteria))
    ]
    reaching = _Reaching(sets=catalogue.sets, stand=header.stand, statement=statement)
    reports = tuple(
        _clause(clause, edition, by_criterion, level=wanted, only=only, reaching=reaching) for clause in held
    )
    tallies = tuple(summary.tallied(obligation, reports) for obligation in Obligation)
    verdict = summary.overall(reports, is_complete=footer is not None)
    facts = Facts(
        product=header.product,
        edition=edition.id,
        edition_title=edition.title,
        stand=header.stand,
        level=wanted,
        modules=tuple(dict.fromkeys(modules)),
        run=header.run,
        started=header.started if not first else min(header.started, first),
        finished=last if footer is None else footer.finished,
        seed=header.seed,
        lab=header.how or header.seal.value,
        is_sealed=header.seal is not Seal.NONE,
        cases=len(cases),
        records=count,
        selection=header.selection,
        runs_of_build=header.runs_of_build,
    )
    return Report(
        verdict=verdict,
        sentence=summary.sentence(tallies[0]),
        caveat=summary.caveat(reports, footer, header.selection, strays=count - sum(map(len, known))),
        facts=facts,
        tallies=tallies,
        clauses=reports,
        nonconformities=nonconformities_of(reports),
        not_examined=not_examined_of(reports),
        known_failures=summary.known_failures(header, by_criterion),
        limits=statement.all_limits(held) if statement is not None else (),
        digests=summary.digests(header, edition),
        is_complete=footer is not None,
    )


def grade_file(
    found: ResultFile,
    catalogue: Catalogue,
    *,
    statement: Statement | None = None,
    level: Level | None = None,
    only: Collection[str] | None = None,
) -> Report:
    """The report on a whole result file; as `grade`, and the file's hash is among the report's."""
    report = grade(
        found.header,
        found.results,
        catalogue,
        footer=found.footer,
        statement=statement,
        level=level,
        only=only,
    )
    return replace(report, digests=(*report.digests, Digest(of="results", sha256=found.sha256)))


def _edition(header: Header, catalogue: Catalogue) -> Edition:
    edition = catalogue.edition(header.edition)
    if edition.sha256 != header.edition_sha256:
        raise StairgateError(
            Problem(
                code="edition-mismatch",
                place=f"edition {edition.id}",
                cause="The run was made with another content of it: "
                f"{header.edition_sha256[:12]}… instead of {edition.sha256[:12]}….",
                hint="Grade with the edition of the run, or run again with this one.",
            )
        )
    return edition


def _in_header(*keys: str | int) -> str:
    return ".".join(("header", "statement", *map(str, keys)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reaching:
    """What decides whether a clause, or a member of a set, reaches the product."""

    sets: Mapping[str, EnumeratedSet]
    stand: Stand
    statement: Statement | None

    def narrowed(self, criterion: Criterion) -> Criterion:
        """`criterion`, its set without the members that do not reach the product."""
        measure = criterion.measure
        if not isinstance(measure, EveryMeasure) or measure.set_id not in self.sets:
            return criterion
        members = capability.members(self.sets[measure.set_id], self.stand, self.statement)
        return replace(criterion, measure=replace(measure, members=members))


def _clause(
    clause: Clause,
    edition: Edition,
    records: dict[str, list[Result]],
    *,
    level: Level,
    only: Collection[str] | None,
    reaching: _Reaching,
) -> ClauseReport:
    reach = capability.reach(clause, reaching.stand, reaching.statement)
    criteria = tuple(
        _criterion(reaching.narrowed(criterion), records.get(criterion.id, []), level=level, reach=reach)
        for criterion in clause.criteria
        if only is None or criterion.id in only
    )
    deciding = [criterion for criterion in criteria if criterion.decides]
    open_ones = sum(one.counts is None and level.includes(one.level) for one in criteria)
    if reach.verdict is not None:
        verdict, because, open_ones = reach.verdict, reach.because, 0
    elif criteria and all(one.verdict is Verdict.NOT_APPLICABLE for one in criteria):
        verdict, because = Verdict.NOT_APPLICABLE, criteria[0].because
    else:
        verdict, because = _together(deciding)
    return ClauseReport(
        id=clause.id,
        number=clause.number,
        section=edition.section_of(clause),
        title=clause.title,
        text=clause.text,
        obligation=clause.obligation,
        module=clause.module,
        critical=clause.critical,
        verdict=verdict,
        because=because,
        criteria=criteria,
        not_examined=open_ones,
        decides=bool(deciding) or verdict is not Verdict.NOT_SHOWN,
    )


def _criterion(
    criterion: Criterion, records: list[Result], *, level: Level, reach: capability.Reach
) -> CriterionReport:
    together = tally.put_together(criterion, records)
    decision = decide(criterion, together)
    verdict, because = decision.verdict, decision.because
    # What needs a person decides nothing until a person has looked.
    is_examined = criterion.is_automated or any(record.outcome in _LOOKED_AT for record in records)
    is_empty = isinstance(criterion.measure, EveryMeasure) and not criterion.measure.members
    if reach.verdict is not None:
        verdict, because = reach.verdict, reach.because
    elif is_empty:
        verdict, because = Verdict.NOT_APPLICABLE, "No member of its set reaches this product."
    elif not is_examined:
        verdict, because = Verdict.NOT_SHOWN, f"Not examined: it needs {_NEEDS[criterion.method]}."
    failures, left_out = failures_of(together)
    return CriterionReport(
        id=criterion.id,
        text=criterion.text,
        method=criterion.method,
        level=criterion.level,
        evidence=criterion.evidence,
        kind=criterion.measure.kind,
        asked=phrase(criterion.measure),
        verdict=verdict,
        because=because,
        decides=is_examined and not is_empty and level.includes(criterion.level) and reach.verdict is None,
        counts=decision.counts if is_examined else None,
        rate=decision.rate,
        difference=decision.difference,
        quantity=decision.quantity,
        cases=tuple(
            CaseReport(
                id=case_id, outcome=case.outcome, records=case.records, failed=case.failed, sha256=case.sha256
            )
            for case_id, case in sorted(together.cases.items())
        ),
        failures=failures,
        failures_left_out=left_out,
    )


_LOOKED_AT = {Outcome.PASSED, Outcome.FAILED, Outcome.CANNOT_TELL, Outcome.ERROR}
_NEEDS = {
    "automated": "a run",
    "inspection": "a person with the checklist",
    "attestation": "signed statements",
}


def _together(criteria: list[CriterionReport]) -> tuple[Verdict, str]:
    """A clause's verdict: as bad as its worst criterion that decides."""
    for verdict in (Verdict.NOT_SATISFIED, Verdict.NOT_SHOWN):
        bad = [criterion for criterion in criteria if criterion.verdict is verdict]
        if bad:
            more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
            return verdict, f"{bad[0].id}{more}: {bad[0].because}"
    if not criteria:
        return Verdict.NOT_SHOWN, "Not examined: none of its criteria can be decided without a person."
    return Verdict.SATISFIED, f"All of its {len(criteria)} examined criteria are satisfied."
