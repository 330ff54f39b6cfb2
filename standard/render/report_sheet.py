"""The report as PDF: the same order and the same words as the page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from standard.words import Obligation, Verdict

from . import wording
from .chart import draw_curve, draw_interval, on_paper
from .typesetter import typeset
from .wording import MARKS, NOT_EXAMINED, TONES, is_unexamined

if TYPE_CHECKING:
    from standard.report import ClauseReport, CriterionReport, Failure, Report

_SHOWN_FAILURES = 3


def render(report: Report) -> bytes:
    """The whole report as a PDF; its date is that of the run."""
    facts = report.facts
    return typeset("report.typ", _data(report), at=facts.finished or facts.started)


def _data(report: Report) -> dict[str, Any]:
    facts = report.facts
    unshown = [clause for clause in report.with_verdict(Verdict.NOT_SHOWN) if not is_unexamined(clause)]
    name = f"{facts.product.name} {facts.product.version}"
    return {
        "title": f"{name}: {report.verdict.phrase}",
        "running": f"Examination report · edition {facts.edition}",
        "edition_title": facts.edition_title,
        "product": name,
        "vendor": facts.product.vendor,
        **_shown(report.verdict),
        "sentence": report.sentence,
        "warnings": _warnings(report),
        "facts": _facts(report),
        "caveat": report.caveat,
        "tallies": [
            [
                str(cell)
                for cell in (
                    tally.obligation,
                    tally.satisfied,
                    tally.not_satisfied,
                    tally.not_shown,
                    tally.not_applicable,
                    tally.not_examined,
                )
            ]
            for tally in report.tallies
        ],
        "failing": [_finding(clause) for clause in report.with_verdict(Verdict.NOT_SATISFIED)],
        "unshown": [_finding(clause) for clause in unshown],
        "sections": [
            _section(title, tuple(clauses))
            for title, clauses in groupby(report.clauses, key=lambda clause: clause.section)
        ],
        "curves": [
            {"id": criterion.id, "asked": criterion.asked, "svg": draw_curve(criterion.rate, on_paper)}
            for clause in report.clauses
            for criterion in clause.criteria
            if criterion.rate is not None and len(criterion.rate.curve) > 1
        ],
        "nonconformities": [
            [finding.grade, f"{finding.number} {finding.title}", finding.because, finding.due]
            for finding in report.nonconformities
        ],
        "not_examined": [[item.number, item.text, item.method] for item in report.not_examined],
        "limits": [[limit.capability, limit.because] for limit in report.limits],
        "announced": [
            [
                known.case,
                known.because,
                wording.day(known.expires) or "no end named",
                "failed" if known.failed else "passed",
            ]
            for known in report.known_failures
        ],
        "digests": [[digest.of, digest.sha256] for digest in report.digests],
        "run": facts.run,
    }


_SEALED = {True: "the lab was sealed", False: "the lab was not sealed"}


def _warnings(report: Report) -> list[str]:
    facts = report.facts
    warnings = []
    if not report.is_complete:
        warnings.append("The result file has no footer: the run was cut off.")
    if not facts.is_sealed:
        warnings.append(f"The lab was not sealed ({facts.lab}). These results can lead to no declaration.")
    if facts.selection:
        warnings.append(f"Only a part was run: {' '.join(facts.selection)}")
    return warnings


def _facts(report: Report) -> list[dict[str, str]]:
    facts = report.facts
    rows = (
        ("Product", facts.product.id, facts.stand),
        ("Edition", facts.edition, f"level {facts.level}, {', '.join(facts.modules)}"),
        ("Date", wording.day(facts.finished or facts.started), _SEALED[facts.is_sealed]),
        ("Cases", wording.thousands(facts.cases), wording.count(facts.records, "record")),
        ("Seed", facts.seed, f"{wording.count(facts.runs_of_build, 'run')} of this build kept"),
    )
    return [{"name": name, "value": value, "note": note} for name, value, note in rows]


def _verdict(part: ClauseReport | CriterionReport) -> dict[str, str]:
    if is_unexamined(part):
        return {"tone": "apart", "mark": NOT_EXAMINED, "word": "not examined"}
    return _shown(part.verdict)


def _shown(verdict: Verdict) -> dict[str, str]:
    return {"tone": TONES[verdict], "mark": MARKS[verdict], "word": verdict.phrase}


def _section(title: str, clauses: tuple[ClauseReport, ...]) -> dict[str, Any]:
    return {"number": wording.section_number(clauses), "title": title, "clauses": [*map(_row, clauses)]}


def _row(clause: ClauseReport) -> dict[str, Any]:
    aside = "" if clause.obligation is Obligation.SHALL else f" ({clause.obligation})"
    rows = []
    for criterion in clause.criteria:
        name = criterion.id.partition("/")[2]
        mark = _verdict(criterion)
        words = "; ".join(filter(None, [_seen(criterion), f"asked {criterion.asked}"]))
        rows.append({"mark": mark["mark"], "words": f"{name}: {words}"})
    if clause.verdict is Verdict.NOT_APPLICABLE:
        rows = [{"mark": MARKS[clause.verdict], "words": clause.because}]
    return {
        **_verdict(clause),
        "number": clause.number,
        "title": clause.title,
        "aside": aside,
        "rows": rows,
    }


def _finding(clause: ClauseReport) -> dict[str, Any]:
    return {
        **_verdict(clause),
        "number": clause.number,
        "title": clause.title,
        "text": clause.text,
        "because": clause.because,
        "criteria": [_criterion(criterion) for criterion in clause.criteria],
    }


def _seen(criterion: CriterionReport) -> str:
    if is_unexamined(criterion):
        return f"not examined ({wording.why_unexamined(criterion)})"
    counted = wording.tallied(criterion.counts) if criterion.counts is not None else ""
    figures = wording.measured(criterion.rate, criterion.difference, criterion.quantity)
    return "; ".join(filter(None, [counted, figures]))


def _criterion(criterion: CriterionReport) -> dict[str, Any]:
    rate = criterion.rate
    shown = criterion.failures[:_SHOWN_FAILURES]
    left = len(criterion.failures) - len(shown) + criterion.failures_left_out
    is_open = criterion.verdict is not Verdict.SATISFIED
    return {
        **_verdict(criterion),
        "id": criterion.id,
        "text": criterion.text,
        "asked": criterion.asked,
        "seen": _seen(criterion),
        "because": criterion.because,
        "interval": draw_interval(rate, on_paper) if rate is not None else "",
        "label": wording.measured(rate, None, None),
        "wilson": wording.wilson(rate) if rate is not None else "",
        "curve": draw_curve(rate, on_paper) if rate is not None and is_open else "",
        "failures": [_failure(failure) for failure in shown],
        "left_out": f"And {wording.thousands(left)} more, all in the result file." if left else "",
    }


def _failure(failure: Failure) -> dict[str, Any]:
    lines = (
        ("Asked", failure.asked),
        ("Expected", "; ".join(failure.expected)),
        ("Seen", failure.seen),
        ("Again", failure.again),
        ("Evidence", ", ".join(failure.evidence)),
    )
    return {
        "case": failure.case,
        "subject": failure.subject,
        "outcome": wording.outcome(failure.outcome),
        "lines": [[name, words] for name, words in lines if words],
    }
