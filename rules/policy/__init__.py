"""The household's policy: who lives here and what each may see. Reads and compiles `policy.yaml`.

Every complaint has file and line, a cause and a hint, and all come at once. Knows no packs and no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from rules import strict_yaml
from rules.errors import Problem, StairgateError
from rules.presets import Action, Profile

from .compiling import compile_policy
from .crosschecks import find_contradictions
from .people import JournalLevel, Person, Policy
from .problems import in_order, read_problems
from .shape import PolicyShape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rules.strict_yaml import Document

__all__ = ["Action", "JournalLevel", "Person", "Policy", "Profile", "check", "default_text", "load", "parse"]


def load(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        StairgateError: with every problem found in it.
    """
    return parse(strict_yaml.read_text(path, path.name), path.name)


def parse(text: str, file: str = "policy.yaml") -> Policy:
    """Read a policy from text; `file` is its name in complaints and explanations.

    Raises:
        StairgateError: with every problem found in it.
    """
    return _read(*strict_yaml.survey(text, file=file))


def check(path: Path) -> list[Problem]:
    """Every problem of a policy file; empty where it is good."""
    try:
        load(path)
    except StairgateError as error:
        return list(error.problems)
    return []


def default_text(country: str, zone: str = "UTC") -> str:
    """The first policy: one person, `everyone`, on profile `tween`.

    Args:
        country: two letters; whose help services the block page shows.
        zone: the household's time zone, as in Europe/London.
    """
    return (
        "# Who may see what. Change it with any editor; `stairgate policy check` says what is wrong.\n"
        "# How to write it: docs/write-a-policy.md\n"
        f"country: {country}\n"
        f"zone: {zone}\n"
        "\n"
        "people:\n"
        "  everyone:             # who is meant where nobody is named\n"
        "    profile: tween      # early to 6, child 7-9, tween 10-12, teen 13-15, young-adult 16-17, adult\n"
        "\n"
        "# Always, for everyone; a name covers all below it.\n"
        "allow: []\n"
        "block: []\n"
    )


def _read(document: Document, spelling: Sequence[Problem]) -> Policy:
    problems = [*spelling, *find_contradictions(document)]
    try:
        shape = PolicyShape.model_validate(document.data)
    except ValidationError as error:
        problems += read_problems(error, document, PolicyShape)
        raise StairgateError(*in_order(problems)) from error
    if problems:
        raise StairgateError(*in_order(problems))
    return compile_policy(shape, document)
