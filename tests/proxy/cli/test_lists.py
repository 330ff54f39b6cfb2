"""`stairgate lists` as a program."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Done, Stairgate


type Run = Callable[..., Done]


@pytest.fixture
def run(stairgate: Stairgate) -> Run:
    return lambda home, verb, *words: stairgate("lists", verb, "--home", str(home), *words)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "bets.txt"
    path.write_text("# Licence: CC0-1.0\nbets.example\nnot a name\n")
    return path


def test_a_fresh_home_shows_our_starter_lists(run: Run, tmp_path: Path) -> None:
    done = run(tmp_path / "home", "show", "--json")
    (row,) = map(json.loads, done.out.splitlines())
    assert (row["name"], row["licence"]) == ("stairgate-starter", "Apache-2.0")
    assert row["entries"] == sum(row["categories"].values())


def test_verifying_tells_a_good_pack_from_one_with_a_wrong_byte(run: Run, tmp_path: Path) -> None:
    good = run(tmp_path / "home", "show", "--verify", "--json")
    assert (good.code, good.err) == (0, "All checksums of the compiled lists are right.\n")
    (pack,) = (tmp_path / "home" / "packs").glob("*.pack")
    content = bytearray(pack.read_bytes())
    content[next(at for at in range(len(content) // 2, len(content)) if all(content[at : at + 4]))] ^= 1
    pack.write_bytes(content)
    assert run(tmp_path / "home", "show").code == 0  # opening looks at head and size alone
    bad = run(tmp_path / "home", "show", "--verify")
    assert (bad.code, bad.out) == (65, "")
    assert "damaged: " in bad.err
    assert "stairgate lists update" in bad.err


def test_an_added_list_is_shown_with_all_that_is_known_of_it(run: Run, tmp_path: Path, source: Path) -> None:
    added = run(tmp_path / "home", "add", "bets", str(source), "--category", "gambling")
    assert added.code == 0, added.err
    assert "1 entry in 1 category\n  1 line gave no entry:" in added.out
    assert "bets.txt:3" in added.out
    shown = run(tmp_path / "home", "show", "--json").out
    bets = next(row for row in map(json.loads, shown.splitlines()) if row["name"] == "bets")
    assert bets["source"] == str(source)
    assert bets["licence"] == "CC0-1.0"
    assert (bets["format"], bets["read_as"]) == ("auto", "domains")
    assert bets["categories"] == {"gambling": 1}
    assert bets["size"] == source.stat().st_size
    assert bets["changed"].endswith("Z")


def test_an_unknown_category_ends_in_64_and_suggests_the_near_one(
    run: Run, tmp_path: Path, source: Path
) -> None:
    done = run(tmp_path / "home", "add", "bets", str(source), "--category", "gamblin")
    assert done.code == 64
    assert "did you mean gambling?" in done.err
    assert not (tmp_path / "home" / "lists.yaml").exists()


def test_a_binary_file_ends_in_65_and_nothing_is_half_written(run: Run, tmp_path: Path) -> None:
    home, binary = tmp_path / "home", tmp_path / "picture.png"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    done = run(home, "add", "bets", str(binary), "--category", "gambling")
    assert done.code == 65
    assert str(binary) in done.err
    assert not (home / "lists.yaml").exists()
    assert not list((home / "lists").glob("*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_a_file_that_may_not_be_read_ends_in_69(run: Run, tmp_path: Path, source: Path) -> None:
    source.chmod(0)
    assert run(tmp_path / "home", "add", "bets", str(source), "--category", "gambling").code == 69


def test_an_update_with_a_refused_list_ends_in_1_and_says_why(run: Run, tmp_path: Path, source: Path) -> None:
    home = tmp_path / "home"
    assert run(home, "add", "bets", str(source), "--category", "gambling").code == 0
    source.unlink()
    done = run(home, "update")
    assert done.code == 1
    assert str(source) in done.err


def test_removing_what_is_not_there_ends_in_64(run: Run, tmp_path: Path) -> None:
    assert run(tmp_path / "home", "remove", "bets").code == 64


def test_the_whole_ut1_tree_is_added_without_a_category(run: Run, tmp_path: Path) -> None:
    lists = os.environ.get("STAIRGATE_TEST_LISTS")
    if not lists:
        pytest.skip("STAIRGATE_TEST_LISTS names no folder of real lists")
    done = run(tmp_path / "home", "add", "ut1", f"{lists}/ut1", "--json")
    row = json.loads(done.out)
    assert row["entries"] > 200_000
    assert "gambling" in row["categories"]
    assert "cooking" in row["unknown"]


@pytest.mark.parametrize("words", [["lists", "--home", "HOME"], ["lists", "--home", "HOME", "show"]])
def test_a_group_alone_shows_and_takes_the_home_before_the_verb(
    stairgate: Stairgate, tmp_path: Path, words: list[str]
) -> None:
    done = stairgate(*(str(tmp_path / "home") if word == "HOME" else word for word in words))
    assert done.code == 0
    assert done.out.startswith("stairgate-starter")


def test_a_held_copy_is_shown_with_its_difference_and_released_by_name(run: Run, tmp_path: Path) -> None:
    home, source = tmp_path / "home", tmp_path / "bets.txt"
    source.write_text("".join(f"site{number}.example\n" for number in range(100)))
    assert run(home, "add", "bets", str(source), "--category", "gambling").code == 0
    source.write_text("one.example\n")
    updated = run(home, "update")
    assert updated.code == 1
    assert "stairgate lists release bets" in updated.out
    shown = run(home, "show").out
    assert "100 → 1 (-99 %) entries in all" in shown
    assert "-100 entries, as site" in shown
    assert "stairgate lists release bets" in shown
    assert run(home, "release", "bets").code == 0
    rows = map(json.loads, run(home, "show", "--json").out.splitlines())
    bets = next(row for row in rows if row["name"] == "bets")
    assert (bets["entries"], bets["held"]) == (1, None)
    assert run(home, "release", "bets").code == 64
