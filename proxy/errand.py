"""One request at the desk on its way to a site, and its answer back: dialled, asked, read where need be.

The half of an exchange that faces the site; `proxy.exchange` is the half that faces the client.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from proxy.dial import dial
from proxy.held_exchange import HeldExchange, narrowed
from proxy.origin import Origin
from proxy.perusal import Asked
from proxy.reach import inside
from proxy.resolver import UnreachableError, find_addresses, known_addresses
from proxy.stay import Stay
from proxy.wire import wants_close

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from proxy.order import Order
    from proxy.reach import IP
    from proxy.reception import Visitor
    from proxy.ways import Ways
    from rules.decide import Decision, Request

logger = logging.getLogger(__name__)

_SAFE_TO_REPEAT = frozenset({"GET", "HEAD", "OPTIONS"})


class Errand(asyncio.Protocol, ABC):
    """What is under way for one client; one request at a time."""

    def __init__(self, front: Ways, transport: asyncio.Transport, visitor: Visitor) -> None:
        self._front = front
        self.visitor = visitor
        self.stay = Stay(visitor, transport.abort)
        self.transport = transport
        self.active_at = 0.0
        self._unread = bytearray()
        self._busy = False
        self._finished = False
        self._body_left = 0
        self._order: Order | None = None
        self._decision: Decision | None = None
        self._begun = self._reads = False
        self._origin: Origin | None = None
        self._work: asyncio.Task[None] | None = None

    # What the client's half does.

    @abstractmethod
    def _block(self, order: Order, decision: Decision) -> None:
        """Answer with the block page."""

    @abstractmethod
    def _error(self, status: int, why: str) -> None:
        """Answer that it cannot be had."""

    @abstractmethod
    def _fault(self) -> None:
        """Say that something of ours broke, and end."""

    # On the way there.

    def _reach(self, order: Order) -> None:
        """Find the checked address and a connection to it; without waiting where both are there."""
        host, port = order.address.host, order.port
        addon = self._front.addon
        names = addon.judge.rules.policy.names
        try:
            known = known_addresses(host, port, addon.reach, names, addon.resolver)
        except UnreachableError as error:
            self._block(order, inside(error.refused or host))
            return
        origin = self._origin
        if known is not None and origin is not None and origin.key == (host, port) and origin.idle:
            self._note(order)
            self._ask(order, origin)
            return
        if origin is not None:
            origin.abort()
            self._origin = None
        self.start(self._dial(order, known))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside; what fails closes the connection, and it ends with the client."""
        task = asyncio.get_running_loop().create_task(work)
        self._work = task

        def done(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                logger.error("an exchange failed; the connection is closed", exc_info=task.exception())
                self._fault()

        task.add_done_callback(done)

    def _note(self, order: Order) -> None:
        """Tell the journal, once, when it is known that it may be reached and what its answer leads to."""
        if self._decision is not None and not self._reads:
            decision, self._decision = self._decision, None
            self._front.addon.notes.note(order.request, decision, order.request.device)
            self.stay.turn_to(order.use(decision))

    async def _dial(self, order: Order, known: tuple[IP, ...] | None) -> None:
        addon = self._front.addon
        host, port = order.address.host, order.port
        names = addon.judge.rules.policy.names
        try:
            addresses = known or await find_addresses(host, port, addon.reach, names, addon.resolver)
        except UnreachableError as error:
            if error.refused is None:
                self._error(502, str(error))
            else:
                self._block(order, inside(error.refused))
                self.data_received(b"")
            return
        self._note(order)
        try:
            origin = await dial(addresses, port, lambda: Origin((host, port)))
        except OSError as error:
            self._error(502, str(error))
            return
        if self.transport.is_closing():
            origin.abort()
            return
        self._origin = origin
        self._ask(order, origin)

    def _ask(self, order: Order, origin: Origin) -> None:
        self._body_left = order.length
        if self._reads and self._decision is not None:
            held = HeldExchange(self, origin, Asked(order.request, self._decision), self._front.addon)
            origin.ask(held, narrowed(order.wire()), head_only=False)
        else:
            origin.ask(self, order.wire(), head_only=order.head.method == "HEAD")
        self._pass_body_on()
        self.transport.resume_reading()

    def _pass_body_on(self) -> None:
        if self._body_left and self._origin is not None and not self._origin.idle:
            part = bytes(self._unread[: self._body_left])
            del self._unread[: len(part)]
            self._body_left -= len(part)
            self.stay.up += len(part)
            self._origin.write(part)

    # What an Origin tells (`proxy.origin.Receiver`).

    def send(self, data: bytes) -> None:
        """A part of the answer."""
        self._begun = True
        self.active_at = self._front.now()
        self.stay.down += len(data)
        self.transport.write(data)

    def answered(self, *, reusable: bool, close: bool) -> None:
        """The answer is whole."""
        order, self._order = self._order, None
        if not reusable:
            self._origin = None
        self._busy = self._begun = False
        self.stay.resting = True
        if close or self._finished or self._body_left or order is None or wants_close(order.head):
            self.transport.close()
            return
        self.transport.resume_reading()
        self.data_received(b"")

    def failed(self, why: str, *, begun: bool) -> None:
        """There is no answer: once more on a new connection where an old one had gone, else say so."""
        origin, self._origin = self._origin, None
        order = self._order
        if begun or order is None:
            self.transport.abort()
        elif origin is not None and origin.used and not order.length and order.head.method in _SAFE_TO_REPEAT:
            self.start(self._dial(order, None))
        else:
            self._error(502, why)

    def hold(self, *, back: bool) -> None:
        """The site reads slowly, or again."""
        if back:
            self.transport.pause_reading()
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    def broke(self) -> None:
        """Something of ours broke on the answer's way."""
        self._fault()

    # What a `proxy.held_exchange.HeldExchange` tells.

    def let_in(self, request: Request, decision: Decision) -> None:
        """What was read, or need not be, is let in: it is noted now."""
        self._reads = False
        if self._order is not None:
            self._decision = decision
            self._note(self._order._replace(request=request))

    def keep_out(self, request: Request, decision: Decision) -> None:
        """What was read is not let in: the block page takes its place."""
        if self._origin is not None:
            self._origin.abort()
            self._origin = None
        if self._order is not None:
            self._reads = False
            self._block(self._order._replace(request=request), decision)
            self.data_received(b"")

    def cut_off(self) -> None:
        """What flows by says too much: nothing more of it."""
        self.transport.abort()
