"""Three small replacements in mitmproxy: error pages, dials to checked addresses, and framed bodies.

Each is installed once a process, by name, and leaves everything else as it is. Where a mitmproxy does not
have the function any more, its own stays: plainer pages, and (dialling) no connection at all, because
`StairgateAddon.server_connected` drops what was not checked.
"""

from __future__ import annotations

import functools
import math
import socket
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mitmproxy import http
from mitmproxy.net.http.http1 import assemble_response
from mitmproxy.proxy.layers.http import _http1, _http2
from mitmproxy.proxy.layers.http._events import RequestHeaders, RequestTrailers

from proxy.dial import ALL, within
from proxy.pages import render_error

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from proxy.reach import IP

UNREACHABLE = "stairgate-refused: "
"""How an upstream error begins that is a refusal of ours; the error page tells the two apart by it."""

# The addresses that were checked for the dial this task is about to make; see `server_connect`.
CHECKED: ContextVar[tuple[IP, ...] | None] = ContextVar("CHECKED", default=None)
# When the time for the dial of this task is over, on the loop's clock.
_UNTIL: ContextVar[float] = ContextVar("_UNTIL", default=math.inf)


def install_pages() -> None:
    """Replace mitmproxy's error pages by ours, over HTTP/1 and HTTP/2."""
    if hasattr(_http1, "make_error_response"):
        _http1.make_error_response = _error_response
    if hasattr(_http2, "format_error"):
        _http2.format_error = _error_body


def _error_response(status_code: int, message: str = "") -> bytes:
    status = 403 if UNREACHABLE in message else status_code
    response = http.Response.make(
        status,
        _error_body(status, message),
        {"content-type": "text/html; charset=utf-8", "cache-control": "no-store", "connection": "close"},
    )
    return bytes(assemble_response(response))


def _error_body(status_code: int, message: str) -> bytes:
    refused = message.partition(UNREACHABLE)[2] if UNREACHABLE in message else ""
    return render_error(status_code, message, refused)


def install_framing() -> None:
    """Let a body that came over HTTP/2 without a length go to an HTTP/1 site in chunks.

    mitmproxy sends it without any framing (measured, 12.2.3): the site takes the body for a further request,
    which nobody has decided on. Fields behind a body, at which it breaks and drops the client, are left out,
    as any proxy may (RFC 9110 section 6.5.1). Without the function there is no gate: it is not asked for.
    """
    stock = _http1.Http1Client.send
    if not hasattr(stock, "__wrapped__"):
        _http1.Http1Client.send = _framed(stock)  # type: ignore[method-assign,assignment]


def _framed(stock: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    @functools.wraps(stock)
    def send(client: Any, event: Any) -> Iterator[Any]:
        if isinstance(event, RequestTrailers):
            return
        if isinstance(event, RequestHeaders) and not event.end_stream:
            head = event.request.headers
            if "content-length" not in head and "transfer-encoding" not in head:
                request = event.request.copy()
                request.headers["transfer-encoding"] = "chunked"
                event = replace(event, request=request)
        yield from stock(client, event)

    return send


def install_dialling(loop: asyncio.AbstractEventLoop) -> None:
    """Let the dials of mitmproxy's tasks use the addresses that were checked for them.

    asyncio asks `loop.getaddrinfo` for a name it dials, and `loop.sock_connect` for each of its addresses.
    Only a task in which `server_connect` has left addresses is answered from there; everything else on the
    loop (list downloads, the console) is untouched, but for the bound on one address.
    """
    if getattr(loop, "_stairgate_dialling", False):
        return
    ask, connect = loop.getaddrinfo, loop.sock_connect

    async def answer(host: Any, port: Any, **wanted: Any) -> list[Any]:
        checked = CHECKED.get()
        if checked is None:
            return list(await ask(host, port, **wanted))
        if not checked:
            raise OSError("no address may be dialled")
        _UNTIL.set(loop.time() + ALL)
        return [_row(ip, int(port)) for ip in checked]

    async def bounded(sock: Any, address: Any) -> None:
        # mitmproxy sets no bound, and the system's own is two minutes for each address.
        async with within(_UNTIL.get()):
            await connect(sock, address)

    loop.sock_connect = bounded  # type: ignore[method-assign]
    loop.getaddrinfo = answer  # type: ignore[method-assign]
    loop._stairgate_dialling = True  # type: ignore[attr-defined]  # noqa: SLF001 - our own mark


def _row(ip: IP, port: int) -> tuple[int, int, int, str, tuple[Any, ...]]:
    if ip.version == 4:
        return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(ip), port)
    return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(ip), port, 0, 0)
