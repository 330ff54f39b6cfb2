"""Known failures: they must fail, they expire, and the verdict never hears of them."""

from __future__ import annotations

from copy import replace
from typing import TYPE_CHECKING

import pytest

from conformance_tests import excuses
from standard import grade
from standard.record import Announced
from standard.result_file import ResultFile
from standard.words import Verdict
from tests.standard.records import (
    EVERY,
    FOOTER,
    HEADER,
    C,
    F,
    P,
    clause,
    criterion,
    known,
    record,
)  # fmt: skip

if TYPE_CHECKING:
    from standard.words import Outcome

ONE = clause("4.1", criterion(EVERY))
KNOWN = known(ONE)


def case(name: str) -> str:
    return f"{ONE.criteria[0].id}/{name}"


def announced(name: str, expires: str = "2027-01-31") -> Announced:
    return Announced(case=case(name), because="Mended in the next version", expires=expires)


def weigh(outcomes: tuple[Outcome, ...], *known_failures: Announced) -> tuple[excuses.Excuses, int, Verdict]:
    results = tuple(
        record(outcome, case=case(name), item=name, criterion=ONE.criteria[0].id)
        for name, outcome in zip("abc", outcomes, strict=False)
    )
    header = replace(HEADER, known_failures=known_failures)
    found = ResultFile(header=header, results=results, footer=FOOTER, sha256="f" * 64)
    report = grade.grade_file(found, KNOWN)
    weighed = excuses.weigh(found)
    return weighed, excuses.exit_code(report, found, KNOWN, weighed, only=None), report.verdict


@pytest.mark.parametrize(
    ("outcomes", "known_failures", "code"),
    [
        ((P, P, P), (), 0),
        ((P, P, F), (), 1),
        ((P, P, C), (), 2),
        ((P, P, F), (announced("c"),), 0),
        ((P, F, F), (announced("c"),), 1),
        ((P, F, F), (announced("b"), announced("c")), 0),
        ((P, C, F), (announced("c"),), 2),
        ((P, F), (announced("b"),), 2),
        ((P, P, F), (announced("c", "2026-11-21"),), 0),
        ((P, P, F), (announced("c", "2026-11-20"),), 1),
        ((P, P, P), (announced("c"),), 1),
        ((P, P, C), (announced("c"),), 2),
        ((P, P), (announced("c"),), 2),
    ],
)
def test_the_exit_code_is_that_of_a_run_in_which_excused_failures_passed(
    outcomes: tuple[Outcome, ...], known_failures: tuple[Announced, ...], code: int
) -> None:
    """Nothing else is excused; an announced failure that is gone, or past its day, is a finding."""
    assert weigh(outcomes, *known_failures)[1] == code


def test_no_excuse_changes_a_verdict() -> None:
    assert weigh((P, P, F), announced("c"))[2] is Verdict.NOT_SATISFIED


def test_each_announced_failure_is_said_with_what_became_of_it() -> None:
    excused, expired, gone = announced("a"), announced("b", "2026-11-20"), announced("c")
    weighed = weigh((F, F, P), excused, expired, gone)[0]

    assert (weighed.excused, weighed.expired, weighed.gone) == ((excused,), (expired,), (gone,))
    assert [sentence.split()[0] for sentence in weighed.sentences()] == ["excused", "expired", "mended"]
