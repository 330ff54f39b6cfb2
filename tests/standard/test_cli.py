"""The verbs `stairgate standard …` through the front door: output, exit codes, help."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import stairgate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_list_prints_one_json_object_a_clause(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stairgate.main(["standard", "list", "--json", "--standard", str(home)]) == 0
    clauses = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [clause["id"] for clause in clauses] == ["content.gambling", "content.label"]
    assert clauses[0]["criteria"][0]["asked"].startswith("at least 90 %, 200 drawn, at most 12 misses")


@pytest.mark.parametrize(
    ("pattern", "count"), [("content", 2), ("4.1", 1), ("*.label", 1), ("4.4.4", 1), ("4", 2)]
)
def test_list_takes_an_id_a_number_or_a_pattern(
    home: Path, capsys: pytest.CaptureFixture[str], pattern: str, count: int
) -> None:
    assert stairgate.main(["standard", "list", pattern, "--json", "--standard", str(home)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == count


@pytest.mark.parametrize("verb", ["list", "show"])
def test_nothing_selected_is_wrong_usage(home: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert stairgate.main(["standard", verb, "content.gamblin", "--standard", str(home)]) == 64
    assert "Did you mean content.gambling?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["content.label", "4.4.4", "content.label/told"])
def test_show_takes_an_id_a_number_or_a_criterion(
    home: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert stairgate.main(["standard", "show", name, "--standard", str(home)]) == 0
    page = capsys.readouterr().out
    assert "4.4.4  Labels are read" in page
    assert "every one of 2" in page


def test_lint_ends_with_one_where_there_is_a_finding(
    home: Path, mend: Callable[[str, str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["standard", "lint", "--standard", str(home)]
    assert stairgate.main(arguments) == 0
    mend("clauses/content/gambling.yaml", "misses: 12", "misses: 20")
    assert stairgate.main(arguments) == 1
    assert "error[misses-arithmetic]" in capsys.readouterr().err
    assert stairgate.main([*arguments, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["place"] == "standard/clauses/content/gambling.yaml:13"


def test_lint_reads_the_cases_it_is_given(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "a.yaml").write_text("id: a\ncriterion: content.nothing/here\n", encoding="utf-8")
    assert stairgate.main(["standard", "lint", "--standard", str(home), "--cases", str(cases)]) == 1
    said = capsys.readouterr().err
    assert "unknown-criterion" in said
    assert said.count("criterion-without-case") == 2
    assert stairgate.main(["standard", "lint", "--standard", str(home), "--cases", str(cases / "b")]) == 69


def test_bad_data_is_told_from_a_finding(home: Path, mend: Callable[[str, str, str], None]) -> None:
    mend("clauses/content/gambling.yaml", "obligation: shall", "obligation: must")
    assert stairgate.main(["standard", "list", "--standard", str(home)]) == 65


@pytest.mark.parametrize("verb", ["list", "show", "lint", "reach"])
def test_every_verb_shows_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert stairgate.main(["standard", verb, "--help"]) == 0
    assert f"Example:  stairgate standard {verb}" in capsys.readouterr().out
