"""Dialling what was checked: one address after another until one answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from proxy.reach import IP

_SECONDS = 10.0  # for one address; a dead one must not use up a person's patience for the next


async def dial[P: asyncio.Protocol](addresses: Iterable[IP], port: int, make: Callable[[], P]) -> P:
    """Connect to the first address that answers.

    Args:
        addresses: checked ones; nothing else is ever dialled.
        port: the port.
        make: makes the protocol of a connection.

    Raises:
        OSError: none answers; the last one's reason.
    """
    why: OSError = OSError("no address answers")
    for ip in addresses:
        try:
            async with asyncio.timeout(_SECONDS):
                _, protocol = await asyncio.get_running_loop().create_connection(make, str(ip), port)
        except OSError as error:
            why = error
        else:
            return protocol
    raise why
