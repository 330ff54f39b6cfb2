"""SOCKS5: its messages, and real clients that come by it, with and without a password."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from proxy import socks
from proxy.socks import Reply, SocksError, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

HASH = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("open sesame")
LEO = f"  leo: {{profile: teen, password: '{HASH}'}}\n"


def request(host: bytes, port: int, *, command: int = 1) -> bytes:
    return bytes((5, command, 0, 3, len(host))) + host + struct.pack("!H", port)


def test_messages_are_read_when_they_are_whole_and_not_before() -> None:
    methods, login = bytes((5, 2, 0, 2)), b"\x01\x03leo\x02pw"
    wanted = request(b"good.example", 443)
    for cut in range(len(methods)):
        assert socks.read_methods(methods[:cut]) is None
    assert socks.read_methods(methods + b"more") == (frozenset({0, 2}), 4)
    for cut in range(len(login)):
        assert socks.read_login(login[:cut]) is None
    assert socks.read_login(login + b"more") == ("leo", "pw", 8)
    for cut in range(len(wanted)):
        assert socks.read_request(wanted[:cut]) is None
    assert socks.read_request(wanted + b"more") == Wanted(host="good.example", port=443, size=len(wanted))


@pytest.mark.parametrize(
    ("message", "host"),
    [
        (b"\x05\x01\0\x01\x7f\0\0\x01\0\x50", "127.0.0.1"),
        (b"\x05\x01\0\x04" + bytes(15) + b"\x01\0\x50", "[::1]"),
    ],
)
def test_addresses_are_read(message: bytes, host: str) -> None:
    found = socks.read_request(message)
    assert found is not None
    assert (found.host, found.port, found.size) == (host, 80, len(message))


@pytest.mark.parametrize(
    "message",
    [
        b"\x04\x01\0\x50\x7f\0\0\x01\0",  # SOCKS4
        b"\x05\x01\x01\x01\x7f\0\0\x01\0\x50",  # the reserved byte
        b"\x05\x01\0\x02\x7f\0\0\x01\0\x50",  # a kind nobody knows
        request(b"", 80),
        request(b"a b.example", 80),
        request(b"good.example/x", 80),
        request(b"user@good.example", 80),
        request(b"good.example:80", 80),
        request("gü.example".encode(), 80),
        request(b"good.example\0", 80),
    ],
)
def test_what_is_malformed_is_refused(message: bytes) -> None:
    with pytest.raises(SocksError):
        socks.read_request(message)


@pytest.mark.parametrize(
    "message", [b"\x01\0\x01a", b"\x01\x02a:\x01a", b"\x01\x01\xff\x01a", b"\x05\x01a\x01a"]
)
def test_a_login_that_is_none_is_refused(message: bytes) -> None:
    with pytest.raises(SocksError):
        socks.read_login(message)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_a_reader(data: bytes) -> None:
    for read in (socks.read_methods, socks.read_login, socks.read_request):
        with contextlib.suppress(SocksError):
            read(data)


def enter(gate: Any, host: bytes, port: int, *, login: bytes = b"", command: int = 1) -> tuple[Any, int]:
    """A SOCKS connection and the reply to its request."""
    client = socket.create_connection(gate.gate.address, timeout=5)
    client.sendall(b"\x05\x01\x02" if login else b"\x05\x01\0")
    assert client.recv(2) == (b"\x05\x02" if login else b"\x05\0")
    if login:
        client.sendall(login)
        if client.recv(2) != b"\x01\0":
            return client, -1
    client.sendall(request(host, port, command=command))
    reply = client.recv(10)
    return client, reply[1] if len(reply) == 10 else -1


def fetch(gate: Any, client: Any, origins: Any, scheme: str, host: str, port: int) -> bytes:
    context = ssl.create_default_context(cafile=gate.ca)
    context.load_verify_locations(origins.ca_file)
    if scheme == "https":
        client = context.wrap_socket(client, server_hostname=host)
    client.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    received = b""
    with contextlib.suppress(ConnectionError):
        while chunk := client.recv(65536):
            received += chunk
    client.close()
    return received


@pytest.mark.parametrize("decrypt", ["true", "false"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_client_by_socks_is_served_and_a_blocked_site_gets_its_page(
    origins: Any, start_gate: Callable[..., Any], scheme: str, decrypt: str
) -> None:
    server = origins.plain if scheme == "http" else origins.secure
    server.expect_request("/").respond_with_data("hello")
    policy = origins.policy(names=("good.example", "bad.example"))
    gate = start_gate(policy.replace("tween", f"tween, decrypt: {decrypt}"), {"gambling": ["bad.example"]})
    for host, said in (("good.example", b"hello"), ("bad.example", b"This page stays closed")):
        client, reply = enter(gate, host.encode(), server.port)
        assert reply == Reply.GRANTED
        assert said in fetch(gate, client, origins, scheme, host, server.port)
    assert len(server.log) == 1
    assert {answer[:2] for answer in gate.notes.answers()} == {
        ("good.example", "allow"),
        ("bad.example", "block"),
    }


def test_a_password_by_socks_makes_a_person_and_a_wrong_one_nobody(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    origins.plain.expect_request("/").respond_with_data("hello")
    policy = origins.policy(names=("good.example",)).replace(
        "people: {everyone: {profile: tween}}\n", f"people:\n  everyone: {{profile: tween}}\n{LEO}"
    )
    gate = start_gate(policy)
    right = b"\x01\x03leo\x0bopen sesame"
    client, reply = enter(gate, b"good.example", origins.plain.port, login=right)
    assert reply == Reply.GRANTED
    assert b"hello" in fetch(gate, client, origins, "http", "good.example", origins.plain.port)
    client, reply = enter(gate, b"good.example", origins.plain.port, login=b"\x01\x03leo\x03bad")
    assert (reply, client.recv(10)) == (-1, b"")
    assert {request.person for request, _, _ in gate.notes.lines} == {"leo"}


def test_without_a_password_a_household_that_wants_one_is_closed(start_gate: Callable[..., Any]) -> None:
    gate = start_gate(f"country: GB\nunknown_device: login\npeople:\n{LEO}")
    with socket.create_connection(gate.gate.address, timeout=5) as client:
        client.sendall(b"\x05\x01\0")
        assert client.recv(10) == b"\x05\xff"
        assert client.recv(10) == b""


@pytest.mark.parametrize(
    ("host", "command", "reply"),
    [
        (b"127.0.0.1", 1, Reply.NOT_ALLOWED),
        (b"192.168.0.1", 1, Reply.NOT_ALLOWED),
        (b"0x7f.1", 1, Reply.NOT_ALLOWED),
        (b"good.example", 2, Reply.NOT_SPOKEN),
        (b"good.example", 3, Reply.NOT_SPOKEN),
        (b"a..b", 1, Reply.UNREACHABLE),
    ],
)
def test_what_leads_inside_or_is_no_connection_is_refused(
    start_gate: Callable[..., Any], host: bytes, command: int, reply: Reply
) -> None:
    gate = start_gate("country: GB\npeople: {everyone: {profile: tween}}\n")
    client, told = enter(gate, host, 80, command=command)
    assert told == reply
    assert client.recv(10) == b""


@pytest.mark.parametrize(
    "noise", [b"SSH-2.0-OpenSSH\r\n", b"\x16\x03", b"\0\0\0", b"GET /\r\n\r\n", b"get / HTTP/1.1\r\n"]
)
def test_what_is_neither_http_nor_tls_is_not_relayed(
    origins: Any, start_gate: Callable[..., Any], noise: bytes
) -> None:
    gate = start_gate(origins.policy(names=("good.example",)))
    client, reply = enter(gate, b"good.example", origins.plain.port)
    assert reply == Reply.GRANTED
    client.sendall(noise)
    client.shutdown(socket.SHUT_WR)
    assert b"200 OK" not in client.recv(65536)
    assert origins.plain.log == []


def test_another_name_in_the_greeting_or_the_host_field_is_refused(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    for server in (origins.plain, origins.secure):
        server.expect_request("/").respond_with_data("SECRET")
    gate = start_gate(origins.policy(names=("good.example", "other.example")))
    for scheme, server in (("http", origins.plain), ("https", origins.secure)):
        client, _ = enter(gate, b"good.example", server.port)
        answer = fetch(gate, client, origins, scheme, "other.example", server.port)
        assert b"SECRET" not in answer
        assert b"403" in answer[:20]
    assert {answer[2] for answer in gate.notes.answers()} == {"bypass"}
