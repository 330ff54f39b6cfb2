"""The categories of the home and the names other lists use for them.

Holds what a category *is*. What a profile does with it stands in `rules.presets`; no policy is known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from .strict_yaml import load_file

if TYPE_CHECKING:
    from collections.abc import Mapping

UNCATEGORISED = "uncategorised"
"""The category of an address no list speaks of."""

ILLEGAL = "child_abuse"
"""The one category no rule, override or profile opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One category.

    Attributes:
        id: its permanent name in policies, packs and JSON.
        title: what a person reads.
        meaning: one line: what belongs in it.
        out: one line: what looks like it and does not belong.
        doubtful: one line: where people differ, and how we decide.
        group: an id of `GROUPS`.
        speaks: the reason a block is given under: `illegal`, `security`, `bypass`, `category` or `unknown`.
        order: its place in the published table, from 0; breaks ties, so that answers never depend on chance.
    """

    id: str
    title: str
    meaning: str
    out: str
    doubtful: str
    group: str
    speaks: str
    order: int


_FOLDER = Path(__file__).parent


def _read() -> tuple[Mapping[str, Category], Mapping[str, str]]:
    data = load_file(_FOLDER / "taxonomy.yaml", name="taxonomy.yaml").data
    categories = {
        name: Category(
            id=name,
            title=row["title"],
            meaning=row["meaning"],
            out=row["out"],
            doubtful=row["doubtful"],
            group=row["group"],
            speaks=row.get("speaks", "category"),
            order=order,
        )
        for order, (name, row) in enumerate(data["categories"].items())
    }
    return MappingProxyType(categories), MappingProxyType(data["groups"])


CATEGORIES, GROUPS = _read()
"""All 40 categories and `uncategorised`, in the order of the published table; group ids and their titles."""

_NAMES: Mapping[str, Mapping[str, str]] = load_file(
    _FOLDER / "taxonomy_names.yaml", name="taxonomy_names.yaml"
).data

SOURCES: tuple[str, ...] = tuple(_NAMES)
"""The list makers whose names are known: `ut1`, `stevenblack`, `hagezi`, …"""


def category_for(source: str, name: str) -> str | None:
    """Our category for a list maker's name of one.

    Args:
        source: the list maker, one of `SOURCES`; anything else (a household's own name for a list) asks all
            of them in turn.
        name: the maker's name; case and the choice of `_`, `-`, space or `/` do not matter.

    Returns:
        A category id, or None where the name is unknown: the caller reports it.
    """
    own = _fold(name, "_")
    if own in CATEGORIES:
        return own
    folded = _fold(name, "-")
    chosen = _NAMES.get(_fold(source, "-"))
    tables = _NAMES.values() if chosen is None else (chosen,)
    for table in tables:
        if folded in table:
            return table[folded]
    return None


def names_of(category: str) -> dict[str, list[str]]:
    """What each list maker calls a category, by maker; makers without a name for it are left out."""
    found = {
        source: [name for name, ours in table.items() if ours == category] for source, table in _NAMES.items()
    }
    return {source: names for source, names in found.items() if names}


def _fold(name: str, joint: str) -> str:
    folded = name.strip().casefold()
    for other in "_- /":
        folded = folded.replace(other, joint)
    return folded
