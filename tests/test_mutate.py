"""The tool that breaks modules breaks them."""

from __future__ import annotations

import ast

import pytest

from tests.mutate import mutants


@pytest.mark.parametrize(
    ("source", "broken"),
    [
        ("x = a < b", ["x = a <= b"]),
        ("x = a and b", ["x = a or b"]),
        ("x = 1", ["x = 2"]),
        ("x = True", ["x = False"]),
        ("x = not a", ["x = not not a"]),
        ("x = min(a)", ["x = max(a)"]),
        ("x = [a for a in b if a]", ["x = [a for a in b if not a]"]),
        ("if a:\n    b()", ["if not a:\n    b()"]),
        ("def f():\n    return a", ["def f():\n    return None"]),
        ("def f(a: b | c) -> d | e:\n    pass", []),
        ("@f(a=True)\nclass C:\n    pass", []),
        ("if TYPE_CHECKING:\n    import a", []),
        ("x = 'text'", []),
    ],
)
def test_each_change_is_made_once_and_what_does_nothing_is_left_alone(source: str, broken: list[str]) -> None:
    made = [ast.unparse(ast.fix_missing_locations(tree)) for _, _, tree in mutants(ast.parse(source))]
    assert made == broken
