"""Acts that wait for approval or their moment, versions of pauses, moves of items, and what is decided item by item."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op

from relto.domain.ids import parse_item

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Every act so far was carried out when it was asked for; each pause has the one version that it has. Which way
    items went from class to class is told by the classes and the acts.
    """
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
    _moves()
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
    found = connection.execute(sa.text("SELECT number, kind, at_us, by_account, value, seq FROM acts")).fetchall()
    for number, kind, at, by, value, upto in found:
        act = _told(kind, at, by, json.loads(value), partial(_named, connection, upto))
        connection.execute(
            sa.text("UPDATE acts SET value = :value WHERE number = :number"),
            {"number": number, "value": json.dumps(act, ensure_ascii=False)},
        )
    with op.batch_alter_table("acts") as batch:
        for name in ("state", "done_at", "seq", "version", "done"):
            batch.alter_column(name, server_default=None)
    op.create_index("acts_state", "acts", ["state", "number"])
    op.create_index("acts_done", "acts", ["done"])


def _told(kind: str, at: int, by: str, order: dict[str, Any], seqs: Callable[[list[str]], list[int]]) -> dict[str, Any]:
    """An act as it is told from now on; `seqs` says which items were named."""
    how = "schedule" if by == "schedule" else "local"
    act: dict[str, Any] = {"by": by, "party": "", "how": how, "made_at": at, "ended_at": at, "order": order}
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
        if order["items"]:
            act["outcome"]["seqs"] = seqs(order["items"])
    return act


def _named(connection: sa.Connection, upto: int, items: list[str]) -> list[int]:
    """The items that were meant, of those that were there: of an id its last version, of each originator."""
    seqs = []
    for text in items:
        name = parse_item(text)
        found = connection.execute(
            sa.text("SELECT key, version_us, seq FROM items WHERE stix_id = :id AND seq <= :upto"),
            {"id": name.id, "upto": upto},
        ).fetchall()
        last: dict[bytes, tuple[int, int]] = {}
        for key, version_us, seq in found:
            if name.version is None or version_us == name.version_us:
                last[key] = max(last.get(key, (0, 0)), (version_us, seq))
        seqs += [seq for _, seq in last.values()]
    return sorted(seqs)


def _moves() -> None:
    """A class to which items were moved names the class that they left; the acts that moved them, the items."""
    connection = op.get_bind()
    classes = {
        number: json.loads(value)
        for number, value in connection.execute(sa.text("SELECT id, value FROM classes WHERE irregular = 1")).fetchall()
    }
    moments: dict[tuple[str, int], list[int]] = {}
    acts: dict[int, int] = {}
    told = sa.text("SELECT number, kind, at_us, value FROM acts WHERE kind IN (:one, :two, :three) ORDER BY number")
    kinds = {"one": "joined-stricter", "two": "withdraw", "three": "topics-reclass"}
    for number, kind, at, value in connection.execute(told, kinds).fetchall():
        acts[number] = at
        for seq in json.loads(value)["order"].get("items", ()):
            moments.setdefault((kind, seq), []).append(at)
    found = connection.execute(
        sa.text("SELECT seq, class_id FROM items WHERE class_id IN (SELECT id FROM classes WHERE irregular = 1)")
    ).fetchall()
    moves = [move for seq, class_id in found for move in _way(seq, class_id, classes, moments, acts)]
    if moves:
        connection.execute(sa.text("INSERT INTO moves VALUES (:seq, :at, :source, :target)"), moves)


def _way(
    seq: int,
    class_id: int,
    classes: dict[int, dict[str, Any]],
    moments: dict[tuple[str, int], list[int]],
    acts: dict[int, int],
) -> list[dict[str, int]]:
    """The moves that brought an item to its class, oldest first."""
    steps: list[tuple[int, int, str]] = []
    while class_id in classes:
        source, _, act = classes[class_id]["lineage"].partition("@")
        steps.append((int(source), class_id, act))
        class_id = int(source)
    moves, last = [], 0
    for source, target, act in reversed(steps):
        if act:
            at = acts.get(int(act), last)
        else:
            withdrawn = "withdrawn" in classes[target] and "withdrawn" not in classes.get(source, {})
            listed = moments.get(("withdraw" if withdrawn else "joined-stricter", seq), [])
            at = next((each for each in listed if each > last), last)
        last = at
        moves.append({"seq": seq, "at": at, "source": source, "target": target})
    return moves


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
