"""Purged: an act of long ago takes nothing that was to be given still when it was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.actors import ADMIN
from tests.replayed import codes_of
from tests.simulation.sharing import SECOND, Sharing

from relto.ports.store import Range, Snapshot
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


def between(monkeypatch: pytest.MonkeyPatch, sharing: Sharing, work: Callable[[], object]) -> None:
    """Has something done once, when a purge has looked for what has content and has not taken it away yet."""
    portions, done = purging._portions, []

    def looked(snap: Snapshot, ranges: list[Range]) -> Iterator[list[int]]:
        found = list(portions(snap, ranges))
        if not done:
            done.append(None)
            sharing.world.settle_clock()
            work()
        yield from found

    monkeypatch.setattr(purging, "_portions", looked)


def purge(sharing: Sharing) -> purging.Purged:
    sharing.world.settle_clock()
    return purging.purge(sharing.node, sharing.world.desk, before=sharing.world.now, originator=None, by=ADMIN)


def test_what_has_no_content_any_more_and_moves_while_a_purge_is_under_way_is_not_named_by_it(monkeypatch):
    sharing = Sharing()
    moving = sharing.item("moving")
    sharing.give("one", moving, "three")
    sharing.world.settle_clock()
    with changing(sharing.node, sharing.world.desk) as change:
        act, _ = purging.order_purge(change, before=change.now, originator=None, by=ADMIN)
    assert purged(sharing, act, 2) == set()
    between(monkeypatch, sharing, lambda: sharing.by_hand("recall", moving))
    assert purge(sharing).items == 2
    assert codes_of(sharing.node.store) == set()


def test_what_was_held_when_a_purge_was_asked_for_stays_though_it_is_released_while_it_is_under_way(monkeypatch):
    sharing = Sharing()
    held, free = sharing.item("held"), sharing.item("free")
    sharing.give("one")
    sharing.pause()
    sharing.give(held, free)
    sharing.by_hand("release", free)
    between(monkeypatch, sharing, lambda: sharing.by_hand("release", held))
    assert purge(sharing).items == 2
    with sharing.node.store.read() as snap:
        assert [bool(body.raw) for body in snap.bodies([1, 2, 3])] == [False, True, False]
    assert codes_of(sharing.node.store) == set()
