"""One datagram as a client sends it to begin QUIC or a tunnel, and whether an answer comes back.

The first bytes are those by which each protocol is known; what would follow is never said. A filter that lets
the first one out and its answer in has let the protocol through.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from conformance_tests.lab.network import Space, socket_in
from conformance_tests.lab.question import Answer, take_apart
from conformance_tests.stands.visit import ways

if TYPE_CHECKING:
    from conformance_tests.lab.question import Door, Question

_SESSION = bytes(range(8))
FIRST: dict[str, bytes] = {
    # RFC 9000 17.2.2: a long header of an initial packet of version 1, padded to 1,200 bytes.
    "quic": (b"\xc3\x00\x00\x00\x01\x08" + _SESSION + b"\x00\x00\x44\x9e").ljust(1200, b"\0"),
    # wireguard.com/protocol: message type 1, 148 bytes.
    "wireguard": (b"\x01\x00\x00\x00" + _SESSION).ljust(148, b"\x11"),
    # OpenVPN's P_CONTROL_HARD_RESET_CLIENT_V2 with key id 0.
    "openvpn": b"\x38" + _SESSION + b"\x00\x00\x00\x00\x00",
    # RFC 7296 3.1: header of IKE_SA_INIT, version 2.0, initiator.
    "ikev2": _SESSION + bytes(8) + b"\x21\x20\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c",
}
_WAIT = 0.5


async def send(door: Door, question: Question, kind: str) -> Answer:
    """Send the first datagram of `kind` to a question's host and port by every address; the first answer."""
    doors, told = await ways(door, question)
    _, host, port, _ = take_apart(question.url)
    loop = asyncio.get_running_loop()
    for way in doors:
        address = way.addresses.get(host, host)
        sender = socket_in(
            Space.CLIENT, socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM
        )
        try:
            sender.connect((address, port))
            async with asyncio.timeout(_WAIT):
                await loop.sock_sendall(sender, FIRST[kind])
                return Answer(body=await loop.sock_recv(sender, 2048), found=told.found)
        except (OSError, TimeoutError) as error:
            told = Answer(error=f"no answer to a datagram: {type(error).__name__}", found=told.found)
        finally:
            sender.close()
    return told
