"""Impacts: what a pause costs each recipient, as it is counted, and what the record tells of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.impact import daily_tenths
from relto.domain.moment import DAY_US, SECOND, parse_timestamp
from relto.faces.api.paging import paged
from relto.faces.console.pages import names
from relto.faces.console.pages.axis import Day, begin, both
from relto.faces.console.pages.choice import Choice
from relto.faces.console.pages.pause import flows_of
from relto.faces.console.pages.timeline import counted, shade
from relto.faces.console.visit import Shown
from relto.faces.verbs import impact, pausing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.faces.console.visit import Visit

DETAILED_MAX: Final = 2
"""Flows that are told of in full, each with its charts; of more each has a line, by which one comes to it."""

PAGE: Final = 50
DAYS_MAX: Final = 92
"""Days of a table, the last ones with anything."""

TOPICS_MAX: Final = 20
"""Topics of the table of topics and days: those of which most is held."""


def page(visit: Visit) -> Shown:
    """What one pause costs; `at`: as it was; `agreement`, `to`: by that agreement, or that recipient, alone."""
    number, at = visit.names["pause"], visit.query.given("at")
    made = pausing.show(visit.caller, pause=number)
    at_present = at is None and made["state"] != "lifted"
    every = flows_of(visit, made, at_present=at_present)
    to, agreement = visit.query.text("to"), visit.query.text("agreement")
    wanted = [
        {"agreement": name, "to": party} for name, party in every if to in {"", party} and agreement in {"", name}
    ]
    some, following = paged(wanted, ["agreement", "to"], PAGE, visit.query.given("after"))
    pairs = frozenset((each["agreement"], each["to"]) for each in some)
    rows = impact.impact_of(visit.caller, pause=number, flows=pairs, at=at)
    many = len(wanted) > DETAILED_MAX
    whole = many and at_present and len(wanted) == len(every)
    held = pausing.holding(visit.caller, pauses=[number]) if whole else {}
    known = names.of_parties(visit)
    return Shown(
        "impact.html",
        {
            "pause": made,
            "flows": [] if many else [_shown(each) for each in rows],
            "rows": rows if many else [],
            "count": len(wanted),
            "held": held.get(made["pause"]),
            "at_present": at_present,
            "told": any(each["held"] is not None for each in rows),
            "following": following,
            "recipients": Choice.of((code, known.get(code, "")) for code in sorted({party for _, party in every})),
            "to": to,
            "agreement": agreement,
            "at": visit.query.text("at"),
            "then": visit.then(),
        },
    )


def _shown(each: dict[str, Any]) -> dict[str, Any]:
    held = {one["day"]: one["items"] for one in (each["held"] or {}).get("per_day", ())}
    received = counted(each)
    days = [Day(day, received.get(day, 0), held.get(day, 0)) for day in sorted({*held, *received})]
    # A pause that was lifted is looked at as it stood when it ended.
    now = parse_timestamp(each["at"])
    shades = [shade({"pause": each["pause"], "since": each["since"], "lifted_at": None}, now)]
    by_topic = dict((each["held"] or {}).get("by_topic", {}))
    most = sorted(by_topic, key=lambda topic: (-by_topic[topic], topic))
    told = [day for day in days if day.released or day.held]
    since = min([shades[0].since, *(begin(day.day) for day in days)])
    return {
        **each,
        "days": told[-DAYS_MAX:],
        "days_left": max(0, len(told) - DAYS_MAX),
        "topics": most[:TOPICS_MAX],
        "topics_left": max(0, len(most) - TOPICS_MAX),
        "drawings": both((), days, shades, since=since, until=now, now=None if each["state"] == "lifted" else now),
        "before": _amount(each["received"]["before"]),
        "since_then": _amount(each["received"]["since"]),
        "is_apart": any(one["newest_plain"] != one["newest"] for one in each["staleness"]),
    }


def _amount(part: Mapping[str, Any]) -> dict[str, Any]:
    """How much that is, and how much a day, where it was a day or more."""
    length = part["seconds"] * SECOND
    daily = None
    if length >= DAY_US:
        whole, tenth = divmod(daily_tenths(part["items"], length), 10)
        daily = f"{whole:,}.{tenth}"
    return {"items": part["items"], "seconds": part["seconds"], "daily": daily, "by_topic": part["by_topic"]}
