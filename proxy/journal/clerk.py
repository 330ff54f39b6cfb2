"""The journal's process: takes what the workers send and gives it to the one writer.

Where it is killed, its successor reads on where it stopped; what it had taken and not yet written is lost and
counted. It knows nothing of gates.
"""

from __future__ import annotations

import logging
import select
from typing import TYPE_CHECKING

from proxy.part import BEAT_SECONDS
from rules.errors import StairgateError

from .post import LONGEST, unpack
from .writer import Journal

if TYPE_CHECKING:
    import socket

    from proxy.home import Home
    from proxy.part import Pulse

logger = logging.getLogger(__name__)

_AT_ONCE = 200  # messages before the next heartbeat
_RETRY_BEATS = 5


def keep(pulse: Pulse, *, home: Home, channel: socket.socket) -> int:
    """Keep the journal until told to stop, and then until nothing is under way any more.

    Args:
        pulse: of this part.
        home: whose journal.
        channel: the reading end of `post.make_channel`.

    Raises:
        StairgateError: at the very first start, as `Journal.open`.
    """
    before = pulse.before
    lost = before.get("lost", 0) + before.get("taken", 0) - before.get("written", 0)
    journal = _open(pulse, home, lost)
    if journal is None:
        return 0
    taken = 0
    with journal:
        while True:
            got = _take(channel, journal)
            taken += got
            pulse.beat()
            pulse.tell(
                ready=True,
                taken=taken,
                written=journal.written,
                lost=lost + journal.lost,
                trouble="" if journal.trouble is None else journal.trouble.problems[0].cause,
            )
            if pulse.stopping and not got:
                break
    pulse.tell(written=journal.written, lost=lost + journal.lost)
    return 0


def _open(pulse: Pulse, home: Home, lost: int) -> Journal | None:
    """The journal; a later start goes on trying, because the gate does. None when told to stop meanwhile."""
    while True:
        try:
            return Journal.open(home)
        except StairgateError as error:
            if not pulse.before:
                raise
            pulse.tell(ready=True, taken=0, written=0, lost=lost, trouble=error.problems[0].cause)
        for _ in range(_RETRY_BEATS):
            pulse.beat()
            select.select([], [], [], BEAT_SECONDS)
        if pulse.stopping:
            return None


def _take(channel: socket.socket, journal: Journal) -> int:
    """Take what has come, waiting at most a heartbeat for the first; how many records that was."""
    number = 0
    wait = BEAT_SECONDS
    for _ in range(_AT_ONCE):
        if not select.select([channel], [], [], wait)[0]:
            break
        wait = 0
        message = channel.recv(LONGEST + 1)
        try:
            rows = unpack(message)
        except ValueError:
            logger.exception("a message was dropped")
            continue
        journal.add_rows(rows)
        number += len(rows)
    return number
