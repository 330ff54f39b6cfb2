"""Labels and words decide on pages, seen by real clients; everything else passes as it came."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any

import brotli
import pytest
import zstandard

from proxy import holding, perusal
from tests.proxy.reading.pages import CASINO, HARMLESS, HTML, LABELLED, RTA, ask, client, serve

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_page_that_labels_itself_for_adults_is_not_served_to_children(
    origins: Any, profile_gate: Callable[..., Any], scheme: str
) -> None:
    server = origins.plain if scheme == "http" else origins.secure
    serve(server, LABELLED)
    gate = profile_gate()
    with client(gate) as browser:
        answer = browser.get(f"{scheme}://good.example:{server.port}/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["cache-control"]) == (403, "no-store")
    assert b"Harmless." not in answer.content
    assert RTA.lower() in answer.text.lower()
    assert gate.notes.answers()[-1] == ("good.example", "block", "label")


def test_a_page_whose_words_weigh_too_much_is_not_served_and_says_which(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    serve(origins.plain, CASINO)
    gate = profile_gate()
    answer = ask(origins, gate)
    assert answer.status_code == 403
    assert "free spins 30" in answer.text
    assert gate.notes.answers()[-1] == ("good.example", "block", "phrases")


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
    ],
)
def test_packing_hides_nothing(
    origins: Any, profile_gate: Callable[..., Any], coding: str, pack: Callable[[bytes], bytes]
) -> None:
    serve(origins.plain, pack(LABELLED), {**HTML, "content-encoding": coding})
    assert ask(origins, profile_gate()).status_code == 403


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("", bytes), ("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_an_ordinary_page_passes_byte_for_byte(
    origins: Any, profile_gate: Callable[..., Any], coding: str, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(HARMLESS)
    serve(origins.plain, packed, HTML | ({"content-encoding": coding} if coding else {}))
    with (
        client(profile_gate()) as browser,
        browser.stream("GET", f"http://good.example:{origins.plain.port}/") as answer,
    ):
        assert b"".join(answer.iter_raw()) == packed
    assert answer.headers["content-length"] == str(len(packed))


def test_a_page_larger_than_what_is_read_streams_on_and_arrives_whole(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    body = HARMLESS * (3 * perusal.MOST // len(HARMLESS))
    serve(origins.plain, body)
    assert ask(origins, profile_gate()).content == body


def test_a_large_page_is_decided_on_by_its_first_part(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, LABELLED + bytes(4 * perusal.MOST))
    gate = profile_gate()
    with client(gate) as browser:
        url = f"http://good.example:{origins.plain.port}/"
        assert [browser.get(url).status_code for _ in range(3)] == [403] * 3


def test_what_the_gate_relies_on_in_mitmproxy_is_what_it_was_tested_with() -> None:
    assert holding.source() in holding.TESTED


@pytest.mark.parametrize("kind", ["video/mp4", "application/json", "text/css"])
def test_a_rating_header_counts_for_everything(
    origins: Any, profile_gate: Callable[..., Any], kind: str
) -> None:
    serve(origins.plain, b"x" * 300_000, {"content-type": kind, "rating": RTA})
    gate = profile_gate()
    answer = ask(origins, gate)
    assert answer.status_code == 403
    assert gate.notes.answers()[-1][2] == "label"


@pytest.mark.parametrize("kind", ["", "text", "*/*", "unknown/unknown", "text/plain, text/html"])
def test_what_a_browser_would_sniff_for_a_page_is_read(
    origins: Any, profile_gate: Callable[..., Any], kind: str
) -> None:
    serve(origins.plain, LABELLED, {"content-type": kind})
    assert ask(origins, profile_gate()).status_code == 403


def test_markup_in_what_is_no_page_is_not_read(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, LABELLED, {"content-type": "application/javascript"})
    assert ask(origins, profile_gate()).content == LABELLED


def test_what_can_not_be_unpacked_is_closed_to_children(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    serve(origins.plain, b"\x00\x01 no gzip", {**HTML, "content-encoding": "gzip"})
    gate = profile_gate()
    with client(gate) as browser:
        url = f"http://good.example:{origins.plain.port}/"
        with browser.stream("GET", url, headers={"accept": "text/html"}) as answer:
            assert answer.status_code == 403
    assert gate.notes.answers()[-1][2] == "failure"


def test_what_can_not_be_unpacked_is_the_browsers_matter_for_adults(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    serve(origins.plain, b"\x00\x01 no gzip", {**HTML, "content-encoding": "gzip"})
    with (
        client(profile_gate("adult")) as browser,
        browser.stream("GET", f"http://good.example:{origins.plain.port}/") as answer,
    ):
        assert answer.status_code == 200


def test_the_site_is_only_offered_codings_that_can_be_read(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    serve(origins.plain, HARMLESS)
    ask(origins, profile_gate(), accept_encoding="gzip, dcb, br;q=0.9, dcz")
    assert origins.plain.log[0][0].headers["accept-encoding"] == "gzip, br;q=0.9"


def test_a_rule_of_the_household_stands_above_labels(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, LABELLED)
    gate = profile_gate(more="allow: [good.example]\n")
    assert ask(origins, gate).content == LABELLED


def test_words_are_weighed_by_profile(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, CASINO)
    assert ask(origins, profile_gate("adult")).content == CASINO


def test_an_adult_is_warned_of_a_label(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, LABELLED)
    gate = profile_gate("adult")
    assert ask(origins, gate).status_code == 403
    assert gate.notes.answers()[-1][1:] == ("warn", "label")


def test_private_pages_are_not_read(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, CASINO)
    gate = profile_gate(private_sensitive=["good.example"])
    assert ask(origins, gate).content == CASINO


@pytest.mark.parametrize("status", [200, 203, 404, 410, 500])
def test_a_page_of_any_status_with_content_is_read(
    origins: Any, profile_gate: Callable[..., Any], status: int
) -> None:
    serve(origins.plain, LABELLED, status=status)
    assert ask(origins, profile_gate()).status_code == 403


@pytest.mark.parametrize("status", [204, 302, 304])
def test_an_answer_that_shows_nothing_passes(
    origins: Any, profile_gate: Callable[..., Any], status: int
) -> None:
    serve(origins.plain, b"", {**HTML, "rating": RTA, "location": "/elsewhere"}, status)
    assert ask(origins, profile_gate()).status_code == status


def test_a_head_is_answered_without_a_body_and_the_connection_lives(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    serve(origins.plain, b"", {**HTML, "rating": RTA})
    with client(profile_gate()) as browser:
        url = f"http://good.example:{origins.plain.port}/"
        answers = [browser.head(url, headers={"accept": "text/html"}) for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(403, b"")] * 3
