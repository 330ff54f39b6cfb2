"""Serves the console from a thread of its own, so that neither it nor the gate holds up the other."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from rules.errors import Problem, StairgateError
from rules.exits import Exit

from .app import make_app
from .door import hosts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.journal.writer import Journal
    from proxy.live import Live

_STOP_SECONDS = 3


def listen_on(place: tuple[str, int], *, option: str) -> socket.socket:
    """A listening socket, bound before anything else starts, so that a taken port is noticed first.

    Args:
        place: host and port; port 0 lets the system choose.
        option: named in complaints.

    Raises:
        StairgateError: the port is taken or may not be used (69).
    """
    host, port = place
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise StairgateError(
            Problem(
                code="cannot-listen",
                place=f"{host}:{port}",
                cause=f"The console can't listen there: {error.strerror or error}.",
                hint=f"Stop what uses the port, or choose another one with {option} HOST:PORT.",
            ),
            exit_code=Exit.MISSING,
        ) from error
    return listener


class Console:
    """The console of a running gate."""

    def __init__(
        self, listener: socket.socket, live: Live, journal: Journal, *, key: str, proxy: str
    ) -> None:
        """Put it together; `running` serves it.

        Args:
            listener: where it listens.
            live: the rules in force.
            journal: what happened.
            key: what opens it.
            proxy: where the gate listens, for the page.
        """
        host, port = listener.getsockname()[:2]
        self.link = f"http://{f'[{host}]' if ':' in host else host}:{port}/?key={key}"
        """What a parent opens."""
        self._listener = listener
        self._gate_gone = threading.Event()
        application = make_app(
            live,
            journal,
            key=key,
            hosts=hosts_of(host, port),
            proxy=proxy,
            alive=lambda: not self._gate_gone.is_set(),
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                log_level="critical",
                access_log=False,  # the first address holds the key
                server_header=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
                lifespan="off",
            )
        )

    def gate_is_gone(self) -> None:
        """Let the page say that the gate no longer serves."""
        self._gate_gone.set()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve while the block runs."""
        thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="console", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self._server.should_exit = True
            thread.join(timeout=_STOP_SECONDS + 1)
