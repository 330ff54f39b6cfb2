"""The page `docs/write-a-clause.md` keeps its word: its example is a sound clause."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import stairgate
from standard import catalogue, lint, words

PAGE = Path(stairgate.__file__).parent / "docs" / "write-a-clause.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n# standard/(\S+)\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The shipped standard with the page's example added as the page says."""
    folder = tmp_path / "standard"
    for part in ("clauses", "annexes", "editions", "matter"):
        shutil.copytree(catalogue.HOME / part, folder / part)
    for name, text in EXAMPLES:
        (folder / name).write_text(text, encoding="utf-8")
    edition = folder / "editions" / "2026.1.yaml"
    added = edition.read_text(encoding="utf-8") + "  - everyday-use.printing\n"
    edition.write_text(added, encoding="utf-8")
    return folder


def test_the_example_is_a_sound_clause(home: Path) -> None:
    known = catalogue.load(home)
    assert "everyday-use.printing" in known.clauses
    assert lint.check(known) == []


def test_the_example_without_its_place_in_the_edition_is_found(home: Path) -> None:
    edition = home / "editions" / "2026.1.yaml"
    text = edition.read_text(encoding="utf-8").replace("  - everyday-use.printing\n", "")
    edition.write_text(text, encoding="utf-8")
    assert [problem.code for problem in lint.check(catalogue.load(home))] == ["clause-without-edition"]


def test_the_table_of_measures_is_complete() -> None:
    assert set(re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| `", TEXT, re.MULTILINE)) == {
        kind.value for kind in words.MeasureKind
    }
