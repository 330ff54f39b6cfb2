"""What the desk itself answers a client that speaks plain HTTP: pages, and the ends of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.dispatch import LAST_RESORT, LAST_RESORT_HEADERS
from proxy.wire import challenge_answer, head_of, own_answer, see_other, wants_close

if TYPE_CHECKING:
    import asyncio

    from proxy.head import Head
    from proxy.order import Order
    from proxy.ways import Ways
    from rules.decide import Decision

_MOST_SWALLOWED = 32 * 1024 * 1024  # bytes of a blocked upload


def block(front: Ways, transport: asyncio.Transport, order: Order, decision: Decision) -> int:
    """Send the block page, noted; the connection stays open where the client wants that.

    Returns:
        Bytes of the request's body that are yet to be swallowed.
    """
    close = order.length > _MOST_SWALLOWED or wants_close(order.head)
    answer = front.plain_block(order.request, decision, order.head, keep=not close)
    transport.write(head_of(answer) if order.head.method == "HEAD" else answer)
    if close:
        transport.close()
    return order.length


def lead_back(transport: asyncio.Transport, order: Order, place: str) -> int:
    """A button was pressed: lead back to the page.

    Returns:
        Bytes of the request's body that are yet to be swallowed.
    """
    close = order.length > _MOST_SWALLOWED or wants_close(order.head)
    transport.write(see_other(place, keep=not close))
    if close:
        transport.close()
    return order.length


def challenge(transport: asyncio.Transport, head: Head) -> bool:
    """Ask for name and password.

    Returns:
        Whether the connection stays open for them.
    """
    keep = not wants_close(head) and head.get(b"content-length") in {"", "0"}
    transport.write(challenge_answer(keep=keep))
    if not keep:
        transport.close()
    return keep


def error(front: Ways, transport: asyncio.Transport, status: int, why: str) -> None:
    """Say what was not understood or not reached, and end the connection."""
    transport.write(front.error_answer(status, why))
    transport.close()


def fault(transport: asyncio.Transport, *, begun: bool) -> None:
    """Something of ours broke: a page that says so, unless an answer was begun, and the end."""
    if begun or transport.is_closing():
        transport.abort()
        return
    transport.write(own_answer(403, LAST_RESORT_HEADERS, LAST_RESORT))
    transport.close()
