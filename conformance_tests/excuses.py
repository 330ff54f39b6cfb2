"""Known failures: announced by the adapter, they must fail, they expire, and they change no verdict.

What they change is the exit code of a run: a build stays green while what fails is what was announced, and
turns red when an announced failure is gone or its day has passed. Pure.
"""

from __future__ import annotations

from copy import replace
from dataclasses import dataclass
from typing import TYPE_CHECKING

from standard import grade
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from conformance_tests.adapter import Adapter
    from standard.catalogue import Catalogue
    from standard.record import Announced
    from standard.report import Report
    from standard.result_file import ResultFile

CODES = {
    Verdict.SATISFIED: Exit.GOOD,
    Verdict.NOT_APPLICABLE: Exit.GOOD,
    Verdict.NOT_SATISFIED: Exit.FINDING,
    Verdict.NOT_SHOWN: Exit.NOT_SHOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuses:
    """What became of the announced failures of a run.

    Attributes:
        excused: announced, in force, and failed.
        expired: announced, failed, and past its day.
        gone: announced, carried out, and passed.
    """

    excused: tuple[Announced, ...] = ()
    expired: tuple[Announced, ...] = ()
    gone: tuple[Announced, ...] = ()

    def sentences(self) -> Iterator[str]:
        """What to say of each, one line."""
        for one in self.excused:
            yield f"excused   {one.case}: announced until {one.expires}, {one.because}"
        for one in self.expired:
            yield f"expired   {one.case}: its excuse ended on {one.expires}; mend it, or say anew until when"
        for one in self.gone:
            yield f"mended    {one.case}: announced to fail and passed; take it out of known_failures"


def weigh(found: ResultFile) -> Excuses:
    """What became of the announced failures, by the day the run began."""
    today = found.header.started[:10]
    outcomes: dict[str, set[Outcome]] = {}
    for result in found.results:
        outcomes.setdefault(result.case, set()).add(result.outcome)
    announced = found.header.known_failures
    failed = [one for one in announced if Outcome.FAILED in outcomes.get(one.case, ())]
    return Excuses(
        excused=tuple(one for one in failed if not one.expires or today <= one.expires),
        expired=tuple(one for one in failed if one.expires and today > one.expires),
        gone=tuple(one for one in announced if outcomes.get(one.case) == {Outcome.PASSED}),
    )


def exit_code(
    report: Report, found: ResultFile, catalogue: Catalogue, excuses: Excuses, *, only: Collection[str] | None
) -> int:
    """The exit code of a run: its verdict's, but as if excused failures had passed.

    Args:
        report: the grading, which no excuse touches.
        found: the result file it is of.
        catalogue: the standard.
        excuses: what became of the announced failures.
        only: the criteria graded, as for `grade.grade`.
    """
    if excuses.expired or excuses.gone:
        return int(Exit.FINDING)
    if report.verdict is not Verdict.NOT_SATISFIED or not excuses.excused:
        return int(CODES[report.verdict])
    cases = {one.case for one in excuses.excused}
    results = tuple(
        replace(result, outcome=Outcome.PASSED)
        if result.case in cases and result.outcome is Outcome.FAILED
        else result
        for result in found.results
    )
    return int(CODES[grade.grade_file(replace(found, results=results), catalogue, only=only).verdict])


def refuse_unknown(adapter: Adapter, place: str, cases: Collection[str]) -> None:
    """Complain of every announced failure of a case that the suite does not have.

    Raises:
        StairgateError: there is one; exit code 65.
    """
    problems = [
        Problem(
            code="unknown-case",
            place=f"{place}, known_failures",
            cause=f"The suite has no case {one.case!r}.",
            hint="Take it out, or mend the name: `stairgate conform coverage` lists all cases.",
        )
        for one in adapter.known_failures
        if one.case not in cases
    ]
    if problems:
        raise StairgateError(*problems)
