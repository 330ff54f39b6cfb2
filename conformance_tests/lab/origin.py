"""The origin: one asyncio server that plays every site of the lab, and writes down what it was asked.

Ours rather than pytest-httpserver, which closes every connection and lets one silent TLS client hold up all
others (measured). Head and body leave in one send: two sends with Nagle on cost Squid 44 ms a request.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import zlib
from contextlib import suppress
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

import brotli
import h11

from conformance_tests.lab.canary import Mint, page
from conformance_tests.lab.certificates import limit
from conformance_tests.lab.names import message_of
from conformance_tests.lab.sites import Manner, Page, Seen, Site
from conformance_tests.lab.spelling import asked_in, plain_host
from conformance_tests.lab.websocket import accept_key, frame_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance_tests.lab.certificates import Authority

_IDLE = 30.0  # seconds a client may stay silent
_CHUNK = 65536
_CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
}


class Resolver(Protocol):
    """The lab's zone, as far as sites need it."""

    def answer(self, packet: bytes) -> bytes:
        """The reply to a query."""
        ...

    def leads_to(self, host: str, address: str) -> bool:
        """Whether the address is one of the host's."""
        ...


class Origin:
    """Plays the sites it was given; `seen` is the second witness."""

    def __init__(self, authority: Authority, mint: Mint, resolver: Resolver) -> None:
        """Set the scene.

        Args:
            authority: signs every name's certificate.
            mint: makes each page's canary.
            resolver: answers DNS over HTTPS.
        """
        self.authority = authority
        self.mint = mint
        self.resolver = resolver
        self.case = ""
        self.sites: dict[str, Site] = {}
        self.seen: list[Seen] = []
        self._greeted: dict[ssl.SSLContext, str] = {}
        self._defaults: dict[str, ssl.SSLContext] = {}

    def play(self, case: str, sites: dict[str, Site]) -> None:
        """Take the sites of one case and forget what was seen before."""
        self.case = case
        self.sites = sites
        self.seen.clear()

    def asked(self, host: str, path: str) -> bool:
        """Whether the page was asked for since `play`."""
        return any(seen.host == host and seen.path == path for seen in self.seen)

    def find(self, host: str) -> Site | None:
        """The site called `host`, or the wildcard above it (`*.bets.example`)."""
        if host in self.sites:
            return self.sites[host]
        rest = host
        while "." in rest:
            rest = rest.partition(".")[2]
            if f"*.{rest}" in self.sites:
                return self.sites[f"*.{rest}"]
        return None

    async def serve_plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One plain HTTP connection, until it ends."""
        await _Talk(self, reader, writer, None).run()

    async def serve_tls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One TLS connection; its certificate follows the greeting's name, else the address asked for."""
        address = writer.get_extra_info("sockname")[0].removeprefix("::ffff:")
        try:
            await asyncio.wait_for(writer.start_tls(self._default(address)), _IDLE)
        except (OSError, ssl.SSLError, TimeoutError):
            writer.close()
            return
        greeted = writer.get_extra_info("ssl_object").context
        await _Talk(self, reader, writer, self._greeted.get(greeted, "")).run()

    def _default(self, address: str) -> ssl.SSLContext:
        """The context for a client that names no server: a certificate for the address itself."""
        if address not in self._defaults:
            context = self.authority.context(address, protocols=("http/1.1",))
            context.sni_callback = self._choose
            # Versions are agreed before the name is looked at, so they follow the address.
            for host, site in self.sites.items():
                if site.flaw.startswith("tls-") and self.resolver.leads_to(host, address):
                    limit(context, site.flaw.split("-")[1])
            self._defaults[address] = context
        return self._defaults[address]

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if not name:
            return
        site = self.find(name.lower())
        context = self.authority.context(name.lower(), site.flaw if site else "good")
        self._greeted[context] = name.lower()
        connection.context = context


class _Talk:
    """One connection's conversation."""

    def __init__(
        self, origin: Origin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: str | None
    ) -> None:
        self.origin = origin
        self.reader = reader
        self.writer = writer
        self.tls = tls
        self.wire = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        with suppress(OSError, ssl.SSLError, TimeoutError, h11.ProtocolError):
            while await self._answer_one():
                self.wire.start_next_cycle()
        self.writer.close()

    async def _event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        while (event := self.wire.next_event()) is h11.NEED_DATA:
            self.wire.receive_data(await asyncio.wait_for(self.reader.read(_CHUNK), _IDLE))
        return event

    async def _answer_one(self) -> bool:
        request = await self._event()
        if not isinstance(request, h11.Request):
            return False
        body, kept = 0, b""
        while isinstance(event := await self._event(), h11.Data):
            body += len(event.data)
            kept = (kept + bytes(event.data))[:_CHUNK]
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers)
        asked, path, query = asked_in(request.target.decode("latin-1"), dict(headers).get("host", ""))
        host = plain_host(asked)
        name = self.writer.get_extra_info("peername")[0]
        address, port = self.writer.get_extra_info("sockname")[:2]
        seen = Seen(
            host=host,
            path=path,
            query=query,
            method=request.method.decode(),
            peer=name.removeprefix("::ffff:"),
            port=port,
            tls=self.tls,
            version="1.1",
            headers=headers,
            body=body,
            address=address.removeprefix("::ffff:"),
        )
        self.origin.seen.append(seen)
        site = self.origin.find(host)
        part = site.page(seen.path) if site else None
        if part is None:
            self._send(404, {}, b"no such page in this lab", seen)
        else:
            await self._perform(part, seen, kept)
        await self.writer.drain()
        return self.wire.our_state is h11.DONE and self.wire.their_state is h11.DONE

    async def _perform(self, part: Page, seen: Seen, upload: bytes) -> None:
        canary = self.origin.mint.make(self.origin.case, seen.host, seen.path)
        match part.manner:
            case Manner.REDIRECT:
                self._send(
                    part.status if part.status != 200 else 302,
                    {"location": part.to, **part.headers},
                    b"",
                    seen,
                )
            case Manner.EVENTS:
                await self._stream(part, canary)
            case Manner.WEBSOCKET:
                self._upgrade(seen, canary, part.chunks)
            case Manner.SINK:
                self._send(200, part.headers, f"{seen.body} bytes {canary}".encode(), seen)
            case Manner.ECHO:
                text = json.dumps({"canary": canary, "headers": dict(seen.headers)})
                self._send(200, {"content-type": "application/json", **part.headers}, text.encode(), seen)
            case Manner.RELAY:
                self._send(200, part.headers, self._relayed(seen), seen)
            case Manner.DNS:
                query = message_of(seen.method, seen.query, upload)
                self._send(
                    200, {"content-type": "application/dns-message"}, self.origin.resolver.answer(query), seen
                )
            case Manner.SEARCH:
                given = {name: values[-1] for name, values in parse_qs(seen.query).items()} | dict(
                    seen.headers
                )
                is_safe = any(given.get(name, "").lower() == value for name, value in part.safe.items())
                is_safe = is_safe or self.origin.resolver.leads_to(part.safe_at, seen.address)
                shown = page("", text="Results fit for all.") if is_safe else page(canary)
                self._send(200, {"content-type": "text/html; charset=utf-8"}, shown, seen)
            case Manner.PAGE:
                body = part.html.replace("{canary}", canary).encode() if part.html else page(canary)
                body += b" " * (part.pieces * 1024)
                headers = {"content-type": "text/html; charset=utf-8", **part.headers}
                if part.coding:
                    body = _CODERS[part.coding](body)
                    headers["content-encoding"] = part.coding
                if part.breaks:
                    self._break_off(headers, body)
                else:
                    self._send(part.status, headers, body, seen, part.chunks)

    def _relayed(self, seen: Seen) -> bytes:
        """What a web relay would show: the wanted page's own body, canary and all."""
        wanted = urlsplit(parse_qs(seen.query).get("u", [""])[0])
        host, path = wanted.hostname or "", wanted.path or "/"
        self.origin.seen.append(
            Seen(
                host=host, path=path, query=wanted.query, method="GET", peer="relay", port=80, tls=None,
                version="1.1", headers=(), body=0,
            )
        )  # fmt: skip
        return page(self.origin.mint.make(self.origin.case, host, path))

    def _send(
        self, status: int, headers: Mapping[str, str], body: bytes, seen: Seen, chunks: int = 0
    ) -> None:
        length = {"transfer-encoding": "chunked"} if chunks else {"content-length": str(len(body))}
        fields = {**length, "date": formatdate(usegmt=True), **headers}
        if seen.method == "HEAD":
            # Nothing but headers travels: without a canary in one, a HEAD that passed would look blocked.
            fields.setdefault("etag", f'"{self.origin.mint.make(self.origin.case, seen.host, seen.path)}"')
        data = self.wire.send(h11.Response(status_code=status, headers=list(fields.items()))) or b""
        if seen.method != "HEAD":
            for begin in range(0, len(body), chunks or len(body) or 1):
                part = body[begin : begin + (chunks or len(body))]
                data += self.wire.send(h11.Data(data=part)) or b""
        self.writer.write(data + (self.wire.send(h11.EndOfMessage()) or b""))

    def _break_off(self, headers: Mapping[str, str], body: bytes) -> None:
        """An answer that announces more than it holds, and an end."""
        fields = [("content-length", str(len(body) + 1000)), *headers.items()]
        self.writer.write((self.wire.send(h11.Response(status_code=200, headers=fields)) or b"") + body)
        raise ConnectionAbortedError

    async def _stream(self, part: Page, canary: str) -> None:
        headers = [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store"),
            *part.headers.items(),
        ]
        self.writer.write(self.wire.send(h11.Response(status_code=200, headers=headers)) or b"")
        for index in range(part.pieces):
            self.writer.write(self.wire.send(h11.Data(data=f"data: quiet event {index}\n\n".encode())) or b"")
            await self.writer.drain()
            await asyncio.sleep(0.02)
        self.writer.write(self.wire.send(h11.Data(data=f"data: {canary}\n\n".encode())) or b"")
        self.writer.write(self.wire.send(h11.EndOfMessage()) or b"")

    def _upgrade(self, seen: Seen, canary: str, fragment: int) -> None:
        key = dict(seen.headers).get("sec-websocket-key")
        if key is None:
            self._send(426, {"upgrade": "websocket"}, b"", seen)
            return
        answer = h11.InformationalResponse(
            status_code=101,
            headers=[
                ("upgrade", "websocket"),
                ("connection", "Upgrade"),
                ("sec-websocket-accept", accept_key(key.encode())),
            ],
        )
        self.writer.write((self.wire.send(answer) or b"") + frame_text(canary, fragment))
