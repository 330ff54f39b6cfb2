"""Metasearch instances under any name: told by what they ask for and by what they say of themselves."""

from __future__ import annotations

import pytest

from rules.address import parse as parse_address
from rules.content import examine
from rules.decide import Decision, Level, Moment, Request, decide
from rules.metasearch import of_page, of_query
from rules.pack import EMPTY
from rules.policy import parse
from rules.presets import Action, Profile
from rules.search_engines import Engine, engines
from tests.rules.households import NOON

PAGE = b'<html><head><meta charset="utf-8"><META name="generator" content="SearXNG/2026.11.1"></head></html>'


def ask(url: str, profile: str = "tween", *, level: Level = Level.ADDRESS, html: bytes = b"") -> Decision:
    policy = parse(f"country: GB\npeople: {{everyone: {{profile: {profile}}}}}\n")
    findings = examine([], html, profile=Profile(profile)) if html else ()
    request = Request(address=parse_address(url), text=url, level=level, findings=findings)
    return decide(request, policy, EMPTY, Moment(at=NOON))


@pytest.mark.parametrize(
    "query",
    [
        "q=cats&category_general=1&language=auto&time_range=&safesearch=0&theme=simple",
        "q=cats&categories=images&pageno=2",
        "%71=cats&c%61tegories=images&engines=bing",
    ],
)
def test_a_search_with_the_parameters_of_searxng_is_one(query: str) -> None:
    assert of_query(query) is not None
    decision = ask(f"https://find.any.example/search?{query}")
    assert (decision.action, decision.category) == (Action.BLOCK, "unsafe_search")
    assert "asks other engines" in decision.because
    assert ask(f"https://find.any.example/search?{query}", "adult").action is Action.ALLOW


@pytest.mark.parametrize(
    "query",
    ["q=cats", "q=cats&category=toys", "q=shoes&categories=women", "categories=a&theme=dark", "", "q=%63ats"],
)
def test_a_search_inside_a_site_is_none(query: str) -> None:
    assert of_query(query) is None
    assert ask(f"https://shop.example/search?{query}").action is Action.ALLOW


def test_a_page_that_names_its_maker_is_one() -> None:
    decision = ask("https://find.any.example/", html=PAGE)
    assert (decision.action, decision.category) == (Action.BLOCK, "unsafe_search")
    assert "searxng made it" in decision.because
    assert ask("https://find.any.example/", "adult", html=PAGE).action is Action.ALLOW
    assert of_page([("generator", "wordpress 6.5"), ("description", "searxng explained")]) is None
    quoted = b'<script>"' + PAGE + b'"</script>'
    assert ask("https://find.any.example/", html=quoted).action is Action.ALLOW


@pytest.mark.parametrize("one", [one for one in engines() if not one.always], ids=lambda one: one.id)
def test_where_only_the_name_is_seen_an_engine_is_safe_or_closed(one: Engine) -> None:
    host = one.hosts[0].replace(".*", ".com")
    decision = ask(host, level=Level.UNREAD)
    closed = (decision.action, decision.category) == (Action.BLOCK, "unsafe_search")
    assert closed is not (one.safe and one.safe_by_name)
    if closed:
        assert "DuckDuckGo" in decision.because, "says which one to take instead"
    assert ask(host, "adult", level=Level.UNREAD).category != "unsafe_search"


def test_what_is_forced_in_the_request_is_open_where_requests_are_read() -> None:
    assert ask("search.brave.com", level=Level.NAME).action is Action.ALLOW
    assert ask("https://search.brave.com/search?q=cats").action is Action.ALLOW
    assert ask("search.brave.com", level=Level.UNREAD).because.startswith("Where only its name is seen")


@pytest.mark.parametrize("host", ["metager.org", "www.ask.com", "swisscows.com", "www.baidu.com"])
def test_engines_that_nothing_forces_are_closed_to_children_at_every_level(host: str) -> None:
    for level in Level:
        for profile, action in (("child", Action.BLOCK), ("teen", Action.BLOCK), ("adult", Action.ALLOW)):
            assert ask(f"https://{host}/", profile, level=level).action is action
