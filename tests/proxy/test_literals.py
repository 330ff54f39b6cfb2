"""IPv6 literals and empty ports on every way through the gate: served and closed as by name."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from pytest_httpserver import HTTPServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAYS = pytest.mark.parametrize("decrypt", ["true", "false"], ids=["through mitmproxy", "at the desk"])


@pytest.fixture
def six() -> Iterator[HTTPServer]:
    """An origin that has an IPv6 address only."""
    with HTTPServer(host="::1", port=0) as server:
        server.expect_request("/").respond_with_data("six")
        yield server


def ask(gate: Any, authority: str) -> bytes:
    with socket.create_connection(gate.gate.address, timeout=10) as client:
        client.sendall(
            f"GET http://{authority}/ HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n".encode()
        )
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    return received


def policy(decrypt: str, *reach: str) -> str:
    people = f"people: {{everyone: {{profile: tween, decrypt: {decrypt}}}}}\n"
    return f"country: GB\n{people}names: {{good.example: 127.0.0.1}}\nreach: {list(reach)}\n"


@WAYS
def test_an_ipv6_literal_with_a_port_is_served(
    six: HTTPServer, start_gate: Callable[..., Any], decrypt: str
) -> None:
    gate = start_gate(policy(decrypt, f"[::1]:{six.port}"))
    assert ask(gate, f"[::1]:{six.port}").endswith(b"six")
    assert gate.notes.lines[0][0].address.host == "::1"


@WAYS
def test_an_ipv4_address_written_as_ipv6_is_the_same_address(
    origins: Any, start_gate: Callable[..., Any], decrypt: str
) -> None:
    origins.plain.expect_request("/").respond_with_data("four")
    gate = start_gate(policy(decrypt, f"127.0.0.1:{origins.plain.port}"))
    assert ask(gate, f"[::ffff:127.0.0.1]:{origins.plain.port}").endswith(b"four")
    assert gate.notes.lines[0][0].address.host == "127.0.0.1"


@WAYS
@pytest.mark.parametrize("host", ["[::1]", "[::ffff:10.0.0.1]", "[fe80::1]"])
def test_literals_that_lead_inside_are_refused_with_a_page(
    start_gate: Callable[..., Any], decrypt: str, host: str
) -> None:
    gate = start_gate(policy(decrypt))
    for authority in (host, f"{host}:8080", f"{host}:"):
        assert ask(gate, authority).startswith(b"HTTP/1.1 403 "), authority
    assert {answer[2] for answer in gate.notes.answers()} == {"address"}


@WAYS
def test_a_colon_without_a_port_is_the_usual_port(start_gate: Callable[..., Any], decrypt: str) -> None:
    gate = start_gate(policy(decrypt), {"gambling": ["bad.example"]})
    assert ask(gate, "bad.example:").startswith(b"HTTP/1.1 403 ")
    assert b"404" not in ask(gate, "good.example:").partition(b"\r\n")[0]
    assert [answer[:2] for answer in gate.notes.answers()] == [
        ("bad.example", "block"),
        ("good.example", "block"),  # port 80 of this machine, which no client reaches
    ]
