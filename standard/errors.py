"""Errors with a place, a cause and a next step. One twin in each house; a test keeps them equal."""

from __future__ import annotations

from dataclasses import dataclass

from .exits import Exit


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, in the reader's words.

    Attributes:
        code: a permanent word for it, lower case with hyphens: `unknown-category`.
        place: where: `policy.yaml:12`, `--listen`, `port 8080`.
        cause: one sentence: what is wrong there.
        hint: one sentence: what to do next.
        excerpt: the text that failed, where there is one.
    """

    code: str
    place: str
    cause: str
    hint: str
    excerpt: str = ""

    def __str__(self) -> str:
        """Code and cause, place, the excerpt indented, next step."""
        lines = [f"error[{self.code}]  {self.cause}", f"  at    {self.place}"]
        if self.excerpt:
            lines.extend(f"        {line}".rstrip() for line in self.excerpt.rstrip().splitlines())
        lines.append(f"  next  {self.hint}")
        return "\n".join(lines)


_COUNTED = 6


class StairgateError(Exception):
    """One or more problems, all reported at once, with the exit code they lead to."""

    def __init__(self, *problems: Problem, exit_code: Exit = Exit.DATA) -> None:
        if not problems:
            msg = "a StairgateError needs at least one problem"
            raise ValueError(msg)
        super().__init__(*problems)
        self.problems = problems
        self.exit_code = exit_code

    def __str__(self) -> str:
        """Every problem, with an empty line between; their number where they fill more than a screen."""
        told = [str(problem) for problem in self.problems]
        if len(told) > _COUNTED:
            told.append(f"{len(told)} problems")
        return "\n\n".join(told)
