"""The backlog: what a resume kept for review, listed, released or dropped bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from relto.domain.errors import Unknown
from relto.domain.flow import bit_discarded, bit_released
from relto.domain.pause import Pause
from relto.domain.ranges import EMPTY, EVERYTHING, Ranges
from relto.usecases.counting import count, count_by_topic
from relto.usecases.intent import Done, Plan
from relto.usecases.items import items_named, unknown_item
from relto.usecases.policy import vocabulary_of
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from relto.domain.act import Act
    from relto.domain.actor import Actor
    from relto.domain.classes import Class
    from relto.domain.flow import ClassState, Turn
    from relto.ports.node import Node
    from relto.ports.store import ClassRow, FlowRow, Snapshot
    from relto.usecases.change import Change
    from relto.usecases.effect import Effect
    from relto.usecases.policy import Policy, PolicyDesk


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a `review` left in one flow."""

    pause: str
    agreement: str
    to: str
    items: int
    by_topic: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptItem:
    """An item that a pause or its review keeps, and from whom: agreement and recipient of each flow."""

    seq: int
    name: str
    raw: bytes
    added_at: int
    value: Class
    kept_from: Sequence[tuple[str, str]]


Turned = Callable[["ClassState", Ranges, Ranges, int], "Turn"]
"""What becomes of a class: (state, the ranges that were asked for, what was given of it, the last `seq`)."""


def list_backlog(
    node: Node,
    desk: PolicyDesk,
    number: str | None = None,
    topics: Sequence[str] = (),
    *,
    seen: Callable[[str], bool] = lambda _: True,
) -> tuple[int, Mapping[str, int], list[Reviewed]]:
    """How many items reviews keep, how many of each topic, and how many by pause, agreement and recipient; of these
    topics where any is.

    `seen`: whether an agreement counts. An item that is kept from two recipients is one item of the whole.
    Raises `Unknown` `topic-unknown`.
    """
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        require_topics(snap, topics)
        found: list[Reviewed] = []
        whole: dict[int, Ranges] = {}
        for flow in (flow for flow in policy.flows.values() if seen(flow.agreement)):
            kept = kept_of(snap, policy, flow, topics)
            for name, reviewed in kept.items():
                if number not in {None, name}:
                    continue
                for class_id, ranges in reviewed.items():
                    whole[class_id] = whole.get(class_id, EMPTY) | ranges
                items, by_topic = count_by_topic(snap, policy, reviewed)
                if items:
                    found.append(Reviewed(name, flow.agreement, flow.party, items, by_topic))
        total, of_topic = count_by_topic(snap, policy, whole)
    return total, of_topic, sorted(found, key=lambda each: (int(each.pause), each.agreement, each.to))


def kept_of(
    snap: Snapshot, policy: Policy, flow: FlowRow, topics: Collection[str] = ()
) -> dict[str, dict[int, Ranges]]:
    """What reviews keep of a flow, by pause and class, as `seq` ranges; of these topics where any is."""
    kept: dict[str, dict[int, Ranges]] = {}
    for class_id, state in policy.states_of(snap, flow.id).items():
        if not topics or policy.classes[class_id].value.topics.intersection(topics):
            for name, ranges in state.review.items():
                kept.setdefault(name, {})[class_id] = ranges
    return kept


def kept_items(
    node: Node,
    desk: PolicyDesk,
    number: str,
    topics: Sequence[str] = (),
    *,
    by: Actor,
    held: bool = False,
    after: int = 0,
    limit: int,
) -> list[KeptItem]:
    """The first `limit` items beyond `after` (`seq`) that the review of one pause keeps, or with `held` those that the
    pause itself holds; of these topics where any is, as far as they are there for `by`. Raises `Unknown`
    `topic-unknown`.
    """
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        sight = Sight(by, policy)
        require_topics(snap, topics)
        kept: list[tuple[FlowRow, Mapping[int, Ranges]]] = []
        whole: dict[int, Ranges] = {}
        for flow in (flow for flow in policy.flows.values() if sight.gives(flow.agreement)):
            found = {
                class_id: ranges.beyond(after)
                for class_id, state in policy.states_of(snap, flow.id).items()
                if (ranges := (state.held if held else state.review).get(number)) is not None
                and _is_listed(policy.classes[class_id].value, topics, sight)
            }
            kept.append((flow, found))
            for class_id, ranges in found.items():
                whole[class_id] = whole.get(class_id, EMPTY) | ranges
        asked = [(class_id, low, high) for class_id, ranges in whole.items() for low, high in ranges]
        places = dict(snap.scan(asked, limit)) if asked else {}
        records = {row.seq: row for row in snap.records(sorted(places))}
        bodies = {body.seq: body for body in snap.bodies(sorted(places))}
        batches = snap.batches(sorted(places))
    return [
        KeptItem(
            seq,
            f"{records[seq].stix_id}@{records[seq].version}",
            bodies[seq].raw,
            next(batch.added_at(seq) for batch in batches if batch.first <= seq <= batch.last),
            policy.classes[class_id].value,
            [(flow.agreement, flow.party) for flow, found in kept if seq in found.get(class_id, EMPTY)],
        )
        for seq, class_id in sorted(places.items())
    ]


def _is_listed(value: Class, topics: Sequence[str], sight: Sight) -> bool:
    return (not topics or bool(value.topics.intersection(topics))) and sight.stock(value.originator)


def require_topics(snap: Snapshot, topics: Sequence[str]) -> None:
    """Raises `Unknown` `topic-unknown` where one of these is in no vocabulary."""
    known = vocabulary_of(snap).names
    for topic in topics:
        if topic not in known:
            raise Unknown("topic-unknown", f"there is no topic `{topic}`", remedy="see topics.yaml")


@dataclass(frozen=True, slots=True)
class ReleaseBacklog:
    """Releases what reviews keep, of one pause or of all, narrowed by topic and item."""

    kind: ClassVar[str] = "backlog-release"

    pause: str | None = None
    topics: Sequence[str] = ()
    items: Sequence[str] = ()

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreements they are. Raises `Unknown` for what is named and is not there for `by`."""
        return _plan(change, self, by, "release what was kept for review")

    def carry_out(self, change: Change, act: Act) -> Done:
        """New dates for what is released; `items` of the outcome counts it."""

        def turned(state: ClassState, bits: Ranges, given: Ranges, at_seq: int) -> Turn:
            return bit_released(state, bits, pause=self.pause, given=given, at_seq=at_seq)

        return _turn_backlog(change, act, self, turned)


@dataclass(frozen=True, slots=True)
class DiscardBacklog:
    """Drops what reviews keep, of one pause or of all, narrowed by topic and item."""

    kind: ClassVar[str] = "backlog-discard"

    pause: str | None = None
    topics: Sequence[str] = ()
    items: Sequence[str] = ()

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreements they are. Raises `Unknown` for what is named and is not there for `by`."""
        return _plan(change, self, by, "drop what was kept for review")

    def carry_out(self, change: Change, act: Act) -> Done:
        """`items` of the outcome counts what was dropped."""

        def turned(state: ClassState, bits: Ranges, _given: Ranges, _at_seq: int) -> Turn:
            return bit_discarded(state, bits, pause=self.pause)

        return _turn_backlog(change, act, self, turned)


Bits = ReleaseBacklog | DiscardBacklog


def _plan(change: Change, order: Bits, by: Actor, what: str) -> Plan:
    sight = Sight(by, change.policy)
    require_topics(change.tx, order.topics)
    items = []
    for text in order.items:
        named = [pair for pair in items_named(change.tx, change.policy, text) if sight.stock(pair[0])]
        if not named:
            raise unknown_item(text)
        # What is agreed to is what was seen, whatever newer versions there are by then.
        items += [f"{text.partition('@')[0]}@{version.version}" for _, version in named]
    order = replace(order, items=tuple(dict.fromkeys(items)))
    concerned = {
        flow.agreement
        for flow in change.policy.flows.values()
        for state in change.policy.states_of(change.tx, flow.id).values()
        if any(order.pause in {None, name} for name in state.review)
    }
    mine = {name for name in concerned if sight.gives(name)}
    if order.pause is not None:
        rows = {str(row.number): row for row in change.tx.pauses(lifted=True)}
        made = Pause.parse_value(rows[order.pause].value) if order.pause in rows else None
        if made is None or not sight.pause(made):
            raise Unknown("pause-unknown", f"there is no pause `{order.pause}`", remedy="relto backlog list")
        # Whose decision the pause was: also where nothing of it is left.
        mine |= {name for name in made.agreements if sight.gives(name)} or made.agreements
    return _planned(change, order, what, mine)


def _planned(change: Change, order: Bits, what: str, concerned: Collection[str]) -> Plan:
    return Plan(
        what=what,
        parties=change.policy.givers(concerned),
        concerns=sorted(concerned),
        needs=change.policy.asks(concerned, "resume"),
        grounds=[f"agreement {name}" for name in sorted(concerned)],
        intent=order,
    )


def _turn_backlog(change: Change, act: Act, order: Bits, turned: Turned) -> Done:
    sight = Sight.of_asker(act, change.policy)
    named = [pair for text in order.items for pair in items_named(change.tx, change.policy, text)]
    # Another's item of the same name is not there for whoever asked.
    chosen = {found.seq for originator, found in named if sight.stock(originator)}
    gone: dict[int, Ranges] = {}
    effect = change.effect()
    # What was agreed to is what there was when it was asked, of whoever asked.
    for flow in [flow for flow in change.policy.flows.values() if flow.agreement in act.concerns]:
        effect.add(_turn_flow(change, flow, order, turned, chosen, gone))
    outcome = {"items": count(change.tx, gone), **({"seqs": sorted(chosen)} if order.items else {})}
    return Done(outcome=outcome, effect=effect)


def _turn_flow(
    change: Change, flow: FlowRow, order: Bits, turned: Turned, chosen: Iterable[int], gone: dict[int, Ranges]
) -> Effect:
    bits = Ranges.of(*((seq - 1, seq) for seq in chosen)) if order.items else EVERYTHING

    def of_class(row: ClassRow, state: ClassState, given: Ranges) -> Turn:
        mine = bits if not order.topics or row.value.topics.intersection(order.topics) else EMPTY
        found = turned(state, mine, given, change.head.last_seq)
        if isinstance(order, DiscardBacklog):
            dropped = found.state.discarded - state.discarded
            gone[row.id] = gone.get(row.id, EMPTY) | dropped
        return found

    effect = change.turn_bits(flow, of_class)
    for class_id, ranges in effect.released.items():
        gone[class_id] = gone.get(class_id, EMPTY) | ranges
    return effect
