"""A device without our certificate is refused cleanly; one that has it keeps its pages."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

from proxy.authority import ensure
from proxy.block_tls import BlockPage, PageContexts
from proxy.distrust import DAY, HOUR, TRIES, Distrust
from proxy.home import open_home

if TYPE_CHECKING:
    from pathlib import Path

    from proxy.home import Home

ALERT = "TLSV1_ALERT_UNKNOWN_CA"


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_a_few_refusals_there_is_no_page_for_an_hour() -> None:
    clock = Clock()
    distrust = Distrust(clock)
    told = []
    for _ in range(TRIES):
        told.append(distrust.refuses("192.0.2.7"))
        distrust.note("192.0.2.7", ALERT)
    assert told == [False] * TRIES
    assert distrust.refuses("192.0.2.7")
    assert not distrust.refuses("192.0.2.8")
    clock.now = HOUR
    assert not distrust.refuses("192.0.2.7")
    distrust.note("192.0.2.7", ALERT)
    assert not distrust.refuses("192.0.2.7"), "counted anew"


def test_one_good_handshake_outweighs_them_for_a_day() -> None:
    clock = Clock()
    distrust = Distrust(clock)
    distrust.note("192.0.2.7", "")
    for _ in range(2 * TRIES):
        distrust.note("192.0.2.7", ALERT)
    assert not distrust.refuses("192.0.2.7")
    clock.now = DAY
    for _ in range(TRIES):
        distrust.note("192.0.2.7", ALERT)
    assert distrust.refuses("192.0.2.7"), "our certificate may have been taken out since"


def test_other_failures_and_unknown_devices_count_for_nothing() -> None:
    distrust = Distrust(Clock())
    for _ in range(2 * TRIES):
        distrust.note("192.0.2.7", "UNEXPECTED_EOF_WHILE_READING")
        distrust.note("", ALERT)
    assert not distrust.refuses("192.0.2.7")
    assert not distrust.refuses("")


def visit(port: int, trusting: ssl.SSLContext) -> None:
    """One client; not asyncio's, which goes without a word where it does not trust."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        contextlib.suppress(ssl.SSLError),
    ):
        secure = trusting.wrap_socket(plain, server_hostname="blocked.example")
        secure.sendall(b"GET / HTTP/1.1\r\nHost: blocked.example\r\n\r\n")
        while secure.recv(4096):
            pass


async def shake_hands(home: Home, trusting: ssl.SSLContext) -> list[str]:
    """What a block page tells of one client's handshake."""
    told: list[str] = []
    ended = asyncio.Event()
    contexts = PageContexts(ensure(home))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: BlockPage(
            contexts.context("blocked.example"),
            lambda _head: b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            lambda _page: ended.set(),
            told.append,
        ),
        "127.0.0.1",
        0,
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.to_thread(visit, port, trusting)
        await asyncio.wait_for(ended.wait(), 10)
    return told


def test_a_block_page_tells_how_the_handshake_went(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    ensure(home)
    trusting = ssl.create_default_context(cafile=str(home.ca_pem))
    assert asyncio.run(shake_hands(home, trusting)) == [""]
    (reason,) = asyncio.run(shake_hands(home, ssl.create_default_context()))
    distrust = Distrust(Clock())
    for _ in range(TRIES):
        distrust.note("192.0.2.7", reason)
    assert distrust.refuses("192.0.2.7"), reason
