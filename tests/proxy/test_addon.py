"""What the addon refuses by shape and by address, seen by raw clients."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

TWEEN = "country: GB\npeople: {everyone: {profile: tween}}\n"


def exchange(gate: Any, sent: bytes) -> bytes:
    """Send bytes to the gate and read until it closes or is silent."""
    host, port = gate.gate.address
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.sendall(sent)
        connection.settimeout(1.5)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            pass
        return received


def tunnel(gate: Any, target: str, sni: str | None) -> ssl.SSLSocket:
    """A TLS connection through CONNECT, with any server name."""
    host, port = gate.gate.address
    connection = socket.create_connection((host, port), timeout=5)
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    assert b" 200 " in connection.recv(4096)
    context = ssl.create_default_context(cafile=gate.ca)
    context.check_hostname = False
    return context.wrap_socket(connection, server_hostname=sni)


def ask(connection: ssl.SSLSocket, host: str) -> bytes:
    connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://localhost/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
    ],
)
def test_addresses_inside_the_home_are_refused(start_gate: Callable[..., Any], target: str) -> None:
    gate = start_gate(TWEEN)
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        answer = client.get(target)
    assert answer.status_code == 403
    assert "inside the home" in answer.text
    assert {reason for _, _, reason in gate.notes.answers()} <= {"address"}


@pytest.mark.parametrize("target", ["http://[::1]/", "http://[::ffff:127.0.0.1]/"])
def test_ipv6_addresses_inside_the_home_are_refused(start_gate: Callable[..., Any], target: str) -> None:
    with httpx.Client(proxy=start_gate(TWEEN).url, trust_env=False, timeout=5) as client:
        assert client.get(target).status_code in {400, 403}


@pytest.mark.parametrize("target", ["127.0.0.1:443", "[::1]:443", "10.0.0.1:22"])
def test_tunnels_into_the_home_are_refused(start_gate: Callable[..., Any], target: str) -> None:
    answer = exchange(start_gate(TWEEN), f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")


def test_the_gate_does_not_lead_to_itself(start_gate: Callable[..., Any]) -> None:
    gate = start_gate(TWEEN)
    gate.gate.addon.reach = type(gate.gate.addon.reach)(
        opened=frozenset([("127.0.0.1", gate.gate.address[1])]), shut=gate.gate.addon.reach.shut
    )
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        assert client.get(f"{gate.url}/").status_code == 403


def test_a_server_name_other_than_the_tunnels_is_refused(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    gate = start_gate(origins.policy(names=("good.example", "bad.example")), {"gambling": ["bad.example"]})
    with tunnel(gate, f"good.example:{origins.secure.port}", "bad.example") as connection:
        answer = ask(connection, "good.example")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"two different things" in answer
    assert origins.secure.log == []


def test_a_host_header_other_than_the_tunnels_is_refused(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    gate = start_gate(origins.policy(names=("good.example", "bad.example")), {"gambling": ["bad.example"]})
    with tunnel(gate, f"good.example:{origins.secure.port}", "good.example") as connection:
        answer = ask(connection, "bad.example")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert origins.secure.log == []


def test_without_a_server_name_the_tunnels_name_counts(origins: Any, start_gate: Callable[..., Any]) -> None:
    gate = start_gate(origins.policy(names=("bad.example",)), {"gambling": ["bad.example"]})
    with tunnel(gate, f"bad.example:{origins.secure.port}", None) as connection:
        answer = ask(connection, f"bad.example:{origins.secure.port}")
    assert b"Gambling" in answer


@pytest.mark.parametrize(
    "head",
    [
        "GET http://good.example:{port}/ HTTP/1.1\r\nHost: bad.example\r\n\r\n",
        "GET http://good.example:{port}/ HTTP/1.1\r\nHost: good.example\r\nHost: bad.example\r\n\r\n",
        "GET http://good.example:{port}/ HTTP/1.1\r\n\r\n",
        "GET http://good.example:{port}/ HTTP/1.1\r\nHost: good.example:{port}\r\nX: a\0b\r\n\r\n",
        "GET http://good.example:{port}/ HTTP/1.1\r\nHost: good.example:{port}\r\nX: a\r\n b\r\n\r\n",
        (
            "POST http://good.example:{port}/ HTTP/1.1\r\nHost: good.example:{port}\r\n"
            "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
        ),
        (
            "POST http://good.example:{port}/ HTTP/1.1\r\nHost: good.example:{port}\r\n"
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"
        ),
        (
            "POST http://good.example:{port}/ HTTP/1.1\r\nHost: good.example:{port}\r\n"
            "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"
        ),
    ],
)
def test_a_request_that_can_be_read_two_ways_is_not_passed_on(
    origins: Any, start_gate: Callable[..., Any], head: str
) -> None:
    gate = start_gate(origins.policy(names=("good.example", "bad.example")))
    answer = exchange(gate, head.format(port=origins.plain.port).encode("latin-1"))
    assert answer[:12] in {b"HTTP/1.1 403", b"HTTP/1.1 400", b""}
    assert origins.plain.log == []


@pytest.mark.parametrize("pieces", [[1], [2], [1, 1, 1], [5]])
def test_a_greeting_in_small_pieces_is_looked_into_all_the_same(
    origins: Any, start_gate: Callable[..., Any], pieces: list[int]
) -> None:
    """Stock mitmproxy takes a first segment of one or two bytes for another protocol and relays it."""
    origins.secure.expect_request("/").respond_with_data("hello")
    gate = start_gate(origins.policy(names=("good.example",)))
    context = ssl.create_default_context(cafile=gate.ca)
    to_gate, from_gate = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context.wrap_bio(from_gate, to_gate, server_hostname="good.example")
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    greeting = to_gate.read()
    host, port = gate.gate.address
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        target = f"good.example:{origins.secure.port}"
        connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        assert b" 200 " in connection.recv(4096)
        place = 0
        for length in pieces:
            connection.sendall(greeting[place : place + length])
            place += length
            # The gate must have read this piece by itself: ask it for something else meanwhile.
            with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as other:
                other.get("http://192.168.1.1/")
        connection.sendall(greeting[place:])
        for _ in range(20):
            from_gate.write(connection.recv(65536))
            try:
                side.do_handshake()
                break
            except ssl.SSLWantReadError:
                continue
        certificate = side.getpeercert()
        assert certificate is not None
        issuer = dict(pair for row in certificate["issuer"] for pair in row)
        assert issuer["organizationName"] == "Stairgate"


def test_help_services_are_open_even_where_everything_is_closed(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    origins.plain.expect_request("/").respond_with_data("someone listens")
    policy = origins.policy(names=("www.childline.org.uk",)).replace("tween", "early")
    gate = start_gate(policy, {"pornography": ["childline.org.uk"]})
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        assert client.get(f"http://www.childline.org.uk:{origins.plain.port}/").text == "someone listens"
        assert client.get(f"http://good.example:{origins.plain.port}/").status_code == 403
    assert all(decision.help for request, decision, _ in gate.notes.lines if "childline" in request.text)


def test_another_protocol_for_next_time_is_not_offered(origins: Any, start_gate: Callable[..., Any]) -> None:
    origins.plain.expect_request("/").respond_with_data("x", headers={"alt-svc": 'h3=":443"'})
    gate = start_gate(origins.policy(names=("good.example",)))
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        assert "alt-svc" not in client.get(f"http://good.example:{origins.plain.port}/").headers


@pytest.mark.parametrize(
    ("target", "sni", "host"),
    [
        ("good.example.", "good.example.", "good.example."),
        ("good.example.", "good.example", "good.example."),
        ("good.example.", "good.example", "good.example"),
        ("good.example", "good.example.", "good.example"),
    ],
)
def test_a_name_with_its_final_dot_is_served(
    origins: Any, start_gate: Callable[..., Any], target: str, sni: str, host: str
) -> None:
    origins.secure.expect_request("/").respond_with_data(b"own bytes")
    gate = start_gate(origins.policy(names=("good.example",)))
    port = origins.secure.port
    with tunnel(gate, f"{target}:{port}", sni) as connection:
        assert connection.getpeercert()["subjectAltName"] == (("DNS", "good.example"),)
        assert ask(connection, f"{host}:{port}").endswith(b"own bytes")


@pytest.mark.parametrize("host", ["good.example:", "good.example"])
def test_an_empty_port_is_the_usual_one(start_gate: Callable[..., Any], host: str) -> None:
    gate = start_gate(TWEEN + "block: [good.example]\n")
    answer = exchange(gate, f"GET http://good.example:/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert gate.notes.answers() == [("good.example", "block", "household")]


def test_what_is_meant_for_the_proxy_does_not_reach_the_site(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    origins.plain.expect_request("/").respond_with_data(b"own bytes")
    gate = start_gate(origins.policy(names=("good.example",)))
    with httpx.Client(proxy=gate.url, trust_env=False, timeout=5) as client:
        secret = {"proxy-authorization": "Basic c2VjcmV0", "proxy-connection": "keep-alive"}
        client.get(f"http://good.example:{origins.plain.port}/", headers=secret)
    assert not [name for name, _ in origins.plain.log[0][0].headers if name.lower().startswith("proxy-")]
