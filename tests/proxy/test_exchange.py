"""Plain HTTP at the desk: requests in a row, bodies of every framing, and answers that do not fit."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from proxy.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Whose pages are looked into, goes through mitmproxy; these tests are about the way beside it.
PLAIN = (
    "country: GB\npeople: {everyone: {profile: tween, decrypt: false}}\nnames: {good.example: 127.0.0.1}\n"
)


@pytest.fixture
def site(start_gate: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A site that answers each request it gets with the next of these bytes; and a gate that opens it."""
    listeners: list[socket.socket] = []

    def start(*answers: bytes, close: bool = False, more: str = "") -> Any:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        seen: list[bytes] = []
        waiting = list(answers)

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                data = b""
                while waiting:
                    while not whole(data):
                        chunk = connection.recv(65536)
                        if not chunk:
                            return
                        data += chunk
                    seen.append(data)
                    data = b""
                    connection.sendall(waiting.pop(0))
                    if close:
                        return
                connection.recv(1)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.settimeout(5)
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        port = listener.getsockname()[1]
        gate = start_gate(f"{PLAIN}reach: ['127.0.0.1:{port}']\n{more}")
        gate.port, gate.seen = port, seen
        return gate

    yield start
    for listener in listeners:
        listener.close()


def whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    place = head.lower().find(b"content-length: ")
    length = int(head[place + 16 :].partition(b"\r\n")[0]) if place >= 0 else 0
    return len(body) >= length


def talk(gate: Any, sent: bytes, until: bytes = b"") -> bytes:
    """Send to the gate; read until these bytes or the end."""
    with socket.create_connection(gate.gate.address, timeout=5) as connection:
        connection.sendall(sent)
        received = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            while not until or until not in received:
                chunk = connection.recv(65536)
                if not chunk:
                    break
                received += chunk
        return received


def get(gate: Any, path: str = "/", more: str = "") -> bytes:
    host = f"good.example:{gate.port}"
    return f"GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


CLOSE = "Connection: close\r\n"


def answer(body: bytes, *fields: str) -> bytes:
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields, "", ""])
    return head.encode() + body


def test_the_site_gets_origin_form_and_nothing_of_the_hop(site: Callable[..., Any]) -> None:
    gate = site(answer(b"x"))
    more = (
        "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic c2VjcmV0\r\nConnection: close, X-Hop\r\n"
    )
    talk(gate, get(gate, "/a%20b?c=d", f"{more}X-Hop: 1\r\nX-Own: 2\r\nTE: trailers\r\n"))
    (seen,) = gate.seen
    assert seen == (f"GET /a%20b?c=d HTTP/1.1\r\nHost: good.example:{gate.port}\r\nx-own: 2\r\n\r\n".encode())


def test_a_length_named_as_a_field_of_the_hop_still_goes_with_its_body(site: Callable[..., Any]) -> None:
    gate = site(answer(b"x"))
    body = b"GET /hidden HTTP/1.1\r\n\r\n"
    head = get(gate, "/", f"Connection: close, Content-Length\r\nContent-Length: {len(body)}\r\n")
    talk(gate, head.replace(b"GET", b"POST", 1) + body)
    (seen,) = gate.seen
    assert b"content-length: %d\r\n" % len(body) in seen
    assert seen.endswith(body)


def test_an_answer_passes_unchanged_but_for_the_hop(site: Callable[..., Any]) -> None:
    gate = site(answer(b"\x00\xff" * 10, "X-Own: 1", "Alt-Svc: h3", "Keep-Alive: timeout=5"))
    received = talk(gate, get(gate, more=CLOSE))
    assert received == b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nX-Own: 1\r\n\r\n" + b"\x00\xff" * 10


def test_requests_sent_ahead_are_answered_in_order_on_one_connection(site: Callable[..., Any]) -> None:
    gate = site(*(answer(f"body {number};".encode()) for number in range(5)))
    sent = b"".join(get(gate, f"/{number}") for number in range(5))
    received = talk(gate, sent, until=b"body 4;")
    assert [received.index(f"body {number};".encode()) for number in range(5)] == sorted(
        received.index(f"body {number};".encode()) for number in range(5)
    )
    assert [seen.split(b" ")[1] for seen in gate.seen] == [b"/0", b"/1", b"/2", b"/3", b"/4"]


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", b"hello world"),
        (b"Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", b""),
        (b"Content-Length: 0\r\n\r\n", b""),
        (b"Content-Length: 3\r\n\r\nabc", b"abc"),
    ],
)
def test_every_framing_of_an_answer_arrives(site: Callable[..., Any], sent: bytes, body: bytes) -> None:
    gate = site(b"HTTP/1.1 200 OK\r\n" + sent)
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        assert client.get(f"http://good.example:{gate.port}/").content == body


def test_an_answer_that_ends_with_the_connection_arrives_whole(site: Callable[..., Any]) -> None:
    gate = site(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000, close=True)
    received = talk(gate, get(gate))
    assert b"Connection: close" in received
    assert received.endswith(b"x" * 200_000)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_ends_with_its_head(site: Callable[..., Any], status: bytes) -> None:
    gate = site(b"HTTP/1.1 " + status + b"\r\nX: 1\r\n\r\n", answer(b"next"))
    received = talk(gate, get(gate) + get(gate), until=b"next")
    assert received.count(b"HTTP/1.1 ") == 2


def test_head_has_no_body_whatever_its_length_says(site: Callable[..., Any]) -> None:
    gate = site(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", answer(b"next"))
    received = talk(gate, get(gate).replace(b"GET", b"HEAD") + get(gate), until=b"next")
    assert received.count(b"HTTP/1.1 200") == 2


def test_interim_answers_are_not_taken_for_the_answer(site: Callable[..., Any]) -> None:
    gate = site(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(b"real"))
    received = talk(gate, get(gate, more=CLOSE))
    assert received == b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"


BAD_ANSWERS = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nSECR",
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\nSECR",
    "another encoding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nSECR",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nSECR",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nSECR",
    "no HTTP": b"SSH-2.0-SECR\r\n\r\n",
    "a NUL": b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 4\r\n\r\nSECR",
    "a head without end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000,
}


@pytest.mark.parametrize("what", BAD_ANSWERS)
def test_an_answer_that_can_be_read_two_ways_is_not_passed_on(site: Callable[..., Any], what: str) -> None:
    gate = site(BAD_ANSWERS[what], close=True)
    received = talk(gate, get(gate))
    assert received.startswith(b"HTTP/1.1 502 ")
    assert b"SECR" not in received


def test_what_follows_an_answer_unasked_never_reaches_the_client(site: Callable[..., Any]) -> None:
    """A second answer nobody asked for would be taken for that to the client's next request."""
    gate = site(answer(b"one") + answer(b"POISON"), answer(b"two"))
    received = talk(gate, get(gate) + get(gate), until=b"two")
    assert b"POISON" not in received
    assert received.endswith(b"two")


def test_a_broken_chunk_ends_both_sides(site: Callable[..., Any]) -> None:
    gate = site(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\nZZ\r\nPOISON")
    received = talk(gate, get(gate))
    assert b"POISON" not in received
    assert b"0\r\n\r\n" not in received


def test_an_old_connection_the_site_has_closed_is_tried_once_more(site: Callable[..., Any]) -> None:
    gate = site(answer(b"one"), answer(b"two"), close=True)
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        url = f"http://good.example:{gate.port}/"
        assert [client.get(url).text, client.get(url).text] == ["one", "two"]


@pytest.mark.parametrize("length", [0, 1, 65_536, 3_000_000])
def test_an_upload_of_known_length_arrives_whole(site: Callable[..., Any], length: int) -> None:
    gate = site(answer(b"got it"))
    body = bytes(number % 251 for number in range(length))
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=10) as client:
        assert client.post(f"http://good.example:{gate.port}/", content=body).text == "got it"
    assert gate.seen[0].partition(b"\r\n\r\n")[2] == body


def test_a_blocked_request_in_between_is_answered_and_the_connection_goes_on(
    site: Callable[..., Any],
) -> None:
    gate = site(answer(b"one"), answer(b"two"), more="block: [good.example/closed]\n")
    post = get(gate, "/closed", "Content-Length: 5\r\n").replace(b"GET", b"POST") + b"hello"
    received = talk(gate, get(gate) + post + get(gate), until=b"two")
    assert [received.index(part) for part in (b"one", b"rules keep this closed", b"two")] == sorted(
        received.index(part) for part in (b"one", b"rules keep this closed", b"two")
    )
    assert len(gate.seen) == 2
    assert gate.notes.answers() == [
        ("good.example", "allow", "unknown"),
        ("good.example", "block", "household"),
        ("good.example", "allow", "unknown"),
    ]


@pytest.mark.parametrize(
    "target",
    ["/", "https://good.example/", "ftp://good.example/", "http://user@good.example/", "http:///x", "*"],
)
def test_what_is_no_address_of_the_web_is_refused(start_gate: Callable[..., Any], target: str) -> None:
    gate = start_gate(PLAIN)
    received = talk(gate, f"GET {target} HTTP/1.1\r\nHost: good.example\r\n\r\n".encode())
    assert received.startswith(b"HTTP/1.1 400 ")


def test_a_second_host_later_on_the_connection_is_decided_for_itself(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    origins.plain.expect_request("/").respond_with_data("fine")
    policy = origins.policy(names=("good.example", "bad.example"))
    policy = policy.replace("tween}", "tween, decrypt: false}")
    gate = start_gate(policy, {"gambling": ["bad.example"]})
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        for _ in range(3):
            assert client.get(f"http://good.example:{origins.plain.port}/").text == "fine"
            assert client.get(f"http://bad.example:{origins.plain.port}/").status_code == 403


@pytest.mark.parametrize(
    "place", ["_go_on", "_begin", "_reach", "_dial", "_ask", "_note", "send", "answered"]
)
def test_a_fault_in_an_exchange_shows_nothing_of_the_origin_and_leaves_nobody_hanging(
    site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    gate = site(answer(b"SECRET"))

    def explode(*_arguments: object, **_more: object) -> None:
        raise RuntimeError(f"injected into {place}")

    monkeypatch.setattr(Exchange, place, explode)
    received = talk(gate, get(gate))
    assert place == "answered" or b"SECRET" not in received
    assert received == b"" or b"fault" in received or place == "answered"


def test_an_upgrade_is_handed_over_between_two_requests(site: Callable[..., Any]) -> None:
    """The connection's third request wants another protocol; what was read and what was not goes along."""
    gate = site(answer(b"one"), answer(b"two"), answer(b"three"))
    upgrade = "Upgrade: h2c\r\nConnection: Upgrade\r\n"
    received = talk(gate, get(gate, "/1") + get(gate, "/2") + get(gate, "/3", upgrade), until=b"three")
    assert b"one" in received
    assert received.endswith(b"three")
    assert b"upgrade" not in gate.seen[2].lower()


def test_a_plain_client_that_is_slow_gets_its_whole_download(site: Callable[..., Any]) -> None:
    body = bytes(number % 251 for number in range(4_000_000))
    gate = site(answer(body))
    with socket.create_connection(gate.gate.address, timeout=5) as connection:
        # Small beside the body, so that the desk must wait; with 4 KB the kernel alone takes 100 s.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.sendall(get(gate, more=CLOSE))
        received = b""
        while chunk := connection.recv(50_000):
            received += chunk
    assert received.endswith(body)


def test_an_answer_that_may_have_to_be_read_goes_through_mitmproxy(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    """A page that labels itself adult is blocked over plain HTTP as over TLS."""
    label = "<html><head><meta name='rating' content='RTA-5042-1996-1400-1577-RTA'></head>SECRET</html>"
    origins.plain.expect_request("/").respond_with_data(label, content_type="text/html")
    gate = start_gate(origins.policy(names=("good.example",)))
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        answer = client.get(f"http://good.example:{origins.plain.port}/")
    assert (answer.status_code, "SECRET" in answer.text) == (403, False)
