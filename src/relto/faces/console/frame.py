"""The frame around each page: who looks, where one may go, and what is paused, on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relto.domain.moment import write
from relto.faces.verbs import acts
from relto.usecases.publishing import GIVERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.faces.console.visit import Visit

BANNER_MAX: Final = 3
"""Pauses that the banner names; the rest it counts."""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    address: str
    title: str
    count: int = 0


def framed(visit: Visit) -> Mapping[str, Any]:
    """What `base.html` shows around a page."""
    caller = visit.caller
    sight = caller.sight
    running = [each for each in sight.policy.pauses.values() if each.state == "running" and sight.pause(each)]
    running.sort(key=lambda each: int(each.number), reverse=True)
    return {
        "visit": visit,
        "host": sight.policy.host,
        "now": write(caller.now),
        # A part of a page that stands has none around it.
        "places": () if visit.is_fragment else places(visit),
        "paused": running[:BANNER_MAX],
        "paused_more": max(0, len(running) - BANNER_MAX),
        "demonstration": caller.node.store.head().clock_offset != 0,
    }


def places(visit: Visit) -> Sequence[Place]:
    """Where whoever looks may go."""
    if not visit.in_office:
        return _of_partner(visit)
    waiting = len(acts.approvals(visit.caller))
    return (
        Place("/", "Overview"),
        Place("/agreements", "Agreements"),
        Place("/pauses", "Pauses"),
        Place("/items", "Items"),
        Place("/acts", "Decisions", waiting),
        Place("/cases", "Cases"),
        Place("/evidence", "Evidence"),
        Place("/inbox", "Notices"),
        *_received(visit),
        *([] if visit.roles.isdisjoint(GIVERS) else [Place("/sent", "What we give")]),
        Place("/admin", "Administration"),
        Place("/account", "Your account"),
        Place("/manual", "Manual"),
    )


def _of_partner(visit: Visit) -> Sequence[Place]:
    """Where whoever receives, or gives, and decides nothing may go."""
    only_gives = visit.roles == {"contributor"}
    gives = "contributor" in visit.roles
    return (
        Place("/", "What we give" if only_gives else "What we receive"),
        *([Place("/sent", "What we give")] if gives and not only_gives else []),
        *([] if only_gives else [Place("/recalls", "Recalls")]),
        Place("/inbox", "Notices"),
        Place("/cases", "Cases"),
        *([] if only_gives else [Place("/evidence", "Deliveries and proofs")]),
        Place("/connect", "How to connect"),
        Place("/account", "Your account"),
        Place("/manual", "Manual"),
    )


def _received(visit: Visit) -> Sequence[Place]:
    """What the office's own party receives, where it receives anything."""
    sight = visit.caller.sight
    if not any(sight.receives(flow.agreement) for flow in sight.policy.flows_to(visit.party)):
        return ()
    return (Place("/received", "What we receive"), Place("/recalls", "Recalls"))
