"""The agenda: what calls for a decision is there for who may decide, and gone once it is decided."""

from __future__ import annotations

from tests.actors import ADMIN, actor
from tests.simulation.sharing import SECOND, TERMS, Sharing

from relto.domain.actor import Actor
from relto.domain.facts import Facts
from relto.ports.store import PollRow
from relto.usecases import office
from relto.usecases.agenda import LAPSED_US, Matter, agenda
from relto.usecases.backlog import ReleaseBacklog
from relto.usecases.conditions import AddCondition, SetCondition
from relto.usecases.pausing import LiftPause, MakePause

OLGA = actor("olga", "officer", how="password")
ANN = actor("ann", "approver", how="token")
FOREIGN = actor("oleh", "officer", "approver", party="UKR")
READER = actor("kyiv", "reader", party="UKR")

DAY = 86_400 * SECOND


def seen(sharing: Sharing, by: Actor = ADMIN) -> list[tuple[str, str, str]]:
    return [(each.kind, each.subject, each.says) for each in matters(sharing, by)]


def matters(sharing: Sharing, by: Actor = ADMIN) -> list[Matter]:
    return agenda(sharing.node, sharing.world.desk, by=by)


def test_a_node_on_which_all_is_well_has_nothing_to_decide() -> None:
    assert seen(Sharing()) == []


def test_an_act_waits_until_it_has_its_approvals() -> None:
    sharing = Sharing(TERMS + "approvals: {resume: 1}\n")
    pause = sharing.pause()
    act = office.submit(sharing.node, sharing.world.desk, LiftPause(pause), by=OLGA).act
    assert act is not None
    assert seen(sharing) == [("approval", str(act.number), "resume")]
    assert seen(sharing, ANN) == seen(sharing)
    office.approve(sharing.node, sharing.world.desk, str(act.number), by=ANN)
    assert seen(sharing) == []


def test_a_review_and_an_end_call_when_their_dates_have_passed() -> None:
    sharing = Sharing(TERMS + "approvals: {resume: 1}\n")
    now = sharing.world.now
    order = MakePause(["usa-ukr"], reason="talks", review_us=now + DAY, until_us=now + 2 * DAY)
    office.submit(sharing.node, sharing.world.desk, order, by=ADMIN)
    waiting = [each for each in seen(sharing) if each[0] != "approval"]
    assert waiting == []
    sharing.world.settle_clock(3 * DAY)
    found = [each for each in matters(sharing) if each.kind == "pause-date"]
    assert [(each.subject, each.says, each.since) for each in found] == [
        ("1", "review", now + DAY),
        ("1", "until", now + 2 * DAY),
    ]


def test_an_agreement_calls_for_its_review() -> None:
    sharing = Sharing(TERMS + "review: 2000-01-01\n")
    assert seen(sharing) == [("agreement-review", "usa-ukr", "")]
    sharing.end()
    assert seen(sharing) == []


def test_a_condition_that_somebody_claims_is_met_waits_for_a_word() -> None:
    sharing = Sharing()
    pause = sharing.pause()
    for order in (AddCondition(pause, "talks are fixed"), SetCondition(pause, 1, "claimed", "a letter")):
        office.submit(sharing.node, sharing.world.desk, order, by=ADMIN)
    assert seen(sharing) == [("condition", pause, "1")]
    office.submit(sharing.node, sharing.world.desk, SetCondition(pause, 1, "met", "a statement"), by=ADMIN)
    assert seen(sharing) == []


def test_a_partner_that_used_to_read_and_has_stopped_is_named() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    assert seen(sharing) == []
    polled = _polled(sharing)
    sharing.world.settle_clock(LAPSED_US)
    assert matters(sharing) == [Matter("reader", "UKR", polled)]
    sharing.read()
    _polled(sharing)
    assert seen(sharing) == []


def _polled(sharing: Sharing) -> int:
    """The reader's last poll is on record, as a watch of the server puts it there."""
    at = sharing.world.now
    with sharing.node.store.write() as tx:
        tx.put_polls([PollRow(1, "kyiv", Facts(polled_at=at))])
    return at


def test_nobody_else_sees_any_of_it() -> None:
    sharing = Sharing(TERMS + "approvals: {resume: 1}\nreview: 2000-01-01\n")
    pause = sharing.pause()
    office.submit(sharing.node, sharing.world.desk, LiftPause(pause), by=OLGA)
    assert len(seen(sharing)) == 2
    assert seen(sharing, FOREIGN) == []
    assert seen(sharing, READER) == []


def test_a_backlog_calls_until_it_is_worked_through() -> None:
    sharing = Sharing()
    pause = sharing.pause()
    sharing.give("one", "two", "three")
    assert seen(sharing) == []
    office.submit(sharing.node, sharing.world.desk, LiftPause(pause, backlog="review"), by=OLGA)
    (found,) = matters(sharing)
    assert (found.kind, found.subject, found.says) == ("backlog", pause, "3")
    assert 0 < found.since <= sharing.world.now
    assert seen(sharing, FOREIGN) == []
    office.submit(sharing.node, sharing.world.desk, ReleaseBacklog(pause), by=OLGA)
    assert seen(sharing) == []


def test_a_review_that_kept_nothing_calls_for_nothing() -> None:
    sharing = Sharing()
    pause = sharing.pause()
    office.submit(sharing.node, sharing.world.desk, LiftPause(pause, backlog="review"), by=OLGA)
    assert seen(sharing) == []
