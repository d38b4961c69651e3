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
from relto.usecases.sequencing import changing
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    `holds`: what would be kept back by a pause or a review and is not now. `begins`, `ends`: whether the party begins
    or ceases to receive. `starts`, `stops`: how many classes of items would flow from then on, or would no more.
    """

    agreement: str
    to: str
    gains: Tally
    loses: Tally
    holds: Tally
    begins: bool = False
    ends: bool = False
    starts: int = 0
    stops: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing would change for it."""
        counts = (self.gains.items, self.loses.items, self.holds.items, self.starts, self.stops)
        return not (any(counts) or self.begins or self.ends)


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
    """A flow as it stands: for each class what can be read of it, and what is kept back."""

    member: bool
    readable: Mapping[int, Ranges]
    kept: Mapping[int, Ranges]
    flowing: frozenset[int]


class _TakenBack(Exception):
    """Ends the block: nothing of it becomes durable."""


def rehearse(node: Node, desk: PolicyDesk, intent: Intent, *, by: Actor) -> Rehearsal:
    """What it would do if it were carried out now, whoever has to agree first. Raises what asking for it raises."""
    return _rehearsed(node, desk, intent, by, None)


def rehearse_act(node: Node, desk: PolicyDesk, act: Act, *, by: Actor) -> Rehearsal:
    """What an act that waits would do if it had all its approvals now. Raises `Refused` `act-closed`, and what carrying
    it out raises.
    """
    act.require_open("carry out")
    return _rehearsed(node, desk, office.intent_of(act), by, act)


def _rehearsed(node: Node, desk: PolicyDesk, intent: Intent, by: Actor, act: Act | None) -> Rehearsal:
    found: list[tuple[Plan, object, list[tuple[FlowRow, _Side, _Side]]]] = []
    try:
        with changing(node, desk, by=by) as change:
            found.append(_carried_out(change, intent, by, act))
            raise _TakenBack
    except _TakenBack:
        plan, after, changed = found[0]
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        courses = [_course(snap, policy, *each) for each in changed]
    return Rehearsal(
        plan.what,
        intent.kind,
        plan.needs,
        plan.idle is not None,
        plan.due_at,
        plan.before,
        after,
        [each for each in courses if not each.is_idle],
    )


def _carried_out(
    change: Change, intent: Intent, by: Actor, act: Act | None
) -> tuple[Plan, object, list[tuple[FlowRow, _Side, _Side]]]:
    plan = intent.plan(change, by)
    if act is None:
        Sight(by, change.policy).require(plan.role, plan.parties, concerns=plan.concerns, what=plan.what)
        intent = plan.intent or intent
    if plan.idle is not None:
        return plan, plan.before, []
    tx, last = change.tx, change.head.last_seq
    # What is decided item by item moves items to classes that nobody can count in afterwards; it is told item by item.
    names = [] if intent.kind.startswith("item-") else sorted(plan.concerns)
    before = {flow.id: _side(tx, change.policy, flow, last) for name in names for flow in change.policy.flows_of(name)}
    made = act or Act(0, intent.kind, by.account, by.party, by.how, change.now, concerns=tuple(sorted(plan.concerns)))
    if not made.number:
        made = replace(made, number=change.record(made))
    done = intent.carry_out(change, made)
    change.finish()
    changed = [
        (flow, before.get(flow.id, _NOTHING), _side(tx, change.policy, flow, last))
        for name in names
        for flow in sorted(change.policy.flows_of(name), key=lambda each: each.party)
    ]
    return plan, done.after, changed


def _side(snap: Snapshot, policy: Policy, flow: FlowRow, last: int) -> _Side:
    standing, stream = policy.standings[flow.agreement], policy.stream(snap, flow.main)
    states = policy.states_of(snap, flow.id)
    is_open = flow.member and not standing.row.closed
    return _Side(
        flow.member and not standing.ended,
        {
            name: given
            for name, state in states.items()
            if is_open and not state.hidden_since and (given := stream.given(name).upto(last))
        },
        {name: kept for name, state in states.items() if (kept := state.kept.upto(last))},
        frozenset(name for name, state in states.items() if state.verdict.kind == "release"),
    )


_NOTHING = _Side(member=False, readable={}, kept={}, flowing=frozenset())


def _course(snap: Snapshot, policy: Policy, flow: FlowRow, before: _Side, after: _Side) -> Course:
    return Course(
        flow.agreement,
        flow.party,
        _tally(snap, policy, _less(after.readable, before.readable)),
        _tally(snap, policy, _less(before.readable, after.readable)),
        _tally(snap, policy, _less(after.kept, before.kept)),
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
