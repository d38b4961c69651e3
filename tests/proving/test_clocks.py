"""Clocks: a node that decides by another clock than that of the moment leaves a log that shows it; one whose machine's
clock was set back, whatever it was doing, does not.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.replayed import faults_of
from tests.simulation.sharing import SECOND, Sharing

from relto.usecases import notifying
from relto.usecases.accounts import actor_of
from relto.usecases.change import Change
from relto.usecases.publishing import Publisher
from relto.usecases.streams import BlockStreams

pytestmark = pytest.mark.tampers

YEAR = 365 * 24 * 3_600 * SECOND
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
