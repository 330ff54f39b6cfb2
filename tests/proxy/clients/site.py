"""A site for real clients: bodies of every kind, events, uploads, an echoing WebSocket, git, and files."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import os
import socket
import subprocess
import threading
import zlib
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import brotli
import zstandard

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

BIG = bytes(number * 7 % 251 for number in range(251)) * 40_000  # 10 MB
TEXT = ("So long as a text repeats itself, it can be told shortly. " * 400).encode()
CODINGS = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
}
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


class Server(ThreadingHTTPServer):
    """One origin; what its clients sent is in `seen`."""

    daemon_threads = True

    def __init__(self, folder: Path, context: ssl.SSLContext | None, host: str = "127.0.0.1") -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), Handler)
        self.folder = folder
        self.seen: list[str] = []
        self.next_event = threading.Semaphore(1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(SimpleHTTPRequestHandler):
    """What it answers, by the path's first part."""

    protocol_version = "HTTP/1.1"
    server: Server
    timeout = 20

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, directory=str(arguments[2].folder))

    def log_message(self, *_words: object) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        match self.path.partition("?")[0].split("/")[1:]:
            case ["big"]:
                self._send_range()
            case ["coded", coding]:
                self._send(CODINGS[coding], ("Content-Encoding", coding), ("Content-Type", "text/plain"))
            case ["events"]:
                self._send_events()
            case ["socket"]:
                self._echo()
            case ["smart", *_]:
                self._serve_git()
            case _:
                super().do_GET()

    def do_POST(self) -> None:
        self.server.seen.append(self.path)
        if self.path.startswith("/smart/"):
            self._serve_git()
            return
        digest = hashlib.sha256(self._body()).hexdigest()
        self._send(f"{digest} {self.headers.get('Expect', '-')}".encode())

    def _send(self, body: bytes, *fields: tuple[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in (*fields, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _send_range(self) -> None:
        kind = ("Content-Type", "application/octet-stream")
        wanted = self.headers.get("Range", "")
        if not wanted.startswith("bytes="):
            self._send(BIG, kind, ("Accept-Ranges", "bytes"))
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        begin, end = int(first), min(int(last or len(BIG)), len(BIG) - 1)
        told = f"bytes {begin}-{end}/{len(BIG)}"
        self._send(BIG[begin : end + 1], kind, ("Content-Range", told), status=206)

    def _send_events(self) -> None:
        """Three events; each only after the test has let it go, which it does when the one before arrived."""
        self.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}.items():
            self.send_header(name, value)
        self.end_headers()
        for number in range(3):
            if not self.server.next_event.acquire(timeout=10):
                self.close_connection = True
                return
            event = f"data: {number}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")

    def _echo(self) -> None:
        """One frame comes back, then the connection ends."""
        key = self.headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + _WEBSOCKET).digest())  # noqa: S324 - the protocol's own
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        head = self.rfile.read(2)
        mask, masked = self.rfile.read(4), self.rfile.read(head[1] & 0x7F)
        text = bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked))
        self.wfile.write(bytes([head[0], len(text)]) + text)
        self.close_connection = True

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _serve_git(self) -> None:
        """`git http-backend`, as a web server runs it (RFC 3875)."""
        address = urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": address.path.removeprefix("/smart"),
            "QUERY_STRING": address.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=self._body(), env=environment, capture_output=True, check=True
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((int(value[:3]) for name, value in fields if name == "Status"), 200)
        self._send(body, *[(name, value) for name, value in fields if name != "Status"], status=status)


@contextlib.contextmanager
def serve(folder: Path, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Any:
    """An origin for as long as it is needed."""
    server = Server(folder, context, host)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
