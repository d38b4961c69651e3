"""What parties are told, where they want to be told, and what is on its way."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nobody was told anything so far."""
    op.create_table(
        "inboxes",
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("last", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("party"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notices",
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("party", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("notices_kind", "notices", ["party", "kind", "number"])
    op.create_index("notices_about", "notices", ["about", "party", "number"])
    op.create_table(
        "acknowledgements",
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("notice", NUMBER, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at_us", NUMBER, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("party", "notice", "account"),
        sqlite_with_rowid=False,
    )
    for name in ("webhooks", "mailboxes"):
        op.create_table(
            name,
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("party", sa.Text(), nullable=False),
            sa.Column("value", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "dispatches",
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("notice", NUMBER, autoincrement=False, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("next_at", NUMBER, nullable=False),
        sa.Column("last_at", NUMBER, nullable=True),
        sa.Column("last_status", NUMBER, nullable=False),
        sa.Column("last_answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("party", "notice", "target"),
        sqlite_with_rowid=False,
    )
    op.create_index("dispatches_due", "dispatches", ["state", "next_at", "notice"])
    op.create_index("dispatches_target", "dispatches", ["target", "state", "next_at", "notice"])
