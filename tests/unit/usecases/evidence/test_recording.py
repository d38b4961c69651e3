"""Recording: whatever is written is in the log, in the same block; nothing that opens a door is."""

import contextlib
import json
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.store import FakeStore, FakeTransaction
from tests.logged import deliveries, leaves
from tests.simulation.sharing import Sharing

from relto.domain.merkle import Frontier, leaf_hash, root_of
from relto.domain.plain import veiled
from relto.ports.node import CLOCK_BACK_US, CLOCK_SEEN_US, CLOCK_STEP_US, Lag
from relto.ports.store import AccountRow, CredentialRow, Snapshot, Transaction
from relto.usecases.evidence.making.leaves import RULES, BlockLeaves
from relto.usecases.evidence.making.recording import RecordedStore
from relto.usecases.reading import Query
from relto.usecases.sequencing import changing


def methods(kind):
    return {name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))}


def a_store(below=None):
    salts = iter(range(10**6))
    return RecordedStore(below or FakeStore(), now=lambda _: 5, salt=lambda: next(salts).to_bytes(16, "big"))


def test_the_clock_is_recorded_once_for_what_is_written_within_a_moment():
    now = [5_000_000]
    store = RecordedStore(FakeStore(), now=lambda _: now[0], salt=bytes)
    seen = []
    for step in (0, CLOCK_SEEN_US, 1, CLOCK_SEEN_US, 1):
        now[0] += step
        with store.write() as tx:
            tx.note("notice", {})
        seen.append(store.head().clock_seen - 5_000_000)
    assert seen == [0, 0, CLOCK_SEEN_US + 1, CLOCK_SEEN_US + 1, 2 * CLOCK_SEEN_US + 2]


steps = st.sampled_from((0, CLOCK_SEEN_US, -CLOCK_BACK_US, -CLOCK_STEP_US, CLOCK_STEP_US))


@given(st.lists(st.tuples(st.integers(0, 1), steps, st.lists(steps, max_size=2)), max_size=40))
def test_no_clock_is_a_step_behind_one_before_it_whichever_machine_writes(blocks):
    below, machines, lags, moments = FakeStore(), [10_000_000, 10_000_000], (Lag(), Lag()), []
    for machine, step, within in blocks:
        machines[machine] += step

        def now(head, which=machine):
            return lags[which].made_up(machines[which], seen=head.clock_seen)

        with RecordedStore(below, now=now, salt=bytes).write() as tx:
            # Whoever goes by the clock in the block has it on record.
            for each in within:
                moments.append(tx.by_clock(now(tx.head())))
                machines[machine] += each
            tx.note("notice", {})
        with below.read() as snap:
            [(_, leaf)] = snap.leaves(first=snap.log().size - 1, limit=1)
        assert not within or leaf.at == moments[-1]
        moments.append(leaf.at)
    latest = accumulate(moments, max)
    assert all(at >= before - CLOCK_STEP_US for at, before in zip(moments, latest, strict=True))


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(("UKR", "GBR")), st.booleans()), max_size=30))
def test_what_a_party_is_shown_names_what_it_was_shown_before_whoever_writes_and_whatever_fails(steps):
    below = FakeStore()
    stores = [a_store(below), a_store(below)]
    for which, party, is_done in steps:
        with contextlib.suppress(ZeroDivisionError), stores[which].write() as tx:
            tx.note("withdrawn", {"party": party, "reader": "r", "page": 1}, party=party)
            tx.note("withdrawn", {"party": party, "reader": "r", "page": 2}, party=party)
            if not is_done:
                raise ZeroDivisionError
    last = {}
    with below.read() as snap:
        for number, leaf in enumerate(leaves(snap)):
            assert leaf["previous"] == last.get(leaf["party"])
            last[leaf["party"]] = number
        assert snap.log().size == 2 * sum(is_done for _, _, is_done in steps)


@pytest.mark.parametrize("further", [CLOCK_SEEN_US, CLOCK_SEEN_US + 1])
@pytest.mark.parametrize("puts_head", [False, True])
def test_the_clock_of_a_block_is_recorded_in_one_write_of_the_head_or_with_the_one_that_there_is(
    further, puts_head, monkeypatch
):
    store, puts, honest = a_store(), [], FakeTransaction.put_head
    monkeypatch.setattr(FakeTransaction, "put_head", lambda tx, head: (puts.append(head.clock_seen), honest(tx, head)))
    with store.write() as tx:
        assert (tx.by_clock(further), tx.by_clock(further - 9)) == (further, further)
        if puts_head:
            tx.put_head(tx.head())
    assert puts == ([further] if puts_head or further > CLOCK_SEEN_US else [])


def fail(tx):
    tx.put_setting("z", "3")
    raise ZeroDivisionError


def kinds(node):
    with node.store.read() as snap:
        return [leaf["kind"] for leaf in leaves(snap)]


def test_of_every_method_that_writes_it_is_known_what_the_log_says():
    writing = methods(Transaction) - methods(Snapshot) - {"note", "by_clock"}
    assert set(RULES) == writing
    assert all(rule for rule in RULES.values())


def test_what_a_party_is_shown_names_what_it_was_shown_before():
    store = a_store()
    long = {"text": "x" * 100_000}
    with store.write() as tx:
        tx.note("delivery", long, party="UKR")
        tx.note("place", {"items": []})
        tx.note("delivery", {}, party="GBR")
        tx.note("notice", {}, party="UKR")
        tx.note("withdrawn", {"reader": "r", "page": 1}, party="UKR")
        tx.note("delivery", {}, party="UKR")
    with store.write() as tx:
        tx.note("delivery", {}, party="UKR")
        tx.note("withdrawn", {"reader": "r", "page": 1}, party="GBR")
    with store.read() as snap:
        shown = [(number, row.party) for number, row in snap.leaves(limit=99) if row.kind in {"delivery", "withdrawn"}]
        said = [leaf["previous"] for leaf in leaves(snap) if leaf["kind"] in {"delivery", "withdrawn"}]
    ukr, gbr = ([number for number, each in shown if each == party] for party in ("UKR", "GBR"))
    assert ukr[0] > 1, "the first stands in parts"
    before = dict(zip([*ukr, *gbr], [None, *ukr[:-1], None, *gbr[:-1]], strict=True))
    assert said == [before[number] for number, _ in shown]


def test_the_leaves_of_a_block_are_there_with_the_block_and_not_without_it():
    store = a_store()
    with store.write() as tx:
        tx.put_setting("x", "1")
        tx.put_setting("y", "2")
    with pytest.raises(ZeroDivisionError), store.write() as tx:
        fail(tx)
    with store.write() as tx:
        tx.put_setting("w", "4")
    with store.read() as snap:
        found = leaves(snap)
        assert [(leaf["block"], leaf["row"]["name"], leaf["at"]) for leaf in found] == [
            (0, "x", 5),
            (0, "y", 5),
            (2, "w", 5),
        ]
        hashes = [leaf_hash(row.data) for _, row in snap.leaves(limit=9)]
        assert Frontier.parse(3, snap.log().frontier).root == root_of(hashes)


def test_a_block_that_writes_nothing_of_consequence_has_no_leaves():
    store = a_store()
    with store.write() as tx:
        tx.note("change", {"now": 5}, key="change")
        tx.put_status("status", "kyiv", 5, "{}")
        tx.put_head(tx.head())
    with store.read() as snap:
        assert snap.log().size == 0


def test_what_is_said_again_is_said_once_and_where_it_was_said_first():
    found = BlockLeaves()
    found.add("act", {"state": "proposed"}, key=1)
    found.add("mark", {})
    found.add("act", {"state": "applied"}, key=1)
    assert [(entry.kind, entry.fields) for entry in found.entries()] == [("act", {"state": "applied"}), ("mark", {})]


def test_nothing_by_which_somebody_comes_in_is_in_the_log():
    store = a_store()
    with store.write() as tx:
        tx.put_account(AccountRow("kyiv", "UKR", ("reader",), secret="$argon2id$of-the-password"))
        tx.put_account(AccountRow("lviv", "UKR", ("reader",)))
        row = tx.add_credential(CredentialRow(0, "kyiv", "token", "sha256-of-the-token", "laptop", ("read",), 5))
        tx.put_credential(row)
    with store.read() as snap:
        raw = b"".join(row.data for _, row in snap.leaves(limit=9))
        assert b"of-the" not in raw
        found = [leaf["row"] for leaf in leaves(snap)]
    assert found[0]["secret"] == veiled("$argon2id$of-the-password")
    assert "secret" not in found[1]
    assert found[2] == found[3]


def test_a_long_value_is_in_parts_that_are_kept_as_such():
    store = a_store()
    with store.write() as tx:
        tx.put_setting("topics", "x" * 200_000)
    with store.read() as snap:
        assert {row.kind for _, row in snap.leaves(limit=99)} == {"part", "row"}
        assert leaves(snap)[0]["row"]["value"] == "x" * 200_000


def test_a_pause_and_its_end_are_acts_with_their_epochs():
    sharing = Sharing()
    sharing.give("one")
    before = len(kinds(sharing.node))
    number = sharing.pause()
    sharing.give("two")
    sharing.resume(number)
    with sharing.node.store.read() as snap:
        found = leaves(snap)[before:]
    acts = [(leaf["act"], leaf["state"]) for leaf in found if leaf["kind"] == "act"]
    assert acts == [("pause", "applied"), ("resume", "applied")]
    assert [leaf["number"] for leaf in found if leaf["kind"] == "epoch"] == [1]
    assert [json.loads(leaf["row"]["value"])["agreements"] for leaf in found if leaf.get("table") == "pauses"]
    assert "change" in {leaf["kind"] for leaf in found}


def test_a_batch_says_the_root_over_its_items_and_the_moments_that_count():
    sharing = Sharing()
    sharing.give("one", "two", "three")
    with sharing.node.store.read() as snap:
        [leaf] = [leaf for leaf in leaves(snap) if leaf["kind"] == "batch"]
        batch = snap.batch_of(1)
    assert (leaf["first"], leaf["last"], leaf["start"]) == (batch.first, batch.last, batch.start)
    assert (leaf["head"], leaf["tail"], leaf["originator"]) == (batch.head, batch.tail, "USA")
    assert len(bytes.fromhex(leaf["root"])) == 32


def test_a_page_is_two_leaves_of_which_its_party_may_see_the_first():
    sharing = Sharing()
    sharing.give("one", "two", "three")
    sharing.world.settle_clock()
    sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(2), "objects")
    with sharing.node.store.read() as snap:
        [delivery] = deliveries(snap)
        rows = [row for _, row in snap.leaves(limit=999) if row.kind in {"delivery", "place", "track"}]
    assert [row.kind for row in rows] == ["delivery", "place"]
    assert [row.party for row in rows] == ["UKR", ""]
    assert delivery.count == 2
    # How many items the node has, and what policy it is at, are nothing for the party.
    assert not {"seq", "after", "last", "version", "stream", "flow"} & delivery.told.keys()
    assert delivery.place["upto"] is None
    assert delivery.place["track"]


def test_a_page_by_id_says_which_items_it_gave():
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    with sharing.node.store.read() as snap:
        ids = tuple(row.stix_id for row in snap.records([2]))
    sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(9, ids=ids), "objects")
    with sharing.node.store.read() as snap:
        [delivery] = deliveries(snap)
    assert delivery.told["asked"]["ids"] == list(ids)
    assert delivery.place["items"] == [[2, 2]]
    assert (delivery.place["after"], delivery.place["last"]) == ([0, 1, 0], [0, 1, 2])


def test_a_change_that_comes_to_nothing_leaves_no_trace():
    sharing = Sharing()
    before = len(kinds(sharing.node))
    with changing(sharing.node, sharing.world.desk):
        pass
    assert len(kinds(sharing.node)) == before
