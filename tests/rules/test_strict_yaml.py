"""YAML without surprises: what is a number, what stays text, and where each value stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rules import strict_yaml
from rules.errors import StairgateError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sentence here holds with the compiled parser and with the one in plain Python."""
    if request.param == "python":
        monkeypatch.setattr(strict_yaml, "_LOADER", yaml.SafeLoader)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("2.50", 2.5),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("NO", "NO"),
        ("08:30", "08:30"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1e3", "1e3"),
        ("2026-11-21", "2026-11-21"),
        ("'1'", "1"),
        ('"null"', "null"),
        ("9" * 40, "9" * 40),
    ],
)
def test_a_scalar_is_what_it_looks_like_and_nothing_else(text: str, value: object) -> None:
    read = strict_yaml.load(f"key: {text}\n", file="x.yaml").data["key"]
    assert (type(read), read) == (type(value), value)


def test_every_value_has_its_line() -> None:
    document = strict_yaml.load("a: 1\nb:\n  - x\n  - c: 2\n", file="x.yaml")
    assert document.data == {"a": 1, "b": ["x", {"c": 2}]}
    assert [document.place("a"), document.place("b", 1, "c")] == ["x.yaml:1", "x.yaml:4"]


def test_an_unknown_place_is_that_of_the_nearest_enclosing_value() -> None:
    assert strict_yaml.load("a:\n  b: 1\n", file="x.yaml").place("a", "c") == "x.yaml:1"


def test_an_empty_file_holds_nothing() -> None:
    assert strict_yaml.load("", file="x.yaml").data is None


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: 1\na: 2\n", "yaml-duplicate", 2),
        ("a: &x 1\nb: *x\n", "yaml-alias", 1),
        ("a: !!binary aGk=\n", "yaml-tag", 1),
        ("[1, 2]: x\n", "yaml-key", 1),
        ("a: [1\n", "yaml-syntax", 2),
        ("a: " + "[" * 45 + "]" * 45 + "\n", "yaml-too-deep", 1),
    ],
)
def test_what_surprises_is_refused_with_its_line(text: str, code: str, line: int) -> None:
    with pytest.raises(StairgateError) as caught:
        strict_yaml.load(text, file="x.yaml")
    assert [(problem.code, problem.place) for problem in caught.value.problems][:1] == [
        (code, f"x.yaml:{line}")
    ]


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(StairgateError) as caught:
        strict_yaml.load("a: !!binary x\na: 1\nb: 1\nb: 2\n", file="x.yaml")
    assert [problem.code for problem in caught.value.problems] == [
        "yaml-tag",
        "yaml-duplicate",
        "yaml-duplicate",
    ]


def test_a_huge_file_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(StairgateError, match="yaml-too-large"):
        strict_yaml.load(" " * (4 * 1024 * 1024 + 1), file="x.yaml")


@pytest.mark.parametrize("text", ["[" * 300_000 + "]" * 300_000, "- " * 300_000, "{a: " * 100_000])
def test_nesting_that_would_overflow_the_stack_is_an_error_like_any_other(text: str) -> None:
    with pytest.raises(StairgateError, match="yaml-too-deep"):
        strict_yaml.load(text, file="x.yaml")


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes("﻿a: ä\n".encode())
    assert strict_yaml.load_file(file).data == {"a": "ä"}


@pytest.mark.parametrize(("content", "code"), [(None, "unreadable-file 69"), (b"a: \xff\n", "not-utf-8 65")])
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, content: Any, code: str) -> None:
    file = tmp_path / "x.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StairgateError) as caught:
        strict_yaml.load_file(file, name="shown.yaml")
    (problem,) = caught.value.problems
    assert (f"{problem.code} {caught.value.exit_code:d}", problem.place) == (code, "shown.yaml")
