"""The origin: one asyncio server that plays every site of the lab, and writes down what it was asked.

Ours rather than pytest-httpserver, which closes every connection and lets one silent TLS client hold up all
others (measured). Head and body leave in one send: two sends with Nagle on cost Squid 44 ms a request.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

import h11

from conformance_tests.lab import http2
from conformance_tests.lab.canary import Mint, page
from conformance_tests.lab.certificates import limit
from conformance_tests.lab.replies import Reply, Resolver, compose
from conformance_tests.lab.sites import Manner, Page, Seen, Site
from conformance_tests.lab.spelling import asked_in, plain_host
from conformance_tests.lab.websocket import DEFLATE, accept_key, frame_text

if TYPE_CHECKING:
    from conformance_tests.lab.certificates import Authority

_IDLE = 30.0  # seconds a client may stay silent
_CHUNK = 65536
_PROTOCOLS = ("h2", "http/1.1")


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
        secured = writer.get_extra_info("ssl_object")
        name = self._greeted.get(secured.context, "")
        if secured.selected_alpn_protocol() == "h2":
            await http2.serve(reader, writer, lambda asked: self._answer_second(asked, writer, name))
        else:
            await _Talk(self, reader, writer, name).run()

    async def _answer_second(
        self, asked: http2.Asked, writer: asyncio.StreamWriter, name: str
    ) -> http2.Answered:
        """The answer to one request over HTTP/2: the same as over HTTP/1.1."""
        # An origin that answers for whichever name it reads last: a field `host` speaks after `:authority`.
        host, path, query = asked_in(asked.path, asked.header("host") or asked.authority)
        seen = self.write_down(
            (plain_host(host), path, query), asked.method, asked.headers, len(asked.body), writer, name, "2"
        )
        reply = compose(self, seen, asked.body[:_CHUNK])
        return http2.Answered(reply.status, tuple(reply.headers.items()), reply.body, reply.chunks)

    def show_elsewhere(self, host: str, path: str, query: str) -> bytes:
        """A page as something else in the lab fetches it and hands it on."""
        self.seen.append(
            Seen(
                host=host, path=path, query=query, method="GET", peer="relay", port=80, tls=None,
                version="1.1", headers=(), body=0,
            )
        )  # fmt: skip
        return page(self.mint.make(self.case, host, path))

    def write_down(
        self,
        asked: tuple[str, str, str],
        method: str,
        headers: tuple[tuple[str, str], ...],
        body: int,
        writer: asyncio.StreamWriter,
        tls: str | None,
        version: str,
    ) -> Seen:
        """One request as the second witness saw it: host, path and query, and how it came."""
        address, port = writer.get_extra_info("sockname")[:2]
        host, path, query = asked
        seen = Seen(
            host=host,
            path=path,
            query=query,
            method=method,
            peer=writer.get_extra_info("peername")[0].removeprefix("::ffff:"),
            port=port,
            tls=tls,
            version=version,
            headers=headers,
            body=body,
            address=address.removeprefix("::ffff:"),
        )
        self.seen.append(seen)
        return seen

    def _default(self, address: str) -> ssl.SSLContext:
        """The context for a client that names no server: a certificate for the address itself."""
        if address not in self._defaults:
            context = self.authority.context(address, protocols=_PROTOCOLS)
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
        context = self.authority.context(name.lower(), site.flaw if site else "good", _PROTOCOLS)
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
        seen = self.origin.write_down(
            (plain_host(asked), path, query),
            request.method.decode(),
            headers,
            body,
            self.writer,
            self.tls,
            "1.1",
        )
        await self._perform(seen, kept)
        await self.writer.drain()
        return self.wire.our_state is h11.DONE and self.wire.their_state is h11.DONE

    async def _perform(self, seen: Seen, upload: bytes) -> None:
        site = self.origin.find(seen.host)
        part = site.page(seen.path) if site else None
        canary = self.origin.mint.make(self.origin.case, seen.host, seen.path)
        if part and part.manner is Manner.EVENTS:
            await self._stream(part, canary)
        elif part and part.manner is Manner.WEBSOCKET:
            self._upgrade(seen, canary, part)
        elif part and part.drips:
            await self._drip(part)
        else:
            self._send(compose(self.origin, seen, upload), is_head=seen.method == "HEAD")

    def _send(self, reply: Reply, *, is_head: bool = False) -> None:
        length = {"content-length": str(len(reply.body) + (1000 if reply.breaks else 0))}
        fields = ({"transfer-encoding": "chunked"} if reply.chunks else length) | dict(reply.headers)
        data = self.wire.send(h11.Response(status_code=reply.status, headers=list(fields.items()))) or b""
        if not is_head:
            step = reply.chunks or len(reply.body) or 1
            for begin in range(0, len(reply.body), step):
                data += self.wire.send(h11.Data(data=reply.body[begin : begin + step])) or b""
        if reply.breaks:
            # An answer that announces more than it holds, and an end.
            self.writer.write(data)
            raise ConnectionAbortedError
        self.writer.write(data + (self.wire.send(h11.EndOfMessage()) or b""))

    async def _drip(self, part: Page) -> None:
        """A byte now and a byte then, until the other side has enough."""
        fields = [("transfer-encoding", "chunked"), *part.headers.items()]
        self.writer.write(self.wire.send(h11.Response(status_code=200, headers=fields)) or b"")
        while not self.writer.is_closing():
            self.writer.write(self.wire.send(h11.Data(data=b"#")) or b"")
            await self.writer.drain()
            await asyncio.sleep(part.drips)

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

    def _upgrade(self, seen: Seen, canary: str, part: Page) -> None:
        headers = dict(seen.headers)
        key = headers.get("sec-websocket-key")
        if key is None:
            self._send(Reply(status=426, headers={"upgrade": "websocket"}))
            return
        is_deflated = part.coding == "deflate" and DEFLATE in headers.get("sec-websocket-extensions", "")
        answer = h11.InformationalResponse(
            status_code=101,
            headers=[
                ("upgrade", "websocket"),
                ("connection", "Upgrade"),
                ("sec-websocket-accept", accept_key(key.encode())),
                *([("sec-websocket-extensions", DEFLATE)] if is_deflated else []),
            ],
        )
        frames = frame_text(canary, part.chunks, is_deflated=is_deflated)
        self.writer.write((self.wire.send(answer) or b"") + frames)
