"""What stands in the way of a declaration. Every obstacle is named at once; none can be waved through."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from standard import domain, seed
from standard.errors import Problem
from standard.words import Obligation, Outcome, Seal, Verdict

from .declaration import expiry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from standard.clause import Edition
    from standard.record import Draw, Header, Result
    from standard.report import ClauseReport, Report


def obstacles(
    header: Header, results: Iterable[Result], report: Report, *, edition: Edition, on: date
) -> list[Problem]:
    """Every reason why this run can't be declared; empty where it can.

    Args:
        header: of the result file.
        results: its records.
        report: the grading of both.
        edition: graded against.
        on: the day of the declaration.
    """
    return [
        *_of_the_run(header, report),
        *_of_the_day(report, on),
        *_of_the_statement(header, edition),
        *_of_the_records(results, report),
        *(problem for clause in report.clauses for problem in _of_a_clause(clause)),
    ]


def _of_the_run(header: Header, report: Report) -> Iterator[Problem]:
    if header.seal is Seal.NONE:
        yield Problem(
            code="unsealed-lab",
            place="header, lab",
            cause="The lab was not sealed: what was seen may have come from the internet.",
            hint="Run again where network namespaces are allowed, or in a container without a network.",
        )
    if header.selection:
        yield Problem(
            code="selected-run",
            place="header, selection",
            cause=f"A part was left out by choice: {' '.join(header.selection)}.",
            hint="Run again without selection flags.",
        )
    yield from _of_the_seed(header)
    for word in header.corpus.circular if header.corpus is not None else ():
        yield Problem(
            code="circular-draw",
            place="header, corpus",
            cause=f"The product was given the list {word} that was drawn from: it shows nothing it knows.",
            hint="Run again with draws from another list.",
        )
    for known in header.known_failures:
        yield Problem(
            code="excused-failure",
            place=known.case,
            cause=f"A failure was announced beforehand: {known.because}.",
            hint="Mend it, take the entry out of the adapter, and run again.",
        )
    if not report.is_complete:
        yield Problem(
            code="truncated-results",
            place="footer",
            cause="The result file has no footer: the run did not finish.",
            hint="Resume the run.",
        )
    if report.verdict is Verdict.NOT_SHOWN and not any(clause.decides for clause in report.clauses):
        yield Problem(
            code="nothing-examined",
            place="results",
            cause="No clause was decided by any record.",
            hint="Run the examination.",
        )


def _of_the_day(report: Report, on: date) -> Iterator[Problem]:
    """A run whose days are none, or of which a declaration made `on` that day could not hold."""
    try:
        began = datetime.fromisoformat(report.facts.started)
        ended = datetime.fromisoformat(report.facts.finished) if report.is_complete else began
    except ValueError:
        cause = f"The run is said to last from {report.facts.started!r} to {report.facts.finished!r}."
        yield Problem(code="no-day", place="results", cause=cause, hint="Use the file as it was written.")
        return
    if ended < began:
        yield Problem(
            code="no-day",
            place="footer",
            cause="The run is said to have ended before it began.",
            hint="Set the clock of the machine and run again.",
        )
    if ended.date() > on:
        yield Problem(
            code="run-in-the-future",
            place="footer",
            cause=f"The run is said to have ended on {ended.date()}, after the day of the declaration.",
            hint="Set the clock of the machine and run again.",
        )
    if report.is_complete and expiry(report) < on.isoformat():
        yield Problem(
            code="expired-run",
            place="footer",
            cause=f"What it showed has expired: a declaration of it would have ended on {expiry(report)}.",
            hint="Run the examination again.",
        )


def _of_the_statement(header: Header, edition: Edition) -> Iterator[Problem]:
    """A capability statement that is not there, or not of this product where it was examined."""
    statement = header.statement
    if statement is None:
        yield Problem(
            code="no-capability-statement",
            place="header, statement",
            cause="There is no capability statement: scope and limits can't be declared.",
            hint="Name the product's capability statement in its adapter and run again.",
        )
        return
    examined = (
        ("product", header.product.id, [statement["product"]["id"]]),
        ("stand", header.stand.value, statement["stands"]),
        ("setting", header.setting, statement.get("settings") or list(edition.settings)),
    )
    for what, found, stated in examined:
        if found not in stated:
            yield Problem(
                code="other-statement",
                place="header, statement",
                cause=f"The {what} examined is {found!r}; the statement is of {', '.join(stated)}.",
                hint="Run again with the product's own capability statement.",
            )


def _of_the_seed(header: Header) -> Iterator[Problem]:
    """A seed that somebody could have chosen: a run could be repeated until its draw is lucky."""
    if not header.product.build:
        yield Problem(
            code="no-build",
            place="header, product",
            cause="The results name no build: nobody could say which one was examined.",
            hint="Name the product's own files under `build:` in its adapter and run again.",
        )
    elif not header.seed_is_derived or header.seed != str(
        seed.derive(header.product.build, header.edition_sha256)
    ):
        yield Problem(
            code="chosen-seed",
            place="header, seed",
            cause=f"The seed {header.seed!r} was chosen; it does not follow from build and edition.",
            hint="Run again without --seed.",
        )


def _of_the_records(results: Iterable[Result], report: Report) -> Iterator[Problem]:
    """Records of a shall criterion without a decision, or of a made-up domain: one problem a kind."""
    binding = {
        criterion.id
        for clause in report.clauses
        if clause.obligation is Obligation.SHALL and clause.verdict is not Verdict.NOT_APPLICABLE
        for criterion in clause.criteria
        if criterion.decides
    }
    counts: dict[tuple[str, Outcome], int] = {}
    made_up: dict[str, list[Draw]] = {}
    for result in results:
        if result.draw is not None and not _is_its_domain(result.draw):
            made_up.setdefault(result.criterion, []).append(result.draw)
        if result.outcome in {Outcome.ERROR, Outcome.CANNOT_TELL} and result.criterion in binding:
            key = (result.criterion, result.outcome)
            counts[key] = counts.get(key, 0) + 1
    for (criterion, outcome), count in sorted(counts.items()):
        word = "an error of the lab" if outcome is Outcome.ERROR else "cannot tell"
        yield Problem(
            code="error-in-shall" if outcome is Outcome.ERROR else "cannot-tell-in-shall",
            place=criterion,
            cause=f"{count} of its records say {word}; a shall criterion must be told in every record.",
            hint="Look at the evidence of these cases, mend the lab or the adapter, and run again.",
        )
    for criterion, draws in sorted(made_up.items()):
        more = f" (and {len(draws) - 1} more)" if len(draws) > 1 else ""
        yield Problem(
            code="forged-domain",
            place=criterion,
            cause=f"Draw {draws[0].position} asks for {draws[0].address!r} and says that its domain is "
            f"{draws[0].domain!r}{more}: no run writes that.",
            hint="Run again with an unaltered examiner.",
        )


def _is_its_domain(draw: Draw) -> bool:
    """Whether the domain said is the host asked for or one above it, as every public suffix list has it."""
    return draw.domain in domain.parents(domain.host(draw.address))


def _of_a_clause(clause: ClauseReport) -> Iterator[Problem]:
    if clause.obligation is not Obligation.SHALL or not clause.decides:
        return
    if clause.verdict is Verdict.NOT_SATISFIED:
        yield Problem(
            code="not-satisfied",
            place=f"{clause.number} {clause.id}",
            cause=f"A shall clause is not satisfied: {clause.because}",
            hint="Mend the product and run again.",
        )
    if clause.verdict is Verdict.NOT_SHOWN:
        yield Problem(
            code="not-shown",
            place=f"{clause.number} {clause.id}",
            cause=f"A shall clause is not shown: {clause.because}",
            hint="Examine what is missing; too little evidence is never enough.",
        )
