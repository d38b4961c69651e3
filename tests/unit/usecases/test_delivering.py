"""How the items of a page are written down, and with whose they are put on record."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.store import FakeStore
from tests.simulation.sharing import Sharing

from relto.domain.stream import BEGINNING
from relto.ports.store import MarkRow
from relto.usecases.delivering import DeliveryDesk, Outgoing, runs_of

pages = st.lists(st.integers(1, 60)) | st.lists(st.integers(1, 60), unique=True).map(sorted)


@given(pages)
def test_runs_are_the_items_in_their_order_and_none_could_be_longer(seqs):
    runs = runs_of(iter(seqs))
    assert [seq for first, last in runs for seq in range(first, last + 1)] == seqs
    assert all(first <= last for first, last in runs)
    assert all(last + 1 != first for (_, last), (first, _) in pairwise(runs))


class Held(FakeStore):
    """A store where whoever comes to write waits until it is let in."""

    def __init__(self):
        super().__init__()
        self.came, self.may, self.writes = threading.Event(), threading.Event(), 0

    @contextmanager
    def write(self):
        self.came.set()
        assert self.may.wait(10)
        with super().write() as tx:
            self.writes += 1
            yield tx


def recorder():
    """A held store, its desk, and what puts a mark of a reader on record there."""
    store = Held()
    node = replace(Sharing().node, store=store)
    desk, stand, at = DeliveryDesk(node), store.head().stand, node.clock.now()
    return store, desk, lambda reader: desk.record(stand, Outgoing(at, mark=MarkRow(1, reader, 1, BEGINNING)))


def test_whoever_comes_while_others_write_is_on_record_with_the_next_commit():
    store, desk, record = recorder()
    kept = []
    threads = [threading.Thread(target=lambda name=f"r{number}": kept.append(record(name))) for number in range(9)]
    threads[0].start()
    assert store.came.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(desk._queue) < len(threads):
        pass
    store.may.set()
    for thread in threads:
        thread.join()
    assert kept == [True] * 9
    assert store.writes == 1
    with store.read() as snap:
        assert len(snap.marks(1)) == 9


def test_whoever_waits_is_told_that_nobody_can_write():
    store, desk, record = recorder()

    def fails(*_):
        raise ZeroDivisionError

    store.may.wait = fails
    for reader in ("r1", "r2"):
        with pytest.raises(ZeroDivisionError):
            record(reader)
    assert not desk._queue
