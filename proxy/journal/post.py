"""A worker's way to the journal: records go through a socket to the one process that writes them.

Never waits and needs no disk. What the journal can't take at the moment waits here, up to a bound; beyond it
records are lost and counted. It knows the wire's form; `clerk.py` is the other end.
"""

from __future__ import annotations

import asyncio
import marshal
import socket
import time
from collections import deque
from typing import TYPE_CHECKING

from .record import Row, is_row, note

if TYPE_CHECKING:
    from collections.abc import Callable

    from rules.decide import Decision, Request
    from rules.policy import JournalLevel

LONGEST = 120_000
"""Bytes of one message; several fit into a socket's buffer everywhere."""
_QUEUE_LENGTH = 20_000
_BATCH = 256
_SOON = 0.05  # what is noted within it after another travels together: the journal wakes 20 times a second
_RETRY = 0.1
_CLOSE_SECONDS = 2.0


def _now() -> int:
    return time.time_ns() // 1000


def make_channel() -> tuple[socket.socket, socket.socket]:
    """Both ends of the way: what workers write to, and what the journal reads from.

    Whole messages only, from any number of writers; what is under way stays in the system's buffer while
    either end is replaced, because the parent keeps both.
    """
    writing, reading = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end, option in ((writing, socket.SO_SNDBUF), (reading, socket.SO_RCVBUF)):
        end.setsockopt(socket.SOL_SOCKET, option, 8 * LONGEST)
        end.setblocking(False)
    return writing, reading


class Post:
    """What a worker tells its decisions; lives on its event loop."""

    def __init__(
        self,
        channel: socket.socket,
        *,
        level: Callable[[str], JournalLevel],
        clock: Callable[[], int] = _now,
        queue_length: int = _QUEUE_LENGTH,
        lost: int = 0,
    ) -> None:
        """Open the way.

        Args:
            channel: the writing end.
            level: how much of an address is kept for a person, asked at every record.
            clock: gives the time of a record, in microseconds since 1970.
            queue_length: how many records may wait here.
            lost: records that were lost before.
        """
        self.lost = lost
        """Records that could not be handed on."""
        self._channel = channel
        self._level = level
        self._clock = clock
        self._waiting: deque[Row] = deque()
        self._room = queue_length
        self._timer: asyncio.TimerHandle | None = None
        self._sent = 0.0

    def note(self, request: Request, decision: Decision, device: str = "") -> None:
        """Write down a decision, as far as the policy and the rules of the journal let us. Never waits."""
        row = note(
            request,
            decision,
            at=self._clock(),
            device=device or request.device,
            level=self._level(request.person),
        )
        if row is None:
            return
        if len(self._waiting) >= self._room:
            self.lost += 1
            return
        self._waiting.append(row)
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._sent + _SOON - loop.time()
        if wait > 0:
            self._timer = loop.call_later(wait, self._send)
        else:
            self._send()  # at once: a worker that is killed takes with it only what came right after another

    def _send(self) -> None:
        self._timer = None
        self._sent = asyncio.get_running_loop().time()
        if not self.hand_on():
            self._timer = asyncio.get_running_loop().call_later(_RETRY, self._send)

    def hand_on(self) -> bool:
        """Send what waits, as far as the journal takes it.

        Returns:
            Whether nothing waits any more.
        """
        size = _BATCH
        while self._waiting:
            batch = [self._waiting[place] for place in range(min(size, len(self._waiting)))]
            message = marshal.dumps(batch)
            if len(message) > LONGEST:
                if len(batch) == 1:
                    self._waiting.popleft()
                    self.lost += 1
                size = max(size // 2, 1)
                continue
            try:
                self._channel.send(message)
            except BlockingIOError:
                return False
            except OSError:
                self.lost += len(self._waiting)
                self._waiting.clear()
                return True
            for _ in batch:
                self._waiting.popleft()
        return True

    def close(self) -> None:
        """Send the rest; what the journal does not take within two seconds is lost."""
        if self._timer is not None:
            self._timer.cancel()
        until = time.monotonic() + _CLOSE_SECONDS
        while not self.hand_on() and time.monotonic() < until:
            time.sleep(_SOON)
        self.lost += len(self._waiting)
        self._waiting.clear()


def unpack(message: bytes) -> list[Row]:
    """The rows of one message.

    Raises:
        ValueError: it is none.
    """
    try:
        # Only our own workers, forked from the same parent, hold the other end.
        rows: list[Row] = marshal.loads(message)  # noqa: S302 - see above; half the price of JSON
        if all(map(is_row, rows)):
            return rows
    except (EOFError, TypeError, ValueError) as error:
        raise ValueError(f"not a message of ours: {error}") from error
    raise ValueError("not a message of ours: a record is no row")
