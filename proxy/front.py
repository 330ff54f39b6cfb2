"""The front: what the desk can do with a client, and all clients it has in hand.

Passes, blocks, hands over to mitmproxy in the same process, and sweeps: one look every second for greetings
that never end and tunnels that are idle, so that no connection needs a timer of its own.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from mitmproxy.proxy.layers.modes import HttpProxy, TransparentProxy

from proxy.block_tls import BlockPage, PageContexts
from proxy.counting import Counted, count_written
from proxy.dial import dial
from proxy.exchange import Exchange
from proxy.flows import is_page
from proxy.guests import Guest
from proxy.pages import render_block, render_error
from proxy.relay import Tunnel
from proxy.resolver import UnreachableError, find_addresses
from proxy.searching import contact
from proxy.stay import Stay
from proxy.watch import Watch
from proxy.wire import head_of, own_answer, see_other
from rules.address import AddressError, parse
from rules.decide import Decision, Level, Reason, Request
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

    from proxy.addon import StairgateAddon
    from proxy.authority import Authority
    from proxy.desk import Desk
    from proxy.head import Head
    from proxy.reception import Visitor
    from proxy.watch import Meter

logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds a client has to say what it wants: its head, and its whole greeting."""
IDLE_EXCHANGE = 7200.0
"""Seconds without a byte from a plain client after which it is closed; downloads may take that long."""

type Destination = tuple[str, int] | None
type MakeConnection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], ProxyConnectionHandler]


class Front:
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
        self.addon = addon
        self.waiting: set[Desk] = set()
        self.tunnels: set[Tunnel] = set()
        self.exchanges: set[Exchange] = set()
        self.watch = Watch(addon.judge, meter)
        self._pages: dict[BlockPage, tuple[float, Visitor | None]] = {}
        self._contexts = PageContexts(authority)
        self._make_connection = make_connection
        self._loop = asyncio.get_running_loop()

    def deadline(self) -> float:
        """When a client that comes now must have said what it wants."""
        return self._loop.time() + PATIENCE

    def start(self, desk: Desk, work: Coroutine[None, None, None]) -> None:
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

    def leave(self, exchange: Exchange) -> None:
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

    async def pass_through(self, desk: Desk, host: str, port: int) -> None:
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

    def show_block(self, desk: Desk, name: str, request: Request, decision: Decision, unread: bytes) -> None:
        """Shake hands under `name` and answer the first request with the block page."""
        transport = desk.transport
        if transport is None or transport.is_closing():
            return
        noted = False

        def answer(head: Head | None) -> bytes:
            nonlocal noted
            noted = True
            return self._block_answer(head, request, decision)

        def gone(page: BlockPage) -> None:
            self._pages.pop(page, None)
            if not noted:
                # Blocked all the same: a device that did not trust our certificate, or went away.
                self.addon.notes.note(request, decision, request.device)

        page = BlockPage(self._contexts.context(name), answer, gone)
        self._pages[page] = (self._loop.time() + PATIENCE * 3, desk.visitor)
        transport.set_protocol(page)
        page.connection_made(transport)
        if unread:
            page.data_received(unread)

    def _block_answer(self, head: Head | None, request: Request, decision: Decision) -> bytes:
        """The block page for a request inside the tunnel, decided and noted with its whole address."""
        if head is not None and request.address is not None:
            page_load = is_page(head.get(b"sec-fetch-dest") or None, head.get(b"accept") or None)
            port = f":{request.address.port}" if request.address.port else ""
            host = f"[{request.address.host}]" if ":" in request.address.host else request.address.host
            text = f"https://{host}{port}{head.target if head.target.startswith('/') else '/'}"
            try:
                whole = parse(text)
            except AddressError:
                whole = request.address
            request = replace(request, address=whole, text=text, page_load=page_load, level=Level.ADDRESS)
            if decision.reason is not Reason.BYPASS or decision.category is not None:
                closer = self.addon.judge.decide(request)
                # Already inside our own TLS there is no way to the site: only a closer reason is taken over.
                decision = closer if closer.action is not Action.ALLOW else decision
            place = self.addon.confirming.taken(request, head.method)
            if place:
                return see_other(place)
        answer = self.plain_block(request, decision, head)
        if head is not None and head.method == "HEAD":
            answer = head_of(answer)
        return answer

    def plain_block(
        self, request: Request, decision: Decision, head: Head | None = None, *, keep: bool = False
    ) -> bytes:
        """A whole answer with the block page, noted.

        Args:
            request: what was asked.
            decision: why it is not served.
            head: the request's head, for what the client likes to get; None where there is none.
            keep: the connection stays open after it; else it is to be closed.
        """
        # A page must stand even where no line can be written.
        try:
            self.addon.notes.note(request, decision, request.device)
        except Exception:
            logger.exception("a block could not be noted")
        policy = self.addon.judge.rules.policy
        liked = ("", "") if head is None else (head.get(b"accept-language"), head.get(b"accept"))
        button = self.addon.confirming.button(request, decision)
        status, headers, body = render_block(decision, request, policy, *liked, button=button)
        return own_answer(status, headers, body, keep=keep)

    def error_answer(self, status: int, why: str) -> bytes:
        """A whole answer that says what was not understood."""
        headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
        return own_answer(status, headers, render_error(status, why, ""))

    def sweep(self) -> None:
        """Close what has waited too long."""
        now = self._loop.time()
        for desk in [desk for desk in self.waiting if desk.deadline < now]:
            desk.abort()
        for page in [page for page, (until, _) in self._pages.items() if until < now]:
            if page.transport is not None:
                page.transport.abort()
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
        for page, (_, visitor) in list(self._pages.items()):
            if page.transport is not None and (visitor is None or unwanted(visitor)):
                page.transport.abort()
        self.watch.close_where(unwanted)
