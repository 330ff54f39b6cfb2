"""The journal's tables and the questions asked of them. SQLite by default, through SQLAlchemy Core.

Knows nothing of the gate. Writing in batches is `proxy.journal.writer`'s; schema changes are `migrations`'.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from rules.errors import Problem, StairgateError
from rules.exits import Exit

from .record import Record, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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

_BUSY_SECONDS = 5.0
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
    engine = sa.create_engine(
        f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare_connection)
    try:
        with complaints(path):
            path.touch(mode=0o600, exist_ok=True)  # before SQLite makes it readable for everyone
            _bring_up_to_date(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _prepare_connection(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # With WAL, NORMAL loses at most the last batch at a power cut and damages nothing (sqlite.org/wal.html).
    cursor.execute("PRAGMA synchronous=NORMAL")
    # What is deleted is overwritten: a purged journal must not be readable with a hex editor.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _bring_up_to_date(engine: sa.Engine, path: Path) -> None:
    with engine.connect() as connection:
        found = None
        if sa.inspect(connection).has_table("alembic_version"):
            found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if found == REVISION:
            # Also reads the table's last page: a file cut short is noticed here and not in the evening.
            connection.execute(sa.select(RECORDS).order_by(RECORDS.c.id.desc()).limit(1)).all()
            return
    if found is not None and found > REVISION:
        raise StairgateError(
            Problem(
                code="journal-too-new",
                place=str(path),
                cause=f"A newer Stairgate wrote this journal (schema {found}, known here {REVISION}).",
                hint="Install that version again, or move the file away to begin a new journal.",
            )
        )
    from .migrations.upgrade import upgrade  # Alembic is imported only when there is something to do

    upgrade(engine, REVISION)


@contextmanager
def complaints(path: Path) -> Iterator[None]:
    """Turn what the database says into an error with a place, a cause and a next step."""
    try:
        yield
    except (sa.exc.OperationalError, OSError) as error:
        cause = error.strerror if isinstance(error, OSError) else str(error.orig)
        raise StairgateError(
            Problem(
                code="journal-unavailable",
                place=str(path),
                cause=f"The journal can't be used: {cause}.",
                hint="Another program may hold it, or the disk is full or read-only; mend that and repeat.",
            ),
            exit_code=Exit.MISSING,
        ) from error
    except sa.exc.DatabaseError as error:
        raise StairgateError(
            Problem(
                code="journal-damaged",
                place=str(path),
                cause=f"The journal is damaged: {error.orig}.",
                hint=f"Move it away (mv {path.name} {path.name}.damaged) and repeat: a new one is begun.",
            )
        ) from error


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
