"""Tables: whatever is changed in one, past the use cases, is found and named; or it bears on no promise."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.actors import ADMIN
from tests.fakes.stamper import AT_US
from tests.proving.conftest import Told, untold
from tests.simulation.world import CountedChance, HandClock, PlainHasher

from relto.adapters.authority.token import claimed
from relto.adapters.sql.backup import COLUMNS, KEYS
from relto.adapters.sql.comparing import COMPARED, HEAD_ASIDE
from relto.adapters.sqlite import SqliteStore
from relto.domain.keys import object_key
from relto.domain.stamp import Stamp
from relto.ports.node import Node
from relto.usecases import standing
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.evidence.making.leaves import RULES
from relto.usecases.evidence.signed.timing import last_stamp
from relto.usecases.policy import PolicyDesk
from relto.usecases.reading import Query, Reading
from relto.wiring.proving import verify_store

FEW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ATTESTED = {"cosignatures", "timestamps"}
"""Tables of what others signed: that a row is gone cannot be told, and takes a proof away that nobody need give."""

IN_THE_LOG = {"leaves", "log", "tiles", "records", "checkpoints", *ATTESTED}
"""Tables of the log that are found out by hashes and signatures."""

ASIDE = {
    ("head", each) for each in HEAD_ASIDE
} | {
    # When a checkpoint was signed is no part of what is signed.
    ("checkpoints", "at_us"),
    # When a time stamp was kept says when the next is due; what it says stands in its token.
    ("timestamps", "at_us"),
}  # fmt: skip
"""Columns that bear on no promise."""

PROVED = {table for table, rule in COMPARED.items() if callable(rule)} | IN_THE_LOG | {"tracks"}

MADE = {"webhooks", "mailboxes"}
"""Tables of which is compared what acts say, and not how they fare."""


def test_of_every_table_it_is_known_how_it_is_compared_or_why_not():
    assert set(COMPARED) == set(COLUMNS)
    assert all(rule for rule in COMPARED.values())


def test_every_table_that_is_proved_has_something_in_it(told):
    with sqlite3.connect(told.database) as connection:
        counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in PROVED}
    connection.close()
    assert [table for table, count in counts.items() if not count] == []


def test_a_node_as_it_is_has_nothing_wrong(told, tmp_path):
    assert told.changed(tmp_path / "x.db", lambda _: None).faults == []


def rows(store: SqliteStore, table: str) -> list[tuple[Any, ...]]:
    with store.read() as snap:
        return snap.rows(f"SELECT {', '.join(COLUMNS[table])} FROM {table} ORDER BY {', '.join(KEYS[table])}")


def other(value: Any, data: st.DataObject) -> Any:
    """The value with one thing flipped."""
    if value is None:
        return 7
    if isinstance(value, int):
        return value ^ (1 << data.draw(st.integers(0, 8)))
    if isinstance(value, bytes):
        place = data.draw(st.integers(0, max(len(value) - 1, 0)))
        return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :] if value else b"x"
    place = data.draw(st.integers(0, max(len(value) - 1, 0)))
    return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :] if value else "x"


def written(store: SqliteStore, table: str, found: list[tuple[Any, ...]]) -> bool:
    """Whether the engine takes these rows in place of those that there are."""
    marks = ", ".join("?" * len(COLUMNS[table]))
    try:
        with store.write() as tx:
            tx.run(f"DELETE FROM {table}")
            tx.run_each(f"INSERT INTO {table} ({', '.join(COLUMNS[table])}) VALUES ({marks})", found)
    except Exception:  # noqa: BLE001 - a constraint of the engine stands in the way
        return False
    return True


def says_same(store: SqliteStore) -> bool:
    """Whether the time stamp says what it said: not every byte of a token is signed."""
    with store.read() as snap:
        found = last_stamp(snap, claimed)
        return found is not None and found == (snap.log().size, Stamp(AT_US, "CN=Stamper ec", 1_500_000, 7))


@pytest.mark.parametrize("column", ["raw", "digest"])
def test_an_item_is_its_bytes_and_its_digest(told, tmp_path, column):
    def change(store: SqliteStore) -> None:
        with store.write() as tx:
            # One that was not purged.
            asked = f"SELECT seq, {column} FROM items WHERE length(raw) > 0 ORDER BY seq LIMIT 1"
            seq, found = tx.rows(asked)[0]
            tx.run(f"UPDATE items SET {column} = ? WHERE seq = ?", (bytes([found[0] ^ 1]) + found[1:], seq))

    assert "table-other" in {fault.code for fault in told.changed(tmp_path / "x.db", change).faults}


@FEW
@given(data=st.data())
def test_no_row_can_be_changed_dropped_added_or_exchanged(told, tmp_path, data):
    table = data.draw(st.sampled_from(sorted(PROVED)))
    how = data.draw(st.sampled_from(["flipped", "dropped", "added", "exchanged"]))
    aside: list[bool] = []

    def change(store: SqliteStore) -> None:
        found = rows(store, table)
        place = data.draw(st.integers(0, len(found) - 1))
        column = data.draw(st.integers(0, len(COLUMNS[table]) - 1))
        row = list(found[place])
        before = list(found)
        if how == "dropped":
            del found[place]
        elif how == "exchanged":
            # What stands beside the key of one row stands beside the key of another.
            keys, mate = len(KEYS[table]), data.draw(st.integers(0, len(found) - 1))
            found[place] = (*row[:keys], *before[mate][keys:])
            found[mate] = (*before[mate][:keys], *row[keys:])
        else:
            row[column] = other(row[column], data)
            found[place : place + (how == "flipped")] = [tuple(row)]
        differs = [
            name
            for mine, theirs in zip(before, found, strict=False)
            for name, one, two in zip(COLUMNS[table], mine, theirs, strict=True)
            if one != two
        ]
        same = len(found) == len(before) and all((table, name) in ASIDE for name in differs)
        is_gone = how == "dropped" and table in ATTESTED
        is_written = written(store, table, found)
        says = how == "flipped" and table == "timestamps" and says_same(store)
        aside.append(not is_written or same or is_gone or says)

    verdict = told.changed(tmp_path / "x.db", change)
    assert aside[0] or not verdict.ok, f"{how} in {table}, and nothing was found"
    assert all(fault.text for fault in verdict.faults)


def answers(store: SqliteStore, told: Told) -> Iterator[Any]:
    """What a node of these tables gives to its readers, and says of itself."""
    clock = HandClock(2**51)
    node = Node(store, clock, CountedChance(), PlainHasher())
    desk = PolicyDesk()
    reading = Reading(node, desk, DeliveryDesk(node), b"key")
    with store.read() as snap:
        accounts = [row for row in snap.accounts() if "reader" in row.roles]
        items = [row.stix_id for row in snap.records(range(1, 34))]
        assert object_key("USA", items[0]) in snap.known([object_key("USA", items[0])])
    for account in accounts:
        for collection in reading.collections(account):
            page = reading.page(account, collection.id, Query(1_000), "objects")
            yield account.name, collection.alias, [entry.raw for entry in page.entries], page.first, page.last
    yield [(each.agreement, each.to, each.state) for each in standing.status(node, desk, by=ADMIN)]
    for item in items:
        for party in ("UKR", "GBR"):
            yield [(each.decision, each.reasons) for each in standing.explain(node, desk, item, party, by=ADMIN)]
    del told


@pytest.mark.parametrize("table", sorted(set(COLUMNS) - PROVED - MADE))
def test_a_table_that_is_not_compared_bears_on_no_promise(told, tmp_path, table):
    """All of it gone, nobody is given anything else, nothing else is said, and nothing is found wrong."""
    found = []
    for number, change in enumerate((None, f"DELETE FROM {table}")):
        path = tmp_path / f"{number}.db"
        path.write_bytes(told.database.read_bytes())
        store = SqliteStore.open(f"sqlite:///{path}")
        if change is not None:
            with store.write() as tx:
                tx.run(change)
            assert verify_store(store, told.keys, untold).faults == []
        found.append(list(answers(store, told)))
        store.close()
    assert found[0] == found[1]
    assert len(found[0]) > 30


def test_every_row_that_the_log_says_nothing_of_is_compared_or_bears_on_nothing():
    assert {name for name, rule in RULES.items() if isinstance(rule, str)} >= {"put_streams", "put_head"} - {
        "put_streams"
    }


@pytest.mark.postgres
def test_the_tables_of_the_other_engine_are_compared_as_well(tmp_path: Path, new_postgres_database) -> None:
    from tests.proving.story import signed, tell

    from relto.adapters.database import create_database

    store = create_database(new_postgres_database())
    try:
        tell(store)
        keys = signed(store, tmp_path)
        assert verify_store(store, keys, untold).faults == []
        for statement in (
            "UPDATE items SET raw = 'x' WHERE seq = 3",
            "UPDATE spans SET upto_seq = upto_seq + 1 WHERE ctid = (SELECT ctid FROM spans LIMIT 1)",
            "DELETE FROM acts WHERE number = 3",
            "UPDATE leaves SET data = data || 'x' WHERE number = 100",
            "UPDATE accounts SET party = 'GBR' WHERE name = 'kyiv'",
        ):
            with store.write() as tx:
                tx.run(statement)
            verdict = verify_store(store, keys, untold)
            assert not verdict.ok, statement
            if "leaves" in statement:
                assert 100 in {fault.leaf for fault in verdict.faults}
                break
    finally:
        store.close()


ELSEWHERE = {
    "another host": "UPDATE webhooks SET value = replace(value, 'hook.example', 'hook.evil')",
    "another path of the host": "UPDATE webhooks SET value = replace(value, 'hook.example/x', 'hook.example/y')",
    "another party's webhook": "UPDATE webhooks SET party = 'GBR', value = replace(value, 'UKR', 'GBR')",
    "filed under another party": "UPDATE webhooks SET party = 'GBR'",
    "filed under another id": "UPDATE webhooks SET id = 'x'",
    "by somebody else": "UPDATE webhooks SET value = replace(value, 'admin', 'olga')",
    "a webhook that is gone": "DELETE FROM webhooks",
    "no webhook at all": "UPDATE webhooks SET value = '{}'",
    "another address": "UPDATE mailboxes SET value = replace(value, 'ukr.example', 'rus.example')",
    "a mailbox that is gone": "DELETE FROM mailboxes",
    "one more": "INSERT INTO mailboxes SELECT 'x', party, replace(value, id, 'x') FROM mailboxes",
}


@pytest.mark.parametrize("statement", ELSEWHERE.values(), ids=ELSEWHERE)
def test_notices_go_where_acts_say(told, tmp_path, statement):
    def change(store: SqliteStore) -> None:
        with store.write() as tx:
            tx.run(statement)

    found = told.changed(tmp_path / "x.db", change).faults
    assert {fault.code for fault in found} == {"table-other"}
    assert all("webhooks" in fault.text or "mailboxes" in fault.text for fault in found)


def test_how_a_webhook_fares_bears_on_no_promise(told, tmp_path):
    def change(store: SqliteStore) -> None:
        with store.write() as tx:
            webhook = tx.webhooks(parties=None)[0]
            tx.put_webhook(webhook.disabled("it answered 410"))

    assert told.changed(tmp_path / "x.db", change).faults == []
