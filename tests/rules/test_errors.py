"""A problem as its reader meets it."""

from __future__ import annotations

import pytest

from rules.errors import Problem, StairgateError
from rules.exits import Exit

ONE = Problem(code="bad-host", place="policy.yaml:3", cause="No host.", hint="Write one.")
TWO = Problem(code="bad-path", place="policy.yaml:9", cause="No path.", hint="Write one.", excerpt="a//b")


def test_a_problem_says_what_where_and_what_next() -> None:
    assert str(ONE) == "error[bad-host]  No host.\n  at    policy.yaml:3\n  next  Write one."
    assert str(TWO).splitlines()[2] == "        a//b"


def test_every_line_of_an_excerpt_is_set_in() -> None:
    problem = Problem(
        code="ended", place="mine.yaml", cause="It ended.", hint="Read it.", excerpt="one\ntwo\n"
    )
    assert str(problem).splitlines()[2:4] == ["        one", "        two"]


def test_an_error_tells_all_its_problems_with_an_empty_line_between() -> None:
    error = StairgateError(ONE, TWO)
    assert str(error) == f"{ONE}\n\n{TWO}"
    assert error.problems == (ONE, TWO)
    assert error.exit_code is Exit.DATA


def test_many_problems_are_counted_at_the_end() -> None:
    assert str(StairgateError(*[ONE] * 7)).splitlines()[-2:] == ["", "7 problems"]


def test_an_error_without_a_problem_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="at least one"):
        StairgateError()
