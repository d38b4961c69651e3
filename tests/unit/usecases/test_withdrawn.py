"""A page that never left: what was on it is owed, whatever came between, and nobody else has to wait for that."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.sharing import Sharing
from tests.unit.usecases.test_owed import asked, got, listed

from relto.usecases.delivering import DeliveryDesk
from relto.usecases.reading import Query


def test_a_page_that_never_left_is_owed_though_it_was_given_again_in_another_way_meanwhile() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    asked(sharing, begun)
    listed(sharing, begun)
    sharing.give("one", "two")
    sharing.world.settle_clock()
    lost = asked(sharing, begun)
    assert len(lost.bodies) == 2
    assert listed(sharing, sharing.world.now) == 2
    sharing.world.reading.unsent(lost)
    assert got(sharing) == ["one", "two"]
    assert got(sharing) == []


def test_a_page_that_never_left_does_not_come_again_where_its_client_asked_again_at_once_and_had_it() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    asked(sharing, begun)
    sharing.give("one", "two")
    sharing.world.settle_clock()
    lost = asked(sharing, begun)
    assert got(sharing, begun) == ["one", "two"]
    sharing.world.reading.unsent(lost)
    assert got(sharing) == []


def test_a_page_that_never_left_is_owed_though_its_client_was_given_something_else_before_that_was_noticed() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    asked(sharing, begun)
    sharing.give("one", "two")
    sharing.world.settle_clock()
    lost = asked(sharing, begun)
    later = sharing.world.now
    sharing.give("three")
    assert got(sharing, later) == ["three"]
    sharing.world.reading.unsent(lost)
    # Its place is one, so that what it had comes along.
    assert got(sharing) == ["one", "two", "three"]
    assert got(sharing) == []


def test_what_was_moved_as_had_on_the_strength_of_a_page_that_never_left_is_owed() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    asked(sharing, begun)
    listed(sharing, begun)
    sharing.give("one")
    sharing.world.settle_clock()
    lost = asked(sharing, begun)
    sharing.world.settle_clock()
    assert listed(sharing, sharing.world.now) == 1
    assert got(sharing) == []
    sharing.world.reading.unsent(lost)
    assert (got(sharing), got(sharing)) == (["one"], [])


def test_what_a_page_that_never_left_covered_is_not_taken_for_read_after_one_walk_that_broke_off() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    asked(sharing, begun)
    names = [f"item {number}" for number in range(4)]
    sharing.give(*names)
    sharing.world.settle_clock()
    lost = [asked(sharing, begun, limit=3), asked(sharing, begun, limit=3)]
    for each in lost:
        sharing.world.reading.unsent(each)
    assert got(sharing, limit=2) == names[:2]
    assert got(sharing) == names


def test_a_page_of_one_party_that_is_taken_back_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing()
    other = sharing.world.account("london", "GBR")
    terms = "agreement: usa-gbr\nfrom: USA\nto: [GBR]\nscope: {topics: [naval]}\n"
    theirs = sharing.world.apply(terms).collections["GBR"]
    sharing.give("one")
    sharing.world.settle_clock()
    reading, decided = sharing.world.reading, []
    lost = [reading.page(other, theirs, Query(100), "objects") for _ in range(3)]
    record = DeliveryDesk.record

    def overtaken(desk: DeliveryDesk, *words: Any, **more: Any) -> bool:
        decided.append(words)
        reading.unsent(lost.pop())
        return record(desk, *words, **more)

    monkeypatch.setattr(DeliveryDesk, "record", overtaken)
    assert got(sharing, 0) == ["one"]
    assert len(decided) == 1


def test_another_process_does_not_say_from_memory_that_nothing_is_new_after_a_page_was_taken_back() -> None:
    sharing = Sharing(processes=2)
    here, there = sharing.world.readings
    account, name = sharing.kyiv.account, sharing.collection
    sharing.world.settle_clock()
    begun = sharing.world.now
    for reading in (here, there):
        reading.page(account, name, Query(100, begun), "objects")
    sharing.give("one")
    sharing.world.settle_clock()
    lost = here.page(account, name, Query(100, begun), "objects")
    sharing.world.settle_clock()
    asks = Query(100, sharing.world.now)
    there.page(account, name, asks, "objects")
    assert there.quiet(account, name, asks) is not None
    here.unsent(lost)
    assert there.quiet(account, name, asks) is None
    assert len(there.page(account, name, asks, "objects").bodies) == 1


def test_a_page_that_was_decided_on_what_was_taken_back_is_decided_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    asked(sharing, begun)
    sharing.give("one")
    sharing.world.settle_clock()
    lost = asked(sharing, begun)
    later = sharing.world.now
    sharing.give("two")
    record = DeliveryDesk.record

    def overtaken(desk: DeliveryDesk, *words: Any, **more: Any) -> bool:
        monkeypatch.setattr(DeliveryDesk, "record", record)
        sharing.world.reading.unsent(lost)
        return record(desk, *words, **more)

    monkeypatch.setattr(DeliveryDesk, "record", overtaken)
    assert got(sharing, later) == ["two", "one"]
