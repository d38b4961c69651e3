"""Days of a flow: each item on its day, to each as far as it is there for it."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeSnapshot
from tests.simulation.sharing import Sharing

from relto.domain.actor import Actor
from relto.domain.errors import ReltoError
from relto.domain.moment import DAY_US, write
from relto.ports.store import PauseRow
from relto.usecases.daily import FlowDays, daily

READER = actor("kyiv", "reader", party="UKR")
STRANGER = actor("london", "reader", party="GBR")


def told(sharing: Sharing, by: Actor = ADMIN, days: int = 10) -> FlowDays:
    (found,) = daily(sharing.node, sharing.world.desk, "usa-ukr", days=days, by=by)
    return found


def next_day(sharing: Sharing) -> None:
    sharing.node.clock.sleep(DAY_US)


def today(sharing: Sharing) -> str:
    return write(sharing.node.clock.now())[:10]


def counts(found: FlowDays) -> list[tuple[int, int]]:
    return [(each.released, each.held) for each in found.days if each.released or each.held]


def test_each_day_stands_there_and_each_item_on_its_own() -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    first = today(sharing)
    next_day(sharing)
    next_day(sharing)
    sharing.give("three")
    found = told(sharing)
    assert len(found.days) == 10
    assert found.days[-1].day == today(sharing)
    assert {each.day: each.released for each in found.days if each.released} == {first: 2, today(sharing): 1}
    assert found.days[-1].by_topic == {"naval": 1}


def test_a_pause_makes_a_gap_that_its_end_closes() -> None:
    sharing = Sharing()
    sharing.give("one")
    next_day(sharing)
    number = sharing.pause()
    sharing.give("two", "three")
    assert counts(told(sharing)) == [(1, 0), (0, 2)]
    assert [(each.number, each.until) for each in told(sharing).pauses] == [(number, None)]
    next_day(sharing)
    sharing.resume(number)
    found = told(sharing)
    assert counts(found) == [(1, 0), (2, 0)]
    assert found.pauses[0].until is not None
    assert [each.items for each in found.epochs] == [2]


@pytest.mark.parametrize("discreet", [True, False])
def test_who_receives_sees_what_came_on_the_day_it_came_and_no_pause(discreet: bool) -> None:
    sharing = Sharing()
    sharing.give("one")
    next_day(sharing)
    number = sharing.pause(discreet=discreet)
    sharing.give("two", "three")
    found = told(sharing, READER)
    assert (counts(found), found.pauses, found.epochs) == ([(1, 0)], (), ())
    next_day(sharing)
    sharing.resume(number)
    found = told(sharing, READER)
    assert [each.released for each in found.days[-3:]] == [1, 0, 2]
    assert (found.pauses, found.epochs) == ((), ())


def test_what_a_cut_closes_is_gone_for_who_receives_alone() -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.pause(mode="cut")
    assert counts(told(sharing, READER)) == []
    assert counts(told(sharing)) == [(2, 0)]


def test_who_receives_is_told_of_no_topic_that_the_agreement_does_not_name() -> None:
    sharing = Sharing()
    sharing.give(sharing.item("one", "naval", "targeting"))
    assert told(sharing).days[-1].by_topic == {"naval": 1, "targeting": 1}
    assert told(sharing, READER).days[-1].by_topic == {"naval": 1}


def test_what_is_older_than_the_first_day_is_not_counted() -> None:
    sharing = Sharing()
    sharing.give("one")
    next_day(sharing)
    assert counts(told(sharing, days=1)) == []


def test_a_stranger_is_told_of_no_such_agreement() -> None:
    sharing = Sharing()
    with pytest.raises(ReltoError) as caught:
        told(sharing, STRANGER)
    assert caught.value.code == "agreement-unknown"


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_number_of_days_that_is_none_is_refused(days: int) -> None:
    with pytest.raises(ReltoError) as caught:
        told(Sharing(), days=days)
    assert caught.value.code == "days-invalid"


def test_pauses_are_read_once_however_many_receive_and_each_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing("agreement: usa-ukr\nfrom: USA\nto: [GBR, UKR]\nscope: {topics: [naval]}\n")
    of_all, of_one = sharing.pause(), sharing.pause(recipient="UKR")
    read: list[bool] = []
    pauses = FakeSnapshot.pauses

    def counted(snap: FakeSnapshot, *, lifted: bool = False) -> list[PauseRow]:
        read.append(lifted)
        return pauses(snap, lifted=lifted)

    monkeypatch.setattr(FakeSnapshot, "pauses", counted)
    found = daily(sharing.node, sharing.world.desk, "usa-ukr", by=ADMIN)
    assert read.count(True) == 1
    assert {each.to: [paused.number for paused in each.pauses] for each in found} == {
        "GBR": [of_all],
        "UKR": [of_all, of_one],
    }
