"""Again: nothing is given again, folded or moved behind a reader but what the use cases do of themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.actors import ADMIN
from tests.replayed import faults_of
from tests.simulation.sharing import Sharing

from relto.domain.actor import SCHEDULE
from relto.domain.ranges import Ranges
from relto.domain.reader import Track
from relto.domain.stream import Place
from relto.ports.store import RepairRow, TrackRow
from relto.usecases import repairing
from relto.usecases.evidence.making.leaves import BlockLeaves
from relto.usecases.reading import Query
from relto.usecases.sequencing import changing
from relto.usecases.streams import BlockStreams

pytestmark = pytest.mark.tampers


def codes(sharing: Sharing) -> list[str]:
    return [fault.code for fault in faults_of(sharing.node.store)]


def read() -> Sharing:
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.read()
    return sharing


def owes(sharing: Sharing, name: str = "three") -> None:
    """The reader is owed something, asks beyond it, and is given it again."""
    sharing.give(name)
    sharing.world.settle_clock()
    query = Query(100, added_after=sharing.world.now - 1_000, versions=("all",))
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, query, "objects")
    assert page.repaired


@pytest.mark.parametrize("told", ["nothing", "repair", "redeliver"])
def test_nothing_is_given_again_that_nobody_asked_for(told):
    sharing = read()
    with changing(sharing.node, sharing.world.desk) as change:
        [flow] = change.policy.flows.values()
        stream = change.policy.stream(change.tx, flow.main)
        ranges = {name: Ranges.of((0, 2)) for name in stream.classes}
        _, number = change.streams.give_again(flow, ["kyiv"], ranges, earliest=change.now)
        if told != "nothing":
            change.tx.add_repair(RepairRow(flow.id, "kyiv", number, change.now, 2, 0))
        if told == "repair":
            by = replace(SCHEDULE, account="kyiv", party="UKR")
            change.act("repair", by, {"agreement": "usa-ukr", "reader": "kyiv", "items": 2})
        if told == "redeliver":
            # From a moment on after which nothing was shown.
            order = {"agreement": "usa-ukr", "recipient": "UKR", "readers": ["kyiv"], "since": change.now, "items": 2}
            change.act("redeliver", ADMIN, order)
    assert codes(sharing)[0] in {"again-unfounded", "outcome-other", "act-unfounded"}


def test_what_is_delivered_again_is_what_was_shown_since(monkeypatch):
    sharing = read()
    desk = sharing.world.desk
    repairing.redeliver(sharing.node, desk, "usa-ukr", recipient="UKR", account=None, since=0, by=ADMIN)
    sharing.read()
    assert codes(sharing) == []
    with monkeypatch.context() as planted:
        honest = repairing.owed
        planted.setattr(repairing, "owed", lambda *words, **more: _less_one(honest(*words, **more)))
        repairing.redeliver(sharing.node, desk, "usa-ukr", recipient="UKR", account=None, since=0, by=ADMIN)
    assert codes(sharing) == ["again-unfounded"]


def _less_one(owed: dict[int, Ranges]) -> dict[int, Ranges]:
    return {name: ranges - Ranges.of((0, 1)) for name, ranges in owed.items()}


def test_what_a_reader_is_owed_is_given_again_and_no_more(monkeypatch):
    sharing = read()
    owes(sharing)
    assert codes(sharing) == []
    sharing.read()
    with monkeypatch.context() as planted:
        honest = repairing.owed
        planted.setattr(
            repairing,
            "owed",
            lambda *words, **more: {
                name: ranges | Ranges.of((0, 1)) for name, ranges in honest(*words, **more).items()
            },
        )
        owes(sharing, "four")
    assert codes(sharing)[0] in {"again-unfounded", "outcome-other"}


def said(monkeypatch: pytest.MonkeyPatch, kind: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Leaves of a kind say what `change` makes of them."""
    honest = BlockLeaves.add

    def add(self: BlockLeaves, name: str, fields: Any, **more: Any) -> Any:
        return honest(self, name, change(dict(fields)) if name == kind else fields, **more)

    monkeypatch.setattr(BlockLeaves, "add", add)


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: {**fields, "tracks": {}},
        lambda fields: {**fields, "tracks": {**fields["tracks"], "manifest": [[0, 1, 0]]}},
        lambda fields: {**fields, "tracks": {name: [[0, 1, 0]] for name in fields["tracks"]}},
        lambda fields: {**fields, "way": "manifest"},
        lambda fields: {**fields, "types": ["malware"]},
        lambda fields: {**fields, "reader": "nobody"},
        lambda fields: {**fields, "added_after": fields["added_after"] + 10**12},
    ],
)
def test_what_a_reader_is_owed_follows_from_what_it_was_served(change, monkeypatch):
    sharing = read()
    with monkeypatch.context() as planted:
        said(planted, "owed", change)
        owes(sharing)
    assert codes(sharing) == ["owed-other"]


def test_a_reader_that_is_owed_something_else_is_found_out():
    """A reader's track is set forward, and nothing says so but what it is given next."""
    sharing = read()
    with sharing.node.store.below.write() as tx:
        [row] = tx.tracks(reader="kyiv")
        tx.put_track(TrackRow(row.flow, row.reader, row.way, Track(Place(0, 1, 1))))
    owes(sharing)
    assert codes(sharing) == ["owed-other"]


def test_nothing_is_folded_but_what_a_repair_folds():
    sharing = read()
    for number in range(4):
        sharing.give(f"more {number}")
        sharing.resume(sharing.pause())
        repairing.redeliver(
            sharing.node, sharing.world.desk, "usa-ukr", recipient="UKR", account="kyiv", since=0, by=ADMIN
        )
        sharing.read()
    assert codes(sharing) == []
    sharing.world.settle_clock(10**10)
    with changing(sharing.node, sharing.world.desk) as change:
        [flow] = change.policy.flows.values()
        stream = change.policy.stream(change.tx, flow.main)
        upto = Place(stream.epochs[-1].number, 0, 0)
        assert BlockStreams.fold(change.streams, flow, "kyiv", upto, [], [])
    assert codes(sharing) == ["fold-unfounded"]
