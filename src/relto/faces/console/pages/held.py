"""What a pause holds while it runs, item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.errors import Refused
from relto.faces.console.visit import Shown
from relto.faces.verbs import backlog, pausing

if TYPE_CHECKING:
    from relto.faces.console.visit import Visit

PAGE: Final = 50


def page(visit: Visit) -> Shown:
    """The items, as they came in; `topic` narrows them."""
    made = pausing.show(visit.caller, pause=visit.names["pause"])
    if not any(visit.caller.sight.gives(name) for name in made["agreements"]):
        raise Refused("role-missing", "what a pause holds is for those in office at the giver")
    topics = visit.query.texts("topic")
    found = backlog.items(
        visit.caller, pause=made["pause"], topics=topics, held=True, after=visit.query.number("after"), limit=PAGE
    )
    return Shown(
        "held.html",
        {
            "pause": made,
            "items": found["items"],
            "following": None if found["next"] is None else str(found["next"]),
            "topics": topics,
        },
    )
