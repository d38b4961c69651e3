"""Standing: how things are. What flows, what is paused and what it keeps back (`status`), why one item does
(`explain`),
and what a pause or a resume would do (previews, which change nothing). All counts are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from relto.domain.errors import Unknown
from relto.domain.flow import ClassState, Lift, Verdict, turn
from relto.domain.moment import write
from relto.domain.pause import since_words
from relto.domain.ranges import EMPTY, Ranges
from relto.domain.reason import Reason
from relto.domain.stream import BACKLOG
from relto.usecases.pausing import count_by_topic, counted, found_pause, items_named, planned
from relto.usecases.policy import verdict_of
from relto.usecases.sequencing import carry_out_due

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from relto.domain.pause import Pause
    from relto.domain.stream import Stream
    from relto.ports.node import Node
    from relto.ports.store import FlowRow, Known, RepairRow, Snapshot
    from relto.usecases.pausing import Order
    from relto.usecases.policy import Policy, PolicyDesk

DAY_US = 86_400_000_000

PREVIEW_DAYS = 30
"""A preview of a pause counts the items of so many last days."""

PER_DAY_MAX = 366
"""So many days are listed at most; a backlog that is older is counted under the first of them."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a pause holds now in one flow. `oldest`: when the oldest of it was stored, in microseconds."""

    items: int = 0
    by_topic: Mapping[str, int] = field(default_factory=dict)
    oldest: int | None = None


@dataclass(frozen=True, slots=True)
class FlowStatus:
    """One agreement and recipient. `released`: distinct items, those that a cut hides included.

    `repaired`: what readers were given again, oldest first; what was folded since is left out.
    """

    agreement: str
    title: str
    to: str
    state: str
    released: int
    pauses: Sequence[tuple[Pause, Held]]
    repaired: Sequence[RepairRow] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an item in one agreement, and why."""

    agreement: str
    item: str
    decision: str
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would do. `classes` and `items` are numbers; `per_day` is (day, items), without empty days.

    `hidden`: what was released and a cut would close. `left`: what a resume would leave held by other pauses.
    """

    agreements: Sequence[str]
    classes: int
    items: int
    by_topic: Mapping[str, int]
    by_type: Mapping[str, int]
    per_day: Sequence[tuple[str, int]]
    hidden: int = 0
    left: int = 0


def status(node: Node, desk: PolicyDesk, name: str | None = None) -> list[FlowStatus]:
    """One entry per agreement and recipient; `name` narrows to an agreement or a party (giver or recipient).

    Raises `Unknown` `status-unknown` where it names neither.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        if name is not None and name not in policy.standings and name not in policy.parties:
            raise Unknown(
                "status-unknown", f"there is no agreement and no party `{name}`", remedy="relto agreement list"
            )
        # A group stands for its members, in the agreements that name it.
        known = name is not None and name in policy.parties
        reached = policy.parties.reached_by(str(name), node.now(snap.head())) if known else frozenset()
        flows = [
            flow
            for flow in sorted(policy.flows.values(), key=lambda flow: (flow.agreement, flow.party))
            if flow.member and (name is None or _is_about(policy, flow, name, reached))
        ]
        return [_flow_status(snap, policy, flow) for flow in flows]


def _is_about(policy: Policy, flow: FlowRow, name: str, reached: Collection[str]) -> bool:
    terms = policy.standings[flow.agreement].terms
    return name in {flow.agreement, flow.party, terms.giver} or (name in terms.to and flow.party in reached)


def _flow_status(snap: Snapshot, policy: Policy, flow: FlowRow) -> FlowStatus:
    standing = policy.standings[flow.agreement]
    states = policy.states_of(snap, flow.id)
    stream = policy.stream(snap, flow.main)
    upto = snap.head().last_seq
    given = {name: stream.given(name).upto(upto) for name in states}
    released = sum(counted(snap, {name: ranges for name, ranges in given.items() if ranges}).values())
    pauses = [
        pause
        for number, pause in sorted(policy.pauses.items(), key=lambda pair: int(pair[0]))
        if flow.agreement in pause.agreements and pause.recipient in {None, flow.party}
    ]
    running = [pause for pause in pauses if pause.state == "running"]
    if standing.ended:
        state = "ended"
    elif any(not pause.is_narrow for pause in running):
        state = "paused"
    else:
        state = "partly-paused" if running else "flowing"
    kept = [(pause, _held(snap, policy, states, pause.number, upto)) for pause in pauses]
    repaired = sorted(snap.repairs(flow=flow.id), key=lambda row: (row.at, row.reader, row.epoch))
    return FlowStatus(flow.agreement, standing.terms.title, flow.party, state, released, kept, repaired)


def _held(snap: Snapshot, policy: Policy, states: Mapping[int, ClassState], pause: str, upto: int) -> Held:
    ranges = {name: held for name, state in states.items() if (held := state.held.get(pause, EMPTY).upto(upto))}
    items, by_topic = count_by_topic(snap, policy, ranges)
    if not items:
        return Held()
    asked = [(name, after, end) for name, each in ranges.items() for after, end in each]
    first = min(ends[0] for ends in snap.trims(asked) if ends is not None)
    batch = snap.batch_of(first)
    return Held(items, by_topic, None if batch is None else batch.added_at(first))


# Why.


def explain(node: Node, desk: PolicyDesk, item: str, party: str) -> list[Answer]:
    """Why an item flows to a party, is held or withheld, in every agreement with that party.

    Raises `Unknown` `item-unknown` or `party-unknown`.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        policy = desk.current(snap, head.policy_version)
        policy.parties.party(party)
        named = items_named(snap, policy, item)
        found = []
        for flow in sorted(policy.flows.values(), key=lambda flow: flow.agreement):
            if flow.party != party:
                continue
            scope = policy.standings[flow.agreement].terms.scope.originators or frozenset()
            theirs = [pair for pair in named if pair[0] in scope] or named
            version = max((pair[1] for pair in theirs), key=lambda each: each.version_us)
            found.append(_answer(snap, policy, flow, item.partition("@")[0], version, node.now(head)))
        return found


def _answer(snap: Snapshot, policy: Policy, flow: FlowRow, item: str, version: Known, now: int) -> Answer:
    klass = policy.classes[version.class_id].value
    decision = policy.decider(flow, now)(klass)
    state = policy.states_of(snap, flow.id).get(version.class_id, _NEVER)
    place = policy.stream(snap, flow.main).place_of(version.class_id, version.seq)
    name = f"{item}@{version.version}"
    holding = [number for number, ranges in state.held.items() if version.seq in ranges]
    if place is not None:
        again = _given_again(snap, policy, flow, version)
        if not state.hidden_since:
            reasons = decision.reasons
            if decision.kind != "release":
                earlier = Reason("released-before", "it was released before, and what was released stays readable")
                reasons = (earlier, *decision.reasons)
            return Answer(flow.agreement, name, "release", (*reasons, *again))
        kind = "hold" if decision.kind == "hold" else "withhold"
        hidden = Reason("hidden", "it was released before, and is closed to reading meanwhile")
        return Answer(flow.agreement, name, kind, (*decision.reasons, hidden, *again))
    if decision.kind == "withhold":
        return Answer(flow.agreement, name, "withhold", decision.reasons)
    if holding:
        return Answer(flow.agreement, name, "hold", _held_by(policy, holding) or decision.reasons)
    if any(version.seq in ranges for ranges in state.review.values()):
        numbers = ", ".join(f"`{number}`" for number, ranges in state.review.items() if version.seq in ranges)
        return Answer(
            flow.agreement, name, "hold", (Reason("backlog-review", f"the review after pause {numbers} keeps it"),)
        )
    if version.seq in state.discarded:
        return Answer(
            flow.agreement,
            name,
            "withhold",
            (Reason("backlog-discarded", "it was discarded when the pause that held it was lifted"),),
        )
    ungranted = Reason("before-agreement", "the agreement did not grant it when it came, and gives no history")
    return Answer(flow.agreement, name, "withhold", (ungranted,))


def _given_again(snap: Snapshot, policy: Policy, flow: FlowRow, version: Known) -> tuple[Reason, ...]:
    """To whom it was given again, and when: where it stands in an account's stream now says by which repair."""
    told: dict[tuple[int, str | None], list[str]] = {}
    for row in snap.repairs(flow=flow.id):
        stream = policy.stream(snap, policy.stream_of(flow, row.reader))
        place = stream.place_of(version.class_id, version.seq)
        if place is not None and (place.epoch, place.part) == (row.epoch, BACKLOG):
            told.setdefault((row.at, row.by), []).append(row.reader)
    reasons = []
    for (at, by), readers in sorted(told.items(), key=lambda pair: pair[0][0]):
        names = ", ".join(f"`{reader}`" for reader in readers)
        whose = "its client had moved on past it" if by is None else f"`{by}` had it delivered again"
        reasons.append(Reason("given-again", f"it was given again to {names} at {write(at)}: {whose}"))
    return tuple(reasons)


def _held_by(policy: Policy, numbers: Sequence[str]) -> tuple[Reason, ...]:
    pauses = [policy.pauses[number] for number in sorted(numbers, key=int) if number in policy.pauses]
    return tuple(Reason("paused", f"{pause.words()} {since_words(pause)}: {pause.reason}") for pause in pauses)


_NEVER = ClassState(Verdict("withhold"))


# What an act would do.


def preview_pause(node: Node, desk: PolicyDesk, order: Order, *, by: str) -> Preview:
    """What the pause would keep back, counted over the items of the last 30 days. Raises as `pausing.pause` does."""
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        now = node.now(head)
        policy = desk.current(snap, head.policy_version)
        made = planned(snap, policy, order, by=by, now=now)
        at = max(now, made.since)
        since = snap.seq_upto(now - PREVIEW_DAYS * DAY_US)
        held: dict[int, Ranges] = {}
        hidden: dict[int, Ranges] = {}
        for agreement in sorted(made.agreements):
            for flow in policy.flows_of(agreement):
                if not flow.member or made.recipient not in {None, flow.party}:
                    continue
                before, after = policy.decider(flow, at), policy.decider(flow, at, also=[_as_running(made)])
                stream = policy.stream(snap, flow.main)
                for row in policy.classes.values():
                    was, would = before(row.value), after(row.value)
                    if was.kind == "release" and would.kind == "hold":
                        held[row.id] = Ranges.of((since, head.last_seq))
                    if would.hidden and not was.hidden:
                        given = stream.given(row.id).upto(head.last_seq)
                        hidden[row.id] = hidden.get(row.id, EMPTY) | given
        first_day = now - PREVIEW_DAYS * DAY_US
        return _preview(
            snap,
            policy,
            sorted(made.agreements),
            {name: ranges for name, ranges in held.items() if ranges},
            days=(first_day, now),
            classes=len(held),
            hidden=sum(counted(snap, {name: ranges for name, ranges in hidden.items() if ranges}).values()),
        )


def _as_running(pause: Pause) -> Pause:
    return replace(pause, state="running", number="preview")


def preview_resume(node: Node, desk: PolicyDesk, number: str) -> Preview:
    """What lifting the pause would release now, it alone. Raises `Unknown` `pause-unknown`, `Refused`
    `pause-lifted`.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        now = node.now(head)
        policy = desk.current(snap, head.policy_version)
        made = found_pause(snap, policy, number)
        released: dict[int, Ranges] = {}
        left: dict[int, Ranges] = {}
        for agreement in sorted(made.agreements):
            for flow in policy.flows_of(agreement):
                if made.recipient in {None, flow.party}:
                    _add_release(snap, policy, flow, made.number, now, released, left)
        found = [(name, after, upto) for name, each in released.items() for after, upto in each]
        firsts = [ends[0] for ends in snap.trims(found) if ends is not None]
        batch = snap.batch_of(min(firsts)) if firsts else None
        oldest = now if batch is None else batch.added_at(min(firsts))
        return _preview(
            snap,
            policy,
            sorted(made.agreements),
            released,
            days=(oldest, now),
            classes=sum(1 for count in counted(snap, released).values() if count),
            left=sum(counted(snap, left).values()),
        )


def _add_release(
    snap: Snapshot,
    policy: Policy,
    flow: FlowRow,
    number: str,
    now: int,
    released: dict[int, Ranges],
    left: dict[int, Ranges],
) -> None:
    decided = policy.decider(flow, now, without=[number])
    stream: Stream = policy.stream(snap, flow.main)
    last = snap.head().last_seq
    for class_id, state in policy.states_of(snap, flow.id).items():
        if number not in state.held and number not in state.verdict.covering:
            continue
        found = turn(
            state,
            verdict_of(decided(policy.classes[class_id].value)),
            given=stream.given(class_id),
            at_seq=last,
            version=policy.version,
            history=policy.standings[flow.agreement].terms.history == "all",
            lift=Lift(number, "release"),
        )
        for total, ranges in ((released, found.backlog), (left, found.taken_over.upto(last))):
            if ranges:
                total[class_id] = total.get(class_id, EMPTY) | ranges


def _preview(
    snap: Snapshot,
    policy: Policy,
    agreements: Sequence[str],
    ranges: Mapping[int, Ranges],
    *,
    days: tuple[int, int],
    classes: int,
    hidden: int = 0,
    left: int = 0,
) -> Preview:
    items, by_topic = count_by_topic(snap, policy, ranges)
    by_type: dict[str, int] = {}
    for class_id, count in counted(snap, ranges).items():
        if count:
            kind = policy.classes[class_id].value.type
            by_type[kind] = by_type.get(kind, 0) + count
    per_day = _per_day(snap, ranges, *days) if items else []
    return Preview(agreements, classes, items, by_topic, dict(sorted(by_type.items())), per_day, hidden, left)


def _per_day(snap: Snapshot, ranges: Mapping[int, Ranges], first: int, last: int) -> list[tuple[str, int]]:
    """Items of each day (UTC) by the moment they were stored; what is older than the first day counts under it."""
    day = max(first // DAY_US, last // DAY_US - PER_DAY_MAX + 1)
    found, after = [], 0
    while day <= last // DAY_US:
        upto = snap.seq_upto((day + 1) * DAY_US - 1)
        window = Ranges.of((after, upto))
        here = {name: part for name, each in ranges.items() if (part := each & window)}
        count = sum(counted(snap, here).values())
        if count:
            found.append((write(day * DAY_US)[:10], count))
        after, day = upto, day + 1
    return found
