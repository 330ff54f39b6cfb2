"""The journal's database: what is found again, and what happens when it is damaged, locked or too new."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from alembic.script import ScriptDirectory

from proxy.journal.record import Record, Rule
from proxy.journal.store import DATABASE, METADATA, REVISION, Search, count, insert, open_engine, search
from proxy.migration import configuration
from rules.errors import StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def record(number: int, **changes: object) -> Record:
    values: dict[str, object] = {
        "at": START + timedelta(minutes=number),
        "person": "anna",
        "device": "10.0.0.7",
        "host": f"host{number}.example",
        "url": f"https://host{number}.example/",
        "action": "block",
        "category": "gambling",
        "reason": "category",
        "rule": Rule(list="ut1", file="gambling/domains", line=number, entry="x"),
        "because": "",
    }
    return Record(**(values | changes))  # type: ignore[arg-type]  # a table of keyword arguments


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "journal.db")
    yield engine
    engine.dispose()


def write(engine: Engine, *records: Record) -> None:
    with engine.begin() as connection:
        insert(connection, records)


def test_a_record_comes_back_as_it_was(engine: Engine) -> None:
    odd = record(1, at=START.replace(microsecond=123_456), url=None, rule=None, category=None, because="So.")
    write(engine, odd)
    assert list(search(engine, Search())) == [odd]


def test_a_limit_gives_the_newest_in_order(engine: Engine) -> None:
    write(engine, *(record(number) for number in range(10)))
    found = search(engine, Search(limit=3))
    assert [one.host for one in found] == ["host7.example", "host8.example", "host9.example"]


@pytest.mark.parametrize(
    ("wanted", "hosts"),
    [
        (Search(person="ben"), ["host2.example"]),
        (Search(action="allow"), ["host3.example"]),
        (Search(category="games"), ["host4.example"]),
        (Search(since=START + timedelta(minutes=4)), ["host4.example", "host5.example"]),
        (Search(person="ben", action="allow"), []),
    ],
)
def test_filters_narrow_what_is_found(engine: Engine, wanted: Search, hosts: list[str]) -> None:
    write(
        engine,
        record(1),
        record(2, person="ben"),
        record(3, action="allow"),
        record(4, category="games"),
        record(5),
    )
    assert [one.host for one in search(engine, wanted)] == hosts


def test_counts_are_by_action_and_category(engine: Engine) -> None:
    write(engine, record(1), record(2), record(3, action="allow", category=None))
    found = {(one.action, one.category): one.number for one in count(engine, Search())}
    assert found == {("block", "gambling"): 2, ("allow", None): 1}


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    assert ScriptDirectory.from_config(configuration(DATABASE.migrations)).get_current_head() == REVISION


def test_the_migrations_make_the_very_tables_the_code_uses(engine: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_only_its_owner_can_read_the_journal(tmp_path: Path, engine: Engine) -> None:
    assert engine.url.database is not None
    assert stat.S_IMODE((tmp_path / "journal.db").stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_reported_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is no database at all, and long enough to be taken for one" * 100)
    with pytest.raises(StairgateError) as caught:
        open_engine(path)
    assert caught.value.problems[0].code == "journal-damaged"
    assert caught.value.exit_code == Exit.DATA


def test_a_journal_whose_pages_were_overwritten_is_reported_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    engine = open_engine(path)
    write(engine, *(record(number) for number in range(500)))
    engine.dispose()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StairgateError) as caught:
        open_engine(path)
    assert caught.value.problems[0].code in {"journal-damaged", "journal-unavailable"}


def test_a_journal_of_a_newer_stairgate_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    open_engine(path).dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StairgateError, match="newer Stairgate"):
        open_engine(path)


def test_a_locked_journal_says_so_and_ends_in_69(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.database._BUSY_SECONDS", 0.05)
    path = tmp_path / "journal.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StairgateError) as caught:
        open_engine(path)
    holder.close()
    assert caught.value.exit_code == Exit.MISSING
    assert "locked" in caught.value.problems[0].cause
