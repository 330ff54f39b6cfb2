"""The examiner's HTTP client: raw enough to say anything, and it lives in the client's namespace.

Every answer is written down whole (up to a megabyte) with what the TLS greeting showed. Verification is that
of curl and browsers; Python's stricter flag is off, because some products' forged certificates lack an
authority key identifier, which no browser minds (measured).
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import h11

from conformance_tests.lab import http2
from conformance_tests.lab.certificates import limit
from conformance_tests.lab.network import Space, socket_in
from conformance_tests.lab.question import Answer, Door, Question, as_sent, take_apart
from conformance_tests.lab.websocket import DEFLATE, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGEST = 1 << 20
_UPGRADE = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
]


class Conversation:
    """One connection of the client, kept for as many questions as the other side allows."""

    def __init__(self, door: Door) -> None:
        """`door` is how the internet is reached."""
        self.door = door
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.tunnel: int | None = None
        self.wire = h11.Connection(h11.CLIENT)
        self.second: http2.Stretch | None = None
        self.arrived = Answer()

    @property
    def is_kept(self) -> bool:
        """Whether the other side has left the connection open for a further question."""
        return self.writer is not None and self.reader is not None and not self.reader.at_eof()

    def carries(self, question: Question) -> bool:
        """Whether a browser would put this question on the connection (RFC 9113 9.1.1)."""
        secured = self.writer.get_extra_info("ssl_object") if self.writer else None
        if secured is None:
            return True
        names = {name for _, name in (secured.getpeercert() or {}).get("subjectAltName", ())}
        host = take_apart(question.url)[1]
        return bool(names & {host, f"*.{host.partition('.')[2]}"})

    async def ask(self, question: Question) -> Answer:
        """Ask one question; never raises for what the other side does.

        What came before the other side broke off, fell silent or reset the connection is in the answer: a
        page that arrived has arrived, however the connection ends.
        """
        question = as_sent(question)
        self.arrived = Answer()
        begun = time.perf_counter()
        shown: dict[str, str] = {}
        try:
            async with asyncio.timeout(question.seconds):
                refused = await self._open(question)
                shown = self._tls()
                answer = refused or await (self._stretch if self.second else self._exchange)(question)
        except TimeoutError:
            answer = replace(self.arrived, error="no answer in time")
        except ssl.SSLCertVerificationError as error:
            answer = replace(self.arrived, error=f"certificate: {error.verify_message}")
        except ssl.SSLError as error:
            answer = replace(self.arrived, error=f"TLS: {error.reason or error}")
        except (OSError, h11.RemoteProtocolError, asyncio.IncompleteReadError) as error:
            answer = replace(self.arrived, error=f"{type(error).__name__}: {error}")
        spent = (time.perf_counter() - begun) * 1000
        return Answer(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            error=answer.error,
            milliseconds=spent,
            tunnel=self.tunnel,
            issuer=shown.get("issuer", ""),
            protocol=shown.get("protocol", ""),
            version=shown.get("version", ""),
        )

    async def close(self) -> None:
        """End the connection."""
        if self.writer is not None:
            self.writer.close()
            with suppress(OSError, ssl.SSLError, TimeoutError):
                async with asyncio.timeout(1):
                    await self.writer.wait_closed()
        self.reader = self.writer = self.second = None

    async def _open(self, question: Question) -> Answer | None:
        """Connect, tunnel and greet where needed; an Answer where the product refused the tunnel."""
        if self.writer is not None:
            if self.second is None:
                self.wire.start_next_cycle()
            return None
        scheme, name, port, _ = take_apart(question.url)
        secure = scheme in {"https", "wss"}
        where = self.door.proxy or (self.door.addresses.get(name, name), port)
        self.reader, self.writer = await connect(*where, self.door.space)
        if not secure:
            return None
        if self.door.proxy is not None:
            authority = (
                question.connect or f"[{name}]:{port}"
                if ":" in name
                else question.connect or f"{name}:{port}"
            )
            self.writer.write(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
            refused = await self._read_tunnel()
            if refused is not None:
                return refused
        context = trusting(
            self.door.trust,
            names_server=question.server_name != "",
            newest=question.newest,
            protocols=("h2", "http/1.1") if question.http2 else ("http/1.1",),
        )
        wanted = name.rstrip(".") if question.server_name is None else question.server_name
        await self.writer.start_tls(context, server_hostname=wanted or None)
        if self.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            self.second = http2.Stretch(self.reader, self.writer, self._hear)
        return None

    async def _stretch(self, question: Question) -> Answer:
        """One question over HTTP/2, on the connection that agreed on it."""
        if self.second is None:
            return Answer(error="not connected")
        _, _, _, path = take_apart(question.url)
        netloc = question.url.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
        asked = http2.Asked(
            method=question.method,
            authority=question.host or netloc.rpartition("@")[2],
            path=question.target or path,
            headers=tuple((name.lower(), value) for name, value in question.headers.items()),
            body=question.body,
        )
        self._hear(await self.second.ask(asked))
        return self.arrived

    def _hear(self, got: http2.Answered) -> None:
        self.arrived = Answer(status=got.status, headers=tuple(got.headers), body=got.body[:_LARGEST])

    async def _read_tunnel(self) -> Answer | None:
        if self.reader is None:
            return Answer(error="not connected")
        head = await self.reader.readuntil(b"\r\n\r\n")
        wire = h11.Connection(h11.CLIENT)
        wire.send(h11.Request(method="CONNECT", target="x:443", headers=[("host", "x")]))
        wire.send(h11.EndOfMessage())
        wire.receive_data(head)
        event = wire.next_event()
        if not isinstance(event, h11.Response | h11.InformationalResponse):
            return Answer(error="the answer to CONNECT is not HTTP")
        self.tunnel = event.status_code
        if 200 <= event.status_code < 300:
            return None
        length = next((int(value) for name, value in event.headers if name == b"content-length"), 0)
        body = b""
        with suppress(asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(1):
                body = await self.reader.readexactly(min(length, _LARGEST))
        return Answer(
            status=event.status_code, headers=_headers(event.headers), body=body, error="tunnel refused"
        )

    async def _exchange(self, question: Question) -> Answer:
        if self.reader is None or self.writer is None:
            return Answer(error="not connected")
        scheme, _, _, path = take_apart(question.url)
        netloc = question.url.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
        through_proxy = self.door.proxy is not None and scheme in {"http", "ws"}
        target = question.target or (f"{scheme}://{netloc}{path}" if through_proxy else path)
        headers = [("Host", question.host or netloc.rpartition("@")[2]), *question.headers.items()]
        if question.websocket:
            headers += _UPGRADE
            if question.websocket == "deflate":
                headers.append(("Sec-WebSocket-Extensions", DEFLATE))
        if question.body and "Content-Length" not in question.headers:
            headers.append(("Content-Length", str(len(question.body))))
        head = self.wire.send(h11.Request(method=question.method, target=target, headers=headers)) or b""
        body = self.wire.send(h11.Data(data=question.body)) if question.body else b""
        end = self.wire.send(h11.EndOfMessage()) or b""
        self.writer.write(question.raw or head + (body or b"") + end)
        status: int | None = None
        fields: Sequence[tuple[bytes, bytes]] = ()
        received = bytearray()
        while True:
            event = self.wire.next_event()
            if event is h11.NEED_DATA:
                self.wire.receive_data(await self.reader.read(65536))
            elif isinstance(event, h11.Response | h11.InformationalResponse):
                status, fields = event.status_code, list(event.headers)
                self.arrived = Answer(status=status, headers=_headers(fields))
                if status == 101:
                    received += await self._message(self.wire.trailing_data[0])
                    break
            elif isinstance(event, h11.Data):
                received += event.data[: max(0, _LARGEST - len(received))]
                self.arrived = replace(self.arrived, body=bytes(received))
            else:
                break
        if self.wire.our_state is not h11.DONE or self.wire.their_state is not h11.DONE:
            await self.close()
            self.wire = h11.Connection(h11.CLIENT)
        return Answer(status=status, headers=_headers(fields), body=bytes(received))

    async def _message(self, data: bytes) -> bytes:
        """The first WebSocket message after an upgrade, or what came of it before the other side ended."""
        while self.reader is not None and not read_text(data)[1]:
            more = await self.reader.read(65536)
            if not more:
                break
            data += more
            self.arrived = replace(self.arrived, body=read_text(data)[0])
        return read_text(data)[0]

    def _tls(self) -> dict[str, str]:
        secured = self.writer.get_extra_info("ssl_object") if self.writer else None
        if secured is None:
            return {}
        shown = secured.getpeercert() or {}
        issuer = {key: value for part in shown.get("issuer", ()) for key, value in part}
        return {
            "issuer": issuer.get("commonName", ""),
            "protocol": secured.version() or "",
            "version": secured.selected_alpn_protocol() or "",
        }


async def ask(door: Door, question: Question) -> Answer:
    """Ask one question on a connection of its own."""
    conversation = Conversation(door)
    try:
        return await conversation.ask(question)
    finally:
        await conversation.close()


def trusting(
    files: tuple[str, ...],
    *,
    names_server: bool = True,
    newest: str = "",
    protocols: tuple[str, ...] = ("http/1.1",),
) -> ssl.SSLContext:
    """A client context that trusts exactly these PEM files; without SNI it can't check the name."""
    return _trusting("".join(Path(file).read_text() for file in files), names_server, newest, protocols)


@functools.lru_cache(maxsize=16)
def _trusting(
    authorities: str, names_server: bool, newest: str, protocols: tuple[str, ...]
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = names_server
    context.load_verify_locations(cadata=authorities)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(list(protocols))
    limit(context, newest)
    return context


async def connect(host: str, port: int, space: Space) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection from one of the lab's networks."""
    made = socket_in(space, socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        await asyncio.get_running_loop().sock_connect(made, (host, port))
        return await asyncio.open_connection(sock=made)
    except BaseException:
        made.close()
        raise


def _headers(fields: Sequence[tuple[bytes, bytes]] | h11.Headers) -> tuple[tuple[str, str], ...]:  # type: ignore[name-defined]
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields)
