"""A decision in words and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.decide import Decision, Moment, Override, Reason, Request
from rules.decision import PolicyLine
from rules.explain import as_json, explain, json_line
from rules.policy import Action, parse
from tests.rules.households import NOON, FewEntries, ask, listed, spoken

HOUSE = parse(
    "country: GB\nzone: Europe/Berlin\nallow: [fine.example]\npeople:\n"
    "  everyone: {profile: tween}\n  anna: {profile: early, name: Anna, block: [off.example]}\n"
)


def because(text: str, pack: FewEntries | None = None, **more: object) -> str:
    return ask(text, HOUSE, pack, **more).because


def test_a_category_names_list_file_and_line() -> None:
    pack = FewEntries(spoken("gambling", "casino.example", 12, name="ut1"))
    assert because("casino.example", pack) == (
        "The list ut1 names it under Gambling (ut1.txt:12: casino.example), "
        "and the profile tween sets that to block."
    )


def test_a_rule_names_the_policys_line_and_whom_it_is_for() -> None:
    assert because("fine.example") == "policy.yaml:3 always allows fine.example for everyone at home."
    assert because("off.example", person="anna") == "policy.yaml:6 always blocks off.example for Anna."


def test_an_unlisted_site_says_so() -> None:
    assert because("new.example") == "No list names it, and the profile tween sets such sites to allow."


def test_an_allow_list_says_so() -> None:
    assert (
        because("new.example", person="anna")
        == "For Anna only an allow-list is open, and no list names this."
    )
    assert "Games is not on it" in because("play.example", listed(games="play.example"), person="anna")


def test_an_override_says_until_when_in_the_households_time() -> None:
    made = Override(person="", target="games", action=Action.BLOCK, until=NOON + timedelta(hours=2))
    moment = Moment(at=NOON, overrides=(made,))
    text = because("play.example", listed(games="play.example"), moment=moment)
    assert text == "A parent has blocked games for everyone until 18 Nov, 15:00."


def test_the_sentence_says_what_happens_to_what() -> None:
    decision = ask("http://new.example/a?b=c", HOUSE)
    told = explain(decision, Request(address=None, text="http://new.example/a?b=c"))
    assert told.startswith("http://new.example/a?b=c is allowed. No list names it")


def test_hostile_text_stays_on_one_short_line() -> None:
    decision = ask("\x1b[31m" + "x" * 500, HOUSE)
    told = explain(decision, Request(address=None, text="\x1b[31m\n" + "x" * 500))
    assert "\x1b" not in told
    assert "\n" not in told
    assert len(told) < 250


def test_nothing_asked_is_named_too() -> None:
    assert explain(ask("", HOUSE), Request(address=None, text="")).startswith("An empty address is blocked.")


def test_the_json_has_the_shape_that_was_promised() -> None:
    decision = ask("casino.example", HOUSE, listed(gambling="casino.example"))
    shown = as_json("casino.example", "everyone", NOON, decision)
    assert shown == {
        "url": "casino.example",
        "person": "everyone",
        "at": "2026-11-18T12:00:00Z",
        "action": "block",
        "category": "gambling",
        "categories": ["gambling"],
        "reason": "category",
        "because": decision.because,
        "rule": {"list": "mine", "file": "mine.txt", "line": 1, "entry": "casino.example"},
    }


def test_the_json_has_no_rule_where_none_spoke_and_times_in_utc() -> None:
    at = datetime.fromisoformat("2026-11-18T13:00:00+01:00")
    shown = as_json("new.example", "everyone", at, ask("new.example", HOUSE))
    assert (shown["rule"], shown["category"], shown["at"]) == (None, None, "2026-11-18T12:00:00Z")


TEXTS = st.text(st.characters(exclude_categories=()))  # lone surrogates too
DECISIONS = st.builds(
    Decision,
    action=st.sampled_from(Action),
    reason=st.sampled_from(Reason),
    because=TEXTS,
    category=st.none() | TEXTS,
    categories=st.lists(TEXTS, max_size=3).map(tuple),
    rule=st.none() | st.builds(PolicyLine, file=TEXTS, line=st.integers(0, 2**40), entry=TEXTS, list=TEXTS),
)


@given(url=TEXTS, person=TEXTS, at=st.datetimes(timezones=st.just(UTC)), decision=DECISIONS)
def test_a_line_is_what_the_json_writer_makes_of_the_object(
    url: str, person: str, at: datetime, decision: Decision
) -> None:
    assert json_line(url, person, at, decision) == json.dumps(as_json(url, person, at, decision))
