"""A database as the release before made it is brought to the tables of this one, and tells its past as that did.

`vectors/migrations/0003.json` holds the rows of a small database that the program of revision 0003 filled, with every
kind of act that it knew, and what `status` said of it in between.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from tests.actors import ADMIN, actor
from tests.simulation.world import CountedChance, HandClock, PlainHasher

from relto.adapters.database import create_database, open_database
from relto.adapters.sql.migrate import FOLDER
from relto.domain.errors import Refused
from relto.ports.node import Node
from relto.usecases import office, standing
from relto.usecases.pausing import AmendPause, LiftPause
from relto.usecases.policy import PolicyDesk
from relto.usecases.sequencing import changing

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/migrations/0003.json").read_text("utf-8"))


@pytest.fixture
def old(database_url: str) -> str:
    """A database of revision 0003."""
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.exec_driver_sql("DELETE FROM head")
        for table, held in VECTOR["tables"].items():
            names, marks = ", ".join(held["columns"]), ", ".join(f":{name}" for name in held["columns"])
            statement = sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})")
            rows = [dict(zip(held["columns"], map(_read, row), strict=True)) for row in held["rows"]]
            connection.execute(statement, rows)
    engine.dispose()
    return database_url


def _read(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


@pytest.fixture
def node(old: str) -> Any:
    """The node of it, migrated."""
    with pytest.raises(Refused) as caught:
        open_database(old)
    assert caught.value.code == "schema-old"
    store = create_database(old)
    yield Node(store, HandClock(VECTOR["now"] + 1_000_000), CountedChance(), PlainHasher())
    store.close()


def told(listed: list[standing.FlowStatus]) -> list[Any]:
    return [
        [
            each.agreement,
            each.to,
            each.state,
            each.released,
            [
                [one.pause.number, one.held.items, dict(one.held.by_topic), one.held.oldest]
                for one in sorted(each.pauses, key=lambda one: int(one.pause.number))
            ],
        ]
        for each in listed
    ]


def test_what_status_said_at_each_moment_is_what_it_says_of_it_now(node: Node) -> None:
    desk = PolicyDesk()
    assert told(standing.status(node, desk, by=ADMIN)) == list(VECTOR["told"].values())[-1]
    for moment, listed in VECTOR["told"].items():
        assert told(standing.status(node, desk, by=ADMIN, at=int(moment))) == listed, moment


def test_every_item_is_explained_at_every_moment_that_it_was_here(node: Node) -> None:
    desk = PolicyDesk()
    with node.store.read() as snap:
        items = snap.records(range(1, snap.head().last_seq + 1))
        stored = {row.seq: snap.batch_of(row.seq).added_at(row.seq) for row in items}  # type: ignore[union-attr]  # each has one
    for row in items:
        for moment in VECTOR["told"]:
            if stored[row.seq] <= int(moment):
                for party in ("UKR", "GBR"):
                    found = standing.explain(node, desk, row.stix_id, party, by=ADMIN, at=int(moment))
                    assert all(each.reasons for each in found)


def test_nothing_waits_and_every_act_can_be_shown(node: Node) -> None:
    desk = PolicyDesk()
    assert office.waiting(node, desk) == []
    acts = office.listed(node)
    assert [act.number for act in acts] == sorted((act.number for act in acts), reverse=True)
    assert {act.state for act in acts} == {"applied"}
    assert {"pause", "resume", "withdraw", "joined-stricter", "agreement-end"} <= {act.kind for act in acts}
    for act in acts:
        assert office.shown(node, str(act.number)) == act
        assert (act.by, act.how) in {("admin", "local"), ("schedule", "schedule")}


def test_a_pause_of_before_is_amended_and_lifted(node: Node) -> None:
    desk = PolicyDesk()
    number = next(
        each.pause.number
        for entry in standing.status(node, desk, "usa-ukr", by=ADMIN)
        for each in entry.pauses
        if each.pause.reason == "still on"
    )
    olga = actor("olga", "officer")
    before = standing.status(node, desk, by=ADMIN, at=VECTOR["now"])
    amended = office.submit(node, desk, AmendPause(number, mode="cut"), by=olga)
    assert amended.act is not None
    assert amended.act.outcome["version"] == 2
    with node.store.read() as snap:
        assert [row.version for row in snap.pause_versions(int(number))] == [1, 2]
    lifted = office.submit(node, desk, LiftPause(number), by=olga)
    assert lifted.act is not None
    assert lifted.act.outcome["released"] == 1
    assert standing.status(node, desk, by=ADMIN, at=VECTOR["now"]) == before
    with changing(node, desk):
        pass
