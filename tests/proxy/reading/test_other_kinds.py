"""What is no page: JSON, text that flows, and what is not read at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from werkzeug import Response

from tests.proxy.reading.pages import CASINO, JSON, LABELLED, ask, client, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_other_content_is_not_held_back(origins: Any, profile_gate: Callable[..., Any]) -> None:
    """The first event of a stream arrives while the site is still holding back the second."""
    release = threading.Event()

    def events() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        release.wait(10)
        yield b"data: 2\n\n"

    origins.plain.expect_request("/").respond_with_handler(
        lambda _request: Response(events(), headers={"content-type": "text/event-stream"})
    )
    url = f"http://good.example:{origins.plain.port}/"
    with client(profile_gate()) as browser, browser.stream("GET", url) as answer:
        parts = answer.iter_raw()
        assert b"data: 1" in next(parts)
        release.set()
        assert b"data: 2" in b"".join(parts)


@pytest.mark.parametrize("kind", ["application/json", "text/json; charset=utf-8", "application/ld+json"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"html": "%s"}' % CASINO,
        b'{"t": "\\u003cp\\u003eonline c\\u0061sino: free spins,\\nblackjack, welcome bonus, first deposit"}',
    ],
    ids=["plain", "with-escapes"],
)
def test_words_in_json_decide_like_words_on_a_page(
    origins: Any, profile_gate: Callable[..., Any], kind: str, body: bytes
) -> None:
    serve(origins.plain, body, {"content-type": kind})
    gate = profile_gate()
    assert ask(origins, gate, accept="application/json").status_code == 403
    assert gate.notes.answers() == [("good.example", "block", "phrases")]


def test_what_looks_like_a_label_in_json_is_a_quotation(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    serve(origins.plain, LABELLED, JSON)
    assert ask(origins, profile_gate()).content == LABELLED


def test_json_for_adults_is_not_held(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, CASINO, JSON)
    assert ask(origins, profile_gate("adult")).content == CASINO


EVENTS = {"content-type": "text/event-stream"}


def test_text_that_flows_passes_line_by_line_until_it_says_too_much(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    go_on = threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"data: Bread needs flour.\n\n"
        go_on.wait(20)
        yield b"data: " + CASINO + b"\n\n"
        yield b"data: after\n\n"

    origins.plain.expect_request("/").respond_with_handler(lambda _request: Response(parts(), headers=EVENTS))
    url = f"http://good.example:{origins.plain.port}/"
    gate = profile_gate()
    accept = {"accept": "text/event-stream", "accept-encoding": "gzip"}
    with client(gate) as browser, browser.stream("GET", url, headers=accept) as answer:
        came = answer.iter_raw()
        assert next(came) == b"data: Bread needs flour.\n\n"
        go_on.set()
        rest = b"".join(came)
    assert b"casino" not in rest
    assert b"after" not in rest
    assert [line[1:] for line in gate.notes.answers()] == [("allow", "unknown"), ("block", "phrases")]


def test_text_that_flows_is_asked_for_unpacked(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, b"data: x\n\n", EVENTS)
    ask(origins, profile_gate(), accept="text/event-stream", accept_encoding="gzip")
    assert origins.plain.log[0][0].headers["accept-encoding"] == "identity"


def test_text_that_flows_in_a_packing_that_hides_its_parts_is_held(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    serve(origins.plain, zstandard.compress(CASINO), {**EVENTS, "content-encoding": "zstd"})
    assert ask(origins, profile_gate()).status_code == 403
