"""The desk: one client's first bytes, from accepting the connection to who goes on with it.

Reads a head or a TLS greeting whole, asks for a decision by name once, and then passes, blocks or hands over.
What it does not understand it refuses; nothing is relayed that was not understood. Every way out of here is
in `Front`; what raises in here costs the client its connection and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from proxy.greeting import GreetingError, read_greeting
from proxy.head import HeadError, read_head
from proxy.outlook import Course, choose
from proxy.reach import inside
from proxy.reception import CHALLENGED
from proxy.stay import Use
from proxy.tunnel_names import canonical, same_name, same_place, tunnel_address
from proxy.wire import challenge_answer
from rules.address import AddressError
from rules.decide import Decision, Level, Reason, Request, refuse
from rules.search import engine_of

if TYPE_CHECKING:
    from proxy.head import Head
    from proxy.identity import Asker
    from proxy.reception import Visitor
    from proxy.ways import Ways
    from rules.address import Address

logger = logging.getLogger(__name__)

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
"""What a client is told when its tunnel is open."""
_MOST_WAITING = 262_144  # bytes a client may send ahead while its site is being dialled


class State(Enum):
    """What the desk waits for."""

    HEAD = auto()
    LOGIN = auto()
    GREETING = auto()
    DIAL = auto()
    DONE = auto()


class Desk(asyncio.Protocol):
    """One client at the desk."""

    def __init__(self, front: Ways) -> None:
        self._front = front
        self._state = State.HEAD
        self._unread = bytearray()
        self._course = Course.BLOCK
        self._request: Request | None = None
        self._decision: Decision | None = None
        self._port = 0
        self.visitor: Visitor | None = None
        self.deadline = front.deadline()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self.visitor = self._front.addon.reception.receive(transport)
        self.take_over(transport)

    def take_over(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport of a visitor who is known."""
        self.transport = cast("asyncio.Transport", transport)
        self._front.waiting.add(self)

    def data_received(self, data: bytes) -> None:
        """Go on with what has come."""
        self._unread += data
        try:
            self._go_on()
        except Exception:
            logger.exception("the desk failed; the connection is closed")
            self.abort()

    def eof_received(self) -> bool:
        """A client that finishes before it has said what it wants gets nothing."""
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        """The client is gone."""
        self._front.waiting.discard(self)

    def abort(self) -> None:
        """Close at once."""
        self._state = State.DONE
        if self.transport is not None:
            self.transport.abort()

    def _go_on(self) -> None:
        match self._state:
            case State.HEAD:
                self._read_head()
            case State.GREETING:
                self._read_greeting()
            case State.DIAL | State.LOGIN if len(self._unread) > _MOST_WAITING:
                self.abort()
            case _:
                pass

    def _read_head(self) -> None:
        if not 0x41 <= self._unread[0] <= 0x5A:
            # What is neither HTTP nor SOCKS nor the TLS of a redirected client is noise.
            if self.transport is None or self.visitor is None or not self._front.serve_other(self):
                self.abort()
            return
        try:
            head = read_head(self._unread)
        except HeadError as error:
            self._answer(400, str(error))
            return
        if head is None:
            return
        if head.target.startswith("/") and self._front.serve_other(self):
            return
        if head.method != "CONNECT":
            if self.transport is not None and self.visitor is not None:
                self._front.serve_plain(self.transport, self.visitor, self.take_unread())
            return
        del self._unread[: head.size]
        self._connect(head)

    def _connect(self, head: Head) -> None:
        visitor = self.visitor
        if visitor is None:
            self.abort()
            return
        reception, header = self._front.addon.reception, head.get(b"proxy-authorization")
        asker = reception.answer(visitor, header)
        if asker is not None:
            self._open_tunnel(head, visitor, asker)
            return

        async def log_in() -> None:
            self._open_tunnel(head, visitor, await reception.check(visitor, header))

        self._state = State.LOGIN
        self._front.start(self, log_in())

    def _open_tunnel(self, head: Head, visitor: Visitor, asker: Asker) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if asker is CHALLENGED:
            self._write(challenge_answer())
            self._close()
            return
        if asker.by_password:
            visitor.log_in(asker.person)
        visitor.tunnel = True
        try:
            address = tunnel_address(head.target)
        except AddressError as error:
            self._answer(400, f"it can't be told where the tunnel leads: {error.reason}")
            return
        self._port = address.port or 443
        host = head.get(b"host")
        if host not in {"", head.target} and not same_place(host, address):
            self._answer(400, "the tunnel's address and its Host header differ")
            return
        if address.ip is not None:
            refused = self._front.addon.reach.refuses(address.host, self._port, address.ip)
            if refused is not None:
                self._refuse_inside(address, refused)
                return
        decision = self._decide_on(address, self._port)
        self._write(ESTABLISHED)
        if self._course is Course.BLOCK:
            self._show_block(address.host, decision)
            return
        self._state = State.GREETING
        if self._unread:
            self._read_greeting()

    def _read_greeting(self) -> None:
        request = self._request
        if request is None or request.address is None:
            self.abort()
            return
        address = request.address
        if self._unread[0] != 0x16:
            # Plain HTTP inside a tunnel: browsers open WebSockets without TLS like this.
            if self._course is Course.INSPECT and 0x41 <= self._unread[0] <= 0x5A:
                self._inspect(address)
            else:
                self.abort()
            return
        try:
            greeting = read_greeting(self._unread)
        except GreetingError:
            self.abort()
            return
        if greeting is None:
            return
        if greeting.name is not None and not same_name(greeting.name, address.host):
            because = f"The request can't be trusted: it asks for {address.host} and greets another name."
            self._show_block(canonical(greeting.name) or address.host, refuse(Reason.BYPASS, because))
        else:
            self._go_through(address)

    def _decide_on(self, address: Address, port: int) -> Decision:
        """Decide by name, once; keeps what is needed to go on."""
        self._port = port
        self._request = self._request_for(address)
        self._decision = self._front.addon.judge.decide(self._request)
        policy = self._front.addon.judge.rules.policy
        self._course = choose(self._decision, policy, self._request.person, address.host)
        if self._course is Course.PASS and engine_of(address.host) is not None:
            # A safe mode that is forced in the request can't be forced where no request is read.
            self._request = replace(self._request, level=Level.UNREAD)
            self._decision = self._front.addon.judge.decide(self._request)
            self._course = choose(self._decision, policy, self._request.person, address.host)
        elif self._course is Course.INSPECT and self._front.addon.is_pinned(
            self.visitor, self._request, self._decision
        ):
            self._course = Course.PASS
        return self._decision

    def _go_through(self, address: Address) -> None:
        """Look inside, or pass on."""
        if self._course is Course.INSPECT:
            self._inspect(address)
        else:
            self._state = State.DIAL
            self._front.start(self, self._front.pass_through(self, address.host, self._port))

    def _inspect(self, address: Address) -> None:
        if self.transport is not None and self.visitor is not None:
            destination = (address.host, self._port)
            self._front.hand_over(self.transport, self.visitor, self.take_unread(), destination)

    def _show_block(self, name: str, decision: Decision) -> None:
        if self._request is None:
            self.abort()
            return
        self._leave()
        self._front.show_block(self, name, self._request, decision, bytes(self._unread))

    def _refuse_inside(self, address: Address, refused: str) -> None:
        self._write(self._front.plain_block(self._request_for(address), inside(refused)))
        self._close()

    def _request_for(self, address: Address) -> Request:
        asker = CHALLENGED if self.visitor is None else self.visitor.asker()
        return Request(
            address=address,
            text=address.text,
            level=Level.NAME,
            person=asker.person,
            device=asker.device,
            page_load=True,
        )

    def begins_with(self, byte: int) -> bool:
        """Whether what has come and nobody has read begins with a byte."""
        return bool(self._unread) and self._unread[0] == byte

    def take_unread(self) -> bytes:
        """What has come and nobody has read; the caller goes on with it."""
        self._leave()
        return bytes(self._unread)

    def note_passed(self) -> Use | None:
        """Tell the journal that this connection was let through; what it will be used for."""
        if self._request is None or self._decision is None:
            return None
        self._front.addon.notes.note(self._request, self._decision, self._request.device)
        return Use(request=self._request, decision=self._decision)

    def _answer(self, status: int, why: str) -> None:
        self._write(self._front.error_answer(status, why))
        self._close()

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def _close(self) -> None:
        self._leave()
        if self.transport is not None:
            self.transport.close()

    def _leave(self) -> None:
        self._state = State.DONE
        self._front.waiting.discard(self)
