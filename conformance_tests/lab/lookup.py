"""The client's resolver: DNS questions from the client's namespace, and what came of each.

An answer is written down whole. What it means for a filter is one word, its `manner`: the ways in which
resolvers are known to block, and `address`, which is none of them.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from dnslib import (
    EDNS0,
    QTYPE,
    RCODE,
    RR,
    DNSBuffer,
    DNSError,
    DNSHeader,
    DNSLabel,
    DNSQuestion,
    DNSRecord,
    EDNSOption,
)

from conformance_tests.lab import service_records
from conformance_tests.lab.network import Space, socket_in

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVICE_TYPES = {service_records.SVCB: "SVCB", service_records.HTTPS: "HTTPS"}
_REASON = 15  # the EDNS option of extended errors (RFC 8914)
_WAIT = 2.0
_LARGEST = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a name is asked for.

    Attributes:
        name: as it is spelled; the case of its letters is kept.
        kind: the record type.
        over: `udp`, `tcp` or `tls`.
        edns: whether an OPT record goes with it; without one no extended error comes back.
        dnssec_ok: its DO bit.
        options: further EDNS options: code -> value.
        server: the name sent in the greeting of DNS over TLS; empty for none.
    """

    name: str
    kind: str = "A"
    over: str = "udp"
    edns: bool = True
    dnssec_ok: bool = False
    options: Mapping[int, bytes] = field(default_factory=dict)
    server: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a resolver said.

    Attributes:
        asked: the question.
        rcode: `NOERROR`, `NXDOMAIN`…; empty where nothing came.
        kinds: the types of the records in the answer section, in order.
        addresses: A and AAAA records of the answer section.
        names: where its CNAME, SVCB and HTTPS records lead.
        reasons: codes of extended errors (RFC 8914).
        lifetime: the largest TTL of the answer section in seconds, 0 for none.
        packet: the whole message.
        error: why there is none, in a few words.
        milliseconds: until it came.
    """

    asked: Asked
    rcode: str = ""
    kinds: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    names: tuple[bytes, ...] = ()
    reasons: tuple[int, ...] = ()
    lifetime: int = 0
    packet: bytes = b""
    error: str = ""
    milliseconds: float = 0.0

    @property
    def manner(self) -> str:
        """One word: `address`, or how it withheld one."""
        if not self.rcode:
            return "no-answer"
        if self.rcode != "NOERROR":
            return self.rcode.lower()
        if not self.addresses:
            return "data" if self.kinds else "nodata"
        return "null-address" if all(ip_address(one).is_unspecified for one in self.addresses) else "address"

    @property
    def sentence(self) -> str:
        """The answer in one line, for evidence."""
        reason = f", reason {', '.join(map(str, self.reasons))}" if self.reasons else ""
        held = " ".join(self.addresses or self.kinds)
        return f"{self.asked.kind} {self.asked.name}: {self.error or self.manner} {held}".rstrip() + reason


async def look_up(resolver: tuple[str, int], asked: Asked, context: ssl.SSLContext | None = None) -> Found:
    """Ask once, twice where UDP stays silent, and over TCP where the answer was cut. Never raises.

    Args:
        resolver: address and port.
        asked: the question.
        context: for DNS over TLS.
    """
    begun = time.perf_counter()
    try:
        query = _query(asked)
    except DNSError:
        return Found(asked=asked, error="no question can hold this name")
    try:
        if asked.over == "udp":
            packet = await _by_datagram(resolver, query)
            if packet[2] & 0x02:  # TC: the rest is to be had over TCP
                packet = await _by_stream(resolver, query)
        else:
            wrapped = context if asked.over == "tls" else None
            packet = await _by_stream(resolver, query, wrapped, asked.server)
    except TimeoutError:
        return Found(asked=asked, error="no answer in time")
    except (OSError, ssl.SSLError, asyncio.IncompleteReadError) as error:
        return Found(asked=asked, error=f"{type(error).__name__}: {error}")
    return _read(asked, packet, (time.perf_counter() - begun) * 1000)


async def find(resolver: tuple[str, int], name: str) -> tuple[Found, ...]:
    """Both addresses of a name, asked side by side as a browser does."""
    return tuple(
        await asyncio.gather(*(look_up(resolver, Asked(name=name, kind=kind)) for kind in ("A", "AAAA")))
    )


def _query(asked: Asked) -> bytes:
    kind = service_records.SVCB if asked.kind == "SVCB" else QTYPE.reverse[asked.kind]
    question = DNSQuestion(DNSLabel([label.encode() for label in asked.name.rstrip(".").split(".")]), kind)
    query = DNSRecord(DNSHeader(rd=1), q=question)
    if asked.edns:
        options = [EDNSOption(code, value) for code, value in asked.options.items()]
        query.add_ar(EDNS0(flags="do" if asked.dnssec_ok else "", udp_len=1232, opts=options))
    return bytes(query.pack())


async def _by_datagram(resolver: tuple[str, int], query: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in resolver[0] else socket.AF_INET
    asker = socket_in(Space.CLIENT, family, socket.SOCK_DGRAM)
    try:
        # Connected: a refusal shows at once, and nobody else can answer.
        asker.connect(resolver)
        for attempt in range(2):
            await loop.sock_sendall(asker, query)
            try:
                async with asyncio.timeout(_WAIT / 2):
                    while True:
                        packet = await loop.sock_recv(asker, _LARGEST)
                        if packet[:2] == query[:2]:
                            return packet
            except TimeoutError:
                if attempt:
                    raise
    finally:
        asker.close()
    raise TimeoutError


async def _by_stream(
    resolver: tuple[str, int], query: bytes, context: ssl.SSLContext | None = None, server: str = ""
) -> bytes:
    made = socket_in(Space.CLIENT, socket.AF_INET6 if ":" in resolver[0] else socket.AF_INET)
    async with asyncio.timeout(_WAIT):
        try:
            await asyncio.get_running_loop().sock_connect(made, resolver)
        except BaseException:
            made.close()
            raise
        reader, writer = await asyncio.open_connection(sock=made)
        try:
            if context is not None:
                await writer.start_tls(context, server_hostname=server or None)
            writer.write(struct.pack("!H", len(query)) + query)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            return await reader.readexactly(length)
        finally:
            writer.close()


def _read(asked: Asked, packet: bytes, spent: float) -> Found:
    try:
        reply = DNSRecord.parse(packet)
        rcode = RCODE.get(reply.header.rcode, str(reply.header.rcode))
        options = [option for record in reply.ar if record.rtype == QTYPE.OPT for option in record.rdata]
    except Exception:  # noqa: BLE001 - dnslib raises whatever its parser met
        return Found(asked=asked, packet=packet, error="the answer is no DNS message", milliseconds=spent)
    return Found(
        asked=asked,
        rcode=rcode,
        kinds=tuple(_kind(record.rtype) for record in reply.rr),
        addresses=tuple(str(one.rdata) for one in reply.rr if one.rtype in {QTYPE.A, QTYPE.AAAA}),
        names=tuple(filter(None, map(_leads, reply.rr))),
        reasons=tuple(
            int.from_bytes(option.data[:2]) for option in options if option.code == _REASON and option.data
        ),
        lifetime=max((record.ttl for record in reply.rr), default=0),
        packet=packet,
        milliseconds=spent,
    )


def _leads(record: RR) -> bytes:
    """The name a record leads to, which on the wire may be compressed."""
    if record.rtype == QTYPE.CNAME:
        return str(record.rdata).rstrip(".").lower().encode()
    if record.rtype in _SERVICE_TYPES:
        buffer = DNSBuffer()
        record.rdata.pack(buffer)
        return service_records.read(bytes(buffer.data)).target.lower().encode()
    return b""


def _kind(number: int) -> str:
    return _SERVICE_TYPES.get(number) or QTYPE.get(number, str(number))
