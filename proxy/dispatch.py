"""Hooks through a direct table that fails closed.

mitmproxy walks every addon for every hook, which is half of its CPU on plain HTTP, and where an addon raises
it logs and goes on: the request passes (measured). Here a hook costs one dictionary look-up, and an exception
shuts what it was about: a block where an answer can still be given, no connection where not.

It knows mitmproxy's data objects. It must not know policies.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

from mitmproxy import ctx, hooks, http, tls
from mitmproxy.connection import Client
from mitmproxy.exceptions import AddonHalt
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

logger = logging.getLogger(__name__)

type Handler = Callable[[Any], Awaitable[None] | None]

# Sent when even making a page may be what failed: bytes without any logic behind them.
LAST_RESORT = (
    b'<!doctype html><html lang="en"><meta charset="utf-8">'
    b'<meta name="viewport" content="width=device-width,initial-scale=1">'
    b"<title>The home filter has a fault</title>"
    b"<h1>The home filter has a fault</h1>"
    b"<p>Something in the filter broke, so this page stays closed. It is not your fault. "
    b"Please tell a parent, and try again in a moment.</p></html>"
)

LAST_RESORT_HEADERS = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}


def last_resort() -> http.Response:
    """The answer where the filter itself broke: status 403, never stored."""
    return http.Response.make(403, LAST_RESORT, LAST_RESORT_HEADERS)


class Table:
    """For each hook, the handlers of all addons in order."""

    def __init__(self, addons: Iterable[object]) -> None:
        found: dict[str, list[Handler]] = {}
        for addon in addons:
            for name in hooks.all_hooks:
                handler = getattr(addon, name, None)
                if callable(handler):
                    found.setdefault(name, []).append(handler)
        self._handlers = {name: tuple(handlers) for name, handlers in found.items()}

    def handles(self, name: str) -> bool:
        """Whether any addon wants this hook."""
        return name in self._handlers

    async def run(self, name: str, data: object) -> None:
        """Call the handlers of one hook. Never raises: an exception shuts what `data` is about."""
        later = self.run_now(name, data)
        if later is not None:
            await later

    def run_now(self, name: str, data: object) -> Coroutine[Any, Any, None] | None:
        """The same without waiting: most handlers are done at once.

        Returns:
            What is still to be awaited (and never raises either), or None.
        """
        handlers = self._handlers.get(name, ())
        for place, handler in enumerate(handlers):
            try:
                result = handler(data)
            except AddonHalt:
                return None
            except Exception:
                logger.exception("%s failed; what it was about is shut", name)
                shut(name, data)
                return None
            if result is not None:
                return _run_rest(name, data, result, handlers[place + 1 :])
        return None


async def _run_rest(name: str, data: object, first: Awaitable[None], handlers: tuple[Handler, ...]) -> None:
    try:
        await first
        for handler in handlers:
            result = handler(data)
            if result is not None:
                await result
    except AddonHalt:
        return
    except Exception:
        logger.exception("%s failed; what it was about is shut", name)
        shut(name, data)


def fails_closed[**P](hook: Callable[P, Any]) -> Callable[P, Any]:
    """Guard one hook of an addon, so that it fails closed under stock mitmdump as well.

    Works on methods with one argument besides self, whether they are done at once or return an awaitable.
    """
    name = hook.__name__

    async def finish(result: Awaitable[None], data: object) -> None:
        try:
            await result
        except AddonHalt:
            raise
        except Exception:
            logger.exception("%s failed; what it was about is shut", name)
            shut(name, data)

    @functools.wraps(hook)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Awaitable[None] | None:
        try:
            result = hook(*args, **kwargs)
        except AddonHalt:
            raise
        except Exception:
            logger.exception("%s failed; what it was about is shut", name)
            shut(name, args[-1])
            return None
        return None if result is None else finish(result, args[-1])

    return guarded


def shut(name: str, data: object) -> None:
    """Close what a failed hook was about.

    Args:
        name: the hook.
        data: its argument, one of mitmproxy's objects. What is not known here loses its connection, and where
            there is none to lose, nothing was open.
    """
    match data:
        case http.HTTPFlow() if name == "http_connect" or _can_answer(name, data):
            data.request.stream = False
            data.response = last_resort()
        case http.HTTPFlow():
            if data.killable:
                data.kill()
            abort(data.client_conn)
        case ServerConnectionHookData():
            data.server.error = "the filter has a fault"
            if name != "server_connect":
                abort(data.client)
        case Client():
            data.error = "the filter has a fault"
            abort(data)
        case tls.ClientHelloData() | tls.TlsData() | NextLayer():
            abort(data.context.client)
        case _:
            client = getattr(data, "client_conn", None)
            if isinstance(client, Client):
                abort(client)


def _can_answer(name: str, flow: http.HTTPFlow) -> bool:
    # Until the request has gone out nothing of the origin is there, and a response set now is what is sent.
    return name == "requestheaders" or (name == "request" and not flow.request.stream)


def abort(client: Client) -> None:
    """Drop a client's connection at once; nothing further is read from it or sent to it."""
    proxyserver = ctx.master.addons.get("proxyserver")
    handler = None if proxyserver is None else proxyserver.connections.get(client.id)
    transport = None if handler is None else handler.transports.get(client)
    writer = None if transport is None else transport.writer
    if writer is not None:
        writer.transport.abort()
