"""The front desk from outside: pass, look inside, block; what is refused; and what a fault costs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from proxy import front as fronts
from proxy.desk import Desk
from proxy.front import Front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PRIVATE = {"private_sensitive": ["good.example"]}


def connect(gate: Any, target: str, *, more: bytes = b"") -> socket.socket:
    """A tunnel, and whatever is sent in the same breath."""
    connection = socket.create_connection(gate.gate.address, timeout=5)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode() + more)
    return connection


def established(connection: socket.socket) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    assert b" 200 " in head.partition(b"\r\n")[0] + b" "


def issuer(gate: Any, target: str, name: str, origins: Any) -> str:
    """Who signed the certificate a device sees for a name."""
    context = ssl.create_default_context(cafile=gate.ca)
    context.load_verify_locations(origins.ca_file)
    with connect(gate, target) as raw:
        established(raw)
        with context.wrap_socket(raw, server_hostname=name) as secure:
            certificate = secure.getpeercert()
    assert certificate is not None
    return dict(pair for row in certificate["issuer"] for pair in row)["commonName"]  # type: ignore[misc]


def read_all(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionError):
        while chunk := connection.recv(65536):
            received += chunk
    return received


@pytest.fixture
def plain_server() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A server of one connection, played by a function in a thread."""
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(play: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)

        def run() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(10)
                    play(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        threads.append(thread)
        return int(listener.getsockname()[1])

    yield start
    for listener in opened:
        listener.close()
    for thread in threads:
        thread.join(5)


def test_a_bank_is_passed_through_with_its_own_certificate(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    gate = start_gate(origins.policy(names=("good.example",)), PRIVATE)
    target = f"good.example:{origins.secure.port}"
    assert issuer(gate, target, "good.example", origins) == "Origins of the tests"
    assert gate.notes.answers()[0][:2] == ("good.example", "allow")


def test_other_sites_are_looked_into(origins: Any, start_gate: Callable[..., Any]) -> None:
    gate = start_gate(origins.policy(names=("good.example",)))
    assert issuer(gate, f"good.example:{origins.secure.port}", "good.example", origins).startswith(
        "Stairgate"
    )


def test_a_path_rule_of_the_household_looks_inside_where_it_must(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    origins.secure.expect_request("/school").respond_with_data("lesson")
    origins.secure.expect_request("/").respond_with_data("feed")
    policy = origins.policy(names=("good.example",)) + "allow: [good.example/school]\n"
    gate = start_gate(policy, {"gambling": ["good.example"]})
    context = ssl.create_default_context(cafile=gate.ca)
    base = f"https://good.example:{origins.secure.port}"
    with httpx.Client(proxy=gate.url, verify=context, trust_env=False, timeout=10) as client:
        assert client.get(f"{base}/school").text == "lesson"
        assert client.get(f"{base}/").status_code == 403


def test_a_greeting_with_another_name_is_not_passed_through(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    gate = start_gate(origins.policy(names=("good.example", "other.example")), PRIVATE)
    target = f"good.example:{origins.secure.port}"
    assert issuer(gate, target, "other.example", origins).startswith("Stairgate")
    assert origins.secure.log == []


@pytest.mark.parametrize("noise", [b"SSH-2.0-OpenSSH\r\n", b"\x00\x01\x02", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_greeting_is_not_passed_through(
    start_gate: Callable[..., Any],
    plain_server: Callable[[Callable[[socket.socket], None]], int],
    origins: Any,
    noise: bytes,
) -> None:
    arrived: list[bytes] = []
    port = plain_server(lambda connection: arrived.append(connection.recv(4096)))
    policy = origins.policy(names=("good.example",)).replace("trust:", f"  - 127.0.0.1:{port}\ntrust:")
    gate = start_gate(policy, PRIVATE)
    with connect(gate, f"good.example:{port}", more=noise) as connection:
        established(connection)
        assert read_all(connection) == b""
    assert arrived == []


@pytest.mark.parametrize("course", ["pass", "inspect", "block"])
def test_a_greeting_byte_by_byte_leads_to_the_same_end(
    origins: Any, start_gate: Callable[..., Any], course: str
) -> None:
    listed = {"pass": PRIVATE, "inspect": {}, "block": {"gambling": ["good.example"]}}[course]
    gate = start_gate(origins.policy(names=("good.example",)), listed)
    context = ssl.create_default_context(cafile=gate.ca)
    context.load_verify_locations(origins.ca_file)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context.wrap_bio(incoming, outgoing, server_hostname="good.example")
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    with connect(gate, f"good.example:{origins.secure.port}") as connection:
        established(connection)
        for byte in outgoing.read():
            connection.sendall(bytes([byte]))
        while True:
            incoming.write(connection.recv(65536))
            try:
                side.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())
        certificate = side.getpeercert()
    assert certificate is not None
    organization = dict(pair for row in certificate["issuer"] for pair in row).get("organizationName")  # type: ignore[misc]
    assert organization == (None if course == "pass" else "Stairgate")


def test_a_greeting_in_the_same_segment_as_the_tunnel_is_read(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    gate = start_gate(origins.policy(names=("good.example",)))
    context = ssl.create_default_context(cafile=gate.ca)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context.wrap_bio(incoming, outgoing, server_hostname="good.example")
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    with connect(gate, f"good.example:{origins.secure.port}", more=outgoing.read()) as connection:
        established(connection)
        while True:
            incoming.write(connection.recv(65536))
            try:
                side.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())


@pytest.mark.parametrize("said", [b"", b"CONNECT good.example:4", b"\x16", b"G"])
def test_a_client_that_never_says_what_it_wants_is_closed(
    start_gate: Callable[..., Any], said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fronts, "PATIENCE", 0.2)
    gate = start_gate("country: GB\npeople: {everyone: {profile: tween}}\n")
    with socket.create_connection(gate.gate.address, timeout=5) as connection:
        connection.sendall(said)
        assert read_all(connection) == b""


def test_a_greeting_that_never_ends_is_closed_and_nothing_is_dialled(
    origins: Any, start_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fronts, "PATIENCE", 0.2)
    gate = start_gate(origins.policy(names=("good.example",)), PRIVATE)
    with connect(gate, f"good.example:{origins.secure.port}", more=b"\x16\x03\x01") as connection:
        established(connection)
        assert read_all(connection) == b""


NOWHERE = ["good.example", "good.example:", ":443", "http://good.example/", "good.example:443/x", "a b:443"]
NOWHERE += ["good.example:x", "good.example:70000", "user@good.example:443", "[::1:443"]


@pytest.mark.parametrize("target", NOWHERE)
def test_a_tunnel_to_nowhere_is_refused(start_gate: Callable[..., Any], target: str) -> None:
    gate = start_gate("country: GB\npeople: {everyone: {profile: tween}}\n")
    with connect(gate, target) as connection:
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


def test_a_tunnel_whose_host_header_differs_is_refused(start_gate: Callable[..., Any]) -> None:
    gate = start_gate("country: GB\npeople: {everyone: {profile: tween}}\n")
    with socket.create_connection(gate.gate.address, timeout=5) as connection:
        connection.sendall(b"CONNECT good.example:443 HTTP/1.1\r\nHost: bad.example:443\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("first", ["client", "site"])
def test_whoever_finishes_first_still_gets_the_whole_answer(first: str) -> None:
    """Half-close, both ways, through a tunnel between two real sockets."""
    asyncio.run(_half_close(first))


async def _half_close(first: str) -> None:
    from proxy.relay import Tunnel

    loop = asyncio.get_running_loop()
    client, client_end = socket.socketpair()
    site, site_end = socket.socketpair()
    ended: list[Tunnel] = []
    tunnel = Tunnel(ended.append)
    await loop.create_connection(lambda: tunnel.client, sock=client_end)
    await loop.create_connection(lambda: tunnel.site, sock=site_end)
    finisher, other = (client, site) if first == "client" else (site, client)
    finisher.setblocking(False)
    other.setblocking(False)
    await loop.sock_sendall(finisher, b"that is all")
    finisher.shutdown(socket.SHUT_WR)
    seen = b""
    while chunk := await loop.sock_recv(other, 4096):
        seen += chunk
    await loop.sock_sendall(other, b"x" * 300_000)
    other.shutdown(socket.SHUT_WR)
    answer = b""
    while chunk := await loop.sock_recv(finisher, 65536):
        answer += chunk
    await asyncio.sleep(0)
    assert (seen, len(answer)) == (b"that is all", 300_000)
    assert (tunnel.up, tunnel.down) in {(11, 300_000), (300_000, 11)}
    assert ended == [tunnel]
    client.close()
    site.close()


def test_a_slow_reader_holds_the_sender_back() -> None:
    async def run() -> int:
        from proxy.relay import Tunnel

        loop = asyncio.get_running_loop()
        client, client_end = socket.socketpair()
        site, site_end = socket.socketpair()
        tunnel = Tunnel(lambda _tunnel: None)
        await loop.create_connection(lambda: tunnel.client, sock=client_end)
        await loop.create_connection(lambda: tunnel.site, sock=site_end)
        site.setblocking(False)
        sent = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while sent < 50_000_000:
                    await loop.sock_sendall(site, b"x" * 65536)
                    sent += 65536
        assert tunnel.client.transport is not None
        buffered = tunnel.client.transport.get_write_buffer_size()
        tunnel.abort()
        client.close()
        site.close()
        assert sent < 10_000_000
        return buffered

    assert asyncio.run(run()) < 1_000_000


def test_an_idle_tunnel_is_found_by_the_sweep() -> None:
    from proxy.relay import IDLE, IDLE_HALF, Tunnel

    tunnel = Tunnel(lambda _tunnel: None)
    begun = tunnel._active_at
    assert not tunnel.look(begun + IDLE - 1)
    tunnel.up += 1
    assert not tunnel.look(begun + IDLE + 1)
    assert tunnel.look(begun + 2 * IDLE + 2)
    tunnel.up += 1
    tunnel.look(begun + 3 * IDLE)
    tunnel.site.finished = True
    assert tunnel.look(begun + 3 * IDLE + IDLE_HALF + 1)


@pytest.mark.parametrize("listed", [{}, PRIVATE, {"gambling": ["good.example"]}])
@pytest.mark.parametrize("place", ["_go_on", "_connect", "_read_greeting", "ways out"])
def test_a_fault_at_the_desk_shows_nothing_of_the_origin(
    origins: Any,
    start_gate: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    listed: dict[str, list[str]],
    place: str,
) -> None:
    origins.secure.expect_request("/").respond_with_data("SECRET OF THE ORIGIN")
    gate = start_gate(origins.policy(names=("good.example",)), listed)

    def explode(*_arguments: object) -> None:
        raise RuntimeError(f"injected into {place}")

    async def explode_later(*_arguments: object) -> None:
        raise RuntimeError("injected into the dial")

    if place == "ways out":
        monkeypatch.setattr(Front, "hand_over", explode)
        monkeypatch.setattr(Front, "show_block", explode)
        monkeypatch.setattr(Front, "pass_through", explode_later)
    else:
        monkeypatch.setattr(Desk, place, explode)
    context = ssl.create_default_context(cafile=gate.ca)
    context.load_verify_locations(origins.ca_file)
    with httpx.Client(proxy=gate.url, verify=context, trust_env=False, timeout=4) as client:
        try:
            text = client.get(f"https://good.example:{origins.secure.port}/").text
        except httpx.TimeoutException:
            pytest.fail("the client was left hanging")
        except httpx.TransportError:
            text = ""
    assert "SECRET" not in text
    assert origins.secure.log == []
