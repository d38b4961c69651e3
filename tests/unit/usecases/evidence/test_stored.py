"""Stored: where a leaf is found is what the leaf says, that of its parts too."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.logged import EVERY
from tests.simulation.sharing import Sharing

from relto.usecases.evidence.check.source import StoredLog
from relto.usecases.evidence.check.stored import stored_faults
from relto.usecases.reading import Query


@pytest.fixture
def sharing() -> Sharing:
    """One whose log has a delivery in parts: the client asked for very many objects."""
    made = Sharing()
    item = made.item("one")
    made.give(item)
    made.pause()
    made.read()
    ids = tuple(f"indicator--{number:08d}-0000-4000-8000-000000000000" for number in range(2_000))
    made.world.reading.page(made.kyiv.account, made.collection, Query(9, ids=(*ids, item.id)), "objects")
    return made


def misfiled(sharing: Sharing) -> list[int | None]:
    with sharing.node.store.read() as snap:
        log = StoredLog(sharing.node.store, snap.log().size, lambda _: "")
    found = list(stored_faults(sharing.node.store, log))
    assert {fault.code for fault in found} <= {"leaf-misfiled"}
    return [fault.leaf for fault in found]


def test_a_log_as_it_is_written_has_every_leaf_where_it_belongs(sharing):
    with sharing.node.store.read() as snap:
        rows = [row for _, row in snap.leaves(limit=EVERY)]
    assert {row.party for row in rows if row.kind == "part"} == {"UKR"}
    assert {row.about for row in rows if row.kind == "part"} == {None}
    assert misfiled(sharing) == []


@pytest.mark.parametrize("column", ["kind", "party", "at", "about"])
def test_a_leaf_that_is_filed_elsewhere_is_named(sharing, column):
    stored = sharing.node.store.below._state.leaves
    for number, row in enumerate(stored):
        other = 5 if column == "at" else "part" if row.kind == "place" else "place"
        stored[number] = replace(row, **{column: other})
        assert misfiled(sharing) == [number]
        stored[number] = row
