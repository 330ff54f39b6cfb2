"""Single attempts to get past the gate: each sends one small thing and says what came back. Never raises."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
import struct
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import httpx

if TYPE_CHECKING:
    from collections.abc import Awaitable

SECONDS = 3.0
"""How long an attempt waits: a way that is slower than this is no way a person would go."""

type Names = tuple[str, ...]


async def patiently[T](attempt: Awaitable[T]) -> T | None:
    """What an attempt brings; None where it fails or takes too long."""
    try:
        async with asyncio.timeout(SECONDS):
            return await attempt
    except (OSError, ssl.SSLError, EOFError, ValueError, dns.exception.DNSException, httpx.HTTPError):
        return None


def read_names(data: bytes) -> Names | None:
    """What an answer says of the name asked for; empty: it says "nothing"; None: it is no answer."""
    try:
        message = dns.message.from_wire(data, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return None
    if not message.flags & dns.flags.QR or message.rcode() not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
        return None
    return tuple(rdata.to_text() for rrset in message.answer for rdata in rrset)


class _Once(asyncio.DatagramProtocol):
    """Waits for one datagram."""

    def __init__(self) -> None:
        self.came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _address: object) -> None:
        if not self.came.done():
            self.came.set_result(data)

    def error_received(self, error: Exception) -> None:
        if not self.came.done():
            self.came.set_exception(error)


async def exchange(host: str, port: int, data: bytes) -> bytes:
    """Send a datagram and wait for one.

    Raises:
        OSError: nobody is there.
    """
    loop = asyncio.get_running_loop()
    transport, once = await loop.create_datagram_endpoint(_Once, remote_addr=(host, port))
    try:
        transport.sendto(data)
        return await once.came
    finally:
        transport.close()


def ask(name: str, kind: str = "A") -> bytes:
    """A question on the wire."""
    return dns.message.make_query(name, kind, use_edns=0).to_wire()


async def ask_udp(host: str, name: str, kind: str = "A", port: int = 53) -> Names | None:
    """Ask a name server in the clear."""
    return read_names(await exchange(host, port, ask(name, kind)))


async def ask_tcp(host: str, name: str, *, tls: bool = False) -> Names | None:
    """Ask a name server over TCP, or over TLS (RFC 7858)."""
    context = unchecked() if tls else None
    reader, writer = await asyncio.open_connection(host, 853 if tls else 53, ssl=context)
    try:
        question = ask(name)
        writer.write(struct.pack("!H", len(question)) + question)
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        return read_names(await reader.readexactly(length))
    finally:
        writer.close()


async def ask_https(url: str, name: str, proxy: str | None, method: str = "GET") -> Names | None:
    """Ask a name server hidden in HTTPS (RFC 8484), directly or through a proxy."""
    question = ask(name)
    headers = {"accept": "application/dns-message", "content-type": "application/dns-message"}
    # Certificates are not checked: whoever wants past the gate clicks a warning away; nothing is told here.
    async with httpx.AsyncClient(proxy=proxy, verify=unchecked(), trust_env=False) as client:
        if method == "GET":
            coded = base64.urlsafe_b64encode(question).decode().rstrip("=")
            answer = await client.get(f"{url}?dns={coded}", headers={"accept": "application/dns-message"})
        else:
            answer = await client.post(url, content=question, headers=headers)
    return read_names(answer.content) if answer.status_code == 200 else None


async def greet_quic(host: str) -> bool:
    """Whether somebody speaks QUIC there: an unknown version has to be answered (RFC 9000 section 6.1)."""
    destination, source = os.urandom(8), os.urandom(8)
    head = b"\xc0" + b"\x1a\x2a\x3a\x4a" + b"\x08" + destination + b"\x08" + source
    answer = await exchange(host, 443, head + bytes(1200 - len(head)))
    return len(answer) > 6 and answer[0] & 0x80 == 0x80 and answer[1:5] == bytes(4)


async def greet_tls(host: str, name: str) -> str:
    """Who signed the certificate that is shown for `name` at `host`.

    Raises:
        OSError: no certificate is shown.
    """
    _reader, writer = await asyncio.open_connection(host, 443, ssl=unchecked(), server_hostname=name)
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(shown or b"")
    return certificate.issuer.rfc4514_string()


async def open_tunnel(proxy: str, host: str, port: int) -> bytes:
    """What is heard from a port behind a proxy's tunnel after a blank question; empty where nothing is."""
    place = httpx.URL(proxy)
    reader, writer = await asyncio.open_connection(place.host, place.port or 8080)
    try:
        writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0] + b" ":
            return b""
        question = ask("example.com")
        writer.write(struct.pack("!H", len(question)) + question)
        return await reader.read(4096)
    finally:
        writer.close()


async def fetch(url: str, proxy: str | None) -> int:
    """The status of a harmless page."""
    async with httpx.AsyncClient(proxy=proxy, verify=unchecked(), trust_env=False) as client:
        return (await client.get(url)).status_code


async def look_up(name: str) -> Names:
    """The addresses this device's own look-up gives.

    Raises:
        OSError: none.
    """
    rows = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(sorted({str(row[4][0]) for row in rows}))


def unchecked() -> ssl.SSLContext:
    """A context that takes any certificate: it is looked at, never trusted with anything."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
