"""A form is read before it is sent on, so that a web relay gets none that asks for what is listed.

At the desk (nobody's pages are looked into), through mitmproxy over plain HTTP, and inside TLS.
"""

from __future__ import annotations

import gzip
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mitmproxy.test import tflow
from werkzeug import Response

from proxy import posting
from rules.address import parse
from rules.decide import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORM = {"content-type": "application/x-www-form-urlencoded"}
LISTED = b"url=http://casino.com/&rest="
HARMLESS = b"text=about+bread&rest="
LONG = b"x" * (3 * posting.MOST)


@pytest.fixture(params=["desk", "mitmproxy", "tls"])
def post(request: pytest.FixtureRequest, origins: Any, start_gate: Callable[..., Any]) -> Callable[..., Any]:
    """Post to a relay through a gate that blocks casino.com."""
    sent: list[bytes] = []
    server = origins.secure if request.param == "tls" else origins.plain

    def echo(request: Any) -> Response:
        sent.append(request.get_data())
        return Response("relayed", content_type="text/plain")

    server.expect_request("/open").respond_with_handler(echo)
    looked_into = "false" if request.param == "desk" else "true"
    policy = origins.policy(names=("other.example",))
    gate = start_gate(
        policy.replace("profile: tween", f"profile: tween, decrypt: {looked_into}"),
        {"gambling": ["casino.com"]},
    )
    scheme = "https" if request.param == "tls" else "http"

    def ask(**content: Any) -> tuple[httpx.Response, list[bytes], Any]:
        context = ssl.create_default_context(cafile=gate.ca)
        with httpx.Client(proxy=gate.url, verify=context, trust_env=False, timeout=20) as client:
            answer = client.post(
                f"{scheme}://other.example:{server.port}/open",
                headers={"accept": "text/html"} | content.pop("headers", {}),
                **content,
            )
        return answer, sent, gate.notes

    return ask


@dataclass(frozen=True)
class InChunks:
    """A body without a length, good for every test that sends it."""

    body: bytes

    def __iter__(self) -> Iterator[bytes]:
        return (self.body[at : at + 5000] for at in range(0, len(self.body), 5000))


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"token": "1", "url": "http://casino.com/"}},
        {"files": {"url": (None, "casino.com")}},
        {"content": InChunks(LISTED), "headers": FORM},
        {"content": LISTED + LONG, "headers": FORM},
        {"content": InChunks(LISTED + LONG), "headers": FORM},
        {"data": {"url": "casino.com"}, "files": {"film": ("film.mp4", LONG)}},
    ],
    ids=["short", "in-parts", "in-chunks", "long", "long-in-chunks", "with-a-file"],
)
def test_a_form_that_asks_for_a_listed_site_is_blocked_and_never_sent(
    post: Callable[..., Any], content: dict[str, Any]
) -> None:
    answer, sent, notes = post(**content)
    assert answer.status_code == 403
    assert sent == []
    assert [line[1:] for line in notes.answers()][-1] == ("block", "category")


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"url": "http://harmless.com/", "text": "about casino.com and more"}},
        {"json": {"url": "http://casino.com/"}},
        {"content": b"url=http://casino.com/", "headers": {"content-type": "text/plain"}},
        {"content": b"", "headers": FORM},
    ],
    ids=["harmless", "json", "text", "empty"],
)
def test_any_other_body_passes_unchanged(post: Callable[..., Any], content: dict[str, Any]) -> None:
    answer, sent, _ = post(**content)
    assert (answer.status_code, answer.text) == (200, "relayed")
    assert len(sent) == 1


@pytest.mark.parametrize("chunked", [False, True], ids=["with-a-length", "in-chunks"])
@pytest.mark.parametrize("size", [10, posting.MOST - len(HARMLESS), 200_000, 2_000_000])
def test_a_harmless_form_of_any_length_arrives_whole(
    post: Callable[..., Any], size: int, *, chunked: bool
) -> None:
    body = HARMLESS + bytes(ord("a") + at % 26 for at in range(1000)) * (size // 1000) + b"z" * (size % 1000)
    answer, sent, _ = post(content=InChunks(body) if chunked else body, headers=FORM)
    assert answer.status_code == 200
    assert sent == [body]


def test_the_rest_of_a_long_form_is_not_waited_for(start_gate: Callable[..., Any]) -> None:
    """The site sees the first part while the client still holds back the rest."""
    with socket.create_server(("127.0.0.1", 0)) as site:
        port = site.getsockname()[1]
        policy = f"country: GB\npeople: {{everyone: {{profile: tween}}}}\nreach: ['127.0.0.1:{port}']\n"
        gate = start_gate(policy + "names: {other.example: 127.0.0.1}\n")
        host = f"other.example:{port}"
        head = f"POST http://{host}/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n"
        head += "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        with socket.create_connection(gate.gate.address, timeout=10) as client:
            client.sendall(head.encode() + b"a" * 70_000)
            site.settimeout(10)
            connection, _ = site.accept()
            with connection:
                connection.settimeout(10)
                came = 0
                while came < 70_000:
                    came += len(connection.recv(65536))


def test_a_form_is_read_packed() -> None:
    request = Request(address=parse("relay.test/open"), text="relay.test/open")
    packed = gzip.compress(b"url=http://casino.com/")
    again = posting.read_form(request, packed, FORM["content-type"], "gzip")
    assert again is not None
    assert [one.host for one in again.carried] == ["casino.com"]
    assert posting.read_form(request, packed, FORM["content-type"], "unheard-of") is None


def test_a_posted_search_is_read_as_one_in_the_address() -> None:
    request = Request(address=parse("https://html.duckduckgo.com/html/"), text="")
    again = posting.read_form(request, b"q=how+to+bake", FORM["content-type"], "")
    assert again is not None
    assert again.search == "how to bake"


def test_a_flow_is_read_once() -> None:
    flow = tflow.tflow()
    flow.request.headers["content-type"] = FORM["content-type"]
    flow.request.content = b"url=http://casino.com/"
    flow.request.stream = True
    posting.remember(flow, Request(address=parse("relay.test/open"), text="relay.test/open"))
    assert flow.request.stream is False
    assert posting.reread(flow) is not None
    assert posting.reread(flow) is None
