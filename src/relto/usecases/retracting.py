"""Retracting: what revokes something that a recipient has passes the pauses that hold it back from that recipient.

Nobody should act on what was retracted, so it is released item by item, by an act of the block in which it comes in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.domain.override import Override
from relto.ports.store import OverrideRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.actor import Actor
    from relto.domain.classes import Class
    from relto.ports.store import FlowRow, Known
    from relto.usecases.change import Change


def words_for(change: Change, klass: Class, versions: Sequence[Known], beside: Sequence[Class]) -> list[Override]:
    """For whom an item of this class, which revokes its object, is released past pauses. `versions`: those that are
    here already; `beside`: the classes of those that come with it.
    """
    return [
        Override(flow.agreement, flow.party, "retract")
        for flow in change.policy.flows.values()
        if _is_owed(change, flow, klass, versions, beside)
    ]


def _is_owed(change: Change, flow: FlowRow, klass: Class, versions: Sequence[Known], beside: Sequence[Class]) -> bool:
    """Whether pauses alone hold the retraction back from a recipient that was given what it retracts, or is given that
    with it. What a cut holds passes when that is over: the recipient reads then what was retracted. What was closed by
    hand it was told of already.
    """
    policy = change.policy
    if policy.standings[flow.agreement].terms.holds_revocations:
        return False
    decided = policy.decider(flow, change.now)
    decision = decided(klass)
    if decision.kind != "hold":
        return False
    if any(decided(each).kind == "release" for each in beside):
        return True
    states, stream = policy.states_of(change.tx, flow.id), policy.stream(change.tx, flow.main)
    return any(
        stream.place_of(each.class_id, each.seq) is not None
        and (not states[each.class_id].hidden_since or decided(policy.classes[each.class_id].value).kind == "hold")
        for each in versions
    )


def record_words(change: Change, words: Sequence[tuple[int, str, Sequence[Override]]], *, by: Actor) -> None:
    """Puts on record which items, each (`seq`, `id@version`), were released so, and for whom."""
    order = {"items": [{"item": item, "for": [list(each[:2]) for each in found]} for _, item, found in words]}
    number = change.act("retraction", by, order)
    change.tx.add_overrides(
        [
            OverrideRow(number, seq, each.agreement, each.party, each.verb, change.now)
            for seq, _, found in words
            for each in found
        ]
    )
