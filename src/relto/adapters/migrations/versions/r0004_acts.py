"""Acts that wait for approval or their moment, versions of pauses, moves of items, and what is decided item by item."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Every act so far was carried out when it was asked for; each pause has the one version that it has."""
    _acts()
    _pauses()
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


def _acts() -> None:
    op.add_column("acts", sa.Column("state", sa.Text(), nullable=False, server_default="applied"))
    for name in ("done_at", "seq", "version", "done"):
        op.add_column("acts", sa.Column(name, NUMBER, nullable=False, server_default="0"))
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE acts SET done_at = at_us, done = number, seq ="
            " coalesce((SELECT max(last_seq) FROM batches WHERE start_us <= at_us), 0)"
        )
    )
    found = connection.execute(sa.text("SELECT number, kind, at_us, by_account, value FROM acts")).fetchall()
    for number, kind, at, by, value in found:
        connection.execute(
            sa.text("UPDATE acts SET value = :value WHERE number = :number"),
            {"number": number, "value": json.dumps(_told(kind, at, by, json.loads(value)), ensure_ascii=False)},
        )
    with op.batch_alter_table("acts") as batch:
        for name in ("state", "done_at", "seq", "version", "done"):
            batch.alter_column(name, server_default=None)
    op.create_index("acts_state", "acts", ["state", "number"])
    op.create_index("acts_done", "acts", ["done"])


def _told(kind: str, at: int, by: str, order: dict[str, Any]) -> dict[str, Any]:
    """An act as it is told from now on."""
    act: dict[str, Any] = {"by": by, "party": "", "how": "local", "made_at": at, "ended_at": at, "order": order}
    if kind == "pause":
        act["after"] = json.loads(order["pause"])
        act["outcome"] = {"pause": act["after"]["number"]}
    elif kind == "agreement-apply":
        act["before"] = order["before"] and json.loads(order["before"])
        act["after"] = json.loads(order["after"])
        act["outcome"] = {"agreement": order["agreement"], "version": order["version"]}
    elif kind == "agreement-end":
        act["outcome"] = {"agreement": order["agreement"], "close": order["close"]}
    elif kind in {"backlog-release", "backlog-discard"}:
        act["outcome"] = {"items": order["count"]}
    return act


def _pauses() -> None:
    op.create_table(
        "pauses_new",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", "version"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    for number, value, state in connection.execute(sa.text("SELECT number, value, state FROM pauses")).fetchall():
        row = {"number": number, "value": value, "state": state, "made_at": json.loads(value)["made_at"]}
        connection.execute(
            sa.text("INSERT INTO pauses_new VALUES (:number, 1, :value, :state, :made_at)"),
            row,
        )
    op.drop_table("pauses")
    op.rename_table("pauses_new", "pauses")
