"""Reports and editions as plain JSON data: every field of the value, under its own name."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from standard.criterion import phrase

if TYPE_CHECKING:
    from standard.catalogue import Catalogue
    from standard.clause import Clause, Edition
    from standard.report import Report

FORMAT = 1
"""Goes up when a field changes its meaning or goes away; never when one is added."""


def as_data(report: Report) -> dict[str, Any]:
    """The report as dicts, lists, text, numbers, true/false and null; see `schemas/report.schema.json`."""
    return {"record": "report", "format": FORMAT, **asdict(report)}


def render(report: Report) -> str:
    """The same as JSON text, indented, ending in a newline."""
    return write(as_data(report))


def edition_as_data(known: Catalogue, edition: Edition) -> dict[str, Any]:
    """An edition with all it selects and its matter; see `schemas/exported-edition.schema.json`."""
    head = asdict(edition)
    del head["place"]
    return {
        "record": "edition",
        "format": FORMAT,
        **head,
        "clauses": [clause_as_data(clause) for clause in known.selected(edition)],
        "sets": [_bare(asdict(one)) for one in known.sets.values()],
        "populations": [_bare(asdict(one)) for one in known.populations.values()],
        "capabilities": [_bare(asdict(one)) for one in known.capabilities.values()],
        "matter": {kind.value: data for kind, data in known.matter.items()},
    }


def clause_as_data(clause: Clause) -> dict[str, Any]:
    """A clause, each criterion with its measure in words as well (`asked`)."""
    data = _bare(asdict(clause))
    for criterion, plain in zip(clause.criteria, data["criteria"], strict=True):
        del plain["place"]
        plain["asked"] = phrase(criterion.measure)
    return data


def _bare(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "place"}


def write(data: dict[str, Any]) -> str:
    """JSON as text: indented by two, Unicode kept, keys in the order given, a newline at the end."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
