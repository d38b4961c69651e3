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

from relto.domain.batch import LEAD_US
from relto.domain.flow import Backlog, ClassState, Lift, Turn, Verdict, begin, spliced, turn
from relto.domain.folding import folded
from relto.domain.ranges import EMPTY, Ranges
from relto.domain.stream import Place, Stream
from relto.ports.store import FlowRow, Head, MarkRow, PauseRow, StreamRow
from relto.usecases.effect import Effect
from relto.usecases.policy import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from relto.domain.classes import Class
    from relto.domain.pause import Pause
    from relto.ports.node import Node
    from relto.ports.store import ClassRow, Transaction
    from relto.usecases.policy import Policy, PolicyDesk

STAMPS_MAX = 3
"""How often epochs are stamped anew where writing them took longer than half the lead."""


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
        self._stored: dict[int, Stream] = {}
        self._by_party: dict[str, list[str]] | None = None
        self._made: set[tuple[int, int]] = set()
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
            for row in self._streams(flow):
                old = new = self.policy.stream(self.tx, row.id)
                for (source, target), each in bits.items():
                    new = new.spliced(each, source=source, target=target)
                self._put_stream(row, old, new)
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
                for row in self._streams(flow):
                    old = self.policy.stream(self.tx, row.id)
                    self._put_stream(row, old, old.copied(source=source, target=target))
                states[target] = states[source]
                self._put_states(flow, states, {target: states[source]})

    def give_again(
        self, flow: FlowRow, names: Collection[str], ranges: Mapping[int, Ranges], *, earliest: int
    ) -> tuple[int, int]:
        """Moves ranges (not empty, trimmed) into a new epoch of the stream that these readers share, in a fork where
        others read it too.

        The stream and the number of the epoch; it starts at `earliest` or later.
        """
        row = self.policy.streams[self.policy.stream_of(flow, next(iter(names)))]
        old = self.policy.stream(self.tx, row.id)
        epoch = old.next_epoch(
            ranges.values(),
            start_seq=self.head.last_seq,
            clock=max(self.now, earliest),
            last_given=self.head.last_given,
            tight=True,
        )
        assert epoch is not None, "there is something to give again"
        new = old.with_epoch(epoch, {}, ranges)
        if set(self._readers_of(flow, row)) <= set(names):
            stream = row.id
            self._put_stream(row, old, new)
        else:
            stream = self._fork(flow, new, names)
        self._made.add((stream, epoch.number))
        return stream, epoch.number

    def fold(
        self, flow: FlowRow, reader: str, upto: Place, stands: Collection[Place], cursors: Collection[Place]
    ) -> list[tuple[int, int]]:
        """Folds what the only reader of a stream has passed, up to `upto`, where it `stands` at these places and may go
        on from these `cursors`; the runs of epochs (first, last) that were made one.
        """
        row = self.policy.streams[self.policy.stream_of(flow, reader)]
        stream = self.policy.stream(self.tx, row.id)
        if self._readers_of(flow, row) != [reader]:
            return []
        new, done = folded(stream, upto, stands, cursors, self._added_at)
        self._put_stream(row, stream, new)
        return done

    def _added_at(self, seq: int) -> int:
        batch = self.tx.batch_of(seq)
        return 0 if batch is None else batch.added_at(seq)

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
        backlog = self.trimmed({name: found.backlog for name, found in turns.items() if found.backlog})
        seq = self.head.last_seq if at_seq is None else at_seq
        for row in self._streams(flow):
            effect.epochs += self._move_stream(flow, row, turns, backlog, seq)
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

    def _move_stream(
        self, flow: FlowRow, row: StreamRow, turns: Mapping[int, Turn], backlog: Mapping[int, Ranges], seq: int
    ) -> list[tuple[int, int]]:
        """One stream through a change, split into forks where its readers stand at different places.

        Each (stream, number) of the epochs that this made; their moments are given out when the block ends.
        """
        old = self.policy.stream(self.tx, row.id)
        base = old
        for class_id, found in turns.items():
            if found.close:
                base = base.without_live(class_id, seq)
        shown = {class_id: found.shown_since for class_id, found in turns.items() if found.shown_since}
        groups: dict[tuple[tuple[int, Ranges], ...], list[str]] = {}
        if shown:
            for reader, moved in self._read_past(flow, row, base, shown).items():
                if moved:
                    groups.setdefault(tuple(sorted(moved.items(), key=lambda pair: pair[0])), []).append(reader)
        forked = {name for names in groups.values() for name in names}
        remaining = [name for name in self._readers_of(flow, row) if name not in forked] if groups else []
        made: list[tuple[int, int]] = []
        plans: list[tuple[dict[int, Ranges], list[str]]] = [(dict(moved), names) for moved, names in groups.items()]
        if remaining or not plans:
            plans.insert(0, ({}, remaining))
        for index, (moved, names) in enumerate(plans):
            new = base
            epoch = new.next_epoch(
                (*backlog.values(), *moved.values()),
                start_seq=seq,
                clock=self.now,
                last_given=self.head.last_given,
            )
            if epoch is not None:
                new = new.with_epoch(epoch, backlog, moved)
            for class_id, found in turns.items():
                if found.open_after is not None:
                    new = new.with_live(class_id, found.open_after)
            if index == 0:
                stream = row.id
                self._put_stream(row, old, new)
            else:
                stream = self._fork(flow, new, names)
            if epoch is not None:
                made.append((stream, epoch.number))
        self._made.update(made)
        return made

    def _fork(self, flow: FlowRow, stream: Stream, names: Iterable[str]) -> int:
        """Gives readers a stream of their own: a copy of spans and epochs, not of items. The collection's id stays."""
        row = self.tx.add_stream(flow.id, Stream(), version=self.version)
        self.policy.streams[row.id] = row
        self._put_stream(row, Stream(), stream)
        for name in names:
            self.tx.put_reader(flow.id, name, row.id)
            self.policy.readers[flow.id, name] = row.id
        return row.id

    def _read_past(
        self, flow: FlowRow, row: StreamRow, base: Stream, shown: Mapping[int, int]
    ) -> dict[str, dict[int, Ranges]]:
        """For each reader of the stream, what was hidden from it beyond the lowest place from which it read."""
        found: dict[str, dict[int, Ranges]] = {}
        marks: dict[str, list[MarkRow]] = {}
        members = frozenset(self._readers_of(flow, row))
        for mark in self.tx.marks(flow.id):
            if mark.reader in members:
                marks.setdefault(mark.reader, []).append(mark)
        for reader, theirs in marks.items():
            missed = {}
            for class_id, since in shown.items():
                places = [mark.place for mark in theirs if mark.version >= since]
                if places:
                    missed[class_id] = base.beyond(class_id, min(places)).upto(self.head.last_seq)
            found[reader] = self.trimmed({class_id: ranges for class_id, ranges in missed.items() if ranges})
        return found

    def _readers_of(self, flow: FlowRow, row: StreamRow) -> list[str]:
        """The accounts that read the stream now."""
        return [
            name
            for name in self._readers().get(flow.party, ())
            if self.policy.readers.get((flow.id, name), flow.main) == row.id
        ]

    def _readers(self) -> Mapping[str, list[str]]:
        """The accounts that read, by party; asked once in a block, for a change may touch many streams."""
        if self._by_party is None:
            self._by_party = {}
            for account in self.tx.accounts():
                if not account.revoked and "reader" in account.roles:
                    self._by_party.setdefault(account.party, []).append(account.name)
        return self._by_party

    def _streams(self, flow: FlowRow) -> list[StreamRow]:
        return sorted((row for row in self.policy.streams.values() if row.flow == flow.id), key=lambda row: row.id)

    def _put_stream(self, row: StreamRow, old: Stream, new: Stream) -> None:
        """Takes a stream's change into the picture; it is written when the block ends, once."""
        if new != old:
            self._touch(row, old, new)

    def _touch(self, row: StreamRow, old: Stream, new: Stream) -> None:
        self.changed = True
        self._stored.setdefault(row.id, old)
        self.policy.streams[row.id] = replace(row, version=self.version)
        self.policy.streams_seen[row.id] = (self.version, new)

    def _put_states(self, flow: FlowRow, states: Mapping[int, ClassState], changed: Mapping[int, ClassState]) -> None:
        if not changed:
            return
        self.changed = True
        self.tx.put_flow_states(flow.id, changed)
        main = self.policy.streams[flow.main]
        if main.version != self.version:
            # The main stream's version tells other processes that the flow's states are others now.
            stream = self.policy.stream(self.tx, flow.main)
            self._touch(main, stream, stream)
        self.policy.states_seen[flow.id] = (self.version, dict(states))

    def trimmed(self, ranges: Mapping[int, Ranges]) -> dict[int, Ranges]:
        """The same without the room before the first and after the last item of each: a width delays what comes
        after.
        """
        asked = [(class_id, after, upto) for class_id, each in ranges.items() for after, upto in each]
        found: dict[int, list[tuple[int, int]]] = {}
        for (class_id, _, _), ends in zip(asked, self.tx.trims(asked), strict=True):
            if ends is not None:
                found.setdefault(class_id, []).append((ends[0] - 1, ends[1]))
        return {class_id: Ranges.of(*pairs) for class_id, pairs in found.items()}

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
        self._write_streams()
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

    def _write_streams(self) -> None:
        """Writes what changed. Where writing took long, the new epochs are stamped again: no reader's clock is beyond
        the moment of an epoch before that epoch can be seen, or a client that keeps its own clock would pass it unseen.
        """
        for _ in range(STAMPS_MAX):
            clock = self.node.now(self.head)
            for stream, number in sorted(self._made):
                row, seen = self.policy.streams[stream], self.policy.streams_seen[stream][1]
                self.policy.streams_seen[stream] = (row.version, seen.stamped(number, clock + LEAD_US))
            for stream, old in self._stored.items():
                row, new = self.policy.streams[stream], self.policy.streams_seen[stream][1]
                self.tx.put_stream(row, old=old, new=new)
                self._stored[stream] = new
            if not self._made or self.node.now(self.head) < clock + LEAD_US // 2:
                break
        for effect in self._effects:
            for stream, number in effect.epochs:
                end = self.policy.streams_seen[stream][1].epoch(number).backlog_end
                effect.visible_at = max(effect.visible_at, end)


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
