"""The first table: one row a decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table `records` and its index by time."""
    op.create_table(
        "records",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
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
    op.create_index("ix_records_at", "records", ["at"])


def downgrade() -> None:
    """Drop it: the journal is lost."""
    op.drop_table("records")
