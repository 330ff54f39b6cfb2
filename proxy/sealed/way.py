"""One way round the gate, and what trying it showed. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence


class State(StrEnum):
    """What trying a way showed."""

    CLOSED = "closed"
    """It leads nowhere, or to the gate."""
    OPEN = "open"
    """It leads past the gate."""
    UNCLEAR = "unclear"
    """It could not be told: nothing answers here at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way round.

    Attributes:
        id: permanent id, lower case with hyphens.
        title: what is tried, for people.
        state: what it showed.
        detail: what was seen, shortly.
        todo: what closes it; empty where nothing has to be done.
    """

    id: str
    title: str
    state: State
    detail: str
    todo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All ways, tried once.

    Attributes:
        ways: in the order they are shown.
        alive: a harmless site was reached: without that nothing can be said of what is closed.
        proxy: the proxy this device uses, as it was found; empty for none.
    """

    ways: tuple[Way, ...]
    alive: bool
    proxy: str = ""

    @property
    def exit(self) -> Exit:
        """0 where all is closed, 1 where a way is open, 2 where nothing can be said."""
        if any(way.state is State.OPEN for way in self.ways):
            return Exit.FINDING
        return Exit.GOOD if self.alive else Exit.NOT_SHOWN

    def as_json(self) -> dict[str, Any]:
        """The survey as one JSON object."""
        return {
            "sealed": {Exit.GOOD: True, Exit.FINDING: False}.get(self.exit),
            "alive": self.alive,
            "proxy": self.proxy,
            "ways": [asdict(way) | {"state": str(way.state)} for way in self.ways],
        }


def judge(way: str, title: str, seen: Sequence[str], *, alive: bool, todo: str) -> Way:
    """The state of a way by what got through on it.

    Args:
        way: its id.
        title: for people.
        seen: what got through, in words; empty where nothing did.
        alive: whether anything gets through at all here.
        todo: what closes it.
    """
    if seen:
        return Way(id=way, title=title, state=State.OPEN, detail="; ".join(seen), todo=todo)
    if alive:
        return Way(id=way, title=title, state=State.CLOSED, detail="nothing got through")
    return Way(id=way, title=title, state=State.UNCLEAR, detail="nothing gets through here at all")
