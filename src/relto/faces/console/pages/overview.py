"""The overview: a map of flows, and what calls for a decision. Whoever only receives sees its own side instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.faces.console.pages.flowmap import URGENCY, Flow, flow_map
from relto.faces.console.visit import Shown
from relto.faces.verbs import agenda, agreements, parties, standing

if TYPE_CHECKING:
    from relto.faces.console.visit import Visit

ROWS_MAX: Final = 40
"""Flows in the list below the map; the rest stands on the page of agreements."""

PLACES: Final = {
    "approval": "/acts/{subject}",
    "pause-date": "/pauses/{subject}",
    "agreement-review": "/agreements/{subject}",
    "condition": "/pauses/{subject}",
    "notices": "/admin/notices",
    "reader": "/admin/parties/{subject}",
}
"""Where one decides on a matter of the agenda."""


def page(visit: Visit) -> Shown:
    """The whole page."""
    if not visit.in_office:
        return Shown("received.html", {"flows": _flows(visit)})
    return Shown("overview.html", {**_mapped(visit), "agenda": _agenda(visit)})


def flows(visit: Visit) -> Shown:
    """What of it changes while one looks: the map, the list and the agenda."""
    return Shown("parts/overview.html", {**_mapped(visit), "agenda": _agenda(visit)})


def holding(visit: Visit) -> Shown:
    """What stands above every page: which pauses run."""
    del visit  # The frame around each page tells it already.
    return Shown("parts/holding.html")


def _agenda(visit: Visit) -> list[dict[str, Any]]:
    return [{**each, "place": PLACES[each["kind"]].format_map(each)} for each in agenda.list_(visit.caller)]


def _flows(visit: Visit) -> list[dict[str, Any]]:
    givers = {each["agreement"]: each["from"] for each in agreements.list_(visit.caller)}
    found = standing.status(visit.caller)
    return [{**each, "from": givers.get(each["agreement"], "")} for each in found]


def _mapped(visit: Visit) -> dict[str, Any]:
    found = _flows(visit)
    made = flow_map(
        (Flow(each["agreement"], each["from"], each["to"], each["state"], each["released"]) for each in found),
        host=visit.caller.sight.policy.host,
    )
    found.sort(key=lambda each: (URGENCY[each["state"]], each["agreement"], each["to"]))
    names = {each["party"]: each["name"] for each in parties.list_(visit.caller)}
    return {"map": made, "flows": found[:ROWS_MAX], "flows_left": max(0, len(found) - ROWS_MAX), "names": names}
