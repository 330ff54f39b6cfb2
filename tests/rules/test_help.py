"""Help services: enough of them, honest about their numbers, and never a host shared with others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import help as help_
from rules import starter
from rules.errors import StairgateError

if TYPE_CHECKING:
    from pathlib import Path

SHARED = """google.com www.google.com facebook.com www.gov.uk gov.uk europa.eu github.io
    wordpress.com savethechildren.it gouv.fr gov.au justice.gov youtube.com ncmec.org""".split()  # noqa: SIM905 - reads better
PAGE = """country: GB
emergency: {number: "999", confidence: H}
services:
  - id: gb-one
    name: One
    hosts: [one.example]
    topics: [general]
    phone: "0800 1"
    web: https://www.one.example/
    verified_on: null
    confidence: H
"""

ALL = [service for page in help_.countries().values() for service in page.services]


def load(folder: Path, text: str, name: str = "GB.yaml") -> dict[str, help_.CountryHelp]:
    (folder / name).write_text(text, encoding="utf-8")
    return help_.load(folder)


def test_there_are_services_for_twelve_countries_and_a_hundred_hosts() -> None:
    assert len(help_.countries()) >= 12
    assert len({host for service in ALL for host in service.hosts}) >= 100


def test_every_country_has_help_for_self_harm_and_for_abuse_within_reach() -> None:
    for country in help_.countries():
        offered = {topic for service in help_.services(country) for topic in service.topics}
        assert {"self-harm", "abuse", "general", "reporting"} <= offered, country


def test_only_a_number_someone_stands_behind_is_printed() -> None:
    for service in ALL:
        sure = service.confidence in {"H", "K-H"} or service.verified_on is not None
        printed = service.phone is not None and f" · {service.phone} · " in help_.printable(service)
        assert printed == (sure and service.phone is not None), service.id


def test_an_unsure_number_gives_the_web_address_alone() -> None:
    (service,) = [service for service in ALL if service.id == "de-nummer"]
    assert help_.printable(service) == "Nummer gegen Kummer · www.nummergegenkummer.de"


def test_a_sure_contact_is_printed_whole() -> None:
    lines = {service.id: help_.printable(service) for service in ALL}
    assert lines["gb-childline"] == "Childline · 0800 1111 · www.childline.org.uk"
    assert lines["gb-shout"] == "Shout · text SHOUT to 85258 · giveusashout.org"


@pytest.mark.parametrize(
    "host",
    [
        "childline.org.uk",
        "www.childline.org.uk",
        "a.b.samaritans.org",
        "988lifeline.org",
        "nhs.uk",
        "www.nhs.uk",
    ],
)
def test_a_services_name_and_what_is_below_are_help(host: str) -> None:
    assert help_.is_help(host)


@pytest.mark.parametrize(
    "host", [*SHARED, "notchildline.org.uk", "org.uk", "", "127.0.0.1", "childline.org.uk.evil.example"]
)
def test_other_hosts_are_not_help(host: str) -> None:
    assert not help_.is_help(host)


@given(st.text(alphabet="ab.-1", max_size=30))
def test_what_is_below_help_is_help_and_any_text_has_an_answer(label: str) -> None:
    assert help_.is_help(f"{label}.samaritans.org")
    assert not help_.is_help(f"{label}.example")


def test_no_help_service_is_in_a_list_of_something_blocked() -> None:
    fine = {"education_reference", "private_sensitive", "sexual_health"}
    helping = {host for service in ALL for host in service.hosts}
    for item in starter.lists():
        if item.category not in fine:
            names = {line.split()[0] for line in item.path.read_text(encoding="utf-8").splitlines()}
            assert not {name for name in names if help_.is_help(name)}, item.category
            assert not {host for host in helping if any(host.endswith(f".{name}") for name in names)}, (
                item.category
            )


def test_the_services_of_a_country_come_before_those_of_the_world() -> None:
    order = [service.country for service in help_.services("de")]
    assert order == sorted(order, key=["DE", "EU", "INT"].index)


@pytest.mark.parametrize(
    ("country", "first"),
    [("UK", "GB"), ("gb", "GB"), ("BR", "INT"), ("EU", "EU"), ("INT", "INT"), ("", "INT")],
)
def test_a_country_is_found_by_any_common_spelling(country: str, first: str) -> None:
    assert help_.services(country)[0].country == first


def test_outside_the_union_its_lines_are_not_offered() -> None:
    assert {service.country for service in help_.services("US")} == {"US", "INT"}


@pytest.mark.parametrize("country", [*help_.countries(), "BR"])
@pytest.mark.parametrize(
    ("category", "topic"), [("self_harm", "self-harm"), ("stranger_chat", "grooming"), ("games", "general")]
)
def test_the_right_help_comes_first(country: str, category: str, topic: str) -> None:
    offered = help_.services(country)
    shown = help_.suited(country, category)
    assert 1 <= len(shown) <= 3
    if any(topic in service.topics for service in offered):
        assert topic in shown[0].topics


def test_the_topics_of_categories_exist() -> None:
    assert set(help_.TOPIC_OF_CATEGORY.values()) <= help_.TOPICS


@pytest.mark.parametrize(("country", "number"), [("UK", "999"), ("us", "911"), ("DE", None), ("XX", None)])
def test_the_emergency_number_is_given_where_it_is_sure(country: str, number: str | None) -> None:
    assert help_.emergency(country) == number


def test_a_correct_page_is_read(tmp_path: Path) -> None:
    page = load(tmp_path, PAGE)["GB"]
    assert (page.emergency, page.services[0].id) == ("999", "gb-one")


def test_an_unsure_emergency_number_is_kept_back(tmp_path: Path) -> None:
    assert load(tmp_path, PAGE.replace("confidence: H}", "confidence: M}"))["GB"].emergency is None


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("country: GB", "country: Britain", "GB.yaml:1 bad-country"),
        ("country: GB", "country: IE", "GB.yaml:1 bad-country"),
        ("id: gb-one", "id: one", "GB.yaml:4 bad-id"),
        ("topics: [general]", "topics: [cooking]", "GB.yaml:7 unknown-word"),
        ('phone: "0800 1"', "phone: call us", "GB.yaml:8 bad-phone"),
        ('phone: "0800 1"', "phone: 988", "GB.yaml:8 wrong-kind"),
        ("https://www.one.example/", "http://www.one.example/", "GB.yaml:9 bad-web"),
        ("https://www.one.example/", "https://www.two.example/", "GB.yaml:9 bad-web"),
        ("https://www.one.example/", "https://one.example", "GB.yaml:9 bad-web"),
        ("verified_on: null", "verified_on: yesterday", "GB.yaml:10 bad-date"),
        ("    confidence: H", "    confidence: sure", "GB.yaml:11 unknown-word"),
        ("    name: One", "    nmae: One", "GB.yaml:5 unknown-field"),
    ],
)
def test_a_slip_is_found_with_its_line(tmp_path: Path, right: str, wrong: str, place: str) -> None:
    with pytest.raises(StairgateError) as caught:
        load(tmp_path, PAGE.replace(right, wrong, 1))
    assert place in [f"{problem.place} {problem.code}" for problem in caught.value.problems]


def test_an_id_used_in_two_files_is_found(tmp_path: Path) -> None:
    (tmp_path / "IE.yaml").write_text(PAGE.replace("country: GB", "country: IE"), encoding="utf-8")
    with pytest.raises(StairgateError, match="repeated-id"):
        load(tmp_path, PAGE)


def test_the_reference_page_shows_each_service_as_it_is_printed_and_what_waits() -> None:
    page = help_.describe()
    assert all(f"| {help_.printable(service)} |" in page for service in ALL)
    assert "| waits: 13 11 14 |" in page
    assert "## GB (emergency: 999)" in page
