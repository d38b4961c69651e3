"""Several processes on one database: one order for all, and whoever is killed leaves nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contract.content import audit, fill

from relto.adapters.database import create_database
from relto.domain.ranges import OPEN

ROOT = Path(__file__).parents[2]

# Writes until it is stopped (or so many times), and says after each commit what the last number was.
WRITER = """
import sys
from relto.adapters.database import open_database
from relto.ports.store import ActRow
from tests.contract.content import append, class_of, item
url, name, times, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = open_database(url)
for turn in range(times):
    with store.write() as transaction:
        class_id = class_of(transaction, name)
        batch = append(transaction, [item(class_id, (name, turn, place), joins=[name]) for place in range(size)])
        transaction.add_act(ActRow(0, "ingest", turn, name, "{}"))
    print(batch.last, flush=True)
store.close()
"""


def start(url, name, *, times=10**9, size=20):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, name, str(times), str(size)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT)},
    )


@pytest.fixture
def store(database_url):
    made = create_database(database_url)
    yield made
    made.close()


def test_writers_in_several_processes_make_one_dense_order_that_readers_see_grow(store, database_url):
    writers = [start(database_url, name, times=15) for name in ("a", "b", "c")]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        with store.read() as snapshot:
            head = snapshot.head()
            found = snapshot.scan([(row.id, seen, OPEN) for row in snapshot.classes()], 10**6)
            # Whoever goes on from here never comes back for a lower number: all of them must be there already.
            assert [seq for seq, _ in found] == list(range(seen + 1, head.last_seq + 1))
            seen = head.last_seq
    outputs = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert store.head().last_seq == 3 * 15 * 20
    assert len({last for output in outputs for last in output}) == 45
    with store.read() as snapshot:
        assert sorted(row.number for row in snapshot.acts()) == list(range(1, 46))
        assert snapshot.counts([(row.id, 0, OPEN) for row in snapshot.classes()]) == [300, 300, 300]
    audit(store)


@pytest.mark.parametrize("after", [1, 4])
def test_a_writer_that_is_killed_leaves_what_it_committed_and_nothing_more(store, database_url, after):
    writer = start(database_url, "a", size=400)
    said = [int(writer.stdout.readline()) for _ in range(after)]
    writer.send_signal(signal.SIGKILL)
    said += [int(line) for line in writer.communicate()[0].split()]
    # The next writer does not wait for the dead one.
    fill(store, "report")
    last = store.head().last_seq
    assert last >= said[-1] + 1
    assert (last - 1) % 400 == 0
    with store.read() as snapshot:
        committed = (last - 1) // 400
        assert len(snapshot.acts()) == committed
        assert snapshot.counts([(1, 0, OPEN)]) == [committed * 400]
    audit(store)
