"""How it stood at a moment is told as it was told then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.simulation.sharing import SECOND, Sharing

from relto.domain.decision import decide
from relto.usecases import office, settled, standing
from relto.usecases.intent import Intent
from relto.usecases.items import RecallItem
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.parties import add_party
from relto.usecases.pausing import LiftPause, MakePause


def told(sharing: Sharing, name: str, at: int | None = None) -> Any:
    """What `status` says of all, and `explain` of an item for UKR, without what only the past is told by."""
    desk = sharing.world.desk
    listed = [
        (each.agreement, each.to, each.state, each.released, [(one.pause.number, one.held) for one in each.pauses])
        for each in standing.status(sharing.node, desk, by=ADMIN, at=at)
    ]
    answers = standing.explain(sharing.node, desk, sharing.item(name).id, "UKR", by=ADMIN, at=at)
    reasons = [[reason.code for reason in each.reasons if reason.code != "versions"] for each in answers]
    return listed, [each.decision for each in answers], reasons


def test_an_item_that_is_recalled_in_the_block_in_which_a_pause_ends_was_released_by_that_end() -> None:
    sharing = Sharing()
    sharing.pause(until_us=sharing.world.now + 20 * SECOND)
    item = sharing.item("one")
    sharing.give(item)
    sharing.world.settle_clock()
    # Nobody came before: the end is found by the recall.
    sharing.by_hand("recall", item)
    sharing.world.settle_clock()
    now = told(sharing, "one")
    assert now[0][0][3] == 1
    assert told(sharing, "one", sharing.world.now) == now


def test_of_two_acts_of_one_block_the_first_is_told_with_the_class_of_before_the_second() -> None:
    sharing = Sharing()
    number = sharing.pause()
    item = sharing.item("one")
    sharing.give(item)
    acts: list[Intent] = [LiftPause(number), RecallItem([item.id], None, "a reason")]
    office.submit_all(sharing.node, sharing.world.desk, acts, by=ADMIN)
    sharing.world.settle_clock()
    assert told(sharing, "one", sharing.world.now) == told(sharing, "one")


def test_a_group_that_had_no_member_yet_is_told_as_the_one_that_receives() -> None:
    sharing = Sharing()
    world = sharing.world
    add_party(world.node, world.desk, "CC", name="a coalition", kind="group", by=ADMIN)
    world.apply("agreement: to-c\nfrom: USA\nto: [CC]\nscope: {topics: [naval]}\n")
    sharing.give("one")
    moments = []
    for step in (JoinGroup("CC", "GBR", world.now + 600 * SECOND), LeaveGroup("CC", "GBR"), JoinGroup("CC", "GBR")):
        world.settle_clock()
        moments.append((world.now, told(sharing, "one")))
        world.settle_clock()
        office.submit(world.node, world.desk, step, by=ADMIN)
    world.settle_clock()
    moments.append((world.now, told(sharing, "one")))
    assert [[to for _, to, *_ in listed] for _, (listed, *_) in moments] == [
        ["CC", "UKR"], ["UKR"], ["CC", "UKR"], ["GBR", "UKR"],
    ]  # fmt: skip
    for moment, then in moments:
        assert told(sharing, "one", moment) == then


def decided(monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]) -> int:
    """How many classes are decided for an answer."""
    count = 0

    def counting(*values: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        return decide(*values, **more)

    with monkeypatch.context() as patched:
        patched.setattr(settled, "decide", counting)
        ask()
    return count


def short_pauses(sharing: Sharing, number: int, agreement: str = "usa-ukr") -> None:
    for _ in range(number):
        order = MakePause([agreement], reason="talks", topics=("naval",))
        made = actors.pause(sharing.node, sharing.world.desk, order, by=ADMIN)
        actors.resume(sharing.node, sharing.world.desk, [made.pause.number], by=ADMIN)
        sharing.world.settle_clock()


def test_a_past_of_many_pauses_decides_no_more_than_one_of_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing()
    sharing.give("one", sharing.item("two", "life"))

    def ask() -> object:
        return standing.status(sharing.node, sharing.world.desk, by=ADMIN, at=sharing.world.now)

    short_pauses(sharing, 2)
    few = decided(monkeypatch, ask)
    short_pauses(sharing, 20)
    assert few == decided(monkeypatch, ask) > 0


@pytest.mark.parametrize("asked", ["status", "item"])
def test_of_the_past_no_more_is_told_than_what_is_asked_of(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing()
    sharing.give("one")
    world = sharing.world

    def ask() -> object:
        at = world.now
        if asked == "status":
            return standing.status(sharing.node, world.desk, "usa-ukr", by=ADMIN, at=at)
        name = sharing.item("one").id
        return standing.explain_to_all(sharing.node, world.desk, name, by=ADMIN, at=at, limit=9)

    world.settle_clock()
    alone = decided(monkeypatch, ask)
    world.apply("agreement: ukr-gbr\nfrom: UKR\nto: [GBR]\nscope: {topics: [naval]}\n")
    short_pauses(sharing, 3, "ukr-gbr")
    assert alone == decided(monkeypatch, ask) > 0
