"""The journal's tables and the questions asked of them. SQLite by default, through SQLAlchemy Core.

Knows nothing of the gate. Writing in batches is `proxy.journal.writer`'s; schema changes are `migrations`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from proxy.database import Database, open_database
from proxy.database import complaints as database_complaints

from .record import Record, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    rows = [_row(record) for record in records]
    if rows:
        connection.execute(RECORDS.insert(), rows)


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
    chosen = [RECORDS.c.at < _microseconds(before)]
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
        conditions.append(RECORDS.c.at >= _microseconds(wanted.since))
    if wanted.action is not None:
        conditions.append(RECORDS.c.action == wanted.action)
    if wanted.category is not None:
        conditions.append(RECORDS.c.category == wanted.category)
    return conditions


def _microseconds(at: datetime) -> int:
    span = at.astimezone(UTC) - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _row(record: Record) -> dict[str, Any]:
    rule = record.rule
    return {
        "at": _microseconds(record.at),
        "person": record.person,
        "device": record.device,
        "host": record.host,
        "url": record.url,
        "action": record.action,
        "category": record.category,
        "reason": record.reason,
        "rule_list": rule.list if rule else None,
        "rule_file": rule.file if rule else None,
        "rule_line": rule.line if rule else None,
        "rule_entry": rule.entry if rule else None,
        "because": record.because,
    }


def _record(row: sa.Row[Any]) -> Record:
    whole, microseconds = divmod(row.at, 1_000_000)
    rule = None
    if row.rule_list is not None:
        rule = Rule(list=row.rule_list, file=row.rule_file, line=row.rule_line, entry=row.rule_entry)
    return Record(
        at=datetime.fromtimestamp(whole, UTC).replace(microsecond=microseconds),
        person=row.person,
        device=row.device,
        host=row.host,
        url=row.url,
        action=row.action,
        category=row.category,
        reason=row.reason,
        rule=rule,
        because=row.because,
    )
