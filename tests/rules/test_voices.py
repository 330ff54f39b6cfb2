"""Services, whole lists, schedules and budgets in a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rules.decide import Moment, Override, Reason
from rules.explain import as_json
from rules.policy import Action, parse
from tests.rules.households import NOON, FewEntries, ask, listed, spoken

HEAD = (
    "country: GB\npeople:\n  mia: {profile: early}\n  everyone: {profile: tween}\n  anna: {profile: teen}\n"
)
PACK = listed(
    games="play.example", gambling="casino.example", video_streaming="youtube.com", messaging="whatsapp.com"
)


def decide_with(settings: str, text: str, pack: Any = PACK, **more: Any) -> Any:
    return ask(text, parse(HEAD + settings), pack, **more)


def at(hours: float, **more: Any) -> Moment:
    return Moment(at=NOON + timedelta(hours=hours), **more)


def test_a_service_is_opened_or_closed_whatever_its_category() -> None:
    assert decide_with("", "whatsapp.com").action is Action.ASK
    decision = decide_with("services: {whatsapp: allow}\n", "web.whatsapp.com")
    assert (decision.action, decision.reason, decision.category) == (Action.ALLOW, Reason.CATEGORY, None)
    assert decision.because == "policy.yaml:6 sets the service WhatsApp to allow for everyone."
    assert decide_with("services: {youtube: block}\n", "youtube.com").action is Action.BLOCK
    assert decide_with("services: {youtube: block}\n", "www.youtube.com/shorts/1").action is Action.BLOCK


def test_opening_a_service_leaves_a_part_that_is_a_service_of_its_own() -> None:
    shorts = FewEntries(spoken("video_streaming", "youtube.com"), spoken("short_video", "youtube.com"))
    opened = "services: {youtube: allow}\n"
    assert decide_with(opened, "youtube.com/watch", shorts).action is Action.ALLOW
    assert decide_with(opened, "youtube.com/shorts/1", shorts).action is Action.ASK


def test_opening_a_service_does_not_open_harm_of_another_kind() -> None:
    bad = FewEntries(spoken("messaging", "whatsapp.com"), spoken("malware", "whatsapp.com"))
    assert decide_with("services: {whatsapp: allow}\n", "whatsapp.com", bad).reason is Reason.SECURITY


def test_a_service_that_is_not_set_changes_nothing() -> None:
    assert decide_with("services: {whatsapp: allow}\n", "youtube.com").category == "video_streaming"


def test_a_service_may_be_opened_on_an_allow_list() -> None:
    assert decide_with("services: {whatsapp: allow}\n", "whatsapp.com", person="mia").action is Action.ALLOW
    assert decide_with("services: {whatsapp: allow}\n", "youtube.com", person="mia").action is Action.BLOCK


def test_a_service_on_an_allow_list_brings_its_harmless_parts() -> None:
    music = FewEntries(spoken("video_streaming", "youtube.com"), spoken("music_radio", "music.youtube.com"))
    decision = decide_with("services: {youtube: allow}\n", "music.youtube.com", music, person="mia")
    assert decision.action is Action.ALLOW


def test_a_whole_list_can_be_set_or_ignored() -> None:
    pack = FewEntries(
        spoken("gambling", "x.example", name="strict"), spoken("games", "x.example", name="mild")
    )
    assert decide_with("", "x.example", pack).category == "gambling"
    ignored = decide_with("lists: {strict: ignore}\n", "x.example", pack)
    assert (ignored.action, ignored.category, ignored.categories) == (
        Action.ALLOW,
        "games",
        ("gambling", "games"),
    )
    blocked = decide_with("lists: {mild: block, strict: ignore}\n", "x.example", pack)
    assert (blocked.action, blocked.reason) == (Action.BLOCK, Reason.CATEGORY)
    assert (
        blocked.because
        == "The list mild names it, and policy.yaml:6 sets all of that list to block for everyone."
    )


def test_of_two_lists_that_are_set_alike_the_same_is_named_in_whatever_order() -> None:
    one, two = spoken("games", "x.example", name="one"), spoken("games", "x.example", name="two")
    settings = "lists: {one: block, two: block}\n"
    told = {
        decide_with(settings, "x.example", FewEntries(*pack)).because for pack in ((one, two), (two, one))
    }
    assert len(told) == 1


def test_of_two_schedules_the_one_about_the_category_is_named() -> None:
    settings = (
        "schedules: [{on: [everything], block: ['11:00-13:00']}, {on: [games], block: ['11:00-13:00']}]\n"
    )
    assert decide_with(settings, "play.example").category == "games"


def test_an_ignored_list_leaves_an_address_uncategorised() -> None:
    assert decide_with("lists: {mine: ignore}\n", "casino.example").reason is Reason.UNKNOWN


def test_no_list_of_illegal_content_can_be_ignored() -> None:
    assert (
        decide_with("lists: {mine: ignore}\n", "x.example", listed(child_abuse="x.example")).reason
        is Reason.ILLEGAL
    )


SCHEDULE = (
    "schedules:\n  - {name: Bedtime, on: [everything], spare: [news_politics], block: ['20:00-07:00']}\n"
)


def test_a_schedule_closes_its_targets_and_names_its_line() -> None:
    assert decide_with(SCHEDULE, "new.example", moment=at(7.9)).action is Action.ALLOW
    decision = decide_with(SCHEDULE, "play.example", moment=at(8))
    assert (decision.action, decision.reason, decision.category) == (Action.BLOCK, Reason.SCHEDULE, None)
    assert (
        decision.because
        == "Bedtime: policy.yaml:7 closes everything for everyone at this time (20:00-07:00)."
    )
    assert as_json("play.example", "everyone", NOON, decision)["rule"] == {
        "list": "policy",
        "file": "policy.yaml",
        "line": 7,
        "entry": "20:00-07:00",
    }


def test_a_schedule_spares_what_it_says() -> None:
    assert (
        decide_with(SCHEDULE, "press.example", listed(news_politics="press.example"), moment=at(8)).action
        is Action.ALLOW
    )


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("games", "play.example"),
        ("service:youtube", "youtube.com/watch"),
        ("list:mine", "play.example"),
        ("uncategorised", "new.example"),
    ],
)
def test_a_schedule_is_about_a_category_a_service_a_list_or_the_unknown(target: str, text: str) -> None:
    settings = f"schedules:\n  - {{on: ['{target}'], block: ['11:00-13:00']}}\n"
    decision = decide_with(settings, text)
    assert decision.reason is Reason.SCHEDULE
    assert decision.category == ("games" if target == "games" else None)
    assert (
        decide_with(settings, "elsewhere.example" if target != "uncategorised" else "play.example").reason
        is not Reason.SCHEDULE
    )


def test_what_is_blocked_anyway_is_not_blamed_on_the_clock() -> None:
    assert (
        decide_with(SCHEDULE, "malware.example", listed(malware="malware.example"), moment=at(9)).reason
        is Reason.SECURITY
    )


def test_a_rule_that_always_allows_holds_at_bedtime_too() -> None:
    assert (
        decide_with(SCHEDULE + "allow: [story.example]\n", "story.example", moment=at(9)).action
        is Action.ALLOW
    )


BUDGET = "budgets:\n  games: {minutes: 30, free: 60}\n  service:youtube: 10\n"


@pytest.mark.parametrize(
    ("used", "earned", "action"),
    [(29.9, 0, Action.ALLOW), (30, 0, Action.BLOCK), (30, 5, Action.ALLOW), (36, 5, Action.BLOCK)],
)
def test_a_budget_closes_when_its_minutes_are_used(used: float, earned: float, action: Action) -> None:
    key = ("everyone", "games")
    decision = decide_with(BUDGET, "play.example", moment=at(0, used={key: used}, earned={key: earned}))
    assert decision.action is action
    if action is Action.BLOCK:
        assert (decision.reason, decision.category) == (Reason.BUDGET, "games")
        assert decision.because == "The minutes of everyone for games are used up for today (policy.yaml:7)."


def test_nothing_is_earned_unless_somebody_says_so() -> None:
    moment = at(0, used={("everyone", "games"): 30})
    assert decide_with(BUDGET, "play.example", moment=moment).reason is Reason.BUDGET


def test_a_free_day_has_the_free_minutes() -> None:
    saturday = at(72, used={("everyone", "games"): 45})
    assert decide_with(BUDGET, "play.example", moment=saturday).action is Action.ALLOW


def test_minutes_are_counted_for_each_person_apart() -> None:
    moment = at(0, used={("anna", "games"): 999})
    assert decide_with(BUDGET, "play.example", moment=moment).action is Action.ALLOW
    assert decide_with(BUDGET, "play.example", moment=moment, person="anna").action is Action.BLOCK


def test_a_service_has_minutes_of_its_own() -> None:
    moment = at(0, used={("everyone", "service:youtube"): 10})
    assert decide_with(BUDGET, "youtube.com", moment=moment).reason is Reason.BUDGET
    assert decide_with(BUDGET, "play.example", moment=moment).action is Action.ALLOW


def test_a_persons_budget_goes_before_the_households() -> None:
    policy = parse(
        "country: GB\nbudgets: {games: 10}\npeople: {everyone: {profile: tween, budgets: {games: 50}}}\n"
    )
    moment = at(0, used={("everyone", "games"): 20})
    assert ask("play.example", policy, PACK, moment=moment).action is Action.ALLOW


def lift(target: str, **more: Any) -> Override:
    made = Override(person="", target=target, action=Action.ALLOW, until=NOON + timedelta(hours=20))
    return replace(made, **more)


def test_a_parent_may_lift_the_clock_or_the_minutes_alone() -> None:
    settings = SCHEDULE + BUDGET
    used = {("everyone", "games"): 99}

    def reason(*overrides: Override, hours: float = 8) -> Reason:
        return decide_with(settings, "play.example", moment=at(hours, used=used, overrides=overrides)).reason

    assert reason() is Reason.SCHEDULE
    assert reason(lift("schedule")) is Reason.BUDGET
    assert reason(lift("schedule"), lift("budget")) is Reason.CATEGORY
    assert reason(lift("schedule", person="anna")) is Reason.SCHEDULE
    assert reason(lift("schedule", action=Action.BLOCK)) is Reason.SCHEDULE
    assert reason(lift("schedule", until=NOON)) is Reason.SCHEDULE
    assert reason(lift("schedule", until=NOON + timedelta(hours=8))) is Reason.SCHEDULE
    assert reason(lift("schedule"), lift("service:roblox")) is Reason.BUDGET


def test_an_override_may_be_about_a_service() -> None:
    moment = at(0, overrides=(lift("service:whatsapp"),))
    assert decide_with("", "whatsapp.com", moment=moment).reason is Reason.OVERRIDE
    assert decide_with("", "youtube.com", moment=moment).reason is Reason.CATEGORY


def test_what_was_never_used_or_earned_counts_as_nothing() -> None:
    one = "budgets: {games: 1}\n"
    reasons = [
        decide_with(one, "play.example", moment=at(0, used=used)).reason
        for used in ({}, {("everyone", "games"): 1.0})
    ]
    assert Reason.BUDGET not in reasons[:1]
    assert reasons[1] is Reason.BUDGET


@pytest.mark.parametrize(
    ("profile", "action"),
    [
        ("early", Action.BLOCK),
        ("child", Action.BLOCK),
        ("tween", Action.BLOCK),
        ("teen", Action.BLOCK),
        ("young-adult", Action.ASK),
        ("adult", Action.ALLOW),
    ],
)
def test_a_search_engine_that_nothing_forces_is_closed_to_children(profile: str, action: Action) -> None:
    policy = parse(f"country: GB\npeople: {{everyone: {{profile: {profile}}}}}\n")
    decision = ask("https://www.mojeek.com/search?q=cats", policy)
    assert decision.action is action
    if action is not Action.ALLOW and profile != "early":
        assert decision.category == "unsafe_search"
        assert decision.because.startswith("Nothing makes Mojeek search in a safe mode, and ")
    if profile not in {"early", "child"}:  # for whom what no list names is closed, or shown after a warning
        assert ask("https://www.google.com/search?q=cats", policy).action is Action.ALLOW


def test_an_engine_that_nothing_forces_opens_where_unsafe_search_is_allowed() -> None:
    decision = decide_with("categories: {unsafe_search: allow}\n", "https://www.mojeek.com/search?q=cats")
    assert (decision.action, decision.reason) == (Action.ALLOW, Reason.UNKNOWN)


def test_short_videos_are_closed_as_a_service_and_the_rest_of_the_site_stays() -> None:
    closed = "services: {youtube_shorts: block}\n"
    assert decide_with(closed, "https://www.youtube.com/shorts/abc").action is Action.BLOCK
    assert decide_with(closed, "https://m.youtube.com/Shorts").action is Action.BLOCK
    assert decide_with(closed, "https://www.youtube.com/watch?v=abc").action is Action.ALLOW


def test_single_channels_are_rules() -> None:
    one_open = "block: [youtube.com]\nallow: [youtube.com/@otters, youtube.com/channel/UC1]\n"
    assert decide_with(one_open, "https://www.youtube.com/@otters/videos").action is Action.ALLOW
    assert decide_with(one_open, "https://www.youtube.com/channel/UC1").action is Action.ALLOW
    assert decide_with(one_open, "https://www.youtube.com/@ottersandmore").action is Action.BLOCK
    assert decide_with(one_open, "https://www.youtube.com/watch?v=abc").action is Action.BLOCK
    one_closed = "block: [youtube.com/@casino]\n"
    assert decide_with(one_closed, "https://www.youtube.com/@casino").action is Action.BLOCK
    assert decide_with(one_closed, "https://www.youtube.com/@otters").action is Action.ALLOW


def test_a_whole_ending_is_closed_where_the_policy_says_so() -> None:
    closed = "block: [zip, co.uk]\n"
    assert decide_with(closed, "https://invoice.zip/").action is Action.BLOCK
    assert decide_with(closed, "https://news.example.co.uk/").action is Action.BLOCK
    assert decide_with(closed, "https://news.example.uk/").action is Action.ALLOW
