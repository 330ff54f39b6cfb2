"""A crowd of clients for the soak test, and the sites they ask for: all in one process beside the gate's.

Every answer and every site says whether it is one that a filtered person may see. A blocked page is counted
as let through by either witness: the client that got its bytes, or the site that was asked for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED, BLOCKED, PASSED = "good.bench.example", "blocked.bench.example", "bank.bench.example"
NAMES = (ALLOWED, BLOCKED, PASSED)
CANARY = b"unfiltered-7f3a"
GOOD = b"allowed-c01d"
HANGS = 30.0
"""Seconds after which a client counts as hung."""


@dataclass
class Tally:
    """What was seen."""

    outcomes: Counter[str] = field(default_factory=Counter)
    leaked: int = 0
    reached: int = 0
    slowest: float = 0.0


class Sites:
    """A plain and a TLS site for all names, and the second witness."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    async def start(self, certificate: Path, key: Path) -> tuple[int, int]:
        """Serve; the plain and the TLS port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        ports = []
        for one in (None, context):
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=one, backlog=2048)
            ports.append(int(server.sockets[0].getsockname()[1]))
        return ports[0], ports[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                bad = BLOCKED.encode() in head
                self._tally.reached += bad
                body = (CANARY if bad else GOOD) * 400
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n")
                writer.write(b"content-length: %d\r\n\r\n%b" % (len(body), body))
                await writer.drain()
        writer.close()


@dataclass(frozen=True)
class Target:
    """Where the gate and the sites are."""

    proxy: tuple[str, int]
    plain: int
    secure: int
    context: ssl.SSLContext
    site_context: ssl.SSLContext


async def one_visit(kind: str, target: Target, tally: Tally, requests: int = 5) -> str:
    """One connection with a few requests on it.

    Args:
        kind: `plain allowed`, `plain blocked`, `tls allowed`, `tls blocked` or `tls passed`.
        target: where.
        tally: counts what was let through.
        requests: how many.

    Returns:
        `good`; else what went wrong: `refused`, `cut`, `hung`, `wrong`, `LEAKED`.
    """
    begun = time.monotonic()
    writers: list[asyncio.StreamWriter] = []
    try:
        async with asyncio.timeout(HANGS):
            return await _visit(kind, target, tally, requests, writers)
    except TimeoutError:
        return "hung"
    except ConnectionRefusedError:
        return "refused"
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        return "cut"
    finally:
        tally.slowest = max(tally.slowest, time.monotonic() - begun)
        for one in writers:
            one.transport.abort()


async def _visit(
    kind: str, target: Target, tally: Tally, requests: int, writers: list[asyncio.StreamWriter]
) -> str:
    how, wanted = kind.split()
    host = {"allowed": ALLOWED, "blocked": BLOCKED, "passed": PASSED}[wanted]
    port = target.plain if how == "plain" else target.secure
    reader, writer = await asyncio.open_connection(*target.proxy)
    writers.append(writer)
    line = f"http://{host}:{port}/" if how == "plain" else "/"
    if how == "tls":
        writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.splitlines()[0]:
            return "cut"
        context = target.site_context if wanted == "passed" else target.context
        await writer.start_tls(context, server_hostname=host)
    for _ in range(requests):
        writer.write(
            f"GET {line} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/html\r\n\r\n".encode("ascii")
        )
        head = await reader.readuntil(b"\r\n\r\n")
        place = head.lower().find(b"content-length:")
        length = int(head[place + 15 : head.index(b"\r", place)]) if place >= 0 else 0
        body = await reader.readexactly(length)
        if CANARY in body:
            tally.leaked += len(body)
            return "LEAKED"
        status = int(head[9:12])
        if wanted == "blocked":
            return "good" if status == 403 else "wrong"
        if status != 200 or GOOD not in body:
            return "wrong"
    return "good"


KINDS = ("plain allowed", "plain blocked", "tls allowed", "tls blocked", "tls passed")


async def live(target: Target, tally: Tally, until: float, seed: int) -> None:
    """One client of the crowd, asking with pauses as people do."""
    rng = random.Random(seed)
    while time.monotonic() < until:
        kind = rng.choice(KINDS)
        tally.outcomes[await one_visit(kind, target, tally)] += 1
        await asyncio.sleep(rng.uniform(0.05, 0.5))
