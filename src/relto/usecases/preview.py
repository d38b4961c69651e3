"""Previews: what a pause or a resume would do, counted, before it is done. They change nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from relto.domain.flow import Lift, turn
from relto.domain.moment import DAY_US
from relto.domain.ranges import EMPTY, Ranges
from relto.usecases.counting import count, count_by_topic, counted
from relto.usecases.days import Days
from relto.usecases.pausing import found_pause, planned
from relto.usecases.policy import verdict_of
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.classes import Class
    from relto.domain.decision import Decision
    from relto.domain.flow import Backlog
    from relto.domain.pause import Pause
    from relto.domain.stream import Stream
    from relto.ports.node import Node
    from relto.ports.store import ClassRow, FlowRow, Snapshot
    from relto.usecases.pausing import MakePause
    from relto.usecases.policy import Policy, PolicyDesk

PREVIEW_DAYS = 30
"""A preview of a pause counts the items of so many last days."""

PER_DAY_MAX = 366
"""So many days are listed at most; a backlog that is older is counted under the first of them."""


@dataclass(frozen=True, slots=True)
class StillFlows:
    """What a recipient gets by another agreement, of what a pause would keep back."""

    to: str
    agreement: str
    items: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would do. `classes` and `items` are numbers; `per_day` is (day, items), without empty days.

    `hidden`: what was released and a cut would close. `left`: what a resume would leave held by other pauses.
    `still_flows`: what a pause would keep back and a recipient still gets by other agreements. `exceptions`: by name,
    how many items of the scope flow on through the pause. `needs`: approvals that the act would ask for.
    """

    agreements: Sequence[str]
    classes: int
    items: int
    by_topic: Mapping[str, int]
    by_type: Mapping[str, int]
    per_day: Sequence[tuple[str, int]]
    hidden: int = 0
    left: int = 0
    still_flows: Sequence[StillFlows] = ()
    exceptions: Mapping[str, int] = field(default_factory=dict)
    needs: int = 0


def preview_pause(node: Node, desk: PolicyDesk, order: MakePause, *, by: Actor) -> Preview:
    """What the pause would keep back, counted over the items of the last 30 days, and what still flows by agreements
    that whoever asks may look into. Raises as `MakePause.plan` does.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        now = node.now(head)
        policy = desk.current(snap, head.policy_version)
        made = planned(snap, policy, order, by=by, now=now)
        at = max(now, made.since)
        since = snap.seq_upto(now - PREVIEW_DAYS * DAY_US)
        window = Ranges.of((since, head.last_seq))
        others = _Others(policy, at, Sight(by, policy))
        excepted: dict[str, dict[int, Ranges]] = {}
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
                        held[row.id] = window
                        others.look(flow, row, window)
                    if would.kind == "release" and made.covers(
                        row.value,
                        agreement,
                        policy.recipient(flow.party, at),
                        unmarked=policy.standings[agreement].terms.unmarked,
                    ):
                        for each in policy.standings[agreement].terms.exceptions:
                            if each.scope.holds(
                                row.value, unmarked=policy.standings[agreement].terms.unmarked, in_doubt=False
                            ):
                                excepted.setdefault(each.name, {})[row.id] = window
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
            hidden=count(snap, {name: ranges for name, ranges in hidden.items() if ranges}),
            still_flows=others.counted(snap),
            exceptions={name: count(snap, ranges) for name, ranges in sorted(excepted.items())},
            needs=policy.asks(made.agreements, "pause"),
        )


class _Others:
    """What of one flow its recipient gets by other agreements as well: the same class is the same items."""

    def __init__(self, policy: Policy, at: int, sight: Sight) -> None:
        self._policy = policy
        self._at = at
        self._sight = sight
        self._deciders: dict[int, Callable[[Class], Decision] | None] = {}
        self._found: dict[tuple[str, str], dict[int, Ranges]] = {}

    def look(self, flow: FlowRow, row: ClassRow, window: Ranges) -> None:
        for other in self._policy.flows_to(flow.party):
            decided = self._decider(other)
            if other.id != flow.id and decided is not None and decided(row.value).kind == "release":
                self._found.setdefault((flow.party, other.agreement), {})[row.id] = window

    def _decider(self, flow: FlowRow) -> Callable[[Class], Decision] | None:
        """What decides in this flow, where whoever asks may look into it."""
        if flow.id not in self._deciders:
            seen = flow.member and self._sight.gives(flow.agreement)
            self._deciders[flow.id] = self._policy.decider(flow, self._at) if seen else None
        return self._deciders[flow.id]

    def counted(self, snap: Snapshot) -> list[StillFlows]:
        found = [StillFlows(to, name, count(snap, ranges)) for (to, name), ranges in sorted(self._found.items())]
        return [each for each in found if each.items]


def _as_running(pause: Pause) -> Pause:
    return replace(pause, state="running", number="preview")


def preview_resume(node: Node, desk: PolicyDesk, numbers: Sequence[str], *, backlog: Backlog = "release") -> Preview:
    """What lifting these pauses would release now, they alone; with another `backlog` what it would drop, or keep for
    review: all that they hold, whatever else does. `needs`: the most that any of them asks for. Raises `Unknown`
    `pause-unknown`, `Refused` `pause-lifted`.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        now = node.now(head)
        policy = desk.current(snap, head.policy_version)
        pauses = [found_pause(snap, policy, number) for number in numbers]
        agreements = sorted(frozenset[str]().union(*(made.agreements for made in pauses)))
        released: dict[int, Ranges] = {}
        left: dict[int, Ranges] = {}
        for flow in (flow for agreement in agreements for flow in policy.flows_of(agreement)):
            mine = [
                made.number
                for made in pauses
                if flow.agreement in made.agreements and made.recipient in {None, flow.party}
            ]
            if backlog != "release":
                _add_held(snap, policy, flow, mine, released)
            elif mine:
                _add_release(snap, policy, flow, mine, now, released, left)
        found = [(name, after, upto) for name, each in released.items() for after, upto in each]
        firsts = [ends[0] for ends in snap.trims(found) if ends is not None]
        batch = snap.batch_of(min(firsts)) if firsts else None
        oldest = now if batch is None else batch.added_at(min(firsts))
        return _preview(
            snap,
            policy,
            agreements,
            released,
            days=(oldest, now),
            classes=sum(1 for items in counted(snap, released).values() if items),
            left=count(snap, left),
            needs=policy.asks(agreements, "resume"),
        )


def _add_held(snap: Snapshot, policy: Policy, flow: FlowRow, numbers: Sequence[str], found: dict[int, Ranges]) -> None:
    last = snap.head().last_seq
    for class_id, state in policy.states_of(snap, flow.id).items():
        for number in numbers:
            if held := state.held.get(number, EMPTY).upto(last):
                found[class_id] = found.get(class_id, EMPTY) | held


def _add_release(
    snap: Snapshot,
    policy: Policy,
    flow: FlowRow,
    numbers: Sequence[str],
    now: int,
    released: dict[int, Ranges],
    left: dict[int, Ranges],
) -> None:
    # One after the other, as they are lifted: what one leaves to the next is given when that is lifted too.
    steps = [(number, policy.decider(flow, now, without=numbers[: place + 1])) for place, number in enumerate(numbers)]
    stream: Stream = policy.stream(snap, flow.main)
    last = snap.head().last_seq
    for class_id, stood in policy.states_of(snap, flow.id).items():
        state, given = stood, stream.given(class_id)
        backlog, taken_over = EMPTY, EMPTY
        for number, decided in steps:
            if number not in state.held and number not in state.verdict.covering:
                continue
            found = turn(
                state,
                verdict_of(decided(policy.classes[class_id].value)),
                given=given,
                at_seq=last,
                version=policy.version,
                history=policy.standings[flow.agreement].terms.history == "all",
                lift=Lift(number, "release"),
            )
            state, given = found.state, given | found.backlog
            backlog, taken_over = backlog | found.backlog, taken_over | found.taken_over.upto(last)
        for total, ranges in ((released, backlog), (left, taken_over - backlog)):
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
    still_flows: Sequence[StillFlows] = (),
    exceptions: Mapping[str, int] | None = None,
    needs: int = 0,
) -> Preview:
    items, by_topic = count_by_topic(snap, policy, ranges)
    by_type: dict[str, int] = {}
    for class_id, number in counted(snap, ranges).items():
        if number:
            kind = policy.classes[class_id].value.type
            by_type[kind] = by_type.get(kind, 0) + number
    per_day = _per_day(snap, ranges, *days) if items else []
    return Preview(
        agreements,
        classes,
        items,
        by_topic,
        dict(sorted(by_type.items())),
        per_day,
        hidden,
        left,
        still_flows,
        exceptions or {},
        needs,
    )


def _per_day(snap: Snapshot, ranges: Mapping[int, Ranges], first: int, last: int) -> list[tuple[str, int]]:
    """Items of each day (UTC) by the moment they were stored; what is older than the first day counts under it."""
    end = last // DAY_US + 1
    # The oldest may have been stored a little ahead of the clock, beyond the end of the last day.
    numbers = range(min(max(first // DAY_US, end - PER_DAY_MAX), end - 1), end)
    days = Days.of(snap.seq_upto, numbers, after=0, upto=snap.seq_upto(end * DAY_US - 1))
    found = [0] * days.count
    cut = [
        (place, (class_id, low, high))
        for class_id, each in ranges.items()
        for pair in each
        for place, low, high in days.cut(*pair)
    ]
    for (place, _), items in zip(cut, snap.counts([asked for _, asked in cut]), strict=True):
        found[place] += items
    return [(name, items) for name, items in zip(days.names, found, strict=True) if items]
