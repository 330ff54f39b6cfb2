"""Asking the household's own name servers: over UDP, over TCP where an answer does not fit, one by one.

Each question leaves from a port of its own with an id and a spelling drawn at random, and an answer counts
only where all of it comes back (RFC 5452, draft 0x20): guessing one blind costs more than it is worth.
Nothing of the client but the name and type is passed on.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from proxy.dns.chain import wire_name
from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy.dns.answer import Ede

type Place = tuple[str, int]

RESOLV_CONF = Path("/etc/resolv.conf")
_SECONDS = 2.0  # for one server over UDP
_SECONDS_TCP = 4.0
_ROUNDS = 2
_dice = random.SystemRandom()


class NoAnswerError(OSError):
    """No name server gave an answer.

    Attributes:
        error: the extended error to give.
    """

    def __init__(self, why: str, error: Ede | None = None) -> None:
        super().__init__(why)
        self.error = error


def system_servers(file: Path = RESOLV_CONF) -> tuple[Place, ...]:
    """The name servers this machine uses, from `resolv.conf`; empty where it names none."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    words = [line.split() for line in lines]
    return tuple((row[1].partition("%")[0], 53) for row in words if len(row) > 1 and row[0] == "nameserver")


def choose_servers(given: Sequence[Place], own: Sequence[Place]) -> tuple[Place, ...]:
    """The servers to ask: those given, else the system's; never ourselves.

    Args:
        given: host and port of each, as the household wrote them.
        own: where our own listener is.

    Raises:
        StairgateError: none is left (69).
    """
    servers = tuple(server for server in given or system_servers() if server not in own)
    if servers:
        return servers
    raise StairgateError(
        Problem(
            code="no-name-server",
            place="--dns-server" if given else str(RESOLV_CONF),
            cause="No name server is named there that is not this gate itself.",
            hint="Name the one of your provider or router: --dns-server 192.168.1.1",
        ),
        exit_code=Exit.MISSING,
    )


class Upstream:
    """The household's name servers, the one that answered last first."""

    def __init__(self, servers: Sequence[Place], *, seconds: float = _SECONDS) -> None:
        self.servers = list(servers)
        self._seconds = seconds

    async def ask(self, name: str, kind: int) -> dns.message.Message:
        """The answer of the first server that gives a usable one.

        Args:
            name: canonical.
            kind: the record type's number.

        Raises:
            NoAnswerError: none does.
        """
        last: Exception | None = None
        refused: dns.message.Message | None = None
        for server in list(self.servers) * _ROUNDS:
            try:
                answer = await self._ask_one(server, name, kind)
            except (OSError, dns.exception.DNSException, ValueError, EOFError) as error:
                last = error
                continue
            if answer.rcode() not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
                refused = answer
                continue
            if self.servers[0] != server:
                self.servers.sort(key=lambda place: place != server)
            return answer
        if refused is not None:
            return refused
        raise NoAnswerError(f"no name server answers: {type(last).__name__}")

    async def _ask_one(self, server: Place, name: str, kind: int) -> dns.message.Message:
        spelt = _spell(name)
        query = dns.message.make_query(spelt, dns.rdatatype.RdataType.make(kind), use_edns=0, payload=1232)
        query.id = secrets.randbelow(65536)
        wire = query.to_wire()
        async with asyncio.timeout(self._seconds):
            answer = await _over_udp(server, wire, query)
        if answer is None or answer.flags & dns.flags.TC:
            async with asyncio.timeout(_SECONDS_TCP):
                answer = await _over_tcp(server, wire, query)
        return answer


def _spell(name: str) -> dns.name.Name:
    """The name with every letter's case drawn at random."""
    bits = secrets.randbits(len(name) or 1)
    drawn = "".join(
        letter.upper() if bits >> place & 1 and letter.isascii() else letter
        for place, letter in enumerate(name)
    )
    return wire_name(drawn)


class _Asker(asyncio.DatagramProtocol):
    """One question on a socket of its own."""

    def __init__(self, query: dns.message.Message) -> None:
        self._query = query
        self.answer: asyncio.Future[dns.message.Message | None] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _address: object) -> None:
        """Take the answer that belongs to the question; anything else is waited past."""
        if self.answer.done() or data[:2] != struct.pack("!H", self._query.id):
            return
        try:
            found = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
        except (dns.exception.DNSException, ValueError):
            return
        if belongs(found, self._query):
            self.answer.set_result(found)
        elif found.question == self._query.question:
            self.answer.set_result(None)  # a server that does not keep the spelling: TCP needs no such proof

    def error_received(self, error: Exception) -> None:
        """Nobody listens there."""
        if not self.answer.done():
            self.answer.set_exception(error)


def belongs(answer: dns.message.Message, query: dns.message.Message) -> bool:
    """Whether an answer is one to a query: the same id, name to the letter, type and class."""
    if not answer.flags & dns.flags.QR or answer.id != query.id or len(answer.question) != 1:
        return False
    asked, said = query.question[0], answer.question[0]
    return asked.name.labels == said.name.labels and (asked.rdtype, asked.rdclass) == (
        said.rdtype,
        said.rdclass,
    )


async def _over_udp(server: Place, wire: bytes, query: dns.message.Message) -> dns.message.Message | None:
    loop = asyncio.get_running_loop()
    # Connected: the system passes on only what comes from that very server, to a port it drew for us.
    transport, asker = await loop.create_datagram_endpoint(lambda: _Asker(query), remote_addr=server)
    try:
        transport.sendto(wire)
        return await asker.answer
    finally:
        transport.close()


async def _over_tcp(server: Place, wire: bytes, query: dns.message.Message) -> dns.message.Message:
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(struct.pack("!H", len(wire)) + wire)
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        answer = dns.message.from_wire(await reader.readexactly(length), ignore_trailing=True)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if answer.id != query.id or answer.question != query.question:
        raise ValueError("the answer belongs to another question")
    return answer
