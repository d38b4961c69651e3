"""The agenda: what calls for a decision, of all that an actor sees. Nothing here happens by itself: somebody decides.

In this order: acts that wait for approvals; dates of pauses that have passed; reviews of agreements that are due;
conditions that somebody claims are met; backlogs that a review keeps; places where a party's notices do not arrive;
partners that used to read and have stopped. Within each, what has waited longest comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from relto.domain.moment import DAY_US
from relto.domain.pause import Pause
from relto.domain.ranges import EMPTY, Ranges
from relto.usecases import backlog, office
from relto.usecases.counting import counted
from relto.usecases.places import LOOKERS
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.store import Snapshot
    from relto.usecases.policy import PolicyDesk

MatterKind = Literal["approval", "pause-date", "agreement-review", "condition", "backlog", "notices", "reader"]

LAPSED_US: Final = 3 * DAY_US
"""A partner that used to read has lapsed where none of its accounts has asked for so long."""


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to decide. `since`: from when on it waits, in microseconds. `subject`: what it is about, by name: an
    act, a pause, an agreement, a webhook or mailbox (`webhook ID`), or a party. `says`: of what about it; of a backlog
    how many items it keeps.
    """

    kind: MatterKind
    subject: str
    since: int
    says: str = ""


def agenda(node: Node, desk: PolicyDesk, *, by: Actor) -> list[Matter]:
    """What waits, as this actor sees it; nothing for who is not in office."""
    carry_out_due(node, desk, node.store.head())
    waiting = office.waiting(node, desk)
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        sight = Sight(by, policy)
        if not sight.is_in_office:
            return []
        now = node.now(snap.head())
        found = [
            Matter("approval", str(act.number), act.made_at, act.kind)
            for act in waiting
            if act.has < act.needs and sight.act(act)
        ]
        for step in (_of_pauses(sight, now), _of_agreements(sight, now), _of_conditions(sight)):
            found += sorted(step, key=lambda each: each.since)
        found += sorted(_of_backlogs(snap, sight), key=lambda each: each.since)
        found += sorted(_of_places(snap, sight), key=lambda each: each.since)
        found += sorted(_of_readers(snap, sight, now), key=lambda each: each.since)
    return found


def _of_pauses(sight: Sight, now: int) -> Iterator[Matter]:
    for number, pause in sight.policy.pauses.items():
        if any(sight.gives(name) for name in pause.agreements):
            dates = {"review": pause.review_us, "until": pause.until_us}
            for name in pause.overdue(now):
                yield Matter("pause-date", number, dates[name] or 0, name)


def _of_agreements(sight: Sight, now: int) -> Iterator[Matter]:
    for name, standing in sight.policy.standings.items():
        if standing.terms.is_overdue(now) and not standing.ended and sight.gives(name):
            yield Matter("agreement-review", name, standing.terms.review_us or 0)


def _of_conditions(sight: Sight) -> Iterator[Matter]:
    for number, pause in sight.policy.pauses.items():
        if pause.state == "running" and any(sight.gives(name) for name in pause.agreements):
            for place, condition in enumerate(pause.conditions, 1):
                if condition.state == "claimed":
                    yield Matter("condition", number, condition.changed_at, str(place))


def _of_backlogs(snap: Snapshot, sight: Sight) -> Iterator[Matter]:
    policy = sight.policy
    for row in snap.pauses(lifted=True):
        if row.state != "lifted":
            continue
        pause = Pause.parse_value(row.value)
        whole: dict[int, Ranges] = {}
        for flow in (flow for name in pause.agreements if sight.gives(name) for flow in policy.flows_of(name)):
            for class_id, ranges in backlog.kept_of(snap, policy, flow).get(pause.number, {}).items():
                whole[class_id] = whole.get(class_id, EMPTY) | ranges
        items = sum(counted(snap, whole).values())
        if items:
            yield Matter("backlog", pause.number, row.made_at, str(items))


def _of_places(snap: Snapshot, sight: Sight) -> Iterator[Matter]:
    mine = None if sight.is_whole else [sight.actor.party]
    if sight.actor.roles.isdisjoint(LOOKERS):
        return
    for kind, places in (("webhook", snap.webhooks(parties=mine)), ("mailbox", snap.mailboxes(parties=mine))):
        for each in places:
            if each.standing != "active":
                yield Matter("notices", f"{kind} {each.id}", each.health.failing_since or each.made_at, each.standing)


def _of_readers(snap: Snapshot, sight: Sight, now: int) -> Iterator[Matter]:
    policy = sight.policy
    accounts = {row.name for row in snap.accounts() if not row.revoked and "reader" in row.roles}
    latest: dict[str, int] = {}
    for row in snap.polls():
        flow = policy.flows.get(row.flow)
        if flow is not None and flow.member and row.reader in accounts and sight.gives(flow.agreement):
            latest[flow.party] = max(row.facts.polled_at, latest.get(flow.party, 0))
    for party, polled in latest.items():
        if 0 < polled <= now - LAPSED_US:
            yield Matter("reader", party, polled)
