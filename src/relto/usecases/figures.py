"""Figures: what an operator would watch of policy and partners, in numbers that are cheap to have.

Classes are counted by how they are decided, never items; items are counted where a pause holds them, by ranks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relto.domain.ranges import EMPTY
from relto.usecases.counting import count
from relto.usecases.evidence.signed.state import log_state
from relto.usecases.sequencing import carry_out_due

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.ports.node import Node
    from relto.ports.store import FlowRow, Snapshot
    from relto.usecases.evidence.signed.state import LogState
    from relto.usecases.policy import Policy, PolicyDesk


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """One agreement and recipient. `classes`: how many are decided so, by `release`, `hold` and `withhold`.

    `held`: items that pauses and reviews keep back. `read_age_us`: how long ago its last account asked; None: none did.
    """

    agreement: str
    to: str
    classes: Mapping[str, int]
    held: int
    read_age_us: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The node. `overdue`: pauses and agreements with a date that has passed, by which (`review`, `until`).

    `waiting`: acts by state (`proposed`, `scheduled`). `places`: webhooks and mailboxes, by which and how they stand
    (`active`, `failing`, `disabled`). `items`: all that were ever stored. `stored_age_us`: how long
    ago the last of them was; None: there is none. `log`: how far it is signed at this moment (`at`). `can_sign`:
    whether its keys are there; None: nobody looked.
    """

    flows: tuple[FlowFigures, ...] = ()
    pauses: Mapping[str, int] = field(default_factory=dict)
    overdue: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[tuple[str, str], int] = field(default_factory=dict)
    items: int = 0
    stored_age_us: int | None = None
    log: LogState | None = None
    at: int = 0
    can_sign: bool | None = None


def figures(node: Node, desk: PolicyDesk) -> Figures:
    """As things are now."""
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        now = node.now(head)
        policy = desk.current(snap, head.policy_version)
        polled: dict[int, int] = {}
        for row in snap.polls():
            polled[row.flow] = max(row.facts.polled_at, polled.get(row.flow, 0))
        flows = [
            _of_flow(snap, policy, flow, polled.get(flow.id, 0), now)
            for flow in sorted(policy.flows.values(), key=lambda flow: (flow.agreement, flow.party))
            if flow.member
        ]
        pauses = policy.pauses.values()
        overdue = Counter(name for pause in pauses for name in pause.overdue(now))
        standings = policy.standings.values()
        overdue["review"] += sum(each.terms.is_overdue(now) and not each.ended for each in standings)
        return Figures(
            tuple(flows),
            Counter(pause.state for pause in pauses),
            overdue,
            Counter(row.state for row in snap.acts_open()),
            Counter(
                [("webhook", each.standing) for each in snap.webhooks()]
                + [("mailbox", each.standing) for each in snap.mailboxes()]
            ),
            head.last_seq,
            max(now - head.last_given, 0) if head.last_given else None,
            log_state(snap),
            now,
        )


def _of_flow(snap: Snapshot, policy: Policy, flow: FlowRow, polled: int, now: int) -> FlowFigures:
    states = policy.states_of(snap, flow.id)
    held = {name: kept for name, state in states.items() if (kept := state.kept.upto(snap.head().last_seq)) != EMPTY}
    return FlowFigures(
        flow.agreement,
        flow.party,
        Counter(state.verdict.kind for state in states.values()),
        count(snap, held) if held else 0,
        max(now - polled, 0) if polled else None,
    )
