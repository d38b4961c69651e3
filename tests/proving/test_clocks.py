"""Clocks: a node that decides by another clock than that of the moment leaves a log that shows it; one whose machine's
clock was set back, whatever it was doing, does not.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.replayed import faults_of
from tests.simulation.sharing import SECOND, Sharing

from relto.usecases import delivering, notifying
from relto.usecases.accounts import actor_of
from relto.usecases.change import Change
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.publishing import Publisher
from relto.usecases.reading import Page, Query, reader
from relto.usecases.streams import BlockStreams

pytestmark = pytest.mark.tampers

HOUR = 3_600 * SECOND
YEAR = 365 * 24 * HOUR
BACK = (10_000, 300_000, 900_000, 5 * SECOND, 600 * SECOND)


def codes(sharing: Sharing) -> set[str]:
    return {fault.code for fault in faults_of(sharing.node.store)}


def held() -> tuple[Sharing, str]:
    """A pause that holds an item; the number of the pause."""
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    number = sharing.pause()
    sharing.give("held")
    return sharing, number


@pytest.mark.parametrize(("by", "found"), [(0, set()), (10 * YEAR, {"clock-back"}), (-YEAR, {"outcome-other"})])
def test_a_release_whose_start_is_of_another_time_is_found(monkeypatch, by, found):
    sharing, number = held()
    made = BlockStreams.__init__

    def init(self: BlockStreams, *words: Any) -> None:
        *before, clock = words
        made(self, *before, lambda: clock() + by)

    with monkeypatch.context() as context:
        context.setattr(BlockStreams, "__init__", init)
        sharing.resume(number)
    sharing.give("later")
    assert sharing.read() == ([] if by > 0 else ["held", "later"])
    assert codes(sharing) >= found
    assert bool(codes(sharing)) == bool(found)


@pytest.mark.parametrize("is_backdated", [False, True])
def test_what_is_released_before_a_pause_began_was_released_before_anything_that_came_after(monkeypatch, is_backdated):
    sharing, number = held()
    sharing.resume(number, "review")
    begins = sharing.world.now + 600 * SECOND
    sharing.pause(from_us=begins)
    sharing.world.settle_clock(1_800 * SECOND)
    # Anything that is on record: a delivery, an acknowledgement.
    notifying.acknowledge(sharing.node, 1, by=actor_of(sharing.kyiv.account))
    made = Change.__init__

    def init(self: Change, node: Any, tx: Any, policy: Any, head: Any) -> None:
        made(self, node, tx, policy, head)
        self.now = self.streams._now = begins - SECOND
        tx.note("change", {"now": self.now}, key="change")

    with monkeypatch.context() as context:
        if is_backdated:
            context.setattr(Change, "__init__", init)
        sharing.release_backlog(topics=["naval"])
    assert sharing.read() == (["held"] if is_backdated else [])
    assert codes(sharing) == ({"clock-back"} if is_backdated else set())


@pytest.mark.parametrize("takes", [0, 60 * SECOND])
@pytest.mark.parametrize("back", BACK)
def test_a_clock_that_is_set_back_while_a_batch_is_stored_is_made_up_for(monkeypatch, back, takes):
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    planned = Publisher._planned

    def set_back(self: Publisher, change: Change, count: int) -> Any:
        sharing.world.clock.moment += takes
        batch = planned(self, change, count)
        sharing.world.clock.moment -= back
        return batch

    with monkeypatch.context() as context:
        context.setattr(Publisher, "_planned", set_back)
        sharing.give("two")
    sharing.give("three")
    assert sharing.read() == ["two", "three"]
    assert codes(sharing) == set()


@pytest.mark.parametrize("takes", [0, 60 * SECOND])
@pytest.mark.parametrize("back", BACK)
def test_a_clock_that_is_set_back_while_something_is_released_is_made_up_for(monkeypatch, back, takes):
    sharing, number = held()
    write = BlockStreams.write

    def set_back(self: BlockStreams, effects: Any) -> None:
        sharing.world.clock.moment += takes
        write(self, effects)
        sharing.world.clock.moment -= back

    with monkeypatch.context() as context:
        context.setattr(BlockStreams, "write", set_back)
        sharing.resume(number)
    sharing.give("later")
    assert sharing.read() == ["held", "later"]
    assert codes(sharing) == set()


# What readers are given, long after anybody wrote: what was recorded of the clock makes up for nothing.


def idle(*names: str) -> Sharing:
    sharing = Sharing()
    sharing.give(*names)
    sharing.world.settle_clock(HOUR)
    return sharing


def asked(sharing: Sharing, limit: int = 100, **query: Any) -> Page:
    return sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(limit, **query), "objects")


def set_back_at(planted: pytest.MonkeyPatch, sharing: Sharing, back: int, place: Any, name: str) -> None:
    """The machine's clock is set back once, when this is called."""
    honest, left = getattr(place, name), [back]

    def set_back(*words: Any, **more: Any) -> Any:
        sharing.world.clock.moment -= left.pop() if left else 0
        return honest(*words, **more)

    planted.setattr(place, name, set_back)


@pytest.mark.parametrize("place", [delivering, reader])
@pytest.mark.parametrize("back", [*BACK, -HOUR])
def test_a_clock_that_is_set_back_or_forward_while_a_page_goes_on_record_is_made_up_for(monkeypatch, back, place):
    sharing = idle("one", "two")
    with monkeypatch.context() as context:
        if place is reader:
            # Whoever is overtaken again and again decides in the block that records.
            context.setattr(reader, "ATTEMPTS_FREE", 0)
        set_back_at(context, sharing, back, place, "put_records")
        assert sharing.read() == ["one", "two"]
    sharing.give("three")
    assert sharing.read() == ["three"]
    assert codes(sharing) == set()


@pytest.mark.parametrize("back", BACK)
def test_a_page_by_a_clock_that_was_set_back_since_is_decided_anew(monkeypatch, back):
    sharing = idle("one", "two")
    with monkeypatch.context() as context:
        set_back_at(context, sharing, back, DeliveryDesk, "record")
        assert sharing.read() == ["one", "two"]
    assert codes(sharing) == set()


@pytest.mark.parametrize("back", BACK)
def test_the_end_of_a_walk_by_a_clock_that_was_set_back_since_is_decided_anew(monkeypatch, back):
    sharing = idle("one", "two", "three")
    first = asked(sharing, 2)
    sharing.pause(mode="cut")
    sharing.world.settle_clock(HOUR)
    with monkeypatch.context() as context:
        set_back_at(context, sharing, back, DeliveryDesk, "record")
        assert asked(sharing, 2, cursor=first.next).entries == ()
    with sharing.node.store.read() as snap:
        [row] = snap.tracks(reader="kyiv")
    assert row.track.walk is None
    assert codes(sharing) == set()


@pytest.mark.parametrize("back", BACK)
def test_a_reader_that_begins_by_a_clock_that_was_set_back_since_begins_anew(monkeypatch, back):
    sharing, number = held()
    sharing.resume(number)
    sharing.world.settle_clock(HOUR)
    with monkeypatch.context() as context:
        set_back_at(context, sharing, back, DeliveryDesk, "record")
        sharing.world.reading.refused(sharing.kyiv.account, sharing.collection, Query(9), "manifest")
    assert codes(sharing) == set()


@pytest.mark.parametrize("back", BACK)
def test_nothing_is_owed_up_to_a_moment_that_a_clock_which_was_set_back_has_not_come_to(monkeypatch, back):
    sharing = idle("one")
    got = [*asked(sharing).entries]
    sharing.give("two", "three")
    sharing.world.settle_clock(HOUR)
    beyond = sharing.world.now - SECOND
    with monkeypatch.context() as context:
        set_back_at(context, sharing, back, reader, "repair")
        page = asked(sharing, added_after=beyond)
    got += page.entries
    sharing.world.settle_clock(HOUR)
    got += asked(sharing, added_after=page.last).entries
    assert [sharing.names[entry.raw.decode()] for entry in got] == ["one", "two", "three"]
    assert codes(sharing) == set()
