"""Protocols through the gate: WebSockets, HTTP/2 on either side, IPv6 on either side."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Request, TextMessage

from .conftest import NAME, WAYS
from .site import BIG

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


def tunnel(road: Any) -> socket.socket:
    """A tunnel to the site, with TLS in it where the way has it; browsers open WebSockets like this."""
    client = socket.create_connection(road.gate.gate.address, timeout=10)
    authority = f"{NAME}:{road.site.port}"
    client.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    assert b" 200 " in head
    return client if road.way == "plain" else road.context().wrap_socket(client, server_hostname=NAME)


def test_a_websocket_is_opened_and_answers(each_way: Any) -> None:
    talk = WSConnection(ConnectionType.CLIENT)
    with tunnel(each_way) as client:
        client.sendall(talk.send(Request(host=f"{NAME}:{each_way.site.port}", target="/socket")))
        answers: list[Any] = []
        while not any(isinstance(one, TextMessage) for one in answers):
            data = client.recv(65536)
            assert data, answers
            talk.receive_data(data)
            for event in talk.events():
                answers.append(event)
                if isinstance(event, AcceptConnection):
                    client.sendall(talk.send(TextMessage(data="hello")))
    assert [one.data for one in answers if isinstance(one, TextMessage)] == ["hello"]


@pytest.mark.parametrize("way", WAYS)
def test_gate_and_site_are_reached_by_ipv6(road: Callable[..., Any], way: str) -> None:
    with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 on this machine's loopback")
    built = road(way, host="::1", listen=("::1", 0))
    verify = True if way == "plain" else built.context()
    with httpx.Client(proxy=built.gate.url, verify=verify, trust_env=False, timeout=20) as client:
        assert client.get(f"{built.base}/big").content == BIG


@pytest.fixture
def modern(origin_authority: Any, start_gate: Callable[..., Any]) -> Iterator[Any]:
    """A site that speaks HTTP/2 where it is offered, and tells what was asked and how."""
    ca_file, make = origin_authority
    context: ssl.SSLContext = make(NAME)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", 0))
    spoken: list[str | None] = []

    def serve(raw: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as client:
            spoken.append(client.selected_alpn_protocol())
            session = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
            session.initiate_connection()
            client.sendall(session.data_to_send())
            while data := client.recv(65536):
                for event in session.receive_data(data):
                    if isinstance(event, RequestReceived) and event.stream_id:
                        asked = dict(event.headers or ())[":path"]
                        session.send_headers(event.stream_id, [(":status", "200")])
                        session.send_data(event.stream_id, f"{asked} ".encode(), end_stream=True)
                client.sendall(session.data_to_send())

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port = listener.getsockname()[1]
    policy = (
        f"country: GB\npeople: {{everyone: {{profile: tween}}}}\nnames: {{{NAME}: 127.0.0.1}}\n"
        f"reach: ['127.0.0.1:{port}']\ntrust: ['{ca_file}']\nblock: [{NAME}/closed]\n"
    )
    gate = start_gate(policy)
    gate.base, gate.spoken = f"https://{NAME}:{port}", spoken
    yield gate
    listener.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here: apt-get install curl")
def test_http_2_is_spoken_on_both_sides_and_each_stream_is_decided_for_itself(modern: Any) -> None:
    pages = [f"{modern.base}/{page}" for page in ("one", "closed", "two")]
    command = ["curl", "-sS", "--http2", "-x", modern.url, "--cacert", modern.ca, "-w", "%{http_version} "]
    told = subprocess.run([*command, *pages], capture_output=True, text=True, timeout=20, check=True).stdout
    assert told.startswith("/one 2 ")
    assert told.endswith("/two 2 ")
    assert "rules keep this closed" in told
    assert "/closed 2 " not in told
    assert set(modern.spoken) == {"h2"}
