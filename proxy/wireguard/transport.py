"""A stream of the tunnel as asyncio's protocols know one: the desk need not know where it comes from."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mitmproxy_rs import Stream

_HIGH = 262_144  # bytes written and not yet taken by the tunnel, from which on writers are held back


class StreamTransport(asyncio.Transport):
    """A transport over one TCP stream of a tunnel."""

    def __init__(self, stream: Stream, extra: Mapping[str, Any]) -> None:
        """Wrap a stream; nothing is read before `start`.

        Args:
            stream: the stream.
            extra: what `get_extra_info` tells.
        """
        super().__init__(dict(extra))
        self._stream = stream
        self._protocol: asyncio.BaseProtocol = asyncio.Protocol()
        self._loop = asyncio.get_running_loop()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._pending = 0
        self._draining: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._closing = False
        self._ended = False
        self.unsent = b""
        """What is not passed on if it is written first: an answer that only a proxy's client would expect."""

    def start(self, first: bytes) -> None:
        """Give the protocol what was read already, and go on reading.

        Args:
            first: bytes read before.
        """
        self._receive(first)
        self._reading = self._loop.create_task(self._read())

    async def _read(self) -> None:
        try:
            while not self._ended:
                await self._may_read.wait()
                data = await self._stream.read(65536)
                if not data:
                    break
                self._receive(data)
            keep = isinstance(self._protocol, asyncio.Protocol) and self._protocol.eof_received()
            if not keep:
                self.close()
        except OSError as error:
            self._end(error)

    def _receive(self, data: bytes) -> None:
        if data and isinstance(self._protocol, asyncio.Protocol):
            self._protocol.data_received(data)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who gets what comes from now on."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who gets it now."""
        return self._protocol

    def is_reading(self) -> bool:
        """Whether more is read."""
        return self._may_read.is_set() and not self._closing

    def pause_reading(self) -> None:
        """Read no more for a while."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Read again."""
        self._may_read.set()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes."""
        sent = bytes(data)
        if self.unsent:
            sent, self.unsent = sent.removeprefix(self.unsent), b""
        if not sent or self._ended:
            return
        try:
            self._stream.write(sent)
        except OSError as error:
            self._end(error)
            return
        self._pending += len(sent)
        if self._draining is None:
            self._draining = self._loop.create_task(self._drain())
        if self._pending > _HIGH:
            self._protocol_call("pause_writing")

    async def _drain(self) -> None:
        try:
            while self._pending:
                counted = self._pending
                await self._stream.drain()
                self._pending -= counted
        except OSError as error:
            self._end(error)
            return
        finally:
            self._draining = None
        self._protocol_call("resume_writing")

    def _protocol_call(self, name: str) -> None:
        call = getattr(self._protocol, name, None)
        if call is not None and not self._ended:
            call()

    def get_write_buffer_size(self) -> int:
        """Bytes not yet taken by the tunnel."""
        return self._pending

    def can_write_eof(self) -> bool:
        """The device can be told that no more comes."""
        return True

    def write_eof(self) -> None:
        """Tell the device that no more comes."""
        with contextlib.suppress(OSError):
            self._stream.write_eof()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._closing

    def close(self) -> None:
        """Close when all has been sent."""
        if not self._closing:
            self._closing = True
            with contextlib.suppress(OSError):
                self._stream.write_eof()
            self._end(None)

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._ended:
            return
        self._ended = self._closing = True
        self._may_read.set()
        with contextlib.suppress(OSError):
            self._stream.close()
        self._loop.call_soon(self._protocol.connection_lost, error)
