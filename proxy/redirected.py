"""A client that says nothing to us: it came by SOCKS, or was redirected, and speaks to the site at once.

Where it wants to go is known, by name or only by address. A name comes from its first bytes then: the TLS
greeting's, or the Host field. The gate looks the name up itself and dials what it found: a client that greets
a harmless name and means another address reaches the harmless one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.desk import Desk
from proxy.greeting import GreetingError, read_greeting
from proxy.head import HeadError, read_head
from proxy.outlook import Course
from proxy.reach import inside
from proxy.tunnel_names import canonical, same_name
from rules.address import Address, AddressError, parse
from rules.decide import Reason, refuse

if TYPE_CHECKING:
    import asyncio

    from proxy.reception import Visitor
    from proxy.ways import Ways


class Redirected(Desk):
    """One such client, from its first bytes to whoever goes on with it."""

    def __init__(self, front: Ways, visitor: Visitor, destination: tuple[str, int]) -> None:
        """Wait for its first bytes.

        Args:
            front: what can be done with it.
            visitor: who is behind it.
            destination: where it wants to go: a name in canonical form, or an address; and the port.
        """
        super().__init__(front)
        self.visitor = visitor
        visitor.tunnel = True
        self._destination = destination

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; who is behind it is known already."""
        self.take_over(transport)

    def _read_head(self) -> None:
        if self._unread[0] == 0x16:
            self._read_tls()
        elif 0x41 <= self._unread[0] <= 0x5A:
            self._read_plain()
        else:
            self.abort()  # nothing is relayed that was not understood

    def _read_tls(self) -> None:
        try:
            greeting = read_greeting(self._unread)
        except GreetingError:
            self.abort()
            return
        if greeting is None:
            return
        host, port = self._destination
        wanted = parse(_url("https", host, port))
        address = wanted
        if greeting.name is not None and wanted.ip is not None:
            try:
                address = parse(_url("https", greeting.name, port))
            except AddressError:
                self.abort()
                return
        if address.ip is not None and self._is_inside(address):
            self.abort()
            return
        decision = self._decide_on(address, port)
        if greeting.name is not None and not same_name(greeting.name, address.host):
            because = f"The request can't be trusted: it asks for {address.host} and greets another name."
            self._show_block(canonical(greeting.name) or address.host, refuse(Reason.BYPASS, because))
        elif self._course is Course.BLOCK:
            self._show_block(address.host, decision)
        else:
            self._go_through(address)

    def _read_plain(self) -> None:
        try:
            head = read_head(self._unread)
            if head is None:
                return
            host, port = self._destination
            named = parse(_url("http", head.get(b"host"), None))
        except (HeadError, AddressError) as error:
            self._answer(400, str(error))
            return
        if not head.target.startswith("/"):
            self._answer(400, "a site is asked by a path alone")
            return
        if parse(_url("http", host, port)).ip is not None:
            host = named.host
        if self.transport is not None and self.visitor is not None:
            # Each request is decided on its whole address there, and one that names another host is refused.
            self._front.hand_over(self.transport, self.visitor, self.take_unread(), (host, port))

    def _is_inside(self, address: Address) -> bool:
        """Whether an address is one that clients are refused; noted where it is."""
        if address.ip is None:
            return False
        refused = self._front.addon.reach.refuses(address.host, self._destination[1], address.ip)
        if refused is None:
            return False
        request = self._request_for(address)
        self._front.addon.notes.note(request, inside(refused), request.device)
        return True


def _url(scheme: str, host: str, port: int | None) -> str:
    host = f"[{host}]" if ":" in host and port is not None and not host.startswith("[") else host
    return f"{scheme}://{host}/" if port is None else f"{scheme}://{host}:{port}/"
