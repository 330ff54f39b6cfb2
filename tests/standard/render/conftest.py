"""A report with every kind of verdict, figure and failure in it, built by hand."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import pytest

from standard.facts import Digest, Facts, KnownFailure, Limit, Product
from standard.figures import Counts, CurvePoint, Quantity, Rate
from standard.report import (
    CaseReport,
    ClauseReport,
    CriterionReport,
    Failure,
    Nonconformity,
    NotExamined,
    Report,
    Tally,
)
from standard.words import (
    Evidence,
    Grade,
    Level,
    MeasureKind,
    Method,
    Module,
    Obligation,
    Outcome,
    Stand,
    Verdict,
)


def curve(planned: int, allowed: int, rates: range, *, is_floor: bool) -> tuple[CurvePoint, ...]:
    """Binomial chances to pass, for true rates in thousandths."""
    points = []
    for thousandth in rates:
        miss = 1 - thousandth / 1000 if is_floor else thousandth / 1000
        chance = sum(comb(planned, c) * miss**c * (1 - miss) ** (planned - c) for c in range(allowed + 1))
        points.append(CurvePoint(true_rate=thousandth / 1000, chance=min(1.0, chance)))
    return tuple(points)


def failure(case: str, subject: str, *, outcome: Outcome = Outcome.FAILED) -> Failure:
    """One failure, with markup in it that a careless renderer would let through."""
    return Failure(
        case=case,
        outcome=outcome,
        subject=subject,
        asked=f"Open http://{subject}/ as the child.",
        expected=("the client does not receive the canary", "the origin receives nothing"),
        seen="The betting slip <b>reached</b> the client & its canary was in the body of a 200 response.",
        again=f"stairgate conform run --product sample.yaml --seed 7f3a --only {case}",
        evidence=("evidence/0017/client.http",),
    )


def known_sites(failed: int, verdict: Verdict) -> CriterionReport:
    """A drawn criterion of 500 with the given misses."""
    seen = 1 - failed / 500
    return CriterionReport(
        id="content.adult/known-sites",
        text="Of addresses drawn from the category, at least 95 % are blocked.",
        method=Method.AUTOMATED,
        level=Level.BASIC,
        evidence=Evidence.DRAWN,
        kind=MeasureKind.RATE_AT_LEAST,
        asked="at least 95 %, 500 drawn, at most 16 misses",
        verdict=verdict,
        because=f"{failed} misses in 500 support at least 93.5 %; at least 95 % was asked.",
        counts=Counts(planned=500, counted=500, passed=500 - failed, failed=failed, allowed=16),
        rate=Rate(
            seen=seen,
            bound=seen - 0.019,
            asked=0.95,
            is_floor=True,
            confidence=0.95,
            wilson_low=seen - 0.02,
            wilson_high=min(1, seen + 0.014),
            curve=curve(500, 16, range(900, 1001, 2), is_floor=True),
        ),
        cases=(
            CaseReport(
                id="content.adult/known-sites/drawn",
                outcome=Outcome.FAILED if failed else Outcome.PASSED,
                records=500,
                failed=failed,
                sha256="ab" * 32,
            ),
        ),
        failures=tuple(
            failure("content.adult/known-sites/drawn", f"drawn-{n}.example") for n in range(min(failed, 3))
        ),
        failures_left_out=max(0, failed - 3),
    )


def written(verdict: Verdict, *failures: Failure) -> CriterionReport:
    """A criterion of 14 written cases."""
    return CriterionReport(
        id="content.gambling/whole-site",
        text="Every name below a blocked name is blocked too.",
        method=Method.AUTOMATED,
        level=Level.BASIC,
        evidence=Evidence.WRITTEN,
        kind=MeasureKind.EVERY,
        asked="every one of 14",
        verdict=verdict,
        because="1 of 14 failed; every one was asked.",
        counts=Counts(planned=14, counted=14, passed=14 - len(failures), failed=len(failures)),
        cases=(
            CaseReport(
                id="content.gambling/whole-site/deep-subdomain",
                outcome=Outcome.FAILED if failures else Outcome.PASSED,
                records=14,
                failed=len(failures),
            ),
        ),
        failures=failures,
    )


@pytest.fixture
def report() -> Report:
    """29 clauses would be many; these five hold one of each verdict, and one nobody examined."""
    gambling = failure("content.gambling/whole-site/deep-subdomain", "slip.live.m.bets.example")
    late = failure("speed.delay/added/page", "reference.example", outcome=Outcome.CANNOT_TELL)
    delay = CriterionReport(
        id="speed.delay/added",
        text="The median delay added to a page is at most 50 ms.",
        method=Method.AUTOMATED,
        level=Level.BASIC,
        evidence=Evidence.WRITTEN,
        kind=MeasureKind.TIME_AT_MOST,
        asked="median at most 50 ms, 1000 pairs",
        verdict=Verdict.NOT_SHOWN,
        because="3 of 1000 could not be told; too little evidence either way.",
        counts=Counts(planned=1000, counted=997, passed=997, failed=0, cannot_tell=3),
        quantity=Quantity(statistic="median", seen=12.5, bound=13.25, asked=50, unit="ms", confidence=0.95),
        failures=(late,),
    )
    over = replace(
        known_sites(4, Verdict.SATISFIED),
        id="open.ordinary/ordinary-sites",
        text="Of ordinary sites drawn, at most 1 % are blocked.",
        kind=MeasureKind.RATE_AT_MOST,
        asked="at most 1 %, 1000 drawn, at most 4 misses",
        because="2 of 1000 blocked support at most 0.63 %; at most 1 % was asked.",
        counts=Counts(planned=1000, counted=1000, passed=998, failed=2, allowed=4),
        rate=Rate(
            seen=0.002,
            bound=0.0063,
            asked=0.01,
            is_floor=False,
            confidence=0.95,
            wilson_low=0.0005,
            wilson_high=0.0073,
            curve=curve(1000, 4, range(21), is_floor=False),
        ),
        cases=(),
        failures=(),
        failures_left_out=0,
    )
    recovery = CriterionReport(
        id="settings.recovery/walk-through",
        text="Recovery needs something a child does not have.",
        method=Method.INSPECTION,
        level=Level.BASIC,
        evidence=Evidence.NONE,
        kind=MeasureKind.CHECKLIST,
        asked="5 of 5 answered yes",
        verdict=Verdict.NOT_SHOWN,
        because="Not examined: this needs a person.",
        decides=False,
    )
    clauses = (
        clause("content.adult", "4.1.1", "Adult material is blocked", known_sites(22, Verdict.NOT_SATISFIED)),
        clause("content.gambling", "4.1.7", "Gambling is blocked", written(Verdict.NOT_SATISFIED, gambling)),
        clause("open.ordinary", "4.2.1", "Ordinary sites stay open", over),
        clause("settings.recovery", "6.1.4", "Recovery", recovery, section="Protection of settings"),
        clause("speed.delay", "18.1.1", "Delay", delay, section="Everyday use"),
        replace(
            clause("settings.remote", "6.3.2", "Encrypted DNS", section="Protection of settings"),
            verdict=Verdict.NOT_APPLICABLE,
            because="The product has none (capability statement).",
        ),
    )
    return Report(
        verdict=Verdict.NOT_SATISFIED,
        sentence="1 of 5 shall clauses satisfied, 2 not satisfied, 2 not shown.",
        caveat="This is what one run showed in a closed lab on one day; a pass supports, it does not prove.",
        facts=Facts(
            product=Product(
                id="sample-filter",
                name="Sample Filter",
                version="0.4.0",
                build="sha256:" + "0f" * 32,
                vendor="Example & Daughters",
            ),
            edition="2026.1",
            edition_title="Filtering of internet access for children, edition 2026.1",
            stand=Stand.FORWARD_PROXY,
            level=Level.BASIC,
            modules=(Module.CORE,),
            run="2026-11-21T16-00-00Z-7f3a",
            started="2026-11-21T16:00:00Z",
            finished="2026-11-21T16:20:30Z",
            seed="7f3a",
            lab="network namespace without a way out",
            is_sealed=True,
            cases=12,
            records=2514,
        ),
        tallies=(
            Tally(obligation=Obligation.SHALL, satisfied=1, not_satisfied=2, not_shown=2, not_applicable=1),
        ),
        clauses=clauses,
        nonconformities=(
            Nonconformity(
                grade=Grade.MAJOR,
                clause="content.adult",
                number="4.1.1",
                title="Adult material is blocked",
                criteria=("content.adult/known-sites",),
                because="22 misses in 500.",
                due="mend within 90 days",
            ),
            Nonconformity(
                grade=Grade.MAJOR,
                clause="content.gambling",
                number="4.1.7",
                title="Gambling is blocked",
                criteria=("content.gambling/whole-site",),
                because="1 of 14 failed.",
                due="mend within 90 days",
            ),
        ),
        not_examined=(
            NotExamined(
                criterion="settings.recovery/walk-through",
                clause="settings.recovery",
                number="6.1.4",
                method=Method.INSPECTION,
                text="Recovery needs something a child does not have.",
            ),
        ),
        known_failures=(
            KnownFailure(
                case="content.gambling/whole-site/deep-subdomain",
                because="fixed in 0.5",
                expires="2027-01-31",
                failed=True,
                see="https://example.org/issues/12",
            ),
        ),
        limits=(
            Limit(capability="path-rules", because="Sees host names only.", clauses=("settings.remote",)),
        ),
        digests=(
            Digest(of="edition", sha256="11" * 32),
            Digest(of="results", sha256="22" * 32),
        ),
    )


def clause(
    id_: str, number: str, title: str, *criteria: CriterionReport, section: str = "Content"
) -> ClauseReport:
    """A shall clause whose verdict is that of its one criterion."""
    verdict = criteria[0].verdict if criteria else Verdict.NOT_APPLICABLE
    return ClauseReport(
        id=id_,
        number=number,
        section=section,
        title=title,
        text=f"The product shall hold to: {title.lower()}.",
        obligation=Obligation.SHALL,
        module=Module.CORE,
        critical=False,
        verdict=verdict,
        because=criteria[0].because if criteria else "",
        criteria=criteria,
        not_examined=sum(1 for one in criteria if not one.decides),
        decides=not criteria or criteria[0].decides,
    )
