"""Through the gate: the service is closed, where it takes reports is open, and nobody at home is told."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from rules.decide import Reason
from tests.proxy.conftest import QuickServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOSTS = ("facebook.com", "www.facebook.com", "help.instagram.com", "www.instagram.com")
LISTED = {"social_networks": ["facebook.com", "instagram.com"]}
DEEPER = ["/friends", "/helper", "/help/..%2Ffriends", "/friends/..%2Fhelp", "/help/%2e%2e/friends"]


@pytest.fixture
def service(origins: Any, origin_authority: Any) -> Iterator[Any]:
    """The origins, with those services' names."""
    server = QuickServer(host="127.0.0.1", port=0, ssl_context=origin_authority[1](*HOSTS))
    server.expect_request("/help/contact", method="POST").respond_with_data("thank you")
    server.expect_request("/help").respond_with_data("we listen")
    server.expect_request("/").respond_with_data("front page")
    server.start()
    origins.secure = server
    yield origins
    server.clear()
    server.stop()


@pytest.fixture
def visit(service: Any, start_gate: Callable[..., Any]) -> Iterator[Callable[..., httpx.Client]]:
    """A browser behind a gate where social networks are closed."""
    opened: list[httpx.Client] = []

    def start(person: str = "profile: tween", more: str = "") -> Any:
        policy = service.policy(names=HOSTS, more=more).replace("profile: tween", person)
        gate = start_gate(policy, LISTED)
        context = ssl.create_default_context(cafile=gate.ca)
        context.load_verify_locations(service.ca_file)
        opened.append(httpx.Client(proxy=gate.url, verify=context, trust_env=False, timeout=10))
        return opened[-1], gate, service.secure.port

    yield start
    for client in opened:
        client.close()


@pytest.mark.parametrize(
    ("person", "more"),
    [
        ("profile: tween", ""),
        ("profile: tween", "block: [facebook.com, instagram.com]\n"),
        ("profile: adult, services: {facebook: block, instagram: block}", ""),
    ],
)
def test_the_service_is_closed_and_its_reports_are_open(
    visit: Callable[..., Any], person: str, more: str
) -> None:
    client, gate, port = visit(person, more)
    base = f"https://www.facebook.com:{port}"
    assert client.get(f"{base}/").status_code == 403
    assert client.get(f"{base}/help").text == "we listen"
    link = {"link": "https://www.facebook.com/photo/1", "what": "it hurts"}
    assert client.post(f"{base}/help/contact", data=link).text == "thank you"
    assert client.get(f"https://help.instagram.com:{port}/").text == "front page"
    assert client.get(f"https://www.instagram.com:{port}/").status_code == 403
    opened = [decision for _, decision, _ in gate.notes.lines if decision.help]
    assert {decision.reason for decision in opened} == {Reason.CATEGORY}


@pytest.mark.parametrize("path", DEEPER)
def test_nothing_beside_them_is_reached(visit: Callable[..., Any], service: Any, path: str) -> None:
    client, _, port = visit()
    request = client.build_request("GET", f"https://www.facebook.com:{port}/")
    request.url = request.url.copy_with(raw_path=path.encode())
    assert client.send(request).status_code == 403
    assert service.secure.log == []


def test_at_bedtime_they_are_closed_like_everything(visit: Callable[..., Any], service: Any) -> None:
    client, _, port = visit(more="schedules: [{on: [everything], block: ['00:00-24:00']}]\n")
    for url in (f"https://www.facebook.com:{port}/help", f"https://help.instagram.com:{port}/"):
        assert client.get(url).status_code == 403
    assert service.secure.log == []
