"""The ports that stand for a person (`devices: [port:8091]`): open as long as the policy names them.

In the parent: it binds them beside the port of `--listen`, so that they outlive any worker, and tells the
workers. It knows ports and labels; whose a port is, is `proxy.identity`'s matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rules.errors import StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from proxy.listening import Listeners, Place
    from rules.errors import Problem

    type Order = Callable[[int, dict[str, Any], Sequence[socket.socket]], None]

_PREFIX = "port:"


class PersonPorts:
    """What is listened at for people, and how it follows the policy."""

    def __init__(self, listeners: Listeners, beside: Place, workers: int) -> None:
        """Begin with no port.

        Args:
            listeners: where ports are opened.
            beside: the place of `--listen`: its address is theirs, and its port is open anyway.
            workers: how many, numbered from 0.
        """
        self._listeners = listeners
        self._beside = beside
        self._workers = workers
        self._wanted: frozenset[int] = frozenset()

    def follow(self, ports: frozenset[int], order: Order = lambda _worker, _message, _sockets: None) -> None:
        """Listen at these ports and at no others; what could not be opened is tried again at the next change.

        Args:
            ports: of the policy in force.
            order: sends a message and sockets to a worker that is running.

        Raises:
            StairgateError: ports that are taken or may not be used, all of them (69); the others are open.
        """
        wanted = ports - {self._beside[1]}
        if wanted == self._wanted:
            return
        self._wanted = wanted
        open_now = {label for label in self._listeners.labels() if label.startswith(_PREFIX)}
        asked_for = {f"{_PREFIX}{port}": port for port in sorted(wanted)}
        problems: list[Problem] = []
        for label in sorted(open_now - asked_for.keys()):
            self._listeners.close(label)
            for worker in range(self._workers):
                order(worker, {"shut": [label]}, ())
        for label in asked_for.keys() - open_now:
            try:
                self._listeners.open(label, (self._beside[0], asked_for[label]), option="devices: [port:…]")
            except StairgateError as error:
                problems += error.problems
                continue
            for worker in range(self._workers):
                (listener,) = (one for name, one in self._listeners.of(worker) if name == label)
                order(worker, {"listen": [label]}, [listener])
        if problems:
            raise StairgateError(*problems, exit_code=Exit.MISSING)
