"""Listening sockets: bound by the parent, one a worker for each place, and kept while workers come and go.

Each worker has a socket of its own in the port's group (SO_REUSEPORT): the system shares connections out
evenly, and those that arrive while a worker is being replaced wait in its queue.
It knows addresses and sockets only.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKLOG = 1024

type Place = tuple[str, int]


def open_listener(place: Place, *, option: str, shared: bool = False) -> socket.socket:
    """A socket that listens.

    Args:
        place: host (an address) and port; port 0 lets the system choose.
        option: named in complaints.
        shared: others of ours will listen at the same place.

    Raises:
        StairgateError: the port is taken or may not be used (69).
    """
    host, port = place
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off on what is accepted: without, every
    # answer on a kept connection waits 44 ms (measured).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise StairgateError(
            Problem(
                code="cannot-listen",
                place=f"{host}:{port}",
                cause=f"Stairgate can't listen there: {error.strerror or error}.",
                hint=f"Stop what uses the port, or choose another one with {option} HOST:PORT.",
            ),
            exit_code=Exit.MISSING,
        ) from error
    return listener


class Listeners:
    """All places the workers listen at, in the parent."""

    def __init__(self, workers: int) -> None:
        """For so many workers, numbered from 0."""
        self._workers = workers
        self._open: dict[str, list[socket.socket]] = {}

    def open(self, label: str, place: Place, *, option: str) -> Place:
        """Listen at a further place.

        Args:
            label: what the workers call it; new.
            place: host and port; port 0 lets the system choose.
            option: named in complaints.

        Returns:
            Where it listens.

        Raises:
            StairgateError: the port is taken or may not be used (69).
        """
        # Alone first: a second Stairgate of the same account could otherwise join the group unnoticed, and
        # half of its clients would be ours.
        alone = open_listener(place, option=option)
        where = (place[0], int(alone.getsockname()[1]))
        if self._workers == 1:
            self._open[label] = [alone]
            return where
        alone.close()
        sockets: list[socket.socket] = []
        try:
            sockets.extend(open_listener(where, option=option, shared=True) for _ in range(self._workers))
        except StairgateError:
            _close(sockets)
            raise
        self._open[label] = sockets
        return where

    def of(self, worker: int) -> Iterator[tuple[str, socket.socket]]:
        """Label and socket of every place, for one worker."""
        for label, sockets in self._open.items():
            yield label, sockets[worker]

    def labels(self) -> tuple[str, ...]:
        """What is listened at now."""
        return tuple(self._open)

    def close(self, label: str) -> None:
        """Listen there no more; workers close their own copies."""
        _close(self._open.pop(label))

    def close_all(self) -> None:
        """Listen nowhere any more."""
        for label in self.labels():
            self.close(label)

    def turn_away(self, worker: int) -> None:
        """Close what waits for a worker that can't be started: no client is kept waiting in vain."""
        for _, listener in self.of(worker):
            listener.setblocking(False)
            with contextlib.suppress(OSError):
                while True:
                    listener.accept()[0].close()


def _close(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()
