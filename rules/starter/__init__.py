"""The starter pack: our own short lists of well-known names, shipped so that the first run protects offline.

One file a category, plain names, each covering itself and all below. Knows nothing of packs or policies:
it says which files there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rules import strict_yaml

if TYPE_CHECKING:
    from rules.pack import Source

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterList:
    """One category's names.

    Attributes:
        name: the list name all of them share: what an explanation shows.
        category: id of the category (taxonomy.yaml).
        path: the file, in the `domains` format.
    """

    name: str
    category: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Where the starter pack comes from, for `lists show` and the console.

    Attributes:
        name: the list name.
        title: its title for people.
        licence: SPDX expression.
        compiled_by: who chose the names, and from what.
        date: day of the last change, ISO 8601.
        meaning: what it is for and what it is not.
    """

    name: str
    title: str
    licence: str
    compiled_by: str
    date: str
    meaning: str


def index() -> Index:
    """The pack's own description, from `index.yaml`."""
    data = dict(strict_yaml.load_file(FOLDER / "index.yaml").data)
    return Index(name=data.pop("list"), **data)


def lists() -> tuple[StarterList, ...]:
    """Every list of the pack, in order of category id."""
    name = index().name
    return tuple(
        StarterList(name=name, category=file.stem, path=file) for file in sorted(FOLDER.glob("*.txt"))
    )


def sources() -> tuple[Source, ...]:
    """The lists as the pack builder takes them, under the one list name."""
    from rules.pack import Source  # only a build needs the builder

    about = index()
    return tuple(
        Source(list=item.name, category=item.category, path=item.path, format="domains", built_at=about.date)
        for item in lists()
    )
