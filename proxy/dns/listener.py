"""The listener: UDP and TCP sockets, and the answers that were given a moment ago.

A question that was answered within the last seconds is answered again without being read: that is what most
of a home's questions are. Nothing is kept longer than `AGAIN`, and nothing over a change of the rules.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import struct
from typing import TYPE_CHECKING, Any

import dns.rcode

from proxy.dns import answer as own
from proxy.dns.question import NoQuestionError, Question, read_question
from proxy.dns.sockets import NOTE_SIZE, bind, is_everywhere, leaving

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from proxy.dns.answering import Answering
    from proxy.dns.sockets import Extra, Place, Sockets
    from proxy.identity import Asker

logger = logging.getLogger(__name__)

AGAIN = 3.0
"""Seconds in which the same question of the same device gets the same answer."""
_MOST_AGAIN = 20_000
_MOST_IN_FLIGHT = 2_000  # questions that wait for a name server; more are dropped, and asked again by clients
_MOST_CLIENTS = 200  # connections over TCP
_IDLE = 10.0  # seconds a connection may say nothing (RFC 7766 section 6.2.3 leaves it to us)
_BATCH = 64  # datagrams read in a row before anyone else has a turn
_LARGEST = 4096  # bytes of a question; with EDNS they may be longer than 512

type Identify = Callable[[str], Asker]
type Back = tuple[socket.socket, Any, Extra]


class Listener:
    """Answers questions at one address or more, over UDP and TCP."""

    def __init__(self, answering: Answering, identify: Identify, listen: Sequence[Place]) -> None:
        """Begin; nothing is bound yet.

        Args:
            answering: finds the answers.
            identify: who is behind a socket's address.
            listen: host and port of each place; port 0 lets the system choose.
        """
        self._answering = answering
        self._identify = identify
        self._listen = listen
        self._again: dict[tuple[str, bytes], tuple[float, bytes]] = {}
        self._udp: list[socket.socket] = []
        self._tcp: list[asyncio.Server] = []
        self._work: set[asyncio.Task[None]] = set()
        self._clients = 0

    @property
    def address(self) -> Place:
        """Host and port of the first place it listens at, once started."""
        if not self._udp:
            raise RuntimeError("the listener has not been started")
        host, port = self._udp[0].getsockname()[:2]
        return host, port

    def forget(self, _rules: object = None) -> None:
        """Give no answer again that was found with rules of before; may be called from any thread."""
        self._again = {}

    async def start(self, sockets: Sequence[Sockets] | None = None) -> None:
        """Bind both sockets of each place and answer.

        Args:
            sockets: those of `bind`, where somebody else has bound them.

        Raises:
            StairgateError: 69 where the address can't be listened on.
        """
        for datagrams, stream in sockets or [bind(place) for place in self._listen]:
            self._udp.append(datagrams)
            self._tcp.append(await asyncio.start_server(self._serve_stream, sock=stream))
            read = functools.partial(self._read, datagrams, everywhere=is_everywhere(datagrams))
            asyncio.get_running_loop().add_reader(datagrams, read)

    def stop(self) -> None:
        """Close both sockets; what is in flight is dropped. May be called twice."""
        for udp in self._udp:
            with contextlib.suppress(ValueError, OSError):
                asyncio.get_running_loop().remove_reader(udp)
            udp.close()
        for tcp in self._tcp:
            tcp.close()
        for task in self._work:
            task.cancel()

    def _read(self, udp: socket.socket, *, everywhere: bool = False) -> None:
        """Answer what has come over UDP; never raises."""
        now = asyncio.get_running_loop().time()
        for _ in range(_BATCH):
            extra: Extra = []
            try:
                if everywhere:
                    data, extra, _, client = udp.recvmsg(_LARGEST, NOTE_SIZE)
                else:
                    data, client = udp.recvfrom(_LARGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # a client's port was closed: said of an earlier answer, and nobody's fault
            again = self._again.get((client[0], data[2:]))
            if again is not None and again[0] > now:
                _send(data[:2] + again[1], (udp, client, extra))
                continue
            try:
                self._receive(data, (udp, client, extra), now)
            except Exception:
                logger.exception("a question could not be answered")

    def _receive(self, data: bytes, back: Back, now: float) -> None:
        try:
            question = read_question(data)
        except NoQuestionError as error:
            if error.code is not None:
                _send(own.refusal(error.head, error.code), back)
            return
        asker = self._identify(back[1][0])
        try:
            answer = self._answering.answer_now(question, asker)
        except Exception:
            logger.exception("a question could not be decided")
            _send(failed(question), back)
            return
        if answer is not None:
            self._reply(data, question, back, answer, now)
        elif len(self._work) < _MOST_IN_FLIGHT:
            task = asyncio.get_running_loop().create_task(self._answer_later(data, question, asker, back))
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def _answer_later(self, data: bytes, question: Question, asker: Asker, back: Back) -> None:
        answer = await self._answer(question, asker)
        self._reply(data, question, back, answer, asyncio.get_running_loop().time())

    async def _answer(self, question: Question, asker: Asker) -> bytes:
        try:
            return await self._answering.answer(question, asker)
        except Exception:
            logger.exception("a question could not be answered")
            return failed(question)

    def _reply(self, data: bytes, question: Question, back: Back, answer: bytes, now: float) -> None:
        if len(answer) > question.size:
            answer = own.truncated(question)
        if answer[3] & 0xF != dns.rcode.SERVFAIL:
            if len(self._again) >= _MOST_AGAIN:
                self._again = {}
            self._again[back[1][0], data[2:]] = now + AGAIN, answer[2:]
        _send(answer, back)

    async def _serve_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a client over TCP, one question after the other (RFC 7766)."""
        self._clients += 1
        try:
            if self._clients <= _MOST_CLIENTS:
                await self._serve_questions(reader, writer)
        except (OSError, EOFError, NoQuestionError):
            pass
        finally:
            self._clients -= 1
            writer.close()

    async def _serve_questions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asker = self._identify(str(writer.get_extra_info("peername")[0]))
        while True:
            async with asyncio.timeout(_IDLE):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                data = await reader.readexactly(length)
            try:
                question = read_question(data)
            except NoQuestionError as error:
                if error.code is None:
                    return
                answer = own.refusal(error.head, error.code)
            else:
                answer = await self._answer(question, asker)
            writer.write(struct.pack("!H", len(answer)) + answer)
            async with asyncio.timeout(_IDLE):
                await writer.drain()


def _send(answer: bytes, back: Back) -> None:
    # A full buffer or a client that is gone: it will ask again.
    with contextlib.suppress(OSError):
        if back[2]:
            back[0].sendmsg([answer], leaving(back[2]), 0, back[1])
        else:
            back[0].sendto(answer, back[1])


def failed(question: Question) -> bytes:
    """The answer where something of ours broke: no data of any kind."""
    words = "something in the gate went wrong, and then nothing is let through"
    return own.write(question, code=dns.rcode.SERVFAIL, error=own.Ede.OTHER, text=words, negative=False)
