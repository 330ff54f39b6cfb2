"""Taking clients in at one place, and turning them away where there is no room.

asyncio's own server leaves those whom it has no descriptor for waiting, and writes a thousand lines about it.
Here one descriptor is kept in reserve: with it such a client is taken and closed at once. It knows sockets.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_AT_ONCE = 64  # clients taken before anyone else on the loop has a turn
_TOLD_SECONDS = 60.0


class Intake:
    """One listening socket on the running event loop."""

    def __init__(self, listener: socket.socket, make: Callable[[], asyncio.Protocol]) -> None:
        """Take the socket; nobody is answered before `start`.

        Args:
            listener: listens already.
            make: makes the protocol of a client.
        """
        listener.setblocking(False)
        host, port = listener.getsockname()[:2]
        self.place: tuple[str, int] = str(host), int(port)
        """Host and port."""
        self._listener = listener
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[object]] = set()
        self._reserve = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._told_at = -_TOLD_SECONDS

    def start(self) -> None:
        """Answer clients from now on."""
        self._loop.add_reader(self._listener, self._take)

    def close(self) -> None:
        """Answer no new clients. May be called twice."""
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            os.close(self._reserve)

    def _take(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                client, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._turn_away(error)
                return
            client.setblocking(False)
            task: asyncio.Task[object] = self._loop.create_task(
                self._loop.connect_accepted_socket(self._make, client)
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _turn_away(self, error: OSError) -> None:
        """Close those who wait and for whom there is no descriptor."""
        now = time.monotonic()
        if now - self._told_at >= _TOLD_SECONDS:
            self._told_at = now
            logger.warning("clients are turned away: %s", error)
        os.close(self._reserve)
        try:
            for _ in range(_AT_ONCE):
                self._listener.accept()[0].close()
        except OSError:
            pass  # nobody waits any more, or not even this descriptor was free
        finally:
            self._reserve = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
