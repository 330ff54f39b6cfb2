"""Clicking on past a warning: by its button and nothing else, for a while, on every way through the gate."""

from __future__ import annotations

import html
import re
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.confirming import PARAMETER, Confirming
from proxy.pinning import Pinning
from rules.address import AddressError
from rules.address import parse as parse_address
from rules.decide import Decision, Moment, Reason, Request, decide
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WARNED = Decision(action=Action.WARN, reason=Reason.CATEGORY, because="", category="forums")


def asked(text: str = "https://odd.example/a?b=c", person: str = "leo") -> Request:
    return Request(address=parse_address(text), text=text, person=person)


class Kept:
    """A household's memory of clicks."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at
        self.clicked: list[tuple[str, str]] = []
        self.confirming = Confirming(
            key=b"k" * 32, clock=lambda: self.at, keep=lambda *pair: self.clicked.append(pair)
        )


def press(kept: Kept, button: str, request: Request | None = None) -> str:
    request = request or asked()
    host = request.address.host if request.address else ""
    pressed = replace(request, text=f"https://{host}{button}")
    return kept.confirming.taken(pressed, "POST")


def test_the_button_leads_back_to_the_page_as_it_was_asked_for() -> None:
    for text in (
        "https://odd.example/a?b=c",
        "https://odd.example/",
        "https://odd.example/?x",
        "https://odd.example",
    ):
        kept = Kept()
        button = kept.confirming.button(asked(text), WARNED)
        back = press(kept, button, asked(text))
        assert f"https://odd.example{back}" == (text if text.count("/") > 2 else f"{text}/")
        assert kept.clicked == [("leo", "odd.example")]


@pytest.mark.parametrize("action", [Action.BLOCK, Action.ASK, Action.ALLOW])
def test_only_a_warning_has_a_button(action: Action) -> None:
    assert Kept().confirming.button(asked(), replace(WARNED, action=action)) == ""
    assert Kept().confirming.button(replace(asked(), page_load=False), WARNED) == ""


@pytest.mark.parametrize(
    ("person", "host", "later", "method", "changed"),
    [
        ("mia", "odd.example", 0, "POST", ""),
        ("leo", "other.example", 0, "POST", ""),
        ("leo", "odd.example", 3601, "POST", ""),
        ("leo", "odd.example", 0, "GET", ""),
        ("leo", "odd.example", 0, "POST", "x"),
        ("leo", "odd.example", 0, "POST", "&stairgate-go-on=1.2"),
    ],
)
def test_a_token_of_another_person_host_time_or_hand_presses_nothing(
    person: str, host: str, later: int, method: str, changed: str
) -> None:
    kept = Kept()
    button = kept.confirming.button(asked(), WARNED)
    kept.at += timedelta(seconds=later)
    request = replace(asked(f"https://{host}/", person), text=f"https://{host}{button}{changed}")
    assert kept.confirming.taken(request, method) == ""
    assert kept.clicked == []


@given(st.text(max_size=80))
def test_no_text_is_a_token(text: str) -> None:
    kept = Kept()
    target = f"https://odd.example/?{PARAMETER}={text}"
    try:
        address = parse_address(target)
    except AddressError:
        address = None
    assert kept.confirming.taken(Request(address=address, text=target, person="leo"), "POST") == ""
    assert kept.clicked == []


def test_nothing_leads_to_another_host() -> None:
    kept = Kept()
    for text in ("https://odd.example//evil.example/", "https://odd.example/\\evil.example"):
        button = kept.confirming.button(asked(text), WARNED)
        assert not press(kept, button, asked(text)).startswith(("//", "/\\"))


WAYS = {
    "page over our own TLS": ("https", "profile: adult"),
    "plain at the desk": ("http", "profile: adult"),
    "through mitmproxy": ("http", "profile: adult, decrypt: true"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_person_reads_the_warning_presses_and_sees_the_page(
    origins: Any, start_gate: Callable[..., Any], way: str
) -> None:
    scheme, person = WAYS[way]
    server = origins.plain if scheme == "http" else origins.secure
    server.expect_request("/a", query_string="b=c").respond_with_data("the page")
    kept = Kept(datetime.now(UTC))
    household: Any = SimpleNamespace(confirming=kept.confirming, meter=None, pinning=Pinning())
    policy = origins.policy(names=("good.example",)).replace("profile: tween", person)
    gate = start_gate(policy, {"gambling": ["good.example"]}, household=household)
    judge = gate.judge

    def decide_now(request: Request) -> Decision:
        return decide(request, judge.policy, judge.pack, Moment(at=NOW, confirmed=frozenset(kept.clicked)))

    judge.decide = decide_now
    context = ssl.create_default_context(cafile=gate.ca)
    context.load_verify_locations(origins.ca_file)
    base = f"{scheme}://good.example:{server.port}"
    with httpx.Client(proxy=gate.url, verify=context, trust_env=False, timeout=10) as browser:
        page = browser.get(f"{base}/a?b=c", headers={"accept": "text/html"})
        assert page.status_code == 403
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        form = re.search(r'<form method="post" action="([^"]+)">', page.text)
        assert form
        forged = browser.post(f"{base}/a?b=c&{PARAMETER}=1.2", headers={"accept": "text/html"})
        assert forged.status_code == 403
        assert kept.clicked == []
        pressed = browser.post(base + html.unescape(form[1]), headers={"accept": "text/html"})
        assert (pressed.status_code, pressed.headers["location"]) == (303, "/a?b=c")
        assert browser.get(f"{base}/a?b=c").text == "the page"
    assert [request.query_string for request, _ in server.log] == [b"b=c"]
