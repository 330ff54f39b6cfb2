"""At the desk and through mitmproxy the same is read, and connections go on after it."""

from __future__ import annotations

import gzip
import socket
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from tests.proxy.reading.pages import CASINO, HARMLESS, HTML, JSON, LABELLED, ask, client

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_at_the_desk_and_through_mitmproxy_the_same_is_read_and_noted_once(
    origins: Any, profile_gate: Callable[..., Any], scheme: str
) -> None:
    server = origins.plain if scheme == "http" else origins.secure
    answers = {
        "/words": (CASINO, HTML, 403),
        "/harmless": (HARMLESS[:2000], HTML, 200),
        "/large": (HARMLESS * 30, HTML, 200),
        "/large-label": (LABELLED + HARMLESS * 30, HTML, 403),
        "/label": (LABELLED, HTML, 403),
        "/json": (b'{"a": "%s"}' % CASINO, JSON, 403),
        "/packed": (gzip.compress(CASINO), {**HTML, "content-encoding": "gzip"}, 403),
        "/damaged": (b"no gzip", {**HTML, "content-encoding": "gzip"}, 403),
        "/picture": (CASINO, {"content-type": "image/png"}, 200),
        "/empty": (b"", HTML, 200),
        "/moved": (CASINO, {**HTML, "location": "/words"}, 302),
    }
    for path, (body, headers, status) in answers.items():
        code = status if status == 302 else 200
        server.expect_request(path).respond_with_data(body, code, headers)
    gate = profile_gate()
    with client(gate) as browser:
        for path, (body, _, status) in answers.items():
            url = f"{scheme}://good.example:{server.port}{path}"
            with browser.stream("GET", url, headers={"accept": "text/html"}) as answer:
                came = b"".join(answer.iter_raw())
            assert answer.status_code == status, path
            if status != 403:
                assert came == body, path
    assert [line[1] for line in gate.notes.answers()] == [
        "block" if status == 403 else "allow" for _, _, status in answers.values()
    ]


def test_chunks_are_read_without_their_frames(origins: Any, profile_gate: Callable[..., Any]) -> None:
    """Cut in the middle of every word, so that only the body put together says anything."""
    parts = [CASINO[at : at + 3] for at in range(0, len(CASINO), 3)]
    origins.plain.expect_request("/").respond_with_handler(
        lambda _request: Response(iter(parts), headers=HTML)
    )
    assert ask(origins, profile_gate()).status_code == 403


def test_after_a_blocked_page_the_connection_goes_on(origins: Any, profile_gate: Callable[..., Any]) -> None:
    origins.plain.expect_request("/bad").respond_with_data(CASINO, headers=HTML)
    origins.plain.expect_request("/good").respond_with_data(HARMLESS[:100], headers=HTML)
    gate = profile_gate()
    with socket.create_connection(gate.gate.address, timeout=10) as client:
        for path, status in (("/bad", b" 403 "), ("/good", b" 200 "), ("/bad", b" 403 ")):
            host = f"good.example:{origins.plain.port}"
            client.sendall(
                f"GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n".encode()
            )
            answer = client.recv(65536)
            assert status in answer[:20]
            while b"</html>" not in answer and status != b" 200 ":
                answer += client.recv(65536)
