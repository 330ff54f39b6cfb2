"""The DNS listener as a part of its own: the parent binds its sockets, so that no question is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from proxy.dns.building import build_listener
from proxy.journal.post import Post

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from proxy.dns.building import DnsSettings
    from proxy.dns.sockets import Sockets
    from proxy.live import Live
    from proxy.part import Pulse


def serve(
    pulse: Pulse, *, settings: DnsSettings, sockets: Sequence[Sockets], live: Live, channel: socket.socket
) -> int:
    """Answer questions until told to stop.

    Args:
        pulse: of this part.
        settings: the household's.
        sockets: of each place, as `proxy.dns.listener.bind` makes them.
        live: the rules in force when it was forked; watched from here on.
        channel: the writing end of the way to the journal.

    Raises:
        StairgateError: no name server is known (69).
    """
    live.refresh()
    asyncio.run(_serve(pulse, settings, sockets, live, channel))
    return 0


async def _serve(
    pulse: Pulse, settings: DnsSettings, sockets: Sequence[Sockets], live: Live, channel: socket.socket
) -> None:
    household = live.open_household()
    post = Post(channel, level=live.journal_level, lost=pulse.before.get("lost", 0))
    listener = build_listener(settings, live, post)
    await listener.start(sockets)
    ended = asyncio.Event()
    with pulse.on_loop(ended.set, lambda: {"ready": True, "rules": repr(live.settled), "lost": post.lost}):
        watching = asyncio.create_task(live.watch())
        await ended.wait()
        watching.cancel()
    listener.stop()
    household.close()
    post.close()
