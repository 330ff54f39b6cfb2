"""The lab's resolver: every name that has a part in the case, and no other.

Answers A, AAAA, CNAME, HTTPS, SVCB and TXT over UDP and TCP, and over TLS and HTTPS where the origin hands it
a query. A name without a part is NXDOMAIN, as on the real internet: a product may ask for one to find out
where it is.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from dnslib import AAAA, CNAME, EDNS0, QTYPE, RCODE, RD, RR, RRSIG, SOA, TXT, A, DNSRecord

from conformance_tests.lab import service_records

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from conformance_tests.lab.plan import Plan

_LARGEST = 4096
_SERVICE_TYPES = {service_records.SVCB: "SVCB", service_records.HTTPS: "HTTPS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the resolver says about one name."""

    four: tuple[IPv4Address, ...] = ()
    six: tuple[IPv6Address, ...] = ()
    turns: tuple[IPv4Address, ...] = ()
    """One address for each answer in turn, the last one from then on: a name that rebinds."""
    alias: str = ""
    service: tuple[str, ...] = ()
    """What its SVCB and HTTPS records say (words of `service_records.make`); empty for none."""
    leads: str = ""
    """The name its service records lead to; empty for itself."""
    text: str = ""
    """Its TXT record."""
    signed: bool = False
    """Whether a signature goes with every answer to a client that asks for one."""
    ttl: int = 0
    """Its lifetime in seconds, 0 for one drawn from the plan."""


@dataclass(slots=True)
class Zone:
    """All names of the lab, and the questions asked so far: (name, type)."""

    plan: Plan
    names: dict[str, Answers] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    """Every name asked for since the lab was built: a product may answer from what it kept."""

    def answer(self, packet: bytes) -> bytes:
        """The reply to one DNS message; FORMERR where it can't be read. Never raises."""
        try:
            query = DNSRecord.parse(packet)
            question = query.q
            name = str(question.qname).rstrip(".").lower()
            kind = QTYPE.get(question.qtype, str(question.qtype))
        except Exception:  # noqa: BLE001 - dnslib raises whatever its parser met; any broken packet is FORMERR
            return packet[:2] + struct.pack("!HHHHH", 0x8181, 0, 0, 0, 0)
        kind = _SERVICE_TYPES.get(question.qtype, kind)
        self.asked.append((name, kind))
        self.told.add(name)
        reply = query.reply(aa=0)
        reply.header.ra = 1
        sent = next((record for record in query.ar if record.rtype == QTYPE.OPT), None)
        wants_signature = sent is not None and bool(sent.edns_do)
        if sent is not None:
            reply.add_ar(EDNS0(udp_len=_LARGEST, flags="do" if wants_signature else ""))
        seen: set[str] = set()
        current = name
        while (known := self.find(current)) is not None and current not in seen:
            seen.add(current)
            ttl = known.ttl or self.plan.ttl(current)
            if known.alias:
                reply.add_answer(RR(current, QTYPE.CNAME, rdata=CNAME(known.alias), ttl=ttl))
                if kind == "CNAME":
                    break
                current = known.alias.lower()
                continue
            records = self._records(current, known, kind, ttl)
            reply.add_answer(*records)
            if known.signed and wants_signature and records:
                reply.add_answer(_signature(current, records[0]))
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

    def _records(self, name: str, known: Answers, kind: str, ttl: int) -> list[RR]:
        records: list[RR] = []
        if kind in {"A", "ANY"}:
            four = known.four
            if known.turns:
                asked = self.asked.count((name, "A"))
                four, ttl = (known.turns[min(asked, len(known.turns)) - 1],), 0
            records += [RR(name, QTYPE.A, rdata=A(str(ip)), ttl=ttl) for ip in four]
        if kind in {"AAAA", "ANY"}:
            records += [RR(name, QTYPE.AAAA, rdata=AAAA(str(ip)), ttl=ttl) for ip in known.six]
        if kind in {"TXT", "ANY"} and known.text:
            records.append(RR(name, QTYPE.TXT, rdata=TXT(known.text), ttl=ttl))
        for number, service in _SERVICE_TYPES.items():
            if kind in {service, "ANY"} and known.service:
                data = service_records.make(known.service, known.four, known.six, known.leads).pack()
                records.append(RR(name, number, rdata=RD(data), ttl=ttl))
        return records

    def leads_to(self, host: str, address: str) -> bool:
        """Whether the address is one of the host's."""
        known = self.names.get(host)
        return known is not None and address in map(str, (*known.four, *known.six))

    def find(self, name: str) -> Answers | None:
        """The name's own answers, or those of the wildcard above it (`*.bets.example`)."""
        if name in self.names:
            return self.names[name]
        rest = name
        while "." in rest:
            rest = rest.partition(".")[2]
            if f"*.{rest}" in self.names:
                return self.names[f"*.{rest}"]
        return None


def _signature(name: str, covered: RR) -> RR:
    """A signature of the right form (RFC 4034 3); no chain of trust leads to its key."""
    labels = name.count(".") + 1
    signed = RRSIG(
        covered.rtype,
        13,
        labels,
        covered.ttl,
        2**32 - 2,
        1,
        4711,
        name,
        hashlib.sha512(name.encode()).digest(),
    )
    return RR(name, QTYPE.RRSIG, rdata=signed, ttl=covered.ttl)


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


def message_of(method: str, query: str, upload: bytes) -> bytes:
    """The DNS message of a DNS-over-HTTPS request, GET or POST (RFC 8484 4.1)."""
    if method == "POST":
        return upload
    text = parse_qs(query).get("dns", [""])[0]
    with suppress(ValueError):
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return b""
