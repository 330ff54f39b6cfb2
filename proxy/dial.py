"""Dialling what was checked: one address after another until one answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from proxy.reach import IP

ONE = 5.0
"""Seconds for one address: SYN is sent three times in them, and a dead one leaves time for the next."""
ALL = 12.0
"""Seconds for all addresses of a name; a browser shows a page before a person gives up."""


def within(until: float) -> asyncio.Timeout:
    """The time one address has: `ONE`, and no more than is left for all.

    Args:
        until: on the loop's clock, when the time for all is over.
    """
    return asyncio.timeout_at(min(asyncio.get_running_loop().time() + ONE, until))


async def dial[P: asyncio.Protocol](addresses: Iterable[IP], port: int, make: Callable[[], P]) -> P:
    """Connect to the first address that answers.

    Args:
        addresses: checked ones; nothing else is ever dialled.
        port: the port.
        make: makes the protocol of a connection.

    Raises:
        OSError: none answers; the last one's reason.
    """
    until = asyncio.get_running_loop().time() + ALL
    why: OSError = OSError("no address answers")
    for ip in addresses:
        try:
            async with within(until):
                _, protocol = await asyncio.get_running_loop().create_connection(make, str(ip), port)
        except OSError as error:
            why = error if str(error) else OSError(f"{ip} does not answer")
        else:
            return protocol
    raise why
