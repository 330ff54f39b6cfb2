"""The household's tables: what people used, earned and were granted. Times are whole seconds of UTC.

A minute used is a row, not a number: several workers may write the same one and it still counts once, and no
clock that goes back gives one of them back.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from proxy.database import Database

METADATA = sa.MetaData()

MINUTES = sa.Table(
    "minutes",
    METADATA,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("minute", sa.Integer, primary_key=True, index=True),  # minutes since 1970, UTC
)
TRAFFIC = sa.Table(
    "traffic",
    METADATA,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),  # a category or `service:ID`
    sa.Column("day", sa.Text, primary_key=True),  # the household's, as 2026-11-21
    sa.Column("up", sa.BigInteger, nullable=False),
    sa.Column("down", sa.BigInteger, nullable=False),
)
EARNED = sa.Table(
    "earned",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("day", sa.Text, nullable=False, index=True),
    sa.Column("minutes", sa.Float, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)
OVERRIDES = sa.Table(
    "overrides",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),  # empty: everyone
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False, index=True),
    sa.Column("asked", sa.Boolean, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)
CONFIRMED = sa.Table(
    "confirmed",
    METADATA,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("until", sa.BigInteger, nullable=False),
)
KEYS = sa.Table(
    "keys", METADATA, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.LargeBinary)
)
CLOCK = sa.Table(
    "clock",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("boot", sa.Text, nullable=False),
    sa.Column("steady", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
# What apps that pin their certificates show; see `proxy.household.pins`. A mark is a keyed hash of a name.
PINNED = sa.Table(
    "pinned",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("learnt", sa.BigInteger, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("device", "person", "host"),
)
DOUBTED = sa.Table(
    "doubted",
    METADATA,
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("first_at", sa.BigInteger, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
)
TRUSTED = sa.Table(
    "trusted",
    METADATA,
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
)

DATABASE = Database(
    what="household",
    revision="0002",
    migrations=Path(__file__).parent / "migrations",
    probe=sa.select(OVERRIDES).order_by(OVERRIDES.c.id.desc()).limit(1),
)
