"""Allow and block rules: which of several speaks, and when they end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rules.decide import Moment, Reason
from rules.policy import Action, parse
from tests.rules.households import NOON, ask

HEAD = "country: GB\nzone: Europe/London\npeople: {everyone: {profile: tween}}\n"

# allow rules, block rules, what is asked for, who speaks: the entry, or nobody
TABLE = [
    (["a.example"], [], "a.example", "a.example"),
    (["a.example"], [], "x.y.a.example", "a.example"),
    (["a.example"], [], "ba.example", None),
    (["example"], ["a.example"], "a.example", "a.example"),
    (["a.example"], ["example"], "x.a.example", "a.example"),
    (["*.a.example"], [], "x.a.example", "*.a.example"),
    (["*.a.example"], [], "a.example", None),
    (["*.a.example"], ["a.example"], "x.a.example", "*.a.example"),
    (["*.a.example"], ["a.example"], "a.example", "a.example"),
    (["{address: a.example, covers: name}"], [], "x.a.example", None),
    (["{address: a.example, covers: name}"], ["a.example"], "a.example", "allow"),
    (["{address: a.example, covers: below}"], [], "a.example", None),
    (["{address: a.example, covers: below}"], [], "b.a.example", "a.example"),
    (["a.example/kids"], ["a.example"], "a.example/kids/1", "a.example/kids"),
    (["a.example/kids"], ["a.example"], "a.example/kids", "a.example/kids"),
    (["a.example/kids"], ["a.example"], "a.example/kidsnot", "a.example"),
    (["a.example/kids/"], ["a.example/kids/x"], "a.example/kids/x/y", "a.example/kids/x"),
    (["a.example/kids"], ["www.a.example"], "www.a.example/kids", "www.a.example"),
    (["{address: a.example, why: x}"], ["https://a.example"], "a.example", "https://a.example"),
    (["a.example:8443"], ["a.example"], "https://a.example:8443/", "a.example:8443"),
    (["a.example:8443"], ["a.example"], "https://a.example/", "a.example"),
    (["a.example:443"], ["a.example"], "https://a.example/", "a.example:443"),
    (["a.example:443"], ["a.example"], "wss://a.example/", "a.example:443"),
    (["a.example:80"], ["a.example"], "http://a.example/", "a.example:80"),
    (["a.example:80"], ["a.example"], "ws://a.example/", "a.example:80"),
    (["a.example:80"], ["a.example"], "https://a.example/", "a.example"),
    (["203.0.113.0/24"], [], "http://203.0.113.9/", "203.0.113.0/24"),
    (["203.0.113.0/24"], [], "http://203.0.112.9/", None),
    (["203.0.113.0/24"], [], "a.example", None),
    (["203.0.113.0/28"], ["203.0.113.0/24"], "http://203.0.113.9/", "203.0.113.0/28"),
    (["203.0.113.0/24"], ["203.0.113.9"], "http://203.0.113.9/", "203.0.113.9"),
    (["2001:db8::/32"], [], "http://[2001:db8::1]/", "2001:db8::/32"),
    (["2001:db8::/32"], [], "http://203.0.113.9/", None),
    (["BÜCHER.example"], [], "https://xn--bcher-kva.example/x", "BÜCHER.example"),
]


def lines(rules: list[str]) -> str:
    return "[" + ", ".join(rule if rule.startswith("{") else f"'{rule}'" for rule in rules) + "]"


@pytest.mark.parametrize(("allow", "block", "text", "speaks"), TABLE)
def test_the_most_specific_rule_speaks_and_block_among_equals(
    allow: list[str], block: list[str], text: str, speaks: str | None
) -> None:
    policy = parse(f"{HEAD}allow: {lines(allow)}\nblock: {lines(block)}\n")
    decision = ask(text, policy)
    if speaks is None:
        assert decision.reason is Reason.UNKNOWN
    elif speaks == "allow":
        assert (decision.action, decision.reason) == (Action.ALLOW, Reason.HOUSEHOLD)
    else:
        assert decision.rule is not None
        assert decision.rule.entry == speaks


def test_of_two_equal_rules_block_speaks_and_the_earlier_line_is_named() -> None:
    policy = parse(
        HEAD + "allow:\n  - a.example\nblock:\n  - {address: a.example}\n  - {address: a.example}\n"
    )
    decision = ask("a.example", policy)
    assert (decision.action, decision.rule.line if decision.rule else None) == (Action.BLOCK, 7)


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("2026-11-18", "2026-11-18T23:59:59+00:00"),
        ("2026-07-01", "2026-07-01T22:59:59+00:00"),  # summer time in London
        ("2026-11-18T12:30:00", "2026-11-18T12:29:59+00:00"),
        ("2026-11-18T12:30+02:00", "2026-11-18T10:29:59+00:00"),
    ],
)
def test_a_rule_holds_until_its_end_in_the_households_time(until: str, last: str) -> None:
    policy = parse(HEAD + f"block: [{{address: a.example, until: '{until}'}}]\n")
    moment = datetime.fromisoformat(last).astimezone(UTC)
    after = datetime.fromtimestamp(moment.timestamp() + 1, UTC)
    assert ask("a.example", policy, moment=Moment(at=moment)).action is Action.BLOCK
    assert ask("a.example", policy, moment=Moment(at=after)).action is Action.ALLOW


def test_an_ended_rule_leaves_the_next_one_to_speak() -> None:
    policy = parse(
        HEAD + "allow: [{address: 203.0.113.9, until: 2020-01-01}, 203.0.113.0/24, "
        "{address: 203.0.113.0/28, until: 2020-01-01}, {search: cats, until: 2020-01-01}, "
        "{address: x.example, until: null}]\n"
    )
    decision = ask("http://203.0.113.9/", policy, search="cats")
    assert decision.rule is not None
    assert decision.rule.entry == "203.0.113.0/24"


@pytest.mark.parametrize(
    ("search", "speaks"),
    [("Dogs and CATS!", "search: cats"), ("dog", None), ("hot dogs", "search: hot dogs"), ("", None)],
)
def test_a_search_rule_speaks_when_all_its_words_are_searched_for(search: str, speaks: str | None) -> None:
    policy = parse(
        HEAD + "block: [{search: cats}, {search: dogs hot}, {search: hot dogs}]\nallow: [engine.example]\n"
    )
    decision = ask("engine.example", policy, search=search)
    if speaks is None:
        assert decision.action is Action.ALLOW
    else:
        assert decision.action is Action.BLOCK
        assert decision.rule is not None
        assert set(decision.rule.entry.split()) == set(speaks.split())


@pytest.mark.parametrize(
    ("settings", "host", "minded"),
    [
        ("allow: [a.example/kids]\n", "www.a.example", True),
        ("allow: [a.example/kids]\n", "b.example", False),
        ("allow: [a.example/kids]\nblock: [a.example]\n", "a.example", True),
        ("block: [a.example]\n", "a.example", False),
        ("block: [{search: cats}]\n", "x.example", True),
        ("services: {youtube_shorts: block}\n", "www.youtube.com", True),
        ("services: {youtube_shorts: block}\n", "a.example", False),
        ("services: {whatsapp: block}\n", "whatsapp.com", False),
        ("budgets: {'service:youtube_shorts': 5}\n", "youtube.com", True),
        ("budgets: {'list:youtube_shorts': 5}\n", "a.example", False),
    ],
)
def test_a_policy_knows_where_the_name_of_a_host_is_not_enough(
    settings: str, host: str, minded: bool
) -> None:
    assert parse(HEAD + settings).minds_paths("everyone", host) is minded


def test_a_persons_own_paths_matter_to_that_person_alone() -> None:
    policy = parse("country: GB\npeople: {a: {profile: teen, block: [x.example/y]}, b: {profile: teen}}\n")
    assert [policy.minds_paths(who, "x.example") for who in ("a", "b", "stranger")] == [True, False, False]


def test_no_rules_are_no_book() -> None:
    assert not parse(HEAD).rules
    assert ask("a.example", parse(HEAD), moment=Moment(at=NOON)).reason is Reason.UNKNOWN
