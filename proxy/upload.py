"""The bound on a blocked upload: swallowed so that the client gets its page, but not without end.

A client that is still sending reads no answer, and dropping its connection would cost it the page. So
the body of a blocked request is read and thrown away up to a bound; beyond it the connection is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitmproxy import ctx
from mitmproxy.proxy import events

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy.connection import Client
    from mitmproxy.http import HTTPFlow
    from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

MOST = 32 * 1024 * 1024
"""Bytes of a blocked upload that are swallowed. mitmproxy holds them in memory until the body ends."""


def bound_upload(flow: HTTPFlow, drop: Callable[[Client], None], most: int = MOST) -> None:
    """Watch what a client still sends after its request was blocked.

    Args:
        flow: the blocked flow; its body has yet to come.
        drop: called with the client when the bound is passed.
        most: the bound in bytes.
    """
    length = flow.request.headers.get("content-length", "")
    if length.isdigit() and int(length) <= most:
        return  # the length is enforced by the parser
    if not length and flow.request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    client = flow.client_conn
    handler = _handler(client)
    if handler is None:
        return
    left = most
    pass_on = handler.server_event

    async def count(event: events.Event) -> None:
        nonlocal left
        if isinstance(event, events.DataReceived) and event.connection is client:
            left -= len(event.data)
            if left < 0:
                drop(client)
                return
        await pass_on(event)

    # On this one connection only, and only as long as the upload lasts.
    handler.server_event = count  # type: ignore[method-assign]


def release_upload(client: Client) -> None:
    """The upload is over: stop counting."""
    handler = _handler(client)
    if handler is not None:
        handler.__dict__.pop("server_event", None)


def _handler(client: Client) -> ProxyConnectionHandler | None:
    proxyserver = ctx.master.addons.get("proxyserver")
    found = None if proxyserver is None else proxyserver.connections.get(client.id)
    handler: ProxyConnectionHandler | None = found
    return handler
