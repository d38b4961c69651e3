"""Ends that were set beforehand: of a pause, of a resume, by whose clock, and with whose approval."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.actors import ADMIN
from tests.simulation.sharing import SECOND, TERMS, Sharing
from tests.unit.usecases.test_office import (
    BEN,
    OLGA,
    ONE,
    all_read,
    approve,
    ask,
    number,
    paused,
    refused,
    shown,
    waiting,
)

from relto.domain.errors import Refused
from relto.usecases import office, standing
from relto.usecases.backlog import ReleaseBacklog
from relto.usecases.conditions import SetCondition
from relto.usecases.pausing import AmendPause, LiftPause, MakePause

HOUR = 3_600 * SECOND


def ending(sharing: Sharing, **more: Any) -> tuple[str, str]:
    """A pause that ends in an hour, and the act that proposes its end."""
    done = ask(sharing, MakePause(["usa-ukr"], reason="talks", until_us=sharing.world.now + HOUR, **more))
    assert done.done is not None
    (act,) = done.follows
    assert (act.kind, act.state, act.by) == ("resume", "proposed", "olga")
    sharing.give("before")
    return str(done.done.value.number), str(act.number)


def overdue(sharing: Sharing) -> list[tuple[str, ...]]:
    (entry,) = standing.status(sharing.node, sharing.world.desk, by=ADMIN)
    return [each.overdue for each in entry.pauses]


def test_an_end_that_nobody_approved_leaves_the_pause_as_it_is_and_overdue() -> None:
    sharing = Sharing(ONE)
    _, act = ending(sharing)
    assert overdue(sharing) == [()]
    sharing.world.clock.moment += 2 * HOUR
    sharing.give("after")
    assert sharing.read() == []
    assert overdue(sharing) == [("until",)]
    assert waiting(sharing) == [act]


def test_an_end_approved_beforehand_lifts_at_its_moment_though_no_process_ran_then() -> None:
    sharing = Sharing(ONE)
    pause, act = ending(sharing)
    done = approve(sharing, act)
    assert done.state == "scheduled"
    refused("act-closed", approve, sharing, act, by=BEN)
    assert sharing.read() == []
    sharing.world.clock.moment += 2 * HOUR
    sharing.give("after")
    assert sorted(sharing.read()) == ["after", "before"]
    refused("pause-lifted", ask, sharing, LiftPause(pause))
    assert shown(sharing, act).state == "applied"
    assert sharing.read() == []


def test_an_end_approved_beforehand_is_carried_out_by_whoever_reads_first() -> None:
    sharing = Sharing(ONE)
    _, act = ending(sharing)
    approve(sharing, act)
    sharing.world.clock.moment += HOUR
    assert all_read(sharing) == ["before"]
    assert shown(sharing, act).state == "applied"


def test_an_end_approved_after_its_moment_lifts_at_once() -> None:
    sharing = Sharing(ONE)
    _, act = ending(sharing)
    sharing.world.clock.moment += 2 * HOUR
    assert approve(sharing, act).state == "applied"
    assert sharing.read() == ["before"]


@pytest.mark.parametrize("then", ["discard", "review"])
def test_an_end_that_was_approved_does_with_the_backlog_what_was_said(then: str) -> None:
    sharing = Sharing(ONE)
    pause, act = ending(sharing, then=then)
    approve(sharing, act)
    sharing.world.clock.moment += HOUR
    assert sharing.read() == []
    sharing.give("after")
    assert sharing.read() == ["after"]
    done = ask(sharing, ReleaseBacklog(pause))
    if then == "review":
        assert done.state == "proposed"
        assert approve(sharing, done).state == "applied"
    assert sharing.read() == (["before"] if then == "review" else [])


@pytest.mark.parametrize("approved", [False, True])
def test_an_end_that_is_moved_takes_its_former_proposal_with_it(approved: bool) -> None:
    sharing = Sharing(ONE)
    pause, act = ending(sharing)
    if approved:
        approve(sharing, act)
    done = ask(sharing, AmendPause(pause, until_us=sharing.world.now + 3 * HOUR))
    (later,) = done.follows
    assert shown(sharing, act).state == "outdated"
    sharing.world.clock.moment += 2 * HOUR
    assert sharing.read() == []
    approve(sharing, str(later.number))
    sharing.world.clock.moment += 2 * HOUR
    assert all_read(sharing) == ["before"]


def test_a_scheduled_resume_whose_scope_changes_lapses_and_says_so() -> None:
    sharing = Sharing(ONE)
    pause = paused(sharing)
    sharing.give("before")
    act = ask(sharing, LiftPause(pause, from_us=sharing.world.now + HOUR))
    approve(sharing, act)
    assert shown(sharing, act).state == "scheduled"
    ask(sharing, AmendPause(pause, mode="cut"))
    assert shown(sharing, act).state == "outdated"
    sharing.world.clock.moment += 2 * HOUR
    assert sharing.read() == []


def test_a_resume_that_needs_nobody_is_set_for_its_moment() -> None:
    sharing = Sharing()
    pause = paused(sharing)
    one = sharing.item("one")
    sharing.give(one)
    act = ask(sharing, LiftPause(pause, "discard", from_us=sharing.world.now + HOUR))
    assert act.state == "scheduled"
    assert sharing.read() == []
    sharing.world.clock.moment += HOUR
    sharing.give("two")
    assert sharing.read() == ["two"]
    assert sharing.why(one)[1] == "backlog-discarded"


def test_a_scheduled_resume_that_is_withdrawn_does_not_come() -> None:
    sharing = Sharing()
    pause = paused(sharing)
    sharing.give("one")
    act = ask(sharing, LiftPause(pause, from_us=sharing.world.now + HOUR))
    office.withdraw(sharing.node, sharing.world.desk, number(act), by=OLGA)
    sharing.world.clock.moment += 2 * HOUR
    assert sharing.read() == []


@pytest.mark.parametrize("backlog", ["", "nonsense", "Release"])
def test_a_backlog_becomes_nothing_else_than_there_is(backlog: str) -> None:
    sharing = Sharing(ONE)
    pause = paused(sharing)
    refused("backlog-unknown", ask, sharing, LiftPause(pause, backlog))


# Several processes.


def test_what_one_process_scheduled_another_carries_out_by_its_own_clock() -> None:
    sharing = Sharing(ONE, processes=3)
    _, act = ending(sharing)
    approve(sharing, act)
    sharing.world.clock.moment += HOUR
    assert all_read(sharing) == ["before"]


class Behind:
    """The clock of a machine that is an hour behind."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock

    def now(self) -> int:
        return int(self.clock.now()) - HOUR

    def sleep(self, microseconds: int) -> None:
        self.clock.sleep(microseconds)


def test_a_process_whose_clock_is_an_hour_behind_neither_undoes_nor_hides_what_bound_already() -> None:
    sharing = Sharing(ONE)
    behind = replace(sharing.node, clock=Behind(sharing.world.clock))
    _, act = ending(sharing)
    approve(sharing, act)
    sharing.world.clock.moment += HOUR
    assert all_read(sharing) == ["before"]
    # It sees by the record that its clock is wrong, and asks for no moment that has passed.
    (entry,) = standing.status(behind, sharing.world.desk, by=ADMIN)
    assert entry.state == "flowing"
    with pytest.raises(Refused):
        office.approve(behind, sharing.world.desk, act, by=BEN)
    late = office.submit(behind, sharing.world.desk, MakePause(["usa-ukr"], reason="again"), by=OLGA)
    assert late.done is not None
    sharing.give("after")
    assert sharing.read() == []


def test_a_pause_with_an_end_is_approved_by_who_only_approves() -> None:
    sharing = Sharing(TERMS + "approvals: {pause: 1, resume: 1}\n")
    asked = ask(sharing, MakePause(["usa-ukr"], reason="talks", until_us=sharing.world.now + HOUR))
    done = approve(sharing, asked)
    assert (done.state, [each.by for each in done.follows]) == ("applied", ["olga"])
    # Nobody approves the end that they asked for with it; who approved the pause may.
    approve(sharing, str(done.follows[0].number))
    sharing.give("one")
    sharing.world.clock.moment += 2 * HOUR
    assert all_read(sharing) == ["one"]


def test_the_end_of_a_pause_is_proposed_anew_where_what_it_stands_on_moved() -> None:
    sharing = Sharing(ONE)
    pause, first = ending(sharing)
    wider = ask(sharing, AmendPause(pause, mode="cut"))
    (second,) = wider.follows
    assert (shown(sharing, first).state, waiting(sharing)) == ("outdated", [str(second.number)])
    same = ask(sharing, AmendPause(pause, reason="still talks"))
    assert (same.follows, waiting(sharing)) == ((), [str(second.number)])
    sharing.world.apply("title: another\n" + ONE)
    (third,) = waiting(sharing)
    assert (shown(sharing, str(second.number)).state, shown(sharing, third).kind) == ("outdated", "resume")
    approve(sharing, third)
    sharing.world.clock.moment += 2 * HOUR
    assert all_read(sharing) == ["before"]


def test_the_end_of_a_pause_is_proposed_once_its_agreement_asks_for_approvals() -> None:
    sharing = Sharing()
    done = ask(sharing, MakePause(["usa-ukr"], reason="talks", until_us=sharing.world.now + HOUR))
    assert (done.follows, waiting(sharing)) == ((), [])
    sharing.give("before")
    sharing.world.apply(ONE)
    (act,) = waiting(sharing)
    sharing.world.clock.moment += 2 * HOUR
    assert all_read(sharing) == []
    approve(sharing, act)
    assert all_read(sharing) == ["before"]


def test_an_approved_end_waits_for_its_condition_and_comes_with_it() -> None:
    sharing = Sharing(ONE)
    _, act = ending(sharing, conditions=({"text": "talks are held", "binding": True},))
    approve(sharing, act)
    sharing.world.clock.moment += 2 * HOUR
    assert all_read(sharing) == []
    assert (overdue(sharing), shown(sharing, act).state) == ([("until",)], "scheduled")
    ask(sharing, SetCondition("1", 1, "met"))
    assert all_read(sharing) == ["before"]
    assert shown(sharing, act).state == "applied"
