"""The office: who may ask and who may agree, what becomes of an act meanwhile, and what the last approval does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.actors import ADMIN, actor
from tests.simulation.sharing import SECOND, TERMS, Sharing

from relto.domain.act import Act
from relto.domain.actor import Actor
from relto.domain.errors import BadInput, Refused, ReltoError, Unknown
from relto.usecases import office, standing
from relto.usecases.agreements import ApplyAgreement, EndAgreement
from relto.usecases.backlog import ReleaseBacklog
from relto.usecases.conditions import AddCondition, SetCondition
from relto.usecases.intent import Intent
from relto.usecases.items import RecallItem
from relto.usecases.office import Outcome
from relto.usecases.pausing import AmendPause, LiftPause, MakePause

OLGA = actor("olga", "officer", how="password")
ANN = actor("ann", "approver", how="token")
BEN = actor("ben", "approver", how="password")
KYIV = actor("oleh", "officer", "approver", party="UKR")

TWO = TERMS + "approvals: {pause: 0, resume: 2, amend: 1}\n"
ONE = TERMS + "approvals: {resume: 1}\n"


def ask(sharing: Sharing, intent: Intent, *, by: Actor = OLGA) -> Outcome:
    return office.submit(sharing.node, sharing.world.desk, intent, by=by)


def approve(sharing: Sharing, act: Outcome | str, *, by: Actor = ANN) -> Outcome:
    return office.approve(sharing.node, sharing.world.desk, number(act), by=by)


def number(act: Outcome | str) -> str:
    if isinstance(act, str):
        return act
    assert act.act is not None
    return str(act.act.number)


def shown(sharing: Sharing, act: Outcome | str) -> Act:
    return office.shown(sharing.node, number(act))


def waiting(sharing: Sharing) -> list[str]:
    return [str(act.number) for act in office.waiting(sharing.node, sharing.world.desk)]


def refused(code: str, step: Any, *given: Any, **named: Any) -> ReltoError:
    with pytest.raises(ReltoError) as caught:
        step(*given, **named)
    assert caught.value.code == code
    return caught.value


def all_read(sharing: Sharing) -> list[str]:
    """What is due is carried out by the first read, and can be read a moment later."""
    return sharing.read() + sharing.read()


def paused(sharing: Sharing, **order: Any) -> str:
    done = ask(sharing, MakePause(["usa-ukr"], reason="talks", **order))
    assert done.done is not None
    return str(done.done.value.number)


# Four eyes.


def test_a_pause_binds_at_once_and_its_resume_waits_for_two_who_did_not_ask() -> None:
    sharing = Sharing(TWO)
    pause = paused(sharing)
    sharing.give("one")
    act = ask(sharing, LiftPause(pause, note="agreed"))
    assert (act.state, act.act and (act.act.needs, act.act.has)) == ("proposed", (2, 0))
    assert waiting(sharing) == [number(act)]
    assert sharing.read() == []
    half = approve(sharing, act)
    assert (half.state, half.act and half.act.lacks) == ("proposed", 1)
    assert sharing.read() == []
    done = approve(sharing, act, by=BEN)
    assert (done.state, done.act and done.act.outcome["released"]) == ("applied", 1)
    assert waiting(sharing) == []
    assert sharing.read() == ["one"]
    kept = shown(sharing, act)
    assert [(each.by, each.party, each.how) for each in kept.approvals] == [
        ("ann", "USA", "token"),
        ("ben", "USA", "password"),
    ]
    assert (kept.by, kept.how, kept.why, kept.ended_by) == ("olga", "password", "agreed", "ben")


def test_nobody_approves_what_they_asked_for_and_nobody_twice() -> None:
    sharing = Sharing(TWO)
    both = actor("olga", "officer", "approver")
    act = ask(sharing, LiftPause(paused(sharing)), by=both)
    refused("approval-own", approve, sharing, act, by=both)
    approve(sharing, act)
    refused("approval-twice", approve, sharing, act)
    assert shown(sharing, act).has == 1


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (actor("otto", "officer", "auditor", "admin"), "role-missing"),
        (actor("rita", "reader"), "role-missing"),
        (KYIV, "party-not-yours"),
        (actor("boss", "approver", "admin", party="UKR"), "party-not-yours"),
    ],
)
def test_who_may_not_approve_is_told_what_is_missing(by: Actor, code: str) -> None:
    sharing = Sharing(TWO)
    act = ask(sharing, LiftPause(paused(sharing)))
    error = refused(code, approve, sharing, act, by=by)
    assert ("`approver`" if code == "role-missing" else "`USA`") in error.message
    assert shown(sharing, act).has == 0


@pytest.mark.parametrize(
    "intent",
    [
        MakePause(["usa-ukr"], reason="talks"),
        AmendPause("1", reason="other"),
        LiftPause("1"),
        ApplyAgreement(TERMS + "title: Another\n"),
        EndAgreement("usa-ukr"),
        AddCondition("1", "talks"),
    ],
    ids=lambda intent: intent.kind,
)
@pytest.mark.parametrize(
    ("by", "code"),
    [
        (actor("ann", "approver", "reader", "auditor"), "role-missing"),
        (actor("oleh", "officer", party="UKR"), "party-not-yours"),
        (actor("oleh", "officer", "admin", party="UKR"), "party-not-yours"),
    ],
)
def test_who_may_not_ask_changes_nothing(intent: Intent, by: Actor, code: str) -> None:
    sharing = Sharing()
    paused(sharing)
    before = sharing.node.store.head()
    error = refused(code, ask, sharing, intent, by=by)
    assert ("`officer`" if code == "role-missing" else "`USA`") in error.message
    assert sharing.node.store.head() == before


def test_an_administrator_of_the_node_approves_for_the_parties_that_it_hosts() -> None:
    sharing = Sharing()
    sharing.world.apply("agreement: gbr-ukr\nfrom: GBR\nto: [UKR]\nscope: all\napprovals: {pause: 1}\n")
    order = MakePause(["gbr-ukr"], reason="talks")
    act = ask(sharing, order, by=actor("george", "officer", party="GBR"))
    refused("party-not-yours", approve, sharing, act)
    assert approve(sharing, act, by=ADMIN).state == "applied"


def test_local_approvals_are_refused_where_the_node_says_so_and_others_are_not() -> None:
    sharing = Sharing(ONE)
    act = ask(sharing, LiftPause(paused(sharing)))
    strict = replace(sharing.node, local_approvals=False)
    local = actor("ann", "approver", how="local")
    error = refused("approval-local", office.approve, strict, sharing.world.desk, number(act), by=local)
    assert isinstance(error, Refused)
    assert office.approve(strict, sharing.world.desk, number(act), by=ANN).state == "applied"


@pytest.mark.parametrize(
    ("typed", "error", "code"),
    [
        ("99", Unknown, "act-unknown"),
        ("0", BadInput, "act-number-invalid"),
        ("-1", BadInput, "act-number-invalid"),
        ("", BadInput, "act-number-invalid"),
        ("x", BadInput, "act-number-invalid"),
        ("١", BadInput, "act-number-invalid"),
        ("9" * 16, BadInput, "act-number-invalid"),
    ],
)
def test_an_act_that_is_not_there_is_none(typed: str, error: type[ReltoError], code: str) -> None:
    sharing = Sharing()
    for step in (
        lambda: approve(sharing, typed),
        lambda: office.reject(sharing.node, sharing.world.desk, typed, by=ANN, why="no"),
        lambda: office.withdraw(sharing.node, sharing.world.desk, typed, by=OLGA),
        lambda: office.shown(sharing.node, typed),
    ):
        with pytest.raises(error) as caught:
            step()
        assert caught.value.code == code


# How it ends.


def test_a_rejected_act_says_why_and_nobody_approves_it_any_more() -> None:
    sharing = Sharing(ONE)
    act = ask(sharing, LiftPause(paused(sharing)))
    refused("role-missing", office.reject, sharing.node, sharing.world.desk, number(act), by=OLGA, why="no")
    refused("reason-invalid", office.reject, sharing.node, sharing.world.desk, number(act), by=ANN, why="a\nb")
    office.reject(sharing.node, sharing.world.desk, number(act), by=ANN, why="too early")
    kept = shown(sharing, act)
    assert (kept.state, kept.ended_by, kept.ended_why) == ("rejected", "ann", "too early")
    assert "too early" in refused("act-closed", approve, sharing, act, by=BEN).message
    assert waiting(sharing) == []


def test_who_asked_takes_an_act_back_and_nobody_else_but_the_node() -> None:
    sharing = Sharing(ONE)
    pause = paused(sharing)
    act = ask(sharing, LiftPause(pause))
    refused("act-not-yours", office.withdraw, sharing.node, sharing.world.desk, number(act), by=ANN)
    office.withdraw(sharing.node, sharing.world.desk, number(act), by=OLGA, why="a mistake")
    assert shown(sharing, act).state == "withdrawn"
    refused("act-closed", office.withdraw, sharing.node, sharing.world.desk, number(act), by=OLGA)
    other = ask(sharing, LiftPause(pause))
    office.withdraw(sharing.node, sharing.world.desk, number(other), by=ADMIN)
    assert shown(sharing, other).state == "withdrawn"


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (AmendPause("1", topics=("naval",)), "pause 1 was freeze of everything"),
        (AmendPause("1", mode="cut"), "pause 1 was freeze of everything"),
        (ApplyAgreement(TERMS + "approvals: {resume: 1}\ntitle: Another\n"), "agreement usa-ukr was at version 1"),
        (EndAgreement("usa-ukr"), "agreement usa-ukr was at version 1"),
    ],
    ids=["scope", "mode", "agreement", "end"],
)
def test_an_act_whose_ground_moved_is_out_of_date_and_says_what_moved(move: Intent, words: str) -> None:
    sharing = Sharing(ONE)
    act = ask(sharing, LiftPause(paused(sharing)))
    done = ask(sharing, move)
    if done.state == "proposed":
        approve(sharing, done, by=BEN)
    assert waiting(sharing) == []
    kept = shown(sharing, act)
    assert kept.state == "outdated"
    assert words in kept.ended_why
    assert words in refused("act-closed", approve, sharing, act).message
    assert not any(each.startswith("lifted") for each in kept.ended_why.split("; "))


def test_two_resumes_of_one_pause_wait_and_the_second_is_out_of_date_when_the_first_is_carried_out() -> None:
    sharing = Sharing(ONE)
    pause = paused(sharing)
    first, second = ask(sharing, LiftPause(pause)), ask(sharing, LiftPause(pause, "discard"))
    sharing.give("one")
    approve(sharing, first)
    assert shown(sharing, second).state == "outdated"
    assert "is gone" in shown(sharing, second).ended_why
    assert sharing.read() == ["one"]


def test_what_does_not_touch_its_ground_leaves_an_act_as_it_is() -> None:
    sharing = Sharing(ONE)
    pause = paused(sharing)
    act = ask(sharing, LiftPause(pause))
    ask(sharing, AmendPause(pause, reason="other words", review_us=sharing.world.now + SECOND))
    ask(sharing, AddCondition(pause, "talks are held"))
    sharing.give("one")
    paused(sharing, topics=("imagery",))
    assert approve(sharing, act).state == "applied"


def test_an_agreement_that_asks_for_more_approvals_asks_them_of_what_waits_as_well() -> None:
    sharing = Sharing(ONE)
    act = ask(sharing, LiftPause(paused(sharing)))
    sharing.world.apply(TERMS + "approvals: {resume: 3}\n")
    refused("act-closed", approve, sharing, act)


def test_an_amendment_asks_for_the_approvals_of_the_version_that_counts() -> None:
    sharing = Sharing(TWO)
    act = ask(sharing, ApplyAgreement(TERMS))
    other = ask(sharing, ApplyAgreement(TERMS + "title: Another\n"))
    assert (act.state, act.act and act.act.needs) == ("proposed", 1)
    approve(sharing, act)
    assert shown(sharing, other).state == "outdated"
    assert ask(sharing, ApplyAgreement(TERMS + "title: Another\n")).state == "applied"


def test_pausing_everything_is_approved_of_the_agreements_that_there_were() -> None:
    sharing = Sharing(TERMS + "approvals: {pause: 1}\n")
    act = ask(sharing, MakePause(everything=True, reason="talks"))
    sharing.world.apply("agreement: gbr-ukr\nfrom: GBR\nto: [UKR]\nscope: all\n")
    done = approve(sharing, act)
    assert done.done is not None
    assert done.done.value.agreements == {"usa-ukr"}


def test_what_makes_a_pause_looser_asks_for_the_approvals_of_a_resume_and_what_makes_it_tighter_does_not() -> None:
    sharing = Sharing(TWO)
    pause = paused(sharing, topics=("naval",))
    assert ask(sharing, AmendPause(pause, everything=True)).state == "applied"
    assert ask(sharing, AmendPause(pause, mode="cut")).state == "applied"
    sharing.give("one")
    act = ask(sharing, AmendPause(pause, topics=("imagery",)))
    assert (act.state, act.act and act.act.needs) == ("proposed", 2)
    assert ask(sharing, AmendPause(pause, mode="freeze")).state == "proposed"
    assert sharing.read() == []
    approve(sharing, act)
    approve(sharing, act, by=BEN)
    assert sharing.read() == ["one"]


# One transaction.


class Full(Exception):
    """The disk, say."""


def test_an_act_that_cannot_be_carried_out_leaves_its_last_approval_unrecorded(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing(ONE)
    pause = paused(sharing)
    act = ask(sharing, LiftPause(pause))
    sharing.give("one")

    def fails(*_: Any) -> None:
        raise Full

    with monkeypatch.context() as patched:
        patched.setattr(LiftPause, "carry_out", fails)
        with pytest.raises(Full):
            approve(sharing, act)
    assert shown(sharing, act).has == 0
    assert waiting(sharing) == [number(act)]
    assert sharing.read() == []
    assert approve(sharing, act).state == "applied"
    assert sharing.read() == ["one"]


def test_several_acts_are_asked_for_as_one_or_not_at_all() -> None:
    sharing = Sharing()
    before = sharing.node.store.head()
    with pytest.raises(Unknown):
        office.submit_all(
            sharing.node,
            sharing.world.desk,
            [MakePause(["usa-ukr"], reason="talks"), MakePause(["nil"], reason="talks")],
            by=OLGA,
        )
    assert sharing.node.store.head() == before
    assert standing.status(sharing.node, sharing.world.desk, by=ADMIN)[0].state == "flowing"


def test_no_more_acts_wait_than_can_be_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing(ONE)
    pause = paused(sharing)
    monkeypatch.setattr(office, "OPEN_MAX", 2)
    ask(sharing, LiftPause(pause))
    ask(sharing, LiftPause(pause))
    refused("acts-too-many", ask, sharing, LiftPause(pause))
    ask(sharing, RecallItem((given(sharing),), None, "wrong"))


def given(sharing: Sharing) -> str:
    item = sharing.item("given", "naval", "life")
    ask(sharing, ApplyAgreement(TERMS.replace("usa-ukr", "other")))
    sharing.give(item)
    return item.id


# An end that was set beforehand.

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


# Conditions.


def test_a_binding_condition_stands_in_the_way_until_it_is_met() -> None:
    sharing = Sharing()
    pause = paused(sharing, conditions=({"text": "talks are held", "binding": True}, "leaders meet"))
    error = refused("condition-unmet", ask, sharing, LiftPause(pause))
    assert error.data["conditions"] == [1]
    for state in ("claimed", "disputed", "unmet"):
        ask(sharing, SetCondition(pause, 1, state, "a note"))
        refused("condition-unmet", ask, sharing, LiftPause(pause))
    ask(sharing, SetCondition(pause, 1, "met", "joint statement"))
    assert ask(sharing, LiftPause(pause)).state == "applied"


def test_only_an_approver_waives_a_condition() -> None:
    sharing = Sharing()
    pause = paused(sharing, conditions=({"text": "talks are held", "binding": True},))
    refused("role-missing", ask, sharing, SetCondition(pause, 1, "waived"))
    refused("party-not-yours", ask, sharing, SetCondition(pause, 1, "waived"), by=KYIV)
    ask(sharing, SetCondition(pause, 1, "waived", "the minister agreed"), by=ANN)
    assert ask(sharing, LiftPause(pause)).state == "applied"


def test_a_condition_asked_for_by_no_party_to_the_agreement_is_kept_and_has_no_force() -> None:
    sharing = Sharing()
    pause = paused(sharing)
    ask(sharing, AddCondition(pause, "we are heard", asked_by="GBR", binding=True))
    ask(sharing, AddCondition(pause, "we are paid", asked_by="UKR", binding=True))
    assert refused("condition-unmet", ask, sharing, LiftPause(pause)).data["conditions"] == [2]
    ask(sharing, SetCondition(pause, 2, "met"))
    done = ask(sharing, LiftPause(pause))
    assert done.done is not None
    assert [each.asked_by for each in done.done.value.conditions] == ["GBR", "UKR"]


def test_a_party_to_the_agreement_claims_or_disputes_and_says_nothing_else() -> None:
    sharing = Sharing()
    pause = paused(sharing, conditions=({"text": "talks are held", "binding": True},))
    for state in ("claimed", "disputed"):
        assert ask(sharing, SetCondition(pause, 1, state), by=KYIV).state == "applied"
    for state in ("met", "unmet"):
        refused("party-not-yours", ask, sharing, SetCondition(pause, 1, state), by=KYIV)
    other = actor("george", "officer", party="GBR")
    refused("party-not-yours", ask, sharing, SetCondition(pause, 1, "claimed"), by=other)


def test_nobody_but_who_paused_speaks_of_the_conditions_of_a_discreet_pause() -> None:
    sharing = Sharing()
    pause = paused(sharing, conditions=("talks are held",), discreet=True)
    said = refused("pause-unknown", ask, sharing, SetCondition(pause, 1, "claimed"), by=KYIV)
    never = refused("pause-unknown", ask, sharing, SetCondition("99", 1, "claimed"), by=KYIV)
    assert said.message == never.message.replace("99", pause)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (SetCondition("1", 0, "met"), "condition-unknown"),
        (SetCondition("1", 2, "met"), "condition-unknown"),
        (SetCondition("1", 1, "done"), "condition-state-unknown"),
        (SetCondition("1", 1, "met", "a\nb"), "pause-condition-invalid"),
        (SetCondition("9", 1, "met"), "pause-unknown"),
        (AddCondition("1", ""), "pause-condition-invalid"),
        (AddCondition("1", "x", asked_by="NIL"), "party-unknown"),
        (AddCondition("9", "x"), "pause-unknown"),
    ],
)
def test_a_condition_that_refers_to_nothing_is_refused_by_name(order: Intent, code: str) -> None:
    sharing = Sharing()
    paused(sharing, conditions=("talks are held",))
    refused(code, ask, sharing, order)


def test_an_end_with_an_unmet_binding_condition_waits_without_making_reads_write() -> None:
    sharing = Sharing()
    pause = paused(
        sharing,
        until_us=sharing.world.now + HOUR,
        conditions=({"text": "talks are held", "binding": True},),
    )
    sharing.give("one")
    sharing.world.clock.moment += 2 * HOUR
    sharing.world.scheduled()
    due = sharing.node.store.head().next_due
    assert due is None or due > sharing.world.now
    before = sharing.node.store.head().policy_version
    assert sharing.read() == []
    assert overdue(sharing) == [("until",)]
    assert sharing.node.store.head().policy_version == before
    ask(sharing, SetCondition(pause, 1, "met"))
    assert all_read(sharing) == ["one"]
    assert sharing.node.store.head().next_due is None


def test_a_scheduled_resume_lapses_where_a_binding_condition_is_unmet_at_its_moment() -> None:
    sharing = Sharing()
    pause = paused(sharing)
    sharing.give("one")
    act = ask(sharing, LiftPause(pause, from_us=sharing.world.now + HOUR))
    ask(sharing, AddCondition(pause, "talks are held", binding=True))
    sharing.world.clock.moment += HOUR
    assert sharing.read() == []
    assert shown(sharing, act).state == "outdated"
    assert "condition 1" in shown(sharing, act).ended_why
    assert sharing.node.store.head().next_due is None


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
