"""Report pages stay open where their service is closed, and open nothing beside them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from rules import address, help, reporting, services  # noqa: A004 - the module's name
from rules.decide import Decision, Finding, Moment, Override, Reason
from rules.policy import parse
from rules.presets import Action, Profile
from tests.rules.households import NOON, ask, listed

ENTRIES = [(service, entry) for service in services.services().values() for entry in service.reporting]
HEAD = "country: GB\n"
PEOPLE = "people: {{everyone: {{profile: {}{}}}}}\n"
SOCIAL = listed(social_networks="instagram.com", dating="facebook.com")
PAGES = ["https://help.instagram.com/1", "https://www.facebook.com/help/reportlinks"]


def asked(text: str, household: str = "", own: str = "", profile: str = "tween", **more: object) -> Decision:
    policy = parse(HEAD + household + PEOPLE.format(profile, own))
    return ask(text, policy, more.pop("pack", SOCIAL), **more)


@pytest.mark.parametrize("text", PAGES)
@pytest.mark.parametrize("profile", list(Profile))
def test_a_closed_category_leaves_them_open(text: str, profile: str) -> None:
    closed = ", categories: {social_networks: block, dating: block}"
    decision = asked(text, own=closed, profile=profile)
    assert (decision.action, decision.reason, decision.help) == (Action.ALLOW, Reason.CATEGORY, True)
    assert "takes reports" in decision.because


@pytest.mark.parametrize(
    ("household", "own"),
    [
        ("", ", services: {instagram: block, facebook: block}"),
        ("", ", block: [instagram.com, facebook.com]"),
        ("block: [instagram.com, facebook.com, www.facebook.com, '*.instagram.com']\n", ""),
        ("lists: {mine: block}\n", ""),
        ("categories: {uncategorised: block}\n", ""),
        ("schedules: [{on: [social_networks, dating], block: ['00:00-24:00']}]\n", ""),
    ],
)
@pytest.mark.parametrize("text", PAGES)
def test_what_closes_the_service_leaves_them_open(text: str, household: str, own: str) -> None:
    assert asked(text, household, own).action is Action.ALLOW


@pytest.mark.parametrize(
    ("household", "reason"),
    [
        ("schedules: [{on: [everything], block: ['00:00-24:00']}]\n", Reason.SCHEDULE),
        ("schedules: [{on: [everything], spare: [games], block: ['00:00-24:00']}]\n", Reason.SCHEDULE),
        ("block: [help.instagram.com, facebook.com/help]\n", Reason.HOUSEHOLD),
        ("block: [facebook.com/help, www.facebook.com, help.instagram.com]\n", Reason.HOUSEHOLD),
    ],
)
@pytest.mark.parametrize("text", PAGES)
def test_bedtime_and_a_rule_that_names_them_close_them(text: str, household: str, reason: Reason) -> None:
    decision = asked(text, household)
    assert (decision.action, decision.reason, decision.help) == (Action.BLOCK, reason, False)


@pytest.mark.parametrize("text", PAGES)
@pytest.mark.parametrize(
    ("target", "action"),
    [
        ("everything", Action.BLOCK),
        ("social_networks", Action.ALLOW),
        ("service:instagram", Action.ALLOW),
        ("instagram.com", Action.ALLOW),
    ],
)
def test_a_pause_closes_them_and_a_pause_of_the_service_does_not(
    text: str, target: str, action: Action
) -> None:
    until = NOON + timedelta(hours=1)
    made = Override(person="", target=target, action=Action.BLOCK, until=until)
    assert asked(text, moment=Moment(at=NOON, overrides=(made,))).action is action


@pytest.mark.parametrize(
    ("category", "reason"),
    [("child_abuse", Reason.ILLEGAL), ("malware", Reason.SECURITY), ("vpn_proxy", Reason.BYPASS)],
)
def test_harm_and_ways_round_close_them(category: str, reason: Reason) -> None:
    decision = asked(PAGES[0], pack=listed(social_networks="instagram.com", **{category: "instagram.com"}))
    assert (decision.action, decision.reason) == (Action.BLOCK, reason)


def test_the_words_of_a_report_page_do_not_close_it() -> None:
    findings = (Finding(category="self_harm", because="hurt"), Finding(category="nudity", because="RTA"))
    assert asked(PAGES[0], findings=findings).action is Action.ALLOW


def test_a_report_may_name_what_it_reports() -> None:
    carried = (address.parse("https://www.instagram.com/p/1"),)
    assert asked(PAGES[0], carried=carried).action is Action.ALLOW


def test_where_the_service_is_open_they_are_decided_like_it() -> None:
    decision = asked(PAGES[0], profile="teen")
    assert (decision.category, decision.help) == ("social_networks", False)


@pytest.mark.parametrize(
    "text",
    [
        "https://www.facebook.com/friends",
        "https://www.facebook.com/helper",
        "https://www.facebook.com/help/../friends",
        "https://www.facebook.com/friends/..%2Fhelp",
        "https://www.facebook.com/help/%2e%2e/friends",
        "https://www.facebook.com/help/..;/friends",
        "https://www.facebook.com/x%5c..%5chelp",
        "https://www.facebook.com//help",
        "https://www.facebook.com/HELP",
        "https://apps.facebook.com/help",
        "https://help.instagram.com.example/",
        "https://xhelp.instagram.com/",
        "https://instagram.com/help",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert reporting.page_at(address.parse(text)) is None


@given(st.text(alphabet="help/.%2Ff5c\\;x", max_size=24))
def test_whatever_is_under_one_is_under_it_as_written_and_as_read(rest: str) -> None:
    asked_for = address.parse(f"https://www.facebook.com/{rest}")
    if reporting.page_at(asked_for) is not None:
        assert f"/{rest}".startswith("/help")
        assert asked_for.path == f"/{rest}"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("facebook.com", True),
        ("www.facebook.com", True),
        ("apps.facebook.com", False),
        ("help.instagram.com", False),
        ("example.org", False),
    ],
)
def test_a_host_with_such_paths_can_not_be_decided_by_its_name(host: str, expected: bool) -> None:
    assert reporting.has_page_paths(host) is expected


def test_no_entry_opens_a_service_or_a_part_of_it() -> None:
    for service, entry in ENTRIES:
        for other in services.services().values():
            for covered in (*other.hosts, *other.paths):
                below = covered.endswith(f".{entry}") or covered.startswith(f"{entry}/")
                assert not below, (service.id, entry, covered)
                assert covered != entry, (service.id, entry)


def test_no_entry_is_a_public_suffix_or_a_help_service_and_none_stands_twice() -> None:
    hosts = [entry.partition("/")[0] for _, entry in ENTRIES]
    suffixes = PublicSuffixList()
    assert [host for host in hosts if suffixes.publicsuffix(host) == host or help.is_help(host)] == []
    assert len({entry for _, entry in ENTRIES}) == len(ENTRIES)


def test_an_entry_with_a_path_is_one_that_every_server_reads_alike() -> None:
    for service, entry in ENTRIES:
        page = reporting.page_at(address.parse(f"https://{entry}/x"))
        assert page is not None, entry
        assert page.service is service


def test_the_well_known_services_have_one() -> None:
    known = {service.id for service, _ in ENTRIES}
    assert known >= {
        "facebook",
        "instagram",
        "snapchat",
        "tiktok",
        "discord",
        "whatsapp",
        "roblox",
        "youtube",
    }
