"""The control's resolver: a small filtering forwarder, each fault in one place.

It gets what a product gets (`$WORK $LISTEN $LISTS`) and never reads a case; what it can't answer it asks of
the resolver the machine was told. Run as a program:
`python -m conformance_tests.controls.resolver --listen A:P --also A6 --lists DIR [--fault WORD]`.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import struct
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from dnslib import AAAA, CNAME, EDNS0, QTYPE, RCODE, RD, RR, SOA, A, DNSBuffer, DNSRecord, EDNSOption

from conformance_tests.controls.decision import Filter, read_lists
from conformance_tests.controls.faults import Fault, Sham
from conformance_tests.controls.known import OPT_OUTS, help_hosts, safe_name
from conformance_tests.controls.remembered import stood_there
from conformance_tests.lab import service_records

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_WAIT = 3.0
_LIFETIME = 60
_LONGEST = 300
_ADDRESSES = {QTYPE.A, QTYPE.AAAA}
_SERVICE_TYPES = {service_records.SVCB, service_records.HTTPS}
_BLOCKED = struct.pack("!H", 15)  # the extended error Blocked (RFC 8914 4.16)
_HANGING = 60.0


class Resolver:
    """Answers the queries of one control."""

    def __init__(
        self, sieve: Filter, sham: Sham | None, upstream: tuple[str, int], own: tuple[str, str] | None = None
    ) -> None:
        """Prepare to answer.

        Args:
            sieve: decides.
            sham: it is no filter at all.
            upstream: knows what this one doesn't.
            own: its machine's addresses, IPv4 and IPv6, where a block page is to be had; None for none.
        """
        self.own = own
        self.sieve = sieve
        self.sham = sham
        self.upstream = upstream
        self.blocked_addresses: set[str] = set()

    async def answer(self, packet: bytes, *, over: str, six: bool) -> bytes:
        """The reply to one message that came over `udp` or `tcp`, to the IPv6 address or the other."""
        match self.sham:
            case Sham.HANGS:
                await asyncio.sleep(_HANGING)
            case Sham.ANSWERS_GARBAGE:
                return packet[:2] + b"this is no answer"
            case Sham.ALLOWS_EVERYTHING:
                return await self._forward(packet)
            case Sham.REMEMBERS_A_LAB:
                told = await self._forward(packet)
                answers = DNSRecord.parse(told).rr
                if not any(stood_there(str(one.rdata)) for one in answers if one.rtype == QTYPE.A):
                    return told
            case _:
                pass
        query = DNSRecord.parse(packet)
        name, kind = str(query.q.qname).rstrip("."), query.q.qtype
        if self._looks_away(query, over=over, six=six):
            return await self._forward(packet)
        if name.lower() in OPT_OUTS and self.sieve.fault is not Fault.OPT_OUTS_UNKNOWN:
            return self._opt_out(query)
        if self._blocks(name) or self.sham is Sham.BLOCKS_EVERYTHING:
            return await self._block(packet, query)
        forgets = self.sieve.fault is Fault.SAFE_SEARCH_FORGOTTEN
        if (safe := safe_name(name.lower())) and not forgets:
            return await self._lead(query, safe)
        if kind == QTYPE.AAAA and self.sieve.fault is Fault.IPV6_FORGOTTEN:
            return bytes(query.reply(aa=0).pack())
        return self._looked_through(query, DNSRecord.parse(await self._forward(packet)))

    def _looks_away(self, query: DNSRecord, *, over: str, six: bool) -> bool:
        """Whether a fault lets this query through as it came."""
        kind = query.q.qtype
        opened = [record for record in query.ar if record.rtype == QTYPE.OPT]
        match self.sieve.fault:
            case Fault.AAAA_LEFT_OPEN:
                return bool(kind == QTYPE.AAAA)
            case Fault.OTHER_TYPES_TOLD:
                return kind not in _ADDRESSES
            case Fault.TCP_PASSES:
                return over == "tcp"
            case Fault.IPV6_LISTENER_OPEN:
                return six
            case Fault.EDNS_CONFUSES:
                return any(one.edns_do or one.rdata for one in opened)
            case _:
                return False

    def _blocks(self, name: str) -> bool:
        return self.sieve.blocked_for("dns", name, 443, "/") is not None

    async def _block(self, packet: bytes, query: DNSRecord) -> bytes:
        """NXDOMAIN with a short lifetime and, to a client that can read it, the reason."""
        if self.sieve.fault is Fault.ADDRESS_SHARED:
            true = DNSRecord.parse(await self._forward(packet))
            self.blocked_addresses |= {str(one.rdata) for one in true.rr if one.rtype in _ADDRESSES}
        reply = self._negative(query)
        if self.own is not None and query.q.qtype in _ADDRESSES:
            here = A(self.own[0]) if query.q.qtype == QTYPE.A else AAAA(self.own[1])
            reply = query.reply(aa=0)
            reply.add_answer(RR(query.q.qname, query.q.qtype, rdata=here, ttl=_LIFETIME))
        if self.sieve.fault is Fault.ECH_LEFT and query.q.qtype in _SERVICE_TYPES:
            reply = DNSRecord.parse(await self._forward(packet))
            hints = (service_records.Key.IPV4HINT, service_records.Key.IPV6HINT)
            reply.rr = [_shortened(record, *hints) for record in reply.rr]
        return bytes(reply.pack())

    def _negative(self, query: DNSRecord) -> DNSRecord:
        reply = query.reply(aa=0)
        reply.header.rcode = RCODE.NXDOMAIN
        reply.add_auth(RR(".", QTYPE.SOA, rdata=SOA(times=(1, 900, 300, 9000, _LIFETIME)), ttl=_LIFETIME))
        if any(record.rtype == QTYPE.OPT for record in query.ar):
            told = [] if self.sieve.fault is Fault.NO_REASON else [EDNSOption(15, _BLOCKED)]
            reply.add_ar(EDNS0(udp_len=1232, opts=told))
        return reply

    def _opt_out(self, query: DNSRecord) -> bytes:
        reply = self._negative(query)
        if self.sieve.fault is Fault.CANARY_ANSWERED and query.q.qtype in _ADDRESSES:
            reply = query.reply(aa=0)
            nowhere = A("0.0.0.0") if query.q.qtype == QTYPE.A else AAAA("::")
            reply.add_answer(RR(query.q.qname, query.q.qtype, rdata=nowhere, ttl=_LIFETIME))
        return bytes(reply.pack())

    async def _lead(self, query: DNSRecord, safe: str) -> bytes:
        """An engine's answer: the addresses of its safe twin, and no other record."""
        reply = query.reply(aa=0)
        reply.add_answer(RR(query.q.qname, QTYPE.CNAME, rdata=CNAME(safe), ttl=_LIFETIME))
        if query.q.qtype in _ADDRESSES:
            asked = DNSRecord.question(safe, QTYPE.get(query.q.qtype))
            reply.add_answer(*DNSRecord.parse(await self._forward(bytes(asked.pack()))).rr)
        return bytes(reply.pack())

    def _looked_through(self, query: DNSRecord, reply: DNSRecord) -> bytes:
        """What came from upstream, unless an alias in it leads to a blocked name; no lifetime too long."""
        names = {str(one.rdata).rstrip(".") for one in reply.rr if one.rtype == QTYPE.CNAME}
        cloaked = any(map(self._blocks, names)) and self.sieve.fault is not Fault.CLOAKS_UNSEEN
        addresses = {str(one.rdata) for one in reply.rr if one.rtype in _ADDRESSES}
        if cloaked or addresses & self.blocked_addresses:
            return bytes(self._negative(query).pack())
        if self.sieve.fault is not Fault.LONG_LIVED:
            for record in reply.rr:
                record.ttl = min(record.ttl, _LONGEST)
        return bytes(reply.pack())

    async def _forward(self, packet: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.setblocking(False)
            asker.connect(self.upstream)
            await loop.sock_sendall(asker, packet)
            return await asyncio.wait_for(loop.sock_recv(asker, 65535), _WAIT)


def _shortened(record: RR, *keys: service_records.Key) -> RR:
    if record.rtype not in _SERVICE_TYPES:
        return record
    buffer = DNSBuffer()
    record.rdata.pack(buffer)
    kept = service_records.read(bytes(buffer.data)).without(*keys)
    return RR(record.rname, record.rtype, rdata=RD(kept.pack()), ttl=record.ttl)


class _Datagrams(asyncio.DatagramProtocol):
    """Queries over UDP."""

    def __init__(self, answer: Callable[[bytes], Awaitable[bytes]]) -> None:
        self.answer = answer
        self.transport: asyncio.DatagramTransport | None = None
        self.running: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.DatagramTransport):
            self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._reply(data, addr))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _reply(self, data: bytes, peer: tuple[str, int]) -> None:
        # A broken query or a silent upstream gets no answer.
        with suppress(Exception):
            reply = await self.answer(data)
            if self.transport is not None:
                self.transport.sendto(reply, peer)


async def listen(resolver: Resolver, host: str, port: int) -> asyncio.Server:
    """Open a resolver's UDP and TCP doors at one address."""
    six = ip_address(host).version == 6

    async def by_datagram(packet: bytes) -> bytes:
        return await resolver.answer(packet, over="udp", six=six)

    async def by_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(Exception):
            while True:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                reply = await resolver.answer(await reader.readexactly(length), over="tcp", six=six)
                writer.write(struct.pack("!H", len(reply)) + reply)
        writer.close()

    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: _Datagrams(by_datagram), local_addr=(host, port))
    return await asyncio.start_server(by_stream, host, port)


def told_resolver() -> tuple[str, int]:
    """The resolver this machine was told."""
    lines = Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("nameserver ")), 53


async def _run(options: argparse.Namespace) -> None:
    fault = next((known for known in Fault if known == options.fault), None)
    sham = next((known for known in Sham if known == options.fault), None)
    sieve = Filter(lists=read_lists(Path(options.lists)), fault=fault, help_hosts=help_hosts())
    resolver = Resolver(sieve, sham, told_resolver())
    host, _, port = options.listen.rpartition(":")
    servers = [await listen(resolver, one, int(port)) for one in (host.strip("[]"), options.also)]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    """Read the command line and run until killed."""
    parser = argparse.ArgumentParser(description="A control: a fake resolver, flawless or wrong in one way.")
    for name in ("listen", "also", "lists"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--fault", default="", choices=["", *Fault, *Sham])
    options = parser.parse_args()
    if options.fault != Sham.IS_DOWN:
        asyncio.run(_run(options))


if __name__ == "__main__":
    main()
