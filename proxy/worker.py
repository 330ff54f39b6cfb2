"""A worker: one gate on one event loop, in a process of its own.

All workers are alike. What one of them needs was loaded by the parent; it makes its own loop, its own
mitmproxy and its own connections, and shares nothing with the others but the listening port.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proxy.gateway import Gate, Settings
from proxy.journal.post import Post
from proxy.succession import stamp, until_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from proxy.home import Home
    from proxy.live import Live
    from proxy.part import Pulse

logger = logging.getLogger(__name__)

PATIENCE = 0.7
"""Seconds a worker's event loop may be silent. Reading a page of 256 KB takes 24 ms of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker works with.

    Attributes:
        home: where its CA lies.
        live: the rules in force when it is forked; watched from there on.
        channel: the writing end of the way to the journal.
        listeners: label and socket of all places it listens at, asked when it is forked.
        shut: (address, port) of our own that no client reaches through the gate.
    """

    home: Home
    live: Live
    channel: socket.socket
    listeners: Callable[[], Iterable[tuple[str, socket.socket]]]
    shut: frozenset[tuple[str, int]]


def serve(pulse: Pulse, task: Task) -> int:
    """Serve clients until told to stop.

    Raises:
        StairgateError: as `Gate`.
    """
    # What changed since the parent last looked; broken edits leave the parent's rules.
    task.live.refresh()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # The loop is not closed: its threads may wait for a name server, and the process ends here anyway.
    loop.run_until_complete(_serve(pulse, task))
    return 0


async def _serve(pulse: Pulse, task: Task) -> None:
    live = task.live
    household = live.open_household()
    post = Post(task.channel, level=live.journal_level, lost=pulse.before.get("lost", 0))
    signing = stamp(task.home)
    gate = Gate(
        Settings(
            home=task.home,
            judge=live,
            notes=post,
            listeners=tuple(task.listeners()),
            shut=task.shut,
            household=household,
        )
    )
    await gate.start()

    def facts() -> dict[str, Any]:
        return {"ready": gate.serving.is_set(), "rules": repr(live.settled), "lost": post.lost}

    tasks: set[asyncio.Future[None]] = set()

    def take(message: dict[str, Any], descriptors: list[int]) -> None:
        for label in message.get("shut", ()):
            gate.leave(label)
        if message.get("listen"):
            # Whose port it is stands in the policy that the parent has read already.
            live.refresh()
        for label, descriptor in zip(message.get("listen", ()), descriptors, strict=True):
            tasks.add(asyncio.ensure_future(gate.listen(label, socket.socket(fileno=descriptor))))

    with pulse.on_loop(gate.stop, facts):
        pulse.obey(take)
        # Ends where another CA signs from now on: whoever is forked in its place reads it.
        work = (live.watch(), gate.run(), household.keep(), until_changed(task.home, signing))
        working = {asyncio.create_task(one) for one in work}
        done, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        gate.stop()
    household.close()
    post.close()
    pulse.tell(lost=post.lost)
    for one in done:
        one.result()
