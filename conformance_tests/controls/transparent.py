"""Connections that were redirected: where they were meant to go, and whether they begin with TLS.

What a connection begins with is looked at without being taken, so that one for a host that is not looked into
can be handed on as it came.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from conformance_tests.controls.talk import Talk

if TYPE_CHECKING:
    from conformance_tests.controls.gate import Gate

_ORIGINAL = 80  # SO_ORIGINAL_DST (linux/netfilter_ipv4.h); IP6T_SO_ORIGINAL_DST has the same number
_GREETING = 0x16  # a TLS record that holds a handshake
_NAMED = 0  # the extension server_name
_PATIENCE = 10.0
_POLL = 0.005


async def serve(gate: Gate, host: str, port: int) -> None:
    """Take redirected connections at one address, for ever."""
    loop = asyncio.get_running_loop()
    with socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
    ) as server:
        server.setblocking(False)
        running: set[asyncio.Task[None]] = set()
        while True:
            made, _ = await loop.sock_accept(server)
            task = asyncio.ensure_future(_take(gate, made))
            running.add(task)
            task.add_done_callback(running.discard)


async def _take(gate: Gate, made: socket.socket) -> None:
    try:
        host, port = meant_for(made)
        begin = await asyncio.wait_for(_peek(made), _PATIENCE)
    except (OSError, TimeoutError):
        made.close()
        return
    # From here on the socket belongs to its transport, which closes it.
    if begin[:1] != bytes([_GREETING]):
        await _talk(gate, made, "http", "", port)
    elif gate.passes_through(name := server_name(begin)):
        await _talk(gate, made, "", name, port)
    else:
        await _talk(gate, made, "https", name or host, port)


async def _talk(gate: Gate, made: socket.socket, scheme: str, host: str, port: int) -> None:
    done = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(Exception):
                match scheme:
                    case "http":
                        await Talk(gate, reader, writer, (scheme, host, port)).run()
                    case "https":
                        await Talk(gate, reader, writer, None).look_inside(host, port)
                    case _:
                        await Talk(gate, reader, writer, None).pass_through(host, port)
            writer.close()
        finally:
            done.set()

    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_accepted_socket(lambda: asyncio.StreamReaderProtocol(reader, answer), made)
    await done.wait()


async def _peek(made: socket.socket) -> bytes:
    """What has come, without taking it: a whole first record where it is one of TLS."""
    while True:
        with suppress(BlockingIOError):
            begin = made.recv(16384, socket.MSG_PEEK)
            if not begin:
                raise ConnectionResetError
            if begin[0] != _GREETING or len(begin) >= 5 + int.from_bytes(begin[3:5]):
                return begin
        await asyncio.sleep(_POLL)


def meant_for(made: socket.socket) -> tuple[str, int]:
    """The address and port a redirected connection was meant for."""
    if made.family == socket.AF_INET6:
        data = made.getsockopt(socket.IPPROTO_IPV6, _ORIGINAL, 28)
        return str(ip_address(data[8:24])), struct.unpack("!H", data[2:4])[0]
    data = made.getsockopt(socket.IPPROTO_IP, _ORIGINAL, 16)
    return str(ip_address(data[4:8])), struct.unpack("!H", data[2:4])[0]


def server_name(begin: bytes) -> str:
    """The server name in a TLS greeting (RFC 8446 4.1.2, RFC 6066 3), empty where there is none."""
    try:
        place = 5 + 4 + 2 + 32
        place += 1 + begin[place]
        place += 2 + int.from_bytes(begin[place : place + 2])
        place += 1 + begin[place]
        end = place + 2 + int.from_bytes(begin[place : place + 2])
        place += 2
        while place + 4 <= end:
            kind, length = (
                int.from_bytes(begin[place : place + 2]),
                int.from_bytes(begin[place + 2 : place + 4]),
            )
            place += 4
            if kind == _NAMED:
                size = int.from_bytes(begin[place + 3 : place + 5])
                return begin[place + 5 : place + 5 + size].decode("ascii", "replace").lower()
            place += length
    except IndexError:
        return ""
    return ""
