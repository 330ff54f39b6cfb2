"""Searches go out in their safe mode whatever the device sends, seen by what the site received."""

from __future__ import annotations

import json
import re
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mitmproxy.test import tutils
from pytest_httpserver import HTTPServer
from werkzeug import Response

from proxy.searching import set_cookies

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES = (
    "www.google.com",
    "www.bing.com",
    "duckduckgo.com",
    "www.youtube.com",
    "search.brave.com",
    "mojeek.com",
)


@pytest.fixture
def search(origins: Any, start_gate: Callable[..., Any]) -> Callable[..., Any]:
    """Ask through a gate for one profile; the answer is what the site received, or the block page."""

    def echo(request: Any) -> Response:
        return Response(
            json.dumps({"url": request.full_path, "headers": dict(request.headers)}),
            content_type="application/json",
        )

    origins.plain.expect_request("/").respond_with_handler(echo)
    for path in ("/search", "/images/search", "/results", "/watch"):
        origins.plain.expect_request(path).respond_with_handler(echo)
    started: dict[tuple[str, str], Any] = {}

    def ask(url: str, profile: str = "tween", more: str = "", **headers: str) -> httpx.Response:
        if (profile, more) not in started:
            policy = origins.policy(names=ENGINES, more=more)
            started[profile, more] = start_gate(policy.replace("profile: tween", f"profile: {profile}"))
        gate = started[profile, more]
        host, slash, rest = url.partition("/")
        with httpx.Client(proxy=gate.url, trust_env=False, timeout=20) as client:
            answer = client.get(
                f"http://{host}:{origins.plain.port}{slash}{rest}",
                headers={"accept": "text/html"}
                | {key.replace("_", "-"): text for key, text in headers.items()},
            )
        answer.extensions["notes"] = gate.notes
        return answer

    return ask


@pytest.mark.parametrize(
    ("url", "went_out"),
    [
        ("www.google.com/search?q=cats", "/search?q=cats&safe=active"),
        ("www.google.com/search?q=cats&safe=off&tbm=isch", "/search?q=cats&tbm=isch&safe=active"),
        ("www.google.com/search?q=cats&s%61fe=off&SAFE=images", "/search?q=cats&safe=active"),
        ("www.google.com/search?q=cats&safe=active", "/search?q=cats&safe=active"),
        ("www.bing.com/images/search?q=cats&adlt=off", "/images/search?q=cats&adlt=strict"),
        ("duckduckgo.com/?q=cats&kp=-2", "/?q=cats&kp=1"),
        ("search.brave.com/search?q=a+b%20c&safesearch=off", "/search?q=a+b%20c&safesearch=strict"),
    ],
)
def test_a_search_goes_out_in_its_safe_mode_whatever_was_asked(
    search: Callable[..., Any], url: str, went_out: str
) -> None:
    assert search(url).json()["url"].rstrip("?") == went_out


def test_an_opt_out_cookie_is_beaten_by_the_parameter(search: Callable[..., Any]) -> None:
    answer = search("www.bing.com/images/search?q=cats", cookie="SRCHHPGUSR=ADLT=OFF").json()
    assert answer["url"] == "/images/search?q=cats&adlt=strict"


@pytest.mark.parametrize("profile", ["child", "tween", "teen"])
def test_youtube_is_asked_for_its_strict_mode_for_children(search: Callable[..., Any], profile: str) -> None:
    answer = search("www.youtube.com/watch?v=x", profile, more="services: {youtube: allow}\n")
    headers = answer.json()["headers"]
    assert headers["Youtube-Restrict"] == "Strict"
    assert headers["Cookie"] == "PREF=f2=8000000"


def test_youtube_is_asked_for_its_moderate_mode_from_sixteen_on(search: Callable[..., Any]) -> None:
    answer = search("www.youtube.com/watch?v=x", "young-adult", youtube_restrict="None", cookie="PREF=f2=1")
    assert answer.json()["headers"]["Youtube-Restrict"] == "Moderate"
    assert answer.json()["headers"]["Cookie"] == "PREF=f2=8000000"


def test_a_person_whose_pages_are_not_read_searches_in_a_safe_mode_all_the_same(
    search: Callable[..., Any],
) -> None:
    answer = search("www.google.com/search?q=cats", "tween, decrypt: false")
    assert answer.json()["url"] == "/search?q=cats&safe=active"


def test_an_adults_search_is_left_alone(search: Callable[..., Any]) -> None:
    assert search("www.google.com/search?q=cats&safe=off", "adult").json()["url"] == "/search?q=cats&safe=off"


def test_the_policy_may_leave_searches_alone(search: Callable[..., Any]) -> None:
    more = "categories: {unsafe_search: allow}\n"
    assert search("www.google.com/search?q=cats", more=more).json()["url"] == "/search?q=cats"


def test_an_always_allow_rule_does_not_switch_the_safe_mode_off(search: Callable[..., Any]) -> None:
    answer = search("www.google.com/search?q=cats", more="allow: [google.com]\n")
    assert answer.json()["url"] == "/search?q=cats&safe=active"


@pytest.mark.parametrize(
    ("profile", "action"), [("tween", "block"), ("young-adult", "ask"), ("adult", "allow")]
)
def test_an_engine_that_can_not_be_made_safe_is_closed_to_children(
    search: Callable[..., Any], profile: str, action: str
) -> None:
    answer = search("mojeek.com/search?q=cats", profile)
    (_request, decision, _device) = answer.extensions["notes"].lines[-1]
    assert decision.action == action
    assert answer.status_code == (200 if action == "allow" else 403)
    if action != "allow":
        assert decision.category == "unsafe_search"
        assert "Nothing makes Mojeek search in a safe mode" in answer.text
        assert ("Search with Google, Bing or DuckDuckGo." in answer.text) is (action == "block")


def test_an_engine_that_the_household_opens_is_open(search: Callable[..., Any]) -> None:
    assert search("mojeek.com/search?q=cats", more="allow: [mojeek.com]\n").status_code == 200


def test_a_search_of_someone_in_need_leads_to_help_first(search: Callable[..., Any], origins: Any) -> None:
    answer = search("www.google.com/search?q=how+to+kill+myself")
    assert answer.status_code == 403
    assert origins.plain.log == []
    assert answer.text.index("116 123") < answer.text.index("<details")
    (_request, decision, _device) = answer.extensions["notes"].lines[-1]
    assert decision.category == "self_harm"


def test_words_a_household_closes_are_found_in_searches(search: Callable[..., Any]) -> None:
    answer = search(
        "www.google.com/search?q=How+to+cheat+at+school", more="block: [{search: cheat school}]\n"
    )
    assert answer.status_code == 403


def test_an_engine_that_is_forced_by_its_address_is_dialled_there_under_its_own_name(
    origin_authority: Any, start_gate: Callable[..., Any]
) -> None:
    ca_file, context = origin_authority
    with HTTPServer(host="127.0.0.1", port=0, ssl_context=context("www.ecosia.org")) as safe:
        safe.expect_request("/search").respond_with_handler(
            lambda request: Response(request.host, content_type="text/css")
        )
        gate = start_gate(
            "country: GB\npeople: {everyone: {profile: tween}}\n"
            "names: {www.ecosia.org: 127.0.0.9, strict-safe-search.ecosia.org: 127.0.0.1}\n"
            f"reach: ['127.0.0.1:{safe.port}', '127.0.0.9:{safe.port}']\ntrust: ['{ca_file}']\n"
        )
        trusting = ssl.create_default_context(cafile=gate.ca)
        with httpx.Client(proxy=gate.url, verify=trusting, trust_env=False, timeout=20) as client:
            answer = client.get(f"https://www.ecosia.org:{safe.port}/search?q=cats")
    assert answer.text == f"www.ecosia.org:{safe.port}"


def test_a_connection_that_is_not_read_leads_to_the_engines_safe_address(
    origin_authority: Any, start_gate: Callable[..., Any]
) -> None:
    ca_file, context = origin_authority
    with HTTPServer(host="127.0.0.1", port=0, ssl_context=context("www.google.com")) as safe:
        safe.expect_request("/search").respond_with_data("safe")
        gate = start_gate(
            "country: GB\npeople: {everyone: {profile: tween, decrypt: false}}\n"
            "names: {www.google.com: 127.0.0.9, forcesafesearch.google.com: 127.0.0.1}\n"
            f"reach: ['127.0.0.1:{safe.port}', '127.0.0.9:{safe.port}']\n"
        )
        trusting = ssl.create_default_context(cafile=ca_file)
        with httpx.Client(proxy=gate.url, verify=trusting, trust_env=False, timeout=20) as client:
            assert client.get(f"https://www.google.com:{safe.port}/search?q=cats").text == "safe"


VIDEOS = {
    "short videos": ("services: {youtube: allow, youtube_shorts: block}\n", "/shorts/x", "/watch?v=x"),
    "one channel closed": (
        "services: {youtube: allow}\nblock: [youtube.com/@loud]\n",
        "/@loud/videos",
        "/@quiet/videos",
    ),
    "one channel open": (
        "block: [youtube.com]\nallow: [youtube.com/@quiet]\n",
        "/@loud/videos",
        "/@quiet/videos",
    ),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("rule", "closed", "opened"), VIDEOS.values(), ids=VIDEOS)
def test_short_videos_and_single_channels_are_rules(
    origin_authority: Any, start_gate: Callable[..., Any], scheme: str, rule: str, closed: str, opened: str
) -> None:
    ca_file, context = origin_authority
    secure = context("www.youtube.com") if scheme == "https" else None
    with HTTPServer(host="127.0.0.1", port=0, ssl_context=secure) as site:
        site.expect_request(re.compile(".*")).respond_with_data("video", content_type="text/css")
        gate = start_gate(
            "country: GB\npeople: {everyone: {profile: tween}}\n"
            "names: {www.youtube.com: 127.0.0.1, restrict.youtube.com: 127.0.0.1}\n"
            f"reach: ['127.0.0.1:{site.port}']\ntrust: ['{ca_file}']\n{rule}"
        )
        trusting = ssl.create_default_context(cafile=gate.ca)
        with httpx.Client(proxy=gate.url, verify=trusting, trust_env=False, timeout=20) as client:
            place = f"{scheme}://www.youtube.com:{site.port}"
            answers = [client.get(f"{place}{path}").status_code for path in (closed, opened)]
        assert answers == [403, 200]
        assert site.log[-1][0].headers["Youtube-Restrict"] == "Strict"


@pytest.mark.parametrize(
    ("sent", "goes_out"),
    [
        ("", "PREF=f2=8000000"),
        ("a=1; PREF=tz=Europe.London&f2=1&f6=400; b=2", "a=1; b=2; PREF=tz=Europe.London&f6=400&f2=8000000"),
        ("PREF=f2=1; PREF=f2=2", "PREF=f2=8000000"),
    ],
)
def test_of_a_cookie_that_holds_settings_only_ours_is_changed(sent: str, goes_out: str) -> None:
    request = tutils.treq()
    if sent:
        request.headers["cookie"] = sent
    set_cookies(request, [("PREF", "f2=8000000")])
    assert request.headers["cookie"] == goes_out
