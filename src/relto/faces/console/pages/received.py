"""What a party receives, as its own account sees it: each agreement, what came on which day, what was taken back, what
is asked of it, and how a client reads it.

Nothing here is told that the account's client could not find out by reading: a discreet pause looks like silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import ReltoError
from relto.faces.api.paging import paged
from relto.faces.console.pages import names
from relto.faces.console.pages.flowmap import URGENCY
from relto.faces.console.pages.timeline import strip
from relto.faces.console.visit import Shown
from relto.faces.verbs import agreements, impact, inbox, received, standing
from relto.faces.verbs.inbox import RECALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.faces.console.visit import Visit

PAGE: Final = 20
"""Agreements of one page, each with its days."""

ROWS: Final = 50
OPEN_MAX: Final = 1_000
"""So many of the latest notices are looked through for those that nobody has taken note of."""

OBJECTS: Final = "/exchange/collections/{collection}/objects/"
DISCOVERY: Final = "/taxii2/"
ROOT: Final = "/exchange/"


def page(visit: Visit) -> Shown:
    """What it receives, agreement by agreement, what is paused first."""
    flows = [
        {**each, "urgency": URGENCY[each["state"]]}
        for each in standing.states(visit.caller)
        if each["to"] == visit.party
    ]
    shown, following = paged(flows, ["urgency", "agreement"], PAGE, visit.query.given("after"))
    rows = standing.status_of(visit.caller, flows=[(each["agreement"], each["to"]) for each in shown])
    given = {each["agreement"]: each for each in agreements.list_(visit.caller)}
    came = {each["alias"]: each for each in received.collections(visit.caller) if not each["own"]}
    asked = {each["agreement"]: each for each in received.asked(visit.caller)}
    # Where a pause says that some of it is kept back, how old what can be read is.
    ages = impact.freshness(visit.caller, agreements={each["agreement"] for each in rows if each["pauses"]})
    return Shown(
        "received.html",
        {
            "flows": [
                {
                    **each,
                    "from": given[each["agreement"]]["from"],
                    "came": came.get(each["agreement"]),
                    "asked": asked.get(each["agreement"]),
                    **_days(visit, each),
                    "age": ages.get(each["agreement"]),
                }
                for each in rows
                if each["agreement"] in given
            ],
            "following": following,
            "names": names.of_parties(visit),
            "open": _open(visit),
            "is_reader": "reader" in visit.roles,
            "may_say": "officer" in visit.roles,
        },
    )


def _days(visit: Visit, flow: Mapping[str, Any]) -> dict[str, Any]:
    """Its days, and how they are drawn."""
    found = agreements.days_to(visit.caller, agreement=flow["agreement"], to=visit.party, days=received.DAYS)
    days = () if found is None else found["days"]
    return {"days": days, "drawing": strip(days, flow["pauses"], visit.caller.now) if days else None}


def _open(visit: Visit) -> dict[str, int]:
    """How many of the latest notices, and of the latest recalls, nobody of the party has taken note of."""
    try:
        latest = inbox.list_(visit.caller, limit=OPEN_MAX)["notices"]
    except ReltoError:
        # Whose credential leaves it no role has no notices.
        return {"notices": 0, "recalls": 0}
    open_ = [each for each in latest if not each["acknowledged"]]
    return {"notices": len(open_), "recalls": sum(each["kind"] == RECALL for each in open_)}


def recalls(visit: Visit) -> Shown:
    """What was taken back, newest first; `after` goes through all from the first on."""
    after = visit.query.number("after")
    found = inbox.list_(visit.caller, after=after, kind=RECALL, limit=ROWS)
    notices = found["notices"] if after is not None else found["notices"][::-1]
    return Shown("recalls.html", {**found, "notices": notices, "after": after})


def connect(visit: Visit) -> Shown:
    """How a client reads it, and gives what its party gives."""
    found = received.collections(visit.caller)
    rows, following = paged(found, ["alias"], ROWS, visit.query.given("after"))
    config = visit.caller.opened.config
    return Shown(
        "connect.html",
        {
            "collections": [{**each, "objects": OBJECTS.format_map(each)} for each in rows],
            "following": following,
            "asked": received.asked(visit.caller)[:ROWS],
            "base": config.http.public_url,
            "discovery": DISCOVERY,
            "root": ROOT,
            "basic": config.auth.basic,
            "key_header": config.http.api_key_header,
            "contact": config.taxii.contact,
        },
    )
