"""What `relto.ports.store` promises of items, on the fake and on both engines; and of counting, by random histories."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.content import CLOCK, append, audit, class_of, fill, item, key
from tests.fakes.store import FakeStore

from relto.domain.batch import Batch
from relto.domain.errors import Conflict
from relto.domain.ranges import OPEN
from relto.ports.store import Body, Head, Known, MoveRow, Record


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
            Record(
                2,
                class_id,
                "indicator--1",
                "2025-03-03T00:00:00.000000Z",
                CLOCK,
                digests[1],
                None,
                len(raws[1]),
                key("1"),
            )
        ]
        assert [body.digest for body in snapshot.bodies([3, 1])] == [digests[0], digests[2]]
        assert snapshot.bodies([]) == snapshot.records([]) == []
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
        assert snapshot.joined([3, 99]) == [(3, key("a"))]
        assert snapshot.joined([1]) == [(1, name) for name in sorted([key("a"), key("b")])]
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
        assert snapshot.scan([(1, 0, OPEN), (2, 0, OPEN)], 10) == [(1, 1), (1001, 1)]
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


def test_every_batch_says_which_account_took_it_in(store):
    with store.write() as transaction:
        class_id = class_of(transaction)
        firsts = {}
        for place, account in enumerate(("agency", "officer", "agency")):
            items = [item(class_id, (place, each)) for each in range(place + 1)]
            batch = append(transaction, items, clock=CLOCK + place * 10_000_000, by=account)
            firsts[batch.first] = account
        assert transaction.taken_by(firsts) == firsts
    with store.read() as snapshot:
        assert snapshot.taken_by(firsts) == firsts
        assert snapshot.taken_by([1, 3, 999]) == {1: "agency"}
        assert snapshot.taken_by([]) == {}


def test_a_batch_can_shift_before_the_commit(store):
    with store.write() as transaction:
        batch = append(transaction, [item(class_of(transaction), "a")])
        shifted = replace(batch, start=batch.start + 500_000)
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
        assert [seq for seq, _ in snapshot.scan_back(every, 1000)] == list(range(84, 0, -1))
        assert snapshot.scan_back(every, 43)[-3:] == [(44, 1), (43, 3), (42, 1)]
        assert snapshot.scan_back([(1, 39, 42), (2, 0, 41), (1, 42, 44)], 4) == [(44, 1), (42, 1), (41, 2), (40, 1)]
        assert snapshot.scan_back([(1, 10, 10), (2, 41, 83), (9, 0, OPEN)], 9) == []
        assert snapshot.scan_back([(1, 0, OPEN)], 2) == [(83, 1), (82, 1)]
        assert snapshot.scan_back([], 9) == snapshot.scan_back(every, 0) == []


def test_moved_items_leave_exact_counts_behind(store):
    fill(store, *["indicator"] * 6, "report")
    with store.write() as transaction:
        away = class_of(transaction, "away", irregular=True)
        further = class_of(transaction, "further", irregular=True)
        transaction.move([6, 2, 7, 99], away, at=7)
    with store.write() as transaction:
        transaction.move([2], further, at=9)
        transaction.move([2], further, at=9)
    with store.read() as snapshot:
        first = [MoveRow(2, 7, 1, away), MoveRow(6, 7, 1, away), MoveRow(7, 7, 2, away)]
        assert snapshot.moves() == [*first, MoveRow(2, 9, away, further)]
        assert snapshot.moves(since=7) == snapshot.moves(since=7, seqs=[2]) == [MoveRow(2, 9, away, further)]
        assert snapshot.moves(seqs=[6, 7]) == first[1:]
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


def test_many_ranges_of_one_class_are_counted_as_each_alone(store):
    fill(store, *["indicator", "report"] * 40)
    with store.write() as transaction:
        away = class_of(transaction, "away", irregular=True)
        transaction.move([2, 10, 12], away, at=7)
    pairs = [(seq, seq + 3) for seq in range(0, 80, 2)] + [(0, OPEN), (90, OPEN), (OPEN, OPEN), (7, 3), (0, 0)]
    ranges = [(class_id, *pair) for pair in pairs for class_id in (1, 2, away, 77)]
    with store.read() as snapshot:
        found = snapshot.counts(ranges)
        assert found == [snapshot.counts([each])[0] for each in ranges]
        in_class = {1: set(range(1, 81, 2)), 2: set(range(2, 81, 2)) - {2, 10, 12}, away: {2, 10, 12}, 77: set()}
        assert found == [sum(after < seq <= upto for seq in in_class[c]) for c, after, upto in ranges]


def test_items_never_move_into_a_class_whose_ranks_are_exact(store):
    fill(store, "indicator", "report")
    with pytest.raises(AssertionError), store.write() as transaction:
        transaction.move([1], 2, at=7)
    audit(store)


def test_nothing_is_appended_to_a_class_that_moves_fill(store):
    with pytest.raises(AssertionError), store.write() as transaction:
        append(transaction, [item(class_of(transaction, "away", irregular=True), "a")])
    assert store.head().last_seq == 0


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
one_question = st.tuples(st.integers(1, 5), bounds, bounds)
questions = st.one_of(
    st.lists(one_question, min_size=1, max_size=8),
    # Many of one class are asked for otherwise.
    st.integers(1, 5).flatmap(lambda c: st.lists(st.tuples(st.just(c), bounds, bounds), min_size=6, max_size=12)),
)


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
                transaction.move([start + seq for seq in what[0]], ids[what[1]], at=7)
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
        scanned = [(seq - start, back[c]) for seq, c in snapshot.scan_back(real(lone), limit)]
        assert scanned == naive.scan_back([(fake_ids[c], *rest) for c, *rest in lone], limit)
