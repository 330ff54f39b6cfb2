"""A web relay that is told in a form what to fetch gets no answer: the form is read before it is sent on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mitmproxy.test import tflow
from werkzeug import Response

from proxy import posting
from rules.address import parse
from rules.decide import Request

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def post(origins: Any, start_gate: Callable[..., Any]) -> Callable[..., Any]:
    """Post to a relay through a gate that blocks casino.test."""
    sent: list[bytes] = []

    def echo(request: Any) -> Response:
        sent.append(request.get_data())
        return Response("relayed", content_type="text/plain")

    origins.plain.expect_request("/open").respond_with_handler(echo)
    gate = start_gate(origins.policy(names=("relay.test",)), {"gambling": ["casino.com"]})

    def ask(**content: Any) -> tuple[httpx.Response, list[bytes], Any]:
        with httpx.Client(proxy=gate.url, trust_env=False, timeout=20) as client:
            answer = client.post(
                f"http://relay.test:{origins.plain.port}/open",
                headers={"accept": "text/html"} | content.pop("headers", {}),
                **content,
            )
        return answer, sent, gate.notes

    return ask


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"token": "1", "url": "http://casino.com/"}},
        {"files": {"url": (None, "casino.com")}},
    ],
)
def test_a_form_that_asks_for_a_listed_site_is_blocked_and_never_sent(
    post: Callable[..., Any], content: dict[str, Any]
) -> None:
    answer, sent, notes = post(**content)
    assert answer.status_code == 403
    assert sent == []
    assert notes.answers()[-1][1:] == ("block", "category")


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"url": "http://harmless.com/", "text": "about casino.com and more"}},
        {"json": {"url": "http://casino.com/"}},
        {"content": b"url=http://casino.com/", "headers": {"content-type": "text/plain"}},
    ],
)
def test_any_other_body_passes_unchanged(post: Callable[..., Any], content: dict[str, Any]) -> None:
    answer, sent, _ = post(**content)
    assert (answer.status_code, answer.text) == (200, "relayed")
    assert len(sent) == 1


def test_a_form_that_streams_is_not_waited_for() -> None:
    flow = tflow.tflow()
    flow.request.headers["content-type"] = "application/x-www-form-urlencoded"
    flow.request.content = b"url=http://casino.com/"
    request = Request(address=parse("relay.test/open"), text="relay.test/open")
    flow.request.stream = True
    posting.remember(flow, request)
    assert posting.reread(flow) is None
    flow.request.stream = False
    posting.remember(flow, request)
    again = posting.reread(flow)
    assert again is not None
    assert [one.host for one in again.carried] == ["casino.com"]
    assert posting.reread(flow) is None
