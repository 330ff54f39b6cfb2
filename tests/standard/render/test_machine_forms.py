"""JSON, JUnit and EARL: what a machine reads is what the report says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema

from standard.render import data, earl, junit

if TYPE_CHECKING:
    from standard.report import Report

SCHEMA = Path(data.__file__).parents[1] / "schemas" / "report.schema.json"


def test_the_json_fits_the_published_schema(report: Report) -> None:
    jsonschema.validate(json.loads(data.render(report)), json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_json_holds_every_verdict(report: Report) -> None:
    found = {clause["id"]: clause["verdict"] for clause in json.loads(data.render(report))["clauses"]}

    assert found == {clause.id: clause.verdict.value for clause in report.clauses}


def test_junit_counts_add_up(report: Report) -> None:
    root = ET.fromstring(junit.render(report).encode())  # noqa: S314 - our own text
    kinds = Counter(child.tag for case in root.iter("testcase") for child in case)

    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        str(len(list(root.iter("testcase")))),
        str(kinds["failure"]),
        str(kinds["error"]),
        str(kinds["skipped"]),
    )


def test_junit_never_paints_missing_evidence_green(report: Report) -> None:
    root = ET.fromstring(junit.render(report).encode())  # noqa: S314 - our own text
    green = {
        case.get("classname") for case in root.iter("testcase") if {c.tag for c in case} <= {"system-out"}
    }

    assert green == {"open.ordinary"}


def outcomes(report: Report) -> dict[str, str]:
    graph: list[dict[str, Any]] = json.loads(earl.render(report))["@graph"]
    return {
        part["earl:test"]["@id"].rpartition(":")[2]: part["earl:result"]["earl:outcome"]["@id"]
        for part in graph
        if part["@type"] == "earl:Assertion"
    }


def test_earl_has_an_outcome_for_every_criterion_and_case(report: Report) -> None:
    assert outcomes(report) == {
        "content.adult/known-sites": "earl:failed",
        "content.adult/known-sites/drawn": "earl:failed",
        "content.gambling/whole-site": "earl:failed",
        "content.gambling/whole-site/deep-subdomain": "earl:failed",
        "open.ordinary/ordinary-sites": "earl:passed",
        "settings.recovery/walk-through": "earl:untested",
        "speed.delay/added": "earl:cantTell",
    }


def test_earl_names_no_prefix_it_does_not_explain(report: Report) -> None:
    text = earl.render(report)
    graph = json.dumps(json.loads(text)["@graph"])

    assert all(
        prefix in json.loads(text)["@context"] for prefix in ("earl", "dct", "doap") if f"{prefix}:" in graph
    )
