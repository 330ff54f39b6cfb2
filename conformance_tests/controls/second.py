"""A control over HTTP/2: each request is decided like one over HTTP/1.1, and fetched by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11

from conformance_tests.controls.faults import Fault
from conformance_tests.controls.replies import Connection, reply_to
from conformance_tests.controls.upstream import HOP_BY_HOP
from conformance_tests.lab import http2

if TYPE_CHECKING:
    import asyncio

    from conformance_tests.controls.gate import Gate

PROTOCOLS = ("h2", "http/1.1")
"""What a control offers inside TLS."""


async def serve(
    gate: Gate, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int
) -> None:
    """Answer every request of a connection that agreed on HTTP/2.

    Args:
        gate: decides.
        reader: what the client sends.
        writer: to the client.
        host: the one its tunnel or greeting named.
        port: the one it named.
    """
    connection = Connection(gate.kept.read(), is_unseen=gate.sieve.fault is Fault.HTTP2_PASSES)

    async def answer(asked: http2.Asked) -> http2.Answered | None:
        names = {_plain(name) for name in (asked.authority, asked.header("host")) if name}
        if names != {_plain(host)} and gate.sieve.fault is not Fault.FRONTING_PASSES:
            return http2.Answered(421, (), b"")
        usual = "" if port == 443 else f":{port}"
        url = f"https://{host}{usual}{asked.path}"
        fields = [(name, value) for name, value in asked.headers if name != "host"]
        shown = asked.header("host") or asked.authority
        request = h11.Request(method=asked.method, target=asked.path, headers=[("host", shown), *fields])
        got = await reply_to(gate, url, request, asked.body, connection)
        headers = [(name, value) for name, value in got.headers.items() if name not in HOP_BY_HOP]
        return http2.Answered(got.status, headers, got.body)

    await http2.serve(reader, writer, answer)


def _plain(host: str) -> str:
    return host.rpartition("@")[2].partition(":")[0].lower().rstrip(".")
