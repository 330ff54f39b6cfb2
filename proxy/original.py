"""Where a redirected connection was going: the original destination that netfilter remembers. Linux only.

A gateway redirects ports 80 and 443 to the gate (nftables `redirect`); the kernel then tells each
connection's first destination by SO_ORIGINAL_DST (linux/netfilter_ipv4.h, netfilter_ipv6/ip6_tables.h).
It knows sockets only.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_ORIGINAL = 80  # SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST
_IPV4_LEVEL, _IPV6_LEVEL = 0, 41  # SOL_IP, SOL_IPV6
_SIZES = {_IPV4_LEVEL: 16, _IPV6_LEVEL: 28}  # of sockaddr_in and sockaddr_in6


def read_original(transport: asyncio.BaseTransport) -> tuple[str, int] | None:
    """Host and port a connection was redirected from; None where it came to us on purpose.

    Args:
        transport: the client's.
    """
    sock = transport.get_extra_info("socket")
    own = transport.get_extra_info("sockname")
    if sock is None or not own:
        return None
    # A listener for IPv6 may take IPv4 as well: then the answer is the one for IPv4.
    for level in (_IPV4_LEVEL, _IPV6_LEVEL):
        found = _ask(sock, level)
        if found is not None and found != (_unwrap(str(own[0])), int(own[1])):
            return found
    return None


def _ask(sock: socket.socket, level: int) -> tuple[str, int] | None:
    try:
        raw = sock.getsockopt(level, _ORIGINAL, _SIZES[level])
    except OSError:
        return None
    return read_socket_address(raw)


def read_socket_address(raw: bytes) -> tuple[str, int] | None:
    """A `sockaddr_in` or `sockaddr_in6` as host and port; None where it is neither."""
    family = int.from_bytes(raw[:2], "little" if _is_little() else "big")
    port = int.from_bytes(raw[2:4])
    if family == socket.AF_INET and len(raw) >= 8:
        return str(ipaddress.IPv4Address(raw[4:8])), port
    if family == socket.AF_INET6 and len(raw) >= 24:
        return _unwrap(str(ipaddress.IPv6Address(raw[8:24]))), port
    return None


def _is_little() -> bool:
    import sys

    return sys.byteorder == "little"


def _unwrap(host: str) -> str:
    address = ipaddress.ip_address(host.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address)
