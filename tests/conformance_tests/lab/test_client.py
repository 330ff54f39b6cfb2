"""The examiner's client: what arrived has arrived, however the connection ends."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any

from conformance_tests.lab.client import Conversation, ask
from conformance_tests.lab.question import Door, Question
from conformance_tests.lab.sites import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.lab.internet import Internet

type Play = Callable[[Callable[..., Any]], Any]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"


async def broken_off(internet: Internet) -> dict[str, Any]:
    """Three ways to serve a page and not end properly: silence, a reset, an end before the announced one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        writer.write(HEAD + b"the listed page")
        await writer.drain()
        await asyncio.sleep(0.1)
        if path == b"/reset":
            opened = writer.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if path != b"/silent":
            writer.close()

    await asyncio.start_server(serve, None, 9000)
    internet.play("scene", [Site(host="a.example")])
    address = str(internet.zone.names["a.example"].four[0])
    door = Door(proxy=None, trust=(), addresses={"a.example": address})
    told = {}
    for path in ("silent", "reset", "short"):
        answer = await ask(door, Question(url=f"http://a.example:9000/{path}", seconds=1))
        told[path] = (answer.status, answer.body.decode(), bool(answer.error))
    return told


broken_off.routed = True  # type: ignore[attr-defined]


def test_a_page_that_came_before_the_connection_broke_is_in_the_answer(play: Play) -> None:
    """Else a product that serves a listed page and then resets would be taken to have blocked it."""
    whole = [200, "the listed page", True]
    assert play(broken_off) == {"silent": whole, "reset": whole, "short": whole}


async def kept(internet: Internet) -> list[bool]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        says = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1] == b"/says"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + b"Connection: close\r\n" * says + b"\r\n")
        writer.close()

    await asyncio.start_server(serve, None, 9000)
    internet.play("scene", [Site(host="a.example")])
    address = str(internet.zone.names["a.example"].four[0])
    door = Door(proxy=None, trust=(), addresses={"a.example": address})
    told = []
    for url in ("http://a.example:9000/says", "http://a.example:9000/says-nothing", "http://a.example/"):
        conversation = Conversation(door)
        await conversation.ask(Question(url=url))
        await asyncio.sleep(0.05)
        told.append(conversation.is_kept)
        await conversation.close()
    return told


kept.routed = True  # type: ignore[attr-defined]


def test_a_connection_closed_with_or_without_saying_so_is_not_kept(play: Play) -> None:
    assert play(kept) == [False, False, True]


async def head(internet: Internet) -> bool:
    internet.play("scene", [Site(host="a.example")])
    address = str(internet.zone.names["a.example"].four[0])
    door = Door(proxy=None, trust=(), addresses={"a.example": address})
    answer = await ask(door, Question(url="http://a.example/x", method="HEAD"))
    return internet.mint.make("scene", "a.example", "/x") in answer.header("etag")


head.routed = True  # type: ignore[attr-defined]


def test_an_answer_to_head_carries_the_canary_in_a_header(play: Play) -> None:
    """It has no body: a HEAD that passed would look blocked."""
    assert play(head)
