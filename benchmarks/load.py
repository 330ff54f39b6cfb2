"""A load generator in a process of its own: `python load.py KIND PROXY URL SECONDS CLIENTS [CA]`.

Kinds: `plain` (kept-alive, absolute form), `plain-new` (the same, a new connection each), `tls` (kept-alive
inside a tunnel), `tls-new` (a new tunnel for each request), `connect` (a refused CONNECT, a new connection
each). Prints one JSON object: requests, seconds, errors, answers, p50 and p99 in ms. Reads answers whole and
checks that they are all alike.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Tally:
    """What one run saw."""

    times: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Status and length of one answer with a length, in chunks, or up to the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    if b"transfer-encoding: chunked" in head.lower():
        return status, await read_chunks(reader)
    if b"content-length:" not in head.lower() and status == 200 and b"connection: close" in head.lower():
        return status, len(await reader.read())
    place = head.lower().find(b"content-length:")
    length = int(head[place + 15 : head.index(b"\r", place)]) if place >= 0 else 0
    if length:
        await reader.readexactly(length)
    return status, length


async def read_chunks(reader: asyncio.StreamReader) -> int:
    """The length of a body in chunks."""
    length = 0
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
        length += size
    await reader.readline()
    return length


async def open_tunnel(
    proxy: tuple[str, int], host: str, port: int, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
    """A CONNECT tunnel with TLS inside; the status where it is refused."""
    reader, writer = await asyncio.open_connection(*proxy)
    writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    status, _ = await read_answer(reader)
    if status == 200 and context is not None:
        await writer.start_tls(context, server_hostname=host)
    return reader, writer, status


async def work(kind: str, proxy: tuple[str, int], url: str, until: float, ca: str, tally: Tally) -> None:
    """One client, asking until the time is up."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    target = url if kind.startswith("plain") else parts.path or "/"
    # As a browser's page load: the gate answers a blocked one with its whole page.
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/html\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0\r\n"
        "Accept-Language: en-GB,en;q=0.7\r\nAccept-Encoding: gzip, br\r\n\r\n"
    ).encode()
    context = ssl.create_default_context(cafile=ca) if ca else None
    if context is not None:
        # Squid's certificates name no authority key, which Python is alone in insisting on.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    connection = None
    while time.perf_counter() < until:
        begun = time.perf_counter()
        try:
            if connection is None:
                if kind.startswith("plain"):
                    connection = (*await asyncio.open_connection(*proxy), 200)
                else:
                    connection = await open_tunnel(proxy, host, port, context)
            reader, writer, status = connection
            if kind == "connect":
                tally.answers[f"{status}"] += 1
            else:
                writer.write(request)
                status, length = await read_answer(reader)
                tally.answers[f"{status} {length}"] += 1
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            tally.errors[type(error).__name__] += 1
            if connection is not None:
                connection[1].transport.abort()
            connection = None
            continue
        tally.times.append(time.perf_counter() - begun)
        if kind in {"plain-new", "tls-new", "connect"}:
            writer.transport.abort()
            connection = None
    if connection is not None:
        connection[1].transport.abort()


async def main() -> None:
    """Run the clients and print what they saw."""
    kind, proxy_text, url, seconds, clients = sys.argv[1:6]
    ca = sys.argv[6] if len(sys.argv) > 6 else ""
    host, _, port = proxy_text.rpartition(":")
    tally = Tally()
    begun = time.perf_counter()
    until = begun + float(seconds)
    await asyncio.gather(*(work(kind, (host, int(port)), url, until, ca, tally) for _ in range(int(clients))))
    times = sorted(tally.times) or [0.0]
    print(
        json.dumps(
            {
                "requests": len(tally.times),
                "seconds": time.perf_counter() - begun,
                "errors": dict(tally.errors),
                "answers": dict(tally.answers),
                "p50_ms": 1000 * times[len(times) // 2],
                "p99_ms": 1000 * times[len(times) * 99 // 100],
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
