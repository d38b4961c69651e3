"""The audit of what flows: every item is in one place of every flow, and everything hangs together.

It counts item by item what Relto never counts, so that arithmetic on ranges is compared with what lies there.
"""

from __future__ import annotations

from collections import Counter

from tests.contract.content import audit
from tests.logged import EVERY, deliveries

from relto.domain.ranges import OPEN
from relto.domain.stream import BACKLOG, LIVE
from relto.ports.store import FlowRow, Snapshot, Store


def audit_flows(store: Store) -> None:
    """Items, classes and batches (`audit`), then flows, streams and deliveries."""
    audit(store)
    with store.read() as snap:
        items = snap.scan([(row.id, 0, OPEN) for row in snap.classes()], snap.head().last_seq + 1)
        seqs: dict[int, list[int]] = {}
        for seq, class_id in items:
            seqs.setdefault(class_id, []).append(seq)
        for flow in snap.flows():
            _audit_flow(snap, flow, seqs)
        _audit_ords(snap, seqs)
        _audit_deliveries(snap)
        _audit_pauses(snap)


def _audit_flow(snap: Snapshot, flow: FlowRow, seqs: dict[int, list[int]]) -> None:
    states = snap.flow_states(flow.id)
    own = [row for row in snap.streams() if row.flow == flow.id]
    assert flow.main in {row.id for row in own}
    given: list[dict[int, set[int]]] = []
    last = snap.head().last_seq
    for row in own:
        stream = snap.streams_whole([row.id])[row.id]
        numbers = [epoch.number for epoch in stream.epochs]
        assert numbers == sorted(set(numbers))
        assert set(stream.backlog) <= {epoch.number for epoch in stream.epochs}
        mine: dict[int, set[int]] = {}
        dated: list[tuple[tuple[int, int, int], int]] = []
        for class_id, listed in seqs.items():
            live = stream.live.get(class_id)
            places = [(0, LIVE, seq) for seq in listed if live is not None and seq in live]
            for number, spans in stream.backlog.items():
                places += [(number, BACKLOG, seq) for seq in listed if class_id in spans and seq in spans[class_id]]
            counted = Counter(seq for _, _, seq in places)
            assert max(counted.values(), default=1) == 1, f"stream {row.id} gives an item of class {class_id} twice"
            mine[class_id] = set(counted)
            for seq in counted:
                place = stream.place_of(class_id, seq)
                batch = snap.batch_of(seq)
                dated.append((place, stream.date(place, batch.added_at(seq))))
        dates = [date for _, date in sorted(dated)]
        assert dates == sorted(set(dates)), f"dates of stream {row.id} do not increase in its order"
        given.append(mine)
    assert all(mine == given[0] for mine in given), f"forks of flow {flow.id} give different items"
    for class_id, listed in seqs.items():
        state = states.get(class_id)
        if state is None:
            assert not given[0][class_id]
            continue
        for seq in listed:
            kept = any(seq in ranges for ranges in (*state.held.values(), *state.review.values()))
            where = [seq in given[0][class_id], kept, seq in state.discarded]
            assert sum(where) <= 1, f"item {seq} is in two places of flow {flow.id}: {where}"
            # With history, what an agreement grants is given, kept or dropped: nothing falls between.
            assert sum(where) == 1 or state.verdict.kind == "withhold", f"item {seq} is lost in flow {flow.id}"
        assert (state.verdict.kind == "hold") == bool(state.verdict.covering)
        assert bool(state.hidden_since) == state.verdict.hidden
        for pause, ranges in state.held.items():
            running = pause in state.verdict.covering
            assert running == (ranges.pairs[-1][1] == OPEN) or not running, f"pause {pause} of flow {flow.id}"
    assert flow.changed_seq <= last


def _audit_ords(snap: Snapshot, seqs: dict[int, list[int]]) -> None:
    for row in snap.classes():
        mine = seqs.get(row.id, [])
        assert snap.counts([(row.id, 0, seq) for seq in mine]) == list(range(1, len(mine) + 1))
        if not row.irregular:
            assert row.last_seq == (mine[-1] if mine else 0)


def _audit_deliveries(snap: Snapshot) -> None:
    numbers = [number for number, _ in snap.leaves(limit=EVERY)]
    assert numbers == list(range(snap.log().size))
    version = 0
    for delivery in deliveries(snap):
        assert delivery.policy_version >= version, "a delivery stands on the wrong side of a change"
        assert delivery.count >= 1
        version = delivery.policy_version
    assert version <= snap.head().policy_version


def _audit_pauses(snap: Snapshot) -> None:
    """Every pause that covers or holds anything is running; numbers are dense."""
    rows = snap.pauses(lifted=True)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    running = {str(row.number) for row in rows if row.state == "running"}
    for flow in snap.flows():
        for state in snap.flow_states(flow.id).values():
            assert state.verdict.covering <= running
            assert set(state.held) <= running
    assert [act.number for act in reversed(snap.acts(limit=10**6))] == list(range(1, len(snap.acts(limit=10**6)) + 1))
