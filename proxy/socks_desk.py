"""The desk for SOCKS5: who asks, where it wants to go, and then the same as for whoever was redirected."""

from __future__ import annotations

import asyncio
import base64
import logging
from enum import Enum, auto
from typing import TYPE_CHECKING

from proxy import socks
from proxy.reach import inside
from proxy.reception import CHALLENGED
from proxy.redirected import Redirected
from proxy.socks import Method, Reply
from rules.address import AddressError, parse
from rules.decide import Level, Request

if TYPE_CHECKING:
    from proxy.identity import Asker
    from proxy.reception import Visitor
    from proxy.ways import Ways

logger = logging.getLogger(__name__)

SOCKS = 5
"""The first byte of SOCKS5."""
_MOST_AHEAD = 65536  # bytes a client may send ahead


class _State(Enum):
    METHODS = auto()
    LOGIN = auto()
    CHECK = auto()
    REQUEST = auto()
    DONE = auto()


class SocksDesk(asyncio.Protocol):
    """One client that speaks SOCKS5."""

    def __init__(self, front: Ways, transport: asyncio.Transport, visitor: Visitor) -> None:
        self._front = front
        self._state = _State.METHODS
        self._unread = bytearray()
        self.transport = transport
        self.visitor: Visitor | None = visitor
        self._visitor = visitor
        self.deadline = front.deadline()

    def data_received(self, data: bytes) -> None:
        """Go on with what has come; what is not understood ends the connection."""
        self._unread += data
        try:
            self._go_on()
        except socks.SocksError:
            self.abort()
        except Exception:
            logger.exception("the SOCKS desk failed; the connection is closed")
            self.abort()

    def eof_received(self) -> bool:
        """A client that finishes before it has said what it wants gets nothing."""
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        """The client is gone."""
        self._leave()

    def abort(self) -> None:
        """Close at once."""
        self._leave()
        self.transport.abort()

    def _go_on(self) -> None:
        before = None
        while before is not self._state and self._unread:
            before = self._state
            match self._state:
                case _State.METHODS:
                    self._read_methods()
                case _State.LOGIN:
                    self._read_login()
                case _State.REQUEST:
                    self._read_request()
                case _State.CHECK if len(self._unread) > _MOST_AHEAD:
                    self.abort()
                case _:
                    return

    def _read_methods(self) -> None:
        found = socks.read_methods(self._unread)
        if found is None:
            return
        methods, size = found
        del self._unread[:size]
        reception = self._front.addon.reception
        needs_password = reception.answer(self._visitor, "") is CHALLENGED
        if Method.PASSWORD in methods and (
            reception.policy().has_passwords or needs_password or Method.NONE not in methods
        ):
            self._state = _State.LOGIN
            self.transport.write(socks.method_bytes(Method.PASSWORD))
        elif Method.NONE in methods and not needs_password:
            self._state = _State.REQUEST
            self.transport.write(socks.method_bytes(Method.NONE))
        else:
            self._end(socks.method_bytes(Method.REFUSED))

    def _read_login(self) -> None:
        found = socks.read_login(self._unread)
        if found is None:
            return
        name, password, size = found
        del self._unread[:size]
        header = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")
        reception = self._front.addon.reception
        asker = reception.answer(self._visitor, header)
        if asker is not None:
            self._logged_in(asker)
            return

        async def check() -> None:
            self._logged_in(await reception.check(self._visitor, header))
            self.data_received(b"")

        self._state = _State.CHECK
        self._front.start(self, check())

    def _logged_in(self, asker: Asker) -> None:
        if self.transport.is_closing():
            return
        if asker is CHALLENGED:
            self._end(socks.login_bytes(right=False))
            return
        if asker.by_password:
            self._visitor.log_in(asker.person)
        self._state = _State.REQUEST
        self.transport.write(socks.login_bytes(right=True))

    def _read_request(self) -> None:
        wanted = socks.read_request(self._unread)
        if wanted is None:
            return
        if wanted.reply is not Reply.GRANTED:
            self._end(socks.reply_bytes(wanted.reply))
            return
        del self._unread[: wanted.size]
        try:
            address = parse(f"https://{wanted.host}:{wanted.port}/")
        except AddressError:
            self._end(socks.reply_bytes(Reply.UNREACHABLE))
            return
        if address.ip is not None:
            refused = self._front.addon.reach.refuses(address.host, wanted.port, address.ip)
            if refused is not None:
                asker = self._visitor.asker()
                request = Request(
                    address=address,
                    text=address.text,
                    level=Level.NAME,
                    person=asker.person,
                    device=asker.device,
                )
                self._front.addon.notes.note(request, inside(refused), asker.device)
                self._end(socks.reply_bytes(Reply.NOT_ALLOWED))
                return
        # Granted before anything is dialled: a blocked name gets its page, as in a tunnel.
        self.transport.write(socks.reply_bytes(Reply.GRANTED))
        self._leave()
        follower = Redirected(self._front, self._visitor, (address.host, wanted.port))
        self.transport.set_protocol(follower)
        follower.connection_made(self.transport)
        if self._unread:
            follower.data_received(bytes(self._unread))

    def _end(self, last: bytes) -> None:
        self.transport.write(last)
        self._leave()
        self.transport.close()

    def _leave(self) -> None:
        self._state = _State.DONE
        self._front.waiting.discard(self)
