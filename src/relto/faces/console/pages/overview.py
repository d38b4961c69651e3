"""The overview: a map of flows, and what calls for a decision. Whoever only receives sees its own side instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.faces.console.pages import received, sending
from relto.faces.console.pages.flowmap import URGENCY, Flow, flow_map
from relto.faces.console.pages.pause import flows_of
from relto.faces.console.terms import covered
from relto.faces.console.visit import Shown
from relto.faces.verbs import acts, agenda, outlook, pausing, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.console.visit import Visit

ROWS_MAX: Final = 40
"""Flows in the list below the map; the rest stands on the page of agreements."""

COUNTED_MAX: Final = 300
"""Flows that are all counted for the map; of more the lines are as thick as there are agreements."""

PAUSES_MAX: Final = 6
"""Pauses of which it is told here how near their end is; the page of pauses has all."""

PLACES: Final = {
    "approval": "/acts/{subject}",
    "pause-date": "/pauses/{subject}",
    "agreement-review": "/agreements/{subject}",
    "condition": "/pauses/{subject}",
    "backlog": "/backlog/{subject}",
    "notices": "/admin/notices",
    "reader": "/admin/parties/{subject}",
}
"""Where one decides on a matter of the agenda."""


def page(visit: Visit) -> Shown:
    """The whole page."""
    if not visit.in_office:
        # Whoever only gives has nothing to look at that it receives.
        return sending.page(visit) if visit.roles == {"contributor"} else received.page(visit)
    return Shown("overview.html", _looked(visit))


def flows(visit: Visit) -> Shown:
    """What of it changes while one looks: the map, the list and the agenda."""
    return Shown("parts/overview.html", _looked(visit))


def holding(visit: Visit) -> Shown:
    """What stands above every page: which pauses run."""
    del visit  # The frame around each page tells it already.
    return Shown("parts/holding.html")


def _looked(visit: Visit) -> dict[str, Any]:
    found = _flows(visit)
    return {**_mapped(visit, found), "agenda": _agenda(visit), **_paused(visit)}


def _paused(visit: Visit) -> dict[str, Any]:
    """What is paused, the newest first: whose flow, what of it, what is held, and how near its end is."""
    sight = visit.caller.sight
    running = [each for each in pausing.list_(visit.caller) if each["state"] == "running"]
    running = [each for each in reversed(running) if any(sight.gives(name) for name in each["agreements"])]
    shown = running[:PAUSES_MAX]
    found = outlook.of_pauses(visit.caller, pauses=[each["pause"] for each in shown])
    judged = {each["pause"]: each for each in found}
    rows = [
        {
            **each,
            "covers": covered(each["scope"]),
            "to": sorted({party for _, party in flows_of(visit, each, at_present=True)}),
            "held": judged[each["pause"]]["held"]["items"],
            "near": judged[each["pause"]]["judgement"],
        }
        for each in shown
        if each["pause"] in judged
    ]
    return {"pauses": rows, "pauses_left": len(running) - len(shown)}


def _agenda(visit: Visit) -> list[dict[str, Any]]:
    """What calls for a decision that whoever looks may take: nobody approves what it asked for itself."""
    own = {each["act"] for each in acts.approvals(visit.caller) if each["by"] == visit.account}
    return [
        {**each, "place": PLACES[each["kind"]].format_map(each)}
        for each in agenda.list_(visit.caller)
        if each["kind"] != "approval" or each["subject"] not in own
    ]


def _flows(visit: Visit) -> list[dict[str, Any]]:
    """All flows that are there for whoever looks, the most urgent first; of too many the first alone are counted."""
    states = standing.states(visit.caller)
    states.sort(key=lambda each: (URGENCY[each["state"]], each["agreement"], each["to"]))
    told = states if len(states) <= COUNTED_MAX else states[:ROWS_MAX]
    counted = standing.status_of(visit.caller, flows=[(each["agreement"], each["to"]) for each in told])
    known = {(each["agreement"], each["to"]): each for each in counted}
    uncounted: dict[str, Any] = {"released": None, "pauses": []}
    return [{**uncounted, **each, **known.get((each["agreement"], each["to"]), {})} for each in states]


def _mapped(visit: Visit, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    made = flow_map(
        (Flow(each["agreement"], each["from"], each["to"], each["state"], each["released"] or 0) for each in found),
        host=visit.caller.sight.policy.host,
    )
    names = {place.party: visit.caller.sight.policy.parties.party(place.party).name for place in made.places}
    return {"map": made, "flows": found[:ROWS_MAX], "flows_left": max(0, len(found) - ROWS_MAX), "names": names}
