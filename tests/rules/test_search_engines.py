"""The table of search engines is read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rules.errors import StairgateError
from rules.search_engines import Change, Mode, describe, engines, load

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """engines:
  - id: one
    title: One
    hosts: [one.example]
    paths: [/search]
    terms: [q]
    strict: {parameter: {safe: "on"}, dns: safe.one.example}
    always: false
    confidence: H
"""


def read(folder: Path, text: str) -> str:
    file = folder / "engines.yaml"
    file.write_text(text, encoding="utf-8")
    (engine,) = load(file)
    assert engine.modes == {Mode.STRICT: Change(parameters=(("safe", "on"),), dns="safe.one.example")}
    assert engine.dns_hosts == ("one.example",)
    return engine.id


def test_a_correct_table_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, TABLE) == "one"


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("id: one", "id: One!", "engines.yaml:2 bad-id"),
        ("terms: [q]", "terms: q", "engines.yaml:6 wrong-kind"),
        ('{safe: "on"}', "{safe: 1}", "engines.yaml:7 wrong-kind"),
        ('{safe: "on"}', "safe", "engines.yaml:7 wrong-kind"),
        ("always: false", "always: no", "engines.yaml:8 wrong-kind"),
        ("    strict:", "    moderate:", "engines.yaml:7 no-strict"),
        ("    strict:", "    strickt:", "engines.yaml:7 unknown-field"),
        ("confidence: H", "confidence: sure", "engines.yaml:9 unknown-word"),
    ],
)
def test_a_slip_is_found_with_its_line(tmp_path: Path, right: str, wrong: str, place: str) -> None:
    with pytest.raises(StairgateError) as caught:
        read(tmp_path, TABLE.replace(right, wrong, 1))
    assert place in [f"{problem.place} {problem.code}" for problem in caught.value.problems]


def test_an_id_used_twice_is_found(tmp_path: Path) -> None:
    with pytest.raises(StairgateError, match="repeated-id"):
        read(tmp_path, TABLE + TABLE.removeprefix("engines:\n"))


def test_the_reference_page_says_of_every_engine_how_it_is_forced() -> None:
    page = describe()
    assert all(f"| {engine.title} | " in page for engine in engines())
    assert "| Google | parameter `safe=active`, DNS name `forcesafesearch.google.com` | H |" in page
    assert "| Baidu | **can't be forced** |" in page
    assert "| Kiddle | always safe |" in page
