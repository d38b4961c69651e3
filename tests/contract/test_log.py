"""The log in a store: leaves in order, tiles as they were given, checkpoints and who cosigned them."""

import pytest

from relto.adapters.database import create_database
from relto.ports.store import CheckpointRow, CosignatureRow, LeafRow, LogHead, TileRow, TimestampRow

EMPTY = LogHead()


def leaf(number, kind="delivery", party="UKR", about=None):
    return LeafRow(kind, party, 1_000 + number, b'{"number":%d}' % number, about)


def add(transaction, rows, tiles=(), frontier=b"f" * 32):
    head = LogHead(transaction.log().size + len(rows), frontier)
    transaction.add_leaves(rows, head, tiles)
    return head


def fail(transaction):
    add(transaction, [leaf(3)])
    raise ZeroDivisionError


def test_before_the_first_leaf_there_is_nothing(store):
    with store.read() as snapshot:
        assert snapshot.log() == EMPTY
        assert snapshot.leaves(limit=10) == []
        assert snapshot.tiles([(0, 0)]) == {}
        assert snapshot.checkpoints(limit=10) == []
        assert snapshot.last_checkpoint() is None
        assert snapshot.cosignatures() == []
        assert snapshot.timestamps(limit=10) == []
        assert snapshot.last_timestamp() is None


def test_leaves_are_numbered_from_nought_in_the_order_of_commits(store):
    with store.write() as transaction:
        add(transaction, [leaf(0), leaf(1, "act", "")])
        add(transaction, [leaf(2, party="GBR")], frontier=b"g" * 64)
        assert transaction.leaf_bytes(1, 2) == [leaf(1, "act", "").data, leaf(2, party="GBR").data]
        assert transaction.log() == LogHead(3, b"g" * 64)
        assert transaction.leaves(limit=9)[2] == (2, leaf(2, party="GBR"))
    with pytest.raises(ZeroDivisionError), store.write() as transaction:
        fail(transaction)
    with store.write() as transaction:
        add(transaction, [leaf(3), leaf(4)])
    with store.read() as snapshot:
        assert snapshot.log() == LogHead(5, b"f" * 32)
        assert [number for number, _ in snapshot.leaves(limit=10)] == [0, 1, 2, 3, 4]
        assert snapshot.leaves(first=1, last=1, limit=10) == [(1, leaf(1, "act", ""))]
        assert [number for number, _ in snapshot.leaves(first=2, limit=2)] == [2, 3]
        assert snapshot.leaves(first=5, limit=10) == []
        assert snapshot.leaves(last=-1, limit=10) == []
        assert snapshot.leaf_bytes(1, 2) == [leaf(1, "act", "").data, leaf(2, party="GBR").data]
        assert snapshot.leaf_bytes(4, 9) == [leaf(4).data]
        assert snapshot.leaf_bytes(5, 9) == []


def test_leaves_are_found_by_kind_and_by_party(store):
    with store.write() as transaction:
        add(transaction, [leaf(0), leaf(1, "act", ""), leaf(2, party="GBR"), leaf(3), leaf(4, "recall")])
    with store.read() as snapshot:
        assert [number for number, _ in snapshot.leaves(kind="delivery", limit=10)] == [0, 2, 3]
        assert [number for number, _ in snapshot.leaves(party="UKR", limit=10)] == [0, 3, 4]
        assert [number for number, _ in snapshot.leaves(party="UKR", first=1, limit=1)] == [3]
        assert [number for number, _ in snapshot.leaves(party="", limit=10)] == [1]
        assert [number for number, _ in snapshot.leaves(kind="delivery", party="GBR", last=3, limit=10)] == [2]
        assert snapshot.leaves(kind="pause", limit=10) == []


def test_the_newest_leaves_come_first_where_that_is_asked_for(store):
    with store.write() as transaction:
        add(transaction, [leaf(0), leaf(1, "act", ""), leaf(2, party="GBR"), leaf(3), leaf(4, "recall")])
    with store.read() as snapshot:
        assert snapshot.leaves(newest=True, limit=2) == [(4, leaf(4, "recall")), (3, leaf(3))]
        assert [number for number, _ in snapshot.leaves(newest=True, last=2, limit=2)] == [2, 1]
        assert [number for number, _ in snapshot.leaves(newest=True, first=3, last=9, limit=9)] == [4, 3]
        assert [number for number, _ in snapshot.leaves(newest=True, kind="delivery", party="UKR", limit=9)] == [3, 0]
        assert snapshot.leaves(newest=True, last=-1, limit=9) == []


def test_the_last_leaf_of_a_party_is_found_by_its_kinds(store):
    told = ["delivery", "withdrawn"]
    with store.write() as transaction:
        assert transaction.last_leaf("UKR", told) is None
        add(transaction, [leaf(0), leaf(1, "withdrawn"), leaf(2, party="GBR"), leaf(3, "notice"), leaf(4, "key", "")])
        assert transaction.last_leaf("UKR", told) == 1
        add(transaction, [leaf(5)])
    with store.read() as snapshot:
        assert snapshot.last_leaf("UKR", told) == 5
        assert snapshot.last_leaf("UKR", ["withdrawn"]) == 1
        assert snapshot.last_leaf("GBR", told) == 2
        assert snapshot.last_leaf("", ["key"]) == 4
        assert snapshot.last_leaf("USA", told) is None
        assert snapshot.last_leaf("UKR", ["key"]) is None


def test_leaves_are_found_by_what_they_are_about(store):
    one, two, three = leaf(1, "act", "", "act 1"), leaf(2, about="given 1"), leaf(4, "act", "", "act 1")
    with store.write() as transaction:
        add(transaction, [leaf(0), one, two, leaf(3, about="given 2"), three])
        assert transaction.leaves_about(["act 1"], limit=9) == [(1, one), (4, three)]
    with store.read() as snapshot:
        assert snapshot.leaves_about(["act 1"], limit=1) == [(1, one)]
        assert snapshot.leaves_about(["act 1"], first=2, limit=9) == [(4, three)]
        assert snapshot.leaves_about(["given 1", "nothing", "act 1"], limit=2) == [(1, one), (2, two)]
        assert snapshot.leaves_about(["nothing"], limit=9) == []
        assert snapshot.leaves_about([], limit=9) == []
        many = [f"act {number}" for number in range(300)]
        assert snapshot.leaves_about(many, limit=9) == [(1, one), (4, three)]
        assert snapshot.leaves(limit=9)[1] == (1, one)


def test_many_leaves_at_once_keep_what_each_is_about(store):
    rows = [leaf(number, about=f"act {number}" if number % 3 else None) for number in range(1_000)]
    with store.write() as transaction:
        add(transaction, rows)
    with store.read() as snapshot:
        assert [row for _, row in snapshot.leaves(limit=2_000)] == rows
        assert snapshot.leaves_about(["act 997"], limit=9) == [(997, rows[997])]


def test_a_tile_grows_and_is_given_as_far_as_it_is_stored(store):
    with store.write() as transaction:
        add(transaction, [leaf(0)], [TileRow(0, 0, b"a" * 8_192), TileRow(1, 0, b"b" * 32)])
    with store.write() as transaction:
        add(transaction, [leaf(1)], [TileRow(0, 1, b"c" * 8_192), TileRow(1, 0, b"b" * 64)])
    with store.read() as snapshot:
        kept = {(0, 0): b"a" * 8_192, (0, 1): b"c" * 8_192, (1, 0): b"b" * 64}
        assert snapshot.tiles([(0, 0), (1, 1), (0, 1), (2, 0), (1, 0), (0, 0)]) == kept
        assert snapshot.tiles([(0, 1)]) == {(0, 1): b"c" * 8_192}
        assert snapshot.tiles([]) == {}
        assert snapshot.tree([(0, 0), (1, 1), (0, 1), (2, 0), (1, 0), (0, 0)]) == (snapshot.log(), kept)
        assert snapshot.tree([]) == (snapshot.log(), {})


def test_a_log_without_leaves_has_a_tree_without_tiles(store):
    with store.read() as snapshot:
        assert snapshot.tree([(0, 0)]) == snapshot.tree([]) == (LogHead(), {})


def test_the_records_of_a_batch_are_kept_as_they_were_given(store):
    with store.write() as transaction:
        transaction.put_batch_records(1, b"one")
        transaction.put_batch_records(7, b"")
    with store.read() as snapshot:
        assert [snapshot.batch_records(first) for first in (1, 2, 7)] == [b"one", b"", b""]


def test_checkpoints_are_found_by_how_many_leaves_they_cover(store):
    rows = [CheckpointRow(size, 10 * size, b"note %d" % size) for size in (3, 7, 9)]
    with store.write() as transaction:
        for row in (rows[1], rows[0], CheckpointRow(9, 5, b"before"), rows[2]):
            transaction.put_checkpoint(row)
    with store.read() as snapshot:
        assert snapshot.checkpoints(limit=10) == rows
        assert snapshot.checkpoints(first=4, limit=1) == [rows[1]]
        assert snapshot.checkpoints(first=10, limit=1) == []
        assert snapshot.last_checkpoint() == rows[2]


def test_checkpoints_are_dropped_but_for_the_last_and_those_that_others_signed(store):
    rows = [CheckpointRow(size, 10 * size, b"note %d" % size) for size in (3, 4, 5, 6, 7, 9)]
    with store.write() as transaction:
        for row in rows:
            transaction.put_checkpoint(row)
        transaction.put_timestamp(TimestampRow(4, 1, b"token"))
        transaction.put_cosignature(CosignatureRow(6, "kyiv.example", 60, "- kyiv.example one"))
    with store.write() as transaction:
        transaction.drop_checkpoints([])
        transaction.drop_checkpoints([3, 4, 6, 8, 9])
        assert [row.size for row in transaction.checkpoints(limit=10)] == [4, 5, 6, 7, 9]
    with store.write() as transaction:
        transaction.put_checkpoint(CheckpointRow(11, 110, b"note 11"))
        transaction.drop_checkpoints([4, 9, 11])
    with store.read() as snapshot:
        assert [row.size for row in snapshot.checkpoints(limit=10)] == [4, 5, 6, 7, 11]
        assert [row.size for row in snapshot.timestamps(limit=10)] == [4]
        assert [row.size for row in snapshot.cosignatures(size=6)] == [6]


def test_who_cosigned_is_told_of_each_checkpoint_and_of_the_last(store):
    rows = [
        CosignatureRow(3, "kyiv.example", 30, "— kyiv.example one"),
        CosignatureRow(7, "kyiv.example", 70, "— kyiv.example two"),
        CosignatureRow(3, "london.example", 31, "— london.example one"),
    ]
    with store.write() as transaction:
        transaction.put_cosignature(CosignatureRow(7, "kyiv.example", 69, "before"))
        for row in rows:
            transaction.put_cosignature(row)
    with store.read() as snapshot:
        assert snapshot.cosignatures(size=3) == [rows[0], rows[2]]
        assert snapshot.cosignatures(size=7) == [rows[1]]
        assert snapshot.cosignatures(size=8) == []
        assert snapshot.cosignatures() == [rows[1], rows[2]]
        assert snapshot.cosignatures_between(3, 7) == [rows[0], rows[2], rows[1]]
        assert snapshot.cosignatures_between(4, 7) == [rows[1]]
        assert snapshot.cosignatures_between(4, 6) == []


def test_time_stamps_are_found_by_how_many_leaves_their_checkpoint_covers(store):
    rows = [TimestampRow(size, 10 * size, b"\x30token %d" % size) for size in (3, 7, 9)]
    with store.write() as transaction:
        for row in (rows[1], rows[0], TimestampRow(9, 5, b"before"), rows[2]):
            transaction.put_timestamp(row)
        assert transaction.last_timestamp() == rows[2]
    with store.read() as snapshot:
        assert snapshot.timestamps(limit=10) == rows
        assert snapshot.timestamps(first=4, limit=1) == [rows[1]]
        assert snapshot.timestamps(first=10, limit=1) == []
        assert snapshot.last_timestamp() == rows[2]
        assert snapshot.checkpoints(limit=10) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda snapshot: snapshot.leaves(kind="key", party="", limit=10),
        lambda snapshot: snapshot.leaves(kind="delivery", party="UKR", first=5, last=9, limit=10),
        lambda snapshot: snapshot.leaves(kind="delivery", party="UKR", last=9, limit=10, newest=True),
        lambda snapshot: snapshot.last_leaf("UKR", ["delivery", "withdrawn"]),
    ],
    ids=["keys", "deliveries", "newest deliveries", "last"],
)
def test_what_is_asked_of_one_party_s_leaves_goes_through_no_others(sqlite_url, ask):
    store = create_database(sqlite_url)
    with store.read() as snapshot:
        asked = []
        snapshot.rows = lambda statement, values=(): asked.append((statement, values)) or []
        ask(snapshot)
        del snapshot.rows
        ((statement, values),) = asked
        plan = " ".join(str(row[-1]) for row in snapshot.rows(f"EXPLAIN QUERY PLAN {statement}", values))
    assert "leaves_party (party=? AND kind=?" in plan
    assert "SCAN leaves" not in plan
    assert "TEMP B-TREE" not in plan
    store.close()
