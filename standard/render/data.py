"""The report as plain JSON data: every field of the report value, under its own name."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from standard.report import Report

FORMAT = 1
"""Goes up when a field changes its meaning or goes away; never when one is added."""


def as_data(report: Report) -> dict[str, Any]:
    """The report as dicts, lists, text, numbers, true/false and null; see `schemas/report.schema.json`."""
    return {"record": "report", "format": FORMAT, **asdict(report)}


def render(report: Report) -> str:
    """The same as JSON text, indented, ending in a newline."""
    return write(as_data(report))


def write(data: dict[str, Any]) -> str:
    """JSON as text: indented by two, Unicode kept, keys in the order given, a newline at the end."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
