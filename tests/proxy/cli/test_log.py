"""`stairgate log` as a program."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from proxy.home import Home, open_home
from proxy.journal.record import Record, Rule
from proxy.journal.store import insert, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Done, Stairgate

NOW = datetime.now(UTC)


def record(hours: int) -> Record:
    return Record(
        at=NOW - timedelta(hours=hours),
        person="anna" if hours else "=SUM(A1)",
        device="10.0.0.7",
        host=f"host{hours}.example",
        url=f"https://host{hours}.example/",
        action="block" if hours % 2 else "allow",
        category="gambling",
        reason="category",
        rule=Rule(list="ut1", file="gambling/domains", line=7, entry="x"),
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("home"))
    engine = open_engine(home.journal)
    with engine.begin() as connection:
        insert(connection, map(record, (9, 8, 3, 0)))
    engine.dispose()
    return home


type Run = Callable[..., Done]


@pytest.fixture
def run(stairgate: Stairgate) -> Run:
    return lambda home, verb, *words: stairgate("log", verb, "--home", str(home), *words)


def hosts(done: Done) -> list[str]:
    assert done.code == 0, done.err
    return [json.loads(line)["host"] for line in done.out.splitlines()]


def test_the_json_has_the_fields_of_the_contract_in_order(run: Run, home: Home) -> None:
    first = json.loads(run(home.path, "show", "--json").out.splitlines()[0])
    assert " ".join(first) == "at person device host url action category reason rule"
    assert first["at"].endswith("Z")
    assert first["rule"] == {"list": "ut1", "file": "gambling/domains", "line": 7, "entry": "x"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ["host9.example", "host8.example", "host3.example", "host0.example"]),
        (["--since", "4h"], ["host3.example", "host0.example"]),
        (["--action", "block"], ["host9.example", "host3.example"]),
        (["--person", "anna", "--limit", "1"], ["host3.example"]),
        (["--category", "games"], []),
        (["--since", (NOW - timedelta(hours=4)).isoformat()], ["host3.example", "host0.example"]),
    ],
)
def test_filters_narrow_what_is_shown(run: Run, home: Home, words: list[str], found: list[str]) -> None:
    assert hosts(run(home.path, "show", "--json", *words)) == found


@pytest.mark.parametrize(
    "words", [["--action", "bloc"], ["--category", "gamblin"], ["--since", "soon"], ["--limit", "0"]]
)
def test_a_filter_that_means_nothing_ends_in_64(run: Run, home: Home, words: list[str]) -> None:
    assert run(home.path, "show", *words).code == 64


def test_without_json_a_line_for_people_is_printed(run: Run, home: Home) -> None:
    assert "block  anna" in run(home.path, "show").out


def test_a_home_without_a_journal_has_nothing_to_show_and_gets_none(run: Run, tmp_path: Path) -> None:
    done = run(tmp_path / "home", "show", "--json")
    assert (done.code, done.out) == (0, "")
    assert not (tmp_path / "home" / "journal.db").exists()


def test_the_cells_of_an_exported_spreadsheet_are_no_formulas(run: Run, home: Home, tmp_path: Path) -> None:
    out = tmp_path / "week.csv"
    assert run(home.path, "export", "--format", "csv", "--out", str(out)).code == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["person"] for row in rows] == ["anna", "anna", "anna", "'=SUM(A1)"]


def test_an_export_to_where_nothing_can_be_written_ends_in_69(run: Run, home: Home, tmp_path: Path) -> None:
    assert run(home.path, "export", "--out", str(tmp_path / "no" / "week.json")).code == 69


def test_a_damaged_journal_ends_in_65_with_place_and_next_step(run: Run, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    home.journal.write_bytes(b"no database" * 1000)
    done = run(home.path, "show")
    assert done.code == 65
    assert str(home.journal) in done.err
    assert "next" in done.err


def test_a_purge_deletes_what_is_older_and_keeps_the_rest(run: Run, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    engine = open_engine(home.journal)
    with engine.begin() as connection:
        insert(connection, map(record, range(48)))
    engine.dispose()
    done = run(home.path, "purge", "--before", "24h", "--person", "anna")
    assert (done.code, done.out) == (0, "deleted 24 records\n")
    assert len(hosts(run(home.path, "show", "--json"))) == 24


def test_what_was_purged_is_nowhere_in_the_file(run: Run, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    engine = open_engine(home.journal)
    with engine.begin() as connection:
        insert(connection, map(record, range(30, 40)))
    engine.dispose()
    assert run(home.path, "purge", "--before", "1h").code == 0
    left = b"".join(path.read_bytes() for path in home.path.glob("journal.db*"))
    assert b"host33.example" not in left


def test_a_purge_without_a_time_ends_in_64(run: Run, tmp_path: Path) -> None:
    assert run(tmp_path / "home", "purge").code == 64
