"""The gate from outside: a real client, a real origin, and what passes between them."""

from __future__ import annotations

import gc
import shutil
import socket
import ssl
import subprocess
import time
import weakref
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from OpenSSL import SSL

from rules.errors import StairgateError

if TYPE_CHECKING:
    from collections.abc import Callable


def client(gate: Any, **more: Any) -> httpx.Client:
    """A client that goes through the gate and trusts its CA as strictly as Python does by default."""
    context = ssl.create_default_context(cafile=gate.ca)
    return httpx.Client(proxy=gate.url, verify=context, timeout=10, trust_env=False, **more)


def test_an_unlisted_plain_page_passes_unchanged(origins: Any, start_gate: Callable[..., Any]) -> None:
    origins.plain.expect_request("/a").respond_with_data(b"own bytes \x00\xff", headers={"x-own": "1"})
    gate = start_gate(origins.policy(names=("good.example",)))
    with client(gate) as browser:
        answer = browser.get(f"http://good.example:{origins.plain.port}/a?b=c")
    assert (answer.status_code, answer.content, answer.headers["x-own"]) == (200, b"own bytes \x00\xff", "1")


def test_an_unlisted_tls_page_passes_unchanged(origins: Any, start_gate: Callable[..., Any]) -> None:
    origins.secure.expect_request("/a").respond_with_data(b"own bytes")
    gate = start_gate(origins.policy(names=("good.example",)))
    with client(gate) as browser:
        answer = browser.get(f"https://good.example:{origins.secure.port}/a")
    assert (answer.status_code, answer.content) == (200, b"own bytes")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_listed_site_gets_the_block_page_and_is_never_asked(
    origins: Any, start_gate: Callable[..., Any], scheme: str
) -> None:
    server = origins.plain if scheme == "http" else origins.secure
    server.expect_request("/").respond_with_data(b"must not be seen")
    gate = start_gate(origins.policy(names=("bad.example",)), {"gambling": ["bad.example"]})
    with client(gate) as browser:
        answer = browser.get(f"{scheme}://www.bad.example:{server.port}/", headers={"accept": "text/html"})
    assert answer.status_code == 403
    assert answer.headers["cache-control"] == "no-store"
    assert "Gambling" in answer.text
    assert "must not be seen" not in answer.text
    assert server.log == []


def test_a_blocked_site_is_never_dialled(start_gate: Callable[..., Any]) -> None:
    """A listener in its place sees no connection at all, not even an empty one."""
    with socket.create_server(("127.0.0.1", 0)) as trap:
        port = trap.getsockname()[1]
        trap.settimeout(0.3)
        gate = start_gate(
            "country: GB\npeople: {everyone: {profile: tween}}\n"
            f"names: {{bad.example: 127.0.0.1}}\nreach: ['127.0.0.1:{port}']\n",
            {"gambling": ["bad.example"]},
        )
        with client(gate) as browser:
            assert browser.get(f"http://bad.example:{port}/").status_code == 403
            assert browser.get(f"https://bad.example:{port}/").status_code == 403
        with pytest.raises(TimeoutError):
            trap.accept()


def test_a_blocked_site_that_does_not_exist_still_gets_its_page(start_gate: Callable[..., Any]) -> None:
    gate = start_gate(
        "country: GB\npeople: {everyone: {profile: tween}}\n", {"gambling": ["nowhere.invalid"]}
    )
    with client(gate) as browser:
        assert "Gambling" in browser.get("https://nowhere.invalid/").text


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_blocked_upload_of_three_megabytes_never_reaches_the_origin(
    origins: Any, start_gate: Callable[..., Any], scheme: str
) -> None:
    server = origins.plain if scheme == "http" else origins.secure
    gate = start_gate(origins.policy(names=("bad.example",)), {"gambling": ["bad.example"]})
    with client(gate) as browser:
        answer = browser.post(f"{scheme}://bad.example:{server.port}/up", content=b"x" * 3_000_000)
    assert answer.status_code == 403
    assert server.log == []


def test_a_blocked_upload_of_unknown_length_ends(origins: Any, start_gate: Callable[..., Any]) -> None:
    gate = start_gate(origins.policy(names=("bad.example",)), {"gambling": ["bad.example"]})
    with client(gate) as browser:
        answer = browser.post(
            f"https://bad.example:{origins.secure.port}/up", content=(b"x" * 65536 for _ in range(40))
        )
    assert answer.status_code == 403
    assert origins.secure.log == []


def test_an_endless_blocked_upload_is_cut_off(origins: Any, start_gate: Callable[..., Any]) -> None:
    gate = start_gate(origins.policy(names=("bad.example",)), {"gambling": ["bad.example"]})
    with client(gate) as browser, pytest.raises(httpx.TransportError):
        browser.post(
            f"http://bad.example:{origins.plain.port}/up", content=(b"x" * 1_000_000 for _ in range(200))
        )
    assert origins.plain.log == []


def test_an_allowed_upload_of_three_megabytes_arrives_whole(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    sent = bytes(range(256)) * 12_000
    seen: list[bytes] = []

    def take(request: Any) -> Any:
        seen.append(request.get_data())
        return httpx_ok()

    def httpx_ok() -> Any:
        from werkzeug import Response

        return Response("ok")

    origins.secure.expect_request("/up", method="POST").respond_with_handler(take)
    gate = start_gate(origins.policy(names=("good.example",)))
    with client(gate) as browser:
        answer = browser.post(f"https://good.example:{origins.secure.port}/up", content=sent)
    assert answer.text == "ok"
    assert seen == [sent]


def test_a_large_download_arrives_whole(origins: Any, start_gate: Callable[..., Any]) -> None:
    body = bytes(range(256)) * 40_000
    origins.secure.expect_request("/big").respond_with_data(body)
    gate = start_gate(origins.policy(names=("good.example",)))
    with client(gate) as browser:
        assert browser.get(f"https://good.example:{origins.secure.port}/big").content == body


def test_every_decision_is_noted_once(origins: Any, start_gate: Callable[..., Any]) -> None:
    origins.plain.expect_request("/").respond_with_data("x")
    gate = start_gate(origins.policy(names=("good.example", "bad.example")), {"gambling": ["bad.example"]})
    with client(gate) as browser:
        browser.get(f"http://good.example:{origins.plain.port}/")
        browser.get(f"http://bad.example:{origins.plain.port}/")
    assert gate.notes.answers() == [
        ("good.example", "allow", "unknown"),
        ("bad.example", "block", "category"),
    ]
    assert {device for _, _, device in gate.notes.lines} == {"127.0.0.1"}


def test_a_sub_resource_gets_one_plain_line(start_gate: Callable[..., Any]) -> None:
    gate = start_gate("country: GB\npeople: {everyone: {profile: tween}}\n", {"ads": ["ads.example"]})
    with client(gate) as browser:
        answer = browser.get("http://ads.example/x.js", headers={"sec-fetch-dest": "script"})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    (line,) = answer.text.splitlines()
    assert line.startswith("Closed by the filter of this home: Advertising. ")


def test_a_dead_site_gets_an_error_page_that_is_no_block_page(
    start_gate: Callable[..., Any],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    gate = start_gate(
        "country: GB\npeople: {everyone: {profile: tween}}\n"
        f"names: {{good.example: 127.0.0.1}}\nreach: ['127.0.0.1:{port}']\n"
    )
    with client(gate) as browser:
        answers = [browser.get(f"{scheme}://good.example:{port}/") for scheme in ("http", "https")]
    assert [answer.status_code for answer in answers] == [502, 502]
    assert all("does not answer" in answer.text for answer in answers)


def test_an_origin_with_a_certificate_nobody_vouches_for_is_not_shown(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    origins.secure.expect_request("/").respond_with_data("secret")
    untrusted = origins.policy(names=("good.example",)).replace(f"  - {origins.ca_file}", "  []")
    gate = start_gate(untrusted.replace("trust:\n  []", "trust: []"))
    with client(gate) as browser:
        answer = browser.get(f"https://good.example:{origins.secure.port}/")
    assert answer.status_code == 502
    assert "show who it is" in answer.text
    assert origins.secure.log == []


def test_an_origin_with_another_name_in_its_certificate_is_not_shown(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    gate = start_gate(origins.policy(names=("wrong.example",)))
    with client(gate) as browser:
        answer = browser.get(f"https://wrong.example:{origins.secure.port}/")
    assert answer.status_code == 502


def test_the_tls_of_a_connection_that_has_ended_does_not_wait_for_the_collector(
    origins: Any, start_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    origins.secure.expect_request("/a").respond_with_data(b"own bytes")
    gate = start_gate(origins.policy(names=("good.example",)))
    made: list[weakref.ref[Any]] = []
    begin = SSL.Connection.__init__

    def counted(self: Any, *arguments: Any, **more: Any) -> None:
        made.append(weakref.ref(self))
        begin(self, *arguments, **more)

    monkeypatch.setattr(SSL.Connection, "__init__", counted)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            with client(gate) as browser:
                assert browser.get(f"https://good.example:{origins.secure.port}/a").status_code == 200
        until = time.monotonic() + 10
        while any(one() is not None for one in made) and time.monotonic() < until:
            time.sleep(0.05)
        assert len(made) == 6
        assert [one() for one in made] == [None] * 6
    finally:
        gc.enable()


def test_a_port_in_use_is_a_clear_error(start_gate: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(StairgateError) as caught:
        start_gate(
            "country: GB\npeople: {everyone: {profile: tween}}\n",
            listen=("127.0.0.1", taken.getsockname()[1]),
        )
    assert (caught.value.exit_code, caught.value.problems[0].code) == (69, "cannot-listen")


@pytest.mark.parametrize(
    ("name", "value"),
    [("ssl_insecure", True), ("rawtcp", True), ("stream_large_bodies", "1m"), ("ignore_hosts", [".*"])],
)
def test_options_that_weaken_the_gate_are_refused(
    start_gate: Callable[..., Any], name: str, value: object
) -> None:
    with pytest.raises(StairgateError) as caught:
        start_gate("country: GB\npeople: {everyone: {profile: tween}}\n", own_options={name: value})
    assert caught.value.problems[0].place == f"mitmproxy option {name}"


def test_an_edit_of_reach_and_trust_comes_into_force_while_it_runs(
    origins: Any, start_gate: Callable[..., Any]
) -> None:
    from rules.policy import parse

    origins.secure.expect_request("/").respond_with_data("own bytes")
    gate = start_gate("country: GB\npeople: {everyone: {profile: tween}}\nnames: {good.example: 127.0.0.1}\n")
    url = f"https://good.example:{origins.secure.port}/"
    with client(gate) as browser:
        assert browser.get(url).status_code == 403
        gate.judge.change(parse(origins.policy(names=("good.example",))))
        assert browser.get(url).text == "own bytes"


def test_a_web_socket_passes(origins: Any, start_gate: Callable[..., Any]) -> None:
    """The upgrade and a message each way, by hand: no client library is needed for two frames."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        import threading

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(4096)
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
                )
                frame = connection.recv(4096)
                masked, key = frame[6:], frame[2:6]
                text = bytes(byte ^ key[place % 4] for place, byte in enumerate(masked))
                connection.sendall(bytes([0x81, len(text)]) + text)
                connection.recv(4096)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        policy = origins.policy(names=("good.example",)).replace("trust:", f"  - 127.0.0.1:{port}\ntrust:")
        gate = start_gate(policy)
        with socket.create_connection(gate.gate.address, timeout=5) as connection:
            connection.sendall(
                f"GET http://good.example:{port}/ HTTP/1.1\r\nHost: good.example:{port}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            assert head.startswith(b"HTTP/1.1 101 ")
            connection.sendall(
                b"\x81\x85\x01\x02\x03\x04"
                + bytes(a ^ b for a, b in zip(b"hello", b"\1\2\3\4\1", strict=True))
            )
            assert connection.recv(4096) == b"\x81\x05hello"
        thread.join(5)


@pytest.mark.parametrize("listed", [False, True])
def test_http_2_is_spoken_with_the_client(origins: Any, start_gate: Callable[..., Any], listed: bool) -> None:
    if not shutil.which("curl"):
        pytest.skip("no curl here")
    origins.secure.expect_request("/").respond_with_data("own bytes")
    # A rule about a path: the connection is looked into, and the page is given inside HTTP/2.
    policy = origins.policy(names=("good.example",)) + ("block: [good.example/]\n" if listed else "")
    gate = start_gate(policy + ("allow: [good.example/school]\n" if listed else ""))
    command = ["curl", "-sS", "--http2", "-x", gate.url, "--cacert", gate.ca]
    command += ["-w", "\n%{http_version} %{http_code}", f"https://good.example:{origins.secure.port}/"]
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    ).stdout
    assert answer.endswith("\n2 403" if listed else "\n2 200")
    assert ("rules keep this closed" in answer) == listed
