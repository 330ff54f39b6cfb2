"""mitmproxy inside the gate: a lean master, and one client's connection in its hands.

Hooks go through `proxy.dispatch`'s table; where a layer breaks the client is not left hanging.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Literal

from mitmproxy.master import Master
from mitmproxy.proxy.layer import Layer
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.utils import asyncio_utils

from proxy.dispatch import Table

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from types import TracebackType

    from mitmproxy.addons.proxyserver import Proxyserver
    from mitmproxy.options import Options
    from mitmproxy.proxy.commands import StartHook
    from mitmproxy.proxy.mode_specs import ProxyMode


class LeanMaster(Master):
    """mitmproxy's master with our addons only, and the table their hooks go through."""

    def __init__(self, chosen: Options, proxyserver: Proxyserver, addons: Iterable[object]) -> None:
        super().__init__(chosen)
        self.proxyserver = proxyserver
        self.addons.add(proxyserver, *addons)
        self.table = Table([proxyserver, *addons])


class Connection(ProxyConnectionHandler):
    """One client's connection inside mitmproxy: hooks by the table, and no hanging where a layer breaks."""

    master: LeanMaster

    def __init__(
        self,
        master: LeanMaster,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        mode: ProxyMode,
    ) -> None:
        super().__init__(master, reader, writer, master.options, mode)  # type: ignore[no-untyped-call]

    async def handle_client(self) -> None:
        """Serve the client, findable by its id as long as it is there."""
        try:
            with self.master.proxyserver.register_connection(self.client.id, self):
                await super().handle_client()
        finally:
            _let_go(self.layer)

    def start_task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task of this connection, as mitmproxy starts them."""
        task: asyncio.Task[None] = asyncio_utils.create_task(
            work, name=name, keep_ref=True, client=self.client.peername
        )
        return task

    async def handle_hook(self, hook: StartHook) -> None:
        """Run the handlers of one hook; never raises."""
        if self.master.table.handles(hook.name):
            (data,) = hook.args()
            with self.timeout_watchdog.disarm():
                await self.master.table.run(hook.name, data)

    def log(
        self,
        message: str,
        level: int = logging.INFO,
        exc_info: Literal[True]
        | tuple[type[BaseException], BaseException, TracebackType | None]
        | None = None,
    ) -> None:
        """Keep mitmproxy's chatter out, and drop the connection where one of its layers broke.

        mitmproxy logs "has crashed" and leaves the client hanging until a timeout (measured).
        """
        if level < logging.WARNING:
            return
        super().log(message, level, exc_info)
        if exc_info is not None:
            self.drop()

    def drop(self) -> None:
        """Close the client's connection at once."""
        found = self.transports.get(self.client)
        if found is None:
            return
        if isinstance(found.writer, asyncio.StreamWriter):
            found.writer.transport.abort()
        if found.handler is not None:
            found.handler.cancel("closed by the gate")


def _let_go(top: Layer) -> None:
    """Take a connection's layers apart once it has ended.

    They refer to each other in circles: without this the TLS sessions in them (60 kB a connection) wait for
    the garbage collector, hundreds at a time.
    """
    seen: set[int] = set()
    found: list[Any] = [top, *top.context.layers]
    while found:
        one = found.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        inside = getattr(one, "__dict__", {})
        for value in inside.values():
            if isinstance(value, Layer):
                found.append(value)
            elif isinstance(value, dict):
                found += [each for each in value.values() if isinstance(each, Layer)]
        if "tls" in inside:
            one.tls = None
