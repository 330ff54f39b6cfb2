"""Open connections are closed when their time is over, wherever they are; and what they used is counted."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

from proxy import watch as watches
from proxy.household import state as states
from proxy.household import store
from rules.decide import decide
from rules.policy import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BEDTIME = "schedules: [{on: [everything], block: ['00:00-24:00']}]\n"
WAYS = {
    "passed through": ("https", "profile: tween, decrypt: false"),
    "looked into": ("https", "profile: tween"),
    "plain at the desk": ("http", "profile: tween, decrypt: false"),
    "plain through mitmproxy": ("http", "profile: tween"),
}


@pytest.fixture
def endless(origins: Any) -> Iterator[Any]:
    """Origins whose answer has no end."""
    going = threading.Event()
    going.set()

    def drip(_request: Any) -> Response:
        def parts() -> Iterator[bytes]:
            while going.is_set():
                yield b"." * 2000
                time.sleep(0.02)

        return Response(parts(), headers={"content-type": "video/mp4"})

    for server in (origins.plain, origins.secure):
        server.expect_request("/film").respond_with_handler(drip)
    yield origins
    going.clear()


def begin(gate: Any, origins: Any, scheme: str) -> Any:
    """Ask for the film and read its first bytes."""
    server = origins.plain if scheme == "http" else origins.secure
    authority = f"good.example:{server.port}"
    client: Any = socket.create_connection(gate.gate.address, timeout=5)
    target = "/film"
    if scheme == "http":
        target = f"http://{authority}/film"
    else:
        client.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        assert b" 200 " in client.recv(4096)
        context = ssl.create_default_context(cafile=gate.ca)
        context.load_verify_locations(origins.ca_file)
        client = context.wrap_socket(client, server_hostname="good.example")
    client.sendall(f"GET {target} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    assert b" 200 " in client.recv(4096).partition(b"\r\n")[0]
    return client


def is_closed_within(client: Any, seconds: float) -> bool:
    end = time.monotonic() + seconds
    with contextlib.suppress(TimeoutError):
        while time.monotonic() < end:
            try:
                if not client.recv(65536):
                    return True
            except (ConnectionError, ssl.SSLError):
                return True
    return False


@pytest.mark.parametrize("way", WAYS)
def test_bedtime_ends_what_is_open(
    endless: Any, start_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    scheme, person = WAYS[way]
    monkeypatch.setattr(watches, "AGAIN", 0.5)
    policy = endless.policy(names=("good.example",)).replace("profile: tween", person)
    gate = start_gate(policy)
    with begin(gate, endless, scheme) as client:
        assert not is_closed_within(client, 2.0), "closed before its time"
        # The same policy with a bedtime; what is open is decided anew by the sweep, not by the edit.
        gate.judge.change(parse(policy + BEDTIME))
        assert is_closed_within(client, 4.0)


def test_a_site_that_passed_is_ended_where_only_a_part_of_it_stays_open(
    endless: Any, start_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "AGAIN", 0.5)
    policy = endless.policy(names=("good.example",)).replace("profile: tween", WAYS["passed through"][1])
    gate = start_gate(policy)
    with begin(gate, endless, "https") as client:
        gate.judge.change(parse(policy + "block: [good.example]\nallow: [good.example/help]\n"))
        assert is_closed_within(client, 4.0)


@pytest.mark.parametrize("way", ["passed through", "looked into", "plain at the desk"])
def test_used_up_minutes_end_what_is_open(
    endless: Any,
    start_gate: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    way: str,
) -> None:
    scheme, person = WAYS[way]
    monkeypatch.setattr(watches, "AGAIN", 0.5)
    monkeypatch.setattr(states, "COUNT", 0.2)
    text = endless.policy(names=("good.example",)).replace(
        "profile: tween", f"{person}, budgets: {{everything: 3}}"
    )
    policy = parse(text)
    minutes = itertools.count()  # every question a little later: minutes go by in seconds
    begun = dt.datetime(2026, 11, 18, 12, tzinfo=dt.UTC)

    def clock() -> dt.datetime:
        return begun + dt.timedelta(seconds=next(minutes))

    path = tmp_path / "household.db"
    household = states.Household(store.open_store(path), path, lambda: policy, clock)
    gate = start_gate(text, household=household)
    judge = gate.judge
    judge.decide = lambda request: decide(request, judge.policy, judge.pack, household.moment(clock()))
    with begin(gate, endless, scheme) as client:
        end = time.monotonic() + 20
        while time.monotonic() < end and not is_closed_within(client, 0.5):
            for _ in range(40):
                clock()
        assert time.monotonic() < end, "nothing was closed"
    assert household.moment(clock()).used["everyone", "everything"] >= 3
    assert gate.notes.answers()[0][1] == "allow"


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_is_somebody_elses_now_is_closed(
    endless: Any, start_gate: Callable[..., Any], way: str
) -> None:
    scheme, person = WAYS[way]
    policy = endless.policy(names=("good.example",)).replace("profile: tween", person)
    gate = start_gate(policy)
    with begin(gate, endless, scheme) as client:
        device = "people: {mum: {profile: adult, devices: [127.0.0.1]}, "
        gate.judge.change(parse(policy.replace("people: {", device)))
        assert is_closed_within(client, 3.0)


def test_a_closed_port_closes_what_came_by_it(endless: Any, start_gate: Callable[..., Any]) -> None:
    gate = start_gate(endless.policy(names=("good.example",)))
    with begin(gate, endless, "https") as client:
        gate.loop.call_soon_threadsafe(gate.gate.leave, "")
        assert is_closed_within(client, 3.0)


def test_a_sweep_over_many_looks_at_some_each_time_and_at_all_in_turn() -> None:
    looked: list[int] = []

    class Someone:
        is_other = False

    class Open:
        visitor = Someone()
        use = None

        def __init__(self, number: int) -> None:
            self.number = number

        def uses(self) -> tuple[Any, ...]:
            looked.append(self.number)
            return ()

        def take_counts(self) -> tuple[int, int, int]:
            return 0, 0, 0

        def when_turned(self, _listener: Any) -> None:
            pass

    watch = watches.Watch(None)  # type: ignore[arg-type]
    for number in range(1000):
        watch.take(Open(number), 0.0)  # type: ignore[arg-type]
    for second in range(60):
        watch.look(float(second))
    assert sorted(set(looked)) == list(range(1000))
    assert max(looked.count(number) for number in (0, 999)) <= 60 / watches.AGAIN + 1


def test_a_fault_while_looking_does_not_end_the_watch(
    endless: Any, start_gate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "AGAIN", 0.5)
    policy = endless.policy(names=("good.example",))
    gate = start_gate(policy)
    with begin(gate, endless, "https") as client:
        gate.judge.broken = True  # every decision raises now
        assert is_closed_within(client, 4.0), "what can't be decided must not stay open"
