"""Who is behind the connections that mitmproxy holds, and the password it asks for where one is wanted.

The desk says who it is at the hand-over; under stock mitmdump a connection is met here for the first time.
Knows mitmproxy's clients and flows; who is who is the reception's matter.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mitmproxy import http

from proxy.dispatch import abort
from proxy.logins import CHALLENGE
from proxy.reception import CHALLENGED
from proxy.upload import bound_upload
from proxy.wire import PLAIN, WHO_IS_THERE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from mitmproxy.connection import Client

    from proxy.identity import Asker
    from proxy.reception import Reception, Visitor

    type GoOn = Callable[[http.HTTPFlow, Asker], Awaitable[None] | None]


class Guests:
    """The visitors of mitmproxy's connections, by the connection's id."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._visitors: dict[str, Visitor] = {}

    @contextlib.contextmanager
    def knows(self, client: Client, visitor: Visitor) -> Iterator[None]:
        """For as long as a connection is served: who is behind it."""
        self._visitors[client.id] = visitor
        try:
            yield
        finally:
            self.forget(client)

    def forget(self, client: Client) -> None:
        """A connection is gone."""
        self._visitors.pop(client.id, None)

    def visitor(self, client: Client) -> Visitor:
        """Who is behind a connection."""
        visitor = self._visitors.get(client.id)
        if visitor is None:
            visitor = self._reception.take_in(client.peername, client.sockname)
            self._visitors[client.id] = visitor
        return visitor

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
