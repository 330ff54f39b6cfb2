"""The journal's tables and the questions asked of them. SQLite by default, through SQLAlchemy Core.

Knows nothing of the gate. Writing in batches is `proxy.journal.writer`'s; schema changes are `migrations`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from proxy.database import Database, open_database
from proxy.database import complaints as database_complaints

from .record import Record, as_row, from_row, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from .record import Row

METADATA = sa.MetaData()

RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),  # microseconds since 1970, UTC
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("category", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("rule_list", sa.Text),
    sa.Column("rule_file", sa.Text),
    sa.Column("rule_line", sa.Integer),
    sa.Column("rule_entry", sa.Text),
    sa.Column("because", sa.Text, nullable=False),
)

REVISION = "0001"
"""The newest migration in `migrations/versions`; a test keeps it so."""

DATABASE = Database(
    what="journal",
    revision=REVISION,
    migrations=Path(__file__).parent / "migrations",
    # The last page of the table: a file cut short is noticed at the start and not in the evening.
    probe=sa.select(RECORDS).order_by(RECORDS.c.id.desc()).limit(1),
)
_COLUMNS = tuple(column for column in RECORDS.columns if column.name != "id")
_INSERT = str(
    RECORDS.insert()
    .values({column.name: sa.bindparam(column.name) for column in _COLUMNS})
    .compile(dialect=sqlite.dialect())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; None means any.

    Attributes:
        person: exactly this person.
        since: not before this moment; aware.
        action: exactly this action.
        category: exactly this category.
        limit: at most so many, the newest.
    """

    person: str | None = None
    since: datetime | None = None
    action: str | None = None
    category: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often an action was taken in a category."""

    action: str
    category: str | None
    number: int


def open_engine(path: Path) -> sa.Engine:
    """An engine on the journal at `path`, its schema made or brought up to date.

    Raises:
        StairgateError: damaged or from a newer Stairgate (65), locked or unwritable (69).
    """
    return open_database(path, DATABASE)


def complaints(path: Path) -> AbstractContextManager[None]:
    """Turn what the database says into an error with a place, a cause and a next step."""
    return database_complaints(path, DATABASE.what)


def insert(connection: sa.Connection, records: Iterable[Record]) -> None:
    """Write records in one transaction of `connection`'s."""
    insert_rows(connection, [as_row(record) for record in records])


def insert_rows(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """The same with records as plain values: they go to the driver as they are, a third of the price."""
    if rows:
        connection.exec_driver_sql(_INSERT, list(rows))


def search(engine: sa.Engine, wanted: Search) -> Iterator[Record]:
    """The records that fit, the oldest first; with a limit, the newest so many of them."""
    query = sa.select(RECORDS).where(*_conditions(wanted))
    if wanted.limit is not None:
        newest = query.order_by(RECORDS.c.id.desc()).limit(wanted.limit).subquery()
        query = sa.select(newest).order_by(newest.c.id)
    else:
        query = query.order_by(RECORDS.c.id)
    with engine.connect().execution_options(yield_per=1000) as connection:
        for row in connection.execute(query):
            yield _record(row)


def count(engine: sa.Engine, wanted: Search) -> list[Count]:
    """How many records fit, by action and category, the most frequent first; `limit` is not used."""
    number = sa.func.count().label("number")
    query = (
        sa.select(RECORDS.c.action, RECORDS.c.category, number)
        .where(*_conditions(wanted))
        .group_by(RECORDS.c.action, RECORDS.c.category)
        .order_by(number.desc(), RECORDS.c.category)
    )
    with engine.connect() as connection:
        return [
            Count(action=row.action, category=row.category, number=row.number)
            for row in connection.execute(query)
        ]


def purge(engine: sa.Engine, *, before: datetime, person: str | None = None) -> int:
    """Delete every record older than `before`, of one person or of all, and give its room back.

    Returns:
        How many were deleted.
    """
    chosen = [RECORDS.c.at < microseconds(before)]
    if person is not None:
        chosen.append(RECORDS.c.person == person)
    with engine.begin() as connection:
        number = connection.execute(RECORDS.delete().where(*chosen)).rowcount
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM"))
        # The write-ahead log still holds the old pages until it is emptied.
        connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return number


def _conditions(wanted: Search) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.person is not None:
        conditions.append(RECORDS.c.person == wanted.person)
    if wanted.since is not None:
        conditions.append(RECORDS.c.at >= microseconds(wanted.since))
    if wanted.action is not None:
        conditions.append(RECORDS.c.action == wanted.action)
    if wanted.category is not None:
        conditions.append(RECORDS.c.category == wanted.category)
    return conditions


def _record(row: sa.Row[Any]) -> Record:
    return from_row(tuple(row)[1:])
