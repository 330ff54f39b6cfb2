"""Reports side by side: several products, or one over time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from standard.errors import StairgateError
from standard.exits import Exit
from standard.render import comparison, data
from standard.render.comparison import Kind, Mark
from standard.render.comparison_forms import as_page, as_text
from standard.words import Verdict

if TYPE_CHECKING:
    from standard.report import Report


@pytest.fixture
def other(report: Report) -> Report:
    """Another product: satisfies 4.1.7, and lacks the last clause."""
    gambling = report.clauses[1]
    clauses = (report.clauses[0], replace(gambling, verdict=Verdict.SATISFIED), *report.clauses[2:-1])
    product = replace(report.facts.product, id="other", name="Other <Filter>")
    return replace(report, facts=replace(report.facts, product=product), clauses=clauses)


@pytest.fixture
def later(report: Report) -> Report:
    """The same product a month later, with 4.1.7 mended."""
    clauses = (report.clauses[0], replace(report.clauses[1], verdict=Verdict.SATISFIED), *report.clauses[2:])
    facts = replace(report.facts, started="2026-12-21T16:00:00Z", finished="2026-12-21T16:30:00Z")
    return replace(report, facts=facts, clauses=clauses)


def test_the_json_fits_the_published_schema(report: Report, later: Report) -> None:
    published = (Path(data.__file__).parents[1] / "schemas" / "comparison.schema.json").read_text("utf-8")
    made = comparison.as_data(comparison.compare([report, later]))

    jsonschema.validate(json.loads(data.write(made)), json.loads(published))


def test_products_stand_in_the_order_given(report: Report, other: Report) -> None:
    made = comparison.compare([other, report])

    assert made.kind is Kind.PRODUCTS
    assert [column.product for column in made.columns] == ["Other <Filter>", "Sample Filter"]


def test_runs_of_one_product_stand_in_the_order_of_time(report: Report, later: Report) -> None:
    made = comparison.compare([later, report])

    assert made.kind is Kind.TIME
    assert [column.day for column in made.columns] == ["21 November 2026", "21 December 2026"]


def test_what_became_better_over_time_is_said(report: Report, later: Report) -> None:
    made = comparison.compare([report, later])
    changes = {row.clause: [cell.change for cell in row.cells] for row in made.rows if row.differs}

    assert changes == {"content.gambling": ["", "better"]}


def test_what_became_worse_over_time_is_said(report: Report, later: Report) -> None:
    earlier = replace(later, facts=replace(later.facts, started="2026-10-01T00:00:00Z"))
    made = comparison.compare([report, earlier])

    assert {cell.change for row in made.rows for cell in row.cells} == {"", "worse"}


def test_a_clause_one_report_does_not_have_is_absent_and_no_verdict(report: Report, other: Report) -> None:
    made = comparison.compare([report, other])
    (row,) = [row for row in made.rows if row.clause == "settings.remote"]

    assert [cell.mark for cell in row.cells] == [Mark.NOT_APPLICABLE, Mark.ABSENT]


def test_what_nobody_examined_is_its_own_mark(report: Report, other: Report) -> None:
    made = comparison.compare([report, other])
    (row,) = [row for row in made.rows if row.clause == "settings.recovery"]

    assert {cell.mark for cell in row.cells} == {Mark.NOT_EXAMINED}


def test_what_makes_a_comparison_lame_is_said(report: Report, other: Report) -> None:
    facts = replace(other.facts, edition="2027.1", selection=("--only", "content"))
    made = comparison.compare([report, replace(other, facts=facts, is_complete=False)])

    assert [note.partition(" ")[0] for note in made.notes] == ["The", "The", "The"]
    assert "editions: 2026.1, 2027.1" in made.notes[0]


def test_one_report_is_not_a_comparison(report: Report) -> None:
    with pytest.raises(StairgateError) as caught:
        comparison.compare([report])

    assert caught.value.exit_code == Exit.USAGE


def test_the_text_marks_what_differs(report: Report, other: Report) -> None:
    text = as_text(comparison.compare([report, other]))
    (line,) = [line for line in text.splitlines() if "Gambling is blocked" in line]

    assert line.startswith("* 4.1.7")
    assert line.endswith("✘   ✔")


def test_only_what_differs_can_be_asked_for(report: Report, other: Report) -> None:
    text = as_text(comparison.compare([report, other]), only_different=True)

    assert "Gambling is blocked" in text
    assert "Ordinary sites stay open" not in text


def test_the_page_escapes_a_products_name(report: Report, other: Report) -> None:
    page = as_page(comparison.compare([report, other]))

    assert "Other <Filter>" not in page
    assert "Other &lt;Filter&gt;" in page


def test_the_data_can_be_written_as_json(report: Report, other: Report) -> None:
    made = json.loads(data.write(comparison.as_data(comparison.compare([report, other]))))

    assert made["record"] == "comparison"
    assert len(made["rows"]) == len(report.clauses)
