"""The vocabulary is adopted as an act, and deciding the past anew keeps every place that an item has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.fakes.store import FakeStore
from tests.simulation.world import VOCABULARY, Client, World

from relto.domain.errors import BadInput, ReltoError
from relto.domain.item import Header, Reject
from relto.usecases import accounts, standing, topics
from relto.usecases.pausing import MakePause

SCOPE = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval, targeting]}\n"
WIDER = VOCABULARY.replace("naval: {labels: [naval]}", "naval: {labels: [naval, ships]}")
NARROWER = VOCABULARY.replace("naval: {labels: [naval]}", "naval: {labels: [vessels]}")


class Told:
    """A world whose headers can be read back from their bytes."""

    def __init__(self) -> None:
        self.world = World(FakeStore(timeout_seconds=0.2))
        self.collection = self.world.apply(SCOPE).collections["UKR"]
        self.account = self.world.account("kyiv", "UKR")
        self.headers: dict[bytes, Header | Reject] = {}

    def take(self, name: str, *labels: str, joins: tuple[str, ...] = ()) -> str:
        header = self.world.header(name, labels, joins=joins)
        self.headers[header.raw] = header
        self.world.take([header])
        self.world.settle_clock()
        return header.raw.decode()

    def reclass(self, text: str) -> topics.Reclassed:
        assert topics.adopt(self.world.node, self.world.desk, text, by=ADMIN)
        return self.reclass_now()

    def reclass_now(self) -> topics.Reclassed:
        done = topics.reclass(self.world.node, self.world.desk, lambda raw, _: self.headers[raw], by=ADMIN, portion=2)
        self.world.settle_clock()
        return done

    def preview(self, read: Callable[[bytes, int], Header | Reject] | None = None) -> topics.Reclassed:
        """What deciding anew would do, by the vocabulary that counts."""
        node, desk = self.world.node, self.world.desk
        return topics.preview_reclass(node, desk, read or (lambda raw, _: self.headers[raw]), by=ADMIN, portion=2)

    def client(self) -> Client:
        return Client(self.account, self.collection, "last", 2)

    def read(self, client: Client) -> list[str]:
        before = len(client.got)
        self.world.walk(client)
        return client.got[before:]

    def status(self) -> standing.FlowStatus:
        return standing.status(self.world.node, self.world.desk, by=ADMIN)[0]


def test_a_vocabulary_is_adopted_once_and_a_broken_one_never() -> None:
    world = World(FakeStore())
    assert topics.adopt(world.node, world.desk, WIDER, by=ADMIN)
    assert not topics.adopt(world.node, world.desk, WIDER, by=ADMIN)
    with pytest.raises(BadInput):
        topics.adopt(world.node, world.desk, "topics: [", by=ADMIN)
    with world.node.store.read() as snap:
        assert snap.setting("topics") == WIDER


def test_a_new_vocabulary_holds_for_what_comes_after() -> None:
    told = Told()
    told.take("a", "ships")
    topics.adopt(told.world.node, told.world.desk, WIDER, by=ADMIN)
    later = told.take("b", "ships")
    assert told.read(told.client()) == [later]


def test_what_gets_into_the_scope_is_given_once_behind_every_cursor() -> None:
    told = Told()
    ships, naval = told.take("a", "ships"), told.take("b", "naval")
    steady = told.client()
    assert told.read(steady) == [naval]
    done = told.reclass(WIDER)
    assert (done.items, done.moved) == (2, 1)
    assert told.read(steady) == [ships]
    assert sorted(told.read(told.client())) == sorted([naval, ships])
    assert told.status().released == 2


def test_what_falls_out_of_the_scope_is_hidden_and_comes_back_unrepeated() -> None:
    told = Told()
    naval = told.take("a", "naval")
    steady, away = told.client(), told.client()
    assert told.read(steady) == [naval]
    told.reclass(NARROWER)
    other = Client(told.world.account("lviv", "UKR"), told.collection, "last", 2)
    assert told.read(other) == []
    assert told.read(steady) == []
    told.reclass(VOCABULARY)
    assert told.read(steady) == []
    assert told.read(away) == [naval]
    assert told.read(other) == [naval]
    assert told.status().released == 1


def test_what_a_pause_holds_stays_held_and_is_counted_exactly() -> None:
    told = Told()
    number = actors.pause(
        told.world.node, told.world.desk, MakePause(("usa-ukr",), topics=("naval",), reason="talks"), by=ADMIN
    ).pause.number
    told.take("a", "naval")
    ships = told.take("b", "ships")
    told.reclass(WIDER)
    held = told.status().pauses[0].held
    assert held.items == 2
    assert dict(held.by_topic) == {"naval": 2}
    client = told.client()
    assert told.read(client) == []
    done = actors.resume(told.world.node, told.world.desk, [number], backlog="release", by=ADMIN)[0]
    assert done.released == 2
    told.world.settle_clock()
    assert ships in told.read(client)


def test_what_joins_follows_what_it_joins_through_every_portion() -> None:
    told = Told()
    target = told.world.header("a", ())
    joins = [told.take(f"r{number}", joins=(target.id,)) for number in range(3)]
    told.take("a", "ships")
    assert told.read(told.client()) == []
    told.reclass(WIDER)
    assert set(joins) <= set(told.read(told.client()))


def test_an_item_that_can_no_longer_be_read_keeps_its_class() -> None:
    told = Told()
    raw = told.take("a", "ships").encode()
    told.headers[raw] = Reject("", "", "no-json", "not to be read")
    assert told.reclass(WIDER).moved == 0


def test_what_a_preview_counts_is_what_is_then_done() -> None:
    told = Told()
    target = told.world.header("a", ())
    for number in range(3):
        told.take(f"r{number}", joins=(target.id,))
    told.take("a", "ships")
    told.take("b", "naval")
    topics.adopt(told.world.node, told.world.desk, WIDER, by=ADMIN)
    found = told.preview()
    with told.world.node.store.read() as snap:
        assert not [row for row in snap.acts() if row.kind == "topics-reclass"], "nothing has happened"
    done = told.reclass_now()
    assert (found.items, found.moved) == (done.items, done.moved) == (5, 4)
    assert (told.preview().items, told.preview().moved) == (5, 0)


def test_a_preview_keeps_no_writer_waiting_and_counts_what_there_was() -> None:
    told = Told()
    told.take("a", "ships")
    topics.adopt(told.world.node, told.world.desk, WIDER, by=ADMIN)

    def read(raw: bytes, _: int) -> Header | Reject:
        # Somebody stores items while it reads.
        told.take("b", "ships", "naval")
        return told.headers[raw]

    assert (told.preview(read).items, told.preview().items) == (1, 2)


def test_a_preview_is_for_administrators_who_still_have_their_account() -> None:
    told = Told()
    node, desk = told.world.node, told.world.desk

    def read(raw: bytes, _: int) -> Header | Reject:
        pytest.fail("nothing is looked at")

    told.take("a", "ships")
    with pytest.raises(ReltoError) as refused:
        topics.preview_reclass(node, desk, read, by=actors.actor("olga", "officer"))
    assert refused.value.code == "role-missing"
    told.world.account("adam", "USA", "admin")
    accounts.revoke(node, desk, "adam", by=ADMIN)
    with pytest.raises(ReltoError) as refused:
        topics.preview_reclass(node, desk, read, by=actors.actor("adam", "admin"))
    assert refused.value.code == "account-revoked"
