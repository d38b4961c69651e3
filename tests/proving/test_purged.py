"""Purged: an act of long ago takes nothing that was to be given still when it was done."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN
from tests.replayed import codes_of
from tests.simulation.sharing import SECOND, Sharing

from relto.usecases import purging
from relto.usecases.sequencing import changing

pytestmark = pytest.mark.tampers


def purged(sharing: Sharing, act: int, *seqs: int) -> set[str]:
    with changing(sharing.node, sharing.world.desk) as change:
        change.changed = True
        held = {row.seq: row.class_id for row in change.tx.records(seqs)}
        change.tx.purge([(held[seq], seq - 1, seq) for seq in seqs], act=act)
    return codes_of(sharing.node.store)


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_was_held_when_a_purge_was_done_is_not_purged_by_it_once_it_is_released(by_hand):
    sharing = Sharing()
    sharing.give("one")
    number = sharing.pause()
    held = sharing.item("held")
    sharing.give(held)
    sharing.world.settle_clock()
    done = purging.purge(sharing.node, sharing.world.desk, before=sharing.world.now, originator=None, by=ADMIN)
    assert (done.items, done.kept) == (1, 1)
    sharing.world.settle_clock(400 * 86_400 * SECOND)
    if by_hand:
        # It is of another class from now on, of which nothing was ever held.
        sharing.by_hand("release", held)
    else:
        sharing.resume(number)
    assert codes_of(sharing.node.store) == set()
    assert purged(sharing, done.act, 2) == {"purge-unfounded"}


def test_a_purge_that_broke_off_may_go_on():
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    with changing(sharing.node, sharing.world.desk) as change:
        act, _ = purging.order_purge(change, before=change.now, originator=None, by=ADMIN)
    sharing.pause()
    sharing.world.settle_clock(3_600 * SECOND)
    assert purged(sharing, act, 1) == set()
    assert purged(sharing, act, 2) == set()
