"""Holding: what pauses keep back, now or at a moment, of many flows at once. All counts are exact."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relto.domain.pause import Pause, pause_number
from relto.domain.ranges import EMPTY
from relto.usecases.counting import Counts, pieces
from relto.usecases.past import past_of
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.ranges import Ranges
    from relto.ports.node import Node
    from relto.ports.store import FlowRow, Range, Snapshot
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
    """What a pause holds in all flows, an item once in each. `to`: from whom, whether there is anything yet or not."""

    items: int
    by_topic: Mapping[str, int]
    to: Sequence[str]


class Holdings:
    """What is in many sets of ranges that pauses hold: asked at once, and a range that several have once."""

    def __init__(self, snap: Snapshot, policy: Policy, counts: Counts, every: Iterable[Mapping[int, Ranges]]) -> None:
        """`counts` were asked about all of `every`."""
        self._policy, self._counts = policy, counts
        asked = dict.fromkeys(each for ranges in every for each in pieces(ranges))
        found = zip(asked, snap.trims(list(asked)), strict=True)
        self._first = {each: ends[0] for each, ends in found if ends is not None}
        self._stored: dict[int, int] = {}
        self._snap = snap

    def of(self, ranges: Mapping[int, Ranges]) -> Held:
        """One of the sets."""
        items, by_topic = self._counts.by_topic(self._policy, ranges)
        if not items:
            return Held()
        first = min(self._first[each] for each in pieces(ranges) if each in self._first)
        return Held(items, by_topic, self._added(first))

    def _added(self, seq: int) -> int | None:
        if seq not in self._stored:
            batch = self._snap.batch_of(seq)
            if batch is None:
                return None
            self._stored[seq] = batch.added_at(seq)
        return self._stored[seq]


def held_now(snap: Snapshot, policy: Policy, flow: FlowRow, pause: str, upto: int) -> dict[int, Ranges]:
    """What the pause holds in the flow up to that item, by class."""
    states = policy.states_of(snap, flow.id)
    held = ((name, state.held.get(pause, EMPTY)) for name, state in states.items())
    return {name: kept for name, ranges in held if ranges and (kept := ranges.upto(upto))}


def held_then(past: Past, flow: FlowRow, pause: str) -> dict[int, Ranges]:
    """What the pause held in the flow, by the place of the group."""
    held = ((place, group.states[flow.id].held.get(pause, EMPTY)) for place, group in enumerate(past.groups))
    return {place: kept for place, ranges in held if ranges and (kept := ranges.upto(past.upto))}


def held_in_all(
    node: Node, desk: PolicyDesk, numbers: Collection[str] | None, *, by: Actor, at: int | None = None
) -> dict[str, HeldInAll]:
    """What each of these pauses holds, or of all, in the flows whose giver's side is there for whoever asks. A pause
    without any, or that is neither in force nor scheduled, is left out.

    `at`: as it was at that moment. Raises `BadInput` `when-ahead` or `pause-number-invalid`.
    """
    chosen = None if numbers is None else frozenset(map(pause_number, numbers))
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        sight = Sight(by, policy)
        if at is not None:
            past = _past(node, snap, policy, sight, chosen, at)
            return _held_in_all_then(past, Sight(by, past.policy), chosen)
        upto = snap.head().last_seq
        held: dict[str, Counter[Range]] = {}
        to: dict[str, set[str]] = {}
        for pause, flow in _paused(sight, chosen):
            states = policy.states_of(snap, flow.id).items()
            ranges = {name: state.held[pause.number] for name, state in states if pause.number in state.held}
            held.setdefault(pause.number, Counter()).update(pieces(ranges))
            to.setdefault(pause.number, set()).add(flow.party)
        asked = list(dict.fromkeys(each for found in held.values() for each in found))
        ends = ((name, min(after, upto), min(end, upto)) for name, after, end in asked)
        counts = dict(zip(asked, snap.counts(list(ends)), strict=True))
    topics = {each: policy.classes[each[0]].value.topics for each in asked}
    return {
        number: _summed(((counts[each] * times, topics[each]) for each, times in found.items()), to[number])
        for number, found in held.items()
    }


def _held_in_all_then(past: Past, sight: Sight, numbers: Collection[str] | None) -> dict[str, HeldInAll]:
    held: dict[str, Counter[int]] = {}
    to: dict[str, set[str]] = {}
    for pause, flow in _paused(sight, numbers):
        held.setdefault(pause.number, Counter()).update(past.count(held_then(past, flow, pause.number)))
        to.setdefault(pause.number, set()).add(flow.party)
    topics = [past.value_of(group).topics for group in past.groups]
    return {
        number: _summed(((items, topics[place]) for place, items in found.items()), to[number])
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


def _summed(found: Iterable[tuple[int, Collection[str]]], to: Collection[str]) -> HeldInAll:
    total, by_topic = 0, dict[str, int]()
    for items, topics in found:
        total += items
        for topic in topics if items else ():
            by_topic[topic] = by_topic.get(topic, 0) + items
    return HeldInAll(total, dict(sorted(by_topic.items())), sorted(to))
