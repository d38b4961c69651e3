"""What each reader was served, what it was given again, and what its client did last."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; readers of before begin where they next ask."""
    op.create_table(
        "tracks",
        sa.Column("flow", NUMBER, autoincrement=False, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow", "reader", "way"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "repairs",
        sa.Column("flow", NUMBER, autoincrement=False, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("epoch", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at_us", NUMBER, nullable=False),
        sa.Column("items", NUMBER, nullable=False),
        sa.Column("since_us", NUMBER, nullable=False),
        sa.Column("by_account", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("flow", "reader", "epoch"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "polls",
        sa.Column("flow", NUMBER, autoincrement=False, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow", "reader"),
        sqlite_with_rowid=False,
    )
