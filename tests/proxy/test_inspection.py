"""Labels and words decide on what comes back, seen by real clients; everything else passes as it came."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import ssl
import threading
import time
import zlib
from typing import TYPE_CHECKING, Any

import brotli
import httpx
import pytest
import zstandard
from werkzeug import Response

from proxy import holding, perusal, reading
from proxy.readers import Readers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RTA = "RTA-5042-1996-1400-1577-RTA"
LABELLED = f"<html><head><meta name='rating' content='{RTA}'></head><body>Harmless.</body></html>".encode()
CASINO = b"<p>Our online casino: free spins, blackjack and a welcome bonus for your first deposit.</p>"
HARMLESS = b"<!doctype html><title>Bread</title><p>Flour, water, salt.</p>" * 200
SLEEPER = ("sleep", "60")
HTML = {"content-type": "text/html; charset=utf-8"}


def client(gate: Any, **more: Any) -> httpx.Client:
    context = ssl.create_default_context(cafile=gate.ca)
    return httpx.Client(proxy=gate.url, verify=context, timeout=20, trust_env=False, **more)


def serve(server: Any, body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
    server.expect_request("/").respond_with_handler(
        lambda _request: Response(body, status, {**(HTML if headers is None else headers)})
    )


def ask(origins: Any, gate: Any, method: str = "GET", **headers: str) -> httpx.Response:
    with client(gate) as browser:
        return browser.request(
            method,
            f"http://good.example:{origins.plain.port}/",
            headers={
                "accept": "text/html",
                **{key.replace("_", "-"): value for key, value in headers.items()},
            },
        )


@pytest.fixture
def profile_gate(origins: Any, start_gate: Callable[..., Any]) -> Callable[..., Any]:
    """A gate for one person of the given profile."""

    def start(profile: str = "tween", more: str = "", **listed: list[str]) -> Any:
        policy = origins.policy(names=("good.example",), more=more)
        return start_gate(policy.replace("profile: tween", f"profile: {profile}, decrypt: true"), listed)

    return start


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


def test_a_page_that_trickles_is_not_held_for_ever(
    origins: Any, profile_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perusal, "LONGEST", 0.0)
    release = threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"<p>one</p>"
        release.wait(10)
        yield b"<p>two</p>"

    origins.plain.expect_request("/").respond_with_handler(lambda _request: Response(parts(), headers=HTML))
    url = f"http://good.example:{origins.plain.port}/"
    with client(profile_gate()) as browser, browser.stream("GET", url) as answer:
        came = answer.iter_raw()
        assert b"one" in next(came)
        release.set()
        assert b"two" in b"".join(came)


def test_what_breaks_while_reading_is_told_in_place_of_the_answer(
    origins: Any, profile_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: object, **_more: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(reading, "examine", break_down)
    serve(origins.plain, HARMLESS[:100])
    answer = ask(origins, profile_gate())
    assert (answer.status_code, "has a fault" in answer.text) == (403, True)


def test_while_a_page_takes_long_to_read_other_clients_are_answered(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    gate = profile_gate()
    gate.gate.addon.readers = Readers(1, command=SLEEPER)
    gate.gate.addon.readers.deadline = 1.5
    serve(origins.plain, HARMLESS * 10)
    answers: list[httpx.Response] = []
    slow = threading.Thread(target=lambda: answers.append(ask(origins, gate)))
    slow.start()
    while not gate.gate.addon.readers.pids():
        time.sleep(0.01)
    with socket.create_connection(gate.gate.address, timeout=5) as other:
        other.sendall(b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b" 403 " in other.recv(100)
    assert slow.is_alive()
    slow.join()
    assert answers[0].status_code == 403


@pytest.mark.parametrize(
    "command", [SLEEPER, ("false",), ("/nowhere",)], ids=["late", "dies", "is-not-there"]
)
def test_a_page_that_can_not_be_read_in_time_is_not_served(
    origins: Any, profile_gate: Callable[..., Any], command: tuple[str, ...]
) -> None:
    gate = profile_gate()
    gate.gate.addon.readers = Readers(1, command=command)
    gate.gate.addon.readers.deadline = 0.2
    serve(origins.plain, HARMLESS * 10)
    assert ask(origins, gate).status_code == 403
    assert gate.notes.answers() == [("good.example", "block", "failure")]


def test_a_reader_that_was_killed_is_replaced_and_pages_are_served_again(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    gate = profile_gate()
    serve(origins.plain, HARMLESS * 10)
    assert ask(origins, gate).status_code == 200
    (pid,) = gate.gate.addon.readers.pids()
    os.kill(pid, signal.SIGKILL)
    answers = [ask(origins, gate).status_code for _ in range(2)]
    assert answers[-1] == 200
    assert gate.gate.addon.readers.pids() != (pid,)


@pytest.mark.parametrize("size", [1, 50], ids=["read-at-once", "read-aside"])
@pytest.mark.parametrize(("words", "action"), [(b"", "allow"), (CASINO, "block")])
def test_a_page_that_is_read_makes_one_line_in_the_journal(
    origins: Any, profile_gate: Callable[..., Any], size: int, words: bytes, action: str
) -> None:
    serve(origins.plain, words + HARMLESS[:1000] * size)
    gate = profile_gate()
    ask(origins, gate)
    assert [line[1] for line in gate.notes.answers()] == [action]


def test_a_site_that_does_not_answer_makes_one_line_in_the_journal(
    origins: Any, profile_gate: Callable[..., Any]
) -> None:
    gate = profile_gate()
    origins.plain.stop()
    answer = ask(origins, gate)
    origins.plain.start()  # the fixture wants to stop it
    assert answer.status_code == 502
    assert [line[1] for line in gate.notes.answers()] == ["allow"]


JSON = {"content-type": "application/json"}


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


def test_text_that_flows_packed_all_the_same_is_held(origins: Any, profile_gate: Callable[..., Any]) -> None:
    serve(origins.plain, gzip.compress(CASINO), {**EVENTS, "content-encoding": "gzip"})
    assert ask(origins, profile_gate()).status_code == 403


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
