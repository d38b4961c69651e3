"""What `relto.ports.store` promises of blocks, parties, classes and flows: on the fake and both engines."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace

import pytest
from tests.contract.content import STREAM, append, audit, class_of, fill, item, key, stored
from tests.fakes.faults import FaultyStore

from relto.domain.classes import Class, Restrictions
from relto.domain.errors import Refused, Unreachable
from relto.domain.flow import ClassState, Verdict
from relto.domain.ranges import OPEN, Ranges
from relto.domain.stream import Epoch, Place, Stream
from relto.ports.store import (
    AccountRow,
    ActRow,
    AgreementRow,
    Head,
    MarkRow,
    MemberRow,
    PartyRow,
    PauseRow,
)

# Blocks.


def test_a_new_database_is_empty(store):
    assert store.head() == Head()
    with store.read() as snapshot:
        assert snapshot.head() == Head()
        assert snapshot.parties() == snapshot.members() == snapshot.accounts() == snapshot.agreements() == []
        assert snapshot.pauses(lifted=True) == snapshot.classes() == snapshot.flows() == snapshot.streams() == []
        assert snapshot.acts() == snapshot.batches([1]) == snapshot.bodies([1]) == []
        assert snapshot.seq_upto(OPEN) == 0
        assert snapshot.setting("party") is snapshot.batch_of(1) is snapshot.status("x") is snapshot.collection("USA")


def test_what_a_block_wrote_is_there_after_it_and_seen_within_it(store):
    with store.write() as transaction:
        transaction.put_setting("party", "USA")
        transaction.put_head(Head(1, 2, 0, 0, 5, -6, 7))
        assert transaction.setting("party") == "USA"
        assert transaction.head() == Head(1, 2, 0, 0, 5, -6, 7)
        assert store.head() == Head()
    assert store.head() == Head(1, 2, 0, 0, 5, -6, 7)
    with store.read() as snapshot:
        assert snapshot.setting("party") == "USA"


def test_of_a_block_that_raises_nothing_stays(store):
    fill(store, "indicator")
    before = store.head()

    def work(transaction):
        append(transaction, [item(class_of(transaction, "report"), "b", joins=["c"])])
        transaction.put_party(PartyRow("USA", "United States", "state"))
        transaction.add_flow("usa-ukr", "UKR", "c1")
        transaction.add_act(ActRow(0, "ingest", 1, "admin", "{}"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.write() as transaction:
        work(transaction)
    assert store.head() == before
    with store.read() as snapshot:
        assert len(snapshot.classes()) == 1
        assert snapshot.bodies([2]) == snapshot.flows() == snapshot.acts() == snapshot.parties() == []
        assert snapshot.joiners([key("c")]) == []
        assert snapshot.known([key("b")]) == {}
    fill(store, "report")
    assert store.head().last_seq == 2


def test_a_read_block_stays_whole_while_others_write(store):
    fill(store, "indicator")
    with store.read() as snapshot:
        assert snapshot.head().last_seq == 1
        fill(store, "indicator", "report")
        assert store.head().last_seq == 3
        assert snapshot.head().last_seq == 1
        assert snapshot.scan([(1, 0, OPEN)], 10) == [(1, 1)]
        assert snapshot.counts([(1, 0, OPEN)]) == [1]
        assert len(snapshot.classes()) == 1
        with store.read() as later:
            assert later.scan([(1, 0, OPEN)], 10) == [(1, 1), (2, 1)]


def test_a_second_write_waits_for_its_turn_and_gives_up_in_the_end(store):
    with store.write() as transaction:
        transaction.put_setting("a", "1")
        failures = []

        def other():
            try:
                with store.write() as second:
                    second.put_setting("a", "2")
            except Refused as error:
                failures.append(error.code)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert failures == ["database-locked"]
    with store.write() as transaction:
        assert transaction.setting("a") == "1"


def test_many_threads_write_one_after_the_other(store):
    def write():
        done = 0
        while done < 5:
            # This store waits for nobody for long, and the machine may be slow; in the end everyone gets in.
            with contextlib.suppress(Refused):
                fill(store, "indicator")
                done += 1

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as snapshot:
        assert snapshot.head().last_seq == 15
        assert snapshot.scan([(1, 0, OPEN)], 100) == [(seq, 1) for seq in range(1, 16)]
    audit(store)


def test_a_write_that_failed_was_not_done_and_one_in_doubt_can_be_looked_up(store):
    faults = iter(["not-done", "not-reported", None])
    faulty = FaultyStore(store, lambda: next(faults))
    seen = []
    for _ in range(3):
        try:
            fill(faulty, "indicator")
        except Unreachable as error:
            seen.append((error.code, store.head().last_seq))
    assert seen == [("database-unreachable", 0), ("commit-unknown", 1)]
    assert store.head().last_seq == 2
    audit(store)


# Who there is.


def test_parties_members_and_accounts_are_added_and_replaced(store):
    with store.write() as transaction:
        transaction.put_party(PartyRow("UKR", "Ukraine", "state"))
        transaction.put_party(PartyRow("NATO", "x", "group"))
        transaction.put_party(PartyRow("NATO", "Ä 'quoted' \N{SNOWMAN}", "group", "amber"))
        transaction.put_party(PartyRow("A-B", "a", "state"))
        transaction.put_member(MemberRow("NATO", "GBR", 5))
        transaction.put_member(MemberRow("NATO", "GBR", 5, 9))
        transaction.put_member(MemberRow("NATO", "GBR", 11))
        account = AccountRow("kyiv", "UKR", ("reader", "officer"), "hash", False, 7, {"repair": True})
        transaction.put_account(replace(account, roles=()))
        transaction.put_account(account)
        transaction.put_account(AccountRow("admin", "USA", ("admin",), revoked=True))
    with store.read() as snapshot:
        assert [row.code for row in snapshot.parties()] == ["A-B", "NATO", "UKR"]
        assert snapshot.parties()[1] == PartyRow("NATO", "Ä 'quoted' \N{SNOWMAN}", "group", "amber")
        assert snapshot.members() == [MemberRow("NATO", "GBR", 5, 9), MemberRow("NATO", "GBR", 11)]
        assert snapshot.accounts() == [AccountRow("admin", "USA", ("admin",), revoked=True), account]


def test_agreements_keep_their_versions(store):
    first = AgreementRow("usa-ukr", 1, "{}", "a: b\n", 10, "admin")
    with store.write() as transaction:
        for version in range(1, 12):
            transaction.put_agreement(replace(first, version=version))
        transaction.put_agreement(AgreementRow("fra-ukr", 1, "{}", "", 1, "admin"))
        transaction.put_agreement(replace(first, version=11, ended_at=20, closed=True))
    with store.read() as snapshot:
        assert [(row.id, row.version) for row in snapshot.agreements()] == [("fra-ukr", 1), ("usa-ukr", 11)]
        assert snapshot.agreements()[1] == replace(first, version=11, ended_at=20, closed=True)
        assert [row.version for row in snapshot.agreement_versions("usa-ukr")] == list(range(1, 12))
        assert snapshot.agreement_versions("nobody") == []


def test_pauses_that_were_lifted_are_there_for_who_asks(store):
    rows = [
        PauseRow(1, 2, "{}", "lifted", 6),
        PauseRow(2, 1, '{"a":1}', "running", 5),
        PauseRow(10, 1, "{}", "scheduled", 5),
    ]
    with store.write() as transaction:
        transaction.put_pause(PauseRow(1, 1, "{}", "running", 5))
        for row in reversed(rows):
            transaction.put_pause(row)
    with store.read() as snapshot:
        assert snapshot.pauses() == rows[1:]
        assert snapshot.pauses(lifted=True) == rows
        assert snapshot.pause_versions() == [PauseRow(1, 1, "{}", "running", 5), *rows]
        assert snapshot.pause_versions(1) == [PauseRow(1, 1, "{}", "running", 5), rows[0]]


# Classes.


def test_a_class_is_interned_once_with_all_its_attributes(store):
    value = Class(
        "USA",
        "report",
        frozenset({"naval", "early-warning", "targeting"}),
        Restrictions(
            True, 2, 3, frozenset({("UKR", "USA"), ("FVEY",)}), True, 2, frozenset("ab"), frozenset("c"), 1,
            frozenset({"marking-definition--1"}), frozenset({"`x` is not understood"}),
        ),
        withdrawn=True,
        lineage="7",
    )  # fmt: skip
    with store.write() as transaction:
        row = transaction.put_class(value)
        other = transaction.put_class(replace(value, lineage="8"), irregular=True)
        same = Class(
            "USA",
            "report",
            frozenset(sorted(value.topics, reverse=True)),
            replace(value.restrictions, rel=frozenset(sorted(value.restrictions.rel))),
            withdrawn=True,
            lineage="7",
        )
        assert transaction.put_class(same) == row
        assert transaction.put_class(Class("USA", "report")).id == 3
    with store.read() as snapshot:
        assert snapshot.classes()[:2] == [row, other]
        assert (row.id, row.value, row.last_seq, row.last_ord, row.irregular) == (1, value, 0, 0, False)
        assert other.irregular
        assert [each.id for each in snapshot.classes(beyond=1)] == [2, 3]


def test_class_heads_tell_which_classes_got_something(store):
    fill(store, "indicator", "report", "indicator")
    fill(store, "report", "sighting")
    with store.read() as snapshot:
        assert snapshot.class_heads(beyond_seq=0) == [(1, 3, 2), (2, 4, 2), (3, 5, 1)]
        assert snapshot.class_heads(beyond_seq=3) == [(2, 4, 2), (3, 5, 1)]
        assert snapshot.class_heads(beyond_seq=5) == []


# Flows and streams.


def test_a_flow_has_an_empty_main_stream_from_the_beginning(store):
    with store.write() as transaction:
        flow = transaction.add_flow("usa-ukr", "UKR", "c1")
        other = transaction.add_flow("usa-ukr", "POL", "c2")
        transaction.put_flow(replace(other, member=False, changed_seq=5))
    with store.read() as snapshot:
        assert snapshot.flows() == [flow, replace(other, member=False, changed_seq=5)]
        assert (flow.id, flow.agreement, flow.party, flow.collection) == (1, "usa-ukr", "UKR", "c1")
        assert (flow.changed_seq, flow.member) == (0, True)
        assert [(row.id, row.flow) for row in snapshot.streams()] == [(flow.main, 1), (other.main, 2)]
        assert snapshot.streams_whole([flow.main])[flow.main] == Stream()
        assert snapshot.flow_states(flow.id) == {}
        assert snapshot.readers() == {}


def test_states_of_classes_come_back_whole(store):
    states = {
        1: ClassState(Verdict("release")),
        2: ClassState(
            Verdict("hold", frozenset({"1", "12"}), hidden=True),
            7,
            {"1": Ranges.of((3, 9), (12, OPEN)), "12": Ranges.of((5, OPEN))},
            {"4": Ranges.of((1, 2))},
            Ranges.of((0, 1)),
        ),
        3: ClassState(Verdict("withhold", hidden=True), 2),
    }
    with store.write() as transaction:
        transaction.put_flow_states(1, {2: ClassState(Verdict("release"))})
        transaction.put_flow_states(1, states)
        transaction.put_flow_states(2, {1: states[3]})
        transaction.put_flow_states(2, {})
    with store.read() as snapshot:
        assert snapshot.flow_states(1) == states
        assert snapshot.flow_states(2) == {1: states[3]}


def test_streams_are_kept_and_changed(store):
    changed = STREAM.with_epoch(Epoch(2, 40, 6_000_000, 1, 9, 1), {2: Ranges.of((30, 40))}, {1: Ranges.of((22, 24))})
    changed = changed.without_live(2, 0)
    with store.write() as transaction:
        row, twin, empty = transaction.add_streams(4, 3, version=3)
        transaction.put_streams([(row, Stream(), STREAM), (twin, Stream(), STREAM)])
        transaction.put_streams([(replace(row, version=9), transaction.streams_whole([row.id])[row.id], changed)])
        transaction.put_readers(4, {"kyiv": row.id, "lviv": row.id})
        transaction.put_readers(4, {"lviv": twin.id})
        transaction.put_streams([])
        transaction.put_readers(4, {})
        assert transaction.add_streams(4, 0, version=3) == []
    with store.read() as snapshot:
        assert (row.flow, row.version) == (4, 3)
        assert snapshot.streams() == [replace(row, version=9), twin, empty]
        assert snapshot.streams_whole([twin.id, 99, empty.id, row.id]) == {
            row.id: replace(changed, live={1: changed.live[1]}),
            twin.id: STREAM,
            empty.id: Stream(),
            99: Stream(),
        }
        assert snapshot.streams_whole([]) == {}
        assert snapshot.readers() == {(4, "kyiv"): row.id, (4, "lviv"): twin.id}


def test_an_epoch_can_be_given_a_later_moment_in_the_block_that_made_it(store):
    later = replace(STREAM, epochs=(replace(STREAM.epochs[0], start_time=9_000_000),))
    with store.write() as transaction:
        row, other = stored(transaction, 1, STREAM), stored(transaction, 1, STREAM)
        transaction.put_streams([(row, STREAM, later)])
    with store.read() as snapshot:
        assert snapshot.streams_whole([row.id])[row.id] == later
        assert snapshot.streams_whole([other.id])[other.id] == STREAM


def test_of_two_marks_the_lower_place_stays(store):
    places = [Place(2, 1, 5), Place(1, 1, 9), Place(1, 0, 30), Place(2, 0, 0)]
    with store.write() as transaction:
        for place in places:
            transaction.put_mark(MarkRow(1, "kyiv", 7, place))
        transaction.put_mark(MarkRow(1, "kyiv", 8, Place(9, 0, 0)))
        transaction.put_mark(MarkRow(1, "a", 8, Place(0, 1, 0)))
        transaction.put_mark(MarkRow(2, "kyiv", 7, Place(0, 1, 0)))
    with store.read() as snapshot:
        assert snapshot.marks(1) == [
            MarkRow(1, "a", 8, Place(0, 1, 0)),
            MarkRow(1, "kyiv", 7, Place(1, 0, 30)),
            MarkRow(1, "kyiv", 8, Place(9, 0, 0)),
        ]
    with store.write() as transaction:
        transaction.drop_marks(1)
    with store.read() as snapshot:
        assert snapshot.marks(1) == []
        assert len(snapshot.marks(2)) == 1
