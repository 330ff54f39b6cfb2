"""The statement printed in docs/capability-statement.md is a real one, and comes to what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import stairgate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "capability-statement.md"


@pytest.fixture
def statement(tmp_path: Path) -> Path:
    """The page's example as a file."""
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    path = tmp_path / "statement.yaml"
    path.write_text(found.group(1), encoding="utf-8")
    return path


def test_the_command_of_the_page_shows_what_is_left(
    statement: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1: the lists are never updated, and the standard asks that of everyone."""
    assert stairgate.main(["standard", "reach", str(statement), "--json"]) == 1
    reaches = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_id = {one["id"]: one for one in reaches}
    assert by_id["content.gambling"]["reach"] == "examined"
    assert by_id["content.adults-only-label"]["because"] == "The clause does not name the stand dns-resolver."
    assert by_id["upkeep.fresh-lists"]["reach"] == "not_satisfied"
    assert not any(one["id"].startswith("social-networking.") for one in reaches)


def test_another_stand_reaches_other_clauses(statement: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stairgate.main(["standard", "reach", str(statement), "--stand", "gateway"]) == 1
    said = capsys.readouterr().out
    assert "configuration.time-rules  not applicable" in said
    assert "gateway: " in said.splitlines()[-1]


def test_a_statement_that_is_none_is_bad_data(tmp_path: Path) -> None:
    path = tmp_path / "statement.yaml"
    path.write_text("format: 1\n", encoding="utf-8")
    assert stairgate.main(["standard", "reach", str(path)]) == 65
