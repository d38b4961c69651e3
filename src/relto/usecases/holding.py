"""Holding: what pauses keep back, now or at a moment, of many flows at once. All counts are exact."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relto.domain.pause import Pause, pause_number
from relto.domain.ranges import EMPTY
from relto.usecases.counting import asked_once, count_each, pieces, summed
from relto.usecases.past import past_of
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from relto.domain.actor import Actor
    from relto.domain.ranges import Ranges
    from relto.ports.node import Node
    from relto.ports.store import FlowRow, Range, Snapshot
    from relto.usecases.counting import Counts
    from relto.usecases.past import Past
    from relto.usecases.policy import Policy, PolicyDesk


@dataclass(frozen=True, slots=True)
class Held:
    """What a pause holds in one flow. `oldest`: when the oldest of it was stored, in microseconds."""

    items: int = 0
    by_topic: Mapping[str, int] = field(default_factory=dict)
    oldest: int | None = None


@dataclass(frozen=True, slots=True)
class HeldInAll:
    """What a pause holds in all flows, an item once in each."""

    items: int
    by_topic: Mapping[str, int]


# Flow by flow.


class Holdings:
    """What is in many sets of ranges that pauses hold: asked at once, and a range that several have once."""

    def __init__(self, snap: Snapshot, policy: Policy, counts: Counts, every: Iterable[Mapping[int, Ranges]]) -> None:
        """`counts` were asked about all of `every`."""
        self._snap, self._policy, self._counts = snap, policy, counts
        self._ends = asked_once(snap.trims, (each for ranges in every for each in pieces(ranges)))
        self._added: dict[int, int | None] = {}

    def of(self, ranges: Mapping[int, Ranges]) -> Held:
        """One of the sets."""
        items, by_topic = self._counts.by_topic(self._policy, ranges)
        if not items:
            return Held()
        first = min(ends[0] for each in pieces(ranges) if (ends := self._ends[each]) is not None)
        if first not in self._added:
            self._added[first] = _added(self._snap, first)
        return Held(items, by_topic, self._added[first])


def held_now(snap: Snapshot, policy: Policy, flow: FlowRow, pause: str, upto: int) -> dict[int, Ranges]:
    """What the pause holds in the flow up to that item, by class."""
    held = _held(snap, policy, flow, pause).items()
    return {name: kept for name, ranges in held if (kept := ranges.upto(upto))}


def held_then(snap: Snapshot, past: Past, flow: FlowRow, pause: str) -> Held:
    """What the pause held in the flow."""
    held = _held_then(past, flow, pause)
    items, by_topic = summed(
        (count, past.value_of(past.groups[place]).topics) for place, count in past.count(held).items()
    )
    first = past.first(held) if items else None
    return Held(items, by_topic, None if first is None else _added(snap, first))


def _held(snap: Snapshot, policy: Policy, flow: FlowRow, pause: str) -> dict[int, Ranges]:
    """By class; open where it goes on."""
    states = policy.states_of(snap, flow.id).items()
    return {name: state.held[pause] for name, state in states if pause in state.held}


def _held_then(past: Past, flow: FlowRow, pause: str) -> dict[int, Ranges]:
    """By the place of the group."""
    held = ((place, group.states[flow.id].held.get(pause, EMPTY)) for place, group in enumerate(past.groups))
    return {place: kept for place, ranges in held if (kept := ranges.upto(past.upto))}


def _added(snap: Snapshot, seq: int) -> int | None:
    batch = snap.batch_of(seq)
    return None if batch is None else batch.added_at(seq)


# In all flows.


def held_in_all(
    node: Node, desk: PolicyDesk, numbers: Collection[str] | None, *, by: Actor, at: int | None = None
) -> dict[str, HeldInAll]:
    """What each of these pauses holds, or of all, in the flows whose giver's side is there for whoever asks. A pause
    without any, or that is neither in force nor scheduled, is left out.

    `at`: as it was at that moment. Raises `BadInput` `when-ahead` or `pause-number-invalid`.
    """
    carry_out_due(node, desk, node.store.head())
    chosen = None if numbers is None else frozenset(map(pause_number, numbers))
    held: dict[str, Counter[Range]] = {}
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        sight = Sight(by, policy)
        if at is not None:
            return _held_in_all_then(_past(node, snap, policy, sight, chosen, at), by, chosen)
        for pause, flow in _paused(sight, chosen):
            held.setdefault(pause.number, Counter()).update(pieces(_held(snap, policy, flow, pause.number)))
        upto = snap.head().last_seq
        # Cut here, where they are few: flows of one pause mostly stand at the same places.
        cut = {each: (each[0], min(each[1], upto), min(each[2], upto)) for found in held.values() for each in found}
        counts = count_each(snap, cut.values())
    found = {}
    for number, times in held.items():
        ranges = ((counts[cut[each]] * count, policy.classes[each[0]].value.topics) for each, count in times.items())
        found[number] = HeldInAll(*summed(ranges))
    return found


def _held_in_all_then(past: Past, by: Actor, numbers: Collection[str] | None) -> dict[str, HeldInAll]:
    held: dict[str, Counter[int]] = {}
    for pause, flow in _paused(Sight(by, past.policy), numbers):
        held.setdefault(pause.number, Counter()).update(past.count(_held_then(past, flow, pause.number)))
    topics = [past.value_of(group).topics for group in past.groups]
    return {
        number: HeldInAll(*summed((count, topics[place]) for place, count in found.items()))
        for number, found in held.items()
    }


def _paused(sight: Sight, numbers: Collection[str] | None) -> Iterator[tuple[Pause, FlowRow]]:
    """These pauses, or all, each with the flows from whose recipient it may hold something."""
    for number, pause in sight.policy.pauses.items():
        if numbers is None or number in numbers:
            for flow in (flow for name in sorted(pause.agreements) for flow in sight.policy.flows_of(name)):
                if flow.member and pause.recipient in {None, flow.party} and sight.gives(flow.agreement):
                    yield pause, flow


def _past(node: Node, snap: Snapshot, policy: Policy, sight: Sight, numbers: Collection[str] | None, at: int) -> Past:
    """Of the flows under these pauses, or of all: of whom and under which agreements a pause is, nothing changes."""
    if numbers is None:
        return past_of(node, snap, policy, at, lambda flow, _: sight.flow(flow))
    versions = [row for number in numbers for row in snap.pause_versions(int(number))]
    named = frozenset(name for row in versions for name in Pause.parse_value(row.value).agreements)
    return past_of(
        node, snap, policy, at, lambda flow, _: flow.agreement in named and sight.flow(flow), agreements=named
    )
