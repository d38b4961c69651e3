"""How old the newest is that can be read, and what several pauses cost: told of the past once, or not at all."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN
from tests.simulation.sharing import SECOND
from tests.unit.usecases.impact.costs import HOUR, OFFICER, READER, STRANGER, cost, wait

from relto.usecases import impact as measured
from relto.usecases.past import Past


def told_again(monkeypatch) -> list[int]:
    """Of which moments the past is told from now on."""
    moments: list[int] = []

    def past(snap, policy, at, **more):
        moments.append(at)
        return Past(snap, policy, at, **more)

    monkeypatch.setattr(measured, "Past", past)
    return moments


def test_how_old_the_newest_is_that_can_be_read_needs_no_past(sharing, monkeypatch):
    sharing.give("one", sharing.item("two", "targeting"))
    wait(sharing, HOUR)
    sharing.pause()
    sharing.resume(sharing.pause(topics=("naval",)))
    wait(sharing, HOUR)
    sharing.give("three", sharing.item("saved", "life"))
    moments = told_again(monkeypatch)
    by_impact = cost(sharing, by=READER)
    assert moments == [sharing.world.now]
    (found,) = measured.freshness(sharing.node, sharing.world.desk, {"usa-ukr"}, by=READER)
    assert (found.agreement, found.at, found.staleness) == ("usa-ukr", by_impact.at, by_impact.staleness)
    assert {each.topic for each in found.staleness} == {"naval", "targeting"}
    assert len(moments) == 1


@pytest.mark.parametrize("by", [OFFICER, STRANGER])
def test_of_what_it_does_not_receive_nobody_is_told_how_old_it_is(sharing, by):
    sharing.give("one")
    assert measured.freshness(sharing.node, sharing.world.desk, {"usa-ukr"}, by=by) == []


def test_what_a_cut_closed_is_not_the_newest_that_can_be_read(sharing):
    sharing.give("one")
    sharing.pause(mode="cut")
    (found,) = measured.freshness(sharing.node, sharing.world.desk, {"usa-ukr"}, by=READER)
    assert found.staleness == []


def test_the_past_is_told_once_for_several_pauses(sharing, monkeypatch):
    numbers = [sharing.pause(topics=(topic,)) for topic in ("naval", "targeting", "imagery")]
    sharing.give("one", sharing.item("two", "targeting"))
    wait(sharing, HOUR)
    at = sharing.world.now
    apart = [cost(sharing, number, at=at) for number in numbers]
    moments = told_again(monkeypatch)
    assert measured.impacts(sharing.node, sharing.world.desk, numbers, by=ADMIN, at=at) == apart
    sharing.resume(sharing.pause())
    wait(sharing, SECOND)
    measured.impacts(sharing.node, sharing.world.desk, numbers, by=ADMIN)
    assert moments == [at, sharing.world.now]
