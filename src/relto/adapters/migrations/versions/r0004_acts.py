"""Acts that wait for approval or their moment, versions of pauses, moves of items, and what is decided item by item."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables. No row is brought over: a database that has any is refused (`sql/migrate.py`)."""
    with op.batch_alter_table("acts") as batch:
        batch.add_column(sa.Column("state", sa.Text(), nullable=False))
        for name in ("done_at", "seq", "version", "done"):
            batch.add_column(sa.Column(name, NUMBER, nullable=False))
    op.create_index("acts_state", "acts", ["state", "number"])
    op.create_index("acts_done", "acts", ["done"])
    op.drop_table("pauses")
    op.create_table(
        "pauses",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "moves",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at_us", NUMBER, autoincrement=False, nullable=False),
        sa.Column("source", NUMBER, autoincrement=False, nullable=False),
        sa.Column("target", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("seq", "at_us", "source"),
        sqlite_with_rowid=False,
    )
    op.create_index("moves_at", "moves", ["at_us"])
    op.create_table(
        "overrides",
        sa.Column("act", NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("at_us", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("act", "seq", "agreement", "party"),
        sqlite_with_rowid=False,
    )
    op.create_index("overrides_seq", "overrides", ["seq"])
