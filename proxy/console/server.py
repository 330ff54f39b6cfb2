"""Serves the console in a process of its own, so that neither it nor the gate can hold up the other."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import uvicorn

from proxy.journal.store import open_engine

from .app import make_app
from .condition import Condition
from .door import hosts_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from fastapi import FastAPI

    from proxy.live import Live
    from proxy.part import Pulse

_STOP_SECONDS = 1


class Server(uvicorn.Server):
    """uvicorn that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def make_server(application: FastAPI) -> Server:
    """A server for the console's application."""
    return Server(
        uvicorn.Config(
            application,
            log_level="critical",
            access_log=False,  # the first address holds the key
            server_header=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
            lifespan="off",
        )
    )


def link(listener: socket.socket, key: str) -> str:
    """What a parent opens."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/?key={key}"


def serve(pulse: Pulse, *, listener: socket.socket, live: Live, key: str, proxy: str) -> int:
    """Serve the console until told to stop.

    Args:
        pulse: of this part.
        listener: where it listens.
        live: the rules in force when it was forked; watched from here on.
        key: what opens it.
        proxy: where the gate listens, for the page.

    Raises:
        StairgateError: the journal can't be read (65, 69).
    """
    live.refresh()
    host, port = listener.getsockname()[:2]
    application = make_app(
        live,
        open_engine(live.home.journal),
        key=key,
        hosts=hosts_of(host, port),
        proxy=proxy,
        condition=Condition(pulse.board),
    )
    asyncio.run(_serve(pulse, make_server(application), listener, live))
    return 0


async def _serve(pulse: Pulse, server: Server, listener: socket.socket, live: Live) -> None:
    def stop() -> None:
        server.should_exit = True

    with pulse.on_loop(stop, lambda: {"ready": server.started, "rules": repr(live.settled)}):
        watching = asyncio.create_task(live.watch())
        await server.serve(sockets=[listener])
        watching.cancel()
