"""What a reader is given when something is odd: a cursor that outlived its database, policy that changes meanwhile."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from tests.fakes.store import FakeSnapshot
from tests.logged import deliveries
from tests.simulation.sharing import Sharing

from relto.domain.cursor import Cursor, Filters
from relto.domain.stream import BACKLOG, BEGINNING, LIVE, Place
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.reading import Query


@pytest.mark.parametrize("place", [Place(0, LIVE, 77), Place(1, BACKLOG, 1), Place(3, LIVE, 1)])
def test_a_cursor_from_beyond_what_is_here_counts_as_none(place):
    sharing = Sharing()
    sharing.give("one")
    sharing.world.settle_clock()
    token = Cursor(sharing.collection, "kyiv", None, place, Filters(), sharing.world.now).signed(b"key")
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(10, cursor=token), "objects")
    assert [sharing.names[entry.raw.decode()] for entry in page.entries] == ["one"]


def test_an_object_that_can_be_seen_is_not_called_unknown_because_policy_changes_meanwhile(monkeypatch):
    sharing = Sharing()
    one = sharing.item("one")
    sharing.give(one)
    sharing.world.settle_clock()
    reading, store = sharing.world.reading, sharing.node.store
    plain, reads = store.read, []

    @contextmanager
    def disturbed():
        reads.append(len(reads))
        if len(reads) == 2:
            sharing.pause(topics=["life"])
        with plain() as snap:
            yield snap

    monkeypatch.setattr(store, "read", disturbed)
    # Of a version that nobody gave: the page is empty, and whether the object is there is a question of its own.
    query = Query(10, versions=(77,))
    page = reading.item(sharing.kyiv.account, sharing.collection, one.id, query, "objects")
    assert not page.entries
    assert len(reads) > 2


def test_a_reader_is_served_however_often_policy_changes_under_its_page(monkeypatch):
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    reading, store = sharing.world.reading, sharing.node.store
    plain, reads = store.read, []

    @contextmanager
    def overtaken():
        # Whatever is decided on a snapshot has passed before it can be put on record.
        with plain() as snap:
            yield snap
        reads.append(sharing.pause(topics=["life"]))

    monkeypatch.setattr(store, "read", overtaken)
    page = reading.page(sharing.kyiv.account, sharing.collection, Query(10), "objects")
    monkeypatch.undo()
    assert len(reads) > 1
    assert [sharing.names[entry.raw.decode()] for entry in page.entries] == ["one", "two"]
    with store.read() as snap:
        [delivery] = deliveries(snap)
        assert delivery.count == 2
        assert delivery.policy_version == snap.head().policy_version


def test_a_page_that_had_to_wait_for_policy_gives_nothing_of_what_was_paused_meanwhile(monkeypatch):
    sharing = Sharing()
    sharing.give("one")
    number = sharing.pause(topics=["life"])
    sharing.world.settle_clock()
    reading, store = sharing.world.reading, sharing.node.store
    plain, acts = store.read, []

    @contextmanager
    def overtaken():
        with plain() as snap:
            yield snap
        acts.append(sharing.pause(mode="cut"))

    monkeypatch.setattr(store, "read", overtaken)
    page = reading.page(sharing.kyiv.account, sharing.collection, Query(10), "objects")
    monkeypatch.undo()
    assert acts
    assert not page.entries
    with store.read() as snap:
        assert deliveries(snap) == []
        # Something was hidden from this read, so it left its mark.
        assert [(mark.reader, mark.place) for mark in snap.marks(1)] == [("kyiv", BEGINNING)]
    for each in (number, *acts):
        sharing.resume(each)
    sharing.world.settle_clock()
    page = reading.page(sharing.kyiv.account, sharing.collection, Query(10), "objects")
    assert [sharing.names[entry.raw.decode()] for entry in page.entries] == ["one"]


def test_a_page_does_not_read_through_what_was_discarded(monkeypatch):
    sharing = Sharing()
    sharing.give("first")
    number = sharing.pause()
    sharing.give(*(f"dropped{place}" for place in range(500)))
    sharing.resume(number, "discard")
    sharing.give("last")
    sharing.world.settle_clock()
    read, plain = [], FakeSnapshot.bodies_between

    def noting(self, after, upto):
        found = plain(self, after, upto)
        read.extend(body.seq for body in found)
        return found

    monkeypatch.setattr(FakeSnapshot, "bodies_between", noting)
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(10), "objects")
    assert [sharing.names[entry.raw.decode()] for entry in page.entries] == ["first", "last"]
    assert {1, 502} <= set(read)
    assert len(read) < 100


def asked(sharing, added_after=None, **more):
    query = Query(10, added_after)
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, query, "objects", **more)
    return page, [sharing.names[entry.raw.decode()] for entry in page.entries]


def test_a_page_that_never_left_is_owed_as_if_it_had_not_been_made():
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    page, names = asked(sharing)
    assert names == ["one", "two"]
    sharing.world.reading.unsent(page)
    sharing.world.settle_clock()
    again, names = asked(sharing, sharing.world.now)
    assert (names, again.repaired) == (["one", "two"], 2)


def test_a_page_that_never_left_takes_nothing_back_of_what_was_served_after_it():
    sharing = Sharing()
    sharing.give("one")
    sharing.world.settle_clock()
    lost, _ = asked(sharing)
    sharing.give("two")
    sharing.world.settle_clock()
    assert asked(sharing)[1] == ["one", "two"]
    sharing.world.reading.unsent(lost)
    sharing.world.settle_clock()
    assert asked(sharing, sharing.world.now)[1] == []


def test_nothing_goes_on_record_for_a_client_that_has_gone_but_that_it_asked():
    sharing = Sharing()
    sharing.give("one")
    sharing.world.settle_clock()
    page, names = asked(sharing, 0, gone=lambda: True)
    assert (page.tracks, names) == (None, [])
    with sharing.node.store.read() as snap:
        assert deliveries(snap) == []
    sharing.world.settle_clock()
    assert asked(sharing, sharing.world.now)[1] == ["one"]


def test_an_older_version_that_came_after_the_newer_one_is_not_owed_for_ever():
    sharing = Sharing()
    newer, older = sharing.item("it", version=2), sharing.item("it", version=1)
    sharing.give(newer)
    sharing.world.settle_clock()
    assert len(asked(sharing)[1]) == 1
    sharing.give(older)
    for _ in range(3):
        sharing.world.settle_clock()
        page, names = asked(sharing, sharing.world.now)
        assert (page.repaired, names) == (0, [])


def test_who_is_owed_something_gets_it_even_while_others_wait_for_more():
    sharing = Sharing()
    sharing.world.settle_clock()
    asked(sharing)
    sharing.give("one")
    sharing.world.settle_clock()
    waiting = sharing.world.reading._waiting
    while waiting.acquire(blocking=False):
        pass
    assert asked(sharing, sharing.world.now)[1] == ["one"]


def test_a_stray_cursor_alone_that_finds_nothing_names_the_date_that_the_reader_stands_at():
    # A client that keeps the header of each page would else have none to go on from.
    sharing = Sharing()
    sharing.give("one", "two")
    found = sharing.read()
    assert found == ["one", "two"]
    reading, account, name = sharing.world.reading, sharing.kyiv.account, sharing.collection
    last = reading.page(account, name, Query(10), "objects").last
    sharing.world.settle_clock()
    token = Cursor("another", "kyiv", None, BEGINNING, Filters(), sharing.world.now).signed(b"key")
    stray = reading.page(account, name, Query(10, cursor=token), "objects")
    assert (stray.entries, stray.first, stray.last) == ((), last, last)
    # Where the reader stands at the beginning there is no date yet.
    terms = "agreement: usa-two\nfrom: USA\nto: [UKR]\nscope: {topics: [life]}\n"
    other = sharing.world.apply(terms).collections["UKR"]
    nothing = reading.page(account, other, Query(10, cursor=token), "objects")
    assert (nothing.entries, nothing.first, nothing.last) == ((), None, None)


def test_a_page_that_is_decided_in_a_write_block_opens_no_other(monkeypatch):
    sharing = Sharing()
    sharing.give("one")
    sharing.world.settle_clock()
    account = sharing.world.account("odesa", "UKR", "reader", "contributor")
    reading, store = sharing.world.reading, sharing.node.store
    plain_read, plain_write, inside = store.read, store.write, []

    @contextmanager
    def watched_write():
        with plain_write() as tx:
            inside.append(True)
            yield tx
            inside.pop()

    @contextmanager
    def watched_read():
        assert not inside, "a read block inside a write block"
        with plain_read() as snap:
            yield snap

    monkeypatch.setattr(store, "read", watched_read)
    monkeypatch.setattr(store, "write", watched_write)
    monkeypatch.setattr(DeliveryDesk, "record", lambda *_, **__: False)
    page = reading.page(account, sharing.collection, Query(10), "objects")
    assert [sharing.names[entry.raw.decode()] for entry in page.entries] == ["one"]
