"""Answers read at the desk on connections that are kept: what one leaves behind, the next one meets."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = b"<p>Flour, water, salt.</p>" * 2_000
SHORT = LONG[:500]


class Handler(BaseHTTPRequestHandler):
    """Gives the page of the length that is asked for, and keeps the connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = LONG if self.path == "/long" else SHORT
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def kept_site() -> Iterator[int]:
    """The port of a site that keeps its connections."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_kept_connection_goes_on_after_pages_that_were_read_beside_the_loop(
    kept_site: int, start_gate: Callable[..., Any]
) -> None:
    gate = start_gate(
        "country: GB\npeople: {everyone: {profile: tween, decrypt: true}}\n"
        f"names: {{good.example: 127.0.0.1}}\nreach: ['127.0.0.1:{kept_site}']\n"
    )
    host = f"good.example:{kept_site}"
    lengths = []
    with socket.create_connection(gate.gate.address, timeout=10) as client, contextlib.suppress(TimeoutError):
        for path in ("/long", "/long", "/short", "/long"):
            client.sendall(
                f"GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n".encode()
            )
            wanted = len(LONG if path == "/long" else SHORT)
            head, came = b"", b""
            while not head or len(came) < wanted:
                came += client.recv(65536)
                if not head and b"\r\n\r\n" in came:
                    head, _, came = came.partition(b"\r\n\r\n")
            lengths.append(len(came))
    assert lengths == [len(LONG), len(LONG), len(SHORT), len(LONG)]
