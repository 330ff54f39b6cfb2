"""A declaration as plain data: what the supplier says of one run, with scope, limits, numbers and an end.

Pure: everything in it follows from the report, the result file's header and the day. That is how it is
verified: made again from the records and compared.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from standard.record import header_data
from standard.words import Verdict

if TYPE_CHECKING:
    from standard.clause import Edition
    from standard.record import Header
    from standard.report import ClauseReport, CriterionReport, Report

FORMAT = 1
VALID_DAYS = 365
"""A declaration ends a year after its run (clause 14.1.4: examined again at least yearly)."""

SAYS = (
    "The supplier declares that in the run named here every shall clause that reaches the product was "
    "satisfied, as far as it can be examined without a person. This is a declaration by the supplier. "
    "It is not a certificate, nobody else has confirmed it, and it does not say that the product keeps a "
    "child safe."
)
DRAFT_NOTE = (
    "This edition is a draft: what it asks may still change, and an installation with its later text will "
    "not know this one. Its hash says which text was meant."
)
FINGERPRINT_NOTE = "A fingerprint shows that the same key signed. It does not tell who holds the key."


def declare(
    report: Report, header: Header, edition: Edition, *, fingerprint: str, on: date
) -> dict[str, Any]:
    """The declaration of a run, without the hashes of the files it is bundled with.

    Args:
        report: the grading; it must be free of obstacles.
        header: of the result file.
        edition: graded against.
        fingerprint: of the key that will sign.
        on: the day of the declaration.
    """
    facts = report.facts
    applicable = [clause for clause in report.clauses if clause.verdict is not Verdict.NOT_APPLICABLE]
    return {
        "record": "declaration",
        "format": FORMAT,
        "status": "declared",
        "says": SAYS,
        "declared_on": on.isoformat(),
        "expires_on": expiry(report),
        "key": {"algorithm": "Ed25519", "fingerprint": fingerprint, "note": FINGERPRINT_NOTE},
        "product": asdict(facts.product),
        "edition": {
            "id": edition.id,
            "title": edition.title,
            "status": edition.status,
            "sha256": edition.sha256,
            "note": DRAFT_NOTE if edition.status == "draft" else "",
        },
        "scope": {
            "stand": facts.stand.value,
            "setting": header.setting,
            "level": facts.level.value,
            "modules": [module.value for module in facts.modules],
            "audience": _of_statement(header, "audience"),
            "languages": list(_of_statement(header, "languages") or ()),
        },
        "run": {
            "id": facts.run,
            "started": facts.started,
            "finished": facts.finished,
            "lab": facts.lab,
            "seed": facts.seed,
            "seed_is_derived": header.seed_is_derived,
            "runs_of_build": facts.runs_of_build,
            "cases": facts.cases,
            "records": facts.records,
            "cases_sha256": header.cases,
            # Absent where nothing was drawn, as in declarations of before it was recorded.
            **{key: value for key, value in header_data(header).items() if key == "corpus"},
        },
        "sentence": report.sentence,
        "satisfied": [_named(clause) for clause in applicable if clause.verdict is Verdict.SATISFIED],
        "not_satisfied": [
            {**_named(clause), "obligation": clause.obligation.value, "because": clause.because}
            for clause in applicable
            if clause.verdict is not Verdict.SATISFIED and clause.decides
        ],
        "not_applicable": [
            {**_named(clause), "because": clause.because}
            for clause in report.clauses
            if clause.verdict is Verdict.NOT_APPLICABLE
        ],
        "not_examined": [
            {"criterion": one.criterion, "number": one.number, "method": one.method.value, "text": one.text}
            for one in report.not_examined
        ],
        "limits": [
            {"capability": one.capability, "because": one.because, "clauses": list(one.clauses)}
            for one in report.limits
        ],
        "numbers": [
            _number(clause, criterion)
            for clause in applicable
            for criterion in clause.criteria
            if criterion.counts is not None and criterion.decides
        ],
    }


def expiry(report: Report) -> str:
    """The last day the declaration holds: a year after the run ended."""
    finished = date.fromisoformat(report.facts.finished[:10])
    return date.fromordinal(finished.toordinal() + VALID_DAYS).isoformat()


def _of_statement(header: Header, key: str) -> Any:
    return "" if header.statement is None else header.statement.get(key, "")


def _named(clause: ClauseReport) -> dict[str, str]:
    return {"clause": clause.id, "number": clause.number, "title": clause.title}


def _number(clause: ClauseReport, criterion: CriterionReport) -> dict[str, Any]:
    counts = criterion.counts
    number: dict[str, Any] = {
        "criterion": criterion.id,
        "number": clause.number,
        "asked": criterion.asked,
        "verdict": criterion.verdict.value,
        "passed": counts.passed if counts else 0,
        "counted": counts.counted if counts else 0,
    }
    if (rate := criterion.rate) is not None and rate.seen is not None:
        number |= {
            "seen": rate.seen,
            "bound": rate.bound,
            "is_floor": rate.is_floor,
            "threshold": rate.asked,
            "wilson": [rate.wilson_low, rate.wilson_high],
        }
    if criterion.difference is not None:
        number["difference"] = asdict(criterion.difference)
    if criterion.quantity is not None:
        number["quantity"] = asdict(criterion.quantity)
    return number
