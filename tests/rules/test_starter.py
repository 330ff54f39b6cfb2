"""The starter pack is large enough, true to its marks, and does no harm to innocents."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from publicsuffixlist import PublicSuffixList

from rules import address, pack, starter
from rules.presets import PRESETS, Action, Profile

CONFIRM = Path(__file__).parents[2] / "docs" / "confirm_starter.py"
NUMBER = re.compile(r"(?:[0-9.]+|[0-9a-f:]*:[0-9a-f:]*)(?:/[0-9]+)?\Z")
LINE = re.compile(
    r"(?P<name>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,}|[0-9a-f:.]+(?:/[0-9]+)?) +# (?P<mark>seen|known)\Z"
)

INNOCENT = (Path(__file__).parent / "innocent_hosts.txt").read_text(encoding="utf-8").split()


def entries() -> dict[str, dict[str, str]]:
    """Category → name → mark; an unreadable line fails here with its place."""
    found: dict[str, dict[str, str]] = {}
    for item in starter.lists():
        names = found.setdefault(item.category, {})
        for number, line in enumerate(item.path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("#"):
                continue
            match = LINE.match(line)
            assert match, f"{item.path.name}:{number}: {line!r}"
            assert match["name"] not in names, f"{item.path.name}:{number} repeats {match['name']}"
            names[match["name"]] = match["mark"]
    return found


ENTRIES = entries()
TWEEN = PRESETS[Profile.TWEEN].actions
NOT_FOR_TWEENS = {category for category in ENTRIES if TWEEN[category] is not Action.ALLOW}


def covering(host: str) -> set[str]:
    """Categories whose lists hold the host or a parent of it."""
    labels = host.split(".")
    parents = {".".join(labels[start:]) for start in range(len(labels))}
    return {category for category, names in ENTRIES.items() if parents & names.keys()}


def test_holds_over_a_thousand_names_and_twenty_full_categories() -> None:
    assert sum(len(names) for names in ENTRIES.values()) >= 1_000
    assert sum(len(names) >= 25 for names in ENTRIES.values()) >= 20


def test_makes_the_allow_list_profile_usable() -> None:
    assert len(ENTRIES["education_reference"]) >= 100


def test_keeps_a_good_list_of_what_is_never_decrypted() -> None:
    assert len(ENTRIES["private_sensitive"]) >= 150


def test_holds_no_list_of_illegal_content() -> None:
    assert "child_abuse" not in ENTRIES


def test_names_are_in_order_so_that_changes_are_easy_to_read() -> None:
    for category, names in ENTRIES.items():
        assert list(names) == sorted(names), category


def test_no_name_is_a_public_suffix() -> None:
    suffixes = PublicSuffixList()
    named = [name for names in ENTRIES.values() for name in names if not NUMBER.match(name)]
    assert [name for name in named if suffixes.publicsuffix(name) == name] == []


def test_only_resolvers_are_listed_by_number() -> None:
    assert {category for category, names in ENTRIES.items() if any(map(NUMBER.match, names))} == {
        "encrypted_dns"
    }


def test_no_name_is_in_two_categories() -> None:
    for one, other in itertools.combinations(ENTRIES, 2):
        assert not ENTRIES[one].keys() & ENTRIES[other].keys(), (one, other)


def test_no_name_repeats_a_parent_in_its_own_category() -> None:
    repeats = [
        name
        for names in ENTRIES.values()
        for name in names
        if any(parent in names for parent in itertools.accumulate(reversed(name.split(".")[1:]), _prepend))
    ]
    assert repeats == []


def _prepend(below: str, label: str) -> str:
    return f"{label}.{below}"


@pytest.mark.parametrize("host", INNOCENT)
def test_an_innocent_site_is_in_no_category_kept_from_a_ten_year_old(host: str) -> None:
    assert covering(host) & NOT_FOR_TWEENS == set()


@pytest.mark.parametrize("category", ["education_reference", "private_sensitive", "sexual_health"])
def test_what_is_meant_to_stay_open_is_covered_by_nothing_blocked(category: str) -> None:
    assert [name for name in ENTRIES[category] if covering(name) & NOT_FOR_TWEENS] == []


def test_the_index_says_whose_it_is() -> None:
    index = starter.index()
    assert (index.name, index.licence) == ("stairgate-starter", "Apache-2.0")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", index.date)


def test_every_list_carries_the_packs_name() -> None:
    assert {item.name for item in starter.lists()} == {"stairgate-starter"}


@pytest.mark.skipif("STAIRGATE_TEST_LISTS" not in os.environ, reason="needs the public lists at hand")
def test_every_mark_is_true() -> None:
    done = subprocess.run([sys.executable, CONFIRM, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_pack_built_of_it_finds_every_name_at_its_line(tmp_path: Path) -> None:
    pack.build(starter.sources(), tmp_path / "starter.pack")
    opened = pack.Pack.open(tmp_path / "starter.pack")
    for item in starter.lists():
        for number, line in enumerate(item.path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.startswith("#"):
                name = line.split()[0].partition("/")[0]
                host = f"[{name}]" if ":" in name else name if NUMBER.match(name) else f"www.{name}"
                matches = opened.look_up(address.parse(f"https://{host}/page"))
                assert (item.name, item.category, number) in {
                    (m.list, m.category, m.line) for m in matches
                }, line
    opened.close()
