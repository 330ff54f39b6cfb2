"""An answer read at the desk: between a site and its client, held until it is known whether it is let in.

Plain HTTP without mitmproxy. What is read, and what that leads to, is `proxy.perusal`'s.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from proxy.origin import Receiver
from proxy.perusal import Held, narrow, plan, unread
from proxy.readers import UnreadError
from proxy.reading import read_at_once
from proxy.searching import is_forced
from proxy.streaming import Listener
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from proxy.hooks import StairgateAddon
    from proxy.order import Order
    from proxy.origin import Origin
    from proxy.perusal import Asked
    from proxy.reading import Answer, Findings
    from rules.decide import Decision, Request
    from rules.policy import Policy

_CODINGS = re.compile(rb"(?im)^(accept-encoding: *)(.*?)(?=\r\n)")


class Waiter(Receiver, Protocol):
    """Who waits for the answer: `proxy.exchange.Exchange`."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside; it ends with the client."""

    def let_in(self, request: Request, decision: Decision) -> None:
        """It has been read and is let in: note it."""

    def keep_out(self, request: Request, decision: Decision) -> None:
        """It is not let in: send the block page in its place."""

    def cut_off(self) -> None:
        """What flows by says too much: end the connection."""


def is_for_the_desk(order: Order, decision: Decision, policy: Policy) -> bool:
    """Whether an answer that has to be read can be read at the desk: a plain GET that is sent as it is.

    Args:
        order: what is asked for.
        decision: what was decided.
        policy: says who searches in a safe mode: that request is changed, which mitmproxy does.
    """
    person = policy.people.get(order.request.person)
    return (
        order.head.method == "GET"
        and not order.length
        and person is not None
        and not is_forced(order.address, person, decision)
        and "text/event-stream" not in order.head.get(b"accept")
    )


def narrowed(head: bytes) -> bytes:
    """A request's head that offers only codings which can be read here."""
    return _CODINGS.sub(lambda found: found[1] + narrow(found[2].decode("latin-1")).encode("latin-1"), head)


class HeldExchange:
    """Takes what an origin tells, and tells the waiting client the same, later or never."""

    def __init__(self, waiter: Waiter, origin: Origin, asked: Asked, addon: StairgateAddon) -> None:
        """Stand between the two.

        Args:
            waiter: the client's side.
            origin: the site's side; its body is copied from now on.
            asked: what was asked for, and what was decided.
            addon: for the judge, the journal and the readers.
        """
        self._waiter = waiter
        self._origin = origin
        self._asked = asked
        self._addon = addon
        self._parts: list[bytes] = []
        self._held: Held | None = None
        self._listener: Listener | None = None
        self._passes = self._is_being_read = False
        self._end: tuple[bool, bool] | None = None
        self._failure = ""
        origin.copy = bytearray()

    def send(self, data: bytes) -> None:
        """A part of the answer, framed for the client."""
        if self._listener is not None:
            self._listen(self._listener, data)
            return
        if self._passes:
            self._waiter.send(data)
            return
        self._parts.append(data)
        if self._held is None and not self._plan():
            return
        if self._held is not None and not self._is_being_read and self._held.is_enough(self._size()):
            self._read(self._held)

    def answered(self, *, reusable: bool, close: bool) -> None:
        """The answer is whole."""
        if self._passes:
            if self._parts and self._listener is not None and self._catches_up(self._listener):
                return
            self._waiter.answered(reusable=reusable, close=close)
            return
        self._end = reusable, close
        if self._held is not None and not self._is_being_read:
            self._read(self._held)

    def failed(self, why: str, *, begun: bool) -> None:
        """There is no answer, or no more of it."""
        if self._passes:
            self._waiter.failed(why, begun=begun)
        elif self._is_being_read:
            self._failure = why
        else:
            self._origin.copy = None
            self._waiter.failed(why, begun=False)  # the client has seen nothing of it

    def hold(self, *, back: bool) -> None:
        """The site reads slowly, or again."""
        self._waiter.hold(back=back)

    def broke(self) -> None:
        """Something of ours broke."""
        self._waiter.broke()

    def _size(self) -> int:
        return len(self._origin.copy or b"")

    def _plan(self) -> bool:
        """Look at the head; whether the answer is held."""
        origin = self._origin
        found = plan(origin.status, origin.fields, self._asked, self._addon.judge)
        if isinstance(found, Held):
            self._held = found
            return True
        self._waiter.let_in(self._asked.request, self._asked.decision)
        if found is not None:
            self._listener = Listener(self._asked.request, found, self._addon.judge, self._addon.notes)
            first, self._parts = b"".join(self._parts), []
            self._passes = True
            self._listen(self._listener, first)
        else:
            self._pass()
        return False

    def _listen(self, listener: Listener, data: bytes) -> None:
        new = bytes(self._origin.copy or b"")
        self._origin.copy = bytearray()
        self._parts.append(data)
        if new:
            listener(new)
        if listener.cut_off:
            self._waiter.cut_off()
        elif not listener.is_behind:
            parts, self._parts = self._parts, []
            self._waiter.send(b"".join(parts))

    def _catches_up(self, listener: Listener) -> bool:
        """Read what there was no time for, at the end; whether it says too much."""
        listener(b"")
        if listener.cut_off:
            self._waiter.cut_off()
            return True
        parts, self._parts = self._parts, []
        self._waiter.send(b"".join(parts))
        return False

    def _read(self, held: Held) -> None:
        self._is_being_read = True
        answer = held.answer(bytes(self._origin.copy or b""))
        done = read_at_once(answer)
        if done is not None:
            self._conclude(held, done[0])
            return
        transport = self._origin.transport
        if transport is not None and not transport.is_closing():
            transport.pause_reading()
        self._waiter.start(self._read_aside(held, answer))

    async def _read_aside(self, held: Held, answer: Answer) -> None:
        try:
            found = await self._addon.readers.read(answer)
        except UnreadError as error:
            self._waiter.keep_out(self._asked.request, unread(error))
            return
        self._conclude(held, found)

    def _conclude(self, held: Held, found: Findings) -> None:
        request, decision = held.conclude(found, self._addon.judge)
        if decision.action is Action.ALLOW:
            self._waiter.let_in(request, decision)
            if held.then is not None and self._end is None and self._size() < held.most:
                self._listener = Listener(request, held.then, self._addon.judge, self._addon.notes)
                self._listener.skip(bytes(self._origin.copy or b""))
            self._pass()
        else:
            self._waiter.keep_out(request, decision)

    def _pass(self) -> None:
        """Send what was held, and from now on everything as it comes."""
        self._passes = True
        self._origin.copy = None if self._listener is None else bytearray()
        parts, self._parts = self._parts, []
        # First, also where the answer is whole: the connection's next answer must not wait for ever.
        transport = self._origin.transport
        if transport is not None and not transport.is_closing():
            transport.resume_reading()
        self._waiter.send(b"".join(parts))
        if self._end is not None:
            reusable, close = self._end
            self._waiter.answered(reusable=reusable, close=close)
        elif self._failure:
            self._waiter.failed(self._failure, begun=True)
