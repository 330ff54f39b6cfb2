"""Every search engine of the table through a running gate: forced, closed or open, by each of its names."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest
from werkzeug import Response

from rules.search_engines import Change, Engine, Mode, engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENGINES = engines()
ENDINGS = ("com", "de", "co.uk")
NAMES = {
    engine.id: list(dict.fromkeys(host.replace("*", end) for host in engine.hosts for end in ENDINGS))
    for engine in ENGINES
}
ELSEWHERE = "127.0.0.9"
"""Where the engines' own addresses lead: nobody answers there."""


def _only_by_address(change: Change | None) -> bool:
    return (
        change is not None
        and change.dns is not None
        and not (change.parameters or change.headers or change.cookies)
    )


@pytest.fixture
def ask(origins: Any, start_gate: Callable[..., Any]) -> Iterator[Callable[..., httpx.Response]]:
    """Ask engines through one gate for a profile; the answer is what the site received, or the block page."""

    def echo(request: Any) -> Response:
        seen = {"query": parse_qsl(request.query_string.decode(), keep_blank_values=True)}
        return Response(json.dumps(seen | {"headers": dict(request.headers)}), content_type="text/css")

    origins.plain.expect_request(re.compile(".*")).respond_with_handler(echo)
    clients: dict[str, httpx.Client] = {}

    def start(profile: str) -> httpx.Client:
        mode = Mode.MODERATE if profile == "young-adult" else Mode.STRICT
        by_address: dict[str, str] = {}
        for engine in ENGINES:
            change = engine.modes.get(mode) or engine.modes.get(Mode.STRICT)
            for name in NAMES[engine.id]:
                by_address[name] = ELSEWHERE if _only_by_address(change) else "127.0.0.1"
            if change is not None and change.dns is not None:
                by_address[change.dns] = "127.0.0.1"
        lines = [f"  {name}: {ip}" for name, ip in by_address.items()]
        policy = (
            f"country: GB\npeople: {{everyone: {{profile: {profile}}}}}\nservices: {{youtube: allow}}\n"
            "categories: {uncategorised: allow}\n"
            f"reach: ['127.0.0.1:{origins.plain.port}', '{ELSEWHERE}:{origins.plain.port}']\nnames:\n"
        )
        gate = start_gate(policy + "\n".join(lines) + "\n")
        return httpx.Client(proxy=gate.url, trust_env=False, timeout=20)

    def ask_one(engine: Engine, name: str, profile: str) -> httpx.Response:
        if profile not in clients:
            clients[profile] = start(profile)
        undo = [f"{key}=off" for change in engine.modes.values() for key, _ in change.parameters]
        words = [f"{engine.terms[0]}=cats"] if engine.terms else []
        path = engine.paths[0] if engine.terms or not engine.path_terms else f"{engine.path_terms[0]}cats"
        cookies = [f"{key}=off" for change in engine.modes.values() for key, _ in change.cookies]
        headers = {key: "off" for change in engine.modes.values() for key, _ in change.headers}
        return clients[profile].get(
            f"http://{name}:{origins.plain.port}{path}?{'&'.join([*undo, *words])}",
            headers={"accept": "text/html", **headers} | ({"cookie": "; ".join(cookies)} if cookies else {}),
        )

    yield ask_one
    for client in clients.values():
        client.close()


def is_forced(answer: httpx.Response, change: Change) -> bool:
    """Whether what the site received holds everything that forces the mode, and nothing beside it."""
    seen = answer.json()
    cookie = seen["headers"].get("Cookie", "")
    return (
        all([v for k, v in seen["query"] if k == key] == [value] for key, value in change.parameters)
        and all(
            seen["headers"].get(key.title(), "").lower() == value.lower() for key, value in change.headers
        )
        and all(f"{key}={value}" in cookie for key, value in change.cookies)
        and "off" not in cookie
    )


@pytest.mark.parametrize("profile", ["child", "teen", "young-adult"])
def test_each_engine_is_forced_or_closed_whatever_a_device_sends(
    ask: Callable[..., httpx.Response], profile: str
) -> None:
    mode = Mode.MODERATE if profile == "young-adult" else Mode.STRICT
    wrong = []
    for engine in ENGINES:
        change = engine.modes.get(mode) or engine.modes.get(Mode.STRICT)
        for name in NAMES[engine.id]:
            if _only_by_address(change) and name not in engine.dns_hosts:
                continue  # its pages ask one of those for what they show
            answer = ask(engine, name, profile)
            if change is None and not engine.always:
                good = answer.status_code == 403 and "safe mode" in answer.text
            elif change is None:
                good = answer.status_code == 200
            else:
                good = answer.status_code == 200 and is_forced(answer, change)
            if not good:
                wrong.append((engine.id, name, answer.status_code, answer.text[:200]))
    assert wrong == []


def test_an_adult_searches_as_it_was_asked(ask: Callable[..., httpx.Response]) -> None:
    (google,) = (engine for engine in ENGINES if engine.id == "google")
    assert ["safe", "off"] in ask(google, "www.google.com", "adult").json()["query"]
