"""Reading `policy.yaml`: what it means, and what is wrong with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pytest
from pydantic import BaseModel, Field, ValidationError

from rules import strict_yaml
from rules.errors import StairgateError
from rules.policy import Action, Profile, check, default_text, load, parse
from rules.policy.places import fold_device
from rules.policy.problems import read_problems
from rules.schedule import Calendar

if TYPE_CHECKING:
    from rules.errors import Problem

PEOPLE = "country: GB\npeople:\n"
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
    anna, ben = policy.people["a"].stances, policy.people["b"].stances
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
        (HEAD + "block:\n  - {address: a.com, until: 0001-01-01}\n", "not-a-time", 4, "2026-12-24"),
        (HEAD + "block:\n  - {address: a.com, until: 9999-12-31}\n", "not-a-time", 4, "2026-12-24"),
        (HEAD + "reach: ['a b:80']\n", "reach-form", 3, "192.168.1.20:8123"),
        (HEAD + "reach: [printer]\n", "reach-form", 3, "192.168.1.20:8123"),
        (HEAD + "reach: ['http://printer:80/']\n", "reach-form", 3, "192.168.1.20:8123"),
        (HEAD + "categories: {gmaes: block}\n", "unknown-category", 3, "'games'"),
        (HEAD + "categories: {qqqqqq: block}\n", "unknown-category", 3, "docs/categories.md"),
        (HEAD + "categories: {games: blok}\n", "unknown-word", 3, "'block'"),
        (HEAD + "categories: {child_abuse: allow}\n", "fixed-category", 3, "Remove"),
        (HEAD + "version: 2\n", "unknown-word", 3, "Write one of: 1"),
        (HEAD + "- x\n", "yaml-syntax", 3, "indentation"),
        (HEAD + "services: {tiktk: block}\n", "unknown-service", 3, "'tiktok'"),
        (HEAD + "services: {qqqqqqq: block}\n", "unknown-service", 3, "docs/services.md"),
        (HEAD + "lists: {mine: of}\n", "unknown-word", 3, "Write one of: allow"),
        (HEAD + "budgets: {gmaes: 30}\n", "unknown-target", 3, "'games'"),
        (HEAD + "budgets: {tiktok: 30}\n", "unknown-target", 3, "'service:tiktok'"),
        (HEAD + "budgets: {'service:tiktk': 30}\n", "unknown-service", 3, "'tiktok'"),
        (HEAD + "budgets: {'list:': 30}\n", "unknown-target", 3, "service:ID"),
        (HEAD + "budgets: {games: 1441}\n", "bad-value", 3, "at most 1440"),
        (HEAD + "budgets: {games: -1}\n", "bad-value", 3, "at least 0"),
        (HEAD + "country: DE\n", "yaml-duplicate", 3, "Keep one"),
        ("country: GB\npeople: {a: {profile: teen, password: x}}\n", "password-form", 2, "policy password"),
        (HEAD + "budgets: {games: true}\n", "wrong-kind", 3, "a table"),
        (HEAD + "schedules:\n  - {on: [], block: ['20:00-07:00']}\n", "bad-value", 4, "at least one"),
        (HEAD + "schedules:\n  - {on: [x], block: ['20:00-07:00']}\n", "unknown-target", 4, "service:x"),
        (HEAD + "schedules:\n  - {on: [games]}\n", "schedule-without-times", 4, "before-school"),
        (HEAD + "schedules:\n  - {on: [games], block: [evening]}\n", "window-form", 4, "21:00-07:00"),
        (HEAD + "schedules:\n  - {on: [games], block: ['20:00-25:00']}\n", "window-clock", 4, "24:00"),
        (HEAD + "schedules:\n  - {on: [games], block: ['20:60-21:00']}\n", "window-clock", 4, "24:00"),
        (HEAD + "schedules:\n  - {on: [games], block: ['24:00-07:00']}\n", "window-clock", 4, "24:00"),
        (HEAD + "schedules:\n  - {on: [games], block: ['07:00-07:00']}\n", "window-empty", 4, "00:00-24:00"),
        (HEAD + "schedules:\n  - {on: [games], block: ['mnday 7:00-8:00']}\n", "unknown-day", 4, "Days are"),
        (HEAD + "schedules:\n  - {on: [games], block: ['scool 7:00-8:00']}\n", "unknown-day", 4, "'school'"),
        (HEAD + "school: {days: [mon, tues]}\n", "unknown-day", 3, "'tue'"),
        (HEAD + "school:\n  holidays: [christmas]\n", "not-a-day", 4, "2026-12-19"),
        (HEAD + "school:\n  holidays: ['2027-01-04..2026-12-19']\n", "days-backwards", 4, "earlier"),
        (HEAD + "unknown_device: ana\n", "unknown-person", 3, "'anna'"),
        (HEAD + "unknown_device: zzz\n", "unknown-person", 3, "nobody"),
        (HEAD + "block:\n  - a.com\n  - www.Childline.org.uk/x\n", "help-stays-open", 5, "Remove"),
        (HEAD + "block: [{address: '*.childline.org.uk'}]\n", "help-stays-open", 3, "Remove"),
        (HEAD + "allow: [a.com]\nblock:\n  - a.com\n", "rule-twice", 5, "Remove"),
        ("country: GB\npeople:\n  a: {profile: teen, devices: [tv]}\n", "device-form", 3, "port:8081"),
        (
            PEOPLE
            + "  a: {profile: teen, devices: [10.0.0.9]}\n  b: {profile: teen, devices: ['::ffff:a00:9']}\n",
            "shared-device",
            4,
            "one person",
        ),
        (
            "country: GB\npeople:\n  a:\n    profile: child\n    budgets: {short_video: 30}\n",
            "limit-without-effect",
            5,
            "short_video: allow",
        ),
        (
            PEOPLE
            + "  a:\n    profile: early\n    schedules: [{on: [games, 'list:x'], allow: [1:00-2:00]}]\n",
            "limit-without-effect",
            5,
            "games: allow",
        ),
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


def test_a_limit_on_what_is_served_is_no_complaint() -> None:
    policy = parse(
        "country: GB\ncategories: {shopping: allow}\npeople:\n  a:\n    profile: early\n"
        "    categories: {games: allow}\n"
        "    budgets: {games: 30, shopping: 5, education_reference: 90, everything: 60}\n"
        "    schedules: [{on: [games], block: ['20:00-07:00']}]\n"
    )
    assert [budget.target for budget in policy.people["a"].budgets] == [
        "games",
        "shopping",
        "education_reference",
        "everything",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "people: 5\n",
        "people: {a: 5}\nbudgets: 7\nschedules: 3\nallow: 1\n",
        "people:\n  a: {profile: tween, devices: [5], schedules: [4, {on: 5, allow: 1}], budgets: []}\n",
        "people:\n  a: {profile: [tween], allow: [[x]], block: [[x]]}\nunknown_device: [a]\n",
        "[]\n",
    ],
)
def test_nonsense_of_any_shape_is_told_and_never_crashes(text: str) -> None:
    assert all(problem.hint and ":" in problem.place for problem in problems_of(text))


def test_devices_lead_to_people_in_any_spelling() -> None:
    policy = parse(
        "country: GB\npeople:\n  everyone: {profile: child}\n"
        "  a:\n    profile: teen\n"
        "    devices: [192.168.1.9, AA-BB-CC-DD-EE-FF, 'port:8081', 'FE80::1', 'wireguard:Phone']\n"
    )
    for word in ("192.168.1.9", "::ffff:192.168.1.9", "aa:bb:cc:dd:ee:ff", "port:8081", "fe80:0::1%eth0"):
        device = fold_device(word)
        assert device is not None
        assert policy.person_of(device) == "a", word
    assert policy.person_of("192.168.1.10") == "everyone"
    assert fold_device("tv") is None


@pytest.mark.parametrize(
    ("settings", "person"),
    [("", "everyone"), ("unknown_device: anna\n", "anna"), ("unknown_device: nobody\n", "")],
)
def test_an_unknown_device_is_whom_the_policy_says(settings: str, person: str) -> None:
    people = "country: GB\npeople: {everyone: {profile: child}, anna: {profile: teen}}\n"
    assert parse(people + settings).person_of("10.0.0.1") == person


def test_without_everyone_an_unknown_device_gets_nothing() -> None:
    assert parse(HEAD).person_of("10.0.0.1") == ""


def test_privacy_grows_with_age_unless_the_policy_says_otherwise() -> None:
    people = "".join(f"  {profile}: {{profile: {profile}}}\n" for profile in Profile)
    policy = parse(f"country: GB\npeople:\n{people}  x: {{profile: adult, journal: off, decrypt: true}}\n")
    kept = {key: (person.journal, person.decrypt) for key, person in policy.people.items()}
    assert kept == {
        "early": ("address", True),
        "child": ("address", True),
        "tween": ("address", True),
        "teen": ("category", True),
        "young-adult": ("category", True),
        "adult": ("category", False),
        "x": ("off", True),
    }


def test_school_days_and_holidays_are_compiled() -> None:
    policy = parse(HEAD + "school: {days: [mon, sat], holidays: [2026-11-16, '2026-12-19..2027-01-04']}\n")
    assert policy.week.calendar == Calendar(
        school_days=frozenset({0, 5}),
        holidays=((date(2026, 11, 16), date(2026, 11, 16)), (date(2026, 12, 19), date(2027, 1, 4))),
    )


def test_the_households_own_names_are_read() -> None:
    policy = parse(
        "country: GB\npeople: {everyone: {profile: tween}}\nnames: {nas.home.arpa: 192.168.1.20}\n"
    )
    assert dict(policy.names) == {"nas.home.arpa": "192.168.1.20"}


@pytest.mark.parametrize(
    "line",
    [
        "NAS: 192.168.1.20",
        "nas: router",
        "10.0.0.1: 10.0.0.2",
        "nas: 010.0.0.1",
        "a b: 10.0.0.1",
        "nas: '[10'",
    ],
)
def test_a_name_of_ones_own_leads_from_a_name_to_an_address(line: str) -> None:
    with pytest.raises(StairgateError) as caught:
        parse(f"country: GB\npeople: {{everyone: {{profile: tween}}}}\nnames:\n  {line}\n")
    assert caught.value.problems[0].place == "policy.yaml:4"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("country: GB\npeople: {a: {profile: teen, password: secret}}\n", "password-form"),
        ("country: GB\nunknown_device: login\npeople: {a: {profile: teen}}\n", "login-without-password"),
        ("country: GB\npeople: {login: {profile: teen}}\n", "person-name"),
        ("country: GB\npeople: {nobody: {profile: teen}}\n", "person-name"),
    ],
)
def test_what_can_not_be_a_login_is_told(text: str, code: str) -> None:
    assert [problem.code for problem in problems_of(text)] == [code]


def test_what_the_gate_has_to_ask_for_is_known_beforehand() -> None:
    plain = parse("country: GB\npeople: {a: {profile: teen, devices: [192.168.1.9]}}\n")
    assert (plain.names_hardware, plain.has_passwords, plain.asks_login) == (False, False, False)
    assert parse("country: GB\npeople: {a: {profile: teen, devices: ['aa-bb-cc-dd-ee-ff']}}\n").names_hardware


def test_mistakes_of_spelling_and_of_sense_are_told_together() -> None:
    text = "country: GB\ncountry: DE\nzone: &z Mars\npeople: {a: {profile: no, name: *z}}\n"
    with pytest.raises(StairgateError) as caught:
        parse(text + "school: {days: [x]}\n")
    assert [(problem.code, problem.place) for problem in caught.value.problems] == [
        ("yaml-duplicate", "policy.yaml:2"),
        ("yaml-alias", "policy.yaml:3"),
        ("unknown-zone", "policy.yaml:3"),
        ("unknown-word", "policy.yaml:4"),
        ("wrong-kind", "policy.yaml:4"),
        ("unknown-day", "policy.yaml:5"),
    ]


def test_what_we_have_no_words_for_is_told_in_the_library_s() -> None:
    class Small(BaseModel):
        even: Annotated[int, Field(multiple_of=2)]

    document = strict_yaml.load("even: 3\n", file="small.yaml")
    with pytest.raises(ValidationError) as caught:
        Small.model_validate(document.data)
    (problem,) = read_problems(caught.value, document, Small)
    assert (problem.code, problem.place) == ("bad-value", "small.yaml:1")
    assert "multiple of 2" in problem.cause


def test_a_printed_hash_of_a_password_is_taken() -> None:
    printed = f"$argon2id$v=19$m=19456,t=2,p=1${'a' * 22}${'B' * 43}"
    policy = parse(f"country: GB\npeople: {{a: {{profile: teen, password: '{printed}'}}}}\n")
    assert policy.people["a"].profile is Profile.TEEN
