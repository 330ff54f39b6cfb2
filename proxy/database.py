"""The databases of the home folder: opened, brought up to date, and their faults told in words.

SQLite with a write-ahead log, schema changes by Alembic. It knows no table: what stands in one is the
business of `proxy.journal` and `proxy.household`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from rules.errors import Problem, StairgateError
from rules.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """What a database is to those who open it.

    Attributes:
        what: its name in complaints, such as `journal`.
        revision: the newest of its migrations.
        migrations: the folder they lie in.
        probe: a question that a sound database answers.
    """

    what: str
    revision: str
    migrations: Path
    probe: sa.Select[Any]


def open_database(path: Path, database: Database) -> sa.Engine:
    """An engine on the database at `path`, its schema made or brought up to date.

    Raises:
        StairgateError: damaged or from a newer Stairgate (65), locked or unwritable (69).
    """
    engine = sa.create_engine(
        f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare_connection)
    try:
        with complaints(path, database.what):
            path.touch(mode=0o600, exist_ok=True)  # before SQLite makes it readable for everyone
            _bring_up_to_date(engine, path, database)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _prepare_connection(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # With WAL, NORMAL loses at most the last batch at a power cut and damages nothing (sqlite.org/wal.html).
    cursor.execute("PRAGMA synchronous=NORMAL")
    # What is deleted is overwritten: what was purged must not be readable with a hex editor.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _bring_up_to_date(engine: sa.Engine, path: Path, database: Database) -> None:
    with engine.connect() as connection:
        found = None
        if sa.inspect(connection).has_table("alembic_version"):
            found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if found == database.revision:
            connection.execute(database.probe).all()
            return
    if found is not None and found > database.revision:
        known = database.revision
        raise StairgateError(
            Problem(
                code=f"{database.what}-too-new",
                place=str(path),
                cause=f"A newer Stairgate wrote this {database.what} (schema {found}, known here {known}).",
                hint="Install that version again, or move the file away to begin anew.",
            )
        )
    from proxy.migration import upgrade  # Alembic is imported only when there is something to do

    upgrade(engine, database.migrations, database.revision)


@contextmanager
def complaints(path: Path, what: str) -> Iterator[None]:
    """Turn what the database says into an error with a place, a cause and a next step.

    Args:
        path: the database's file.
        what: its name, such as `journal`.
    """
    try:
        yield
    except (sa.exc.OperationalError, OSError) as error:
        cause = error.strerror if isinstance(error, OSError) else str(error.orig)
        raise StairgateError(
            Problem(
                code=f"{what}-unavailable",
                place=str(path),
                cause=f"The {what} can't be used: {cause}.",
                hint="Another program may hold it, or the disk is full or read-only; mend that and repeat.",
            ),
            exit_code=Exit.MISSING,
        ) from error
    except sa.exc.DatabaseError as error:
        raise StairgateError(
            Problem(
                code=f"{what}-damaged",
                place=str(path),
                cause=f"The {what} is damaged: {error.orig}.",
                hint=f"Move it away (mv {path.name} {path.name}.damaged) and repeat: a new one is begun.",
            )
        ) from error
