"""Orders: a log that was signed and says what cannot be is found out, whoever signed it; nothing hangs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.store import FakeStore
from tests.replayed import blocks
from tests.simulation.sharing import Sharing
from tests.simulation.world import MADE

from relto.usecases.evidence.expected import Expected
from relto.usecases.evidence.faults import Broken, Fault
from relto.usecases.evidence.replay.replaying import Replay

pytestmark = pytest.mark.tampers

Change = Callable[[Expected], Expected | None]


def told() -> Sharing:
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.read()
    cut = sharing.pause(mode="cut")
    sharing.give("three")
    sharing.world.walk(sharing.fresh())
    sharing.resume(cut)
    sharing.read()
    return sharing


def found(sharing: Sharing, change: Change) -> list[Fault]:
    """What is wrong with the log in which each leaf is what `change` makes of it; None: it is not there."""

    def records(first: int, _: int) -> bytes:
        with sharing.node.store.read() as snap:
            return snap.batch_records(first)

    again = Replay(FakeStore(), records)
    try:
        for block in blocks(sharing.node.store):
            left = [made for leaf in block if (made := change(leaf)) is not None]
            if left:
                again.block(left)
    except Broken as broken:
        return [*again.faults, broken.fault]
    return again.faults


def said(kind: str, **fields: Any) -> Change:
    """Leaves of this kind say this as well."""

    def change(leaf: Expected) -> Expected:
        return replace(leaf, fields={**leaf.fields, **fields}) if leaf.kind == kind else leaf

    return change


@pytest.mark.parametrize(
    "change",
    [
        said("mark", more=1),
        said("mark", place=[0, 1]),
        said("mark", reader=7),
        said("class", id=99),
        said("class", irregular=True),
        said("batch", root="00" * 32),
        said("batch", first=10**15, last=10**15),
        said("batch", last=2**53),
        said("batch", start=4_000_000_000_000_000),
        said("batch", tail=0),
        said("act", number=1),
        said("act", act="unheard-of"),
        said("act", value="{}"),
        said("act", value="no JSON"),
        said("epoch", start_time=5),
        said("flow", party="GBR"),
        said("row", table="nowhere"),
        said("row", row={}),
        said("change", now=0),
        said("change", stamped=2**52),
        said("place", items=[[1, 2**60]]),
        said("place", items=[[3, 1]]),
        said("place", after="x"),
        said("delivery", digest="x"),
        said("delivery", asked=[]),
        said("delivery", previous=None),
        said("delivery", previous=0),
        said("delivery", previous="x"),
    ],
)
def test_a_leaf_that_says_something_else_is_found_out(change: Change) -> None:
    assert found(told(), change)


@pytest.mark.parametrize("kind", ["act", "batch", "class", "flow", "epoch", "row", "delivery", "place", "mark"])
def test_leaves_that_are_missing_are_found_out(kind: str) -> None:
    sharing = told()
    faults = found(sharing, lambda leaf: None if leaf.kind == kind else leaf)
    # Without its mark a reader of its own would not have been given what the cut hid: the streams tell.
    assert faults


def test_a_delivery_that_is_missing_with_its_place_is_missed_by_the_next_of_its_party() -> None:
    sharing = told()
    first = min(leaf.number for block in blocks(sharing.node.store) for leaf in block if leaf.kind == "delivery")
    faults = found(sharing, lambda leaf: None if first <= leaf.number <= first + 1 else leaf)
    assert "leaf-unlinked" in {fault.code for fault in faults}


def test_what_was_not_changed_has_nothing_wrong() -> None:
    assert [fault for fault in found(told(), lambda leaf: leaf) if fault.code != "actor-unfounded"] == []
    MADE.clear()


@pytest.mark.parametrize("items", [[[0, 9]] * 1_000_000, [[3, 4], [1, 2]], [[0, 1], [1, 2]], [[2, 2]]])
def test_what_was_moved_stands_in_order_and_each_once(items: list[list[int]]) -> None:
    moves = Expected(0, "moves", {"items": items}, MADE)
    with pytest.raises(Broken) as caught:
        Replay(FakeStore(), lambda *_: b"").moved(moves)
    assert caught.value.fault.code == "move-unfounded"


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_what_is_nested_too_deeply_is_read_by_nobody(deep: str) -> None:
    faults = found(told(), said("act", value=deep))
    assert [fault.code for fault in faults] == ["leaf-unreadable"]
