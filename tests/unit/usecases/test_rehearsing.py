"""Rehearsing: what an act would do is what it then does, and until then nothing has happened."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN, actor
from tests.simulation.sharing import SECOND, TERMS, Sharing

from relto.domain.errors import ReltoError
from relto.domain.flow import Backlog
from relto.usecases import office
from relto.usecases.agreements import ApplyAgreement, EndAgreement
from relto.usecases.backlog import DiscardBacklog, ReleaseBacklog
from relto.usecases.intent import Intent
from relto.usecases.items import RecallItem, ReleaseItem, WithholdItem
from relto.usecases.pausing import AmendPause, LiftPause, MakePause
from relto.usecases.rehearsing import Course, Rehearsal, rehearse, rehearse_act

OLGA = actor("olga", "officer", how="password")
PAUL = actor("paul", "approver", how="password")
READER = actor("kyiv", "reader", party="UKR")

WIDER = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval, targeting]}\n"
NARROWER = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [targeting]}\n"
ANOTHER = "agreement: usa-gbr\nfrom: USA\nto: [GBR]\nscope: {topics: [naval]}\n"


HOUR = 3_600 * SECOND


def rehearsed(sharing: Sharing, intent: Intent) -> Rehearsal:
    before = everything(sharing)
    found = rehearse(sharing.node, sharing.world.desk, intent, by=ADMIN)
    assert everything(sharing) == before, "nothing has happened"
    return found


def everything(sharing: Sharing) -> object:
    with sharing.node.store.read() as snap:
        return snap.head(), snap.log(), snap.acts(), snap.agreements(), snap.pauses(), snap.flow_states(1)


def only(found: Rehearsal) -> Course:
    (course,) = found.courses
    return course


def test_a_wider_scope_says_what_of_history_it_gives_and_gives_just_that() -> None:
    sharing = Sharing()
    sharing.give(
        "one", sharing.item("two", "targeting"), sharing.item("three", "targeting"), sharing.item("four", "cyber")
    )
    assert sharing.read() == ["one"]
    course = only(rehearsed(sharing, ApplyAgreement(WIDER)))
    assert (course.agreement, course.to) == ("usa-ukr", "UKR")
    assert (course.gains.items, course.gains.by_topic) == (2, {"targeting": 2})
    assert (course.loses.items, course.holds.items, course.stops) == (0, 0, 0)
    assert course.starts == 1
    assert sharing.read() == []
    sharing.world.apply(WIDER)
    assert sharing.read() == ["two", "three"]


def test_a_narrower_scope_says_what_is_closed() -> None:
    sharing = Sharing()
    sharing.give("one", "two", sharing.item("three", "targeting"))
    course = only(rehearsed(sharing, ApplyAgreement(NARROWER)))
    assert (course.loses.items, course.loses.by_topic) == (2, {"naval": 2})
    assert (course.gains.items, course.starts, course.stops) == (1, 1, 1)
    sharing.world.apply(NARROWER)
    assert sharing.read() == ["three"]


def test_a_file_that_says_what_counts_already_changes_nothing() -> None:
    sharing = Sharing()
    found = rehearsed(sharing, ApplyAgreement(TERMS))
    assert found.is_idle
    assert found.courses == []


def test_a_new_agreement_says_who_begins_to_receive_and_what() -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    found = rehearsed(sharing, ApplyAgreement(ANOTHER))
    course = only(found)
    assert (course.agreement, course.to, course.begins, course.ends) == ("usa-gbr", "GBR", True, False)
    assert course.gains.items == 2
    assert found.before is None


def test_whoever_is_left_out_reads_nothing_any_more() -> None:
    sharing = Sharing("agreement: usa-ukr\nfrom: USA\nto: [GBR, UKR]\nscope: {topics: [naval]}\n")
    sharing.give("one")
    course = only(rehearsed(sharing, ApplyAgreement(TERMS)))
    assert (course.to, course.ends, course.loses.items) == ("GBR", True, 1)


@pytest.mark.parametrize(("close", "lost"), [(False, 0), (True, 2)])
def test_an_end_says_whether_what_was_released_stays_readable(close: bool, lost: int) -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    course = only(rehearsed(sharing, EndAgreement("usa-ukr", close)))
    assert (course.ends, course.loses.items, course.stops) == (True, lost, 1)
    sharing.give("three")
    sharing.end(close=close)


def test_a_cut_says_what_it_closes_and_a_freeze_closes_nothing() -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    assert only(rehearsed(sharing, MakePause(["usa-ukr"], reason="talks", mode="cut"))).loses.items == 2
    frozen = only(rehearsed(sharing, MakePause(["usa-ukr"], reason="talks")))
    assert (frozen.loses.items, frozen.stops) == (0, 1)


def test_lifting_says_what_is_released_and_a_second_pause_keeps_its_own() -> None:
    sharing = Sharing()
    first = sharing.pause()
    sharing.give("one", "two")
    assert only(rehearsed(sharing, LiftPause(first))).gains.items == 2
    sharing.pause()
    assert rehearsed(sharing, LiftPause(first)).courses == []


def test_a_backlog_that_is_released_or_dropped_says_how_much() -> None:
    sharing = Sharing()
    pause = sharing.pause()
    sharing.give("one", "two")
    sharing.resume(pause, "review")
    released = only(rehearsed(sharing, ReleaseBacklog()))
    assert released.gains.items == 2
    assert released.drops.items == 0
    dropped = only(rehearsed(sharing, DiscardBacklog()))
    assert (dropped.drops.items, dropped.drops.by_topic) == (2, {"naval": 2})
    assert (dropped.gains.items, dropped.loses.items, dropped.holds.items) == (0, 0, 0)
    assert sharing.release_backlog() == 2


def test_a_resume_that_discards_says_how_much_it_drops() -> None:
    sharing = Sharing()
    pause = sharing.pause()
    sharing.give("one", "two")
    found = only(rehearsed(sharing, LiftPause(pause, "discard")))
    assert (found.drops.items, found.gains.items) == (2, 0)


def test_an_act_that_waits_says_what_it_would_do_now() -> None:
    sharing = Sharing(TERMS + "approvals: {resume: 1}\n")
    pause = sharing.pause()
    asked = office.submit(sharing.node, sharing.world.desk, LiftPause(pause), by=OLGA)
    sharing.give("one")
    act = asked.act
    assert act is not None
    found = rehearse_act(sharing.node, sharing.world.desk, act, by=ADMIN)
    assert only(found).gains.items == 1
    assert [str(each.number) for each in office.waiting(sharing.node, sharing.world.desk)] == [str(act.number)]
    office.withdraw(sharing.node, sharing.world.desk, str(act.number), by=OLGA)
    with pytest.raises(ReltoError) as caught:
        rehearse_act(sharing.node, sharing.world.desk, office.shown(sharing.node, str(act.number)), by=ADMIN)
    assert caught.value.code == "act-closed"


def test_an_act_whose_ground_has_moved_is_as_out_of_date_as_when_it_is_approved() -> None:
    sharing = Sharing(TERMS + "approvals: {resume: 1}\n")
    node, desk = sharing.node, sharing.world.desk
    pause = sharing.pause()
    end = office.submit(node, desk, LiftPause(pause, from_us=sharing.world.now + HOUR), by=OLGA).act
    assert end is not None
    office.approve(node, desk, str(end.number), by=PAUL)
    act = office.submit(node, desk, AmendPause(pause, types=["malware"]), by=OLGA).act
    assert act is not None
    assert act.state == "proposed"
    # The pause ends by itself, and nobody has looked at what waits since.
    sharing.world.clock.moment += 2 * HOUR
    told = []
    for step in (
        lambda: rehearse_act(node, desk, act, by=ADMIN),
        lambda: office.approve(node, desk, str(act.number), by=PAUL),
    ):
        with pytest.raises(ReltoError) as caught:
            step()
        told.append((caught.value.code, caught.value.message))
    assert told[0] == told[1]
    assert told[0][0] == "act-outdated"


def test_a_rehearsal_begins_with_what_is_due_and_takes_that_back_as_well() -> None:
    sharing = Sharing()
    first = sharing.pause(until_us=sharing.world.now + HOUR)
    sharing.give("one")
    second = sharing.pause(from_us=sharing.world.now + 2 * HOUR)
    sharing.world.clock.moment += 3 * HOUR
    # By now the first has ended, and the second has begun: nothing is left to be kept back by another.
    found = rehearsed(sharing, MakePause(["usa-ukr"], reason="talks"))
    assert found.courses == []
    assert rehearsed(sharing, LiftPause(second)).courses[0].gains.items == 1
    with pytest.raises(ReltoError) as caught:
        rehearsed(sharing, LiftPause(first))
    assert caught.value.code == "pause-lifted"


def test_an_act_that_falls_due_is_closed_by_the_time_it_is_rehearsed() -> None:
    sharing = Sharing(TERMS + "approvals: {resume: 1}\n")
    pause = sharing.pause()
    order = LiftPause(pause, from_us=sharing.world.now + HOUR)
    asked = office.submit(sharing.node, sharing.world.desk, order, by=OLGA).act
    assert asked is not None
    act = office.approve(sharing.node, sharing.world.desk, str(asked.number), by=PAUL).act
    assert act is not None
    assert act.state == "scheduled"
    sharing.world.clock.moment += 2 * HOUR
    with pytest.raises(ReltoError) as caught:
        rehearse_act(sharing.node, sharing.world.desk, act, by=ADMIN)
    assert caught.value.code == "act-closed"


def test_needs_are_said_and_not_waited_for() -> None:
    sharing = Sharing(TERMS + "approvals: {amend: 2}\n")
    sharing.give(sharing.item("one", "targeting"))
    found = rehearsed(sharing, ApplyAgreement(WIDER))
    assert found.needs == 2
    assert only(found).gains.items == 1


def test_what_is_decided_item_by_item_is_told_of_each_flow() -> None:
    sharing = Sharing("agreement: usa-ukr\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval]}\n")
    one, two, late = sharing.item("one"), sharing.item("two"), sharing.item("late")
    sharing.give(one, two)
    sharing.pause(recipient="UKR")
    sharing.give(late)
    found = rehearsed(sharing, RecallItem([one.id, two.id], reason="a source"))
    assert [(each.to, each.loses.items, each.loses.by_topic) for each in found.courses] == [
        ("GBR", 2, {"naval": 2}),
        ("UKR", 2, {"naval": 2}),
    ]
    found = rehearsed(sharing, ReleaseItem([late.id], reason="a threat to life"))
    assert (only(found).to, only(found).gains.items, only(found).holds.items) == ("UKR", 1, 0)
    assert sharing.read() == ["one", "two"]
    sharing.by_hand("release", late)
    assert sharing.read() == ["late"]
    sharing.by_hand("recall", one)
    found = rehearsed(sharing, ReleaseItem([one.id], agreement="usa-ukr", reason="it was public"))
    assert [each.gains.items for each in found.courses] == [1, 1]


def test_what_waits_for_approval_is_told_item_by_item_as_well() -> None:
    sharing = Sharing(TERMS + "approvals: {resume: 1}\n")
    sharing.pause()
    held = sharing.item("held")
    sharing.give(held)
    asked = office.submit(sharing.node, sharing.world.desk, ReleaseItem([held.id], reason="a threat to life"), by=ADMIN)
    assert asked.act is not None
    course = only(rehearse_act(sharing.node, sharing.world.desk, asked.act, by=ADMIN))
    assert course.gains.items == 1


@pytest.mark.parametrize(
    ("intent", "code"),
    [
        (ApplyAgreement("agreement: usa-ukr\n"), "agreement-invalid"),
        (EndAgreement("no-such"), "agreement-unknown"),
        (LiftPause("9"), "pause-unknown"),
        (MakePause([], reason="talks"), "pause-invalid"),
    ],
)
def test_what_cannot_be_asked_for_cannot_be_rehearsed(intent: Intent, code: str) -> None:
    sharing = Sharing()
    with pytest.raises(ReltoError) as caught:
        rehearsed(sharing, intent)
    assert caught.value.code == code


def test_whoever_may_not_ask_is_told_nothing() -> None:
    sharing = Sharing()
    sharing.give("one")
    with pytest.raises(ReltoError) as caught:
        rehearse(sharing.node, sharing.world.desk, EndAgreement("usa-ukr"), by=READER)
    assert caught.value.code == "role-missing"


def test_who_may_ask_for_nothing_is_told_so_before_anything_is_looked_for() -> None:
    sharing = Sharing()
    for intent in (EndAgreement("usa-ukr"), EndAgreement("nobody"), ApplyAgreement(WIDER), ReleaseBacklog("99")):
        with pytest.raises(ReltoError) as caught:
            rehearse(sharing.node, sharing.world.desk, intent, by=READER)
        assert caught.value.code == "role-missing"


def test_flows_of_agreements_that_are_not_there_for_who_asks_are_left_out() -> None:
    sharing = Sharing()
    item = sharing.item("theirs", "naval")
    sharing.give(item)
    sharing.world.apply(ANOTHER)
    olga = rehearse(sharing.node, sharing.world.desk, RecallItem([item.id], None, "wrong"), by=OLGA)
    assert {each.agreement for each in olga.courses} == {"usa-ukr", "usa-gbr"}
    stranger = actor("pierre", "officer", party="FRA")
    with pytest.raises(ReltoError):
        rehearse(sharing.node, sharing.world.desk, RecallItem([item.id], None, "wrong"), by=stranger)


def test_what_is_held_and_withheld_by_hand_is_counted_as_withheld() -> None:
    sharing = Sharing()
    sharing.give("before")
    number = sharing.pause()
    sharing.give("one", "two")
    held = rehearsed(sharing, WithholdItem([sharing.item("one").id], None, "a reason"))
    course = only(held)
    assert (course.withholds.items, course.withholds.by_topic) == (1, {"naval": 1})
    assert (course.loses.items, course.holds.items, course.gains.items) == (0, 0, 0)
    sharing.by_hand("withhold", sharing.item("one"))
    sharing.resume(number)
    assert sharing.read() == ["before", "two"]


def test_what_can_be_read_is_lost_and_not_withheld_beside() -> None:
    sharing = Sharing()
    sharing.give("one")
    course = only(rehearsed(sharing, RecallItem([sharing.item("one").id], None, "a reason")))
    assert (course.loses.items, course.withholds.items) == (1, 0)


@pytest.mark.parametrize("backlog", ["release", "discard", "review"])
def test_what_a_lift_gives_drops_or_keeps_is_not_withheld(backlog: Backlog) -> None:
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("one", "two")
    assert only(rehearsed(sharing, AmendPause(number, topics=("targeting",)))).withholds.items == 0
    found = rehearsed(sharing, LiftPause(number, backlog))
    assert [each.withholds.items for each in found.courses] == [0] * len(found.courses)


@pytest.mark.parametrize("intent", [EndAgreement("usa-ukr"), ApplyAgreement(NARROWER)])
def test_what_is_held_when_an_agreement_ends_or_leaves_it_out_is_withheld(intent: Intent) -> None:
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("one", "two")
    assert only(rehearsed(sharing, intent)).withholds.items == 2
    office.submit(sharing.node, sharing.world.desk, intent, by=ADMIN)
    sharing.resume(number)
    assert sharing.read() == []
