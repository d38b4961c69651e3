"""What keeps whoever checks a log from going on is an error; what a leaf asks of a store is a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.proving.conftest import Told, untold
from tests.replayed import Unasked, blocks
from tests.simulation.sharing import Sharing

from relto.adapters.archive import Archive
from relto.adapters.sqlite import SqliteStore
from relto.adapters.sqlite.block import SqliteTransaction
from relto.domain.errors import BadInput, Refused, ReltoError, Unreachable
from relto.ports.store import Store
from relto.usecases.evidence.expected import Expected
from relto.usecases.evidence.faults import Broken
from relto.wiring.proving import verify_archive

MARK = {"flow": 1, "reader": "kyiv", "version": 3, "place": [0, 1, 2]}


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore.create(f"sqlite:///{tmp_path / 'check.db'}", durable=False)
    yield store
    store.close()


def carried(store: Store, fields: dict[str, Any]) -> None:
    """Carries out a short history, and then a mark of these fields."""
    sharing = Sharing()
    sharing.give("one")

    def records(first: int, _: int) -> bytes:
        with sharing.node.store.read() as snap:
            return snap.batch_records(first)

    replay, told = Unasked(store, records), blocks(sharing.node.store)
    for block in told:
        replay.block(block)
    last = told[-1][-1]
    replay.block([Expected(last.number + 1, "mark", fields, last.at)])


def test_a_mark_is_carried_out(scratch):
    carried(scratch, MARK)


@pytest.mark.parametrize("fields", [{"flow": None}, {"flow": [1]}, {"reader": None}, {"place": None}, {"version": {}}])
def test_what_no_table_takes_is_a_fault_of_its_leaf(scratch, fields):
    with pytest.raises(Broken) as caught:
        carried(scratch, MARK | fields)
    assert caught.value.fault.code in {"leaf-unreadable", "order-impossible"}


@pytest.mark.parametrize(
    "error",
    [Refused("disk-full", "no room"), Unreachable("database-unreachable", "no line"), Refused("database-locked", "")],
)
def test_a_store_that_cannot_be_used_is_no_fault_of_the_log(scratch, monkeypatch, error):
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(SqliteTransaction, "put_mark", failing)
    with pytest.raises(ReltoError) as caught:
        carried(scratch, MARK)
    assert caught.value is error


def test_an_archive_that_breaks_while_it_is_read_is_damaged(told: Told, monkeypatch):
    def broken(*_: object) -> bytes:
        raise BadInput("archive-damaged", "`records/000000.bin`: input/output error")

    monkeypatch.setattr(Archive, "records", broken)
    assert [each.code for each in verify_archive(told.archive, told.keys, untold).faults] == ["archive-damaged"]


def test_no_room_for_the_check_is_no_word_about_the_archive(told: Told, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("tempfile.TemporaryDirectory", full)
    with pytest.raises(Unreachable) as caught:
        verify_archive(told.archive, told.keys, untold)
    assert caught.value.code == "scratch-unusable"
