"""Ways round the gate, each tried on a real one from outside: none leads to a blocked site."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BAD = {"gambling": ["bad.example"]}
NAMES = ("good.example", "bad.example", "other.example")
QUESTION = b"\0\0\1\0\0\1\0\0\0\0\0\0\3bad\7example\0\0\1\0\1"
PARAMETER = base64.urlsafe_b64encode(QUESTION).decode().rstrip("=")


@pytest.fixture
def gate(origins: Any, start_gate: Callable[..., Any]) -> Any:
    """A gate, and origins that answer everything with a word of their own."""
    for server in (origins.plain, origins.secure):
        server.expect_request(any_path()).respond_with_data("reached")
    # Numbers of the documentation (RFC 5737, RFC 3849): should this ever break, nobody is called.
    listed = BAD | {"encrypted_dns": ["198.51.100.53", "2001:db8::53"]}
    return start_gate(origins.policy(names=NAMES), listed)


def any_path() -> Any:
    import re

    return re.compile(".*")


@pytest.fixture
def browser(gate: Any) -> Iterator[httpx.Client]:
    """A browser that trusts the gate and follows nothing by itself."""
    context = ssl.create_default_context(cafile=gate.ca)
    with httpx.Client(proxy=gate.url, verify=context, trust_env=False, timeout=10) as client:
        yield client


def raw(gate: Any, data: bytes, *, more: bytes = b"", seconds: float = 5) -> bytes:
    """Everything a client gets for bytes it sends; `more` follows the first answer."""
    received = b""
    with socket.create_connection(gate.gate.address, timeout=seconds) as connection:
        connection.sendall(data)
        with contextlib.suppress(OSError):
            if more:
                received = connection.recv(65536)
                connection.sendall(more)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
    return received


def tunnel(target: str) -> bytes:
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()


def test_a_look_up_by_get_is_blocked_on_any_site(browser: httpx.Client, origins: Any) -> None:
    answer = browser.get(f"https://good.example:{origins.secure.port}/x?dns={PARAMETER}")
    assert (answer.status_code, origins.secure.log) == (403, [])


@pytest.mark.parametrize("kind", ["application/dns-message", "application/oblivious-dns-message"])
def test_a_look_up_by_post_is_blocked_on_any_site(browser: httpx.Client, origins: Any, kind: str) -> None:
    url = f"https://good.example:{origins.secure.port}/"
    answer = browser.post(url, content=QUESTION, headers={"content-type": kind})
    assert (answer.status_code, origins.secure.log) == (403, [])


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/resolve?name=bad.example&type=A", "*/*"), ("/q?n=bad.example", "application/dns-json")],
)
def test_a_look_up_in_json_is_blocked_on_any_site(
    browser: httpx.Client, origins: Any, path: str, accept: str
) -> None:
    answer = browser.get(f"https://good.example:{origins.secure.port}{path}", headers={"accept": accept})
    assert (answer.status_code, origins.secure.log) == (403, [])


def test_a_look_up_over_plain_http_is_blocked(browser: httpx.Client, origins: Any) -> None:
    answer = browser.post(
        f"http://good.example:{origins.plain.port}/",
        content=QUESTION,
        headers={"content-type": "application/dns-message"},
    )
    assert (answer.status_code, origins.plain.log) == (403, [])


@pytest.mark.parametrize(
    "host",
    ["198.51.100.53", "[2001:db8::53]", "0xC6336435", "3325256757", "0306.0x33.25653", "[::ffff:c633:6435]"],
)
def test_a_known_resolver_is_blocked_by_its_number_however_it_is_spelt(gate: Any, host: str) -> None:
    context = ssl.create_default_context(cafile=gate.ca)
    context.check_hostname = False
    with socket.create_connection(gate.gate.address, timeout=5) as connection:
        connection.sendall(tunnel(f"{host}:443"))
        assert b" 200 " in connection.recv(4096)
        with context.wrap_socket(connection) as secure:
            secure.sendall(f"GET /dns-query HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert b" 403 " in secure.recv(4096)
    assert gate.notes.answers()[0][1:] == ("block", "bypass")


@pytest.mark.parametrize("port", [53, 853, 22, 1080, 1194, 3128, 9050, 51820])
def test_a_tunnel_to_a_port_that_is_not_the_webs_leads_nowhere(gate: Any, port: int) -> None:
    answer = raw(gate, tunnel(f"good.example:{port}"), more=b"SSH-2.0-x\r\n")
    assert gate.notes.answers() == [("good.example", "block", "bypass")]
    assert b"SSH" not in answer


def test_a_second_proxy_is_not_reached_by_a_tunnel_inside_a_tunnel(gate: Any, origins: Any) -> None:
    port = origins.plain.port
    inner = tunnel(f"bad.example:{port}")
    answer = raw(gate, tunnel(f"good.example:{port}"), more=inner)
    assert b"reached" not in answer
    assert origins.plain.log == []


def test_a_second_proxy_is_not_reached_by_a_whole_address_inside_a_tunnel(gate: Any, origins: Any) -> None:
    port = origins.plain.port
    inner = f"GET http://bad.example:{port}/ HTTP/1.1\r\nHost: bad.example:{port}\r\n\r\n".encode()
    answer = raw(gate, tunnel(f"good.example:{port}"), more=inner)
    assert b"reached" not in answer
    assert origins.plain.log == []


def test_an_old_socks_greeting_is_not_answered(gate: Any) -> None:
    assert raw(gate, b"\x04\x01\x00\x50\x01\x02\x03\x04\x00") == b""


def test_a_socks_greeting_leads_to_no_blocked_site(gate: Any, origins: Any) -> None:
    port = origins.plain.port
    command = b"\x05\x01\x00\x03\x0bbad.example" + port.to_bytes(2)
    inner = f"GET / HTTP/1.1\r\nHost: bad.example:{port}\r\n\r\n".encode()
    assert b"reached" not in raw(gate, b"\x05\x01\x00", more=command + inner)
    assert origins.plain.log == []


@pytest.mark.parametrize(
    "head",
    [
        "GET http://good.example:{p}/ HTTP/1.1\r\nHost: bad.example:{p}\r\n\r\n",
        "GET http://bad.example:{p}/ HTTP/1.1\r\nHost: good.example:{p}\r\n\r\n",
        "GET http://good.example:{p}/ HTTP/1.1\r\nHost: good.example:{p}\r\nHost: bad.example:{p}\r\n\r\n",
        "GET http://good.example:{p}@bad.example:{p}/ HTTP/1.1\r\nHost: good.example:{p}\r\n\r\n",
        "GET /http://bad.example/ HTTP/1.1\r\nHost: bad.example:{p}\r\n\r\n",
        "CONNECT good.example:{p} HTTP/1.1\r\nHost: bad.example:{p}\r\n\r\n",
    ],
)
def test_names_that_disagree_lead_nowhere(gate: Any, origins: Any, head: str) -> None:
    answer = raw(gate, head.format(p=origins.plain.port).encode())
    assert b"reached" not in answer
    assert b"200" not in answer.partition(b"\r\n")[0]
    assert origins.plain.log == []


@pytest.mark.parametrize(
    "body",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_a_request_smuggled_behind_another_leads_nowhere(gate: Any, origins: Any, body: str) -> None:
    port = origins.plain.port
    head = f"POST http://good.example:{port}/ HTTP/1.1\r\nHost: good.example:{port}\r\n{body}"
    smuggled = f"GET http://bad.example:{port}/ HTTP/1.1\r\nHost: bad.example:{port}\r\n\r\n"
    raw(gate, (head + smuggled).encode(), seconds=3)
    assert [request.host for request, _ in origins.plain.log if request.host.startswith("bad.")] == []


def test_a_redirect_is_decided_where_it_leads(browser: httpx.Client, origins: Any) -> None:
    origins.plain.clear()
    where = f"http://bad.example:{origins.plain.port}/"
    origins.plain.expect_request("/").respond_with_data("", status=302, headers={"location": where})
    first = browser.get(f"http://good.example:{origins.plain.port}/")
    second = browser.get(first.headers["location"])
    assert (first.status_code, second.status_code, len(origins.plain.log)) == (302, 403, 1)


@pytest.mark.parametrize("destination", ["image", "script", "style", "iframe", "empty", "video"])
def test_a_part_of_a_page_is_decided_for_itself(
    browser: httpx.Client, origins: Any, destination: str
) -> None:
    answer = browser.get(
        f"http://bad.example:{origins.plain.port}/part",
        headers={"sec-fetch-dest": destination, "referer": f"http://good.example:{origins.plain.port}/"},
    )
    assert (answer.status_code, origins.plain.log) == (403, [])


def test_a_web_socket_is_decided_by_its_address(gate: Any, origins: Any) -> None:
    port = origins.plain.port
    head = (
        f"GET http://bad.example:{port}/chat HTTP/1.1\r\nHost: bad.example:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    assert b" 403 " in raw(gate, head.encode())
    assert origins.plain.log == []


def test_a_tunnel_for_udp_inside_http_is_not_opened(gate: Any, origins: Any) -> None:
    port = origins.plain.port
    head = (
        f"GET http://good.example:{port}/.well-known/masque/udp/192.0.2.1/443/ HTTP/1.1\r\n"
        f"Host: good.example:{port}\r\nConnection: Upgrade\r\nUpgrade: connect-udp\r\n\r\n"
    )
    raw(gate, head.encode())
    assert [request.headers.get("upgrade") for request, _ in origins.plain.log] in ([], [None])


def test_quic_is_never_offered(browser: httpx.Client, origins: Any) -> None:
    for server, scheme in ((origins.plain, "http"), (origins.secure, "https")):
        server.clear()
        offer = {"alt-svc": 'h3=":443"; ma=86400', "content-type": "image/png"}
        server.expect_request("/").respond_with_data("x", headers=offer)
        answer = browser.get(f"{scheme}://good.example:{server.port}/")
        assert answer.status_code == 200
        assert "alt-svc" not in answer.headers


def test_nothing_is_listened_for_over_udp_on_the_proxys_port(gate: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.3)
        client.connect(gate.gate.address)
        client.send(b"\xc0\0\0\0\1" + b"\0" * 1200)
        with pytest.raises(OSError, match=r"refused|timed out"):
            client.recv(2048)


def test_the_same_tunnel_is_decided_request_by_request(gate: Any, origins: Any) -> None:
    """A second host on a connection that was opened for another one."""
    port = origins.secure.port
    context = ssl.create_default_context(cafile=gate.ca)
    with socket.create_connection(gate.gate.address, timeout=5) as connection:
        connection.sendall(tunnel(f"good.example:{port}"))
        assert b" 200 " in connection.recv(4096)
        with context.wrap_socket(connection, server_hostname="good.example") as secure:
            secure.sendall(f"GET / HTTP/1.1\r\nHost: bad.example:{port}\r\n\r\n".encode())
            assert b" 403 " in secure.recv(4096)
    assert origins.secure.log == []


def test_many_clients_at_once_are_not_let_through(gate: Any, origins: Any) -> None:
    answers: list[bytes] = []
    place = f"bad.example:{origins.plain.port}"
    head = f"GET http://{place}/ HTTP/1.1\r\nHost: {place}\r\n\r\n"
    threads = [threading.Thread(target=lambda: answers.append(raw(gate, head.encode()))) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [b"reached" in answer for answer in answers] == [False] * 40
    assert origins.plain.log == []
