"""Answers that are kept by idempotency key, and what happened to acts, in order."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """No key was used so far, and no event counts from before."""
    op.create_table(
        "idempotency",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at_us", NUMBER, nullable=False),
        sa.Column("acts", sa.Text(), nullable=False),
        sa.Column("status", NUMBER, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("act", NUMBER, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at_us", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
