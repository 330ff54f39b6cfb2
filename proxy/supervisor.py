"""The supervisor: parent of all parts. Forks them, watches their hearts, replaces what is dead or stalled.

Everything is loaded and every port is bound before the first fork, and the parent keeps both: a part that
takes another's place starts in milliseconds, and whoever knocks in between waits in the port's queue. The
parent has no event loop and no thread (a fork would copy their locks), and no traffic passes through it.
It knows parts and processes. It must not know gates, journals or policies.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import select
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

from proxy.part import Pulse, complain, enter
from proxy.seat import Seat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from proxy.board import Board
    from proxy.part import Part

logger = logging.getLogger(__name__)

OWN_SLOT = "supervisor"
"""The board's slot in which the supervisor says how all parts are."""
_TICK = 0.1
_STOP_SECONDS = 5.0
_BROKEN = 70  # EX_SOFTWARE of sysexits.h


class Supervisor:
    """Use: make it, then `run()` until `stop()` or a signal."""

    def __init__(
        self,
        all_parts: Sequence[Part],
        board: Board,
        *,
        on_ready: Callable[[], None] = lambda: None,
        on_tick: Callable[[], None] = lambda: None,
        on_failing: Callable[[str], None] = lambda _name: None,
    ) -> None:
        """Take the parts; nothing is started yet.

        Args:
            all_parts: in the order in which they are started.
            board: with a slot for each, and `OWN_SLOT`.
            on_ready: called once, when all parts have said that they are ready.
            on_tick: called ten times a second; must be quick.
            on_failing: called at every tick with the name of a part that starting anew has not mended.
        """
        self.seats = {one.name: Seat(part=one) for one in all_parts}
        self.board = board
        self._on_ready, self._on_tick, self._on_failing = on_ready, on_tick, on_failing
        self._stopping = self._greeted = False
        self._code = 0
        self._lifeline, self._life = os.pipe()
        self._alarm, self._bell = socket.socketpair()
        self._said: dict[str, Any] = {}

    def run(self) -> int:
        """Start everything and keep it running until told to stop.

        Returns:
            0; or the code of a part that ended before everything had started once.
        """
        with self._signals():
            try:
                gc.collect()
                gc.freeze()  # pages of what is loaded stay shared: the collector no longer writes into them
                for seat in self.seats.values():
                    self._fork(seat)
                last = time.monotonic()
                while not self._stopping:
                    self._wait()
                    now = time.monotonic()
                    # Time in which this process itself got no turn says nothing about the others.
                    self._look(now, min(now - last, 2.5 * _TICK))
                    last = now
            finally:
                self._end_all()
        return self._code

    def stop(self, code: int = 0) -> None:
        """End all parts in order and return from `run`."""
        self._stopping = True
        self._code = self._code or code

    def order(self, name: str, message: dict[str, Any], descriptors: Sequence[int] = ()) -> bool:
        """Send a message to a part, with open descriptors such as listening sockets; see `Pulse.obey`.

        Args:
            name: the part's.
            message: anything JSON can say, under 64 kB.
            descriptors: at most 64; the part gets copies of its own.

        Returns:
            Whether it was sent. A part that is being replaced does not get it: what it says must be known to
            whoever is forked next.
        """
        orders = self.seats[name].orders
        if orders is None:
            return False
        try:
            socket.send_fds(orders, [json.dumps(message).encode("ascii")], list(descriptors))
        except OSError as error:
            logger.warning("%s did not take an order: %s", name, error)
            return False
        return True

    def _look(self, now: float, passed: float) -> None:
        """One look at all parts."""
        self._bury(now)
        for name, seat in self.seats.items():
            if seat.pid:
                if seat.hear(now, passed, self.board):
                    _signal(seat, signal.SIGKILL)
            elif seat.due <= now and not self._stopping:
                self._fork(seat)
            if seat.failing:
                _guarded(self._on_failing, name)
        if not self._greeted and all(seat.ready for seat in self.seats.values()):
            self._greeted = True
            _guarded(self._on_ready)
        _guarded(self._on_tick)
        self._publish()

    def _fork(self, seat: Seat) -> None:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mine.setblocking(False)
        told = self.board.read(seat.part.name)
        self.board.write(seat.part.name, {"before": told.pop("before", {}) | told})
        _flush()  # else the child would print it again
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(seat, mine, theirs, parent)
        theirs.close()
        seat.take(pid, mine, time.monotonic(), self.board)

    def _become(self, seat: Seat, mine: socket.socket, theirs: socket.socket, parent: int) -> None:
        """The child's life; never returns."""
        code = _BROKEN
        try:
            signal.set_wakeup_fd(-1)
            os.close(self._life)
            for end in (mine, self._alarm, self._bell, *(one.orders for one in self.seats.values())):
                if end is not None:
                    end.close()
            code = enter(seat.part, Pulse(seat.part.name, self.board, self._lifeline, theirs), parent)
        except BaseException as error:  # noqa: BLE001 - nothing of the parent's stack may run in the child
            code = complain(seat.part.name, error)
        finally:
            _flush()
            os._exit(code)

    def _bury(self, now: float) -> None:
        for seat in self.seats.values():
            if not seat.pid or (status := _ended(seat.pid)) is None:
                continue
            code = seat.leave(status, now)
            if self._stopping:
                continue
            if not self._greeted:
                self.stop(code if code > 0 else _BROKEN)
                continue
            logger.warning("%s %s; it is replaced", seat.part.name, seat.why)
            if seat.due <= now:
                self._fork(seat)

    def _publish(self) -> None:
        said = {
            name: {
                "ready": seat.ready,
                "pid": seat.pid,
                "restarts": seat.restarts,
                "failing": seat.failing,
                "why": seat.why,
            }
            for name, seat in self.seats.items()
        }
        if said != self._said:
            self._said = said
            self.board.write(OWN_SLOT, {"parts": said})
        self.board.beat(OWN_SLOT)

    def _end_all(self) -> None:
        self._stopping = True
        for last in (False, True):
            seats = [seat for seat in self.seats.values() if seat.part.last is last]
            for seat in seats:
                _signal(seat, signal.SIGTERM)
            until = time.monotonic() + _STOP_SECONDS * (2 if last else 1)
            while any(seat.pid for seat in seats) and time.monotonic() < until:
                self._wait()
                self._bury(time.monotonic())
            for seat in seats:
                _signal(seat, signal.SIGKILL)
                if seat.pid:
                    os.waitpid(seat.pid, 0)
                    seat.pid = 0

    def _wait(self) -> None:
        """Sleep for a tick, or until a signal (a child's end is one)."""
        if select.select([self._alarm], [], [], _TICK)[0]:
            with contextlib.suppress(BlockingIOError):
                self._alarm.recv(4096)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        self._alarm.setblocking(False)
        self._bell.setblocking(False)
        before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        old = signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._alarm.close()
            self._bell.close()
            os.close(self._life)
            os.close(self._lifeline)

    def _take(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self.stop()


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)


def _signal(seat: Seat, number: signal.Signals) -> None:
    if seat.pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(seat.pid, number)


def _guarded[**P](work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Whatever the parent is asked to do besides must not end it."""
    try:
        work(*args, **kwargs)
    except Exception:
        logger.exception("the supervisor goes on")


def _ended(pid: int) -> int | None:
    """A child's wait status where it has ended."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return status if found else None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
