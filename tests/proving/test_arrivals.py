"""Arrivals: what a node writes of the items that come in, beside their digests, cannot be another thing than it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as replaced

import pytest
from msgspec.structs import replace
from tests.replayed import faults_of
from tests.simulation.sharing import Sharing

from relto.domain.batch import Batch
from relto.ports.store import NewItem
from relto.usecases import publishing

pytestmark = pytest.mark.tampers

Plant = Callable[[pytest.MonkeyPatch, Sharing], None]


def items_changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[NewItem], NewItem]) -> None:
    monkeypatch.setattr(publishing, "NewItem", lambda *words, **named: change(NewItem(*words, **named)))


def lonely(monkeypatch: pytest.MonkeyPatch, _: Sharing) -> None:
    """A second version knows of no first, so both are given to whoever wants the last alone."""
    items_changed(monkeypatch, lambda item: replace(item, rival=False))


def crowded(monkeypatch: pytest.MonkeyPatch, _: Sharing) -> None:
    """An item says that there are others where there is none."""
    items_changed(monkeypatch, lambda item: replace(item, rival=True))


def backdated(monkeypatch: pytest.MonkeyPatch, _: Sharing) -> None:
    """The newest version is filed as the oldest one, so nobody who wants the last is given it."""
    items_changed(monkeypatch, lambda item: replace(item, version_us=-5))


def doubled(monkeypatch: pytest.MonkeyPatch, sharing: Sharing) -> None:
    """One version comes in for a second time, under another moment."""
    one = sharing.item("one")
    same = {"version": one.version, "digest": one.digest, "raw": one.raw}
    items_changed(monkeypatch, lambda item: replace(item, **same, version_us=item.version_us + 1))


def unversioned(monkeypatch: pytest.MonkeyPatch, _: Sharing) -> None:
    """A version that names no moment."""
    items_changed(monkeypatch, lambda item: replace(item, version="the second"))


def batches_changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[Batch], Batch]) -> None:
    honest = Batch.plan
    monkeypatch.setattr(Batch, "plan", staticmethod(lambda **words: change(honest(**words))))


def odd(monkeypatch: pytest.MonkeyPatch, _: Sharing) -> None:
    """Moments that are not whole where they should be."""
    batches_changed(monkeypatch, lambda batch: replaced(batch, start=batch.start + 1))


def gap(monkeypatch: pytest.MonkeyPatch, _: Sharing) -> None:
    """A number is left out."""
    batches_changed(monkeypatch, lambda batch: replaced(batch, first=batch.first + 1, last=batch.last + 1))


PLANTS: list[Plant] = [lonely, backdated, doubled, unversioned, odd, gap]


@pytest.mark.parametrize("plant", PLANTS, ids=[plant.__name__ for plant in PLANTS])
def test_a_second_version_is_what_its_record_says(plant, monkeypatch):
    sharing = Sharing()
    sharing.give("one")
    with monkeypatch.context() as planted:
        plant(planted, sharing)
        sharing.world.take([sharing.item("one", version=2)])
    assert [fault.code for fault in faults_of(sharing.node.store)] == ["batch-other"]


def test_an_item_without_another_version_says_so(monkeypatch):
    sharing = Sharing()
    with monkeypatch.context() as planted:
        crowded(planted, sharing)
        sharing.give("one")
    assert [fault.code for fault in faults_of(sharing.node.store)] == ["batch-other"]


def test_versions_that_come_in_side_by_side_or_later_are_in_order():
    sharing = Sharing()
    sharing.give("one", sharing.item("two"), sharing.item("two", version=3))
    sharing.give(sharing.item("two", version=2), sharing.item("one", version=2))
    sharing.kyiv.versions = ("last",)
    assert len(sharing.read()) == 2
    assert faults_of(sharing.node.store) == []
