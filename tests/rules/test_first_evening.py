"""What a household gets with nothing but the shipped data: starter pack, presets, help services."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rules import help as help_
from rules import pack, policy, starter
from rules.address import parse
from rules.content import examine
from rules.decide import Decision, Moment, Request, decide
from rules.decision import Reason
from rules.presets import Action, Profile
from rules.search import concern, read_search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rules.decision import Finding

NOON = Moment(at=datetime(2026, 11, 18, 12, 0, tzinfo=UTC))
HOUSEHOLD = policy.parse(
    "version: 1\ncountry: GB\npeople:\n"
    + "".join(f"  {profile.value}:\n    profile: {profile.value}\n" for profile in Profile)
)
HELP = sorted(
    {host for page in help_.countries().values() for service in page.services for host in service.hosts}
)
INNOCENT = (Path(__file__).parent / "innocent_hosts.txt").read_text(encoding="utf-8").split()
BLOCKED = ["www.pornhub.com", "bet365.com", "www.omegle.com", "nordvpn.com", "tinder.com", "thepiratebay.org"]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pack.Pack]:
    """The starter pack, built as on a first run."""
    file = tmp_path_factory.mktemp("pack") / "starter.pack"
    pack.build(starter.sources(), file)
    opened = pack.Pack.open(file)
    yield opened
    opened.close()


def ask(shipped: pack.Pack, url: str, profile: Profile, *findings: Finding) -> Decision:
    address = parse(url)
    request = Request(address=address, text=url, person=profile.value, findings=findings)
    return decide(request, HOUSEHOLD, shipped, NOON)


@pytest.mark.parametrize("profile", Profile)
def test_every_help_service_is_open_in_every_profile_and_never_journalled(
    shipped: pack.Pack, profile: Profile
) -> None:
    told = {host: ask(shipped, f"https://www.{host}/chat", profile) for host in HELP}
    assert {
        host for host, decision in told.items() if decision.action is not Action.ALLOW or not decision.help
    } == set()


def test_innocent_sites_are_open_for_a_ten_year_old(shipped: pack.Pack) -> None:
    assert [
        host
        for host in INNOCENT
        if ask(shipped, f"https://{host}/", Profile.TWEEN).action is not Action.ALLOW
    ] == []


@pytest.mark.parametrize("host", BLOCKED)
@pytest.mark.parametrize("profile", [Profile.EARLY, Profile.CHILD, Profile.TWEEN, Profile.TEEN])
def test_what_everyone_knows_is_not_for_children_is_not_served(
    shipped: pack.Pack, host: str, profile: Profile
) -> None:
    assert ask(shipped, f"https://{host}/", profile).action in {Action.BLOCK, Action.ASK}


@pytest.mark.parametrize(
    "host", ["www.sesamestreet.org", "pbskids.org", "www.kika.de", "www.lumni.fr", "www.khanacademy.org"]
)
def test_the_smallest_have_something_to_open(shipped: pack.Pack, host: str) -> None:
    assert ask(shipped, f"https://{host}/", Profile.EARLY).action is Action.ALLOW


def test_the_smallest_open_nothing_else(shipped: pack.Pack) -> None:
    assert ask(shipped, "https://www.example.org/", Profile.EARLY).action is Action.BLOCK


def test_a_page_that_labels_itself_is_blocked_with_the_label_as_reason(shipped: pack.Pack) -> None:
    body = b'<meta name="rating" content="RTA-5042-1996-1400-1577-RTA">'
    findings = examine([], body, profile=Profile.TEEN)
    told = ask(shipped, "https://unknown.example/", Profile.TEEN, *findings)
    assert (told.action, told.reason, told.category) == (Action.BLOCK, Reason.LABEL, "pornography")


def test_a_page_whose_words_say_it_is_blocked_with_the_phrases_in_the_explanation(shipped: pack.Pack) -> None:
    findings = examine([], b"Online casino: free spins and a welcome bonus", profile=Profile.TWEEN)
    told = ask(shipped, "https://unknown.example/", Profile.TWEEN, *findings)
    assert (told.action, told.reason, told.category) == (Action.BLOCK, Reason.PHRASES, "gambling")
    assert "free spins" in told.because


def test_help_stays_open_whatever_its_pages_say(shipped: pack.Pack) -> None:
    findings = examine([], b"I want to die, kill myself, suicide methods", profile=Profile.CHILD)
    assert findings
    assert ask(shipped, "https://www.samaritans.org/", Profile.CHILD, *findings).action is Action.ALLOW


@pytest.mark.parametrize("profile", [Profile.CHILD, Profile.TWEEN, Profile.TEEN, Profile.YOUNG_ADULT])
def test_a_search_of_someone_in_need_is_stopped_under_self_harm_and_help_is_at_hand(
    shipped: pack.Pack, profile: Profile
) -> None:
    url = "https://www.google.co.uk/search?q=how+to+kill+myself"
    search = read_search(parse(url))
    assert search is not None
    finding = concern(search.words)
    assert finding is not None
    told = ask(shipped, url, profile, finding)
    assert (told.action, told.category) == (Action.BLOCK, "self_harm")
    assert "self-harm" in help_.suited(HOUSEHOLD.country, told.category)[0].topics
