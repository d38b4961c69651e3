"""Planted bugs: a node with one thing wrong leaves a log that shows it, whoever wrote that log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.replayed import faults_of
from tests.simulation.sharing import Sharing

from relto.domain.ranges import Ranges
from relto.domain.stream import Stream
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.evidence.faults import Fault
from relto.usecases.reading.look import Found, Look
from relto.usecases.reading.view import View

Plant = Callable[[pytest.MonkeyPatch], None]


def rows_changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[Look, Found], None]) -> None:
    honest = Look.rows

    def rows(self: Look, *words: Any) -> tuple[Found, bool]:
        found, more = honest(self, *words)
        if len(found.rows) > 1:
            change(self, found)
        return found, more

    monkeypatch.setattr(Look, "rows", rows)


def skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """One item of each page is passed over."""
    rows_changed(monkeypatch, lambda _, found: found.rows.pop(0))


def repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """One item of each page is given twice."""
    rows_changed(monkeypatch, lambda _, found: found.rows.insert(0, found.rows[0]))


def exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two items of each page stand in each other's place."""

    def exchange(_: Look, found: Found) -> None:
        found.rows[0], found.rows[1] = found.rows[1], found.rows[0]

    rows_changed(monkeypatch, exchange)


def held_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """With each page goes an item that a pause holds."""

    def add(look: Look, found: Found) -> None:
        given = {row.seq for row in found.rows}
        last = look.snap.head().last_seq
        found.rows += [row for row in look.snap.bodies([last]) if row.seq not in given]

    rows_changed(monkeypatch, add)


def cut_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a cut closes is read."""
    monkeypatch.setattr(View, "shown", lambda _, __: True)


def backlog_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resume leaves out the first item of what was held."""
    added = Stream.with_epoch

    def short(self: Stream, epoch: Any, backlog: Any, moved: Any = None) -> Stream:
        cut = {name: Ranges.of(*((after + 1, upto) for after, upto in each)) for name, each in backlog.items()}
        return added(self, epoch, cut, moved)

    monkeypatch.setattr(Stream, "with_epoch", short)


def span_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resume opens what flows one item too early."""
    opened = Stream.with_live
    monkeypatch.setattr(Stream, "with_live", lambda self, name, after: opened(self, name, max(after - 1, 0)))


def stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page goes on record by the policy version of before."""
    honest = DeliveryDesk.record

    def record(self: DeliveryDesk, stand: Any, outgoing: Any, **more: Any) -> bool:
        delivery = outgoing.delivery
        if delivery is not None:
            outgoing = replace(outgoing, delivery=replace(delivery, policy_version=delivery.policy_version - 1))
        return honest(self, stand, outgoing, **more)

    monkeypatch.setattr(DeliveryDesk, "record", record)


FOUND = {
    skipped: ("item-skipped", "whole"),
    repeated: ("item-repeated", "whole"),
    exchanged: ("delivery-order", "whole"),
    held_released: ("item-released", "gate"),
    cut_shows: ("item-released", "gate"),
    backlog_short: ("item-skipped", "whole"),
    span_early: ("item-repeated", "whole"),
    stale: ("delivery-late", "gate"),
}


def history(plant: Plant | None, monkeypatch: pytest.MonkeyPatch) -> list[Fault]:
    """Items come, some while a cut hides and a freeze holds; then all flows again."""
    sharing = Sharing()
    with monkeypatch.context() as planted:
        if plant is not None:
            plant(planted)
        sharing.give("one", "two", "three", "four")
        read(sharing)
        cut = sharing.pause(mode="cut")
        sharing.world.walk(replace(sharing.fresh(), limit=50))
        sharing.resume(cut)
        freeze = sharing.pause()
        sharing.give("five", "six", "seven")
        read(sharing)
        sharing.world.walk(replace(sharing.fresh(), limit=50))
        sharing.resume(freeze)
        read(sharing)
        sharing.give("eight", "nine")
        read(sharing)
    return faults_of(sharing.node.store)


def read(sharing: Sharing) -> None:
    sharing.world.settle_clock()
    sharing.world.walk(sharing.kyiv)


def test_a_node_without_a_bug_has_nothing_wrong(monkeypatch):
    assert history(None, monkeypatch) == []


@pytest.mark.parametrize("plant", FOUND, ids=[plant.__name__ for plant in FOUND])
def test_a_planted_bug_shows_in_the_log(plant, monkeypatch):
    faults = history(plant, monkeypatch)
    code, promise = FOUND[plant]
    assert (code, promise) in {(fault.code, fault.promise) for fault in faults}, faults
    assert all(fault.leaf is not None for fault in faults)
