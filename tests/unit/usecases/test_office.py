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
from relto.usecases.conditions import AddCondition
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


def test_whoever_came_in_without_the_role_takes_nothing_back() -> None:
    sharing = Sharing(TWO)
    act = ask(sharing, LiftPause(paused(sharing)))
    narrow = actor("olga", how="token")
    refused("role-missing", office.withdraw, sharing.node, sharing.world.desk, number(act), by=narrow)
    assert shown(sharing, act).state == "proposed"


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
