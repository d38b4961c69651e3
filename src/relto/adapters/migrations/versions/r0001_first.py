"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them, with the one row of `head`."""
    op.create_table(
        "accounts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("revoked", NUMBER, nullable=False),
        sa.Column("made_at", NUMBER, autoincrement=False, nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "acts",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at_us", NUMBER, autoincrement=False, nullable=False),
        sa.Column("by_account", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("acts_kind", "acts", ["kind", "number"], unique=False)
    op.create_table(
        "agreements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, autoincrement=False, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", NUMBER, autoincrement=False, nullable=True),
        sa.Column("closed", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batches",
        sa.Column("first_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("last_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("start_us", NUMBER, autoincrement=False, nullable=False),
        sa.Column("head_items", NUMBER, autoincrement=False, nullable=False),
        sa.Column("tail_items", NUMBER, autoincrement=False, nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("by_account", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("first_seq"),
    )
    op.create_index("batches_start", "batches", ["start_us"], unique=False)
    op.create_table(
        "classes",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("last_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("last_ord", NUMBER, autoincrement=False, nullable=False),
        sa.Column("irregular", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("classes_last_seq", "classes", ["last_seq"], unique=False)
    op.create_table(
        "collections",
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("party"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "conflicts",
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("originator", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "definitions",
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("originator", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deliveries",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("stream", NUMBER, autoincrement=False, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("at_us", NUMBER, autoincrement=False, nullable=False),
        sa.Column("policy_version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("first_epoch", NUMBER, autoincrement=False, nullable=False),
        sa.Column("first_part", NUMBER, autoincrement=False, nullable=False),
        sa.Column("first_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("last_epoch", NUMBER, autoincrement=False, nullable=False),
        sa.Column("last_part", NUMBER, autoincrement=False, nullable=False),
        sa.Column("last_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("items", NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "epochs",
        sa.Column("stream", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("start_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("start_time", NUMBER, autoincrement=False, nullable=False),
        sa.Column("backlog_after", NUMBER, autoincrement=False, nullable=False),
        sa.Column("backlog_width", NUMBER, autoincrement=False, nullable=False),
        sa.Column("step", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("stream", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "flow_states",
        sa.Column("flow", NUMBER, autoincrement=False, nullable=False),
        sa.Column("class_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow", "class_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "flows",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("main", NUMBER, autoincrement=False, nullable=False),
        sa.Column("changed_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("member", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "head",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("policy_version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("accounts_version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("last_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("last_given", NUMBER, autoincrement=False, nullable=False),
        sa.Column("next_due", NUMBER, autoincrement=False, nullable=True),
        sa.Column("clock_offset", NUMBER, autoincrement=False, nullable=False),
        sa.Column("clock_seen", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "items",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("class_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("version_us", NUMBER, autoincrement=False, nullable=False),
        sa.Column("stix_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("items_version", "items", ["key", "version_us"], unique=True)
    op.create_table(
        "joins",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "marks",
        sa.Column("flow", NUMBER, autoincrement=False, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("epoch", NUMBER, autoincrement=False, nullable=False),
        sa.Column("part", NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("flow", "reader", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "members",
        sa.Column("group_code", sa.Text(), nullable=False),
        sa.Column("member_code", sa.Text(), nullable=False),
        sa.Column("since_us", NUMBER, autoincrement=False, nullable=False),
        sa.Column("until_us", NUMBER, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("group_code", "member_code", "since_us"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "moved",
        sa.Column("class_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("ord", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("class_id", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "parties",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ceiling", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pauses",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "ranks",
        sa.Column("class_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("ord", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("class_id", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "readers",
        sa.Column("flow", NUMBER, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("stream", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("flow", "account"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rivals", sa.Column("seq", NUMBER, autoincrement=False, nullable=False), sa.PrimaryKeyConstraint("seq")
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spans",
        sa.Column("stream", NUMBER, autoincrement=False, nullable=False),
        sa.Column("epoch", NUMBER, autoincrement=False, nullable=False),
        sa.Column("class_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("after_seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("upto_seq", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("stream", "epoch", "class_id", "after_seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statuses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at_us", NUMBER, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "streams",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("flow", NUMBER, autoincrement=False, nullable=False),
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO head VALUES (1, 0, 0, 0, 0, NULL, 0, 0)")
    if op.get_bind().dialect.name == "postgresql":
        # Items are given out far more often than they come in, and envelopes are compressed as a whole.
        op.execute("ALTER TABLE items ALTER COLUMN raw SET STORAGE EXTERNAL")
