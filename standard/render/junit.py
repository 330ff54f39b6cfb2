"""The report as JUnit XML, for build servers: a suite a clause, a test case a criterion.

JUnit knows three things that are not a pass: `failure` stands where a criterion is not satisfied, `error`
where it is not shown, `skipped` where it does not apply or needs a person. Missing evidence is an error: a
build server must never paint it green.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from standard.words import Verdict

from .wording import is_unexamined, measured, tallied, why_unexamined

if TYPE_CHECKING:
    from standard.report import ClauseReport, CriterionReport, Failure, Report

# Characters XML 1.0 can't hold at all, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The whole report as XML text."""
    facts = report.facts
    root = ET.Element("testsuites", name=f"{facts.product.name} {facts.product.version}, {facts.edition}")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for clause in report.clauses:
        suite = _suite(clause, timestamp=facts.started)
        root.append(suite)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
    root.attrib.update({name: str(number) for name, number in totals.items()})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(clause: ClauseReport, *, timestamp: str) -> ET.Element:
    suite = ET.Element("testsuite", name=_clean(f"{clause.number} {clause.title}"), id=clause.id)
    if timestamp:
        suite.set("timestamp", timestamp.removesuffix("Z"))
    kinds = {"failure": "failures", "error": "errors", "skipped": "skipped"}
    counts = dict.fromkeys(kinds.values(), 0)
    for criterion in clause.criteria:
        case = ET.SubElement(suite, "testcase", classname=clause.id, name=criterion.id.partition("/")[2])
        kind, words = _result(clause, criterion)
        if kind:
            counts[kinds[kind]] += 1
            mark = ET.SubElement(case, kind, message=_clean(words))
            mark.text = _clean("\n\n".join(map(_told, criterion.failures))) or None
        ET.SubElement(case, "system-out").text = _clean(_figures(criterion))
    if clause.verdict is Verdict.NOT_APPLICABLE and not clause.criteria:
        case = ET.SubElement(suite, "testcase", classname=clause.id, name="clause")
        ET.SubElement(case, "skipped", message=_clean(clause.because))
        counts["skipped"] += 1
    suite.set("tests", str(len(suite)))
    suite.attrib.update({name: str(number) for name, number in counts.items()})
    return suite


def _result(clause: ClauseReport, criterion: CriterionReport) -> tuple[str, str]:
    if is_unexamined(criterion):
        return "skipped", f"not examined: {why_unexamined(criterion)}"
    if clause.verdict is Verdict.NOT_APPLICABLE:
        return "skipped", clause.because
    match criterion.verdict:
        case Verdict.NOT_SATISFIED:
            return "failure", criterion.because
        case Verdict.NOT_SHOWN:
            return "error", criterion.because
        case Verdict.NOT_APPLICABLE:
            return "skipped", criterion.because
        case _:
            return "", ""


def _figures(criterion: CriterionReport) -> str:
    counted = tallied(criterion.counts) if criterion.counts is not None else ""
    figures = measured(criterion.rate, criterion.difference, criterion.quantity)
    return "; ".join(filter(None, [criterion.text, counted, figures, f"asked {criterion.asked}"]))


def _told(failure: Failure) -> str:
    lines = [
        f"{failure.case} ({failure.outcome}) {failure.subject}".rstrip(),
        f"asked: {failure.asked}",
        f"expected: {'; '.join(failure.expected)}",
        f"seen: {failure.seen}",
    ]
    return "\n".join([*lines, f"again: {failure.again}"] if failure.again else lines)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
