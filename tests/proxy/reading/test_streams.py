"""A text that is written while it is read: cut off where it says too much, before its end, and not held up.

The eight streams of clause 4.4.6: 4 KB of harmless text, then words that weigh too much, then more text and a
last marker. Seen by a client of plain sockets, which counts the bytes that come after those words.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import wsproto
import wsproto.extensions
from wsproto.events import AcceptConnection, Request, TextMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

HARMLESS = "Bread needs flour, water and salt. " * 120
FLAGGED = "online casino free spins"
REST = "and now for something else " * 60
LAST = "the-last-marker"
MOST_LEAKED = 1024
TOKEN = 16


def tokens(text: str) -> Iterator[str]:
    return (text[at : at + TOKEN] for at in range(0, len(text), TOKEN))


def words(text: str) -> Iterator[str]:
    return iter(text.split())


def event(text: str) -> bytes:
    return f"data: {text}\n\n".encode()


def chunk_event(text: str) -> bytes:
    return event(json.dumps({"id": "x-1", "choices": [{"index": 0, "delta": {"content": text}}]}))


WHOLE = f"{HARMLESS}{FLAGGED} {REST}{LAST}"
SPLIT = [HARMLESS, "online cas", "ino free", " spins ", *tokens(REST), LAST]
STREAMS: dict[str, tuple[str, Callable[[], Iterable[bytes]]]] = {
    "sse-one-token": ("text/event-stream", lambda: map(event, words(WHOLE))),
    "sse-split-phrase": ("text/event-stream", lambda: map(event, SPLIT)),
    "sse-json": ("text/event-stream", lambda: map(chunk_event, tokens(WHOLE))),
    "chunked-plain": ("text/plain", lambda: (one.encode() for one in tokens(WHOLE))),
    "chunked-json-lines": (
        "application/x-ndjson",
        lambda: (json.dumps({"text": one}).encode() + b"\n" for one in tokens(WHOLE)),
    ),
    "chunked-gzip": ("text/html", lambda: packed(one.encode() for one in tokens(f"<p>{WHOLE}</p>"))),
    "chunked-html": ("text/html", lambda: (one.encode() for one in tokens(f"<p>{WHOLE}</p>"))),
}


def packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for part in parts:
        yield packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


class Handler(BaseHTTPRequestHandler):
    """Writes the stream that is asked for, a chunk a part."""

    protocol_version = "HTTP/1.1"
    hold: threading.Event | None = None

    def do_GET(self) -> None:
        with contextlib.suppress(OSError):
            name = self.path.rpartition("/")[2]
            if name.startswith("websocket"):
                self._talk(compressed=name.endswith("compressed"))
                return
            kind, parts = STREAMS[name]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Transfer-Encoding", "chunked")
            if name.endswith("gzip"):
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            for number, part in enumerate(parts()):
                if number == 3 and self.hold is not None:
                    self.hold.wait(20)
                if part:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")

    def _talk(self, *, compressed: bool) -> None:
        server = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        server.initiate_upgrade_connection(
            [(name.encode(), value.encode()) for name, value in self.headers.items()], self.path
        )
        more = [wsproto.extensions.PerMessageDeflate()] if compressed else []
        self.wfile.write(server.send(AcceptConnection(extensions=more)))
        for one in tokens(WHOLE):
            self.wfile.write(server.send(TextMessage(data=one)))
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def writer(origin_authority: Any) -> Iterator[Callable[[bool], int]]:
    """Starts a site that writes streams, over TLS or not; gives its port."""
    running: list[ThreadingHTTPServer] = []

    def start(secure: bool) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if secure:
            server.socket = origin_authority[1]("good.example").wrap_socket(server.socket, server_side=True)
        running.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server.server_port

    yield start
    Handler.hold = None
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(params=["http", "https"])
def ask(
    request: pytest.FixtureRequest, writer: Any, origin_authority: Any, start_gate: Callable[..., Any]
) -> Callable[..., tuple[socket.socket, Any]]:
    """Asks for a stream at the desk, or inside TLS; gives the socket it comes by, and the gate."""
    secure = request.param == "https"
    port = writer(secure)
    gate = start_gate(
        "country: GB\npeople: {everyone: {profile: tween, decrypt: true}}\n"
        f"names: {{good.example: 127.0.0.1}}\nreach: ['127.0.0.1:{port}']\ntrust: ['{origin_authority[0]}']\n"
    )

    def begin(name: str, fields: str = "") -> tuple[socket.socket, Any]:
        client = socket.create_connection(gate.gate.address, timeout=15)
        host = f"good.example:{port}"
        target = f"/{name}" if secure else f"http://{host}/{name}"
        if secure:
            client.sendall(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            while b"\r\n\r\n" not in client.recv(65536):
                pass
            context = ssl.create_default_context(cafile=gate.ca)
            client = context.wrap_socket(client, server_hostname="good.example")
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n{fields}\r\n".encode())
        return client, gate

    return begin


def read_all(client: socket.socket) -> bytes:
    came = b""
    with client, contextlib.suppress(OSError):
        while part := client.recv(65536):
            came += part
            if came.endswith(b"0\r\n\r\n"):
                break
    return came


def body_of(answer: bytes) -> bytes:
    """The body without its chunks, and unpacked as far as it goes."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    body = b""
    while rest and b"chunked" in head.lower():
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return zlib.decompressobj(31).decompress(body) if b"encoding: gzip" in head.lower() else body or rest


def leaked(said: str) -> int:
    """Bytes after the first flagged phrase, where it came at all."""
    place = said.find("free spins")
    return 0 if place < 0 else len(said) - place - len("free spins")


# As a script asks, which reads an answer while it comes.
SCRIPT = "Sec-Fetch-Dest: empty\r\nConnection: close\r\n"


@pytest.mark.parametrize("name", list(STREAMS))
def test_a_stream_is_cut_off_where_it_says_too_much(ask: Callable[..., Any], name: str) -> None:
    client, gate = ask(name, SCRIPT)
    answer = read_all(client)
    said = body_of(answer).decode()
    assert leaked(said) <= MOST_LEAKED
    assert LAST not in said
    if name in {"chunked-gzip", "chunked-html"}:  # a page is held, and its place taken by ours
        assert answer.startswith(b"HTTP/1.1 403 ")
    assert gate.notes.answers()[-1][1:] == ("block", "phrases")


@pytest.mark.parametrize("name", ["sse-one-token", "sse-json", "chunked-plain", "chunked-json-lines"])
def test_the_first_parts_of_a_stream_come_while_the_rest_is_being_written(
    ask: Callable[..., Any], name: str
) -> None:
    Handler.hold = threading.Event()
    client, _ = ask(name, SCRIPT)
    with client:
        came = b""
        while b"needs" not in came:
            came += client.recv(65536)
    Handler.hold.set()


@pytest.mark.parametrize("name", ["websocket-text", "websocket-compressed"])
def test_a_message_that_says_too_much_is_not_passed_on_nor_any_after_it(
    ask: Callable[..., Any], name: str
) -> None:
    extensions = [wsproto.extensions.PerMessageDeflate()] if name.endswith("compressed") else []
    mine = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    upgrade = mine.send(Request(host="good.example", target="/", extensions=extensions))
    fields = upgrade.decode().partition("\r\n")[2].removesuffix("\r\n")
    kept = [line for line in fields.split("\r\n") if line and not line.lower().startswith("host")]
    client, gate = ask(name, "\r\n".join(kept) + "\r\n")
    said = ""
    with client, contextlib.suppress(OSError, wsproto.utilities.RemoteProtocolError):
        while part := client.recv(65536):
            mine.receive_data(part)
            said += "".join(one.data for one in mine.events() if isinstance(one, TextMessage))
    assert "Bread needs flour" in said
    assert leaked(said) <= MOST_LEAKED
    assert LAST not in said
    assert gate.notes.answers()[-1][1:] == ("block", "phrases")
