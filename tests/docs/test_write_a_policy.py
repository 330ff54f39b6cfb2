"""`docs/write-a-policy.md` keeps its word: every family is loaded, every line of its table is asked."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from rules import starter, strict_yaml
from rules.decide import Moment, Reason
from rules.pack import Pack, build
from rules.policy import Policy, check, parse
from rules.policy.compiling import NOBODY
from tests.rules.households import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "write-a-policy.md").read_text(encoding="utf-8")
FAMILIES = {
    heading: re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    for heading, text in re.findall(r"^### (\d+\. .*?)\n(.*?)(?=^### |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
APART = {Reason.UNPARSABLE, Reason.ADDRESS, Reason.IDENTITY, Reason.FAILURE}


def policy_text(family: str) -> str:
    found = FAMILIES[family]
    assert found is not None
    return found[1]


def claims() -> Iterator[tuple[str, list[str]]]:
    family = ""
    for line in PAGE.splitlines():
        if line.startswith("### "):
            family = line.removeprefix("### ")
        elif family in FAMILIES and line.startswith("| ") and not line.startswith(("| who", "| ---")):
            yield family, [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    path = tmp_path_factory.mktemp("packs") / "starter.pack"
    build(starter.sources(), path)
    return Pack.open(path)


def moment_of(text: str, policy: Policy, person: str) -> Moment:
    when, *state = text.split(", ")
    used, earned = {}, {}
    for word in state:
        target, _, minutes = word.removeprefix("earned ").rpartition(" ")
        (earned if word.startswith("earned ") else used)[person, target] = float(minutes)
    at = datetime.fromisoformat(when).replace(tzinfo=policy.zone).astimezone(UTC)
    return Moment(at=at, used=used, earned=earned)


def test_there_are_ten_families() -> None:
    assert [heading.partition(".")[0] for heading in FAMILIES] == [str(number) for number in range(1, 11)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_without_problems(family: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(family), encoding="utf-8")
    assert check(path) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_an_editor_finds_nothing_wrong_with_a_family(family: str) -> None:
    schema = json.loads((ROOT / "rules" / "policy" / "policy.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(strict_yaml.load(policy_text(family), file="x").data)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("country: GB\npeople: {a: {profile: twen}}\n", "twen"),
        ("country: GB\npeople: {a: {profile: teen}}\nalow: []\n", "alow"),
        ("country: GB\npeople: {a: {profile: teen}}\ncategories: {gmaes: block}\n", "gmaes"),
        ("country: GB\npeople: {a: {profile: teen}}\nbudgets: {games: many}\n", "many"),
    ],
)
def test_an_editor_finds_a_slip(text: str, wrong: str) -> None:
    schema = json.loads((ROOT / "rules" / "policy" / "policy.schema.json").read_text(encoding="utf-8"))
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(strict_yaml.load(text, file="x").data))
    assert any(wrong in error.message for error in errors)


@pytest.mark.parametrize(
    ("family", "cells"),
    list(claims()),
    ids=lambda value: value if isinstance(value, str) else "·".join(value),
)
def test_a_line_of_a_familys_table_is_true(family: str, cells: list[str], pack: Pack) -> None:
    who, address, when, answer, reason = cells
    policy = parse(policy_text(family))
    if who.startswith("device "):
        assert (policy.person_of(who.removeprefix("device ")) or NOBODY) == answer
        return
    decision = ask(address, policy, pack, person=who, moment=moment_of(when, policy, who))
    assert (decision.action, decision.reason) == (answer, reason), decision.because


def test_the_order_of_reasons_is_the_one_that_decides() -> None:
    table = PAGE.partition("## Who speaks first")[2].partition("Down to `household`")[0]
    told = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert told == [reason.value for reason in Reason if reason not in APART]
    apart = PAGE.partition("stand apart from the order:")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)` \(", apart)) == {reason.value for reason in APART}


def test_the_rules_shown_are_read() -> None:
    shown = PAGE.partition("## Always allow, always block")[2]
    rules = re.search(r"```yaml\n(.*?)```", shown, re.DOTALL)
    assert rules is not None
    policy = parse("country: GB\npeople: {everyone: {profile: teen}}\n" + rules[1])
    assert len(policy.rules.searches) == len(policy.rules.networks) == 1
    assert len(policy.rules.hosts) == 5
