"""One connection of a control: requests read, decided, fetched, answered; tunnels opened and looked into."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import h11

from conformance_tests.controls import second
from conformance_tests.controls.decision import split_target
from conformance_tests.controls.faults import Fault, Sham
from conformance_tests.controls.replies import Connection, reply_to
from conformance_tests.controls.upstream import HOP_BY_HOP, Fetched
from conformance_tests.lab.spelling import plain_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance_tests.controls.gate import Gate

IDLE = 60.0
"""Seconds a client may stay silent."""


async def serve(gate: Gate, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client connection, until it ends."""
    gate.connections += 1
    with suppress(OSError, ssl.SSLError, TimeoutError, h11.ProtocolError, ValueError):
        if gate.sham is Sham.HANGS:
            await asyncio.sleep(IDLE)
        elif gate.sham is Sham.ANSWERS_GARBAGE:
            await reader.read(100)
            writer.write(b"\x00\x01 this is no answer \xff\r\n\r\n")
        else:
            await Talk(gate, reader, writer, None).run()
    gate.connections -= 1
    with suppress(OSError, ssl.SSLError):
        writer.close()


class Talk:
    """One stretch of a connection.

    `inside` is None where the client asks a proxy, else scheme, host and port of what it believes to talk
    to: the far end of a tunnel or of a redirected connection. An empty host is that of the request.
    """

    def __init__(
        self,
        gate: Gate,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        inside: tuple[str, str, int] | None,
    ) -> None:
        """`gate` decides; `reader` and `writer` are the client's."""
        self.gate = gate
        self.reader = reader
        self.writer = writer
        self.inside = inside
        self.wire = h11.Connection(h11.SERVER)
        self.connection = Connection(gate.kept.read())

    async def run(self) -> None:
        """Answer every request of this stretch."""
        while True:
            try:
                request, body = await self._read()
            except h11.RemoteProtocolError:
                self.gate.crashed = time.monotonic()
                self._refuse(400)
                return
            if request is None:
                return
            if request.method == b"CONNECT":
                await self._tunnel(request.target.decode("latin-1"))
                return
            if not await self._answer(request, body):
                return
            await self.writer.drain()
            self.wire.start_next_cycle()

    async def _read(self) -> tuple[h11.Request | None, bytes]:
        request, body = None, bytearray()
        while True:
            event = self.wire.next_event()
            if event is h11.NEED_DATA:
                self.wire.receive_data(await asyncio.wait_for(self.reader.read(65536), IDLE))
            elif isinstance(event, h11.Request):
                request = event
                if request.method == b"CONNECT":
                    return request, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return request, bytes(body)
            else:
                return None, b""

    async def _tunnel(self, authority: str) -> None:
        name, _, port = authority.rpartition(":")
        host = name.strip("[]")
        if not port.isdigit() or int(port) not in {443, 8443}:
            if self.gate.sieve.fault is Fault.ANY_PORT_TUNNELLED and port.isdigit():
                await self.pass_through(host, int(port), b"HTTP/1.1 200 OK\r\n\r\n")
                return
            self._refuse(403)
            return
        if self.gate.passes_through(host):
            await self.pass_through(host, int(port), b"HTTP/1.1 200 OK\r\n\r\n")
            return
        self.writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await self.look_inside(host, int(port))

    async def look_inside(self, host: str, port: int) -> None:
        """End the client's TLS here and answer what is asked in it."""
        greeted: list[str] = []

        def choose(connection: ssl.SSLObject, shown: str | None, _: ssl.SSLContext) -> None:
            greeted.append(shown or "")
            if shown:
                connection.context = self.gate.authority.context(shown.lower(), protocols=second.PROTOCOLS)

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.gate.authority.load(context, host)
        context.set_alpn_protocols(second.PROTOCOLS)
        context.sni_callback = choose
        if self.gate.sieve.fault is Fault.OLD_TLS_SPOKEN:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        await asyncio.wait_for(self.writer.start_tls(context), IDLE)
        shown = (greeted or [""])[0].lower()
        if shown and shown != host.lower().rstrip(".") and self.gate.sieve.fault is not Fault.FRONTING_PASSES:
            return
        if self.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            await second.serve(self.gate, self.reader, self.writer, host, port)
            return
        await Talk(self.gate, self.reader, self.writer, ("https", host, port)).run()

    async def _answer(self, request: h11.Request, body: bytes) -> bool:
        """Answer one request; False where the connection ends."""
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in request.headers}
        hosts = [value for name, value in request.headers if name.lower() == b"host"]
        url = request.target.decode("latin-1")
        if self.inside is not None:
            scheme, name, port = self.inside
            shown = f"[{name}]" if ":" in name else name or _without_port(headers.get("host", ""))
            usual = 443 if scheme == "https" else 80
            url = f"{scheme}://{shown}{'' if port == usual else f':{port}'}{url}"
        scheme, host, _, _ = split_target(url)
        named = _without_port(headers.get("host", ""))
        agrees = named.strip("[]").lower().rstrip(".") == host.lower().rstrip(".")
        tolerant = self.gate.sieve.fault is Fault.FRONTING_PASSES
        if not host or scheme not in {"http", "https"} or len(hosts) != 1 or not (agrees or tolerant):
            self._refuse(400)
            return False
        reply = await reply_to(self.gate, url, request, body, self.connection)
        if reply.stream is not None:
            await self._relay(reply)
            return False
        return self._send(reply.status, reply.headers, reply.body, request)

    async def _relay(self, got: Fetched) -> None:
        if got.stream is None:
            return
        reader, writer, rest = got.stream
        head = "".join(f"{name}: {value}\r\n" for name, value in got.headers.items())
        self.writer.write(f"HTTP/1.1 101 Switching Protocols\r\n{head}\r\n".encode() + rest)

        await self._join(reader, writer)

    async def pass_through(self, host: str, port: int, greeting: bytes = b"") -> None:
        """A tunnel that is not looked into."""
        reader, writer = await asyncio.open_connection(plain_host(host), port)
        self.writer.write(greeting)
        await self._join(reader, writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
            sink.close()

        await asyncio.gather(copy(reader, self.writer), copy(self.reader, writer), return_exceptions=True)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes, request: h11.Request) -> bool:
        fields = [(name, value) for name, value in headers.items() if name not in HOP_BY_HOP]
        fields.append(("content-length", str(len(body))))
        data = self.wire.send(h11.Response(status_code=status, headers=fields)) or b""
        if request.method != b"HEAD" and status not in {204, 304}:
            data += self.wire.send(h11.Data(data=body)) or b""
        self.writer.write(data + (self.wire.send(h11.EndOfMessage()) or b""))
        return self.wire.our_state is h11.DONE

    def _refuse(self, status: int) -> None:
        self.writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and not port.strip("0123456789") else host
