"""Rehearsing: an act is carried out in a block that comes to nothing, to see exactly what it would do.

What is told is what the act itself does, by the same code, of how things are now: nobody has to say it twice. The block
is held for as long as the act itself would hold it, which is not for longer with ten million items than with ten; what
it would change is counted afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from relto.domain.act import Act
from relto.domain.ranges import EMPTY, Ranges
from relto.usecases import office
from relto.usecases.counting import count_by_topic
from relto.usecases.items import RecallItem, ReleaseItem, WithholdItem, seqs_of
from relto.usecases.sight import Sight
from relto.usecases.trying import tried

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.store import FlowRow, Snapshot
    from relto.usecases.change import Change
    from relto.usecases.intent import Intent, Plan
    from relto.usecases.policy import Policy, PolicyDesk


@dataclass(frozen=True, slots=True)
class Tally:
    """So many items, and how many of each topic; an item counts under each of its topics."""

    items: int = 0
    by_topic: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Course:
    """What would become of one flow. `gains`: what its recipient could read and cannot now; `loses`: the reverse;
    `holds`: what would be kept back by a pause or a review and is not now; `withholds`: what is kept back by one now
    and would be withheld, so that no lifting gives it; `drops`: what would be dropped for good. `begins`, `ends`:
    whether the party begins or ceases to receive. `starts`, `stops`: how many classes of items would flow from then on,
    or would no more.
    """

    agreement: str
    to: str
    gains: Tally
    loses: Tally
    holds: Tally
    withholds: Tally = field(default_factory=Tally)
    drops: Tally = field(default_factory=Tally)
    begins: bool = False
    ends: bool = False
    starts: int = 0
    stops: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing would change for it."""
        tallies = (self.gains, self.loses, self.holds, self.withholds, self.drops)
        return not (any(each.items for each in tallies) or self.starts or self.stops or self.begins or self.ends)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What an act would do. `what`: it in words; `needs`: approvals by others that it would ask for first; `is_idle`:
    nothing would change. `due_at`: not before this moment. `before` and `after`: what it changes, whole. `courses`: by
    agreement and recipient, those that stay as they are left out.
    """

    what: str
    kind: str
    needs: int
    is_idle: bool
    due_at: int | None
    before: object
    after: object
    courses: Sequence[Course]


@dataclass(frozen=True, slots=True)
class _Side:
    """A flow as it stands: for each class what can be read of it, what is kept back (`awaited`: of what is not withheld
    as well), and what was dropped.
    """

    member: bool
    readable: Mapping[int, Ranges]
    kept: Mapping[int, Ranges]
    awaited: Mapping[int, Ranges]
    dropped: Mapping[int, Ranges]
    flowing: frozenset[int]


def rehearse(node: Node, desk: PolicyDesk, intent: Intent, *, by: Actor) -> Rehearsal:
    """What it would do if it were carried out now, whoever has to agree first. Raises what asking for it raises.

    Flows that are not there for whoever asks are left out.
    """
    with node.store.read() as snap:
        host = desk.current(snap, snap.head().policy_version).host
    # Before the block: whoever may ask for nothing keeps nobody waiting either.
    office.require_asking(host, by)
    return _rehearsed(node, desk, intent, by, None)


def rehearse_act(node: Node, desk: PolicyDesk, act: Act, *, by: Actor) -> Rehearsal:
    """What an act that waits would do if it had all its approvals now. Raises `Refused` (`act-closed`, `act-outdated`),
    and what carrying it out raises.
    """
    return _rehearsed(node, desk, office.intent_of(act), by, act)


def rehearse_flows(node: Node, desk: PolicyDesk, work: Callable[[Change], object], *, by: Actor) -> Sequence[Course]:
    """What this work would do to each flow that there is; those that stay as they are are left out. Raises what it
    raises.
    """

    def compared(change: Change) -> list[tuple[FlowRow, _Side, _Side]]:
        tx, last = change.tx, change.head.last_seq
        before = {flow.id: _side(tx, change.policy, flow, last) for flow in change.policy.flows.values()}
        work(change)
        change.finish()
        flows = sorted(change.policy.flows.values(), key=lambda flow: (flow.agreement, flow.party))
        return [(flow, before.get(flow.id, _NOTHING), _side(tx, change.policy, flow, last)) for flow in flows]

    return _courses(node, desk, tried(node, desk, compared, by=by))


def _courses(node: Node, desk: PolicyDesk, changed: Sequence[tuple[FlowRow, _Side, _Side]]) -> Sequence[Course]:
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        courses = [_course(snap, policy, *each) for each in changed]
    return [each for each in courses if not each.is_idle]


def _rehearsed(node: Node, desk: PolicyDesk, intent: Intent, by: Actor, act: Act | None) -> Rehearsal:
    plan, after, changed = tried(node, desk, lambda change: _carried_out(change, intent, by, act), by=by)
    return Rehearsal(
        plan.what,
        intent.kind,
        plan.needs,
        plan.idle is not None,
        plan.due_at,
        plan.before,
        after,
        _courses(node, desk, changed),
    )


def _carried_out(
    change: Change, intent: Intent, by: Actor, act: Act | None
) -> tuple[Plan, object, list[tuple[FlowRow, _Side, _Side]]]:
    if act is not None:
        # As it stands by now: what was due has been carried out, and may have been this very act.
        act = office.found_act(change, str(act.number), by)
        act.require_open("carry out")
        office.require_grounds(change.policy, act, by=by)
    plan = intent.plan(change, by)
    sight = Sight(by, change.policy)
    if act is None:
        sight.require(plan.role, plan.parties, concerns=plan.concerns, what=plan.what)
        intent = plan.intent or intent
    if plan.idle is not None:
        return plan, plan.before, []
    names, side = sorted(plan.concerns), _sides(change, intent, by, act)
    # Of flows that are not there for whoever asks nothing is looked at; one that the act begins was nothing before.
    there = [flow for name in names for flow in change.policy.flows_of(name)]
    before = {flow.id: side(flow) for flow in there if sight.flow(flow)}
    hidden = {flow.id for flow in there} - before.keys()
    made = act or Act(0, intent.kind, by.account, by.party, by.how, change.now, concerns=tuple(sorted(plan.concerns)))
    if not made.number:
        made = replace(made, number=change.record(made))
    done = intent.carry_out(change, made)
    change.finish()
    changed = [
        (flow, before.get(flow.id, _NOTHING), side(flow))
        for name in names
        for flow in change.policy.flows_of(name)
        if flow.id not in hidden and sight.flow(flow)
    ]
    return plan, done.after, changed


def _sides(change: Change, intent: Intent, by: Actor, act: Act | None) -> Callable[[FlowRow], _Side]:
    """What tells how a flow stands, before and after."""
    tx, last = change.tx, change.head.last_seq
    if not isinstance(intent, WithholdItem | RecallItem | ReleaseItem):
        return lambda flow: _side(tx, change.policy, flow, last)
    sight = Sight(by, change.policy) if act is None else Sight.of_asker(act, change.policy)
    seqs = seqs_of(change, intent, sight)
    # Items that are decided by hand go to other classes, in which nobody can count afterwards: they count as of theirs.
    home = {row.seq: row.class_id for row in tx.records(seqs)}
    return lambda flow: _side_of_items(tx, change.policy, flow, home)


def _side_of_items(snap: Snapshot, policy: Policy, flow: FlowRow, home: Mapping[int, int]) -> _Side:
    standing, stream = policy.standings[flow.agreement], policy.stream(snap, flow.main)
    states = policy.states_of(snap, flow.id)
    is_open = flow.member and not standing.row.closed
    readable: dict[int, Ranges] = {}
    kept: dict[int, Ranges] = {}
    awaited: dict[int, Ranges] = {}
    for row in snap.records(list(home)):
        state, one, mine = states.get(row.class_id), Ranges.of((row.seq - 1, row.seq)), home[row.seq]
        if is_open and stream.place_of(row.class_id, row.seq) is not None and not (state and state.hidden_since):
            readable[mine] = readable.get(mine, EMPTY) | one
        elif state is not None and row.seq in state.kept:
            kept[mine] = kept.get(mine, EMPTY) | one
            if state.verdict.kind != "withhold":
                awaited[mine] = awaited.get(mine, EMPTY) | one
    return _Side(flow.member and not standing.ended, readable, kept, awaited, {}, frozenset())


def _side(snap: Snapshot, policy: Policy, flow: FlowRow, last: int) -> _Side:
    standing, stream = policy.standings[flow.agreement], policy.stream(snap, flow.main)
    states = policy.states_of(snap, flow.id)
    is_open = flow.member and not standing.row.closed
    kept = {name: ranges for name, state in states.items() if (ranges := state.kept.upto(last))}
    return _Side(
        flow.member and not standing.ended,
        {
            name: given
            for name, state in states.items()
            if is_open and not state.hidden_since and (given := stream.given(name).upto(last))
        },
        kept,
        {name: ranges for name, ranges in kept.items() if states[name].verdict.kind != "withhold"},
        {name: gone for name, state in states.items() if (gone := state.discarded.upto(last))},
        frozenset(name for name, state in states.items() if state.verdict.kind == "release"),
    )


_NOTHING = _Side(member=False, readable={}, kept={}, awaited={}, dropped={}, flowing=frozenset())


def _course(snap: Snapshot, policy: Policy, flow: FlowRow, before: _Side, after: _Side) -> Course:
    return Course(
        flow.agreement,
        flow.party,
        _tally(snap, policy, _less(after.readable, before.readable)),
        _tally(snap, policy, _less(before.readable, after.readable)),
        _tally(snap, policy, _less(after.kept, before.kept)),
        _tally(
            snap,
            policy,
            _less(_less(_less(before.awaited, after.awaited), after.readable), after.dropped),
        ),
        _tally(snap, policy, _less(after.dropped, before.dropped)),
        after.member and not before.member,
        before.member and not after.member,
        len(after.flowing - before.flowing),
        len(before.flowing - after.flowing),
    )


def _less(whole: Mapping[int, Ranges], part: Mapping[int, Ranges]) -> Mapping[int, Ranges]:
    found = {name: ranges - part.get(name, EMPTY) for name, ranges in whole.items()}
    return {name: ranges for name, ranges in found.items() if ranges}


def _tally(snap: Snapshot, policy: Policy, ranges: Mapping[int, Ranges]) -> Tally:
    return Tally(*count_by_topic(snap, policy, ranges))
