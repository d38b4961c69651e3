"""Standing: how things are. What flows, what is paused and what it keeps back (`status`), and why one item does
(`explain`). All counts are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.errors import Unknown
from relto.domain.flow import ClassState, Verdict
from relto.domain.moment import write
from relto.domain.party import unknown_party
from relto.domain.pause import since_words
from relto.domain.ranges import Ranges
from relto.domain.reason import Reason
from relto.domain.stream import BACKLOG
from relto.usecases.counting import Counts
from relto.usecases.evidence.show.footing import Footing
from relto.usecases.evidence.show.looking import is_told
from relto.usecases.holding import Held, Holdings, held_now, held_then
from relto.usecases.items import unknown_item, versions_named
from relto.usecases.past import past_of
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from relto.domain.actor import Actor
    from relto.domain.agreement import Agreement
    from relto.domain.classes import Class
    from relto.domain.pause import Pause
    from relto.ports.node import Node
    from relto.ports.store import FlowRow, Known, RepairRow, Snapshot
    from relto.usecases.evidence.show.footing import Told
    from relto.usecases.past import Past, Wanted
    from relto.usecases.policy import Policy, PolicyDesk


AT_ONCE: Final = 500
"""Flows that are told of together: what is asked about them is in memory at once."""


@dataclass(frozen=True, slots=True)
class PauseStatus:
    """A pause in one flow. `overdue`: which of its dates have passed and call for a decision."""

    pause: Pause
    held: Held
    overdue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowStatus:
    """One agreement and recipient. `released`: distinct items, those that a cut hides included.

    `overdue`: whether the agreement's review date has passed. `repaired`: what readers were given again, oldest first;
    what was folded since is left out.
    """

    agreement: str
    title: str
    to: str
    state: str
    released: int
    pauses: Sequence[PauseStatus]
    overdue: bool = False
    repaired: Sequence[RepairRow] = ()


@dataclass(frozen=True, slots=True)
class FlowState:
    """One agreement and recipient, without counts: who gives, to whom, and whether it flows."""

    agreement: str
    title: str
    giver: str
    to: str
    state: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an item in one agreement, and why. `pauses`: those that the reasons name, by number; `leaves`: of
    the log, on which that rests, as far as whoever asks may read them.
    """

    agreement: str
    item: str
    decision: str
    reasons: Sequence[Reason]
    pauses: Collection[str] = ()
    leaves: Sequence[Told] = ()


def status(
    node: Node, desk: PolicyDesk, name: str | None = None, *, by: Actor, at: int | None = None
) -> list[FlowStatus]:
    """One entry per agreement and recipient; `name` narrows to an agreement or a party (giver or recipient).

    `at`: as it was at that moment. Raises `Unknown` `status-unknown` where `name` names neither, `BadInput`
    `when-ahead`.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        past = None
        if at is not None:
            named = None if name not in policy.standings or name in policy.parties else [name]
            past = past_of(node, snap, policy, at, _wanted(Sight(by, policy), name), agreements=named)
            policy = past.policy
        sight = Sight(by, policy)
        is_agreement = name in policy.standings and sight.agreement(str(name))
        if name is not None and not is_agreement and not sight.party(name):
            raise Unknown(
                "status-unknown", f"there is no agreement and no party `{name}`", remedy="relto agreement list"
            )
        # A group stands for its members, in the agreements that name it.
        known = name is not None and name in policy.parties
        now = node.now(snap.head()) if at is None else at
        reached = policy.parties.reached_by(str(name), now) if known else frozenset()
        flows = [
            flow
            for flow in (
                policy.flows_of(str(name))
                if is_agreement and not known
                else sorted(policy.flows.values(), key=lambda flow: (flow.agreement, flow.party))
            )
            if flow.member and sight.flow(flow) and (name is None or _is_about(policy, flow, name, reached))
        ]
        if past is not None:
            pauses = _Pauses(sight, past.at)
            return [_flow_status_then(snap, past, flow, sight, pauses) for flow in flows]
        return list(_flows_status(snap, flows, sight, now))


def status_of(node: Node, desk: PolicyDesk, flows: Collection[tuple[str, str]], *, by: Actor) -> list[FlowStatus]:
    """As `status`, of these flows (agreement, recipient), in their order; one that is not there is left out."""
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        policy = desk.current(snap, head.policy_version)
        sight = Sight(by, policy)
        found = [flow for pair in flows if (flow := policy.flow(*pair)) is not None]
        seen = [flow for flow in found if flow.member and sight.flow(flow)]
        return list(_flows_status(snap, seen, sight, node.now(head)))


def states(node: Node, desk: PolicyDesk, *, by: Actor) -> list[FlowState]:
    """How all flows stand that are there for whoever asks, by agreement and recipient. Counts nothing: it costs the
    policy in memory, so that ten thousand flows are told as well.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        policy, now = desk.current(snap, head.policy_version), node.now(head)
    sight = Sight(by, policy)
    seen = [flow for flow in policy.flows.values() if flow.member and sight.flow(flow)]
    pauses = _Pauses(sight, now)
    found = []
    for flow in sorted(seen, key=lambda flow: (flow.agreement, flow.party)):
        terms = policy.standings[flow.agreement].terms
        state = pauses.of(flow)[1]
        found.append(FlowState(flow.agreement, terms.title, terms.giver, flow.party, state))
    return found


def _wanted(sight: Sight, name: str | None) -> Wanted:
    """The flows that tell of an agreement or a party of that name: all that are there where there is none."""
    # A group stands for its members: all that an agreement reaches which names it.
    return lambda flow, terms: (
        sight.flow(flow) and (name in {None, flow.agreement, flow.party, terms.giver} or name in terms.to)
    )


def _is_about(policy: Policy, flow: FlowRow, name: str, reached: Collection[str]) -> bool:
    terms = policy.standings[flow.agreement].terms
    return name in {flow.agreement, flow.party, terms.giver} or (name in terms.to and flow.party in reached)


def _flows_status(snap: Snapshot, flows: Sequence[FlowRow], sight: Sight, now: int) -> Iterator[FlowStatus]:
    """What one has to ask the store about many flows is asked about many of them at once."""
    pauses = _Pauses(sight, now)
    for place in range(0, len(flows), AT_ONCE):
        yield from _some_status(snap, flows[place : place + AT_ONCE], sight, pauses, now)


def _some_status(
    snap: Snapshot, flows: Sequence[FlowRow], sight: Sight, paused: _Pauses, now: int
) -> Iterator[FlowStatus]:
    policy, upto = sight.policy, snap.head().last_seq
    policy.streams_whole(snap, [flow.main for flow in flows])
    stands = [paused.of(flow) for flow in flows]
    given = [_given(snap, flow, sight, upto) for flow in flows]
    kept = [
        [held_now(snap, policy, flow, pause.number, upto) for pause in pauses]
        for flow, (pauses, _) in zip(flows, stands, strict=True)
    ]
    held = [ranges for each in kept for ranges in each]
    counts = Counts(snap, [*given, *held])
    holdings = Holdings(snap, policy, counts, held)
    for flow, (pauses, state), ranges, mine in zip(flows, stands, given, kept, strict=True):
        standing = policy.standings[flow.agreement]
        yield FlowStatus(
            flow.agreement,
            standing.terms.title,
            flow.party,
            state,
            sum(counts.of(ranges).values()),
            [
                PauseStatus(pause, holdings.of(each), pause.overdue(now))
                for pause, each in zip(pauses, mine, strict=True)
            ],
            standing.terms.is_overdue(now) and not standing.ended,
            sorted(snap.repairs(flow=flow.id), key=lambda row: (row.at, row.reader, row.epoch)),
        )


def _given(snap: Snapshot, flow: FlowRow, sight: Sight, upto: int) -> dict[int, Ranges]:
    """What was ever released in the flow, by class."""
    policy, gives = sight.policy, sight.gives(flow.agreement)
    stream = policy.stream(snap, flow.main)
    given = {
        name: stream.given(name).upto(upto)
        for name, state in policy.states_of(snap, flow.id).items()
        # What is closed to reading was released all the same; who cannot read it is not told that anything is closed.
        if gives or not state.hidden_since
    }
    return {name: ranges for name, ranges in given.items() if ranges}


class _Pauses:
    """The pauses that are there for whoever looks, at a moment, by agreement."""

    def __init__(self, sight: Sight, at: int) -> None:
        self._policy, self._at = sight.policy, at
        self._of: dict[str, list[Pause]] = {}
        for _, pause in sorted(sight.policy.pauses.items(), key=lambda pair: int(pair[0])):
            for name in pause.agreements if sight.pause(pause) else ():
                self._of.setdefault(name, []).append(pause)

    def of(self, flow: FlowRow) -> tuple[list[Pause], str]:
        """Those of a flow that are in force or scheduled, and how the flow stands by them."""
        pauses = [pause for pause in self._of.get(flow.agreement, ()) if pause.recipient in {None, flow.party}]
        running = [pause for pause in pauses if pause.is_running(self._at)]
        if self._policy.standings[flow.agreement].ended:
            return pauses, "ended"
        if any(not pause.is_narrow for pause in running):
            return pauses, "paused"
        return pauses, "partly-paused" if running else "flowing"


def _flow_status_then(snap: Snapshot, past: Past, flow: FlowRow, sight: Sight, paused: _Pauses) -> FlowStatus:
    pauses, state = paused.of(flow)
    released: dict[int, Ranges] = {}
    for place, group in enumerate(past.groups):
        given = group.given[flow.id].upto(past.upto)
        if given and (sight.gives(flow.agreement) or not group.states[flow.id].hidden_since):
            released[place] = given
    kept = [PauseStatus(pause, held_then(snap, past, flow, pause.number), pause.overdue(past.at)) for pause in pauses]
    standing = past.policy.standings[flow.agreement]
    overdue = standing.terms.is_overdue(past.at) and not standing.ended
    items = sum(past.count(released).values())
    return FlowStatus(flow.agreement, standing.terms.title, flow.party, state, items, kept, overdue)


# Why.


def explain(node: Node, desk: PolicyDesk, item: str, party: str, *, by: Actor, at: int | None = None) -> list[Answer]:
    """Why an item flows to a party, is held or withheld, in every agreement with that party.

    Whoever only receives is told of what it can read; what it cannot is not there for it. `at`: as it was at that
    moment, with the versions that counted. Raises `Unknown` `item-unknown` or `party-unknown`, `BadInput` `when-ahead`.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        sight = Sight(by, policy)
        if not sight.party(party):
            raise unknown_party(party)
        every = _versions(snap, policy, item, at)
        why = _Why(node, snap, policy, sight, item, every, at, lambda flow, _: flow.party == party and sight.flow(flow))
        found = [answer for flow in why.flows if (answer := why.answer(flow)) is not None]
        if not found and not any(sight.stock(originator) for originator, _ in why.named):
            raise unknown_item(item)
        return found


def explain_to_all(
    node: Node,
    desk: PolicyDesk,
    item: str,
    *,
    by: Actor,
    at: int | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int,
) -> tuple[list[tuple[str, Answer]], bool]:
    """As `explain`, of everybody: (party, answer) of each flow whose agreement has items of whose the item is, by
    agreement and party; the first `limit` after that of `after`, and whether there are more. Raises as `explain`.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        sight = Sight(by, policy)
        every = _versions(snap, policy, item, at)
        owners = {originator for originator, _ in every if sight.stock(originator)}

        def is_wanted(flow: FlowRow, terms: Agreement) -> bool:
            is_theirs = not owners.isdisjoint(terms.scope.originators or ())
            return is_theirs and (flow.agreement, flow.party) > after and sight.flow(flow)

        why = _Why(node, snap, policy, sight, item, every, at, is_wanted)
        found: list[tuple[str, Answer]] = []
        for flow in why.flows:
            answer = why.answer(flow)
            if answer is not None and len(found) == limit:
                return found, True
            if answer is not None:
                found.append((flow.party, answer))
        return found, False


def _versions(snap: Snapshot, policy: Policy, item: str, at: int | None) -> Sequence[tuple[str, Sequence[Known]]]:
    return versions_named(snap, policy, item, upto=None if at is None else snap.seq_upto(at))


class _Why:
    """Why one item flows or does not, flow by flow."""

    def __init__(
        self,
        node: Node,
        snap: Snapshot,
        policy: Policy,
        sight: Sight,
        item: str,
        every: Sequence[tuple[str, Sequence[Known]]],
        at: int | None,
        wanted: Wanted,
    ) -> None:
        """`every`: its versions. `at`: as it was at that moment. `wanted`: which flows are asked of. Raises as
        `explain`.
        """
        self._snap = snap
        self._item = item
        self._sight = sight
        self._every = every
        self.named = [(originator, versions[-1]) for originator, versions in every]
        self._now = node.now(snap.head()) if at is None else at
        self._past = None if at is None else past_of(node, snap, policy, at, wanted)
        self.policy = policy if self._past is None else self._past.policy
        self._footing = Footing(snap, self.policy, now=self._now, at=at)
        standings = self.policy.standings
        flows = [flow for flow in self.policy.flows.values() if wanted(flow, standings[flow.agreement].terms)]
        self.flows = sorted(flows, key=lambda flow: (flow.agreement, flow.party))

    def answer(self, flow: FlowRow) -> Answer | None:
        """Why, in this flow; None where there is nothing to be told of it."""
        scope = self.policy.standings[flow.agreement].terms.scope.originators or frozenset()
        gives = self._sight.gives(flow.agreement)
        # Whose stock it may not look into, it gives nothing of; nor is it told that there is a version of theirs.
        seen = [pair for pair in self.named if not gives or self._sight.stock(pair[0])]
        theirs = [pair for pair in seen if pair[0] in scope] or seen
        if gives:
            if not theirs:
                return None
            answer, version = self._of(flow, max((version for _, version in theirs), key=lambda each: each.version_us))
            answer = replace(answer, leaves=self._rests_on(flow, version, answer))
            return answer if self._past is None else _with_versions(self._past, flow, answer)
        # Whoever receives is told of the last version that it can read, and of no other: why a later one does not
        # flow, that there is one, and by which pause, is not for it.
        owners = {originator for originator, _ in theirs}
        versions = [each for originator, listed in self._every if originator in owners for each in listed]
        versions.sort(key=lambda each: each.version_us, reverse=True)
        told = (self._of(flow, version) for version in versions)
        read = next((each for each in told if each[0].decision == "release"), None)
        if read is None:
            return None
        released = Reason("released", "it is released under this agreement")
        # Of the log it may read what it was given.
        return replace(read[0], reasons=(released,), pauses=(), leaves=self._footing.delivery(flow, read[1]))

    def _of(self, flow: FlowRow, version: Known) -> tuple[Answer, Known]:
        past = self._past
        snap, policy = self._snap, self.policy
        stand = _stand_now(snap, policy, flow, version) if past is None else _stand_then(past, flow, version)
        name = f"{self._item.partition('@')[0]}@{version.version}"
        return _answer(self.policy, flow, name, stand, version.seq, self._now), version

    def _rests_on(self, flow: FlowRow, version: Known, answer: Answer) -> Sequence[Told]:
        """Those leaves of which it is told as well when it looks at the log itself."""
        codes = {reason.code for reason in answer.reasons}
        found = self._footing.of(flow, version, answer.pauses, codes)
        return [told for told in found if is_told(self._snap, self._sight, told.leaf)]


@dataclass(frozen=True, slots=True)
class _Stand:
    """How an item stands in a flow: its class, the state of that, whether it was ever released, and given again."""

    klass: Class
    state: ClassState
    given: bool
    again: tuple[Reason, ...] = ()


def _stand_now(snap: Snapshot, policy: Policy, flow: FlowRow, version: Known) -> _Stand:
    state = policy.states_of(snap, flow.id).get(version.class_id, _NEVER)
    given = policy.stream(snap, flow.main).place_of(version.class_id, version.seq) is not None
    again = _given_again(snap, policy, flow, version) if given else ()
    return _Stand(policy.classes[version.class_id].value, state, given, again)


def _stand_then(past: Past, flow: FlowRow, version: Known) -> _Stand:
    group = past.group_of(version.seq, version.class_id)
    return _Stand(past.value_of(group), group.states[flow.id], version.seq in group.given[flow.id])


def _with_versions(past: Past, flow: FlowRow, answer: Answer) -> Answer:
    """The answer with the versions that counted at that moment."""
    standing = past.policy.standings[flow.agreement]
    texts = [f"version {standing.row.version} of agreement `{flow.agreement}`"]
    texts += [
        f"version {pause.version} of pause `{number}`"
        for number, pause in sorted(past.policy.pauses.items(), key=lambda pair: int(pair[0]))
        if flow.agreement in pause.agreements and pause.recipient in {None, flow.party}
    ]
    reason = Reason("versions", f"in force at {write(past.at)}: {', '.join(texts)}")
    return replace(answer, reasons=(*answer.reasons, reason))


def _answer(policy: Policy, flow: FlowRow, name: str, stand: _Stand, seq: int, now: int) -> Answer:
    decision = policy.decider(flow, now)(stand.klass)
    state = stand.state
    if stand.given:
        if not state.hidden_since:
            reasons = decision.reasons
            if decision.kind != "release":
                earlier = Reason("released-before", "it was released before, and what was released stays readable")
                reasons = (earlier, *decision.reasons)
            return Answer(flow.agreement, name, "release", (*reasons, *stand.again), decision.covering)
        kind = "hold" if decision.kind == "hold" else "withhold"
        hidden = Reason("hidden", "it was released before, and is closed to reading meanwhile")
        return Answer(flow.agreement, name, kind, (*decision.reasons, hidden, *stand.again), decision.covering)
    if decision.kind == "withhold":
        return Answer(flow.agreement, name, "withhold", decision.reasons)
    holding = [number for number, ranges in state.held.items() if seq in ranges]
    if holding:
        held = _held_by(policy, holding)
        return Answer(flow.agreement, name, "hold", held or decision.reasons, holding if held else decision.covering)
    reviewing = [number for number, ranges in state.review.items() if seq in ranges]
    if reviewing:
        names = ", ".join(f"`{number}`" for number in reviewing)
        kept = Reason("backlog-review", f"the review after pause {names} keeps it")
        return Answer(flow.agreement, name, "hold", (kept,), reviewing)
    if seq in state.discarded:
        dropped = Reason("backlog-discarded", "it was discarded when the pause that held it was lifted")
        return Answer(flow.agreement, name, "withhold", (dropped,))
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
    known = [number for number in numbers if number in policy.pauses]
    pauses = [policy.pauses[number] for number in sorted(known, key=int)]
    return tuple(Reason("paused", f"{pause.words()} {since_words(pause)}: {pause.reason}") for pause in pauses)


_NEVER = ClassState(Verdict("withhold"))
