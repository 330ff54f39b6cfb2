"""`stairgate policy` as a program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stairgate


@pytest.fixture
def run(stairgate: Stairgate) -> Stairgate:
    return lambda *words: stairgate("policy", *words)


def test_the_first_policy_is_good(run: Stairgate, tmp_path: Path) -> None:
    done = run("check", "--home", str(tmp_path / "home"))
    assert done.code == 0
    assert done.out.endswith("policy.yaml: good\n")


def test_every_mistake_is_named_at_once_with_its_line(run: Stairgate, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "country: GB\npeople:\n  everyone:\n    profile: twen\n    categories: {gamblin: block}\n"
    )
    done = run("check", str(policy))
    assert done.code == 65
    assert "policy.yaml:4" in done.err
    assert "policy.yaml:5" in done.err


def test_mistakes_are_given_as_json(run: Stairgate, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("country: GB\npeople:\n  everyone:\n    profile: twen\n")
    done = run("check", str(policy), "--json")
    (row,) = map(json.loads, done.out.splitlines())
    assert done.code == 65
    assert row["place"].endswith("policy.yaml:4")


def test_show_says_what_happens_with_each_category(run: Stairgate, tmp_path: Path) -> None:
    done = run("show", "--json", "--home", str(tmp_path / "home"))
    (row,) = map(json.loads, done.out.splitlines())
    assert (row["person"], row["profile"]) == ("everyone", "tween")
    assert row["categories"]["pornography"] == "block"
    assert row["categories"]["education_reference"] == "allow"


@pytest.mark.parametrize("words", [["show", "--person", "nobody"], ["preset", "toddler"]])
def test_an_unknown_person_or_profile_ends_in_64(run: Stairgate, tmp_path: Path, words: list[str]) -> None:
    home = ["--home", str(tmp_path / "home")] if words[0] == "show" else []
    assert run(*words, *home).code == 64


def test_a_preset_is_shown_for_people(run: Stairgate) -> None:
    done = run("preset", "early")
    assert done.code == 0
    assert "allow-list" in done.out


def test_a_printed_password_is_taken_by_the_policy(run: Stairgate, tmp_path: Path) -> None:
    line = run("password", "--password", "secret").out
    policy = tmp_path / "policy.yaml"
    policy.write_text(f"country: GB\npeople:\n  leo:\n    profile: teen\n    {line}")
    assert run("check", str(policy)).code == 0
    assert "secret" not in line


def test_who_is_looked_into_and_how_a_person_is_known_is_shown(run: Stairgate, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "policy.yaml").write_text(
        "country: GB\npeople: {mum: {profile: adult}, leo: {profile: teen, devices: ['port:8091']}}\n"
    )
    shown = run("show", "--home", str(home)).out
    assert "pages are not looked into; known by: nothing" in shown
    assert "pages are looked into; known by: port:8091" in shown


def test_a_policy_that_is_not_there_ends_in_69(run: Stairgate, tmp_path: Path) -> None:
    assert run("check", str(tmp_path / "nowhere.yaml")).code == 69
