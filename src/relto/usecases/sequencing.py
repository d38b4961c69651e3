"""Sequencing: one change of policy after the other, each in one transaction, and what falls due before anything else.

`changing` opens a write block, first carries out every act that has fallen due, hands out a `Change`, and at its
end gives the database a new policy version if anything changed. Whoever reads or writes first at or after the
moment of a scheduled act passes through here before anything else (design, section 4).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from relto.domain.actor import SCHEDULE
from relto.domain.pause import pause_number
from relto.usecases.acting import require_there
from relto.usecases.change import Change
from relto.usecases.clock import recorded_now
from relto.usecases.moments import Moment, moments
from relto.usecases.telling import tell_begun, tell_lifted, tell_overdue, tell_waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.domain.act import Act
    from relto.domain.actor import Actor
    from relto.domain.pause import Pause
    from relto.ports.node import Node
    from relto.ports.store import Head
    from relto.usecases.policy import PolicyDesk


@contextmanager
def changing(node: Node, desk: PolicyDesk, *, by: Actor | None = None) -> Iterator[Change]:
    """A write block for whatever changes policy or stores items. Acts that have fallen due are carried out first.

    `by`: who asks. Its account may have been revoked since it came in: raises `Refused` (`account-revoked`) then.
    """
    with node.store.write() as tx:
        head = tx.head()
        # The picture is changed on a copy: nobody else sees a change before it is durable, or one that came to nothing.
        change = Change(node, tx, desk.current(tx, head.policy_version).copy(), head)
        if by is not None:
            require_there(tx, by, host=change.policy.host)
        _carry_out_due(change)
        due = len(change.recorded)
        yield change
        change.finish()
        if node.witness is not None and len(change.recorded) > due:
            # What fell due by itself is nobody's.
            node.witness(tx, list(dict.fromkeys(change.recorded[due:])))
    if change.changed:
        desk.publish(change.policy)


def _carry_out_due(change: Change) -> None:
    """Carries out what has fallen due by this block's clock: beginnings in the order of their moments, then ends.

    A pause binds at its moment, but a resume takes the clock of its finding: what it gives would be read only now,
    so whatever has begun to bind by now keeps it back.
    """
    if change.head.next_due is None or change.head.next_due > change.now:
        return
    # INVARIANT: `next_due` is the earliest of all that is ahead, so what comes once and leaves no trace (memberships,
    # dates) was minded up to before it.
    ahead = moments(change.policy, after=change.head.next_due - 1)
    once = sorted(each for each in ahead if each.kind in _ONCE and each.at <= change.now)
    while True:
        found = [each for each in moments(change.policy, after=change.now) if each.at <= change.now]
        found += once[:1]
        if not found:
            return
        due = min(found, key=lambda each: (each.kind in {"end", "act"}, each.at, each.kind, each.number))
        if due.kind in _ONCE:
            once.pop(0)
        _carry_out(change, due)


def _carry_out(change: Change, due: Moment) -> None:
    match due.kind:
        case "begin":
            _begin(change, change.policy.pauses[due.number], due)
        case "member":
            seq = change.tx.seq_upto(due.at)
            change.follow_all(at_seq=seq, at=due.at)
            change.changed = True
            change.act("membership-due", SCHEDULE, {"moment": due.at}, seq=seq)
        case "review" | "until":
            pause = change.policy.pauses[due.number]
            number = change.act(f"{due.kind}-due", SCHEDULE, {"pause": pause.number, "moment": due.at})
            tell_overdue(change, pause, due.kind, number)
        case "end":
            pause = change.policy.pauses[due.number]
            change.lift(pause, pause.then)
            order = {"pause": pause.number, "backlog": pause.then}
            tell_lifted(change, pause, change.act("resume", SCHEDULE, order, before=pause.as_value()))
        case "act":
            _carry_out_act(change, change.policy.scheduled[int(due.number)])


_ONCE = frozenset({"member", "review", "until"})


def _begin(change: Change, pause: Pause, due: Moment) -> None:
    change.put_pause(pause.next_version(due.at, state="running"), at=due.at)
    # Items stored after the moment belong to the new state, whenever the act is found.
    seq = change.tx.seq_upto(due.at)
    for flow in change.concerned(pause):
        change.settle(flow, at_seq=seq, at=due.at)
    number = change.act("pause-begun", SCHEDULE, {"pause": pause.number, "moment": due.at}, seq=seq)
    tell_begun(change, change.policy.pauses[pause.number], number)


def _carry_out_act(change: Change, act: Act) -> None:
    """Carries out a resume that was approved for this moment; one that cannot be any more is out of date."""
    del change.policy.scheduled[act.number]
    change.changed = True
    number = pause_number(str(act.order["pause"]))
    pause = change.policy.pauses.get(number)
    moved = act.moved(change.policy.grounds(act.grounds))
    unmet = () if pause is None else change.policy.unmet(pause)
    if pause is None or moved or unmet:
        texts = moved or [f"condition {place} of pause {number} is {each.state}" for place, each in unmet]
        ended = act.outdated(at=change.now, why="; ".join(texts))
        change.record(ended)
        tell_waiting(change, ended)
        return
    change.lift(pause, act.order.get("backlog", "release"))
    done = act.applied(by=SCHEDULE.account, at=change.now, after=None, outcome={"pause": number})
    change.record(replace(done, before=pause.as_value()))
    tell_lifted(change, pause, act.number)
    tell_waiting(change, done)


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
        recorded_now(node, tx)
