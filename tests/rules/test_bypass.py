"""Ways round that show in a request's shape are found, and ordinary requests are left alone."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.address import parse as parse_address
from rules.bypass import ways_of, with_ways
from rules.decide import Decision, Moment, Request, decide
from rules.pack import EMPTY
from rules.policy import parse

NOON = Moment(at=dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC))
MESSAGE = base64.urlsafe_b64encode(b"\0\0\1\0\0\1\0\0\0\0\0\0\3bad\7example\0\0\1\0\1").decode()
TWEEN = "country: GB\npeople: {everyone: {profile: tween}}\n"


def decided(url: str, policy: str = TWEEN) -> Decision:
    """The decision on an address no list knows."""
    return decide(Request(address=parse_address(url), text=url), parse(policy), EMPTY, NOON)


@pytest.mark.parametrize(
    "url",
    [
        f"https://unknown.example/dns-query?dns={MESSAGE}",
        f"https://unknown.example/?dns={MESSAGE.rstrip('=')}",
        f"https://unknown.example/any/where?a=b&DNS={MESSAGE}",
        f"https://unknown.example/q?d%6es={MESSAGE}",
        "https://unknown.example/resolve?name=bad.example&type=A",
        "https://unknown.example/x?type=28&name=www.bad.example.",
        "https://unknown.example/x?name=bad.example&type=https&cd=1",
    ],
)
def test_a_look_up_in_a_query_is_a_way_round_wherever_it_is_sent(url: str) -> None:
    decision = decided(url)
    assert (decision.action, decision.reason, decision.category) == ("block", "bypass", "encrypted_dns")


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/?name=Anna&type=A",
        "https://shop.example/list?type=books&name=fairy.tales",
        "https://shop.example/?dns=yes",
        "https://shop.example/?dns=aHR0cDovL2V4YW1wbGU",
        "https://shop.example/?addns=" + MESSAGE,
        "https://shop.example:8443/",
        "http://shop.example:8088/",
    ],
)
def test_ordinary_requests_are_no_way_round(url: str) -> None:
    assert decided(url).action == "allow"


@pytest.mark.parametrize(
    ("url", "category"),
    [
        ("https://unknown.example:853/", "encrypted_dns"),
        ("https://unknown.example:53/", "encrypted_dns"),
        ("https://unknown.example:1194/", "vpn_proxy"),
        ("https://unknown.example:22/", "vpn_proxy"),
        ("https://unknown.example:3128/", "vpn_proxy"),
        ("https://unknown.example:9050/", "vpn_proxy"),
    ],
)
def test_a_port_that_is_not_the_webs_is_a_way_round(url: str, category: str) -> None:
    decision = decided(url)
    assert (decision.action, decision.reason, decision.category) == ("block", "bypass", category)
    assert str(parse_address(url).port) in decision.because


def test_a_parent_opens_a_port_by_name() -> None:
    opened = "allow: [unknown.example:1194]\n" + TWEEN
    assert decided("https://unknown.example:1194/", opened).action == "allow"


def test_what_the_household_reaches_inside_is_open_on_its_port() -> None:
    policy = 'reach: ["192.168.1.20:1883"]\nnames: {hub.home.arpa: 192.168.1.20}\n' + TWEEN
    assert decided("http://hub.home.arpa:1883/", policy).action == "allow"
    assert decided("http://hub.home.arpa:1884/", policy).action == "block"


def test_an_adult_is_warned_of_a_hidden_look_up_and_uses_any_port() -> None:
    adult = TWEEN.replace("tween", "adult")
    assert decided(f"https://unknown.example/?dns={MESSAGE}", adult).action == "warn"
    assert decided("https://unknown.example:1194/", adult).action == "allow"


@pytest.mark.parametrize(
    "value",
    [
        "application/dns-message",
        "Application/DNS-Message; charset=x",
        "text/html, application/dns-json;q=0.9",
        "application/oblivious-dns-message",
    ],
)
def test_a_hidden_look_up_that_names_itself_is_believed(value: str) -> None:
    assert [finding.category for finding in ways_of(("", value))] == ["encrypted_dns"]


@pytest.mark.parametrize("value", ["", "text/html", "application/json", "application/vnd.dnsmasq"])
def test_other_fields_say_nothing(value: str) -> None:
    assert ways_of((value,)) == ()


@given(st.text(max_size=80))
def test_any_query_is_read(query: str) -> None:
    decided("https://unknown.example/?" + query.replace("#", "") + "&dns=" + query.replace("#", ""))


def test_where_no_address_can_be_read_none_is_found() -> None:
    request = Request(address=None, text="?")
    assert with_ways(request, parse(TWEEN)) is request
