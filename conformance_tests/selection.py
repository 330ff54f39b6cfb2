"""What of a suite is carried out: which cases, and at which stand. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance_tests.adapter import Adapter
    from conformance_tests.case import Case


def choose_stand(adapter: Adapter, wanted: str) -> Stand:
    """The stand asked for, or the first the adapter names.

    Raises:
        StairgateError: with exit code 64, where the product does not stand there.
    """
    if not wanted:
        return next(iter(adapter.stands))
    if wanted in set(adapter.stands):
        return Stand(wanted)
    problem = Problem(
        code="wrong-stand",
        place=f"--stand {wanted}",
        cause=f"{adapter.name} does not stand there.",
        hint=f"It stands as: {', '.join(adapter.stands)}.",
    )
    raise StairgateError(problem, exit_code=Exit.USAGE)


def select(cases: Sequence[Case], *patterns: str, drawn: Sequence[str] = ()) -> list[Case]:
    """The cases whose id fits one of the shell patterns, or begins with it.

    Args:
        cases: of the suite.
        patterns: as they were given.
        drawn: criteria that are drawn in this run; a pattern may fit one of them instead.

    Raises:
        StairgateError: with exit code 64, where nothing fits one: nothing selected is no success.
    """
    chosen = [case for case in cases if any(fits(case.id, pattern) for pattern in patterns)]
    known = [*(case.id for case in cases), *drawn]
    problems = [
        Problem(
            code="nothing-selected",
            place=f"--only {pattern}",
            cause="No case fits this pattern.",
            hint="`stairgate conform coverage` lists all cases.",
        )
        for pattern in patterns
        if not any(fits(one, pattern) for one in known)
    ]
    if problems:
        raise StairgateError(*problems, exit_code=Exit.USAGE)
    return chosen


def fits(name: str, pattern: str) -> bool:
    """Whether an id fits a shell pattern, or begins with it."""
    return fnmatchcase(name, pattern) or name.startswith(pattern.rstrip("*"))
