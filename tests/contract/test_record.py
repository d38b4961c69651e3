"""What `relto.ports.store` promises of the record: on the fake and both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.contract.content import stored

from relto.domain.facts import Facts
from relto.domain.ranges import OPEN, Ranges
from relto.domain.reader import Track, Walk
from relto.domain.stream import Epoch, Place, Stream
from relto.ports.store import (
    ActRow,
    OverrideRow,
    PollRow,
    RepairRow,
    TrackRow,
)


def test_a_definition_stays_as_it_was_first_carried(store):
    with store.write() as transaction:
        for content in (b'{"a":1}', b'{"a":1}', b"\x00"):
            transaction.put_definition("USA", "marking-definition--1", content)
        transaction.put_definition("USA", "marking-definition--1", b"again")
        transaction.put_definition("USA", "marking-definition--2", b"{}")
        transaction.put_definition("GBR", "marking-definition--1", b"other")
    with store.read() as snapshot:
        assert snapshot.definitions("USA") == {"marking-definition--1": b'{"a":1}', "marking-definition--2": b"{}"}
        assert snapshot.conflicting("USA") == {"marking-definition--1"}
        assert snapshot.definitions("GBR") == {"marking-definition--1": b"other"}
        assert snapshot.conflicting("GBR") == frozenset()


def test_statuses_settings_and_collections_are_kept_by_name(store):
    with store.write() as transaction:
        transaction.put_status("s", "kyiv", 5, "{}")
        transaction.put_status("s", "kyiv", 6, '{"status":"complete"}')
        transaction.put_collection("USA", "c")
        transaction.put_setting("x", "1")
        transaction.put_setting("x", "2")
    with store.read() as snapshot:
        assert snapshot.status("s") == ("kyiv", 6, '{"status":"complete"}')
        assert snapshot.collection("USA") == "c"
        assert snapshot.collection("UKR") is None
        assert snapshot.setting("x") == "2"


def test_acts_are_numbered_without_gaps(store):
    def fail(transaction):
        transaction.add_act(ActRow(0, "pause", 7, "admin", "{}"))
        raise ZeroDivisionError

    for kind in ("pause", "resume", "pause"):
        with store.write() as transaction:
            transaction.add_act(ActRow(0, kind, 7, "admin", "{}"))
        with pytest.raises(ZeroDivisionError), store.write() as transaction:
            fail(transaction)
    with store.read() as snapshot:
        assert [row.number for row in snapshot.acts()] == [3, 2, 1]
        assert snapshot.acts(kind="pause") == [
            ActRow(3, "pause", 7, "admin", "{}", done=3),
            ActRow(1, "pause", 7, "admin", "{}", done=1),
        ]
        assert [row.number for row in snapshot.acts(limit=1)] == [3]


def test_an_act_that_waits_gets_its_place_when_it_is_carried_out(store):
    with store.write() as transaction:
        number = transaction.add_act(ActRow(0, "resume", 7, "olga", "{}", "proposed"))
        transaction.add_act(ActRow(0, "pause", 8, "admin", "{}", done_at=8, seq=3, version=2))
        scheduled = transaction.add_act(ActRow(0, "resume", 9, "olga", "{}", "scheduled"))
    with store.read() as snapshot:
        assert [row.number for row in snapshot.acts_open()] == [number, scheduled]
        assert snapshot.act(number) == ActRow(1, "resume", 7, "olga", "{}", "proposed")
        assert snapshot.act(99) is None
    with store.write() as transaction:
        done = ActRow(number, "resume", 7, "olga", '{"approvals":[]}', "applied", 20, 5, 3)
        transaction.put_act(done)
        transaction.put_act(ActRow(scheduled, "resume", 9, "olga", "{}", "withdrawn"))
    with store.read() as snapshot:
        assert snapshot.acts_open() == []
        assert snapshot.act(number) == replace(done, done=2)
        assert [row.number for row in snapshot.acts_done({"pause", "resume"})] == [2, 1]
        assert [row.number for row in snapshot.acts_done({"resume"})] == [1]
        assert snapshot.acts_done(set()) == []
        assert [row.number for row in snapshot.acts(before=3)] == [2, 1]


def test_what_is_decided_item_by_item_is_found_by_item_and_by_verb(store):
    rows = [
        OverrideRow(1, 5, "usa-ukr", "*", "withhold", 7),
        OverrideRow(2, 5, "usa-ukr", "*", "recall", 8),
        OverrideRow(2, 6, "*", "*", "recall", 8),
    ]
    with store.write() as transaction:
        transaction.add_overrides(rows)
        transaction.add_overrides([])
    with store.read() as snapshot:
        assert snapshot.overrides() == rows
        assert snapshot.overrides(seqs=[5]) == rows[:2]
        assert snapshot.overrides(seqs=[], verb="recall") == []
        assert snapshot.overrides(verb="recall") == rows[1:]


def test_a_track_is_replaced_and_found_by_reader_and_way(store):
    walk = Walk(None, Place(0, 1, 0), Place(2, 0, 7), ((5_000, Place(1, 1, 5)), (7_000, Place(2, 0, 7))))
    whole = Track(Place(1, 1, 3), walk, Place(2, 0, 1), 2, 14, 3)
    with store.write() as transaction:
        transaction.put_track(TrackRow(1, "kyiv", "objects", Track.begun(Place(0, 1, 0))))
        transaction.put_track(TrackRow(1, "kyiv", "objects", whole))
        transaction.put_track(TrackRow(1, "kyiv", "objects?type=report", Track.begun(Place(0, 1, 9))))
        transaction.put_track(TrackRow(1, "a", "objects", Track.begun(Place(0, 1, 1))))
    with store.read() as snapshot:
        assert snapshot.track(1, "kyiv", "objects") == whole
        assert snapshot.track(1, "kyiv", "manifest") is None
        assert snapshot.track(2, "kyiv", "objects") is None
        assert [(row.reader, row.way) for row in snapshot.tracks()] == [
            ("a", "objects"),
            ("kyiv", "objects"),
            ("kyiv", "objects?type=report"),
        ]
        assert [row.way for row in snapshot.tracks(reader="kyiv")] == ["objects", "objects?type=report"]


def test_repairs_are_kept_until_they_are_folded(store):
    given = ((2, None), (4, "admin"), (5, None), (6, None))
    rows = [RepairRow(1, "kyiv", number, 5_000 + number, 3, 4_000, by) for number, by in given]
    other = RepairRow(2, "kyiv", 2, 5_000, 1, 0)
    with store.write() as transaction:
        for row in (*reversed(rows), other):
            transaction.add_repair(row)
    with store.read() as snapshot:
        assert snapshot.repairs() == [*rows, other]
        assert snapshot.repairs(flow=1) == rows
    with store.write() as transaction:
        transaction.drop_repairs(1, "kyiv", first=4, last=5)
        transaction.drop_repairs(1, "a", first=0, last=9)
    with store.read() as snapshot:
        assert snapshot.repairs() == [rows[0], rows[3], other]


def test_what_is_known_of_a_client_is_replaced(store):
    facts = Facts(polled_at=7_000, asked="limit=1", status=200, items=1, clock=-5, broken=(1, 2), client="curl/8")
    with store.write() as transaction:
        transaction.put_polls([PollRow(1, "kyiv", Facts(polled_at=6_000))])
        transaction.put_polls([])
        transaction.put_polls([PollRow(2, "kyiv", Facts()), PollRow(1, "kyiv", facts), PollRow(1, "a", Facts())])
    with store.read() as snapshot:
        kyiv = [PollRow(1, "kyiv", facts), PollRow(2, "kyiv", Facts())]
        assert snapshot.polls() == [PollRow(1, "a", Facts()), *kyiv]
        assert snapshot.polls(readers=["kyiv", "b", "kyiv"]) == kyiv
        assert snapshot.polls(readers=[]) == []


def test_a_stream_whose_epochs_were_folded_comes_back_as_it_went(store):
    epochs = tuple(Epoch(number, number * 10, number * 1_000_000, 0, 5, 1) for number in (1, 2, 3))
    old = Stream(epochs, {1: Ranges.of((5, OPEN))}, {number: {1: Ranges.of((number, number + 1))} for number in (1, 2)})
    new = old.fold(0, 2, 2_500_000)
    assert [epoch.number for epoch in new.epochs] == [epoch.number for epoch in old.epochs if epoch.number > 1]
    with store.write() as transaction:
        row = stored(transaction, 1, old)
        transaction.put_streams([(row, old, new)])
    with store.read() as snapshot:
        assert snapshot.streams_whole([row.id])[row.id] == new
