"""A resume gives each reader what was hidden from it beyond where it stood; many readers cost no more questions."""

from __future__ import annotations

from collections import Counter

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.fakes.store import FakeStore, FakeTransaction
from tests.simulation.world import Client, World

from relto.usecases.pausing import MakePause

ASKED = ("trims", "marks", "accounts", "add_streams", "put_readers", "put_streams")


def resumed(count: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[str], list[list[str]], int]:
    """`count` readers stand at different places when a cut begins, and ask during it: what the resume asks of the
    store, what each was given, in all, and how many streams there are then.
    """
    world = World(FakeStore())
    applied = world.apply("agreement: one\nfrom: USA\nto: [UKR]\nscope: {topics: [naval, targeting]}\n")
    names = [f"reader-{place}" for place in range(count)]
    clients = [Client(world.account(name, "UKR"), applied.collections["UKR"], "last", 100) for name in names]
    for client in clients:
        world.take([world.header(f"naval-{client.account.name}", ("naval",))])
        world.settle_clock()
        world.walk(client)
    order = MakePause(agreements=("one",), topics=("naval",), mode="cut", reason="talks")
    number = actors.pause(world.node, world.desk, order, by=ADMIN).pause.number
    world.take([world.header("targeting", ("targeting",))])
    world.settle_clock()
    for client in clients:
        world.walk(client)
    asked: Counter[str] = Counter()
    with monkeypatch.context() as patched:
        for name in ASKED:
            plain = getattr(FakeTransaction, name)

            def counted(self, *values, name=name, plain=plain, **more):
                asked[name] += 1
                return plain(self, *values, **more)

            patched.setattr(FakeTransaction, name, counted)
        actors.resume(world.node, world.desk, [number], backlog="release", by=ADMIN)
    world.settle_clock()
    for client in clients:
        world.walk(client)
    with world.node.store.read() as snap:
        return asked, [client.got for client in clients], len(snap.streams())


def test_thirty_readers_cost_a_resume_no_more_questions_than_three(monkeypatch: pytest.MonkeyPatch) -> None:
    few, _, _ = resumed(3, monkeypatch)
    many, given, streams = resumed(30, monkeypatch)
    assert many == few
    assert set(few) == set(ASKED)
    assert streams == 30
    for each in given:
        assert len(each) == len(set(each)) == 31
