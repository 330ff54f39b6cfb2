"""Shapes that two parsers may read differently, sent in every way: a site sees one well-formed request."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError

from proxy.head import read_head

from ..test_head import AMBIGUOUS  # noqa: TID252 - tests are no package with a name
from .conftest import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

POISON = b"GET /poison HTTP/1.1\r\nHost: good.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"


class Recorder:
    """A site that answers the first head of a connection and keeps all that comes."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self.port = self._listener.getsockname()[1]
        self.seen: list[bytearray] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with contextlib.suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            seen = bytearray()
            self.seen.append(seen)
            answered = False
            while data := connection.recv(65536):
                seen += data
                if b"\r\n\r\n" in seen and not answered:
                    answered = True
                    connection.sendall(ANSWER)

    def close(self) -> None:
        self._listener.close()

    def strange(self) -> list[bytes]:
        """What came and is not exactly one well-formed request with its body."""
        return [bytes(seen) for seen in self.seen if seen and not _is_one_request(bytes(seen))]


def _is_one_request(data: bytes) -> bool:
    try:
        head = read_head(data)
    except ValueError:
        return False
    if head is None or not head.target.startswith("/"):
        return False
    body = data[head.size :]
    if head.get(b"transfer-encoding"):
        return _is_in_chunks(body)
    return len(body) == int(head.get(b"content-length") or 0)


def _is_in_chunks(body: bytes) -> bool:
    """Whether it is a body in chunks, or the beginning of one: not every client sends the rest."""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return rest == b"\r\n"
        if rest[length:][:2] != b"\r\n":
            return False
        body = rest[length + 2 :]
    return True


@pytest.fixture
def recorded(origin_authority: Any, start_gate: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """`recorded(tls)`: a gate and the site behind it."""
    ca_file, context = origin_authority
    opened: list[Recorder] = []

    def start(*, tls: bool) -> tuple[Any, Recorder]:
        site = Recorder(context(NAME) if tls else None)
        opened.append(site)
        gate = start_gate(
            f"country: GB\npeople: {{everyone: {{profile: tween}}}}\nnames: {{{NAME}: 127.0.0.1}}\n"
            f"reach: ['127.0.0.1:{site.port}']\ntrust: ['{ca_file}']\n"
        )
        return gate, site

    yield start
    for site in opened:
        site.close()


def open_tunnel(gate: Any, site: Recorder, protocol: str) -> ssl.SSLSocket:
    client = socket.create_connection(gate.gate.address, timeout=5)
    authority = f"{NAME}:{site.port}"
    client.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    context = ssl.create_default_context(cafile=gate.ca)
    context.set_alpn_protocols([protocol])
    secure = context.wrap_socket(client, server_hostname=NAME)
    assert secure.selected_alpn_protocol() == protocol
    return secure


def talk(client: socket.socket, sent: bytes) -> bytes:
    """Send it, a poisoned request close behind, and read what comes within a moment."""
    received = b""
    with client, contextlib.suppress(OSError):
        client.sendall(sent)
        client.settimeout(0.7)
        while data := client.recv(65536):
            received += data
    return received


def test_no_ambiguous_head_reaches_a_site_over_plain_http(recorded: Callable[..., Any]) -> None:
    gate, site = recorded(tls=False)

    def send(shape: bytes) -> bytes:
        client = socket.create_connection(gate.gate.address, timeout=5)
        return talk(client, shape.replace(b"a.example", f"{NAME}:{site.port}".encode()) + POISON)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, AMBIGUOUS.values()))
    assert site.seen == []
    assert {answer[:13] for answer in answers} <= {b"HTTP/1.1 400 ", b""}


def test_what_reaches_a_site_from_inside_a_tunnel_is_one_well_formed_request(
    recorded: Callable[..., Any],
) -> None:
    """What mitmproxy reads it mends on the way, such as a folded line; nothing passes as it was."""
    gate, site = recorded(tls=True)

    def send(shape: bytes) -> bytes:
        inside = shape.replace(b"http://a.example/", b"/")
        inside = inside.replace(b"a.example", f"{NAME}:{site.port}".encode())
        return talk(open_tunnel(gate, site, "http/1.1"), inside)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(send, AMBIGUOUS.values()))
    assert site.strange() == []


BASE = {":method": "POST", ":path": "/", ":scheme": "https", ":authority": NAME}
SHAPES: dict[str, tuple[list[tuple[str, str]], bytes]] = {
    "a body without a length": ([*BASE.items()], POISON),
    "a short body without a length": ([*BASE.items()], b"x"),
    "a body of GET": ([*(BASE | {":method": "GET"}).items()], POISON),
    "a body of DELETE": ([*(BASE | {":method": "DELETE"}).items()], POISON),
    "a form without a length": (
        [*BASE.items(), ("content-type", "application/x-www-form-urlencoded")],
        POISON,
    ),
    "a length that is too short": ([*BASE.items(), ("content-length", "1")], POISON),
    "a length of nothing": ([*BASE.items(), ("content-length", "0")], POISON),
    "two lengths": ([*BASE.items(), ("content-length", "1"), ("content-length", str(len(POISON)))], POISON),
    "an encoding of the hop": ([*BASE.items(), ("transfer-encoding", "chunked")], b"0\r\n\r\n" + POISON),
    "an upgrade": ([*BASE.items(), ("upgrade", "h2c"), ("connection", "upgrade")], b""),
    "a line end in a value": ([*BASE.items(), ("x", "a\r\nTransfer-Encoding: chunked")], POISON),
    "a line end in a name": ([*BASE.items(), ("x\r\ntransfer-encoding", "chunked")], POISON),
    "a colon in a name": ([*BASE.items(), ("transfer-encoding:chunked", "x")], POISON),
    "a NUL in a value": ([*BASE.items(), ("x", "a\0b")], b""),
    "a line end in the path": (
        [*(BASE | {":path": "/ HTTP/1.1\r\nHost: x\r\n\r\nGET /poison"}).items()],
        b"",
    ),
    "a space in the path": ([*(BASE | {":path": "/ HTTP/1.1 x"}).items()], b""),
    "a space in the method": ([*(BASE | {":method": "GET /poison HTTP/1.1"}).items()], b""),
    "another host": ([*BASE.items(), ("host", "bad.example")], b""),
    "two hosts": ([*BASE.items(), ("host", NAME), ("host", "bad.example")], b""),
    "two paths": ([*BASE.items(), (":path", "/poison")], b""),
}


def session_of(fields: Iterable[tuple[str, str]], site: Recorder) -> H2Connection:
    """A client's HTTP/2 that checks nothing, its first request's head said."""
    session = H2Connection(
        H2Configuration(
            validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding="utf-8"
        )
    )
    session.initiate_connection()
    named = [(name, f"{NAME}:{site.port}" if value == NAME else value) for name, value in fields]
    session.send_headers(1, named)
    return session


def test_fields_behind_a_body_end_nothing(recorded: Callable[..., Any]) -> None:
    """HTTP/2's trailers, which many an app sends; an HTTP/1 site gets the body without them."""
    gate, site = recorded(tls=True)
    session = session_of(BASE.items(), site)
    session.send_data(1, b"x" * 5)
    session.send_headers(1, [("x-sum", "1")], end_stream=True)
    assert b"fine" in talk(open_tunnel(gate, site, "h2"), session.data_to_send())
    assert [bytes(seen).partition(b"\r\n\r\n")[2] for seen in site.seen] == [b"5\r\nxxxxx\r\n0\r\n\r\n"]


def test_what_comes_over_http_2_reaches_an_http_1_site_as_one_request(recorded: Callable[..., Any]) -> None:
    gate, site = recorded(tls=True)

    def send(shape: tuple[list[tuple[str, str]], bytes]) -> None:
        fields, body = shape
        session = session_of(fields, site)
        with contextlib.suppress(ProtocolError):
            session.send_data(1, body, end_stream=True)
        talk(open_tunnel(gate, site, "h2"), session.data_to_send())

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(send, SHAPES.values()))
    assert site.strange() == []
    assert len(site.seen) >= 4, "not even what is well-formed has arrived"
