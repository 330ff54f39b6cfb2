"""The addon's hooks in mitmproxy: flow, request, decision, answer.

Decides when the head of a request is there, before anything of it is sent on and before the blocked site is
dialled. Every hook is guarded: what breaks here ends in a block or in no connection, never in an open line.
Works inside our own master (`gateway.py`) and by itself: `mitmdump -s proxy/addon.py`.
It must not know lists, formats or SQL: it asks `Judge` and tells `Notes`.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from mitmproxy.exceptions import AddonHalt

from proxy import flows, inspection, posting
from proxy.confirming import Confirming
from proxy.dispatch import abort, fails_closed
from proxy.guests import Guests
from proxy.pinning import Pinning
from proxy.reach import inside
from proxy.readers import Readers
from proxy.reception import Reception
from proxy.replies import CONFIRMING, put_page, put_way_back
from proxy.resolver import Resolver, UnreachableError, find_addresses, known_addresses
from proxy.searching import contact, force_safe_mode
from proxy.stay import Use
from proxy.upload import bound_upload, release_upload
from proxy.upstream import CHECKED, UNREACHABLE
from rules.decide import Decision, Level, Reason, Request, refuse
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mitmproxy import http
    from mitmproxy.connection import Client
    from mitmproxy.proxy.layer import NextLayer
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData

    from proxy.identity import Asker
    from proxy.judge import Judge, Notes
    from proxy.reach import Reach
    from proxy.reception import Visitor

logger = logging.getLogger(__name__)


class StairgateAddon:
    """Asks for a decision on every request and answers those that are not served."""

    name = "stairgate"

    def __init__(self, judge: Judge, notes: Notes, reach: Reach, resolver: Resolver | None = None) -> None:
        self.judge = judge
        self.reception = Reception(lambda: judge.rules.policy)
        self.guests = Guests(self.reception)
        self.notes = notes
        self.reach = reach
        self.resolver = resolver or Resolver()
        self.confirming = Confirming()
        """Who takes what the button of a warning sends."""
        self.pinning = Pinning()
        """Knows which device pins which name."""
        self.readers = Readers()
        """Processes that read what would hold up the event loop; started with the first such page."""

    def is_pinned(self, visitor: Visitor | None, request: Request, decision: Decision) -> bool:
        """Whether a connection that would be looked into is passed on: the device pins this name."""
        return visitor is not None and self.pinning.passes(visitor, request, decision, self.judge.rules)

    @fails_closed
    def client_disconnected(self, client: Client) -> None:
        """Forget who was behind a connection."""
        self.guests.forget(client)

    @fails_closed
    def http_connect(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Refuse a tunnel to what no client may reach; a blocked name gets its page inside the tunnel.

        Returns:
            None where that is done; where a password has yet to be checked, what does the rest.
        """
        return self.guests.when_known(flow, self._open_tunnel)

    def _open_tunnel(self, flow: http.HTTPFlow, asker: Asker) -> None:
        visitor = self.guests.visitor(flow.client_conn)
        if asker.by_password:
            visitor.log_in(asker.person)
        visitor.tunnel = True
        host, port = flow.request.host, flow.request.port
        ip = flows.literal(host)
        refused = None if ip is None else self.reach.refuses(host, port, ip)
        if refused is None:
            return
        asked = flows.Asked(text=f"{host}:{port}", address=None, page_load=True)
        self._answer(flow, asker, asked, inside(refused))

    @fails_closed
    def next_layer(self, nextlayer: NextLayer) -> None:
        """Wait for three bytes of a TLS greeting: with fewer, mitmproxy takes it for something else."""
        data = nextlayer.data_client()
        if 0 < len(data) < 3 and data[0] == 0x16:
            raise AddonHalt

    @fails_closed
    def requestheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Decide on the full address; answer here where it is not served.

        Returns:
            None where that is done; for a name that has yet to be looked up, what does the rest.
        """
        if flow.error is not None:
            return None  # refused by mitmproxy's own header check: its error page is already on the way
        return self.guests.when_known(flow, self._decide)

    def _decide(self, flow: http.HTTPFlow, asker: Asker) -> Awaitable[None] | None:
        asked = flows.read(flow)
        if asked.doubt:
            reason = Reason.UNPARSABLE if asked.unparsable else Reason.BYPASS
            self._answer(flow, asker, asked, refuse(reason, f"The request can't be trusted: {asked.doubt}."))
            return None
        request = _request(asker, asked)
        flow.metadata[CONFIRMING] = self.confirming
        place = self.confirming.taken(request, flow.request.method)
        if place:
            put_way_back(flow, place)
            bound_upload(flow, abort)
            return None
        decision = self.judge.decide(request)
        if decision.action is not Action.ALLOW:
            self._answer(flow, asker, asked, decision)
            return None
        host = asked.address.host if asked.address is not None else flow.request.host
        names = self.judge.rules.policy.names
        try:
            known = known_addresses(host, flow.request.port, self.reach, names, self.resolver)
        except UnreachableError as error:
            self._answer(flow, asker, asked, inside(error.refused or host))
            return None
        if known is None:
            return self._look_up_first(flow, asker, asked, request, decision)
        self._let_through(flow, request, decision)
        return None

    @fails_closed
    def request(self, flow: http.HTTPFlow) -> None:
        """Decide once more on a posted form; forget the bound on a blocked upload once it is swallowed."""
        if flow.response is not None:
            release_upload(flow.client_conn)
            return
        request = posting.reread(flow)
        decision = None if request is None else self.judge.decide(request)
        if request is not None and decision is not None and decision.action is not Action.ALLOW:
            inspection.forget(flow)
            self._refuse(flow, request, decision)

    @fails_closed
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let the body through as it comes, unless it is a page that has to be read first."""
        response = flow.response
        if response is None:
            return
        # Another protocol for the next visit would lead past the gate.
        if "alt-svc" in response.headers:
            del response.headers["alt-svc"]
        course = inspection.begin(flow, self.judge, self.notes)
        response.stream = course if response.raw_content is None else False

    @fails_closed
    def response(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Decide once more where the answer was held."""
        return inspection.settle(flow, self.judge, self.notes, self.readers)

    @fails_closed
    def error(self, flow: http.HTTPFlow) -> None:
        """Note a request whose answer never came."""
        inspection.note_pending(flow, self.notes)

    @fails_closed
    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Read a message, and keep only the last: mitmproxy keeps all as long as the connection lives."""
        if flow.websocket is not None:
            del flow.websocket.messages[:-1]
            inspection.overhear(flow, flow.websocket.messages[-1])

    @fails_closed
    async def server_connect(self, data: ServerConnectionHookData) -> None:
        """Look the name up ourselves, check each address, and let exactly those be dialled."""
        address = data.server.address
        if address is None:
            data.server.error = "no destination"
            return
        policy = self.judge.rules.policy
        person = self.guests.visitor(data.client).asker().person
        host, port = contact(address[0], policy, person), address[1]
        try:
            CHECKED.set(await find_addresses(host, port, self.reach, policy.names, self.resolver))
        except UnreachableError as error:
            CHECKED.set(())
            data.server.error = f"{UNREACHABLE}{error.refused}" if error.refused else str(error)

    @fails_closed
    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Look once more at who answered, before a byte is sent to it."""
        checked = CHECKED.get()
        peer = data.server.peername
        ip = None if peer is None else flows.literal(peer[0])
        if checked is None or ip is None or ip not in checked:
            raise ConnectionRefusedError(f"connected to {peer}, which was not checked")

    async def _look_up_first(
        self, flow: http.HTTPFlow, asker: Asker, asked: flows.Asked, request: Request, decision: Decision
    ) -> None:
        """The rest of `requestheaders` for a name that is not in the cache."""
        host = asked.address.host if asked.address is not None else flow.request.host
        try:
            await find_addresses(
                host, flow.request.port, self.reach, self.judge.rules.policy.names, self.resolver
            )
        except UnreachableError as error:
            if error.refused is not None:
                self._answer(flow, asker, asked, inside(error.refused))
                return
            # A name that does not exist: the dial will fail and say so on an error page.
        self._let_through(flow, request, decision)

    def _let_through(self, flow: http.HTTPFlow, request: Request, decision: Decision) -> None:
        head = flow.request.headers
        load = flows.is_opened(head.get("sec-fetch-dest"), head.get("accept"))
        use = Use(request=request, decision=decision, load=load)
        self.guests.guest(flow.client_conn).begin(flow, use)
        flows.clean(flow.request)
        force_safe_mode(flow, request, decision, self.judge.rules.policy)
        if not inspection.remember(flow, request, decision):
            self.notes.note(request, decision, request.device)
        flow.request.stream = flows.streams_up(flow.request)
        posting.remember(flow, request)

    def _answer(self, flow: http.HTTPFlow, asker: Asker, asked: flows.Asked, decision: Decision) -> None:
        flow.request.stream = False
        self._refuse(flow, _request(asker, asked), decision)
        bound_upload(flow, abort)

    def _refuse(self, flow: http.HTTPFlow, request: Request, decision: Decision) -> None:
        put_page(flow, request, decision, self.judge.rules.policy)
        # A page must stand even where no line can be written: the journal's fault is logged, the block stays.
        with contextlib.suppress(Exception):
            self.notes.note(request, decision, request.device)


def _request(asker: Asker, asked: flows.Asked) -> Request:
    return Request(
        address=asked.address,
        text=asked.text,
        page_load=asked.page_load,
        level=Level.ADDRESS,
        person=asker.person,
        findings=asked.findings,
        device=asker.device,
    )
