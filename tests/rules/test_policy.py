"""Reading `policy.yaml`: what it means, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rules.errors import StairgateError
from rules.policy import Action, Profile, check, default_text, load, parse

if TYPE_CHECKING:
    from rules.errors import Problem

HEAD = "country: GB\npeople: {anna: {profile: tween}}\n"


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(StairgateError) as raised:
        parse(text)
    return raised.value.problems


def test_the_first_policy_has_one_person_on_tween() -> None:
    policy = parse(default_text("NL"))
    assert policy.country == "NL"
    assert {name: person.profile for name, person in policy.people.items()} == {"everyone": Profile.TWEEN}


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(default_text("GB"), encoding="utf-8")
    assert check(path) == []
    assert load(path).file == "policy.yaml"


def test_a_missing_file_is_one_problem(tmp_path: Path) -> None:
    assert [problem.code for problem in check(tmp_path / "policy.yaml")] == ["unreadable-file"]


def test_settings_are_compiled() -> None:
    policy = parse(
        HEAD
        + "zone: Europe/London\nreach: ['192.168.1.20:8123', 'printer.home:80']\ntrust: [ca/school.pem]\n"
    )
    assert str(policy.zone) == "Europe/London"
    assert policy.reach == ("192.168.1.20:8123", "printer.home:80")
    assert policy.trust == (Path("ca/school.pem"),)


def test_a_person_is_shown_by_key_or_by_name() -> None:
    policy = parse("country: GB\npeople:\n  a: {profile: adult, name: Anna Müller}\n  b: {profile: child}\n")
    assert [person.name for person in policy.people.values()] == ["Anna Müller", "b"]


def test_a_persons_category_goes_before_the_households() -> None:
    policy = parse(
        "country: GB\ncategories: {games: block, shopping: allow}\n"
        "people:\n  a: {profile: child, categories: {games: ask}}\n  b: {profile: child}\n"
    )
    anna, ben = policy.people["a"].verdicts, policy.people["b"].verdicts
    assert (anna["games"].action, ben["games"].action) == (Action.ASK, Action.BLOCK)
    assert (anna["games"].set_at, ben["games"].set_at) == ("policy.yaml:4", "policy.yaml:2")
    assert anna["shopping"].action is Action.ALLOW


@pytest.mark.parametrize(
    ("text", "code", "line", "hint"),
    [
        ("people: {anna: {profile: tween}}\n", "missing-setting", 1, "Add `country"),
        ("country: gb\npeople: {a: {profile: tween}}\n", "unknown-country", 1, "GB or DE"),
        ("country: GB\npeople: {}\n", "nobody", 2, "everyone"),
        ("country: GB\npeople: {'a b': {profile: tween}}\n", "person-name", 2, "Use letters"),
        ("country: GB\npeople:\n  a:\n    profile: twen\n", "unknown-word", 4, "'tween'"),
        (
            "country: GB\npeople:\n  a:\n    profle: tween\n    profile: tween\n",
            "unknown-setting",
            4,
            "'profile'",
        ),
        (HEAD + "zone: Europe/Berln\n", "unknown-zone", 3, "'Europe/Berlin'"),
        (HEAD + "zone: x\n", "unknown-zone", 3, "Europe/Berlin"),
        (HEAD + "alow: []\n", "unknown-setting", 3, "'allow'"),
        (HEAD + "qqqqqq: []\n", "unknown-setting", 3, "Possible here: allow"),
        (HEAD + "allow: example.com\n", "wrong-kind", 3, "a list"),
        (HEAD + "allow:\n  - 5\n", "wrong-kind", 4, "a table"),
        (HEAD + "allow:\n  - {}\n", "rule-subject", 4, "Keep one"),
        (HEAD + "allow:\n  - {address: a.com, search: cats}\n", "rule-subject", 4, "Keep one"),
        (HEAD + "allow:\n  - {address: '*.a.com', covers: name}\n", "rule-covers", 4, "Remove"),
        (HEAD + "allow:\n  - {search: cats, covers: name}\n", "rule-covers", 4, "Remove"),
        (HEAD + "allow:\n  - {search: '?!'}\n", "rule-search", 4, "search: dogs"),
        (HEAD + "block:\n  - ok.example\n  - a b\n", "rule-address", 5, "example.com"),
        (HEAD + "block: [a.*.com]\n", "rule-star", 3, "*.example.com"),
        (HEAD + "block: ['a.com/?q=1']\n", "rule-query", 3, "leave that off"),
        (HEAD + "block:\n  - {address: a.com, until: soon}\n", "not-a-time", 4, "2026-12-24"),
        (HEAD + "block:\n  - {address: a.com, until: 2026}\n", "not-a-time", 4, "2026-12-24"),
        (HEAD + "reach: [printer]\n", "reach-form", 3, "192.168.1.20:8123"),
        (HEAD + "reach: ['http://printer:80/']\n", "reach-form", 3, "192.168.1.20:8123"),
        (HEAD + "categories: {gmaes: block}\n", "unknown-category", 3, "'games'"),
        (HEAD + "categories: {qqqqqq: block}\n", "unknown-category", 3, "docs/categories.md"),
        (HEAD + "categories: {games: blok}\n", "unknown-word", 3, "'block'"),
        (HEAD + "categories: {child_abuse: allow}\n", "fixed-category", 3, "Remove"),
        (HEAD + "version: 2\n", "unknown-word", 3, "Write one of: 1"),
        (HEAD + "- x\n", "yaml-syntax", 3, "indentation"),
        ("", "wrong-kind", 1, "a table"),
    ],
)
def test_a_complaint_has_its_line_and_a_hint(text: str, code: str, line: int, hint: str) -> None:
    (problem,) = problems_of(text)
    assert (problem.code, problem.place) == (code, f"policy.yaml:{line}")
    assert hint in problem.hint


def test_all_complaints_come_at_once_in_the_order_of_the_file() -> None:
    text = "country: xx\npeople:\n  a: {profile: twen}\nblock: [a b]\ncategories: {gmaes: block}\nzzz: 1\n"
    codes = [problem.code for problem in problems_of(text)]
    assert codes == ["unknown-country", "unknown-word", "rule-address", "unknown-category", "unknown-setting"]


def test_the_households_own_names_are_read() -> None:
    policy = parse(
        "country: GB\npeople: {everyone: {profile: tween}}\nnames: {nas.home.arpa: 192.168.1.20}\n"
    )
    assert dict(policy.names) == {"nas.home.arpa": "192.168.1.20"}


@pytest.mark.parametrize("line", ["NAS: 192.168.1.20", "nas: router", "10.0.0.1: 10.0.0.2", "nas: 010.0.0.1"])
def test_a_name_of_ones_own_leads_from_a_name_to_an_address(line: str) -> None:
    with pytest.raises(StairgateError) as caught:
        parse(f"country: GB\npeople: {{everyone: {{profile: tween}}}}\nnames:\n  {line}\n")
    assert caught.value.problems[0].place == "policy.yaml:4"
