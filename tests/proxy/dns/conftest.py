"""A real listener on a real socket, and a name server of the tests that it asks."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rrset
import pytest

from proxy.dns.building import DnsSettings, build_listener
from rules import pack as packs
from rules.decide import Moment, decide
from rules.policy import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from proxy.dns.listener import Listener
    from rules.decide import Decision, Request

POLICY = "country: GB\npeople: {everyone: {profile: tween}}\n"


@dataclass
class NameServer:
    """Answers from a table of texts `name TTL IN TYPE data`, and counts who asked for what."""

    zone: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    spelt: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    behave: Callable[[dns.message.Message, dns.message.Message, bool], bytes | None] | None = None
    port: int = 0

    def add(self, *lines: str) -> None:
        """Add records; those of a chain are listed under its first name."""
        first = lines[0].split()
        last = lines[-1].split()
        self.zone[first[0].rstrip("."), last[3]] = list(lines)

    def answer(self, wire: bytes, port: int, *, tcp: bool) -> bytes | None:
        """One answer."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        text = question.name.to_text(omit_final_dot=True)
        kind = question.rdtype.name
        self.asked[text.lower(), kind] += 1
        self.spelt.append(text)
        self.ports.append(port)
        self.ids.append(query.id)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        lines = self.zone.get((text.lower(), kind), [])
        for line in lines:
            name, ttl, family, found, data = line.split(maxsplit=4)
            reply.answer.append(dns.rrset.from_text(name.rstrip(".") + ".", int(ttl), family, found, data))
        if not lines:
            if not any(name == text.lower() for name, _ in self.zone):
                reply.set_rcode(dns.rcode.NXDOMAIN)
            reply.authority.append(
                dns.rrset.from_text("example.", 60, "IN", "SOA", "ns.example. a.example. 1 2 3 4 60")
            )
        if self.behave is not None:
            return self.behave(query, reply, tcp)
        return reply.to_wire()


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    """A name server on a thread of its own, UDP and TCP on one port."""
    server = NameServer()
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        server.port = udp.getsockname()[1]
        try:
            tcp = socket.create_server(("127.0.0.1", server.port))
            break
        except OSError:
            udp.close()
    stopping = threading.Event()

    def serve_udp() -> None:
        while not stopping.is_set():
            data, client = udp.recvfrom(4096)
            if not data:
                return
            answer = server.answer(data, client[1], tcp=False)
            if answer is not None:
                udp.sendto(answer, client)

    def serve_tcp() -> None:
        while not stopping.is_set():
            connection, client = tcp.accept()
            with connection, contextlib.suppress(OSError, struct.error):
                connection.settimeout(2)
                (length,) = struct.unpack("!H", connection.recv(2))
                answer = server.answer(connection.recv(length), client[1], tcp=True)
                if answer is not None:
                    connection.sendall(struct.pack("!H", len(answer)) + answer)

    threads = [threading.Thread(target=work, daemon=True) for work in (serve_udp, serve_tcp)]
    for thread in threads:
        thread.start()
    yield server
    stopping.set()
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
        waker.sendto(b"", ("127.0.0.1", server.port))
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
    for thread in threads:
        thread.join(5)
    udp.close()
    tcp.close()


@dataclass
class Judge:
    """Decides by the real rules at a moment that can be set."""

    policy: Any
    pack: packs.Pack
    moment: Moment
    broken: bool = False
    listeners: list[Callable[[Any], None]] = field(default_factory=list)

    @property
    def rules(self) -> Any:
        return SimpleNamespace(policy=self.policy, pack=self.pack)

    def when_changed(self, listener: Callable[[Any], None]) -> None:
        self.listeners.append(listener)

    def change(self, text: str) -> None:
        """Put another policy in force, as an edit of the file does."""
        self.policy = parse(text)
        for listener in self.listeners:
            listener(self.rules)

    def decide(self, request: Request) -> Decision:
        if self.broken:
            raise RuntimeError("broken on purpose")
        return decide(request, self.policy, self.pack, self.moment)


@dataclass
class Names:
    """A running listener and what a client does with it."""

    listener: Listener
    judge: Judge
    noted: list[tuple[str, str, str]]
    loop: asyncio.AbstractEventLoop

    def ask(self, name: str, kind: str = "A", *, tcp: bool = False, edns: bool = True) -> dns.message.Message:
        """Ask as a device does."""
        query = dns.message.make_query(name, kind, use_edns=0 if edns else -1)
        host, port = self.listener.address
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, host, timeout=15, port=port)

    def send(self, data: bytes, *, seconds: float = 0.3) -> bytes | None:
        """Send bytes; the answer, or None where none comes."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(seconds)
            client.sendto(data, self.listener.address)
            try:
                return client.recv(4096)
            except TimeoutError:
                return None


@pytest.fixture
def start_names(tmp_path: Path, name_server: NameServer) -> Iterator[Callable[..., Names]]:
    """Start a listener: `start_names(policy, {category: [names]})`."""
    started: list[tuple[Names, threading.Thread]] = []

    def start(policy: str = POLICY, listed: dict[str, list[str]] | None = None, **settings: Any) -> Names:
        import datetime as dt

        sources = []
        for category, names in (listed or {}).items():
            source = tmp_path / f"{category}.txt"
            source.write_text("\n".join(names) + "\n")
            sources.append(packs.Source(list="test", path=source, category=category))
        packs.build(sources, tmp_path / "pack")
        moment = Moment(at=dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC))
        judge = Judge(parse(policy), packs.Pack.open(tmp_path / "pack"), moment)
        noted: list[tuple[str, str, str]] = []
        notes = SimpleNamespace(
            note=lambda request, decision, device: noted.append((request.text, str(decision.reason), device))
        )
        chosen = DnsSettings(
            **({"listen": (("127.0.0.1", 0),), "servers": (("127.0.0.1", name_server.port),)} | settings)
        )
        ready = threading.Event()
        made: list[Names] = []

        def run() -> None:
            async def main() -> None:
                listener = build_listener(chosen, judge, notes)
                await listener.start()
                made.append(Names(listener, judge, noted, asyncio.get_running_loop()))
                stop = asyncio.Event()
                made[0].stop = stop  # type: ignore[attr-defined]
                ready.set()
                await stop.wait()
                listener.stop()

            asyncio.run(main())

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(10)
        started.append((made[0], thread))
        return made[0]

    yield start
    for names, thread in started:
        names.loop.call_soon_threadsafe(names.stop.set)  # type: ignore[attr-defined]
        thread.join(5)
