"""The ways out of the desk, as those who stand at it see them. `proxy.front.Front` has them all.

Only shapes: so that the desk and what follows it know what may be done with a client, and not who does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from proxy.head import Head
    from proxy.hooks import StairgateAddon
    from proxy.reception import Visitor
    from proxy.stay import Stay, Use
    from rules.decide import Decision, Request

type Destination = tuple[str, int] | None
"""Where a tunnel leads; None where each request says it."""


class Waiting(Protocol):
    """A client who has not yet said what it wants."""

    deadline: float

    @property
    def visitor(self) -> Visitor | None:
        """Who is behind it."""

    def abort(self) -> None:
        """Close at once."""


class AtDesk(Waiting, Protocol):
    """A client at the desk (`proxy.desk.Desk`)."""

    transport: asyncio.Transport | None

    def begins_with(self, byte: int) -> bool:
        """Whether what has come and nobody has read begins with a byte."""

    def take_unread(self) -> bytes:
        """What has come and nobody has read; the caller goes on with it."""

    def note_passed(self) -> Use | None:
        """Tell the journal that this connection was let through; what it will be used for."""


class Exchanging(Protocol):
    """A client that speaks plain HTTP (`proxy.exchange.Exchange`)."""

    active_at: float
    stay: Stay
    transport: asyncio.Transport


class Ways(Protocol):
    """What can be done with a client; the methods are told by `proxy.front.Front` and `proxy.refusals`."""

    addon: StairgateAddon
    waiting: set[Waiting]

    def deadline(self) -> float:
        """When a client that comes now must have said what it wants."""

    def now(self) -> float:
        """The loop's time."""

    def start(self, desk: Waiting, work: Coroutine[None, None, None]) -> None:
        """Run work for a client; whatever ends it in error closes the client's connection."""

    def serve_plain(self, transport: asyncio.Transport, visitor: Visitor, unread: bytes) -> None:
        """Serve a client that speaks plain HTTP."""

    def serve_other(self, desk: AtDesk) -> bool:
        """Serve a client that speaks SOCKS5, or was redirected; False where it is neither."""

    def leave(self, exchange: Exchanging) -> None:
        """An exchange is over, or mitmproxy goes on with it."""

    def hand_over(
        self, transport: asyncio.Transport, visitor: Visitor, unread: bytes, destination: Destination
    ) -> None:
        """Give a connection to mitmproxy, with all that was not read yet."""

    async def pass_through(self, desk: AtDesk, host: str, port: int) -> None:
        """Dial a checked address and relay; where nothing answers the client is closed."""

    def show_block(
        self, desk: AtDesk, name: str, request: Request, decision: Decision, unread: bytes
    ) -> None:
        """Shake hands under `name` and answer the first request with the block page."""

    def plain_block(
        self, request: Request, decision: Decision, head: Head | None = None, *, keep: bool = False
    ) -> bytes:
        """A whole answer with the block page, noted."""

    def error_answer(self, status: int, why: str) -> bytes:
        """A whole answer that says what was not understood."""
