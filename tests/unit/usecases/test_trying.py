"""Trying: what work would do is told, and nothing of it has happened."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.simulation.sharing import Sharing

from relto.domain.errors import ReltoError
from relto.faces.verbs import rehearsals
from relto.faces.verbs.caller import Caller
from relto.usecases import parties, repairing
from relto.usecases.reading.stock import Stock, stock


def everything(sharing: Sharing) -> object:
    with sharing.node.store.read() as snap:
        return snap.head(), snap.log(), snap.acts(), snap.parties(), snap.members(), snap.flow_states(1), snap.repairs()


def stocked(sharing: Sharing) -> Stock:
    """What kyiv's one collection holds, and it is what a client that begins now gets."""
    world, account = sharing.world, sharing.kyiv.account
    sharing.read(fresh := sharing.fresh())
    collections = world.reading.collections(account)
    with sharing.node.store.read() as snap:
        head = snap.head()
        policy = world.desk.current(snap, head.policy_version)
        (found,) = stock(snap, policy, account, collections, now=sharing.node.now(head), days=3)
    assert found.items == len(fresh.got)
    return found


def test_what_is_delivered_again_is_counted_before_and_nothing_has_happened() -> None:
    sharing = Sharing()
    sharing.give("one", "two", "three")
    assert sharing.read() == ["one", "two", "three"]
    before = everything(sharing)
    node, desk = sharing.node, sharing.world.desk
    told = repairing.redeliverable(node, desk, "usa-ukr", recipient="UKR", account=None, since=0, by=ADMIN)
    assert told == (3, ["kyiv"])
    assert everything(sharing) == before
    done = repairing.redeliver(node, desk, "usa-ukr", recipient="UKR", account=None, since=0, by=ADMIN)
    assert (done.items, done.readers) == told
    assert sharing.read() == ["one", "two", "three"]


def test_whoever_may_not_do_it_is_not_told_what_it_would_do() -> None:
    sharing = Sharing()
    sharing.give("one")
    reader = actor("kyiv", "reader", party="UKR")
    node, desk = sharing.node, sharing.world.desk
    with pytest.raises(ReltoError) as refused:
        repairing.redeliverable(node, desk, "usa-ukr", recipient="UKR", account=None, since=0, by=reader)
    assert refused.value.code == "role-missing"
    with pytest.raises(ReltoError) as refused:
        parties.preview_party(node, desk, "POL", name="Poland", kind="state", by=reader)
    assert refused.value.code == "role-missing"


def test_whoever_is_no_administrator_is_refused_before_a_block_is_begun_or_anything_is_looked_for() -> None:
    sharing = Sharing(store=FakeStore(timeout_seconds=0.05))
    node, desk = sharing.node, sharing.world.desk
    olga = actor("olga", "officer")
    caller = Caller(cast("Any", SimpleNamespace(node=node, desk=desk)), olga)
    asked: list[Callable[[], object]] = [
        lambda: parties.preview_party(node, desk, "UKR", name="Ukraine", kind="state", by=olga, members=["NIL"]),
        lambda: rehearsals.join(caller, group="UKR", member="NIL"),
        lambda: rehearsals.join(caller, group="NIL", member="UKR", from_="no moment"),
        lambda: rehearsals.leave(caller, group="NIL", member="UKR", from_="no moment"),
    ]
    with node.store.write():
        # Somebody writes: whoever had to wait for that would be told so.
        for ask in asked:
            with pytest.raises(ReltoError) as refused:
                ask()
            assert refused.value.code == "role-missing"


def test_a_party_that_is_tried_is_not_known_afterwards() -> None:
    sharing = Sharing()
    before = everything(sharing)
    found = parties.preview_party(sharing.node, sharing.world.desk, "POL", name="Poland", kind="state", by=ADMIN)
    assert [*found] == []
    assert everything(sharing) == before


def test_what_a_collection_holds_is_what_its_client_can_read() -> None:
    sharing = Sharing()
    assert stocked(sharing).last is None
    sharing.give("one", "two")
    first = stocked(sharing)
    assert first.items == 2
    number = sharing.pause(discreet=True)
    sharing.give("three")
    # Held is not there, and says nothing of itself.
    assert (stocked(sharing).items, stocked(sharing).last) == (2, first.last)
    sharing.resume(number)
    after = stocked(sharing)
    assert after.items == 3
    assert after.last is not None
    assert first.last is not None
    assert after.last > first.last


def test_what_a_cut_closes_is_not_counted_until_it_is_lifted() -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    number = sharing.pause(mode="cut")
    assert (stocked(sharing).items, stocked(sharing).last) == (0, None)
    sharing.resume(number)
    assert stocked(sharing).items == 2
