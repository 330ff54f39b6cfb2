"""How long an answer is waited for: pages that trickle, readers that are slow or gone, silent sites."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from werkzeug import Response

from proxy import perusal, reading
from proxy.readers import Readers
from tests.proxy.reading.pages import CASINO, HARMLESS, HTML, LABELLED, ask, client, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


SLEEPER = ("sleep", "60")


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


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("said", [CASINO, LABELLED], ids=["words", "a-label"])
def test_what_comes_after_the_time_a_page_is_held_is_read_as_it_comes(
    origins: Any,
    profile_gate: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    said: bytes,
) -> None:
    monkeypatch.setattr(perusal, "LONGEST", 0.0)
    go_on = threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"<p>one</p>"
        go_on.wait(10)
        yield said
        yield b"<p>after</p>" * 20

    server = origins.plain if scheme == "http" else origins.secure
    server.expect_request("/").respond_with_handler(lambda _request: Response(parts(), headers=HTML))
    gate = profile_gate()
    came = b""
    url = f"{scheme}://good.example:{server.port}/"
    with (
        client(gate) as browser,
        contextlib.suppress(httpx.HTTPError),
        browser.stream("GET", url) as answer,
    ):
        for part in answer.iter_raw():
            came += part
            go_on.set()
    assert came == b"<p>one</p>"
    assert [line[1] for line in gate.notes.answers()] == ["allow", "block"]


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
