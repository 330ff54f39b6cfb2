"""UDP in the lab: every datagram is answered from the address it was sent to.

A socket on 0.0.0.0 would answer from another address and the reply would be lost; IP_PKTINFO names the right
one (measured). Beside DNS, some ports answer only to show that a datagram came through: those of QUIC and of
tunnels.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

TUNNEL_PORTS = (443, 500, 853, 1194, 4500, 51820)
"""QUIC, IKEv2, DNS over QUIC, OpenVPN, IKEv2 behind address translation, WireGuard."""
_PKTINFO4, _PKTINFO6 = 8, 50  # IP_PKTINFO, IPV6_PKTINFO (linux/in.h, in6.h); socket names neither on 3.13
_FREEBIND4, _FREEBIND6 = 15, 78  # IP_FREEBIND, IPV6_FREEBIND: no address of the lab is an interface's own
_LARGEST = 4096


def serve(
    answer: Callable[[bytes], bytes], loop: asyncio.AbstractEventLoop, port: int
) -> list[socket.socket]:
    """Answer what comes to a port, on every address of the lab.

    Args:
        answer: datagram -> reply.
        loop: whose readers the sockets become.
        port: 1 to 65535.
    """
    sockets = []
    for family, level, option, wanted, free in (
        (socket.AF_INET, socket.IPPROTO_IP, _PKTINFO4, _PKTINFO4, _FREEBIND4),
        (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, _PKTINFO6, _FREEBIND6),
    ):
        server = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.setsockopt(level, option, 1)
        server.setsockopt(level, free, 1)
        server.bind(("", port))
        server.setblocking(False)
        loop.add_reader(server, _answer_waiting, answer, server, level, wanted)
        sockets.append(server)
    return sockets


def _answer_waiting(answer: Callable[[bytes], bytes], server: socket.socket, level: int, wanted: int) -> None:
    for _ in range(64):
        try:
            packet, ancillary, _, peer = server.recvmsg(_LARGEST, 256)
        except BlockingIOError:
            return
        control = [
            # Address and interface; the interface is left to the routes, as the address is on none.
            (found, kind, data[:16] + bytes(4) if kind == _PKTINFO6 else data)
            for found, kind, data in ancillary
            if (found, kind) == (level, wanted)
        ]
        with suppress(OSError):  # who asked is gone
            server.sendmsg([answer(packet)], control, 0, peer)
