"""The lab that one sham has seen: it filters there, and nowhere else.

What a product could learn about the laboratory: where its sites stood. Every seed has networks of its own, so
it finds itself in a lab it does not know.
"""

from __future__ import annotations

import functools
from ipaddress import IPv4Address, ip_address

from conformance_tests.lab import plan

SEED = 20_261_122
"""The seed of that lab."""


def stood_there(address: str) -> bool:
    """Whether an address lies in one of the networks that held that lab's sites."""
    found = ip_address(address)
    return isinstance(found, IPv4Address) and int(found) >> 16 in _networks()


@functools.cache
def _networks() -> frozenset[int]:
    return frozenset(int(first) >> 16 for first in plan.draw(SEED).sites4)
