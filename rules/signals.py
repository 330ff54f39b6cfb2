"""Names by which a device asks its network whether it may look names up past it, and what is answered.

Pure. Browsers and telephones switch their own encrypted look-up or relay off where the network says so.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from . import strict_yaml
from .address import parents
from .presets import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .policy import Person

FILE = Path(__file__).parent / "signals.yaml"
ENCRYPTED = "encrypted_dns"
"""The category whose setting says who may look names up past the gate."""


class Negative(StrEnum):
    """How a signal is answered."""

    NOTHING = "nothing"
    """There is no such name."""
    EMPTY = "empty"
    """The name has no such data."""


@cache
def _table() -> tuple[Mapping[str, Negative], Mapping[str, Negative], tuple[str, ...]]:
    """Signals by exact name, those that hold for all names below, and how such names end."""
    rows = strict_yaml.load_file(FILE, name=FILE.name).data["signals"]
    exact = {row["name"]: Negative(row["answer"]) for row in rows}
    below = {row["name"]: Negative(row["answer"]) for row in rows if row["below"]}
    return exact, below, tuple(f".{name}" for name in below)


def signal_at(name: str) -> Negative | None:
    """What a question for `name` is answered if the name is a signal; None for every other name.

    Designations of a resolver (`_dns.…`, RFC 9461 section 2) are signals whatever name they stand below.

    Args:
        name: lower case, without the last dot.
    """
    exact, below, endings = _table()
    if name in exact:
        return exact[name]
    if name.startswith("_dns."):
        return Negative.EMPTY
    if not name.endswith(endings):
        return None
    return next(below[parent] for parent in parents(name) if parent in below)


def minds(person: Person) -> bool:
    """Whether a person's devices are kept from looking names up past the gate."""
    return person.stances[ENCRYPTED].action is not Action.ALLOW
