"""What holds for every household, pack, address and moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.address import parse as parse_address
from rules.decide import Decision, Finding, Moment, Override, Reason, Request, decide
from rules.explain import as_json, explain
from rules.policy import Action, parse
from rules.presets import STRICTNESS, Profile
from rules.services import services
from rules.taxonomy import CATEGORIES, ILLEGAL
from tests.rules.households import FewEntries, ask, spoken

if TYPE_CHECKING:
    from rules.policy import Policy

HOSTS = [
    "a.example",
    "www.a.example",
    "b.example",
    "x.b.example",
    "c.test",
    "youtube.com",
    "whatsapp.com",
    "203.0.113.9",
    "faq.whatsapp.com",
    "www.facebook.com",
    "childline.org.uk",
]
PATHS = ["", "/", "/shorts", "/shorts/1", "/kids/x", "/help", "/help/1"]
RULES = [
    *HOSTS[:-1],
    "example",
    "*.example",
    "a.example/kids",
    "youtube.com/shorts",
    "203.0.113.0/24",
    "facebook.com",
    "facebook.com/help",
]
CHANGEABLE = sorted(CATEGORIES.keys() - {ILLEGAL})
ACTIONS = [action.value for action in Action]
TARGETS = [
    "everything",
    "service:youtube",
    "service:whatsapp",
    "service:facebook",
    "list:one",
    "games",
    "uncategorised",
]
WINDOWS = ["08:00-13:00", "21:00-07:00", "school 12:00-18:00", "sat,sun 00:00-24:00"]

some_rules = st.lists(st.sampled_from(RULES) | st.just({"search": "cats"}), max_size=3)
some_settings = st.fixed_dictionaries(
    {},
    optional={
        "allow": some_rules,
        "block": some_rules,
        "categories": st.dictionaries(st.sampled_from(CHANGEABLE), st.sampled_from(ACTIONS), max_size=4),
        "services": st.dictionaries(
            st.sampled_from(["youtube", "whatsapp", "facebook"]), st.sampled_from(ACTIONS), max_size=2
        ),
        "lists": st.dictionaries(
            st.sampled_from(["one", "two"]), st.sampled_from([*ACTIONS, "ignore"]), max_size=2
        ),
        "schedules": st.lists(
            st.builds(
                lambda on, word, windows, spare: {"on": on, word: windows, "spare": spare},
                st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2),
                st.sampled_from(["block", "allow"]),
                st.lists(st.sampled_from(WINDOWS), min_size=1, max_size=2),
                st.lists(st.sampled_from(["games", "news_politics"]), max_size=1),
            ),
            max_size=2,
        ),
        "budgets": st.dictionaries(st.sampled_from(TARGETS), st.integers(0, 60), max_size=2),
    },
).map(
    lambda chosen: {
        **chosen,
        "block": [rule for rule in chosen.get("block", []) if rule not in chosen.get("allow", [])],
    }
)

entries = st.builds(
    lambda category, host, line, name: spoken(category, host, line, name=name),
    st.sampled_from([*CATEGORIES, "of_another_version"]),
    st.sampled_from(HOSTS[:-1]),
    st.integers(1, 9),
    st.sampled_from(["one", "two", "three"]),
)
packs = st.lists(entries, max_size=5)
addresses = st.builds("{}{}".format, st.sampled_from(HOSTS), st.sampled_from(PATHS))
clocks = st.integers(0, 300 * 24 * 60).map(
    lambda minutes: datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
overrides = st.builds(
    Override,
    person=st.sampled_from(["", *Profile]),
    target=st.sampled_from([*TARGETS, "a.example", "example/kids", "schedule", "budget"]),
    action=st.sampled_from([Action.ALLOW, Action.BLOCK]),
    until=clocks,
    asked=st.booleans(),
)
findings = st.lists(
    st.builds(
        Finding, category=st.sampled_from([*CATEGORIES, "?"]), because=st.just("RTA"), label=st.booleans()
    ),
    max_size=2,
).map(tuple)


def household(shared: dict[str, Any], own: dict[str, Any] | None = None) -> Policy:
    """One person for each profile, named like it, all with the same settings."""
    people = {profile.value: {"profile": profile.value, **(own or {})} for profile in Profile}
    return parse(json.dumps({"country": "GB", "zone": "Europe/Berlin", **shared, "people": people}))


def mild(own: dict[str, Any]) -> dict[str, Any]:
    """A person's own settings without limits that would be told to be without effect."""
    return {key: value for key, value in own.items() if key not in {"budgets", "schedules"}}


moments = st.builds(
    lambda at, used, made: Moment(
        at=at, used={(person, target): used for person in Profile for target in TARGETS}, overrides=made
    ),
    clocks,
    st.integers(0, 90),
    st.lists(overrides, max_size=2).map(tuple),
)
same_for_all = st.builds(
    lambda moment, made: Moment(at=moment.at, used=moment.used, overrides=made),
    moments,
    st.lists(
        overrides.map(
            lambda each: Override(
                person="", target=each.target, action=each.action, until=each.until, asked=each.asked
            )
        ),
        max_size=2,
    ).map(tuple),
)
questions = st.fixed_dictionaries(
    {"page_load": st.booleans(), "search": st.sampled_from(["", "cats", "dogs"]), "findings": findings}
)


@given(
    st.text() | addresses | st.text(alphabet="htp:/@[]%.\\?#0x\u0661\u2024xn-", max_size=40),
    st.text(max_size=5) | st.sampled_from(list(Profile)),
    some_settings,
    packs,
    moments,
    questions,
)
def test_no_input_makes_it_fail(
    text: str, person: str, shared: dict[str, Any], pack: list[Any], moment: Moment, question: dict[str, Any]
) -> None:
    decision = ask(text, household(shared), FewEntries(*pack), person=person, moment=moment, **question)
    assert isinstance(decision, Decision)
    assert decision.reason is not Reason.FAILURE
    assert decision.because.endswith(".")
    assert "\n" not in decision.because
    json.dumps(as_json(text, person, moment.at, decision))


@given(
    addresses, st.sampled_from(list(Profile)), some_settings, some_settings, packs, same_for_all, questions
)
def test_the_same_question_gets_the_same_answer_in_whatever_order_lists_and_rules_stand(
    text: str,
    person: str,
    shared: dict[str, Any],
    own: dict[str, Any],
    pack: list[Any],
    moment: Moment,
    question: dict[str, Any],
) -> None:
    policy = household(shared, mild(own))
    decision = ask(text, policy, FewEntries(*pack), person=person, moment=moment, **question)
    turned = ask(text, policy, FewEntries(*reversed(pack)), person=person, moment=moment, **question)
    assert (turned.action, turned.reason, turned.because, turned.category, turned.rule) == (
        decision.action,
        decision.reason,
        decision.because,
        decision.category,
        decision.rule,
    )
    assert turned.categories == decision.categories
    backwards = {key: value[::-1] if isinstance(value, list) else value for key, value in shared.items()}
    other = ask(
        text, household(backwards, mild(own)), FewEntries(*pack), person=person, moment=moment, **question
    )
    assert (other.action, other.reason, other.category) == (
        decision.action,
        decision.reason,
        decision.category,
    )


@given(
    addresses,
    st.sampled_from(list(Profile)),
    some_settings,
    packs,
    moments,
    questions,
    st.sampled_from(RULES),
    st.booleans(),
)
def test_one_more_always_allow_never_makes_anything_stricter(
    text: str,
    person: str,
    shared: dict[str, Any],
    pack: list[Any],
    moment: Moment,
    question: dict[str, Any],
    rule: str,
    own: bool,
) -> None:
    shared["block"] = [block for block in shared["block"] if block != rule]
    before = ask(text, household(shared), FewEntries(*pack), person=person, moment=moment, **question)
    more = (
        household(shared, {"allow": [rule]})
        if own
        else household({**shared, "allow": [*shared.get("allow", []), rule]})
    )
    after = ask(text, more, FewEntries(*pack), person=person, moment=moment, **question)
    assert STRICTNESS[after.action] <= STRICTNESS[before.action]


@given(
    addresses,
    st.sampled_from(list(Profile)),
    some_settings,
    packs,
    moments,
    questions,
    st.sampled_from(RULES),
)
def test_one_more_always_block_never_opens_anything(
    text: str,
    person: str,
    shared: dict[str, Any],
    pack: list[Any],
    moment: Moment,
    question: dict[str, Any],
    rule: str,
) -> None:
    shared["allow"] = [allow for allow in shared.get("allow", []) if allow != rule]
    before = ask(text, household(shared), FewEntries(*pack), person=person, moment=moment, **question)
    after = ask(
        text,
        household({**shared, "block": [*shared["block"], rule]}),
        FewEntries(*pack),
        person=person,
        moment=moment,
        **question,
    )
    assert STRICTNESS[after.action] >= STRICTNESS[before.action]


@settings(max_examples=300)
@given(addresses, some_settings, some_settings, packs, same_for_all, questions)
def test_a_stricter_profile_serves_nothing_that_a_looser_one_does_not(
    text: str,
    shared: dict[str, Any],
    own: dict[str, Any],
    pack: list[Any],
    moment: Moment,
    question: dict[str, Any],
) -> None:
    policy = household(shared, mild(own))
    served = [
        ask(text, policy, FewEntries(*pack), person=profile, moment=moment, **question).action is Action.ALLOW
        for profile in Profile
    ]
    assert served == sorted(served)


@given(addresses, st.sampled_from(list(Profile)), some_settings, packs, moments)
def test_the_explanation_names_the_entry_that_decided_and_no_other(
    text: str, person: str, shared: dict[str, Any], pack: list[Any], moment: Moment
) -> None:
    policy = household(shared)
    decision = ask(text, policy, FewEntries(*pack), person=person, moment=moment)
    rule = decision.rule
    if rule is None:
        assert decision.reason in {
            Reason.HELP,
            Reason.OVERRIDE,
            Reason.UNKNOWN,
            Reason.CATEGORY,
            Reason.UNPARSABLE,
        }
        return
    assert f"{rule.file}:{rule.line}" in decision.because or decision.reason is Reason.ILLEGAL
    if rule.list != "policy":
        assert rule in decision.entries
        assert rule.category == decision.category
        assert rule.category in decision.categories
        others = [entry for entry in pack if entry != rule]
        without = ask(text, policy, FewEntries(*others), person=person, moment=moment)
        assert without.rule != rule


@given(addresses, st.sampled_from(list(Profile)), some_settings, packs, moments)
def test_categories_are_all_the_packs_say_whatever_is_done(
    text: str, person: str, shared: dict[str, Any], pack: list[Any], moment: Moment
) -> None:
    found = FewEntries(*pack)
    decision = ask(text, household(shared), found, person=person, moment=moment)
    host = text.partition("/")[0]
    expected = {
        entry.category for entry in pack if host == entry.pattern or host.endswith("." + entry.pattern)
    }
    assert set(decision.categories) == expected
    assert list(decision.categories) == sorted(
        decision.categories,
        key=lambda category: list(CATEGORIES).index(category) if category in CATEGORIES else 99,
    )


@given(some_settings, packs, moments, st.sampled_from(list(Profile)))
def test_help_stays_open_in_every_state_unless_it_is_illegal(
    shared: dict[str, Any], pack: list[Any], moment: Moment, person: str
) -> None:
    decision = ask(
        "https://www.childline.org.uk/", household(shared), FewEntries(*pack), person=person, moment=moment
    )
    assert (decision.action, decision.reason) == (Action.ALLOW, Reason.HELP)


@given(some_settings, packs, moments, questions, st.sampled_from(list(Profile)))
def test_report_pages_stay_open_unless_harm_or_what_closes_everything_or_names_them_speaks(
    shared: dict[str, Any], pack: list[Any], moment: Moment, question: dict[str, Any], person: str
) -> None:
    for text in ("https://faq.whatsapp.com/", "https://www.facebook.com/help/1"):
        decision = ask(text, household(shared), FewEntries(*pack), person=person, moment=moment, **question)
        if decision.action is Action.ALLOW:
            continue
        assert decision.reason in {
            Reason.ILLEGAL,
            Reason.SECURITY,
            Reason.BYPASS,
            Reason.SCHEDULE,
            Reason.BUDGET,
            Reason.OVERRIDE,
            Reason.HOUSEHOLD,
        }
        if decision.reason in {Reason.SCHEDULE, Reason.BUDGET, Reason.OVERRIDE}:
            assert "everything" in decision.because
        if decision.reason is Reason.HOUSEHOLD:
            assert decision.rule is not None
            assert decision.rule.entry in {"faq.whatsapp.com", "facebook.com/help", "search: cats"}


def test_the_services_of_these_tests_exist() -> None:
    assert {"youtube", "whatsapp", "facebook"} <= services().keys()


def test_an_explanation_is_one_sentence_with_the_host() -> None:
    request = Request(
        address=parse_address("http://a.example/x?y=z"), text="http://a.example/x?y=z", person="teen"
    )
    decision = decide(request, household({}), FewEntries(), Moment(at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert explain(decision, request).startswith("a.example is allowed. ")
