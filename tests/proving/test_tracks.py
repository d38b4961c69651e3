"""Tracks: where a reader stands follows from what it was given, whoever writes the log, and in whichever order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed
from tests.actors import ADMIN, actor
from tests.replayed import faults_of
from tests.simulation.sharing import SECOND, Sharing

from relto.domain.reader import Track
from relto.domain.stream import BEGINNING, Place
from relto.ports.store import TrackRow
from relto.usecases import accounts, repairing
from relto.usecases.delivering import DECIDED_MAX_US, WAYS_MAX, DeliveryDesk, Outgoing, put_records
from relto.usecases.reading import Query, following
from relto.usecases.reading import reader as reading_module
from relto.usecases.reading.following import Following
from relto.usecases.reading.values import Page

pytestmark = pytest.mark.tampers


def codes(sharing: Sharing) -> set[str]:
    return {fault.code for fault in faults_of(sharing.node.store)}


def shared(*names: str, processes: int = 1) -> Sharing:
    sharing = Sharing(processes=processes)
    sharing.give(*(names or ("one", "two", "three", "four")))
    sharing.world.settle_clock()
    return sharing


def asked(sharing: Sharing, limit: int = 100, **query: Any) -> Page:
    return sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(limit, **query), "objects")


def followed(monkeypatch: pytest.MonkeyPatch, change: Callable[[Following], Following]) -> None:
    """Whatever is asked for, the node goes by what `change` makes of where it begins and which track it moves."""
    honest = following.follow
    monkeypatch.setattr(reading_module, "follow", lambda *words: change(honest(*words)))


def stored(sharing: Sharing) -> TrackRow:
    with sharing.node.store.read() as snap:
        [row] = snap.tracks(reader="kyiv")
    return row


# Where a reader begins.


def test_no_first_page_begins_where_a_track_says(monkeypatch):
    sharing = shared()
    ahead = Place(0, 1, 3)
    with monkeypatch.context() as planted:
        followed(planted, lambda each: replace(each, start=ahead, track=Track.begun(ahead), by_track=True))
        assert len(asked(sharing).entries) == 1
    assert codes(sharing) == {"delivery-start"}


@pytest.mark.parametrize("place", [Place(0, 1, 1), Place(0, 1, 3)])
def test_no_page_begins_by_track_elsewhere_than_there(place, monkeypatch):
    sharing = shared()
    asked(sharing, 2)
    sharing.world.settle_clock()
    with monkeypatch.context() as planted:
        followed(planted, lambda each: replace(each, start=place))
        assert asked(sharing, added_after=sharing.world.now + SECOND).entries
    assert codes(sharing) == {"delivery-start"}


def test_a_reader_whose_clock_is_ahead_is_read_from_its_place():
    sharing = shared()
    asked(sharing, 2)
    sharing.world.settle_clock()
    assert asked(sharing, added_after=sharing.world.now + SECOND).entries
    assert codes(sharing) == set()


def test_a_page_that_is_followed_says_so(monkeypatch):
    sharing = shared()
    with monkeypatch.context() as planted:
        followed(planted, lambda each: Following(each.start))
        assert asked(sharing).entries
    assert codes(sharing) == {"delivery-track"}


def test_who_asks_in_many_ways_is_followed_in_some():
    sharing = shared()
    types = [("indicator", f"x-{number}") for number in range(WAYS_MAX + 2)]
    for each in types:
        assert asked(sharing, types=each).entries
    with sharing.node.store.read() as snap:
        assert len(snap.tracks(reader="kyiv")) == WAYS_MAX
    assert codes(sharing) == set()


def overtaken(monkeypatch: pytest.MonkeyPatch, come_between: Callable[[], object]) -> None:
    """Before the first page goes on record, whatever comes between does."""
    honest, came = DeliveryDesk.record, []

    def record(self: DeliveryDesk, *words: Any, **more: Any) -> bool:
        if not came:
            came.append(True)
            come_between()
        return honest(self, *words, **more)

    monkeypatch.setattr(DeliveryDesk, "record", record)


def begun(sharing: Sharing, *ways: str, reader: str = "kyiv", place: Place = BEGINNING) -> None:
    """A leaf for each of these ways of asking says that the reader begins there, in a block of its own."""
    for way in ways:
        with sharing.node.store.write() as tx:
            [flow] = tx.flows()
            put_records(
                tx, [Outgoing(sharing.world.now, track=TrackRow(flow.id, reader, way, Track.begun(place)), after=place)]
            )


# Tracks of their own.


@pytest.mark.parametrize("place", [BEGINNING, Place(0, 1, 4)])
def test_no_track_is_set_back_or_forward_by_a_leaf_of_its_own(place):
    sharing = shared()
    asked(sharing, 2)
    with sharing.node.store.write() as tx:
        tx.put_track(replace(stored(sharing), track=Track.begun(place)))
    assert codes(sharing) == {"track-unfounded"}


@pytest.mark.parametrize("page", [0, 7])
def test_a_reader_begins_once(page):
    sharing = shared()
    asked(sharing, 2)
    place = Place(0, 1, 4)
    with sharing.node.store.write() as tx:
        track = replace(stored(sharing), track=Track(place, page=page, at=sharing.world.now if page else 0))
        put_records(tx, [Outgoing(sharing.world.now, track=track, after=place)])
    assert codes(sharing) == {"track-unfounded"}


def test_nobody_begins_beyond_what_there_is():
    sharing = shared()
    with sharing.node.store.write() as tx:
        [flow] = tx.flows()
        place = Place(0, 1, 9)
        row = TrackRow(flow.id, "kyiv", "objects", Track.begun(place))
        put_records(tx, [Outgoing(sharing.world.now, track=row, after=place)])
    assert codes(sharing) == {"track-unfounded"}


def test_no_walk_ends_that_is_not_open():
    sharing = shared()
    asked(sharing)
    row = stored(sharing)
    assert row.track.walk is None
    with sharing.node.store.write() as tx:
        track = row.track.served(
            None, start=Place(0, 1, 4), last=None, end=Place(0, 1, 4), page=7, at=sharing.world.now
        )
        put_records(tx, [Outgoing(track.at, track=replace(row, track=track), after=Place(0, 1, 4))])
    assert codes(sharing) == {"track-unfounded"}


def test_who_was_refused_or_given_nothing_at_first_is_followed_from_there():
    sharing = shared()
    sharing.world.reading.refused(sharing.kyiv.account, sharing.collection, Query(9), "objects")
    assert asked(sharing, types=("malware",)).entries == ()
    assert codes(sharing) == set()
    asked(sharing, 2)
    sharing.world.reading.refused(sharing.kyiv.account, sharing.collection, Query(9), "objects")
    assert asked(sharing, added_after=sharing.world.now - 1).repaired == 4
    assert codes(sharing) == set()


def test_a_walk_whose_end_was_hidden_meanwhile_ends_and_may_have_never_left():
    sharing = shared()
    first = asked(sharing, 2)
    cut = sharing.pause(mode="cut")
    sharing.world.settle_clock()
    last = asked(sharing, 2, cursor=first.next)
    assert last.entries == ()
    assert stored(sharing).track.walk is None
    assert codes(sharing) == set()
    sharing.world.reading.unsent(last)
    sharing.resume(cut)
    sharing.read()
    assert codes(sharing) == set()


# Repairs.


def test_what_is_owed_is_given_before_a_page_goes_beyond_it(monkeypatch):
    sharing = shared("one", "two")
    asked(sharing, 1)
    beyond = sharing.world.now
    sharing.give("three")
    sharing.world.settle_clock()
    with monkeypatch.context() as planted:
        planted.setattr(following, "is_repaired", lambda _: False)
        assert len(asked(sharing, added_after=beyond).entries) == 1
    [fault] = faults_of(sharing.node.store)
    assert (fault.code, fault.promise, fault.item) == ("repair-missing", "whole", 1)


def test_nothing_is_owed_to_a_reader_whose_gaps_are_not_mended():
    sharing = shared("one", "two")
    accounts.set_switches(sharing.node, sharing.world.desk, "kyiv", {"repair": False}, by=ADMIN)
    asked(sharing, 1)
    beyond = sharing.world.now
    sharing.give("three")
    sharing.world.settle_clock()
    assert len(asked(sharing, added_after=beyond).entries) == 1
    assert codes(sharing) == set()


@pytest.mark.parametrize("seq", [1, 4])
def test_what_is_skipped_is_what_stood_there_then(seq, monkeypatch):
    sharing = shared()
    asked(sharing, 2)
    sharing.world.settle_clock()
    skip = repairing.skip
    assert skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 4
    assert codes(sharing) == set()
    sharing.give("five", "six")
    sharing.world.settle_clock()
    with monkeypatch.context() as planted:
        planted.setattr(Track, "skipped", lambda self, _: changed(self, place=Place(0, 1, seq)))
        skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN)
    assert codes(sharing) & {"outcome-other", "track-unfounded"}


@pytest.mark.parametrize("where", ["usa-ukr", "other"])
def test_what_was_wrong_before_a_skip_does_not_end_the_check(where, monkeypatch):
    sharing = shared()
    other = sharing.world.apply("agreement: other\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n")
    reading = sharing.world.reading
    collections = {"usa-ukr": sharing.collection, "other": other.collections["UKR"]}
    for collection in collections.values():
        reading.page(sharing.kyiv.account, collection, Query(2), "objects")
    with sharing.node.store.write() as tx:
        [row] = [each for each in tx.tracks(reader="kyiv") if each.flow == 1]
        tx.put_track(replace(row, track=Track.begun(Place(0, 1, 4))))
    [fault] = faults_of(sharing.node.store)
    assert fault.code == "track-unfounded"
    assert repairing.skip(sharing.node, sharing.world.desk, "kyiv", where, by=ADMIN) >= 0
    sharing.world.settle_clock()
    told = faults_of(sharing.node.store)
    # Where it stood under the one agreement says nothing of the other.
    assert [each.code for each in told] == ["track-unfounded"] * (2 if where == "usa-ukr" else 1)
    sharing.give("five", "six")
    sharing.world.settle_clock()
    for collection in collections.values():
        assert reading.page(sharing.kyiv.account, collection, Query(9, sharing.world.now - 1), "objects").repaired
        reading.page(sharing.kyiv.account, collection, Query(9), "objects")
    assert faults_of(sharing.node.store) == told
    with monkeypatch.context() as planted:
        planted.setattr(Track, "skipped", lambda self, _: changed(self, place=Place(0, 1, 1)))
        repairing.skip(sharing.node, sharing.world.desk, "kyiv", "other", by=ADMIN)
    assert len(faults_of(sharing.node.store)) == len(told) + 1


def test_nobody_skips_who_might_not_though_something_was_wrong_before(monkeypatch):
    sharing = shared()
    asked(sharing, 2)
    with sharing.node.store.write() as tx:
        tx.put_track(replace(stored(sharing), track=Track.begun(Place(0, 1, 4))))
    with monkeypatch.context() as planted:
        planted.setattr(repairing, "require_officer", lambda *_: None)
        repairing.skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=actor("kyiv", "reader", party="UKR"))
    assert codes(sharing) == {"track-unfounded", "act-forbidden"}


# Pages that never left.


def test_a_page_that_another_went_on_from_had_left(monkeypatch):
    sharing = shared()
    first = asked(sharing, 1)
    second = asked(sharing, 2, cursor=first.next)
    third = asked(sharing, 1, cursor=second.next)
    assert len(third.entries) == 1
    sharing.world.reading.unsent(second)
    assert codes(sharing) == {"withdrawn-unfounded"}


def test_nobody_goes_on_from_a_page_that_never_left():
    sharing = shared()
    first = asked(sharing, 1)
    sharing.world.reading.unsent(first)
    assert codes(sharing) == set()
    assert asked(sharing, 1, cursor=first.next).entries
    assert codes(sharing) == {"delivery-start"}


def test_of_two_pages_that_ended_in_one_place_one_may_have_never_left():
    sharing = shared()
    lost, had = asked(sharing, 1), asked(sharing, 1)
    asked(sharing, 1, cursor=had.next)
    sharing.world.reading.unsent(lost)
    assert asked(sharing, cursor=had.next).entries
    assert codes(sharing) == set()
    sharing.world.reading.unsent(had)
    assert codes(sharing) == {"withdrawn-unfounded"}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2), (2,)])
def test_pages_are_taken_back_late_and_in_any_order(order):
    sharing = shared(processes=2)
    here, there = sharing.world.readings
    account, name = sharing.kyiv.account, sharing.collection
    lost = [here.page(account, name, Query(2), "objects"), there.page(account, name, Query(3), "objects")]
    sharing.give("five")
    sharing.world.settle_clock()
    lost.append(here.page(account, name, Query(2), "objects"))
    sharing.world.settle_clock(30 * 86_400 * SECOND)
    for index in order:
        sharing.read()
        (here, there)[index % 2].unsent(lost[index])
    sharing.read()
    assert codes(sharing) == set()


def test_what_is_taken_back_is_what_was_there(monkeypatch):
    sharing = shared()
    page = asked(sharing, 2)
    before, after = page.tracks
    sharing.world.reading.unsent(replace(page, tracks=(replace(before, track=Track.begun(Place(0, 1, 4))), after)))
    assert codes(sharing) == {"withdrawn-unfounded"}


def test_a_page_that_is_taken_back_is_owed(monkeypatch):
    sharing = shared()
    page = asked(sharing)
    with monkeypatch.context() as planted:
        planted.setattr(Track, "withdrawn", lambda self, _, after: changed(self, gone=(after.page,)))
        sharing.world.reading.unsent(page)
    assert codes(sharing) == {"track-unfounded"}


def test_whoever_is_not_given_a_page_is_shown_that():
    sharing = shared()
    page = asked(sharing)
    sharing.world.reading._tracks.withdraw(*page.tracks, gave=False)
    assert codes(sharing) == {"withdrawn-unfounded"}


# Two at once.


@pytest.mark.parametrize("first", ["new", "known"])
def test_two_pages_of_one_reader_at_once_are_both_right(first, monkeypatch):
    sharing = shared()
    if first == "known":
        asked(sharing, 1)
    others: list[Page] = []
    with monkeypatch.context() as planted:
        overtaken(planted, lambda: others.append(asked(sharing, 2, added_after=5)))
        page = asked(sharing, 3, added_after=4)
    assert [len(page.entries), len(others[0].entries)] == [3, 2]
    sharing.read()
    for each in (others[0], page):
        sharing.world.reading.unsent(each)
        sharing.read()
    assert codes(sharing) == set()


def test_however_many_pages_of_one_reader_are_under_way_at_once_each_is_right(monkeypatch):
    sharing = shared()
    asked(sharing, 1)
    with monkeypatch.context() as planted:
        overtaken(planted, lambda: [asked(sharing, 2, added_after=5) for _ in range(300)])
        assert asked(sharing, 3, added_after=4).entries
    assert codes(sharing) == set()


@pytest.mark.parametrize("late", [0, DECIDED_MAX_US + 2 * SECOND])
def test_a_walk_ends_by_the_clock_of_then(late, monkeypatch):
    sharing = shared()
    first = asked(sharing, 2)
    sharing.pause(mode="cut")
    sharing.world.settle_clock()
    with monkeypatch.context() as planted:
        overtaken(planted, lambda: sharing.world.settle_clock(late))
        assert asked(sharing, 2, cursor=first.next).entries == ()
    assert stored(sharing).track.at == sharing.world.now
    assert codes(sharing) == set()


def test_no_walk_ended_long_before_that_was_written():
    sharing = shared()
    asked(sharing, 2)
    row = stored(sharing)
    at = sharing.world.now
    sharing.world.settle_clock(DECIDED_MAX_US + 2 * SECOND)
    with sharing.node.store.write() as tx:
        place = Place(0, 1, 2)
        track = row.track.served(None, start=place, last=None, end=place, page=7, at=at)
        put_records(tx, [Outgoing(sharing.world.now, track=replace(row, track=track), before=row.track, after=place)])
    assert codes(sharing) == {"track-unfounded"}
