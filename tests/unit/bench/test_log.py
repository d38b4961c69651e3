"""What measures the log, at sizes that take no time: that it measures what it says, not how much that is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from bench import planted, process
from bench.client import Failed
from bench.log import appending, checking, proofs, reading
from bench.log.shared import Shared
from bench.machine import ROOT
from bench.node import Node
from bench.objects import envelopes
from bench.plan import QUICK

from relto.adapters.sqlite import SqliteStore

SMALL = replace(QUICK, repetitions=1, read_seconds=0.1, appended_seconds=0.01, appended_max=600, proofs=20)
SMALL = replace(SMALL, checked_items=3_000, checked_deliveries=40, checked_page=500)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    made = Node.made(tmp_path_factory.mktemp("log") / "node")
    made.add_readers(3)
    return made


@pytest.mark.parametrize("count", [255, 256, 70_000])
def test_proofs_of_a_log_that_was_filled_hold(tmp_path, count):
    url = f"sqlite:///{tmp_path / 'log.db'}"
    proofs.filled(SqliteStore.create(url, durable=False), count)
    store = SqliteStore.open(url)
    try:
        with store.read() as snap:
            assert snap.log().size == count
        found = proofs.timed(store, 20)
    finally:
        store.close()
    assert {kind: len(seconds) for kind, seconds in found.items()} == {"inclusion": 21, "consistency": 21}


def test_proofs_are_timed_by_a_process_of_its_own(tmp_path):
    url = f"sqlite:///{tmp_path / 'log.db'}"
    proofs.filled(SqliteStore.create(url, durable=False), 300)
    rows = list(proofs._rows(SMALL, "SQLite", url, 300, lambda _: None))
    assert [row.what.rpartition(", ")[2] for row in rows] == ["p50", "p99"] * 2
    assert all(row.values["limit"] == 1 and row.values["value"] > 0 for row in rows)


def test_leaves_are_appended_until_the_time_is_up_or_there_are_enough(tmp_path):
    rows = list(appending._rows(SMALL, "SQLite", f"sqlite:///{tmp_path / 'log.db'}", lambda _: None))
    assert [row.must for row in rows] == ["", "", "at least 20,000 leaves/s", "at least 20,000 leaves/s"]
    store = SqliteStore.open(f"sqlite:///{tmp_path / 'log.db'}")
    try:
        with store.read() as snap:
            size, leaves = snap.log().size, snap.leaves(limit=3)
        assert size >= sum(appending.SIZES)
        assert {leaf.kind for _, leaf in leaves} <= {"delivery", "place"}
    finally:
        store.close()


def test_the_log_of_a_node_that_has_shared_is_exported_and_found_right(tmp_path):
    rows = list(checking.measure(SMALL, tmp_path, lambda _: None))
    assert len(rows) == 6
    assert all(row.met is not False for row in rows)


def test_a_log_that_is_wrong_is_not_measured(tmp_path):
    shared = Shared(tmp_path / "node")
    shared.take_in(300)
    shared.read(7, page=100)
    with shared.node.store.below.write() as tx:
        tx.run("UPDATE leaves SET data = CAST(replace(data, 'UKR', 'GBR') AS BLOB) WHERE kind = 'delivery'")
    shared.node.store.close()
    assert checking.done("live", tmp_path / "node")["faults"]


def test_a_node_that_has_shared_has_as_many_deliveries_as_were_asked_for(tmp_path):
    shared = Shared(tmp_path / "node")
    shared.take_in(300)
    shared.read(7, page=100)
    with shared.node.store.read() as snap:
        given = [leaf for _, leaf in snap.leaves(kind="delivery", limit=100)]
    assert (len(given), shared.deliveries) == (7, 7)
    shared.node.store.close()


def test_pages_leave_without_a_record_where_that_is_planted_and_with_one_else(node):
    with node.serving() as recorded, node.serving(without="deliveries") as bare:
        reading.take_in(recorded.writer(), envelopes(0, 400, size=200, classes=4), connections=1)
        names = ["reader-1", "reader-2", "reader-3"]
        row = reading._row(SMALL, "SQLite", node, (recorded, bare), names, 100)
        assert row.values["value"] > 0
        # The other way round neither is what it should be.
        with pytest.raises(Failed, match="more deliveries"):
            reading._in_turn(SMALL, node, (bare, recorded), names, 100)


def test_a_reader_that_gets_nothing_is_a_failure(node):
    with node.serving() as server:
        target = replace(server.as_account("reader-1"), objects_path="/exchange/collections/none/objects/")
        with pytest.raises(Failed, match="status 404"):
            reading.read_on([target], page=10, seconds=0.1)


def test_what_is_taken_in_without_a_log_leaves_no_leaf(tmp_path, node):
    source = tmp_path / "objects.jsonl"
    source.write_bytes(b"\n".join(envelopes(9_000, 1, size=1, classes=4)))
    size = reading._size(node)
    node.ingest(source, count=1, without="recording")
    assert reading._size(node) == size


def test_there_is_no_program_without_what_nobody_planted():
    with pytest.raises(AssertionError):
        planted.program("everything")
    done = subprocess.run(
        [sys.executable, "-m", "bench.planted", "everything"],
        cwd=ROOT,
        env=process.plainly(),
        check=False,
        capture_output=True,
    )
    assert done.returncode
