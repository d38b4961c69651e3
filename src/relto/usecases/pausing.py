"""Pausing and resuming: one transaction each, binding at once in every process, at a cost that no backlog changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.flow import Backlog, bit_discarded, bit_released
from relto.domain.ids import parse_item
from relto.domain.pause import Condition, Pause, narrowing, pause_number
from relto.domain.ranges import EMPTY, EVERYTHING, Ranges
from relto.domain.selector import Selector
from relto.usecases.agreements import standing_of
from relto.usecases.keys import object_key
from relto.usecases.policy import vocabulary_of
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from relto.domain.flow import ClassState, Turn
    from relto.domain.pause import Mode
    from relto.ports.node import Node
    from relto.ports.store import ClassRow, FlowRow, Known, Snapshot
    from relto.usecases.effect import Effect
    from relto.usecases.policy import Policy, PolicyDesk
    from relto.usecases.sequencing import Change


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants paused. `agreements` empty with `everything`: all that have not ended. Moments in
    microseconds.

    `scope`: the plain value of a selector (a file), which excludes the narrowing options beside it.
    """

    agreements: Sequence[str] = ()
    everything: bool = False
    recipient: str | None = None
    topics: Sequence[str] = ()
    types: Sequence[str] = ()
    originators: Sequence[str] = ()
    marking_at_least: str | None = None
    scope: object = None
    mode: Mode = "freeze"
    from_us: int | None = None
    until_us: int | None = None
    reason: str = ""
    authority: str = ""
    review_us: int | None = None
    conditions: Sequence[str] = ()
    discreet: bool = False


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause as it was made. `effective_at`: the clock after the commit; of a scheduled one, its moment."""

    pause: Pause
    effective_at: int
    state: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """What lifting a pause did: `released` went from held to flowing, `still_held` other pauses hold on; exact
    counts.
    """

    pause: str
    effective_at: int
    visible_at: int
    released: int
    still_held: int
    backlog: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a `review` left in one flow."""

    pause: str
    agreement: str
    to: str
    items: int
    by_topic: Mapping[str, int] = field(default_factory=dict)


def pause(node: Node, desk: PolicyDesk, order: Order, *, by: str) -> Paused:
    """Pauses. Raises `Unknown` for agreements and parties, `BadInput` for what cannot be understood."""
    with changing(node, desk) as change:
        made = planned(change.tx, change.policy, order, by=by, now=change.now)
        number = int(change.tx.setting("pauses") or "0") + 1
        change.tx.put_setting("pauses", str(number))
        made = replace(made, number=str(number))
        change.put_pause(made)
        if made.state == "running":
            for flow in change.concerned(made):
                change.settle(flow)
        change.act("pause", by, {"pause": made.as_text()})
    if made.state == "scheduled" and made.from_us is not None:
        return Paused(made, made.from_us, "scheduled")
    return Paused(made, node.now(node.store.head()), "applied")


def planned(snap: Snapshot, policy: Policy, order: Order, *, by: str, now: int) -> Pause:
    """The pause that an order means, checked against what is here; its number is still open."""
    names = list(dict.fromkeys(order.agreements))
    if order.everything and names:
        raise BadInput("pause-invalid", "name agreements or say `--all`, not both")
    if order.recipient is not None:
        policy.parties.party(order.recipient)
    if order.everything:
        names = [
            name
            for name, standing in policy.standings.items()
            if not standing.ended and (order.recipient is None or _flow_of(policy, name, order.recipient))
        ]
    if not names:
        raise BadInput("pause-invalid", "nothing is named to be paused", remedy="name an agreement, or say `--all`")
    for name in names:
        if standing_of(policy, name).ended:
            raise Refused("agreement-ended", f"agreement `{name}` has ended: nothing flows under it", agreement=name)
        if order.recipient is not None and not _flow_of(policy, name, order.recipient):
            raise Unknown(
                "recipient-unknown",
                f"party `{order.recipient}` receives nothing under agreement `{name}`",
                remedy=f"relto agreement show {name}",
            )
    scope = _scope(order, vocabulary_of(snap).names)
    for originator in sorted((scope.originators if scope is not None else None) or ()):
        policy.parties.party(originator)
    from_us = order.from_us if order.from_us is not None and order.from_us > now else None
    if order.until_us is not None and order.until_us <= now:
        raise BadInput("pause-ends-before-it-begins", "`--until` lies in the past")
    return Pause(
        number="0",
        agreements=frozenset(names),
        reason=order.reason,
        made_by=by,
        made_at=now,
        recipient=order.recipient,
        scope=scope,
        mode=order.mode,
        authority=order.authority,
        review_us=order.review_us,
        conditions=tuple(Condition(text) for text in order.conditions),
        discreet=order.discreet,
        from_us=from_us,
        until_us=order.until_us,
        state="running" if from_us is None else "scheduled",
    )


def _flow_of(policy: Policy, agreement: str, party: str) -> bool:
    flow = policy.flow(agreement, party)
    return flow is not None and flow.member


def _scope(order: Order, topics: frozenset[str]) -> Selector | None:
    options = bool(order.topics or order.types or order.originators or order.marking_at_least)
    if order.scope is not None:
        if options:
            raise BadInput("pause-invalid", "`--scope` and narrowing options exclude each other")
        return Selector.parse(order.scope, where="the scope", topics=topics)
    return narrowing(
        topics=order.topics,
        types=order.types,
        originators=order.originators,
        marking_at_least=order.marking_at_least,
        known_topics=topics,
    )


def resume(
    node: Node, desk: PolicyDesk, numbers: Sequence[str], *, backlog: Backlog, by: str, note: str = ""
) -> list[Resumed]:
    """Lifts pauses, one after the other, in one transaction. Raises `Unknown` `pause-unknown`, `Refused`
    `pause-lifted`.
    """
    done = []
    with changing(node, desk) as change:
        for number in numbers:
            made = running(change, number)
            effect = change.lift(made, backlog, by=by, note=note)
            released, still = _count(change.tx, effect.released), _count(change.tx, effect.still_held)
            done.append((effect, Resumed(made.number, 0, 0, released, still, backlog)))
    now = node.now(node.store.head())
    return [replace(each, effective_at=now, visible_at=max(effect.visible_at, now)) for effect, each in done]


def running(change: Change, number: str) -> Pause:
    """The pause of that number, running or scheduled."""
    return found_pause(change.tx, change.policy, number)


def found_pause(snap: Snapshot, policy: Policy, number: str) -> Pause:
    """The pause of that number, running or scheduled. Raises `Unknown` `pause-unknown` or `Refused` `pause-lifted`."""
    made = policy.pauses.get(pause_number(number).lstrip("0"))
    if made is not None:
        return made
    if any(str(row.number) == number for row in snap.pauses(lifted=True)):
        raise Refused("pause-lifted", f"pause `{number}` was lifted already", remedy="relto status", pause=number)
    raise Unknown("pause-unknown", f"there is no pause `{number}`", remedy="relto status", pause=number)


def count_by_topic(snap: Snapshot, policy: Policy, ranges: Mapping[int, Ranges]) -> tuple[int, dict[str, int]]:
    """How many items there are in the ranges, and how many of each topic; an item counts under each of its topics."""
    total, by_topic = 0, dict[str, int]()
    for class_id, count in counted(snap, ranges).items():
        total += count
        for topic in policy.classes[class_id].value.topics:
            if count:
                by_topic[topic] = by_topic.get(topic, 0) + count
    return total, dict(sorted(by_topic.items()))


def counted(snap: Snapshot, ranges: Mapping[int, Ranges]) -> dict[int, int]:
    """How many items of each class there are in its ranges, exactly, without counting rows."""
    asked = [(class_id, after, upto) for class_id, each in ranges.items() for after, upto in each]
    found: dict[int, int] = {}
    for (class_id, _, _), count in zip(asked, snap.counts(asked), strict=True):
        found[class_id] = found.get(class_id, 0) + count
    return found


def _count(snap: Snapshot, ranges: Mapping[int, Ranges]) -> int:
    return sum(counted(snap, ranges).values())


# What a review left.

Turned = Callable[["ClassState", Ranges, Ranges, int], "Turn"]
"""What becomes of a class: (state, the ranges that were asked for, what was given of it, the last `seq`)."""


def list_backlog(
    node: Node, desk: PolicyDesk, number: str | None = None, topics: Sequence[str] = ()
) -> tuple[int, list[Reviewed]]:
    """How many items reviews keep, and how many by pause, agreement and recipient; of these topics where any is.

    An item that is kept from two recipients is one item of the whole. Raises `Unknown` `topic-unknown`.
    """
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        require_topics(snap, topics)
        found: list[Reviewed] = []
        whole: dict[int, Ranges] = {}
        for flow in policy.flows.values():
            kept: dict[str, dict[int, Ranges]] = {}
            for class_id, state in policy.states_of(snap, flow.id).items():
                if topics and not policy.classes[class_id].value.topics.intersection(topics):
                    continue
                for name, ranges in state.review.items():
                    if number in {None, name}:
                        kept.setdefault(name, {})[class_id] = ranges
                        whole[class_id] = whole.get(class_id, EMPTY) | ranges
            for name, reviewed in kept.items():
                items, by_topic = count_by_topic(snap, policy, reviewed)
                if items:
                    found.append(Reviewed(name, flow.agreement, flow.party, items, by_topic))
        total = sum(counted(snap, whole).values())
    return total, sorted(found, key=lambda each: (int(each.pause), each.agreement, each.to))


def require_topics(snap: Snapshot, topics: Sequence[str]) -> None:
    """Raises `Unknown` `topic-unknown` where one of these is in no vocabulary."""
    known = vocabulary_of(snap).names
    for topic in topics:
        if topic not in known:
            raise Unknown("topic-unknown", f"there is no topic `{topic}`", remedy="see topics.yaml")


def release_backlog(
    node: Node, desk: PolicyDesk, *, by: str, number: str | None, topics: Sequence[str], items: Sequence[str]
) -> tuple[int, int]:
    """Releases what reviews keep, narrowed by topic and item; how many items went, and when the last can be read."""

    def turned(state: ClassState, bits: Ranges, given: Ranges, at_seq: int) -> Turn:
        return bit_released(state, bits, pause=number, given=given, at_seq=at_seq)

    return _turn_backlog(node, desk, turned, "backlog-release", by, number, topics, items)


def discard_backlog(
    node: Node, desk: PolicyDesk, *, by: str, number: str | None, topics: Sequence[str], items: Sequence[str]
) -> tuple[int, int]:
    """Drops what reviews keep, narrowed by topic and item; how many items were dropped."""

    def turned(state: ClassState, bits: Ranges, _given: Ranges, _at_seq: int) -> Turn:
        return bit_discarded(state, bits, pause=number)

    return _turn_backlog(node, desk, turned, "backlog-discard", by, number, topics, items)


def _turn_backlog(
    node: Node,
    desk: PolicyDesk,
    turned: Turned,
    kind: str,
    by: str,
    number: str | None,
    topics: Sequence[str],
    items: Sequence[str],
) -> tuple[int, int]:
    with changing(node, desk) as change:
        require_topics(change.tx, topics)
        chosen = {found.seq for text in items for _, found in items_named(change.tx, change.policy, text)}
        if number is not None and not any(str(row.number) == number for row in change.tx.pauses(lifted=True)):
            raise Unknown("pause-unknown", f"there is no pause `{number}`", remedy="relto backlog list")
        gone: dict[int, Ranges] = {}
        effect = change.effect()
        for flow in list(change.policy.flows.values()):
            effect.add(_turn_flow(change, flow, turned, kind, topics, chosen, bool(items), gone))
        total = _count(change.tx, gone)
        change.act(kind, by, {"pause": number, "topics": list(topics), "items": list(items), "count": total})
    now = node.now(node.store.head())
    return total, max(effect.visible_at, now)


def _turn_flow(
    change: Change,
    flow: FlowRow,
    turned: Turned,
    kind: str,
    topics: Sequence[str],
    chosen: Iterable[int],
    narrowed: bool,  # noqa: FBT001 - one of many, all by place
    gone: dict[int, Ranges],
) -> Effect:
    bits = Ranges.of(*((seq - 1, seq) for seq in chosen)) if narrowed else EVERYTHING

    def of_class(row: ClassRow, state: ClassState, given: Ranges) -> Turn:
        mine = bits if not topics or row.value.topics.intersection(topics) else EMPTY
        found = turned(state, mine, given, change.head.last_seq)
        if kind == "backlog-discard":
            dropped = found.state.discarded - state.discarded
            gone[row.id] = gone.get(row.id, EMPTY) | dropped
        return found

    effect = change.turn_bits(flow, of_class)
    for class_id, ranges in effect.released.items():
        gone[class_id] = gone.get(class_id, EMPTY) | ranges
    return effect


def items_named(snap: Snapshot, policy: Policy, text: str) -> list[tuple[str, Known]]:
    """(originator, version) of the items that `text` (`id`, or `id@modified`) names; without a version the last of
    each.

    Raises `Unknown` `item-unknown`.
    """
    name = parse_item(text)
    found = []
    for originator in sorted({row.value.originator for row in policy.classes.values()}):
        versions = snap.known([object_key(originator, name.id)]).get(object_key(originator, name.id), [])
        if name.version is not None:
            versions = [each for each in versions if each.version_us == name.version_us]
        found += [(originator, each) for each in versions[-1:]]
    if not found:
        raise Unknown("item-unknown", f"there is no item `{text}`", item=text)
    return found
