"""The first tables: minutes used and earned, bytes, overrides, confirmed warnings, the clock, and a key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "minutes",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("minute", sa.Integer, primary_key=True, index=True),
    )
    op.create_table(
        "traffic",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("up", sa.BigInteger, nullable=False),
        sa.Column("down", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "earned",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False, index=True),
        sa.Column("minutes", sa.Float, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False, index=True),
        sa.Column("asked", sa.Boolean, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_table(
        "confirmed",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table("keys", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.LargeBinary))
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("boot", sa.Text, nullable=False),
        sa.Column("steady", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Drop them: what was used, earned and granted is forgotten."""
    for name in ("clock", "keys", "confirmed", "overrides", "earned", "traffic", "minutes"):
        op.drop_table(name)
