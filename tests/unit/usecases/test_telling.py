"""Whom an act concerns is told of it, and nobody else; a discreet pause tells the recipient nothing."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.simulation.world import World

from relto.domain.errors import BadInput, Unknown
from relto.usecases import notifying, office, parties
from relto.usecases.conditions import AddCondition, SetCondition
from relto.usecases.items import RecallItem, ReleaseItem
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.pausing import AmendPause, LiftPause, MakePause
from relto.usecases.sequencing import carry_out_due

TERMS = (
    "agreement: {name}\nfrom: USA\nto: [UKR, GBR]\nscope: {{topics: [naval, targeting]}}\n"
    "approvals: {{resume: {asks}}}\n"
)
HOUR = 3_600_000_000


@pytest.fixture
def world() -> World:
    made = World(FakeStore())
    made.apply(TERMS.format(name="usa-both", asks=0))
    return made


def told(world: World, party: str, *, beyond: int = 0) -> list[tuple[str, str]]:
    found = notifying.inbox(world.node, party, after=beyond).entries
    return [(each.notice.kind, each.notice.text) for each in found]


def ask(world: World, intent: office.Intent, by: object = ADMIN) -> office.Outcome:
    return office.submit(world.node, world.desk, intent, by=by)  # type: ignore[arg-type]  # an actor


def pause(world: World, **order: object) -> str:
    return str(ask(world, MakePause(("usa-both",), reason="talks", **order)).done.outcome["pause"])  # type: ignore[arg-type, union-attr]  # fields of an order


def test_recipients_are_told_of_their_agreement_and_of_a_pause_from_its_beginning_to_its_end(world: World) -> None:
    number = pause(world, topics=("naval",))
    ask(world, AmendPause(number, reason="more talks"))
    ask(world, AddCondition(number, "talks are fixed"))
    ask(world, SetCondition(number, 1, "met"))
    ask(world, LiftPause(number))
    for party in ("UKR", "GBR"):
        kinds = [kind for kind, _ in told(world, party)]
        assert kinds == ["agreement", "pause", "pause-amended", "condition", "condition", "resume"]
    texts = [text for _, text in told(world, "UKR")]
    assert "paused in part (topics any of naval)" in texts[1]
    assert texts[1].endswith(": talks")
    assert "talks are fixed (met)" in texts[4]
    first = notifying.inbox(world.node, "UKR", after=1).entries
    assert [each.notice.regards for each in first] == [None, 2, 2, 2, 2]


def test_a_pause_for_one_recipient_is_told_to_nobody_else(world: World) -> None:
    number = pause(world, recipient="GBR")
    ask(world, LiftPause(number))
    assert [kind for kind, _ in told(world, "UKR", beyond=1)] == []
    assert [kind for kind, _ in told(world, "GBR", beyond=1)] == ["pause", "resume"]


def test_a_discreet_pause_is_told_to_no_recipient_whatever_becomes_of_it(world: World) -> None:
    number = pause(world, discreet=True)
    ask(world, AmendPause(number, mode="cut"))
    ask(world, AddCondition(number, "talks are fixed"))
    ask(world, LiftPause(number))
    assert told(world, "UKR", beyond=1) == told(world, "GBR", beyond=1) == []


def test_a_pause_that_is_scheduled_is_told_when_it_begins(world: World) -> None:
    pause(world, from_us=world.now + HOUR)
    assert told(world, "UKR", beyond=1) == []
    world.settle_clock(HOUR + 1)
    carry_out_due(world.node, world.desk, world.node.store.head())
    assert [kind for kind, _ in told(world, "UKR", beyond=1)] == ["pause"]


def test_who_decides_is_told_of_what_waits_and_of_how_it_ended(world: World) -> None:
    world.apply(TERMS.format(name="usa-both", asks=1))
    number = pause(world)
    olga, ann = actor("olga", "officer"), actor("ann", "approver")
    first = ask(world, LiftPause(number), olga)
    office.reject(world.node, world.desk, str(first.act.number), by=ann, why="not yet")  # type: ignore[union-attr]  # it waits
    second = ask(world, LiftPause(number), olga)
    office.approve(world.node, world.desk, str(second.act.number), by=ann)  # type: ignore[union-attr]  # as above
    texts = [text for kind, text in told(world, "USA") if kind == "approval"]
    assert [text.rpartition(", ")[2] for text in texts] == [
        "waits for approvals: it has 0 of 1",
        "is rejected",
        "waits for approvals: it has 0 of 1",
        "is applied",
    ]
    assert "resume" in [kind for kind, _ in told(world, "UKR")]
    assert "approval" not in [kind for kind, _ in told(world, "UKR")]


def test_a_date_that_comes_is_told_once_to_whose_decision_it_is_and_lifts_nothing(world: World) -> None:
    world.apply(TERMS.format(name="usa-both", asks=1))
    number = pause(world, review_us=world.now + HOUR, until_us=world.now + 2 * HOUR)
    version = world.node.store.head().policy_version
    for _ in range(6):
        world.settle_clock(HOUR // 2)
        carry_out_due(world.node, world.desk, world.node.store.head())
    reviews = [text for kind, text in told(world, "USA") if kind == "review"]
    assert len(reviews) == 2
    assert "is to be reviewed" in reviews[0]
    assert "was to end, and nobody has agreed" in reviews[1]
    assert "review" not in [kind for kind, _ in told(world, "UKR")]
    assert world.node.store.head().policy_version == version
    due = world.node.store.head().next_due
    assert due is None or due > world.now
    with world.node.store.read() as snap:
        assert world.desk.current(snap, version).pauses[number].state == "running"


def test_a_recall_is_told_to_whom_the_item_was_released_and_so_is_that_it_is_taken_back(world: World) -> None:
    header = world.header("a", ("naval",))
    pause(world, recipient="GBR")
    world.take([header])
    ask(world, RecallItem((header.id,), reason="it was wrong"))
    [(kind, text)] = told(world, "UKR", beyond=1)
    assert (kind, text.endswith("is recalled, and is not to be used: it was wrong")) == ("recall", True)
    assert "recall" not in [kind for kind, _ in told(world, "GBR")]
    ask(world, ReleaseItem((header.id,), reason="it was right"))
    [_, (kind, text)] = told(world, "UKR", beyond=1)
    assert (kind, text.endswith("is taken back: it was right")) == ("recall", True)


def test_who_joins_or_leaves_a_group_is_told(world: World) -> None:
    parties.add_party(world.node, world.desk, "FVEY", name="FVEY", kind="group", by=ADMIN)
    ask(world, JoinGroup("FVEY", "GBR"))
    ask(world, LeaveGroup("FVEY", "GBR", from_us=world.now + HOUR))
    texts = [text for kind, text in told(world, "GBR") if kind == "membership"]
    assert texts[0] == "GBR belongs to FVEY"
    assert texts[1].startswith("GBR belongs to FVEY no more from ")
    assert "membership" not in [kind for kind, _ in told(world, "UKR")]


def test_the_end_that_is_set_anew_takes_the_place_of_the_one_that_waited(world: World) -> None:
    world.apply(TERMS.format(name="usa-both", asks=1))
    number = pause(world, until_us=world.now + HOUR)
    ask(world, AmendPause(number, until_us=world.now + 2 * HOUR))
    [waits] = office.waiting(world.node, world.desk)
    assert waits.due_at == world.now + 2 * HOUR
    assert [text.rpartition(", ")[2] for kind, text in told(world, "USA") if kind == "approval"] == [
        "waits for approvals: it has 0 of 1",
        "waits for approvals: it has 0 of 1",
        "is outdated",
    ]


def test_who_decides_is_told_that_a_condition_keeps_a_pause_beyond_its_end(world: World) -> None:
    pause(world, until_us=world.now + HOUR, conditions=({"text": "talks are held", "binding": True},))
    world.settle_clock(2 * HOUR)
    carry_out_due(world.node, world.desk, world.node.store.head())
    reviews = [text for kind, text in told(world, "USA") if kind == "review"]
    assert ["was to end, and a binding condition is not met" in text for text in reviews] == [True]


def test_of_several_who_give_each_is_told_of_its_own_agreements_alone(world: World) -> None:
    world.apply("agreement: ukr-gbr\nfrom: UKR\nto: [GBR]\nscope: {topics: [naval]}\n")
    ask(world, MakePause(everything=True, reason="talks", review_us=world.now + HOUR))
    world.settle_clock(2 * HOUR)
    carry_out_due(world.node, world.desk, world.node.store.head())
    for party, other in (("USA", "ukr-gbr"), ("UKR", "usa-both")):
        (text,) = [text for kind, text in told(world, party) if kind == "review"]
        assert other not in text


def test_a_discreet_pause_is_of_one_who_gives(world: World) -> None:
    world.apply("agreement: ukr-gbr\nfrom: UKR\nto: [GBR]\nscope: {topics: [naval]}\n")
    with pytest.raises(BadInput) as caught:
        ask(world, MakePause(everything=True, reason="talks", discreet=True))
    assert caught.value.code == "pause-invalid"
    number = str(ask(world, MakePause(everything=True, reason="talks")).done.outcome["pause"])  # type: ignore[union-attr]  # it is done at once
    with pytest.raises(BadInput) as caught:
        ask(world, AmendPause(number, discreet=True))
    assert caught.value.code == "pause-invalid"


@pytest.mark.parametrize("role", ["reader", "contributor"])
def test_what_a_party_decides_is_not_in_the_inbox_of_its_accounts_that_are_not_in_office(
    world: World, role: str
) -> None:
    pause(world, discreet=True, review_us=world.now + HOUR)
    world.settle_clock(2 * HOUR)
    carry_out_due(world.node, world.desk, world.node.store.head())
    (number,) = [each.notice.number for each in notifying.inbox(world.node, "USA", kind="review").entries]
    account = actor("agency", role)
    hidden = notifying.hidden_from(account.roles)
    assert notifying.inbox(world.node, "USA", kind="review", hidden=hidden).entries == ()
    assert number not in [each.notice.number for each in notifying.inbox(world.node, "USA", hidden=hidden).entries]
    with pytest.raises(Unknown):
        notifying.acknowledge(world.node, number, by=account)
