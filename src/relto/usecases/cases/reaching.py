"""Reaching: who would receive what is about to be recorded, by how agreements and pauses stand now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.actor import Actor
    from relto.domain.classes import Class
    from relto.domain.decision import DecisionKind
    from relto.usecases.policy import Policy


@dataclass(frozen=True, slots=True)
class Reach:
    """So many of the objects would be released to a party under an agreement, held back or withheld from it. `why`:
    the first reason for that.
    """

    agreement: str
    to: str
    kind: DecisionKind
    objects: int
    why: str


def reached(classes: Sequence[Class], policy: Policy, *, by: Actor, at: int) -> list[Reach]:
    """What would become of objects of these classes, for each recipient of the agreements that this actor gives under.

    Of those whose scope none of them is in, nothing is said.
    """
    counts: dict[Class, int] = {}
    for each in classes:
        counts[each] = counts.get(each, 0) + 1
    sight = Sight(by, policy)
    given = {name for name in policy.standings if sight.gives(name)}
    found: dict[tuple[str, str, DecisionKind], Reach] = {}
    for flow in policy.flows.values():
        if flow.agreement not in given or not flow.member:
            continue
        decided = policy.decider(flow, at)
        for klass, objects in counts.items():
            decision = decided(klass)
            reason = decision.reasons[0]
            if decision.kind == "withhold" and reason.code in _ASIDE:
                continue
            key = (flow.agreement, flow.party, decision.kind)
            before = found[key].objects if key in found else 0
            found[key] = Reach(*key, before + objects, reason.text)
    return [found[key] for key in sorted(found)]


_ASIDE: Final = frozenset({"out-of-scope", "agreement-ended", "not-a-recipient"})
