"""The random histories once more, on the real engines: what holds over the fake must hold over SQL.

Fewer examples than over the fake, for a commit that is durable costs a thousand times as much. Each example runs as
three processes would, each with memory of its own; and once more with three stores on one database, each call by
another of them, so that nothing can lean on what one connection happens to remember.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import actors
from tests.actors import ADMIN
from tests.simulation.test_histories import VECTORS, operations, run
from tests.simulation.world import Client, HandClock, World

from relto.adapters.database import create_database, open_database
from relto.adapters.sql.schema import metadata
from relto.ports.store import Head, Snapshot, Store, Transaction
from relto.usecases.pausing import MakePause
from relto.usecases.reading import reader

EXAMPLES = int(os.environ.get("TEST_HISTORIES", "30"))
"""Histories for each engine and test; set higher for a longer hunt."""

PROCESSES = 3

hunting = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
histories = st.lists(operations, max_size=40)


class InTurn:
    """A store that lets another of several stores answer each call; all of them are open on one database."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._turn = itertools.cycle(stores)

    def head(self) -> Head:
        return next(self._turn).head()

    def read(self) -> AbstractContextManager[Snapshot]:
        return next(self._turn).read()

    def write(self) -> AbstractContextManager[Transaction]:
        return next(self._turn).write()

    def close(self) -> None:
        raise AssertionError("whoever opened the stores closes them")


@pytest.fixture
def opened(database_url) -> Iterator[tuple[list[Store], Callable[[], None]]]:
    """Three stores on one database, and a function that empties it."""
    stores: list[Any] = [create_database(database_url)]
    stores += [open_database(database_url) for _ in range(PROCESSES - 1)]

    def empty() -> None:
        with stores[0].write() as transaction:
            for name in metadata.tables:
                if name != "head":
                    transaction.run(f"DELETE FROM {name}")
            transaction.put_head(Head())
        with stores[0].read() as snapshot:
            assert snapshot.head() == Head()
            assert snapshot.setting("party") is None
            assert snapshot.classes() == snapshot.streams() == snapshot.flows() == []

    yield stores, empty
    for store in stores:
        store.close()


@hunting
@given(history=histories, keeps_history=st.booleans())
def test_every_reader_gets_each_released_item_exactly_once_on_a_real_engine(opened, history, keeps_history):
    stores, empty = opened
    empty()
    run(stores[0], history, processes=PROCESSES, keeps_history=keeps_history)


@hunting
@given(history=histories, keeps_history=st.booleans())
def test_nothing_leans_on_what_one_connection_remembers(opened, history, keeps_history):
    stores, empty = opened
    empty()
    run(InTurn(stores), history, processes=PROCESSES, keeps_history=keeps_history)


class Hurrying(HandClock):
    """A clock that a slow disk makes: it moves on whenever somebody looks."""

    def now(self) -> int:
        self.moment += 15_000
        return self.moment


def test_a_resume_that_takes_longer_than_its_lead_gives_later_moments_and_stands(opened):
    stores, empty = opened
    empty()
    world = World(stores[0])
    kyiv = world.account("kyiv", "UKR")
    text = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n"
    client = Client(kyiv, world.apply(text).collections["UKR"], "last", 10)
    hasty = replace(world.node, clock=Hurrying(world.clock.moment))
    number = actors.pause(hasty, world.desk, MakePause(["usa-ukr"], reason="r"), by=ADMIN).pause.number
    world.take([world.header("o1", ("naval",))])
    done = actors.resume(hasty, world.desk, [number], backlog="release", by=ADMIN)[0]
    world.clock.moment = done.visible_at + 1
    world.walk(client)
    assert len(client.got) == 1
    with stores[1].read() as snapshot:
        assert [epoch.backlog_end for epoch in snapshot.streams_whole([1])[1].epochs] == client.dates


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_what_was_found_once_stays_found_on_a_real_engine(opened, name):
    stores, empty = opened
    empty()
    history, keeps_history = VECTORS[name]
    run(InTurn(stores), history, processes=PROCESSES, keeps_history=keeps_history)


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_a_page_that_is_decided_where_nobody_can_overtake_it_is_no_other(opened, name, monkeypatch):
    stores, empty = opened
    empty()
    monkeypatch.setattr(reader, "ATTEMPTS_FREE", 0)
    history, keeps_history = VECTORS[name]
    run(InTurn(stores), history, processes=PROCESSES, keeps_history=keeps_history)


@hunting
@given(history=histories, keeps_history=st.booleans())
def test_every_reader_gets_each_item_once_if_its_pages_are_decided_where_nobody_can_overtake_them(
    opened, history, keeps_history
):
    stores, empty = opened
    empty()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader, "ATTEMPTS_FREE", 0)
        run(InTurn(stores), history, processes=PROCESSES, keeps_history=keeps_history)


class Undone(Exception):
    """A write that the planted bug gives up."""


class Forgetful:
    """A planted bug: once there are items, every third write is undone in silence."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._number = itertools.count(1)

    def head(self) -> Head:
        return self._store.head()

    def read(self) -> AbstractContextManager[Snapshot]:
        return self._store.read()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with contextlib.suppress(Undone), self._store.write() as transaction:
            yield transaction
            if transaction.head().last_seq and next(self._number) % 3 == 0:
                raise Undone

    def close(self) -> None:
        raise AssertionError("whoever opened the store closes it")


@pytest.mark.tampers
def test_the_histories_notice_a_store_that_forgets(opened):
    stores, empty = opened
    empty()
    history = [("take", [frozenset({"naval"})]) for _ in range(4)] + [("walk", index) for index in range(8)]
    with pytest.raises((AssertionError, KeyError)):
        run(Forgetful(stores[0]), history, processes=PROCESSES)
