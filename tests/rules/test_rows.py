"""The reader of shipped data finds every slip and names its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rules import strict_yaml
from rules.errors import Problem, StairgateError
from rules.rows import Row, data_files, repeated_ids, settle

if TYPE_CHECKING:
    from pathlib import Path


def row(text: str) -> tuple[Row, list[Problem]]:
    """A row over the whole of a document, and the list its problems go to."""
    problems: list[Problem] = []
    return Row(strict_yaml.load(text, file="x.yaml"), (), problems), problems


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, problem.place) for problem in problems]


def test_a_row_gives_its_fields_and_has_nothing_to_complain_of() -> None:
    top, problems = row("id: a-1\nname: N\nkind: x\nhosts: [a.example]\nsub: {n: m}\nitems: [{id: b}]\n")
    assert (top.id(), top.text("name"), top.word("kind", ["x", "y"])) == ("a-1", "N", "x")
    assert top.hosts("hosts") == ("a.example",)
    sub = top.row_or_none("sub")
    assert sub is not None
    assert sub.text("n") == "m"
    assert [item.id() for item in top.rows("items")] == ["b"]
    assert (top.text_or_none("none"), top.row_or_none("nothing"), top.texts("t", required=False)) == (
        None,
        None,
        (),
    )
    top.close()
    assert problems == []


def test_a_missing_field_is_found() -> None:
    top, problems = row("a: b\n")
    assert (top.text("name"), top.texts("hosts")) == ("", ())
    assert codes(problems) == [("missing-field", "x.yaml:1")] * 2


@pytest.mark.parametrize("value", ["1", "[a]", "''", "true"])
def test_what_is_not_text_is_found_once(value: str) -> None:
    top, problems = row(f"name: {value}\n")
    assert top.text_or_none("name") is None
    assert codes(problems) == [("wrong-kind", "x.yaml:1")]


@pytest.mark.parametrize("value", ["one", "[1]", "['']", "{a: b}"])
def test_what_is_not_a_list_of_text_is_found(value: str) -> None:
    top, problems = row(f"hosts: {value}\n")
    assert top.texts("hosts") == ()
    assert codes(problems) == [("wrong-kind", "x.yaml:1")]


def test_an_unknown_word_is_found_with_those_possible() -> None:
    top, problems = row("kind: z\nkinds: [x, z]\n")
    top.word("kind", ["x", "y"])
    top.words("kinds", ["x", "y"])
    assert codes(problems) == [("unknown-word", "x.yaml:1"), ("unknown-word", "x.yaml:2")]
    assert problems[0].hint.endswith("x, y.")


def test_a_repetition_in_a_list_is_found() -> None:
    top, problems = row("hosts: [a.example, a.example]\n")
    top.hosts("hosts")
    assert codes(problems) == [("repeated", "x.yaml:1")]


@pytest.mark.parametrize(
    "host", ["A.example", "example", "a.example.", "http://a.example", "a b.c", "-a.example"]
)
def test_a_host_in_another_spelling_is_found(host: str) -> None:
    top, problems = row(f"hosts: ['{host}']\n")
    top.hosts("hosts")
    assert codes(problems) == [("bad-host", "x.yaml:1")]


def test_a_bad_id_is_found() -> None:
    top, problems = row("id: No Id\n")
    top.id()
    assert codes(problems) == [("bad-id", "x.yaml:1")]


def test_a_field_nobody_asked_for_is_found() -> None:
    top, problems = row("name: n\nnmae: m\n")
    top.text("name")
    top.close()
    assert codes(problems) == [("unknown-field", "x.yaml:2")]


def test_what_is_not_a_table_is_found_once() -> None:
    top, problems = row("- a\n")
    assert (top.text("name"), top.texts("hosts")) == ("", ())
    top.close()
    assert codes(problems) == [("wrong-kind", "x.yaml:1")]


def test_what_is_not_a_list_of_tables_is_found() -> None:
    top, problems = row("items: x\n")
    assert list(top.rows("items")) == []
    assert codes(problems) == [("wrong-kind", "x.yaml:1")]


def test_problems_are_raised_together_in_the_order_of_lines() -> None:
    found = [Problem(code="c", place=place, cause="c", hint="h") for place in ("b:2", "a:10", "a:9")]
    with pytest.raises(StairgateError) as caught:
        settle(found)
    assert [problem.place for problem in caught.value.problems] == ["a:9", "a:10", "b:2"]


def test_without_problems_nothing_is_raised() -> None:
    settle([])


def test_an_id_used_twice_is_found_with_both_places() -> None:
    (problem,) = repeated_ids([("a", "x:1"), ("b", "x:2"), ("a", "y:3")])
    assert (problem.place, "x:1" in problem.cause) == ("y:3", True)


def test_a_folder_without_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StairgateError, match="no-data"):
        data_files(tmp_path)


def test_data_files_come_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "c.txt"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert [file.name for file in data_files(tmp_path)] == ["a.yaml", "b.yaml"]
