"""How it stood at a moment is told as it was told then."""

from __future__ import annotations

from typing import Any

from tests.actors import ADMIN
from tests.simulation.sharing import SECOND, Sharing

from relto.usecases import office, standing
from relto.usecases.intent import Intent
from relto.usecases.items import RecallItem
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.parties import add_party
from relto.usecases.pausing import LiftPause


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
