"""The lab's resolver: every name that has a part in the case, and no other.

Answers A, AAAA, CNAME and HTTPS over UDP and TCP, and over TLS and HTTPS where the origin hands it a query.
A name without a part is NXDOMAIN, as on the real internet: a product may ask for one to find out where it is.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, SOA, A, DNSRecord

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from conformance_tests.lab.plan import Plan

_PKTINFO4, _PKTINFO6 = (
    8,
    50,
)  # IP_PKTINFO, IPV6_PKTINFO (linux/in.h, linux/in6.h); not named by socket on 3.13
_LARGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the resolver says about one name."""

    four: tuple[IPv4Address, ...] = ()
    six: tuple[IPv6Address, ...] = ()
    turns: tuple[IPv4Address, ...] = ()
    """One address for each answer in turn, the last one from then on: a name that rebinds."""
    alias: str = ""
    https: str = ""
    """The HTTPS record's parameters in presentation form, for names that advertise HTTP/3 or ECH."""


@dataclass(slots=True)
class Zone:
    """All names of the lab, and the questions asked so far: (name, type)."""

    plan: Plan
    names: dict[str, Answers] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, packet: bytes) -> bytes:
        """The reply to one DNS message; FORMERR where it can't be read. Never raises."""
        try:
            query = DNSRecord.parse(packet)
            question = query.q
            name = str(question.qname).rstrip(".").lower()
            kind = QTYPE.get(question.qtype, str(question.qtype))
        except Exception:  # noqa: BLE001 - dnslib raises whatever its parser met; any broken packet is FORMERR
            return packet[:2] + struct.pack("!HHHHH", 0x8181, 0, 0, 0, 0)
        self.asked.append((name, kind))
        reply = query.reply(aa=0)
        reply.header.ra = 1
        seen: set[str] = set()
        current = name
        while (known := self._find(current)) is not None and current not in seen:
            seen.add(current)
            ttl = self.plan.ttl(current)
            if known.alias:
                reply.add_answer(RR(current, QTYPE.CNAME, rdata=CNAME(known.alias), ttl=ttl))
                current = known.alias.lower()
                continue
            if kind in {"A", "ANY"}:
                four = known.four
                if known.turns:
                    asked = self.asked.count((current, "A"))
                    four, ttl = (known.turns[min(asked, len(known.turns)) - 1],), 0
                reply.add_answer(*(RR(current, QTYPE.A, rdata=A(str(ip)), ttl=ttl) for ip in four))
            if kind in {"AAAA", "ANY"}:
                reply.add_answer(*(RR(current, QTYPE.AAAA, rdata=AAAA(str(ip)), ttl=ttl) for ip in known.six))
            if kind == "HTTPS" and known.https:
                reply.add_answer(*RR.fromZone(f"{current}. {ttl} HTTPS {known.https}"))
            break
        else:
            reply.header.rcode = RCODE.NXDOMAIN
        if not reply.rr:
            reply.add_auth(
                RR(
                    name.rpartition(".")[2] or ".",
                    QTYPE.SOA,
                    rdata=SOA(times=(1, 900, 300, 9000, 60)),
                    ttl=60,
                )
            )
        return bytes(reply.pack())

    def _find(self, name: str) -> Answers | None:
        """The name's own answers, or those of the wildcard above it (`*.bets.example`)."""
        if name in self.names:
            return self.names[name]
        rest = name
        while "." in rest:
            rest = rest.partition(".")[2]
            if f"*.{rest}" in self.names:
                return self.names[f"*.{rest}"]
        return None


def serve_udp(zone: Zone, loop: asyncio.AbstractEventLoop, port: int = 53) -> list[socket.socket]:
    """Answer UDP queries on every address of the lab, each from the address that was asked.

    A socket on 0.0.0.0 would answer from another address and the reply would be lost; IP_PKTINFO names the
    right one (measured).
    """
    sockets = []
    for family, level, option, wanted in (
        (socket.AF_INET, socket.IPPROTO_IP, _PKTINFO4, _PKTINFO4),
        (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, _PKTINFO6),
    ):
        server = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.setsockopt(level, option, 1)
        server.bind(("", port))
        server.setblocking(False)
        loop.add_reader(server, _answer_waiting, zone, server, level, wanted)
        sockets.append(server)
    return sockets


def _answer_waiting(zone: Zone, server: socket.socket, level: int, wanted: int) -> None:
    for _ in range(64):
        try:
            packet, ancillary, _, peer = server.recvmsg(_LARGEST, 256)
        except BlockingIOError:
            return
        control = [(found, kind, data) for found, kind, data in ancillary if (found, kind) == (level, wanted)]
        server.sendmsg([zone.answer(packet)], control, 0, peer)


async def serve_stream(zone: Zone, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """DNS over a stream (TCP, or TLS on 853): messages with a two-byte length before each."""
    try:
        while True:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            reply = zone.answer(await reader.readexactly(length))
            writer.write(struct.pack("!H", len(reply)) + reply)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
