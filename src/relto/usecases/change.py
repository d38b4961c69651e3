"""A change: one write block's view of policy, and the only hand that moves flows and streams.

Nothing here counts items, and nothing asks who may do what: that is said before (`usecases/office.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relto.domain.act import Act
from relto.domain.agreement import recipients
from relto.domain.flow import FREED, Backlog, ClassState, Lift, Turn, Verdict, begin, freed, spliced, turn
from relto.domain.ranges import EMPTY, Ranges
from relto.ports.store import ActRow, FlowRow, Head, PauseRow, StreamRow
from relto.usecases.clock import recorded_now
from relto.usecases.effect import Effect
from relto.usecases.moments import moments
from relto.usecases.policy import verdict_of
from relto.usecases.streams import BlockStreams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.classes import Class
    from relto.domain.pause import Pause
    from relto.ports.node import Node
    from relto.ports.store import ClassRow, Transaction
    from relto.usecases.policy import Policy


class Change:
    """What a write block may do to policy. `now`: its clock; `changed`: whether policy is another by it."""

    def __init__(self, node: Node, tx: Transaction, policy: Policy, head: Head) -> None:
        """Made by `sequencing.changing`."""
        self.node = node
        self.tx = tx
        self.policy = policy
        self.head = head
        self.now = recorded_now(node, tx)
        self.changed = False
        self.streams = BlockStreams(tx, policy, head, self.now, self.clock)
        self._effects: list[Effect] = []
        self._last: list[Callable[[], None]] = []
        self.recorded: list[int] = []
        self._states: dict[int, str] = {}
        tx.note("change", {"now": self.now}, key="change")

    @property
    def version(self) -> int:
        """The policy version that this block makes."""
        return self.head.policy_version + 1

    def clock(self) -> int:
        """How late it is by now."""
        return recorded_now(self.node, self.tx)

    # The record.

    def act(
        self,
        kind: str,
        by: Actor,
        order: Mapping[str, object],
        *,
        why: str = "",
        before: object = None,
        after: object = None,
        seq: int | None = None,
    ) -> int:
        """Records what was done at once, by whom, at the clock of this block; its number.

        `seq`: after which item it counts, where that is not the last one.
        """
        act = Act(
            0, kind, by.account, by.party, by.how, self.now, why=why, order=order, before=before, after=after,
            ended_at=self.now, roles=tuple(sorted(by.roles)),
        )  # fmt: skip
        return self.record(act, seq=seq)

    def record(self, act: Act, *, seq: int | None = None) -> int:
        """Keeps an act as it stands now, under a new number where it has none; its number."""
        done = act.state == "applied"
        row = ActRow(
            act.number, act.kind, act.made_at, act.by, act.as_text(), act.state,
            self.now if done else 0,
            (self.head.last_seq if seq is None else seq) if done else 0,
            self.version if done else 0,
        )  # fmt: skip
        number = act.number
        if number:
            self.tx.put_act(row)
        else:
            number = self.tx.add_act(row)
        self.recorded.append(number)
        self._states[number] = act.state
        return number

    # Flows.

    def follow(
        self, agreement: str, receiving: Sequence[str], *, at_seq: int | None = None, at: int | None = None
    ) -> Effect:
        """Brings the flows of an agreement in line with its terms and recipients, by the clock `at`."""
        history = self.policy.standings[agreement].terms.history == "all"
        effect = self.effect()
        for party in receiving:
            flow = self.policy.flow(agreement, party)
            if flow is None:
                self.begin_flow(self.tx.add_flow(agreement, party, self.node.chance.uuid4()), history=history)
        for flow in self.policy.flows_of(agreement):
            member = flow.party in receiving
            if member != flow.member:
                flow = replace(flow, member=member)  # noqa: PLW2901 - the row as it is from here on
                self.policy.flows[flow.id] = flow
                self.tx.put_flow(flow)
                self.changed = True
            effect.add(self.settle(flow, at_seq=at_seq, at=at))
        return effect

    def follow_all(self, *, at_seq: int | None = None, at: int | None = None) -> Effect:
        """As `follow`, for every agreement: memberships are others now."""
        effect = self.effect()
        moment = self.now if at is None else at
        for agreement, standing in list(self.policy.standings.items()):
            receiving = recipients(standing.terms, self.policy.parties, moment)
            effect.add(self.follow(agreement, receiving, at_seq=at_seq, at=at))
        return effect

    def begin_flow(self, flow: FlowRow, *, history: bool) -> None:
        """A recipient that joins begins a stream of its own from the decisions of this moment."""
        self.policy.flows[flow.id] = flow
        self.policy.streams.setdefault(flow.main, StreamRow(flow.main, flow.id, 0))
        decided = self.policy.decider(flow, self.now)
        turns = {
            row.id: begin(
                verdict_of(decided(row.value)), at_seq=self.head.last_seq, version=self.version, history=history
            )
            for row in self.policy.classes.values()
        }
        self._carry_out(flow, {}, turns, at_seq=self.head.last_seq)

    def settle(
        self,
        flow: FlowRow,
        *,
        at_seq: int | None = None,
        at: int | None = None,
        lift: Lift | None = None,
    ) -> Effect:
        """Decides every class of the flow anew, by the clock `at`, and carries out what that changes at `at_seq`."""
        seq = self.head.last_seq if at_seq is None else max(at_seq, flow.changed_seq)
        standing = self.policy.standings[flow.agreement]
        keeps_history = standing.terms.history == "all"
        states = self.policy.states_of(self.tx, flow.id)
        main = self.policy.stream(self.tx, flow.main)
        decided = self.policy.decider(flow, self.now if at is None else at)
        turns: dict[int, Turn] = {}
        for row in self.policy.classes.values():
            verdict = verdict_of(decided(row.value))
            state = states.get(row.id, _NEVER_TOLD)
            if lift is None and verdict == state.verdict and FREED not in state.held:
                continue
            # A class that stops flowing releases nothing, so nobody asks what was given: a pause is no dearer for that.
            stops = lift is None and state.verdict.kind == "release" and verdict.kind != "release"
            found = turn(
                state,
                verdict,
                given=EMPTY if stops else main.given(row.id),
                at_seq=seq,
                version=self.version,
                history=keeps_history,
                lift=lift,
            )
            if found.state != state or found.changes_stream:
                turns[row.id] = found
        return self._carry_out(flow, states, turns, at_seq=seq)

    def turn_bits(self, flow: FlowRow, turned: Callable[[ClassRow, ClassState, Ranges], Turn]) -> Effect:
        """Applies a change to single ranges of a flow: `turned(class, state, given)` says what becomes of each
        class.
        """
        states = self.policy.states_of(self.tx, flow.id)
        main = self.policy.stream(self.tx, flow.main)
        turns = {}
        for class_id, state in states.items():
            found = turned(self.policy.classes[class_id], state, main.given(class_id))
            if found.state != state or found.changes_stream:
                turns[class_id] = found
        return self._carry_out(flow, states, turns, at_seq=self.head.last_seq)

    def intern(self, values: Iterable[Class]) -> dict[Class, int]:
        """The ids of these classes; those that are new are decided for every flow before the first item of theirs."""
        ids = {row.value: row.id for row in self.policy.classes.values()}
        fresh = [value for value in dict.fromkeys(values) if value not in ids]
        for value in fresh:
            row = self.tx.put_class(value, irregular=bool(value.lineage))
            self.policy.classes[row.id] = row
            ids[value] = row.id
            # Without a flow nothing else would tell other processes that there is a class which they do not know.
            self.changed = True
        if fresh:
            rows = [self.policy.classes[ids[value]] for value in fresh]
            for flow in list(self.policy.flows.values()):
                decided = self.policy.decider(flow, self.now)
                turns = {
                    row.id: begin(
                        verdict_of(decided(row.value)), at_seq=self.head.last_seq, version=self.version, history=False
                    )
                    for row in rows
                }
                self._carry_out(flow, self.policy.states_of(self.tx, flow.id), turns, at_seq=None)
        return ids

    def move(self, moves: Iterable[tuple[int, int, int]]) -> None:
        """Moves items, each (seq, from class, to irregular class), keeping in every stream the place that they have."""
        ways: dict[tuple[int, int], list[int]] = {}
        for seq, source, target in moves:
            ways.setdefault((source, target), []).append(seq)
        # All that goes one way goes at once: an arrival may withhold a hundred thousand items.
        bits = {way: Ranges.of(*((seq - 1, seq) for seq in seqs)) for way, seqs in ways.items()}
        for flow in list(self.policy.flows.values()):
            states = dict(self.policy.states_of(self.tx, flow.id))
            fresh: dict[int, ClassState] = {}
            for (source, target), each in bits.items():
                fresh[target] = spliced(states.get(source, _NEVER_TOLD), states.get(target, _NEVER_TOLD), each)
                states[target] = fresh[target]
            for row in self.streams.rows(flow):
                old = new = self.policy.stream(self.tx, row.id)
                for (source, target), each in bits.items():
                    new = new.spliced(each, source=source, target=target)
                self.streams.put(row, old, new)
            self._put_states(flow, states, fresh)
        for (_, target), seqs in ways.items():
            self.tx.move(sorted(seqs), target, at=self.now)

    def copy_class(self, source: int, target: int) -> None:
        """Gives class `target` everything that `source` has in every flow and stream: its items are about to move
        there.
        """
        for flow in list(self.policy.flows.values()):
            states = dict(self.policy.states_of(self.tx, flow.id))
            if source in states:
                for row in self.streams.rows(flow):
                    old = self.policy.stream(self.tx, row.id)
                    self.streams.put(row, old, old.copied(source=source, target=target))
                states[target] = states[source]
                self._put_states(flow, states, {target: states[source]})

    def free(self, class_id: int, concerned: Callable[[FlowRow], bool]) -> None:
        """Takes what reviews keep of a class, or was dropped of it, from them, in these flows where it may flow: the
        next settling gives it.
        """
        value = self.policy.classes[class_id].value
        for flow in list(self.policy.flows.values()):
            states = dict(self.policy.states_of(self.tx, flow.id))
            if class_id in states and concerned(flow) and self.policy.decider(flow, self.now)(value).kind == "release":
                states[class_id] = freed(states[class_id])
                self._put_states(flow, states, {class_id: states[class_id]})

    # Pauses.

    def concerned(self, pause: Pause) -> list[FlowRow]:
        """The flows that a pause can touch."""
        return [
            flow
            for agreement in sorted(pause.agreements)
            for flow in self.policy.flows_of(agreement)
            if pause.recipient in {None, flow.party}
        ]

    def put_pause(self, pause: Pause, *, at: int | None = None) -> None:
        """Stores a version of a pause, which counts from `at` on, and takes it into the picture, which a lifted one
        leaves.
        """
        self.changed = True
        number = pause.number
        moment = self.now if at is None else at
        self.tx.put_pause(PauseRow(int(number), pause.version, pause.as_text(), pause.state, moment))
        if pause.state == "lifted":
            self.policy.pauses.pop(number, None)
        else:
            self.policy.pauses[number] = pause

    def lift(self, pause: Pause, backlog: Backlog) -> Effect:
        """Lifts a pause that runs or is scheduled; a scheduled one held nothing yet."""
        running = pause.state == "running"
        self.put_pause(pause.next_version(self.now, state="lifted"))
        effect = self.effect()
        if running:
            for flow in self.concerned(pause):
                effect.add(self.settle(flow, lift=Lift(pause.number, backlog)))
        return effect

    # Carrying out.

    def _carry_out(
        self, flow: FlowRow, states: Mapping[int, ClassState], turns: Mapping[int, Turn], *, at_seq: int | None
    ) -> Effect:
        effect = self.effect()
        if not turns:
            return effect
        backlog = self.streams.trimmed({name: found.backlog for name, found in turns.items() if found.backlog})
        seq = self.head.last_seq if at_seq is None else at_seq
        effect.epochs = self.streams.moved(flow, turns, backlog, seq)
        self._put_states(flow, {**states, **{name: found.state for name, found in turns.items()}}, turns_states(turns))
        if at_seq is not None:
            flow = replace(flow, changed_seq=max(seq, flow.changed_seq))
            self.policy.flows[flow.id] = flow
            self.tx.put_flow(flow)
        if any(found.shown_since for found in turns.values()) and not self.policy.newest_hidden(
            self.policy.states_of(self.tx, flow.id), self.policy.stream(self.tx, flow.main)
        ):
            self.tx.drop_marks(flow.id)
        effect.released = backlog
        effect.still_held = {name: found.taken_over for name, found in turns.items() if found.taken_over}
        return effect

    def _put_states(self, flow: FlowRow, states: Mapping[int, ClassState], changed: Mapping[int, ClassState]) -> None:
        if not changed:
            return
        self.changed = True
        self.tx.put_flow_states(flow.id, changed)
        main = self.policy.streams[flow.main]
        if main.version != self.version:
            # The main stream's version tells other processes that the flow's states are others now.
            stream = self.policy.stream(self.tx, flow.main)
            self.streams.touch(main, stream, stream)
        self.policy.states_seen[flow.id] = (self.version, dict(states))

    # The end of the block.

    def effect(self) -> Effect:
        """An empty effect; when the block ends it learns when the last of its epochs can be read."""
        self._effects.append(Effect())
        return self._effects[-1]

    def at_last(self, step: Callable[[], None]) -> None:
        """Has `step` done just before the commit: whatever gives out moments comes last, so that the lead covers it."""
        self._last.append(step)

    def finish(self) -> None:
        """Writes the streams, gives out the moments of their epochs, the new version, and the next scheduled moment."""
        self.streams.write(self._effects)
        self.changed |= self.streams.changed
        for step in self._last:
            step()
        head = replace(
            self.tx.head(),
            policy_version=self.version if self.changed else self.head.policy_version,
            # What was in the way of an end that has passed may be so no more: it is due from now on, and not before, or
            # memberships that began or ended since would be followed a second time.
            next_due=min((max(each.at, self.now + 1) for each in moments(self.policy, after=self.now)), default=None),
        )
        self.tx.put_head(head)
        self._note(head)
        if self.changed:
            self.policy.version = head.policy_version
        for number, state in self._states.items():
            self.tx.add_event(number, state, self.now)

    def _note(self, head: Head) -> None:
        """The clock of the block, the version that it made, and by which clock its epochs were stamped."""
        told = {"now": self.now, "version": head.policy_version, "stamped": self.streams.stamped}
        if not self.changed:
            del told["version"]
        if self.streams.stamped is None:
            del told["stamped"]
        self.tx.note("change", told, key="change")


_NEVER_TOLD = ClassState(Verdict("withhold"))


def turns_states(turns: Mapping[int, Turn]) -> dict[int, ClassState]:
    """The states that these turns lead to."""
    return {class_id: found.state for class_id, found in turns.items()}
