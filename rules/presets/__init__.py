"""The six age profiles as data: what each does with each category before a household changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from rules.strict_yaml import load_file

if TYPE_CHECKING:
    from collections.abc import Mapping


class Profile(StrEnum):
    """An age profile, strictest first."""

    EARLY = "early"
    """To 6 years: an allow-list."""
    CHILD = "child"
    """7 to 9 years."""
    TWEEN = "tween"
    """10 to 12 years."""
    TEEN = "teen"
    """13 to 15 years."""
    YOUNG_ADULT = "young-adult"
    """16 and 17 years."""
    ADULT = "adult"
    """18 years and over."""


class Action(StrEnum):
    """What is done with a request."""

    ALLOW = "allow"
    """Served."""
    WARN = "warn"
    """Not served until the person clicks on; what is not a page load is not served at all."""
    ASK = "ask"
    """Not served; the person may ask for it."""
    BLOCK = "block"
    """Not served."""


STRICTNESS: Mapping[Action, int] = MappingProxyType({action: rank for rank, action in enumerate(Action)})
"""How strict an action is, from 0 (`allow`) to 3 (`block`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What one profile does.

    Attributes:
        profile: whose preset it is.
        actions: the action for every category of the taxonomy.
        budgeted: categories served only while a budget lasts, where one is set.
        never_by_request: categories that a child's request never opens.
        allow_list: only `education_reference` and what the parents add is served (`early`).
        unparsable: the action for an address that can't be read.
    """

    profile: Profile
    actions: Mapping[str, Action]
    budgeted: frozenset[str]
    never_by_request: frozenset[str]
    allow_list: bool
    unparsable: Action


_LETTERS = {"B": Action.BLOCK, "R": Action.ASK, "W": Action.WARN, "Q": Action.ALLOW, "A": Action.ALLOW}


def _read() -> Mapping[Profile, Preset]:
    data = load_file(Path(__file__).parent / "presets.yaml", name="presets.yaml").data
    presets: dict[Profile, Preset] = {}
    for column, name in enumerate(data["columns"]):
        cells: dict[str, str] = {category: row[column] for category, row in data["categories"].items()}
        profile = Profile(name)
        presets[profile] = Preset(
            profile=profile,
            actions=MappingProxyType({category: _LETTERS[cell[0]] for category, cell in cells.items()}),
            budgeted=frozenset(category for category, cell in cells.items() if cell[0] == "Q"),
            never_by_request=frozenset(category for category, cell in cells.items() if cell.endswith("!")),
            allow_list=False,
            unparsable=_LETTERS[data["unparsable"][column]],
        )
    child = presets[Profile.CHILD]
    early = Preset(
        profile=Profile.EARLY,
        actions=child.actions,
        budgeted=child.budgeted,
        never_by_request=child.never_by_request,
        allow_list=True,
        unparsable=child.unparsable,
    )
    return MappingProxyType({Profile.EARLY: early, **presets})


PRESETS: Mapping[Profile, Preset] = _read()
"""The preset of every profile, strictest first."""
