"""A world for `stairgate sealed`, in a network of its own: `unshare -rnm python sealed_world.py WORLD`.

Worlds: `open` (everything answers), `names` (the gate is the name server, and nothing else answers),
`proxy` (the gate is the proxy and nothing else answers), `dead` (nothing answers). Refuses to run anywhere
but in a network that has nothing but a loopback interface.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import stairgate
from proxy.dns.building import DnsSettings, build_listener
from proxy.gateway import Gate, Settings
from proxy.home import open_home
from proxy.sealed.survey import NUMBERS, RESOLVERS
from rules import pack as packs
from rules import starter
from rules.decide import Moment, decide
from rules.policy import parse

OWN = "198.51.100.53"  # the name server of this world
BEHIND = "198.51.100.54"  # the one the gate asks
SITE = "198.51.100.80"
POLICY = """\
country: GB
names: {example.com: 198.51.100.80}
people: {everyone: {profile: tween}}
"""


def run(*words: str) -> None:
    subprocess.run(words, check=True)


def build(folder: Path, numbers: tuple[str, ...]) -> None:
    """Give this network its addresses and its name server."""
    links = json.loads(subprocess.run(["ip", "-j", "link"], check=True, capture_output=True).stdout)
    if [link["ifname"] for link in links] != ["lo"]:
        sys.exit("this is not a network of its own; nothing is sent")
    run("ip", "link", "set", "lo", "up")
    for number in numbers:
        run("ip", "addr", "add", number, "dev", "lo", *(["nodad"] if ":" in number else []))
    conf = folder / "resolv.conf"
    conf.write_text(f"nameserver {OWN}\noptions timeout:1 attempts:1\n")
    run("mount", "--bind", str(conf), "/etc/resolv.conf")


def answer(wire: bytes, *, everything: bool) -> bytes:
    """What a name server of this world says: an address for every name, or for harmless ones alone."""
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query)
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    address = next((number for known, number in RESOLVERS.items() if known == name), SITE)
    if question.rdtype.name == "SVCB" and everything:
        data = "1 dns.google. alpn=h2"
        reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "SVCB", data))
    elif question.rdtype.name == "A":
        if name.startswith("forcesafesearch"):
            address = "198.51.100.81"
        reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", address))
    return reply.to_wire()


class Datagrams(asyncio.DatagramProtocol):
    """A name server in the clear, or something that speaks QUIC."""

    def __init__(self, *, quic: bool) -> None:
        self._quic = quic

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, client: Any) -> None:
        if not self._quic:
            self._transport.sendto(answer(data, everything=True), client)
        elif len(data) >= 1200:
            self._transport.sendto(b"\x80\0\0\0\0" + data[5:23] + b"\0\0\0\1", client)


async def serve_name(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One question over TCP or TLS."""
    (length,) = struct.unpack("!H", await reader.readexactly(2))
    data = answer(await reader.readexactly(length), everything=True)
    writer.write(struct.pack("!H", len(data)) + data)
    writer.close()


async def serve_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A hidden look-up, or a page."""
    import base64

    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    target = head.split()[1]
    if head.startswith("POST"):
        length = int(head.lower().partition("content-length: ")[2].split()[0])
        body = answer(await reader.readexactly(length), everything=True)
    elif "?dns=" in target:
        coded = target.partition("?dns=")[2]
        body = answer(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)), everything=True)
    else:
        body = b"hello"
    writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    )
    writer.close()


def certificate(folder: Path) -> ssl.SSLContext:
    """Somebody else's certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody Else")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "other.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def play_open(folder: Path) -> None:
    """The internet without a gate."""
    loop = asyncio.get_running_loop()
    context = certificate(folder)
    for number in (*NUMBERS, OWN):
        await loop.create_datagram_endpoint(lambda: Datagrams(quic=False), local_addr=(number, 53))
        await loop.create_datagram_endpoint(lambda: Datagrams(quic=True), local_addr=(number, 443))
        await asyncio.start_server(serve_name, number, 53)
        await asyncio.start_server(serve_name, number, 853, ssl=context)
        await asyncio.start_server(serve_page, number, 443, ssl=context)
    await asyncio.start_server(serve_page, SITE, 80)


class Judge:
    """The real rules with the starter lists."""

    def __init__(self, folder: Path) -> None:
        packs.build(starter.sources(), folder / "pack")
        self.rules: Any = SimpleNamespace(policy=parse(POLICY), pack=packs.Pack.open(folder / "pack"))

    def when_changed(self, _listener: Any) -> None:
        """Nothing changes here."""

    def decide(self, request: Any) -> Any:
        """Decide now."""
        return decide(request, self.rules.policy, self.rules.pack, Moment(at=dt.datetime.now(dt.UTC)))


NOTES: Any = SimpleNamespace(note=lambda *_: None)


async def play_names(folder: Path) -> None:
    """The gate is the name server; no way leads out but to the site."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Datagrams(quic=False), local_addr=(BEHIND, 53))
    await asyncio.start_server(serve_page, SITE, 80)
    settings = DnsSettings(listen=((OWN, 53),), servers=((BEHIND, 53),))
    await build_listener(settings, Judge(folder), NOTES).start()


async def play_proxy(folder: Path) -> None:
    """The gate is the proxy; behind it the whole internet answers, and nothing is reached without it."""
    await asyncio.start_server(serve_page, SITE, 80)
    gate = Gate(
        Settings(
            home=open_home(folder / "home"), judge=Judge(folder), notes=NOTES, listen=("127.0.0.1", 8080)
        )
    )
    await gate.start()
    asyncio.ensure_future(gate.run())  # noqa: RUF006 - ends with the process


PLAYS = {"open": play_open, "names": play_names, "proxy": play_proxy}


def main() -> None:
    """Build the world, play it in a thread, and run the command."""
    world, *words = sys.argv[1:]
    folder = Path(tempfile.mkdtemp())
    numbers = {
        "open": (*NUMBERS, OWN, SITE, "198.51.100.81"),
        "names": (OWN, BEHIND, SITE),
        "proxy": (OWN, SITE),
        "dead": (),
    }
    build(folder, numbers[world])
    ready = threading.Event()

    def play() -> None:
        async def for_ever() -> None:
            if world in PLAYS:
                await PLAYS[world](folder)
            ready.set()
            await asyncio.Event().wait()

        asyncio.run(for_ever())

    threading.Thread(target=play, daemon=True).start()
    if not ready.wait(20):
        sys.exit("the world is not ready")
    sys.exit(stairgate.main(["sealed", *words]))


if __name__ == "__main__":
    main()
