"""Who is behind the connections that mitmproxy holds, and the password it asks for where one is wanted.

The desk says who it is at the hand-over; under stock mitmdump a connection is met here for the first time.
Knows mitmproxy's clients and flows; who is who is the reception's matter.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

from mitmproxy import http

from proxy.dispatch import abort
from proxy.logins import CHALLENGE
from proxy.reception import CHALLENGED
from proxy.stay import Stay, Use
from proxy.upload import bound_upload
from proxy.wire import PLAIN, WHO_IS_THERE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from mitmproxy.connection import Client

    from proxy.identity import Asker
    from proxy.reception import Reception, Visitor

    type GoOn = Callable[[http.HTTPFlow, Asker], Awaitable[None] | None]


_MOST_ENDED = 8  # flows that have ended and are still remembered, before they are sorted out


class Guest(Stay):
    """One connection that mitmproxy holds, and what it is used for now."""

    __slots__ = ("_going_on",)

    def __init__(self, visitor: Visitor, drop: Callable[[], None]) -> None:
        super().__init__(visitor, drop)
        self._going_on: list[tuple[http.HTTPFlow, Use]] = []

    def uses(self) -> tuple[Use, ...]:
        """What is being asked for or answered."""
        self._going_on = [pair for pair in self._going_on if _goes_on(pair[0])]
        return tuple(use for _, use in self._going_on)

    def begin(self, flow: http.HTTPFlow, use: Use) -> None:
        """A request was let through."""
        if len(self._going_on) > _MOST_ENDED:
            self.uses()
        self._going_on.append((flow, use))
        self.turn_to(use)


def _goes_on(flow: http.HTTPFlow) -> bool:
    """Whether more of a flow is to come."""
    if flow.error is not None:
        return False
    if flow.websocket is not None:
        return flow.websocket.timestamp_end is None
    return flow.response is None or flow.response.timestamp_end is None


class Guests:
    """The visitors of mitmproxy's connections, by the connection's id."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._guests: dict[str, Guest] = {}

    @contextlib.contextmanager
    def knows(self, client: Client, guest: Guest) -> Iterator[None]:
        """For as long as a connection is served: who is behind it."""
        self._guests[client.id] = guest
        try:
            yield
        finally:
            self.forget(client)

    def forget(self, client: Client) -> None:
        """A connection is gone."""
        self._guests.pop(client.id, None)

    def guest(self, client: Client) -> Guest:
        """A connection; under stock mitmdump it is met here for the first time."""
        guest = self._guests.get(client.id)
        if guest is None:
            visitor = self._reception.take_in(client.peername, client.sockname)
            guest = self._guests[client.id] = Guest(visitor, functools.partial(abort, client))
        return guest

    def visitor(self, client: Client) -> Visitor:
        """Who is behind a connection."""
        return self.guest(client).visitor

    def all(self) -> tuple[Guest, ...]:
        """Every connection that is there now."""
        return tuple(self._guests.values())

    def when_known(self, flow: http.HTTPFlow, go_on: GoOn) -> Awaitable[None] | None:
        """Go on with who asks; or ask for name and password.

        Args:
            flow: a request of which the head is there.
            go_on: what is to be done with it; may leave the rest to an awaitable.

        Returns:
            None where that is done; else what does the rest: a password has yet to be checked.
        """
        visitor = self.visitor(flow.client_conn)
        header = flow.request.headers.get("proxy-authorization", "")
        asker = self._reception.answer(visitor, header)
        if asker is None:
            return self._check_first(flow, visitor, header, go_on)
        if asker is CHALLENGED:
            _challenge(flow)
            return None
        return go_on(flow, asker)

    async def _check_first(self, flow: http.HTTPFlow, visitor: Visitor, header: str, go_on: GoOn) -> None:
        asker = await self._reception.check(visitor, header)
        if asker is CHALLENGED:
            _challenge(flow)
            return
        later = go_on(flow, asker)
        if later is not None:
            await later


def _challenge(flow: http.HTTPFlow) -> None:
    flow.request.stream = False
    flow.response = http.Response.make(407, WHO_IS_THERE, PLAIN | {"proxy-authenticate": CHALLENGE})
    bound_upload(flow, abort)
