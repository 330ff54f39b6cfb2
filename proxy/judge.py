"""Who decides and who is told, as the parts of the gate see them: they know no list and no SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from rules.decide import Decision, Request
    from rules.pack import Pack
    from rules.policy import Policy


class Rules(Protocol):
    """The policy in force, as far as the addon reads it."""

    @property
    def policy(self) -> Policy:
        """The policy."""

    @property
    def pack(self) -> Pack:
        """The compiled lists."""


class Judge(Protocol):
    """What the addon asks (`proxy.live.Live` is one)."""

    @property
    def rules(self) -> Rules:
        """What decisions are made with now."""

    def decide(self, request: Request) -> Decision:
        """What happens with a request now."""

    def when_changed(self, listener: Callable[[Any], None]) -> None:
        """Call `listener` with the new rules whenever they changed; from any thread."""


class Notes(Protocol):
    """What the addon tells: the journal."""

    def note(self, request: Request, decision: Decision, device: str) -> None:
        """Keep one decision; must not block."""
