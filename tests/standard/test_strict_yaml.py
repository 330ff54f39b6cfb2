"""YAML without surprises: what a plain word becomes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from standard import strict_yaml
from standard.errors import StairgateError


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("3", 3),
        ("0.95", 0.95),
        ("-2", -2),
        ("", None),
        ("null", None),
        ("on", "on"),
        ("NO", "NO"),
        ("010", "010"),
        ("21:30", "21:30"),
        ("2026-11-21", "2026-11-21"),
        ('"3"', "3"),
        ("'true'", "true"),
    ],
)
def test_a_plain_word_becomes_what_it_looks_like_and_a_quoted_one_stays_text(
    written: str, value: object
) -> None:
    data: Any = strict_yaml.load(f"key: {written}\n", file="x.yaml").data
    assert data == {"key": value}
    assert type(data["key"]) is type(value)


def test_a_second_key_of_the_same_name_is_refused_with_both_lines() -> None:
    with pytest.raises(StairgateError) as caught:
        strict_yaml.load("a: 1\nb: 2\na: 3\n", file="x.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("yaml-duplicate", "x.yaml:3")
    assert "line 1" in problem.cause


def test_a_place_names_the_line_of_a_nested_value_or_of_what_holds_it() -> None:
    document = strict_yaml.load("a:\n  b:\n    - x\n    - y\n", file="x.yaml")
    assert document.place("a", "b", 1) == "x.yaml:4"
    assert document.place("a", "b", 1, "absent") == "x.yaml:4"
