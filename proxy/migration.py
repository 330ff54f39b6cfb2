"""Runs the migrations of a database on an open engine; no alembic.ini and no command of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def configuration(migrations: Path) -> Config:
    """Alembic's configuration: where the revisions lie."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return config


def upgrade(engine: Engine, migrations: Path, revision: str) -> None:
    """Bring the database behind `engine` to `revision`, in one transaction.

    Raises:
        alembic.util.CommandError: it is at a revision nobody knows.
    """
    config = configuration(migrations)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
