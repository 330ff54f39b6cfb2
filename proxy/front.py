"""The front: what the desk can do with a client, and all clients it has in hand.

Passes, blocks, hands over to mitmproxy in the same process, and sweeps: one look every second for greetings
that never end and tunnels that are idle, so that no connection needs a timer of its own.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mitmproxy.proxy.layers.modes import HttpProxy, TransparentProxy

from proxy.counting import Counted, count_written
from proxy.dial import dial
from proxy.exchange import Exchange
from proxy.guests import Guest
from proxy.original import read_original
from proxy.redirected import Redirected
from proxy.refusals import PATIENCE, Refusals
from proxy.relay import Tunnel
from proxy.resolver import UnreachableError, find_addresses
from proxy.searching import contact
from proxy.socks_desk import SOCKS, SocksDesk
from proxy.stay import Stay
from proxy.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

    from proxy.authority import Authority
    from proxy.hooks import StairgateAddon
    from proxy.reception import Visitor
    from proxy.watch import Meter
    from proxy.ways import AtDesk, Destination, Exchanging, Waiting

logger = logging.getLogger(__name__)

IDLE_EXCHANGE = 7200.0
"""Seconds without a byte from a plain client after which it is closed; downloads may take that long."""

type MakeConnection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], ProxyConnectionHandler]


class Front(Refusals):
    """All clients of one gate."""

    def __init__(
        self,
        addon: StairgateAddon,
        authority: Authority,
        make_connection: MakeConnection,
        meter: Meter | None = None,
    ) -> None:
        """Begin with nobody.

        Args:
            addon: judge, notes, reach and resolver; the same for both ways.
            authority: signs the certificates of block pages.
            make_connection: makes mitmproxy's handler for a connection that is looked into.
            meter: counts what is used; None: nobody does.
        """
        super().__init__(addon, authority)
        self.waiting: set[Waiting] = set()
        self.tunnels: set[Tunnel] = set()
        self.exchanges: set[Exchanging] = set()
        self.watch = Watch(addon.judge, meter)
        self._make_connection = make_connection

    def deadline(self) -> float:
        """When a client that comes now must have said what it wants."""
        return self._loop.time() + PATIENCE

    def start(self, desk: Waiting, work: Coroutine[None, None, None]) -> None:
        """Run work for a client; whatever ends it in error closes the client's connection."""

        def done(task: asyncio.Task[None]) -> None:
            if task.cancelled() or task.exception() is not None:
                desk.abort()
                if not task.cancelled():
                    logger.error("work for a client failed; it is closed", exc_info=task.exception())

        asyncio.ensure_future(work).add_done_callback(done)

    def now(self) -> float:
        """The loop's time."""
        return self._loop.time()

    def serve_plain(self, transport: asyncio.Transport, visitor: Visitor, unread: bytes) -> None:
        """Serve a client that speaks plain HTTP."""
        exchange = Exchange(self, transport, visitor)
        self.exchanges.add(exchange)
        self.watch.take(exchange.stay, self._loop.time())
        transport.set_protocol(exchange)
        exchange.data_received(unread)

    def serve_other(self, desk: AtDesk) -> bool:
        """Serve a client that speaks SOCKS5, or was redirected; False where it is neither.

        Args:
            desk: where it stands; whoever serves it goes on with its transport.
        """
        transport, visitor = desk.transport, desk.visitor
        if transport is None or visitor is None:
            return False
        other: SocksDesk | Redirected
        if desk.begins_with(SOCKS):
            other = SocksDesk(self, transport, visitor)
            self.waiting.add(other)
        else:
            destination = read_original(transport)
            if destination is None:
                return False
            other = Redirected(self, visitor, destination)
            other.take_over(transport)
        transport.set_protocol(other)
        other.data_received(desk.take_unread())
        return True

    def leave(self, exchange: Exchanging) -> None:
        """An exchange is over, or mitmproxy goes on with it."""
        self.exchanges.discard(exchange)
        self.watch.leave(exchange.stay)

    def hand_over(
        self, transport: asyncio.Transport, visitor: Visitor, unread: bytes, destination: Destination
    ) -> None:
        """Give a connection to mitmproxy, with all that was not read yet.

        Args:
            transport: the client's.
            visitor: who is behind it.
            unread: what the client sent so far.
            destination: where the tunnel leads; None where each request says it.
        """
        if transport.is_closing():
            return
        reader = asyncio.StreamReader(limit=65536, loop=self._loop)
        guest = Guest(visitor, transport.abort)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = self._make_connection(reader, writer)
            context = connection.layer.context
            if destination is None:
                connection.layer = HttpProxy(context)
            else:
                context.server.address = destination
                connection.layer = TransparentProxy(context)
            count_written(writer, guest)
            self.watch.take(guest, self._loop.time())
            try:
                with self.addon.guests.knows(connection.client, guest):
                    await connection.handle_client()
            finally:
                self.watch.leave(guest)

        protocol = Counted(reader, serve, loop=self._loop)
        protocol.stay = guest
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if unread:
            protocol.data_received(unread)

    async def pass_through(self, desk: AtDesk, host: str, port: int) -> None:
        """Dial a checked address and relay; where nothing answers the client is closed."""
        policy = self.addon.judge.rules.policy
        person = "" if desk.visitor is None else desk.visitor.asker().person
        safe = contact(host, policy, person, unread=True)
        try:
            addresses = await find_addresses(safe, port, self.addon.reach, policy.names, self.addon.resolver)
        except UnreachableError:
            desk.abort()
            return
        tunnel = Tunnel(self._tunnel_ended)
        try:
            await dial(addresses, port, lambda: tunnel.site)
        except OSError:
            desk.abort()
            return
        client = desk.transport
        if tunnel.site.transport is None or client is None or client.is_closing():
            tunnel.abort()
            desk.abort()
            return
        use = desk.note_passed()
        self.tunnels.add(tunnel)
        if desk.visitor is not None and use is not None:
            tunnel.stay = Stay(desk.visitor, tunnel.abort)
            tunnel.stay.turn_to(use)
            self.watch.take(tunnel.stay, self._loop.time())
        unread = desk.take_unread()
        client.set_protocol(tunnel.client)
        tunnel.client.connection_made(client)
        tunnel.client.data_received(unread)

    def _tunnel_ended(self, tunnel: Tunnel) -> None:
        self.tunnels.discard(tunnel)
        if tunnel.stay is not None:
            tunnel.tell()
            self.watch.leave(tunnel.stay)

    def sweep(self) -> None:
        """Close what has waited too long."""
        now = self._loop.time()
        for desk in [desk for desk in self.waiting if desk.deadline < now]:
            desk.abort()
        self.close_pages_before(now)
        for tunnel in [tunnel for tunnel in self.tunnels if tunnel.look(now)]:
            tunnel.abort()
        for exchange in [one for one in self.exchanges if one.active_at + IDLE_EXCHANGE < now]:
            exchange.transport.abort()
        self.watch.look(now)

    async def sweep_for_ever(self) -> None:
        """Sweep every second. A fault in one sweep must not end the next."""
        while True:
            await asyncio.sleep(1)
            try:
                self.sweep()
            except Exception:
                logger.exception("a sweep failed")

    def close_where(self, unwanted: Callable[[Visitor], bool]) -> None:
        """Close the connections of some visitors at once."""
        for desk in list(self.waiting):
            if desk.visitor is None or unwanted(desk.visitor):
                desk.abort()
        self.close_pages_where(unwanted)
        self.watch.close_where(unwanted)
