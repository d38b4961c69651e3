"""What `relto.ports.store` promises, on the fake and on both engines."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.faults import FaultyStore
from tests.fakes.store import FakeStore

from relto.domain.batch import Batch
from relto.domain.classes import Class, Restrictions
from relto.domain.errors import Conflict, Refused, Unreachable
from relto.domain.flow import ClassState, Verdict
from relto.domain.ranges import OPEN, Ranges
from relto.domain.stream import Epoch, Place, Stream
from relto.ports.store import (
    AccountRow,
    ActRow,
    AgreementRow,
    Body,
    Delivery,
    Head,
    Known,
    MarkRow,
    MemberRow,
    NewItem,
    PartyRow,
    PauseRow,
    Record,
)

CLOCK = 1_741_000_000_000_000


def key(name):
    return hashlib.blake2b(str(name).encode(), digest_size=16).digest()


def item(class_id, name, *, version=0, rival=False, joins=(), raw=None):
    raw = raw if raw is not None else f'{{"id":"{name}","n":{version}}}'.encode()
    return NewItem(
        class_id,
        key(name),
        CLOCK + version,
        f"indicator--{name}",
        f"2025-03-03T00:00:00.{version:06}Z",
        hashlib.sha256(raw).digest(),
        raw,
        tuple(key(join) for join in joins),
        rival,
    )


def append(transaction, items, *, clock=CLOCK):
    head = transaction.head()
    batch = Batch.plan(first=head.last_seq + 1, count=len(items), clock=clock, last_given=head.last_given)
    transaction.append(items, batch, originator="USA", by="agency")
    return batch


def class_of(transaction, name="indicator", *, irregular=False):
    return transaction.put_class(Class("USA", name), irregular=irregular).id


def fill(store, *names):
    """One item of the class of that type for each name."""
    with store.write() as transaction:
        number = transaction.head().last_seq
        append(
            transaction,
            [item(class_of(transaction, name), f"{name}-{number + place}") for place, name in enumerate(names)],
        )


def open_store(url, **options):
    from relto.adapters.postgres import PostgresStore
    from relto.adapters.sqlite import SqliteStore

    return (SqliteStore if url.startswith("sqlite") else PostgresStore).create(url, **options)


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request, tmp_path):
    if request.param == "fake":
        made = FakeStore(timeout_seconds=0.2)
    else:
        made = open_store(request.getfixturevalue(f"{request.param}_url"), timeout_seconds=0.2)
    yield made
    made.close()


# Blocks.


def test_a_new_database_is_empty(store):
    assert store.head() == Head()
    with store.read() as snapshot:
        assert snapshot.head() == Head()
        assert snapshot.parties() == snapshot.members() == snapshot.accounts() == snapshot.agreements() == []
        assert snapshot.pauses(lifted=True) == snapshot.classes() == snapshot.flows() == snapshot.streams() == []
        assert snapshot.acts() == snapshot.deliveries() == snapshot.batches([1]) == snapshot.bodies([1]) == []
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
        transaction.add_act("ingest", 1, "admin", "{}")
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
        for _ in range(5):
            fill(store, "indicator")

    # The time limit of this store is for giving up; here everyone has to get in.
    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as snapshot:
        last = snapshot.head().last_seq
        assert last > 0
        assert snapshot.scan([(1, 0, OPEN)], 100) == [(seq, 1) for seq in range(1, last + 1)]
        assert snapshot.counts([(1, 0, OPEN)]) == [last]


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


def audit(store):
    """Everything that hangs together does."""
    with store.read() as snapshot:
        head = snapshot.head()
        rows = snapshot.classes()
        seqs = snapshot.scan([(row.id, 0, OPEN) for row in rows], head.last_seq + 1)
        assert [seq for seq, _ in seqs] == list(range(1, head.last_seq + 1))
        bodies = snapshot.bodies([seq for seq, _ in seqs])
        assert [(body.seq, body.class_id) for body in bodies] == seqs
        assert all(hashlib.sha256(body.raw).digest() == body.digest for body in bodies)
        for row in rows:
            mine = [seq for seq, class_id in seqs if class_id == row.id]
            assert snapshot.counts([(row.id, 0, OPEN)]) == [len(mine)]
            if not row.irregular:
                assert row.last_ord >= len(mine)
            assert row.last_seq >= (mine[-1] if mine else 0)
        batches = snapshot.batches([seq for seq, _ in seqs])
        assert [seq for batch in batches for seq in range(batch.first, batch.last + 1)] == [seq for seq, _ in seqs]
        given_at = [snapshot.batch_of(seq).added_at(seq) for seq, _ in seqs]
        assert given_at == sorted(set(given_at))
        assert head.last_given == (given_at[-1] if given_at else 0)
        known = {each.seq for found in snapshot.known(key_of(snapshot, seqs)).values() for each in found}
        assert known <= {seq for seq, _ in seqs}


def key_of(snapshot, seqs):
    return {body.rival_key for body in snapshot.bodies([seq for seq, _ in seqs])} - {None}


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
        account = AccountRow("kyiv", "UKR", ("reader", "officer"), "hash", "ab" * 32, False, 7, {"repair": True})
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
    rows = [PauseRow(1, "{}", "lifted"), PauseRow(2, '{"a":1}', "running"), PauseRow(10, "{}", "scheduled")]
    with store.write() as transaction:
        transaction.put_pause(PauseRow(1, "{}", "running"))
        for row in reversed(rows):
            transaction.put_pause(row)
    with store.read() as snapshot:
        assert snapshot.pauses() == rows[1:]
        assert snapshot.pauses(lifted=True) == rows


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


# Items.


def test_items_come_back_byte_for_byte(store):
    raws = [b"", b"\x00\xff'\"\\\n\t%s?@", "Ж \N{SNOWMAN}".encode(), b"x" * 300_000]
    with store.write() as transaction:
        class_id = class_of(transaction)
        batch = append(transaction, [item(class_id, place, raw=raw) for place, raw in enumerate(raws)])
    with store.read() as snapshot:
        digests = [hashlib.sha256(raw).digest() for raw in raws]
        assert snapshot.bodies([4, 2, 2, 1, 3, 99]) == [
            Body(seq, class_id, raw, CLOCK, digest, None)
            for seq, (raw, digest) in enumerate(zip(raws, digests, strict=True), 1)
        ]
        assert snapshot.records([2, 0, -1]) == [
            Record(2, class_id, "indicator--1", "2025-03-03T00:00:00.000000Z", CLOCK, digests[1], None)
        ]
        assert snapshot.digests([3, 1]) == [digests[0], digests[2]]
        assert snapshot.bodies([]) == snapshot.records([]) == snapshot.digests([]) == []
        assert snapshot.batch_of(1) == snapshot.batch_of(4) == batch
        assert snapshot.batch_of(0) is snapshot.batch_of(5) is None
        assert snapshot.head() == Head(last_seq=4, last_given=batch.end)


def test_versions_of_one_object_are_known_by_key_and_rivals_are_marked(store):
    with store.write() as transaction:
        class_id = class_of(transaction)
        append(transaction, [item(class_id, "a", version=5), item(class_id, "b")])
        append(transaction, [item(class_id, "a", version=3, rival=True)])
        append(transaction, [item(class_id, "c", version=2, rival=True), item(class_id, "c", version=1, rival=True)])
    with store.read() as snapshot:
        found = snapshot.known([key("a"), key("b"), key("nobody"), key("a")])
        assert {name: [row.seq for row in rows] for name, rows in found.items()} == {key("a"): [3, 1], key("b"): [2]}
        assert found[key("b")] == [Known(2, class_id, CLOCK, "2025-03-03T00:00:00.000000Z", item(class_id, "b").digest)]
        rivals = [key("a"), None, key("a"), key("c"), key("c")]
        assert [body.rival_key for body in snapshot.bodies(range(1, 6))] == rivals
        assert [record.rival_key for record in snapshot.records(range(1, 6))] == rivals
        assert snapshot.known([]) == {}


def test_a_version_that_is_stored_already_stops_the_whole_block(store):
    with store.write() as transaction:
        class_id = class_of(transaction)
        append(transaction, [item(class_id, "a")])
    for items in ([item(class_id, "a")], [item(class_id, "b"), item(class_id, "b")]):
        with pytest.raises(Conflict) as caught, store.write() as transaction:
            append(transaction, items)
        assert caught.value.code == "version-stored"
        assert store.head().last_seq == 1
    audit(store)


def test_a_block_that_goes_on_after_a_refusal_is_not_committed(store):
    fill(store, "indicator")
    with pytest.raises(Conflict), store.write() as transaction, pytest.raises(Conflict):
        append(transaction, [item(1, "new"), item(1, "indicator-0")])
    assert store.head().last_seq == 1
    audit(store)


def test_what_joins_an_object_is_found_by_it(store):
    with store.write() as transaction:
        class_id = class_of(transaction)
        append(transaction, [item(class_id, "r1", joins=["a", "b", "a"]), item(class_id, "r2", joins=["b"])])
        append(transaction, [item(class_id, "r3", joins=["a"])])
    with store.read() as snapshot:
        assert snapshot.joiners([key("a")]) == [(key("a"), 1), (key("a"), 3)]
        assert [seq for _, seq in snapshot.joiners([key("b"), key("a")])] == [1, 1, 2, 3]
        assert snapshot.joiners([key("nobody")]) == snapshot.joiners([]) == []


def test_long_lists_are_answered_like_short_ones(store):
    with store.write() as transaction:
        class_id = class_of(transaction)
        append(transaction, [item(class_id, place, joins=["all"]) for place in range(1203)])
    with store.read() as snapshot:
        assert [body.seq for body in snapshot.bodies(range(5000, -1, -1))] == list(range(1, 1204))
        assert [record.seq for record in snapshot.records(range(2, 504))] == list(range(2, 504))
        assert len(snapshot.known(key(place) for place in range(2000))) == 1203
        assert snapshot.joiners([key("all")]) == [(key("all"), seq) for seq in range(1, 1204)]
        assert snapshot.scan([(class_id, 100, OPEN)], 1000) == [(seq, class_id) for seq in range(101, 1101)]


def test_numbers_may_leave_a_gap_but_never_go_back(store):
    fill(store, "indicator")
    with store.write() as transaction:
        transaction.put_head(replace(transaction.head(), last_seq=1000))
        append(transaction, [item(1, "late")])
    with store.read() as snapshot:
        assert snapshot.scan([(1, 0, OPEN)], 10) == [(1, 1), (1001, 1)]
        assert snapshot.counts([(1, 0, OPEN), (1, 0, 1000), (1, 1, OPEN)]) == [2, 1, 1]
        assert snapshot.batch_of(500) is None
    with pytest.raises(AssertionError), store.write() as transaction:
        transaction.append([item(1, "z")], Batch(1001, 1001, CLOCK, 0, 1), originator="USA", by="agency")


def test_the_last_seq_up_to_a_moment_is_the_batches_arithmetic(store):
    batches = []
    with store.write() as transaction:
        class_id = class_of(transaction)
        for place, count in enumerate((1, 5, 300, 2)):
            items = [item(class_id, (place, each)) for each in range(count)]
            batches.append(append(transaction, items, clock=CLOCK + place * 10_000_000))
    with store.read() as snapshot:
        assert snapshot.batches([307, 2, 3, 308, 1, 999]) == [batches[0], batches[1], batches[3]]
        for batch in batches:
            for seq in range(batch.first, batch.last + 1):
                assert snapshot.seq_upto(batch.added_at(seq)) == seq
                assert snapshot.seq_upto(batch.added_at(seq) - 1) == seq - 1
        assert snapshot.seq_upto(0) == 0
        assert snapshot.seq_upto(OPEN) == 308


def test_a_batch_can_shift_before_the_commit(store):
    with store.write() as transaction:
        batch = append(transaction, [item(class_of(transaction), "a")])
        shifted = batch.begin_at(batch.start + 500_000)
        transaction.shift_batch(shifted)
    assert store.head().last_given == shifted.end
    with store.read() as snapshot:
        assert snapshot.batch_of(1) == shifted
        assert snapshot.seq_upto(batch.end) == 0
    fill(store, "indicator")
    with pytest.raises(AssertionError), store.write() as transaction:
        transaction.shift_batch(shifted)


def test_scan_merges_ranges_by_seq_and_stops_at_the_limit(store):
    fill(store, *["indicator"] * 40, "report", "indicator", "sighting", *["indicator"] * 40, "report")
    every = [(1, 0, OPEN), (2, 0, OPEN), (3, 0, OPEN)]
    with store.read() as snapshot:
        assert [seq for seq, _ in snapshot.scan(every, 1000)] == list(range(1, 85))
        assert snapshot.scan(every, 43)[-3:] == [(41, 2), (42, 1), (43, 3)]
        assert snapshot.scan([(1, 39, 42), (2, 0, 41), (1, 42, 44)], 9) == [(40, 1), (41, 2), (42, 1), (44, 1)]
        assert snapshot.scan([(1, 10, 10), (2, 41, 83), (9, 0, OPEN)], 9) == []
        assert snapshot.scan([], 9) == snapshot.scan(every, 0) == []


def test_moved_items_leave_exact_counts_behind(store):
    fill(store, *["indicator"] * 6, "report")
    with store.write() as transaction:
        away = class_of(transaction, "away", irregular=True)
        further = class_of(transaction, "further", irregular=True)
        transaction.move([6, 2, 7, 99], away)
    with store.write() as transaction:
        transaction.move([2], further)
        transaction.move([2], further)
    with store.read() as snapshot:
        assert snapshot.counts([(1, 0, OPEN), (1, 0, 2), (1, 1, 2), (1, 4, 6), (1, 5, OPEN)]) == [4, 1, 0, 1, 0]
        assert snapshot.counts([(2, 0, OPEN), (away, 0, OPEN), (further, 0, OPEN), (77, 0, OPEN)]) == [0, 2, 1, 0]
        assert snapshot.trims([(1, 0, OPEN), (1, 5, OPEN), (away, 0, OPEN), (further, 2, 9)]) == [
            (1, 5), None, (6, 7), None,
        ]  # fmt: skip
        assert snapshot.scan([(away, 0, OPEN), (further, 0, OPEN)], 9) == [(2, further), (6, away), (7, away)]
        assert [body.class_id for body in snapshot.bodies([1, 2, 6])] == [1, further, away]
        assert [(row.last_seq, row.last_ord, row.irregular) for row in snapshot.classes()] == [
            (6, 6, False), (7, 1, False), (7, 3, True), (2, 1, True),
        ]  # fmt: skip
    fill(store, "indicator")
    with store.read() as snapshot:
        assert snapshot.counts([(1, 0, OPEN), (1, 6, OPEN)]) == [5, 1]
    audit(store)


def test_items_never_move_into_a_class_whose_ranks_are_exact(store):
    fill(store, "indicator", "report")
    with pytest.raises(AssertionError), store.write() as transaction:
        transaction.move([1], 2)
    audit(store)


def test_nothing_is_appended_to_a_class_that_moves_fill(store):
    with pytest.raises(AssertionError), store.write() as transaction:
        append(transaction, [item(class_of(transaction, "away", irregular=True), "a")])
    assert store.head().last_seq == 0


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
        assert snapshot.stream(flow.main) == Stream()
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


STREAM = (
    Stream.begun({1: Ranges.of((0, OPEN)), 2: Ranges.of((5, 9), (11, OPEN))})
    .without_live(1, 20)
    .with_epoch(Epoch(1, 30, 5_000_000, 20, 10, 1000), {1: Ranges.of((20, 25), (26, 30)), 3: Ranges.of((2, 4))})
    .with_live(1, 30)
)


def test_streams_are_kept_and_changed(store):
    changed = STREAM.with_epoch(Epoch(2, 40, 6_000_000, 1, 9, 1), {2: Ranges.of((30, 40))}, {1: Ranges.of((22, 24))})
    changed = changed.without_live(2, 0)
    with store.write() as transaction:
        row = transaction.add_stream(4, STREAM, version=3)
        twin = transaction.add_stream(4, STREAM, version=3)
        transaction.put_stream(replace(row, version=9), old=transaction.stream(row.id), new=changed)
        transaction.put_reader(4, "kyiv", row.id)
        transaction.put_reader(4, "lviv", row.id)
        transaction.put_reader(4, "lviv", twin.id)
    with store.read() as snapshot:
        assert (row.flow, row.version) == (4, 3)
        assert snapshot.streams() == [replace(row, version=9), twin]
        assert snapshot.stream(twin.id) == STREAM
        assert snapshot.stream(row.id) == replace(changed, live={1: changed.live[1]})
        assert snapshot.readers() == {(4, "kyiv"): row.id, (4, "lviv"): twin.id}
        assert snapshot.stream(99) == Stream()


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


# The record.


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


def test_acts_and_deliveries_are_numbered_without_gaps(store):
    def delivery(count):
        return Delivery(1, "kyiv", CLOCK, 3, Place(0, 1, 1), Place(1, 0, 9), count, b"\x00" * 32, "objects")

    def fail(transaction):
        transaction.add_act("pause", 7, "admin", "{}")
        transaction.add_deliveries([delivery(3)])
        raise ZeroDivisionError

    for kind in ("pause", "resume", "pause"):
        with store.write() as transaction:
            transaction.add_act(kind, 7, "admin", "{}")
            transaction.add_deliveries([delivery(1), delivery(2)])
        with pytest.raises(ZeroDivisionError), store.write() as transaction:
            fail(transaction)
    with store.read() as snapshot:
        assert [row.number for row in snapshot.acts()] == [3, 2, 1]
        assert snapshot.acts(kind="pause") == [
            ActRow(3, "pause", 7, "admin", "{}"),
            ActRow(1, "pause", 7, "admin", "{}"),
        ]
        assert [row.number for row in snapshot.acts(limit=1)] == [3]
        assert snapshot.deliveries(after=4) == [(5, delivery(1)), (6, delivery(2))]
        assert [number for number, _ in snapshot.deliveries(limit=3)] == [1, 2, 3]


# Random histories, against the fake.

classes = st.integers(1, 3)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(classes, min_size=1, max_size=12)),
        st.tuples(st.just("move"), st.lists(st.integers(1, 40), max_size=6), st.integers(4, 5)),
        st.tuples(st.just("gap"), st.integers(1, 5)),
    ),
    max_size=8,
)
bounds = st.one_of(st.integers(0, 50), st.just(OPEN))
questions = st.lists(st.tuples(st.integers(1, 5), bounds, bounds), min_size=1, max_size=8)


def play(store, history, name):
    with store.write() as transaction:
        ids = {place: class_of(transaction, f"{name}-{place}", irregular=place > 3) for place in range(1, 6)}
        start = transaction.head().last_seq
    for place, (kind, *what) in enumerate(history):
        with store.write() as transaction:
            if kind == "append":
                names = [(name, place, each) for each in range(len(what[0]))]
                append(transaction, [item(ids[c], n) for c, n in zip(what[0], names, strict=True)])
            elif kind == "move":
                transaction.move([start + seq for seq in what[0]], ids[what[1]])
            else:
                head = transaction.head()
                transaction.put_head(replace(head, last_seq=head.last_seq + what[0]))
    return ids, start


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps, asked=questions, limit=st.integers(1, 12))
def test_counts_trims_and_scans_agree_with_counting_one_by_one(store, history, asked, limit):
    fake = FakeStore()
    ids, start = play(store, history, "h" + hashlib.sha256(repr((history, store.head())).encode()).hexdigest())
    fake_ids, _ = play(fake, history, "h")
    back = {ids[place]: fake_ids[place] for place in ids}

    def real(ranges):
        return [(ids[c], min(start + after, OPEN), min(start + upto, OPEN)) for c, after, upto in ranges]

    lone = [(c, after, upto) for c, (_, after, upto) in enumerate(asked[:5], 1)]
    with store.read() as snapshot, fake.read() as naive:
        assert snapshot.counts(real(asked)) == naive.counts([(fake_ids[c], *rest) for c, *rest in asked])
        trims = [found and tuple(seq - start for seq in found) for found in snapshot.trims(real(asked))]
        assert trims == naive.trims([(fake_ids[c], *rest) for c, *rest in asked])
        scanned = [(seq - start, back[c]) for seq, c in snapshot.scan(real(lone), limit)]
        assert scanned == naive.scan([(fake_ids[c], *rest) for c, *rest in lone], limit)
