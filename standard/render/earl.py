"""The report as W3C EARL 1.0 in JSON-LD: an assertion a criterion and a case.

EARL 1.0 is a Working Group Note of 2 February 2017. Its outcomes are ours with other spellings; an error of
the lab, which it does not know, becomes `cantTell`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standard.words import Method, Outcome, Verdict

from .data import write
from .wording import is_unexamined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standard.report import ClauseReport, CriterionReport, Report

CONTEXT = {
    "earl": "http://www.w3.org/ns/earl#",
    "dct": "http://purl.org/dc/terms/",
    "doap": "http://usefulinc.com/ns/doap#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct:date": {"@type": "xsd:dateTime"},
}
"""Prefixes, written out: a reader needs no network to understand the file."""

_OF_CASE = {
    Outcome.PASSED: "earl:passed",
    Outcome.FAILED: "earl:failed",
    Outcome.INAPPLICABLE: "earl:inapplicable",
    Outcome.UNTESTED: "earl:untested",
    Outcome.CANNOT_TELL: "earl:cantTell",
    Outcome.ERROR: "earl:cantTell",
}
_OF_CRITERION = {
    Verdict.SATISFIED: "earl:passed",
    Verdict.NOT_SATISFIED: "earl:failed",
    Verdict.NOT_SHOWN: "earl:cantTell",
    Verdict.NOT_APPLICABLE: "earl:inapplicable",
}
_MODES = {
    Method.AUTOMATED: "earl:automatic",
    Method.INSPECTION: "earl:manual",
    Method.ATTESTATION: "earl:undisclosed",
}


def render(report: Report) -> str:
    """The whole report as JSON-LD text."""
    return write(as_data(report))


def as_data(report: Report) -> dict[str, Any]:
    """The whole report as JSON-LD data: assertor, subject, and an assertion a criterion and a case."""
    facts = report.facts
    subject = {
        "@id": f"urn:stairgate:product:{facts.product.id}:{facts.product.version}",
        "@type": ["earl:TestSubject", "doap:Version"],
        "dct:title": facts.product.name,
        "doap:revision": facts.product.version,
    }
    assertor = {
        "@id": "urn:stairgate:examiner",
        "@type": ["earl:Assertor", "earl:Software"],
        "dct:title": "Stairgate examiner",
    }
    return {
        "@context": CONTEXT,
        "@graph": [assertor, subject, *_assertions(report, assertor["@id"], subject["@id"])],
    }


def _assertions(report: Report, assertor: Any, subject: Any) -> Iterator[dict[str, Any]]:
    base = f"urn:stairgate:run:{report.facts.run}:"
    common = {
        "@type": "earl:Assertion",
        "earl:assertedBy": {"@id": assertor},
        "earl:subject": {"@id": subject},
    }
    when = {"dct:date": report.facts.finished} if report.facts.finished else {}
    for clause in report.clauses:
        for criterion in clause.criteria:
            test = {
                "@id": f"urn:stairgate:edition:{report.facts.edition}:{criterion.id}",
                "@type": "earl:TestRequirement",
                "dct:title": f"{clause.number} {clause.title}",
                "dct:description": criterion.text,
            }
            yield {
                "@id": base + criterion.id,
                **common,
                "earl:mode": {"@id": _MODES[criterion.method]},
                "earl:test": test,
                "earl:result": {
                    "@type": "earl:TestResult",
                    "earl:outcome": {"@id": _of_criterion(clause, criterion)},
                    "earl:info": criterion.because,
                    **when,
                },
            }
            for case in criterion.cases:
                yield {
                    "@id": base + case.id,
                    **common,
                    "earl:mode": {"@id": "earl:automatic"},
                    "earl:test": {
                        "@id": f"urn:stairgate:case:{case.id}",
                        "@type": "earl:TestCase",
                        "dct:isPartOf": {"@id": test["@id"]},
                    },
                    "earl:result": {
                        "@type": "earl:TestResult",
                        "earl:outcome": {"@id": _OF_CASE[case.outcome]},
                        **when,
                    },
                }


def _of_criterion(clause: ClauseReport, criterion: CriterionReport) -> str:
    if is_unexamined(criterion):
        return "earl:untested"
    if clause.verdict is Verdict.NOT_APPLICABLE:
        return "earl:inapplicable"
    return _OF_CRITERION[criterion.verdict]
