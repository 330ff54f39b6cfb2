"""A tunnel: bytes both ways between two transports, with back-pressure, half-close and counts.

It knows transports and numbers; whose bytes they are is the desk's matter.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.stay import Stay

IDLE = 7200.0
"""Seconds without a byte after which a tunnel is closed; push channels send their heartbeat more often."""
IDLE_HALF = 60.0
"""The same where one side has finished."""


class Tunnel:
    """Two sides that belong together.

    Attributes:
        up: bytes from the client to the site.
        down: bytes from the site to the client.
    """

    def __init__(self, on_end: Callable[[Tunnel], None], stay: Stay | None = None) -> None:
        """Begin with no transports.

        Args:
            on_end: told once when it is over.
            stay: told of the bytes at each look.
        """
        self.stay = stay
        self.up = 0
        self.down = 0
        self.client = Side(self, is_client=True)
        self.site = Side(self, is_client=False)
        self.client.other, self.site.other = self.site, self.client
        self._on_end = on_end
        self._seen = 0
        self._active_at = time.monotonic()
        self._ended = False

    def look(self, now: float) -> bool:
        """Whether it has been idle for too long; called by one sweep over all tunnels, so it has no timer."""
        self.tell()
        count = self.up + self.down
        if count != self._seen:
            self._seen, self._active_at = count, now
        half = self.client.finished or self.site.finished
        return now - self._active_at > (IDLE_HALF if half else IDLE)

    def tell(self) -> None:
        """Tell the stay how many bytes went through."""
        if self.stay is not None:
            self.stay.up, self.stay.down = self.up, self.down

    def abort(self) -> None:
        """End it at once, both ways."""
        for side in (self.client, self.site):
            if side.transport is not None:
                side.transport.abort()

    def ended(self) -> None:
        """Both sides are gone, or going: tell the owner, once."""
        if not self._ended:
            self._ended = True
            self._on_end(self)


class Side(asyncio.Protocol):
    """One side of a tunnel."""

    other: Side

    def __init__(self, tunnel: Tunnel, *, is_client: bool) -> None:
        self.tunnel = tunnel
        self.transport: asyncio.Transport | None = None
        self.finished = False
        self._is_client = is_client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on and count them."""
        if self._is_client:
            self.tunnel.up += len(data)
        else:
            self.tunnel.down += len(data)
        if self.other.transport is not None:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """One side has finished: tell the other, and keep our own half open until it has finished too."""
        self.finished = True
        other = self.other.transport
        if other is not None and not other.is_closing() and other.can_write_eof():
            other.write_eof()
        if self.other.finished:
            self.close_both()
        return True

    def close_both(self) -> None:
        """Close when what is buffered has been written."""
        for side in (self, self.other):
            if side.transport is not None:
                side.transport.close()

    def pause_writing(self) -> None:
        """Our peer reads slowly: stop reading from the other."""
        if self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Our peer has caught up."""
        if self.other.transport is not None and not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        """A side is gone: nothing can be passed on any more."""
        if self.other.transport is not None:
            self.other.transport.close()
        self.tunnel.ended()
