"""Constant: a pause and a resume give the database the same work with few items held as with many.

Work is counted in steps of SQLite's virtual machine, which are the same on every machine and however busy it is.
"""

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.simulation.world import World

from relto.adapters.sqlite import SqliteSnapshot, SqliteStore
from relto.adapters.sqlite import store as module
from relto.usecases.pausing import MakePause

FEW, MANY = 10, 5_000
MOST = 1.5
"""Times as much: a deeper index may cost a step or two more for each look, a row for each item would cost hundreds."""

AGREEMENT = """\
agreement: usa-ukr
from: USA
to: [UKR]
scope: {topics: [naval, targeting]}
"""


class Steps:
    """Steps of all connections that were opened since."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1
        return 0


@pytest.fixture
def steps(monkeypatch):
    counted = Steps()
    connected = module.connected

    def counting(*places, **named):
        connection = connected(*places, **named)
        connection.set_progress_handler(counted, 1)
        return connection

    monkeypatch.setattr(module, "connected", counting)
    return counted


def headers(world, numbers):
    return [world.header(f"item {number}", ("naval",) if number % 2 else ("targeting",)) for number in numbers]


def work(path, steps, items):
    """The steps of a pause before which `items` flowed, and of the resume that releases as many."""
    store = SqliteStore.create(f"sqlite:///{path}")
    try:
        world = World(store)
        world.apply(AGREEMENT)
        world.take(headers(world, range(items)))
        world.clock.sleep(10_000_000)
        before = steps.count
        actors.pause(world.node, world.desk, MakePause(agreements=["usa-ukr"], reason="talks"), by=ADMIN)
        paused = steps.count - before
        world.take(headers(world, range(items, 2 * items)))
        world.clock.sleep(10_000_000)
        before = steps.count
        (resumed,) = actors.resume(world.node, world.desk, ["1"], backlog="release", by=ADMIN)
        assert resumed.released == items
        return paused, steps.count - before
    finally:
        store.close()


def test_a_pause_and_a_resume_are_the_same_work_with_few_items_as_with_many(tmp_path, steps):
    few = work(tmp_path / "few.db", steps, FEW)
    many = work(tmp_path / "many.db", steps, MANY)
    assert all(0 < more <= MOST * less for less, more in zip(few, many, strict=True)), (few, many)


def test_work_that_grows_with_the_items_would_be_seen(tmp_path, steps, monkeypatch):
    counts = SqliteSnapshot.counts

    def by_row(self, ranges):
        for class_id, after, upto in ranges:
            self.rows("SELECT seq FROM items WHERE class_id = ? AND seq > ? AND seq <= ?", (class_id, after, upto))
        return counts(self, ranges)

    monkeypatch.setattr(SqliteSnapshot, "counts", by_row)
    _, few = work(tmp_path / "few.db", steps, FEW)
    _, many = work(tmp_path / "many.db", steps, MANY)
    assert many > MOST * few
