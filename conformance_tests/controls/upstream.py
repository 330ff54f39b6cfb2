"""The control's way out: resolve, check the address, connect, verify, fetch."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import h11

from conformance_tests.controls.decision import Filter, split_target
from conformance_tests.controls.faults import Fault
from conformance_tests.lab.certificates import speak_of_old
from conformance_tests.lab.spelling import plain_host

if TYPE_CHECKING:
    from collections.abc import Mapping

HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "content-length",
}
_WAIT = 15.0
_REDIRECTS = {301, 302, 303, 307, 308}
_COMMON = {"content-type", "content-encoding", "location", "date", "cache-control", "rating", "refresh"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """An origin's answer; `stream` is the open connection after a 101."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    stream: tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes] | None = None


class RefusedAddressError(OSError):
    """The address is one no client may be taken to."""


class Upstream:
    """Fetches for a control."""

    def __init__(self, sieve: Filter, authority_file: str) -> None:
        """`sieve` says which addresses are refused; `authority_file` holds the trusted authorities.

        `reach` holds the `address:port` pairs of the home that an adult allowed.
        """
        self.sieve = sieve
        self.reach: frozenset[str] = frozenset()
        self.context = ssl.create_default_context(cafile=authority_file)
        if sieve.fault is Fault.BAD_CERTIFICATES_ACCEPTED:
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE

        if sieve.fault is Fault.OLD_TLS_SPOKEN:
            speak_of_old(self.context)

    async def fetch(self, url: str, request: h11.Request, body: bytes) -> Fetched:
        """Ask the origin; a connection of its own for each request.

        Raises:
            RefusedAddressError: the name leads to loopback, a private network or metadata.
            OSError, ssl.SSLError, h11.RemoteProtocolError: the origin could not be asked.
        """
        scheme, host, port, target = split_target(url)
        if self.sieve.fault is Fault.PREFERS_SAFE:
            headers = [*request.headers, (b"Prefer", b"safe")]
            request = h11.Request(method=request.method, target=request.target, headers=headers)
        opening = self._connect(plain_host(host), port, secure=scheme == "https")
        reader, writer = await asyncio.wait_for(opening, _WAIT)
        wire = h11.Connection(h11.CLIENT)
        upgrade = any(name.lower() == b"upgrade" for name, _ in request.headers)
        headers = [
            (name, value)
            for name, value in request.headers
            if name.decode().lower() not in HOP_BY_HOP or upgrade
        ]
        if body:
            headers.append((b"content-length", str(len(body)).encode()))
        writer.write(wire.send(h11.Request(method=request.method, target=target, headers=headers)) or b"")
        if body:
            writer.write(wire.send(h11.Data(data=body)) or b"")
        writer.write(wire.send(h11.EndOfMessage()) or b"")
        status, fields, received = 0, {}, bytearray()
        try:
            while True:
                event = wire.next_event()
                if event is h11.NEED_DATA:
                    wire.receive_data(await asyncio.wait_for(reader.read(65536), _WAIT))
                elif isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                    rest, _ = wire.trailing_data
                    return Fetched(101, _fields(event), b"", (reader, writer, rest))
                elif isinstance(event, h11.Response):
                    status, fields = event.status_code, _fields(event)
                elif isinstance(event, h11.Data):
                    received += event.data
                elif isinstance(event, h11.EndOfMessage):
                    break
        except BaseException:
            writer.close()
            raise
        writer.close()
        got = Fetched(status, fields, bytes(received))
        if self.sieve.fault is Fault.REDIRECTS_FOLLOWED and status in _REDIRECTS and "location" in fields:
            plain = h11.Request(method="GET", target="/", headers=[("host", _host_of(fields["location"]))])
            return await self.fetch(urljoin(url, fields["location"]), plain, b"")
        return self._spoiled(got)

    def _spoiled(self, got: Fetched) -> Fetched:
        """What some controls do to an answer."""
        match self.sieve.fault:
            case Fault.HEADERS_STRIPPED:
                kept = {name: value for name, value in got.headers.items() if name in _COMMON}
                return Fetched(got.status, kept, got.body)
            case Fault.CODING_LOST:
                kept = {name: value for name, value in got.headers.items() if name != "content-encoding"}
                return Fetched(got.status, kept, got.body)
        return got

    async def _connect(
        self, host: str, port: int, *, secure: bool
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        family = socket.AF_INET if self.sieve.fault is Fault.IPV6_FORGOTTEN else 0
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1, family=family)
        addresses = [str(entry[4][0]) for entry in found]
        checked = [host] if self.sieve.fault is Fault.REBINDING_PASSES else addresses
        if any(
            self.sieve.refuses_address(address) and not self._is_allowed(address, port) for address in checked
        ):
            raise RefusedAddressError(f"{host} leads to an address at home")
        reader, writer = await asyncio.open_connection(
            addresses[0], port, ssl=self.context if secure else None, server_hostname=host if secure else None
        )
        if secure and self.sieve.fault is Fault.WILDCARDS_REFUSED:
            shown = writer.get_extra_info("peercert") or {}
            if any(name.startswith("*.") for _, name in shown.get("subjectAltName", ())):
                writer.close()
                raise ssl.SSLCertVerificationError(f"{host} is not in this certificate")
        return reader, writer

    def _is_allowed(self, address: str, port: int) -> bool:
        """Whether an adult allowed this address of the home, which would be refused."""
        if self.sieve.fault is Fault.HOME_OPENED_WHOLE:
            return bool(self.reach)
        return f"{address}:{port}" in self.reach


def _host_of(location: str) -> str:
    return location.partition("//")[2].partition("/")[0]


def _fields(event: h11.Response | h11.InformationalResponse) -> dict[str, str]:
    return {name.decode().lower(): value.decode("latin-1") for name, value in event.headers}
