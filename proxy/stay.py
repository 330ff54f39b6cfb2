"""A stay: one open connection, whose it is, what it is used for, and how many bytes went through it.

What tunnels, exchanges and mitmproxy's connections have in common, so that one sweep can count them and close
them when their time is over. It knows no clock and no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rules.limits import EVERYTHING
from rules.services import services_at
from rules.taxonomy import UNCATEGORISED

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.reception import Visitor
    from rules.decide import Decision, Request


class Use(NamedTuple):
    """What a connection is used for: something that was let through.

    Attributes:
        request: what was asked for.
        decision: why it is served.
        load: a person opened a page with it, rather than a program a part of one.
    """

    request: Request
    decision: Decision
    load: bool = False

    @property
    def host(self) -> str:
        """The host asked for."""
        return "" if self.request.address is None else self.request.address.host

    def targets(self) -> frozenset[str]:
        """What budgets may be about that this belongs to: everything, categories, services, lists."""
        address = self.request.address
        found = {EVERYTHING, *(self.decision.categories or (UNCATEGORISED,))}
        found.update(f"list:{entry.list}" for entry in self.decision.entries)
        if address is not None:
            found.update(f"service:{service.id}" for service in services_at(address))
        return frozenset(found)


class Stay:
    """One open connection. Who owns it counts `up` and `down`, and says `turn_to` when its use changes.

    Attributes:
        visitor: who is behind it.
        up: bytes from the client.
        down: bytes to the client.
        use: what it was last used for: what bytes are counted for.
        resting: it waits for its next request.
    """

    __slots__ = ("_told", "_when_turned", "abort", "down", "loads", "resting", "up", "use", "visitor")

    def __init__(self, visitor: Visitor, abort: Callable[[], None]) -> None:
        """Begin unused.

        Args:
            visitor: who is behind it.
            abort: closes it at once.
        """
        self.visitor = visitor
        self.abort = abort
        self.up = self.down = self.loads = 0
        self.use: Use | None = None
        self.resting = False
        self._told = (0, 0, 0)
        self._when_turned: Callable[[Stay], None] | None = None

    def uses(self) -> tuple[Use, ...]:
        """What it is used for at this moment."""
        return () if self.use is None or self.resting else (self.use,)

    def when_turned(self, listener: Callable[[Stay], None]) -> None:
        """Tell `listener` just before what follows belongs to another host or person."""
        self._when_turned = listener

    def turn_to(self, use: Use) -> None:
        """From now on it is used for this; what went through before belongs to what it was used for."""
        old, self.resting = self.use, False
        if old is not None and self._when_turned is not None and _place(old) != _place(use):
            self._when_turned(self)
        self.use = use
        self.loads += use.load

    def take_counts(self) -> tuple[int, int, int]:
        """Bytes up, bytes down and pages opened since this was last asked."""
        before, self._told = self._told, (self.up, self.down, self.loads)
        return self.up - before[0], self.down - before[1], self.loads - before[2]


def _place(use: Use) -> tuple[str, str]:
    return use.host, use.request.person
