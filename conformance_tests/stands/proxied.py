"""A page asked for through a proxy somewhere else, in one breath: greeting, tunnel and request.

A proxy reads what it is sent step by step, so all can be said at once; what comes back is kept as it is.
Through a forward proxy the way to it is a tunnel, which is all that a client there can open.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from conformance_tests.lab.client import connect, trusting
from conformance_tests.lab.question import Answer, take_apart
from conformance_tests.stands.visit import ways

if TYPE_CHECKING:
    from conformance_tests.lab.question import Door, Question

PORTS = {
    "http-get": 3128,
    "http-connect": 8118,
    "https-proxy": 443,
    "socks4a": 1080,
    "socks5": 9050,
    "connect-through-product": 8118,
}
"""Kind of proxy -> the port it listens on."""
_MOST = 1 << 16
_WAIT = 4.0


async def ask_by_proxy(door: Door, question: Question, kind: str, far: Question) -> Answer:
    """Ask a question through the proxy of `kind` at the host of `far`.

    Returns:
        Whatever came, unread, as the body; with the status of a tunnel that the product refused.
    """
    doors, told = await ways(door, far)
    _, host, port, _ = take_apart(far.url)
    for way in doors:
        try:
            async with asyncio.timeout(_WAIT):
                reader, writer = await connect(
                    *(way.proxy or (way.addresses.get(host, host), port)), way.space
                )
                try:
                    told = await _speak(way, question, kind, (host, port), (reader, writer))
                finally:
                    writer.close()
        except (OSError, ssl.SSLError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            told = Answer(error=f"{type(error).__name__}: {error}")
        if told.body:
            return told
    return told


async def _speak(
    door: Door,
    question: Question,
    kind: str,
    far: tuple[str, int],
    stream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> Answer:
    reader, writer = stream
    status = None
    if door.proxy is not None:
        authority = f"{far[0]}:{far[1]}"
        writer.write(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        status = int((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1])
        if not 200 <= status < 300:
            return Answer(status=status, tunnel=status, error="tunnel refused")
    if kind == "https-proxy":
        await writer.start_tls(trusting(door.trust), server_hostname=far[0])
    writer.write(_spoken(question, kind))
    received = bytearray()
    try:
        while data := await reader.read(_MOST):
            received += data
    except (OSError, ssl.SSLError) as error:
        return Answer(status=status, tunnel=status, body=bytes(received), error=f"{type(error).__name__}")
    return Answer(status=status, tunnel=status, body=bytes(received))


def _spoken(question: Question, kind: str) -> bytes:
    """All that a client says to a proxy of this kind."""
    _, host, port, path = take_apart(question.url)
    inside = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    target, name = port.to_bytes(2), host.encode()
    match kind:
        case "http-get" | "https-proxy":
            return f"GET {question.url} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        case "socks4a":
            return b"\x04\x01" + target + b"\x00\x00\x00\x01\x00" + name + b"\x00" + inside
        case "socks5":
            greeting = b"\x05\x01\x00\x05\x01\x00\x03"
            return greeting + bytes([len(name)]) + name + target + inside
    return f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode() + inside
