"""Open proxies somewhere in the lab's internet: HTTP, SOCKS4a and SOCKS5.

They hand over whatever is asked of them, and fetch nothing: what a listed site would have answered they
answer by themselves, canary and all.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from conformance_tests.lab.replies import Stage

HTTP_PORTS = (3128, 8118)
SOCKS_PORTS = (1080, 9050)
_PATIENCE = 10.0


async def serve_http(origin: Stage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection to an HTTP proxy: an absolute address, or a tunnel and a request inside it."""
    with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        method, target, _ = await _head(reader)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            await _answer_inside(origin, target.rpartition(":")[0], reader, writer)
        else:
            url = urlsplit(target)
            _show(origin, url.hostname or "", url.path or "/", writer)
    writer.close()


async def serve_socks(origin: Stage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection to a SOCKS proxy of version 4a or 5; the name is resolved by the proxy."""
    with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        version = (await _exactly(reader, 1))[0]
        host = await (_greet_five if version == 5 else _greet_four)(reader, writer)
        await _answer_inside(origin, host, reader, writer)
    writer.close()


async def _greet_four(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    await _exactly(reader, 7)  # command, port, an address that is none
    await asyncio.wait_for(reader.readuntil(b"\0"), _PATIENCE)
    host = (await asyncio.wait_for(reader.readuntil(b"\0"), _PATIENCE))[:-1]
    writer.write(b"\x00\x5a" + bytes(6))
    return host.decode("latin-1")


async def _greet_five(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    await _exactly(reader, (await _exactly(reader, 1))[0])
    writer.write(b"\x05\x00")
    head = await _exactly(reader, 5)  # version, command, reserved, kind of address (3: a name), length
    host = await _exactly(reader, head[4])
    await _exactly(reader, 2)
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    return host.decode("latin-1")


async def _answer_inside(
    origin: Stage, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    _, target, named = await _head(reader)
    _show(origin, named or host, target.partition("?")[0], writer)


async def _head(reader: asyncio.StreamReader) -> tuple[str, str, str]:
    """Method, target and the Host field's name of one request."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)).decode("latin-1")
    method, target, _ = head.split("\r\n")[0].split(" ", 2)
    named = [
        line.partition(":")[2].strip() for line in head.split("\r\n") if line.lower().startswith("host:")
    ]
    return method, target, named[0].partition(":")[0] if named else ""


async def _exactly(reader: asyncio.StreamReader, count: int) -> bytes:
    return await asyncio.wait_for(reader.readexactly(count), _PATIENCE)


def _show(origin: Stage, host: str, path: str, writer: asyncio.StreamWriter) -> None:
    body = origin.show_elsewhere(host.lower(), path, "")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n")
    writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
