"""Loading the standard: strict, all errors at once, and a hash that sees every change of substance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from standard import catalogue, schema
from standard.criterion import EveryMeasure, RateMeasure
from standard.errors import StairgateError
from standard.exits import Exit
from standard.schema import FileKind
from standard.words import (
    Evidence,
    Level,
    MeasureKind,
    Method,
    Module,
    Obligation,
    Offered,
    Stand,
    Statistic,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    type Mend = Callable[[str, str, str], None]

CLAUSE = "clauses/content/gambling.yaml"


def test_a_sound_standard_loads_with_its_parts_joined(home: Path) -> None:
    known = catalogue.load(home)
    assert list(known.clauses) == ["content.gambling", "content.label"]
    rate = known.criteria["content.gambling/known-sites"].measure
    assert isinstance(rate, RateMeasure)
    assert (rate.draw, rate.misses, rate.is_floor) == (200, 12, True)
    every = known.criteria["content.label/variants"].measure
    assert isinstance(every, EveryMeasure)
    assert every.members == ("meta", "header")
    assert known.owners["content.label/variants"] == "content.label"
    assert known.edition("2026.1").section_of(known.clauses["content.label"]) == "Content"


def test_every_problem_of_every_file_is_reported_at_once(home: Path, mend: Mend) -> None:
    mend(CLAUSE, "obligation: shall", "obligation: must")
    mend(CLAUSE, "draw: 200, ", "")
    mend("clauses/content/label.yaml", "critical: true", "critical: perhaps\nsurplus: 1")
    mend("annexes/populations.yaml", "populations:", "population:")
    with pytest.raises(StairgateError) as caught:
        catalogue.load(home)
    found = {(problem.code, problem.place) for problem in caught.value.problems}
    assert found >= {
        ("unknown-word", "standard/clauses/content/gambling.yaml:4"),
        ("missing-key", "standard/clauses/content/gambling.yaml:18"),
        ("wrong-type", "standard/clauses/content/label.yaml:7"),
        ("unknown-key", "standard/clauses/content/label.yaml:8"),
        ("missing-key", "standard/annexes/populations.yaml:1"),
    }
    assert all(problem.hint for problem in caught.value.problems)


def test_a_misspelt_word_is_answered_with_the_word_meant(home: Path, mend: Mend) -> None:
    mend(CLAUSE, "[forward-proxy, dns-resolver]", "[forward-proxy, dns-resolvr]")
    with pytest.raises(StairgateError) as caught:
        catalogue.load(home)
    assert caught.value.problems[0].hint == "Did you mean 'dns-resolver'?"


@pytest.mark.parametrize("measure", ["{kind: every}", "{kind: every, set: variants, of: [a]}"])
def test_every_names_its_set_in_one_way(home: Path, mend: Mend, measure: str) -> None:
    """Without its members written out somewhere, "every" means nothing."""
    mend("clauses/content/label.yaml", "{kind: every, set: variants}", measure)
    with pytest.raises(StairgateError) as caught:
        catalogue.load(home)
    assert [problem.code for problem in caught.value.problems] == ["one-of"]


def test_an_id_is_used_once(home: Path) -> None:
    twin = home / "clauses" / "content" / "twin.yaml"
    twin.write_text((home / CLAUSE).read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(StairgateError) as caught:
        catalogue.load(home)
    assert [problem.code for problem in caught.value.problems] == ["duplicate-id", "duplicate-id"]


def test_an_empty_folder_is_something_missing_and_not_bad_data(tmp_path: Path) -> None:
    with pytest.raises(StairgateError) as caught:
        catalogue.load(tmp_path)
    assert caught.value.exit_code is Exit.MISSING


def test_an_unknown_edition_is_answered_with_those_there_are(home: Path) -> None:
    with pytest.raises(StairgateError, match=r"2026\.1"):
        catalogue.load(home).edition("1999.1")


@pytest.mark.parametrize(
    ("name", "old", "new", "changes"),
    [
        (CLAUSE, "title: Gambling", "# a comment\ntitle: Gambling", False),
        (CLAUSE, "misses: 12", "misses: 13", True),
        ("annexes/sets/variants.yaml", "In the page", "In the body", True),
        ("annexes/populations.yaml", "take stakes", "take bets", True),
        ("editions/2026.1.yaml", "[content.gambling, content.label]", "[content.gambling]", True),
    ],
)
def test_the_edition_hash_sees_substance_and_not_layout(
    home: Path, mend: Mend, name: str, old: str, new: str, *, changes: bool
) -> None:
    before = catalogue.load(home).edition("2026.1").sha256
    mend(name, old, new)
    assert (catalogue.load(home).edition("2026.1").sha256 != before) is changes


def test_numbers_sort_as_people_count() -> None:
    numbers = ["S.1", "4.10.1", "4.2.1", "19.1", "4.2"]
    assert sorted(numbers, key=catalogue.number_key) == ["4.2", "4.2.1", "4.10.1", "19.1", "S.1"]


def test_the_clause_schema_knows_exactly_the_words_of_the_standard() -> None:
    """A word added in one place only would be refused, or never reach the grader."""
    clause = json.loads(schema.text(FileKind.CLAUSE))
    properties, defs = clause["properties"], clause["$defs"]
    assert properties["obligation"]["enum"] == list(Obligation)
    assert properties["module"]["enum"] == list(Module)
    when = properties["applies_when"]["properties"]
    assert when["stands"]["items"]["enum"] == list(Stand)
    assert when["offered"]["enum"] == list(Offered)
    criterion = defs["criterion"]["properties"]
    assert criterion["method"]["enum"] == list(Method)
    assert criterion["level"]["enum"] == list(Level)
    assert criterion["evidence"]["enum"] == list(Evidence)
    assert defs["measure"]["properties"]["kind"]["enum"] == list(MeasureKind)
    assert defs["time_at_most"]["properties"]["statistic"]["enum"] == list(Statistic)


@pytest.mark.parametrize("kind", list(FileKind))
def test_every_schema_is_itself_valid_and_named(kind: FileKind) -> None:
    """Compiling checks it against the meta-schema of JSON Schema 2020-12."""
    assert schema.validator(kind) is not None
    assert json.loads(schema.text(kind))["$id"] == f"urn:stairgate:schema:{kind}:1"


CATEGORIES = (
    "categories:\n  - {id: gambling, title: Gambling, clause: content.gambling, in: [Bets], out: [News], "
    "doubtful: [{case: A raffle, decided: out}]}\n"
)


def test_an_annex_that_only_readers_need_is_held_to_its_schema(home: Path) -> None:
    (home / "annexes" / "categories.yaml").write_text(CATEGORIES.replace("out:", "not:"), encoding="utf-8")
    with pytest.raises(StairgateError) as refused:
        catalogue.load(home)
    assert {problem.code for problem in refused.value.problems} == {"missing-key", "unknown-key"}


def test_what_belongs_to_a_category_is_part_of_the_edition(home: Path) -> None:
    before = catalogue.load(home).edition("2026.1").sha256
    (home / "annexes" / "categories.yaml").write_text(CATEGORIES, encoding="utf-8")
    assert catalogue.load(home).edition("2026.1").sha256 != before
