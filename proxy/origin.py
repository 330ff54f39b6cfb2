"""One connection to a site over plain HTTP: requests sent one at a time, each answer read and framed anew.

Reads answers with llhttp (httptools). What it passes on is what it understood: status, fields without those
of the hop, and a body of the length that was announced. What does not fit ends the connection, both ways.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol, cast

import httptools

from proxy.framing import Framed, frame_answer

logger = logging.getLogger(__name__)

_UNFRAMED = Framed()
_BROKEN = "an answer could not be passed on; its client's connection is closed"


class Receiver(Protocol):
    """Who gets the answer."""

    def send(self, data: bytes) -> None:
        """A part of the answer, ready for the client."""

    def answered(self, *, reusable: bool, close: bool) -> None:
        """The answer is whole; `close`: the client must be closed for it to end."""

    def failed(self, why: str, *, begun: bool) -> None:
        """There will be no (more) answer; `begun`: a part of it has been sent."""

    def hold(self, *, back: bool) -> None:
        """The site reads slowly (or again): stop (or go on) sending it the body."""

    def broke(self) -> None:
        """Something of ours broke on the answer's way: there will be no more of it."""


class Origin(asyncio.Protocol):
    """A connection to one host and port."""

    def __init__(self, key: tuple[str, int]) -> None:
        self.key = key
        self.transport: asyncio.Transport | None = None
        self.used = False
        self._receiver: Receiver | None = None
        self._head_only = False
        self._left: int | None = None
        self._problem = ""
        self.copy: bytearray | None = None
        """Where the body is copied to without its framing, as long as somebody wants to read it."""
        self._begin_answer()

    @property
    def fields(self) -> tuple[tuple[bytes, bytes], ...]:
        """The fields of the answer's head, once it is there."""
        return tuple(self._fields)

    @property
    def status(self) -> int:
        """The answer's status, once its head is there."""
        return int(self._parser.get_status_code())

    def ask(self, receiver: Receiver, head: bytes, *, head_only: bool) -> None:
        """Send a request's head; the body follows by `write`.

        Args:
            receiver: who gets the answer.
            head: the head as it goes out.
            head_only: the method is HEAD: the answer has no body whatever it says.
        """
        self._receiver = receiver
        self._head_only = head_only
        self._begin_answer()
        self.write(head)

    def write(self, data: bytes) -> None:
        """Send bytes to the site."""
        if self.transport is not None:
            self.transport.write(data)

    def abort(self) -> None:
        """Drop the connection; nobody is told."""
        self._receiver = None
        if self.transport is not None:
            self.transport.abort()

    @property
    def idle(self) -> bool:
        """Whether it can take a request."""
        return self._receiver is None and self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def pause_writing(self) -> None:
        """The site reads slowly."""
        if self._receiver is not None:
            self._receiver.hold(back=True)

    def resume_writing(self) -> None:
        """The site has caught up."""
        if self._receiver is not None:
            self._receiver.hold(back=False)

    def data_received(self, data: bytes) -> None:
        """Go on with the answer."""
        receiver = self._receiver
        if receiver is None:
            self.abort()  # bytes nobody asked for
            return
        try:
            self._take(receiver, data)
        except Exception:
            logger.exception(_BROKEN)
            self._break(receiver)

    def _break(self, receiver: Receiver) -> None:
        """Close both sides: asyncio would close this one alone, and the client would wait for ever."""
        self.abort()
        receiver.broke()

    def _take(self, receiver: Receiver, data: bytes) -> None:
        if self._left is not None:
            self._take_raw(receiver, data)
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"its answer is not HTTP: {error}")
            return
        if self._problem:
            self._fail(self._problem)
            return
        if self._out:
            receiver.send(b"".join(self._out))
            self._out.clear()
        if self._whole:
            self._finish(receiver)
        elif self._framed.length is not None and self._headed:
            self._left = self._framed.length - self._got  # the rest needs no parser: it is counted

    def eof_received(self) -> bool:
        """The site has finished: that is the end of a body without length, and else a fault."""
        receiver = self._receiver
        if receiver is not None and self._headed and not self._whole and self._framed.until_close:
            self._receiver = None
            try:
                receiver.answered(reusable=False, close=True)
            except Exception:
                logger.exception(_BROKEN)
                self._break(receiver)
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        """The connection is gone."""
        receiver = self._receiver
        if receiver is not None:
            try:
                self._fail("the site closed the connection")
            except Exception:
                logger.exception(_BROKEN)
                self._break(receiver)

    def _begin_answer(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._fields: list[tuple[bytes, bytes]] = []
        self._reason = b""
        self._out: list[bytes] = []
        self._headed = False
        self._interim = False
        self._whole = False
        self._surplus = False
        self._framed = _UNFRAMED
        self._got = 0
        self._left = None
        self._problem = ""

    def _take_raw(self, receiver: Receiver, data: bytes) -> None:
        left = self._left or 0
        if self.copy is not None:
            self.copy += data[:left]
        if len(data) > left:
            receiver.send(data[:left])
            self._surplus = True
        else:
            receiver.send(data)
        self._left = left - len(data)
        if self._left <= 0:
            self._finish(receiver)

    def _finish(self, receiver: Receiver) -> None:
        reusable = not (self._surplus or self._framed.until_close) and self._framed.keeps_open
        self._receiver = None
        self.used = True
        if not reusable and self.transport is not None:
            self.transport.close()
        receiver.answered(reusable=reusable, close=self._framed.until_close)

    def _fail(self, why: str) -> None:
        receiver, begun = self._receiver, self._headed
        self.abort()
        if receiver is not None:
            receiver.failed(why, begun=begun)

    # What the parser calls. Nothing here raises: an exception would be the parser's, with the cause lost.

    def on_message_begin(self) -> None:
        """A message begins; after the one we asked for, none should."""
        if self._whole:
            self._surplus = True

    def on_status(self, reason: bytes) -> None:
        """The reason phrase."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field."""
        if not self._whole:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole: check it and write it anew."""
        if self._whole:
            return
        status = self._parser.get_status_code()
        self._interim = 100 <= status < 200
        if self._interim:
            if status == 101:
                self._problem = "it changed the protocol unasked"
            return
        framed = frame_answer(
            status,
            self._reason,
            self._fields,
            version=self._parser.get_http_version(),
            bodiless=self._head_only,
        )
        self._problem = self._problem or framed.problem
        if self._problem:
            return
        self._framed = framed
        self._out.append(framed.head)
        self._headed = True
        if self._head_only:
            self._whole = True

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        if self._whole or not self._headed:
            self._surplus = True
            return
        self._got += len(part)
        if self.copy is not None:
            self.copy += part
        self._out.append(b"%x\r\n%b\r\n" % (len(part), part) if self._framed.chunked else part)

    def on_message_complete(self) -> None:
        """The message is whole; an interim one is dropped and the next awaited."""
        if self._whole:
            return
        if self._interim:
            self._fields, self._reason, self._interim = [], b"", False
            return
        self._whole = True
        if self._framed.chunked:
            self._out.append(b"0\r\n\r\n")
