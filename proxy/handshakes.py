"""What devices make of our certificates, seen from inside mitmproxy: trusted, or turned away from.

An app that pins says so with an alert, closes in the middle of the handshake, or ends it and closes without
having asked for anything. What follows from it is `proxy.pinning`'s matter.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mitmproxy.connection import Client

from proxy.dispatch import fails_closed
from proxy.tunnel_names import tunnel_address
from rules.address import AddressError
from rules.decide import Level, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy.http import HTTPFlow
    from mitmproxy.tls import TlsData

    from proxy.hooks import StairgateAddon
    from proxy.reception import Visitor

_RIGHT_AFTER = 2.0  # seconds; browsers keep a connection they opened ahead for longer
# How mitmproxy puts the alerts unknown_ca, bad_certificate and certificate_unknown into words, and
# a client that went away in the middle.
_TURNED_AWAY = ("does not trust the proxy's certificate", "disconnected during the handshake")


class Handshakes:
    """The addon; before `StairgateAddon` forgets a client, or after: it remembers for itself."""

    name = "stairgate_handshakes"

    def __init__(self, gate: StairgateAddon, now: Callable[[], float] = time.monotonic) -> None:
        """Begin.

        Args:
            gate: knows visitors and rules, and who learns.
            now: a steady clock.
        """
        self._gate = gate
        self._now = now
        self._silent: dict[str, tuple[float, Visitor, str, int]] = {}

    @fails_closed
    def tls_failed_client(self, data: TlsData) -> None:
        """A handshake failed: count it where the device did not like our certificate."""
        server = data.context.server.address
        if (
            isinstance(data.conn, Client)
            and server
            and any(words in (data.conn.error or "") for words in _TURNED_AWAY)
        ):
            self._turned_away(self._gate.guests.visitor(data.conn), *server[:2])

    @fails_closed
    def tls_established_client(self, data: TlsData) -> None:
        """A handshake ended well; what counts is whether the device then asks for something."""
        server = data.context.server.address
        if isinstance(data.conn, Client) and server:
            visitor = self._gate.guests.visitor(data.conn)
            self._silent[data.conn.id] = self._now(), visitor, server[0], server[1]

    @fails_closed
    def requestheaders(self, flow: HTTPFlow) -> None:
        """The first request inside: this device trusts us."""
        found = self._silent.pop(flow.client_conn.id, None)
        if found is not None:
            _, visitor, host, _ = found
            self._gate.pinning.note(visitor, host, trusted=True)

    @fails_closed
    def client_disconnected(self, client: Client) -> None:
        """A device that goes right after our certificate, without a word, has not liked it."""
        found = self._silent.pop(client.id, None)
        if found is not None and self._now() - found[0] < _RIGHT_AFTER:
            self._turned_away(*found[1:])

    def _turned_away(self, visitor: Visitor, host: str, port: int) -> None:
        """Count it, unless the name is one that would never be passed on."""
        try:
            address = tunnel_address(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except AddressError:
            return
        person = visitor.asker().person
        request = Request(address=address, text=address.text, level=Level.NAME, person=person)
        judge, pinning = self._gate.judge, self._gate.pinning
        if pinning.may_pass(request, judge.decide(request), judge.rules):
            pinning.note(visitor, address.host, trusted=False)
