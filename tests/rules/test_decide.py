"""The decision: who speaks first, and what is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rules.decide import Finding, Moment, Override, Reason, failure, refuse
from rules.policy import Action, parse
from rules.presets import STRICTNESS, Profile
from tests.rules.households import NOON, FewEntries, ask, listed, spoken

HOUSE = parse(
    """\
country: GB
people:
  mia: {profile: early}
  ben: {profile: child}
  everyone: {profile: tween}
  anna:
    profile: teen
    allow: [open.example, both.example]
    block: [closed.example, never.example]
  max: {profile: young-adult}
  eve: {profile: adult}
allow: [closed.example, house.example]
block: [open.example, shut.example, both.example]
"""
)
EVERYTHING = listed(
    child_abuse="illegal.example",
    malware="malware.example",
    vpn_proxy="vpn.example",
    pornography="porn.example",
    gambling="casino.example",
    games="play.example",
    shopping="shop.example",
    education_reference="school.example",
)


def override(target: str, action: Action = Action.ALLOW, **more: Any) -> Moment:
    made = Override(person="", target=target, action=action, until=NOON + timedelta(hours=1), **more)
    return Moment(at=NOON, overrides=(made,))


# Each row: both speak, and the first of the two reasons decides.
ORDER = [
    ("illegal.childline.org.uk", "everyone", {}, Reason.ILLEGAL, Action.BLOCK),
    (
        "childline.org.uk",
        "everyone",
        {"moment": override("everything", Action.BLOCK)},
        Reason.HELP,
        Action.ALLOW,
    ),
    ("closed.example", "anna", {"moment": override("closed.example")}, Reason.OVERRIDE, Action.ALLOW),
    ("open.example", "anna", {}, Reason.PERSON, Action.ALLOW),
    ("closed.example", "anna", {}, Reason.PERSON, Action.BLOCK),
    ("malware.house.example", "everyone", {}, Reason.HOUSEHOLD, Action.ALLOW),
    ("malware.vpn.porn.example", "everyone", {}, Reason.SECURITY, Action.BLOCK),
    ("vpn.porn.example", "everyone", {}, Reason.BYPASS, Action.BLOCK),
    (
        "porn.example",
        "everyone",
        {"findings": (Finding(category="gambling", because="x"),)},
        Reason.CATEGORY,
        Action.BLOCK,
    ),
    (
        "new.example",
        "everyone",
        {
            "findings": (
                Finding(category="pornography", because="RTA", label=True),
                Finding(category="gambling", because="x"),
            )
        },
        Reason.LABEL,
        Action.BLOCK,
    ),
    (
        "new.example",
        "everyone",
        {"findings": (Finding(category="gambling", because="x"),)},
        Reason.PHRASES,
        Action.BLOCK,
    ),
    ("new.example", "everyone", {}, Reason.UNKNOWN, Action.ALLOW),
]


class Everywhere(FewEntries):
    """Reads the categories from the labels of the host, so that several can speak of one."""

    def look_up(self, address: Any) -> Any:
        labels = address.host.split(".")
        return tuple(entry for entry in EVERYTHING.entries if entry.pattern.split(".")[0] in labels)


@pytest.mark.parametrize(("text", "person", "more", "reason", "action"), ORDER)
def test_the_reasons_speak_in_their_order(
    text: str, person: str, more: dict[str, Any], reason: Reason, action: Action
) -> None:
    decision = ask(text, HOUSE, Everywhere(), person=person, **more)
    assert (decision.reason, decision.action) == (reason, action)


@pytest.mark.parametrize("person", HOUSE.people)
def test_nothing_opens_what_is_illegal(person: str) -> None:
    open_all = parse(f"country: GB\nallow: [illegal.example]\npeople:\n  {person}: {{profile: adult}}\n")
    decision = ask("illegal.example", open_all, EVERYTHING, person=person, moment=override("everything"))
    assert (decision.action, decision.reason) == (Action.BLOCK, Reason.ILLEGAL)


@pytest.mark.parametrize("person", [*HOUSE.people, "nobody at all"])
def test_help_is_open_for_everyone_even_for_unknown_people(person: str) -> None:
    decision = ask("https://www.childline.org.uk/x", HOUSE, person=person)
    assert (decision.action, decision.reason, decision.help) == (Action.ALLOW, Reason.HELP, True)


def test_the_strictest_of_several_categories_decides() -> None:
    pack = FewEntries(
        spoken("shopping", "x.example"), spoken("gambling", "x.example"), spoken("games", "x.example")
    )
    decision = ask("x.example", HOUSE, pack)
    assert (decision.action, decision.category) == (Action.BLOCK, "gambling")
    assert decision.categories == ("gambling", "games", "shopping")


def test_what_is_allowed_names_its_category_too() -> None:
    decision = ask("play.example", HOUSE, EVERYTHING)
    assert (decision.action, decision.reason, decision.category) == (Action.ALLOW, Reason.CATEGORY, "games")


def test_a_block_names_the_closest_entry_of_the_deciding_category() -> None:
    pack = FewEntries(
        spoken("gambling", "example"),
        spoken("gambling", "bet.example", 7),
        spoken("games", "www.bet.example"),
    )
    decision = ask("www.bet.example", HOUSE, pack)
    assert (decision.rule.entry, decision.rule.line) == ("bet.example", 7)


def test_a_warning_holds_until_the_person_clicks_on() -> None:
    pack = listed(shopping="shop.example")
    before = ask("shop.example", HOUSE, pack, person="anna")
    after = ask(
        "shop.example",
        HOUSE,
        pack,
        person="anna",
        moment=Moment(at=NOON, confirmed=frozenset({("anna", "shop.example")})),
    )
    assert (before.action, after.action) == (Action.WARN, Action.ALLOW)
    assert "clicked on" in after.because


def test_a_warning_nobody_would_see_is_a_block() -> None:
    assert ask("shop.example", HOUSE, EVERYTHING, person="anna", page_load=False).action is Action.BLOCK


def test_a_click_opens_warnings_only() -> None:
    moment = Moment(at=NOON, confirmed=frozenset({("anna", "casino.example")}))
    assert ask("casino.example", HOUSE, EVERYTHING, person="anna", moment=moment).action is Action.BLOCK


@pytest.mark.parametrize(
    ("text", "action", "reason", "category"),
    [
        ("school.example", Action.ALLOW, Reason.CATEGORY, "education_reference"),
        ("play.example", Action.BLOCK, Reason.CATEGORY, "games"),
        ("new.example", Action.BLOCK, Reason.UNKNOWN, None),
        ("malware.example", Action.BLOCK, Reason.SECURITY, "malware"),
        ("house.example", Action.ALLOW, Reason.HOUSEHOLD, None),
    ],
)
def test_early_is_an_allow_list(text: str, action: Action, reason: Reason, category: str | None) -> None:
    decision = ask(text, HOUSE, EVERYTHING, person="mia")
    assert (decision.action, decision.reason, decision.category) == (action, reason, category)


def test_early_gets_a_learning_game_but_no_school_site_with_a_casino() -> None:
    learning = FewEntries(spoken("education_reference", "x.example"), spoken("games", "x.example"))
    casino = FewEntries(spoken("education_reference", "x.example"), spoken("gambling", "x.example"))
    assert ask("x.example", HOUSE, learning, person="mia").action is Action.ALLOW
    assert ask("x.example", HOUSE, casino, person="mia").action is Action.BLOCK


def test_parents_add_categories_to_the_allow_list_of_early() -> None:
    policy = parse(
        "country: GB\npeople: {mia: {profile: early, categories: {games: allow, uncategorised: allow}}}\n"
    )
    assert ask("play.example", policy, EVERYTHING, person="mia").action is Action.ALLOW
    assert ask("new.example", policy, EVERYTHING, person="mia").action is Action.ALLOW
    assert ask("shop.example", policy, EVERYTHING, person="mia").action is Action.BLOCK


@pytest.mark.parametrize(
    ("person", "action"),
    [
        ("mia", Action.BLOCK),
        ("ben", Action.BLOCK),
        ("everyone", Action.BLOCK),
        ("anna", Action.BLOCK),
        ("max", Action.WARN),
        ("eve", Action.WARN),
    ],
)
@pytest.mark.parametrize("text", ["", "   ", "http://", "exa mple", "http://[::1", "\0"])
def test_what_nobody_can_read_is_blocked_for_children_and_told_to_adults(
    text: str, person: str, action: Action
) -> None:
    decision = ask(text, HOUSE, person=person)
    assert (decision.action, decision.reason) == (action, Reason.UNPARSABLE)


@pytest.mark.parametrize("text", ["new.example", ""])
def test_whom_nobody_knows_gets_nothing(text: str) -> None:
    decision = ask(text, HOUSE, person="stranger")
    assert (decision.action, decision.reason) == (Action.BLOCK, Reason.IDENTITY)


def test_a_failure_inside_is_a_block() -> None:
    class Broken(FewEntries):
        def look_up(self, address: Any) -> Any:
            raise OSError(address)

    decision = ask("new.example", HOUSE, Broken(), person="eve")
    assert (decision.action, decision.reason) == (Action.BLOCK, Reason.FAILURE)
    assert failure("x").action is Action.BLOCK
    assert refuse(Reason.ADDRESS, "It is your router.").reason is Reason.ADDRESS


def test_an_ended_override_no_longer_holds() -> None:
    ended = Moment(at=NOON + timedelta(hours=1), overrides=override("everything").overrides)
    assert ask("casino.example", HOUSE, EVERYTHING, moment=ended).reason is Reason.CATEGORY


@pytest.mark.parametrize(
    "target", ["everything", "gambling", "casino.example", "example", "casino.example/slots"]
)
def test_an_override_is_about_everything_a_category_or_an_address(target: str) -> None:
    assert (
        ask("http://casino.example/slots/3", HOUSE, EVERYTHING, moment=override(target)).reason
        is Reason.OVERRIDE
    )


@pytest.mark.parametrize("target", ["games", "play.example", "casino.example/other", "casino.example/slot"])
def test_an_override_leaves_the_rest_alone(target: str) -> None:
    assert (
        ask("http://casino.example/slots/3", HOUSE, EVERYTHING, moment=override(target)).reason
        is Reason.CATEGORY
    )


def test_a_childs_request_does_not_open_what_it_never_opens() -> None:
    asked = override("everything", asked=True)
    assert ask("casino.example", HOUSE, EVERYTHING, moment=asked).reason is Reason.CATEGORY
    assert ask("shop.example", HOUSE, EVERYTHING, moment=asked).reason is Reason.OVERRIDE


def test_of_two_overrides_the_persons_own_holds_and_then_the_block() -> None:
    until = NOON + timedelta(hours=1)
    for_all = Override(person="", target="everything", action=Action.BLOCK, until=until)
    hers = Override(person="anna", target="games", action=Action.ALLOW, until=until)
    shut = Override(person="anna", target="play.example", action=Action.BLOCK, until=until)
    other = Override(person="ben", target="everything", action=Action.BLOCK, until=until)
    for overrides, action in [((for_all, hers, other), Action.ALLOW), ((hers, shut), Action.BLOCK)]:
        moment = Moment(at=NOON, overrides=overrides)
        assert ask("play.example", HOUSE, EVERYTHING, person="anna", moment=moment).action is action


def test_a_stricter_profile_serves_nothing_a_looser_one_refuses() -> None:
    people = dict(zip(Profile, ("mia", "ben", "everyone", "anna", "max", "eve"), strict=True))
    for text in (
        "malware",
        "vpn",
        "porn",
        "casino",
        "play",
        "shop",
        "school",
        "new",
        "shop.casino",
        "school.shop",
    ):
        served = [
            ask(f"{text}.example", HOUSE, Everywhere(), person=person).action is Action.ALLOW
            for person in people.values()
        ]
        assert served == sorted(served), text


def test_of_two_entries_the_closer_is_named_in_whatever_order() -> None:
    far, near = spoken("gambling", "example"), spoken("gambling", "bet.example", 7)
    for pack in (FewEntries(far, near), FewEntries(near, far)):
        decision = ask("www.bet.example", HOUSE, pack)
        assert decision.rule == near


def test_the_entries_of_both_pages_are_told_once() -> None:
    school, casino, both = (
        spoken("education_reference", "school.example"),
        spoken("gambling", "casino.example"),
        spoken("games", "example"),
    )
    pack = FewEntries(school, casino, both)
    decision = ask("https://school.example/r?url=https://casino.example/", HOUSE, pack)
    assert decision.entries == (school, both, casino)


def test_where_both_are_blocked_the_outer_page_is_named() -> None:
    decision = ask("https://malware.example/r?url=https://casino.example/", HOUSE, EVERYTHING)
    assert decision.reason is Reason.SECURITY
    assert decision.rule is not None
    assert decision.rule.entry == "malware.example"
    assert decision.categories == ("malware", "gambling")


def test_an_unlisted_page_inside_another_changes_nothing() -> None:
    pack = listed(education_reference="school.example")
    for person in ("mia", "ben"):
        decision = ask("https://school.example/login?next=https://new.example/", HOUSE, pack, person=person)
        assert (decision.action, decision.category) == (Action.ALLOW, "education_reference")


def test_a_listed_page_inside_another_is_found_without_help() -> None:
    decision = ask("https://school.example/r?url=https://casino.example/", HOUSE, EVERYTHING)
    assert (decision.action, decision.category) == (Action.BLOCK, "gambling")


def test_a_page_inside_another_is_judged_too() -> None:
    decision = ask("http://school.example/t/http://casino.example/", HOUSE, EVERYTHING)
    assert (decision.action, decision.category) == (Action.BLOCK, "gambling")
    assert decision.categories == ("gambling", "education_reference")
    assert decision.because.startswith("It shows casino.example inside.")
    assert STRICTNESS[ask("http://school.example/", HOUSE, EVERYTHING).action] == 0


def test_a_rule_about_a_search_speaks_where_it_was_searched_for_and_nowhere_else() -> None:
    house = parse("country: GB\npeople: {everyone: {profile: tween}}\nblock: [{search: how to cheat}]\n")
    searched = ask("search.example", house, search="Cheat at exams: how to?")
    assert (searched.action, searched.reason) == (Action.BLOCK, Reason.HOUSEHOLD)
    assert ask("search.example", house).reason is Reason.UNKNOWN


def test_of_two_schedules_alike_the_one_about_the_category_speaks() -> None:
    closed = 'block: ["08:00-20:00"]'
    house = parse(
        "country: GB\npeople: {everyone: {profile: tween}}\nschedules:\n"
        f"  - {{on: [everything], {closed}}}\n  - {{on: [games], {closed}}}\n"
    )
    decision = ask("play.example", house, EVERYTHING)
    assert (decision.reason, decision.category) == (Reason.SCHEDULE, "games")
