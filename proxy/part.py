"""A part of a running Stairgate: a process of its own under the supervisor, and what it does to live there.

Knows processes, signals and heartbeats. What a part works at is its own business (`worker.py`,
`journal/clerk.py`, `console/server.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import logging
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rules.errors import StairgateError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from proxy.board import Board

logger = logging.getLogger(__name__)

BEAT_SECONDS = 0.2
LONGEST_ORDER = 65_536
MOST_DESCRIPTORS = 64
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, linux/prctl.h
_SET_NAME = 15  # PR_SET_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process.

    Attributes:
        name: its slot on the board, such as `worker-1` or `journal`.
        work: what the child does; returns its exit code when it was told to stop.
        patience: seconds without a heartbeat, not counting those in which it got no processor, after which it
            is killed and replaced.
        last: stopped only after all the others have ended, and left to finish when the parent is killed:
            the journal, which writes down what they still said.
    """

    name: str
    work: Callable[[Pulse], int]
    patience: float = 5.0
    last: bool = False


class Pulse:
    """What a part holds of its supervisor, in the child."""

    def __init__(self, name: str, board: Board, lifeline: int, orders: socket.socket) -> None:
        """Take hold.

        Args:
            name: the part's.
            board: where it says how it is.
            lifeline: the reading end of a pipe whose other end only the parent holds.
            orders: where messages of the parent come in, with descriptors; see `Supervisor.order`.
        """
        self.name = name
        self.board = board
        self.orders = orders
        self.before: dict[str, Any] = board.read(name).get("before", {})
        """What the part's predecessor last told; empty at the first start."""
        self._lifeline = lifeline
        self._told: dict[str, Any] = {}
        self._stopping = False

    def beat(self) -> None:
        """Say that the part is alive; at least every `BEAT_SECONDS`."""
        self.board.beat(self.name)

    def tell(self, **facts: Any) -> None:
        """Say how the part is; `ready=True` once it does its work. Earlier facts stay."""
        told = self._told | facts
        if told != self._told:
            self._told = told
            self.board.write(self.name, told)

    @property
    def stopping(self) -> bool:
        """Whether the part has been told to end, or its parent is gone."""
        return self._stopping or bool(select.select([self._lifeline], [], [], 0)[0])

    def stop(self) -> None:
        """Take note that the part has been told to end."""
        self._stopping = True

    def obey(self, take: Callable[[dict[str, Any], list[int]], None]) -> None:
        """Call `take` with every message of the parent and the descriptors that came with it, on the loop."""

        def read() -> None:
            text, descriptors, _, _ = socket.recv_fds(self.orders, LONGEST_ORDER, MOST_DESCRIPTORS)
            if text:
                take(json.loads(text), descriptors)
            else:
                asyncio.get_running_loop().remove_reader(self.orders)

        asyncio.get_running_loop().add_reader(self.orders, read)

    @contextlib.contextmanager
    def on_loop(self, stop: Callable[[], None], facts: Callable[[], dict[str, Any]] = dict) -> Iterator[None]:
        """Beat from the running event loop, and call `stop` once when the part has to end.

        The loop itself beats: one that is held up falls silent, which is what a heartbeat is for.

        Args:
            stop: ends the part's work; on the loop.
            facts: what to tell with each beat.
        """
        loop = asyncio.get_running_loop()

        def beat() -> None:
            self.beat()
            self.tell(**facts())
            timers[:] = [loop.call_later(BEAT_SECONDS, beat)]

        def end() -> None:
            loop.remove_reader(self._lifeline)
            if not self._stopping:
                self.stop()
                stop()

        timers: list[asyncio.Handle] = [loop.call_soon(beat)]
        loop.add_signal_handler(signal.SIGTERM, end)
        loop.add_reader(self._lifeline, end)
        try:
            yield
        finally:
            timers[0].cancel()
            loop.remove_reader(self._lifeline)
            loop.remove_signal_handler(signal.SIGTERM)


def enter(part: Part, pulse: Pulse, parent: int) -> int:
    """Run a part in a child that was just forked.

    Args:
        part: what to run.
        pulse: what it holds of its supervisor.
        parent: the supervisor's process id.

    Returns:
        The exit code.
    """
    # Ctrl-C reaches every process of a terminal; the parent tells its children in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: pulse.stop())
    _ask_system(_SET_NAME, part.name.encode("ascii")[:15])  # as `ps` and `top` show it
    if not part.last:
        _ask_system(_DEATH_SIGNAL, signal.SIGKILL)  # when the parent dies, however that happens
    if os.getppid() != parent:  # it died before we could ask to be told
        return 0
    return part.work(pulse)


def run_task(pulse: Pulse, make: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run one coroutine as a part until told to stop; it is cancelled then.

    Args:
        pulse: of the part.
        make: begins the work; called on the event loop.
    """

    async def work() -> None:
        task = asyncio.ensure_future(make())

        def stop() -> None:
            task.cancel()

        with pulse.on_loop(stop, lambda: {"ready": True}), contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(work())
    return 0


def _ask_system(what: int, value: int | bytes) -> None:
    """One prctl(2). Linux only: elsewhere the lifeline ends a part, as long as its event loop answers."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(what, value)


def complain(name: str, error: BaseException) -> int:
    """Say why a part ended, and give the exit code it ends with."""
    if isinstance(error, StairgateError):
        print(error, file=sys.stderr)  # noqa: T201 - what a parent or an administrator has to mend
        return int(error.exit_code)
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0
    logger.error("%s failed", name, exc_info=error)
    return 70  # EX_SOFTWARE of sysexits.h
