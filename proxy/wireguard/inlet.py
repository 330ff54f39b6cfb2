"""What comes out of a tunnel, brought to where the same comes from elsewhere: names, desk, and nothing else.

A device in a tunnel believes it talks to sites by their numbers. Its TLS greeting or its Host field names the
site, and that name is what is asked for at the desk: the number the device found is not used at all, so that
no number leads elsewhere than its name does. What names nothing is taken by its number.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from typing import TYPE_CHECKING

from proxy.desk import ESTABLISHED, Desk
from proxy.dns import answer as own
from proxy.dns.question import NoQuestionError, read_question
from proxy.greeting import GreetingError, read_greeting
from proxy.head import HeadError, read_head
from proxy.identity import Arrival, recognise
from proxy.wireguard.transport import StreamTransport
from rules.address import AddressError, parse

if TYPE_CHECKING:
    from mitmproxy_rs import Stream

    from proxy.dns.answering import Answering
    from proxy.front import Front

logger = logging.getLogger(__name__)

_PATIENCE = 10.0
_NAMES = 53
_LARGEST = 65536


class Inlet:
    """One peer's streams."""

    def __init__(self, peer: str, front: Front, answering: Answering) -> None:
        """Begin.

        Args:
            peer: the device's name.
            front: all clients of the gate.
            answering: answers questions for names.
        """
        self._peer = peer
        self._front = front
        self._answering = answering

    async def take_tcp(self, stream: Stream) -> None:
        """Bring a TCP stream to the desk."""
        try:
            host, port = stream.get_extra_info("sockname")[:2]
            if port == _NAMES:
                await self._answer_stream(stream)
            else:
                await self._bring(stream, str(host), int(port))
        except (OSError, EOFError, TimeoutError, GreetingError, HeadError, AddressError, NoQuestionError):
            _close(stream)
        except Exception:
            logger.exception("a stream of the tunnel failed; it is closed")
            _close(stream)

    async def take_udp(self, stream: Stream) -> None:
        """Answer questions for names; everything else (QUIC, tunnels, calls) is closed."""
        try:
            if stream.get_extra_info("sockname")[1] == _NAMES:
                while data := await stream.read(_LARGEST):
                    answer = await self._answer(data, datagram=True)
                    if answer:
                        stream.write(answer)
        except OSError:
            pass
        except Exception:
            logger.exception("a question in the tunnel could not be answered")
        finally:
            _close(stream)

    async def _answer(self, data: bytes, *, datagram: bool) -> bytes:
        try:
            question = read_question(data)
        except NoQuestionError as error:
            return b"" if error.code is None else own.refusal(error.head, error.code)
        reception = self._front.addon.reception
        asker = recognise(reception.policy(), Arrival(peer=self._peer), reception.hardware)
        answer = await self._answering.answer(question, asker)
        return own.truncated(question) if datagram and len(answer) > question.size else answer

    async def _answer_stream(self, stream: Stream) -> None:
        unread = b""
        while True:
            async with asyncio.timeout(_PATIENCE):
                data = await stream.read(_LARGEST)
            if not data:
                break
            unread += data
            while len(unread) >= 2:
                (length,) = struct.unpack_from("!H", unread)
                if len(unread) < 2 + length:
                    break
                answer = await self._answer(unread[2 : 2 + length], datagram=False)
                unread = unread[2 + length :]
                stream.write(struct.pack("!H", len(answer)) + answer)
                await stream.drain()
        _close(stream)

    async def _bring(self, stream: Stream, host: str, port: int) -> None:
        data = b""
        async with asyncio.timeout(_PATIENCE):
            while True:
                part = await stream.read(_LARGEST)
                if not part:
                    _close(stream)
                    return
                data += part
                if data[0] == 0x16:
                    greeting = read_greeting(data)
                    if greeting is not None:
                        self._tunnel(stream, data, greeting.name or host, port)
                        return
                elif 0x41 <= data[0] <= 0x5A:
                    head = read_head(data)
                    if head is not None:
                        self._plain(stream, data, head.get(b"host"), (host, port))
                        return
                else:
                    _close(stream)  # neither TLS nor HTTP: not decided on, so not passed
                    return

    def _tunnel(self, stream: Stream, data: bytes, name: str, port: int) -> None:
        """As a client does that asks a proxy for a tunnel to this name."""
        place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        transport = self._wrap(stream)
        transport.unsent = ESTABLISHED
        desk = Desk(self._front)
        transport.set_protocol(desk)
        desk.connection_made(transport)
        transport.start(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode("ascii") + data)

    def _plain(self, stream: Stream, data: bytes, named: str, place: tuple[str, int]) -> None:
        """As mitmproxy takes a connection that was redirected to it."""
        host, port = place
        address = parse(f"http://{named or host}/")
        transport = self._wrap(stream)
        visitor = self._front.addon.reception.receive(transport)
        visitor.tunnel = True
        self._front.hand_over(transport, visitor, data, (address.host, address.port or port))
        transport.start(b"")

    def _wrap(self, stream: Stream) -> StreamTransport:
        # "sockname" is where the device wants to go, "original_src" where the tunnel itself comes from: the
        # device's address on the home network or the internet, which says more than the one inside.
        extra = {
            "peername": stream.get_extra_info("original_src"),
            "sockname": stream.get_extra_info("sockname"),
            "wireguard": self._peer,
        }
        return StreamTransport(stream, extra)


def _close(stream: Stream) -> None:
    with contextlib.suppress(OSError):
        stream.close()
