"""Addresses inside addresses: what a translator, archive, cache or redirect fetches for the one who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .parsing import Address


def wrapped(address: Address) -> tuple[Address, ...]:
    """Give the addresses that this one wraps.

    Args:
        address: the outer address.

    Returns:
        The wrapped ones, outermost first, none twice.
    """
    del address
    return ()
