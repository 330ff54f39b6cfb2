"""HTTP/2 in the lab: one side asks, the other answers whole requests. Knows no site and no product."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_IDLE = 30.0  # seconds the other side may stay silent
_FRAME = 16384  # bytes of a frame of data, unless both agree on more (RFC 9113 4.2)
_HOPPING = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A whole request: pseudo fields apart, `headers` with lower-case names, in order."""

    method: str
    authority: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer; `chunks` bytes of its body travel in a frame, 0 for as many as fit."""

    status: int | None
    headers: Sequence[tuple[str, str]]
    body: bytes
    chunks: int = 0


async def serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    answer: Callable[[Asked], Awaitable[Answered | None]],
) -> None:
    """Answer what is asked on one connection, one request after the other, until it ends.

    Args:
        reader: what the client sends, TLS undone.
        writer: to the client.
        answer: gives each answer; None ends the connection without one.
    """
    # A request that contradicts itself is for who answers to judge.
    wire = H2Connection(
        config=H2Configuration(client_side=False, header_encoding="latin-1", validate_inbound_headers=False)
    )
    wire.initiate_connection()
    waiting: dict[int, tuple[list[tuple[str, str]], bytearray]] = {}
    with suppress(OSError, ssl.SSLError, TimeoutError, ProtocolError):
        writer.write(wire.data_to_send())
        while data := await asyncio.wait_for(reader.read(65536), _IDLE):
            for event in wire.receive_data(data):
                if isinstance(event, RequestReceived):
                    waiting[event.stream_id] = (_fields(event.headers), bytearray())
                elif isinstance(event, DataReceived):
                    waiting[event.stream_id][1].extend(event.data)
                    wire.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, StreamReset):
                    waiting.pop(event.stream_id, None)
                elif isinstance(event, StreamEnded):
                    fields, body = waiting.pop(event.stream_id)
                    got = await answer(_asked(fields, bytes(body)))
                    if got is None:
                        writer.close()
                        return
                    _send(wire, event.stream_id, got, is_head=(":method", "HEAD") in fields)
                elif isinstance(event, ConnectionTerminated):
                    writer.close()
                    return
            writer.write(wire.data_to_send())
            await writer.drain()
    writer.close()


class Stretch:
    """The client's side of one connection; `heard` is told of all that has arrived so far."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: Callable[[Answered], None],
    ) -> None:
        """The connection must have agreed on `h2`."""
        self.reader = reader
        self.writer = writer
        self.heard = heard
        # What is sent is what a case says, however wrong.
        self.wire = H2Connection(
            config=H2Configuration(
                header_encoding="latin-1", validate_outbound_headers=False, normalize_outbound_headers=False
            )
        )
        self.wire.initiate_connection()

    async def ask(self, asked: Asked) -> Answered:
        """Ask one question and wait for the whole answer.

        Raises:
            ConnectionResetError: the other side ended the stream or the connection before it.
        """
        number = self.wire.get_next_available_stream_id()
        fields = [
            (":method", asked.method),
            (":scheme", "https"),
            (":authority", asked.authority),
            (":path", asked.path),
            *asked.headers,
        ]
        self.wire.send_headers(number, fields, end_stream=not asked.body)
        if asked.body:
            self.wire.send_data(number, asked.body, end_stream=True)
        status: int | None = None
        headers: list[tuple[str, str]] = []
        body = bytearray()
        while True:
            self.writer.write(self.wire.data_to_send())
            data = await self.reader.read(65536)
            if not data:
                raise ConnectionResetError
            try:
                events = self.wire.receive_data(data)
            except ProtocolError as error:
                raise ConnectionResetError(str(error)) from error
            for event in events:
                if isinstance(event, ResponseReceived) and event.stream_id == number:
                    headers = _fields(event.headers)
                    status = int(dict(headers)[":status"])
                    headers = [field for field in headers if not field[0].startswith(":")]
                elif isinstance(event, DataReceived):
                    self.wire.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    body += event.data if event.stream_id == number else b""
                elif isinstance(event, StreamEnded) and event.stream_id == number:
                    self.writer.write(self.wire.data_to_send())
                    return Answered(status, headers, bytes(body))
                elif isinstance(event, StreamReset | ConnectionTerminated):
                    raise ConnectionResetError(f"{type(event).__name__} {event.error_code}")
                elif isinstance(event, TrailersReceived):
                    continue
            self.heard(Answered(status, headers, bytes(body)))


def _send(wire: H2Connection, number: int, got: Answered, *, is_head: bool) -> None:
    """One answer, frame by frame; the lab's bodies fit into the window every connection opens with."""
    fields = [(name.lower(), value) for name, value in got.headers if name.lower() not in _HOPPING]
    body = b"" if is_head else got.body
    wire.send_headers(number, [(":status", str(got.status)), *fields], end_stream=not body)
    step = got.chunks or _FRAME
    for begin in range(0, len(body), step):
        wire.send_data(number, body[begin : begin + step], end_stream=begin + step >= len(body))


def _asked(fields: list[tuple[str, str]], body: bytes) -> Asked:
    pseudo = {name: value for name, value in fields if name.startswith(":")}
    return Asked(
        method=pseudo.get(":method", ""),
        authority=pseudo.get(":authority", ""),
        path=pseudo.get(":path", "/"),
        headers=tuple(field for field in fields if not field[0].startswith(":")),
        body=body,
    )


def _fields(headers: object) -> list[tuple[str, str]]:
    # h2 decodes them, as its header_encoding says; its types do not.
    return [(str(name), str(value)) for name, value in headers]  # type: ignore[attr-defined]
