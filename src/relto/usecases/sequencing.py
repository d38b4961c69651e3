"""Sequencing: carries policy changes out on flows and streams, in one transaction, without counting items.

`changing` opens a write block, first carries out every act that has fallen due, hands out a `Change`, and at its
end gives the database a new policy version if anything changed. Whoever reads or writes first at or after the
moment of a scheduled act passes through here before anything else (design, section 4).
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from relto.domain.flow import Backlog, ClassState, Lift, Turn, Verdict, begin, spliced, turn
from relto.domain.ranges import EMPTY, Ranges
from relto.ports.store import FlowRow, Head, PauseRow, StreamRow
from relto.usecases.effect import Effect
from relto.usecases.policy import verdict_of
from relto.usecases.streams import BlockStreams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from relto.domain.classes import Class
    from relto.domain.pause import Pause
    from relto.ports.node import Node
    from relto.ports.store import ClassRow, Transaction
    from relto.usecases.policy import Policy, PolicyDesk


class Change:
    """One write block's view of policy, and the only hand that moves flows and streams."""

    def __init__(self, node: Node, tx: Transaction, policy: Policy, head: Head) -> None:
        """Made by `changing`."""
        self.node = node
        self.tx = tx
        self.policy = policy
        self.head = head
        self.now = node.now(head)
        self.changed = False
        self.streams = BlockStreams(node, tx, policy, head, self.now)
        self._effects: list[Effect] = []
        self._last: list[Callable[[], None]] = []

    @property
    def version(self) -> int:
        """The policy version that this block makes."""
        return self.head.policy_version + 1

    def act(self, kind: str, by: str, value: Mapping[str, object]) -> int:
        """Records what was done, by whom, at the clock of this block."""
        return self.tx.add_act(kind, self.now, by, json.dumps(value, sort_keys=True, ensure_ascii=False))

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
            if lift is None and verdict == state.verdict:
                continue
            # A class that stops flowing releases nothing, so nobody asks what was given: a pause is no dearer for that.
            stops = lift is None and state.verdict.kind == "release"
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
            self.tx.move(sorted(seqs), target)

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

    # Scheduled acts.

    def carry_out_due(self) -> None:
        """Carries out what has fallen due by this block's clock: beginnings in the order of their moments, then ends.

        A pause binds at its moment, but a resume takes the clock of its finding: what it gives would be read only now,
        so whatever has begun to bind by now keeps it back.
        """
        while True:
            due = sorted(
                (kind, moment, number)
                for number, pause in self.policy.pauses.items()
                for moment, kind in _moments(pause)
                if moment <= self.now
            )
            if not due:
                return
            kind, moment, number = due[0]
            pause = self.policy.pauses[number]
            if kind == "begin":
                self.put_pause(replace(pause, state="running"))
                # Items stored after the moment belong to the new state, whenever the act is found.
                at_seq = self.tx.seq_upto(moment)
                for flow in self.concerned(pause):
                    self.settle(flow, at_seq=at_seq, at=moment)
                self.act("pause-begun", "schedule", {"pause": number, "moment": moment})
            else:
                self.lift(pause, "release", by="schedule")

    def concerned(self, pause: Pause) -> list[FlowRow]:
        """The flows that a pause can touch."""
        return [
            flow
            for agreement in pause.agreements
            for flow in self.policy.flows_of(agreement)
            if pause.recipient in {None, flow.party}
        ]

    def put_pause(self, pause: Pause) -> None:
        """Stores a pause and takes it into the picture; a lifted one leaves it."""
        self.changed = True
        number = pause.number
        self.tx.put_pause(PauseRow(int(number), pause.as_text(), pause.state))
        if pause.state == "lifted":
            self.policy.pauses.pop(number, None)
        else:
            self.policy.pauses[number] = pause

    def lift(self, pause: Pause, backlog: Backlog, *, by: str, note: str = "") -> Effect:
        """Lifts a pause that runs or is scheduled; a scheduled one held nothing yet."""
        running = pause.state == "running"
        self.put_pause(replace(pause, state="lifted"))
        effect = self.effect()
        if running:
            for flow in self.concerned(pause):
                effect.add(self.settle(flow, lift=Lift(pause.number, backlog)))
        self.act("resume", by, {"pause": pause.number, "backlog": backlog, "note": note})
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
        moments = [moment for pause in self.policy.pauses.values() for moment, _ in _moments(pause)]
        head = replace(
            self.tx.head(),
            policy_version=self.version if self.changed else self.head.policy_version,
            next_due=min(moments, default=None),
            clock_seen=max(self.now, self.head.clock_seen),
        )
        self.tx.put_head(head)
        if self.changed:
            self.policy.version = head.policy_version
        for step in self._last:
            step()


_NEVER_TOLD = ClassState(Verdict("withhold"))


def turns_states(turns: Mapping[int, Turn]) -> dict[int, ClassState]:
    """The states that these turns lead to."""
    return {class_id: found.state for class_id, found in turns.items()}


def _moments(pause: Pause) -> list[tuple[int, str]]:
    """When a pause begins by itself, and when it ends by itself."""
    if pause.state == "scheduled" and pause.from_us is not None:
        return [(pause.from_us, "begin")]
    if pause.state == "running" and pause.until_us is not None:
        return [(pause.until_us, "end")]
    return []


@contextmanager
def changing(node: Node, desk: PolicyDesk) -> Iterator[Change]:
    """A write block for whatever changes policy or stores items. Acts that have fallen due are carried out first."""
    with node.store.write() as tx:
        head = tx.head()
        # The picture is changed on a copy: nobody else sees a change before it is durable, or one that came to nothing.
        change = Change(node, tx, desk.current(tx, head.policy_version).copy(), head)
        change.carry_out_due()
        yield change
        change.finish()
    if change.changed:
        desk.publish(change.policy)


def is_settled(head: Head, now: int) -> bool:
    """Whether nothing has fallen due by the node's clock `now`."""
    return head.next_due is None or now < head.next_due


def carry_out_due(node: Node, desk: PolicyDesk, head: Head) -> Head:
    """The head after every act that has fallen due by now was carried out; `head` itself where nothing was due."""
    if is_settled(head, node.now(head)):
        return head
    with changing(node, desk):
        pass
    return node.store.head()


def see_clock(node: Node) -> None:
    """Records the node's clock, so that a machine's clock that is set back while nobody writes is noticed."""
    with node.store.write() as tx:
        head = tx.head()
        tx.put_head(replace(head, clock_seen=max(node.now(head), head.clock_seen)))
