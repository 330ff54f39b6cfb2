"""Which cases share a start: drawn names never meet, real ones may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance_tests import case, cli, grouping
from conformance_tests.judge import Expectation
from conformance_tests.lab.sites import Site
from conformance_tests.parts import Probe

ALL = case.load_all(cli.CASES, 1)


def made(name: str, host: str, *, lists: tuple[str, ...] = (), profile: str = "child") -> case.Case:
    probe = Probe(ask=f"https://{host}/", expect=Expectation.ALLOWED)
    one = replace(ALL[0], id=name, profile=profile, lists={"gambling": lists})
    return replace(one, sites=(Site(host=host),), probes=(probe,))


@pytest.mark.parametrize(
    ("listed", "met", "collide"),
    [
        ("nhs.uk", "www.nhs.uk", True),
        ("nhs.uk", "nhs.uk", True),
        ("nhs.uk/jobs", "www.nhs.uk", True),
        ("nhs.uk", "notnhs.uk", False),
        ("www.nhs.uk", "nhs.uk", False),
    ],
)
def test_a_listed_name_meets_the_other_case_at_the_name_and_below(
    listed: str, met: str, *, collide: bool
) -> None:
    one, other = made("a", "a.example", lists=(listed,)), made("b", met)
    assert grouping.collide(one, other) is collide
    assert grouping.collide(other, one) is collide


def test_two_cases_that_list_the_same_name_may_share_a_start() -> None:
    one = made("a", "nhs.uk", lists=("nhs.uk",))
    assert len(grouping.group([one, made("b", "nhs.uk", lists=("nhs.uk",))])) == 1


def test_another_profile_is_another_start() -> None:
    starts = grouping.group([made("a", "a.example"), made("b", "b.example", profile="teen")])
    assert [profile for profile, _ in starts] == ["child", "teen"]


def test_every_case_of_the_suite_is_in_exactly_one_start() -> None:
    starts = grouping.group(ALL)
    together = [one.id for _, cases in starts for one in cases]
    assert sorted(together) == [one.id for one in ALL]


def test_the_case_that_lists_every_help_service_does_not_meet_the_one_that_needs_a_health_service() -> None:
    """It did, and every product that does not know help services failed the second for the first's sake."""
    by_id = {one.id: one for one in ALL}
    on_lists = by_id["content.help-is-never-blocked/every-country/on-lists"]
    assert grouping.collide(on_lists, by_id["filter-safety.pass-through/hosts/own-certificates"])
