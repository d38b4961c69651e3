"""The backlog: what resumes kept for review, worked through whole, by pause, by topic and by item."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, Refused, ReltoError
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.pages.item import versions
from relto.faces.console.visit import Shown, Went
from relto.faces.console.words import needs_words
from relto.faces.verbs import backlog, pausing, rehearsals

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

PAGE: Final = 50

FLOWS_TOLD: Final = 10
"""Flows of which a question says in words how much; the table has all."""

TOPICS_TOLD: Final = 12
"""So many topics a question names; the rest it counts."""


def listed(visit: Visit, error: ReltoError | None = None) -> Shown:
    """What waits for review, by pause, and topics of all of it, to be chosen from."""
    _require_office(visit)
    found = backlog.list_(visit.caller)
    pauses: dict[str, list[dict[str, Any]]] = {}
    for each in found["backlog"]:
        pauses.setdefault(each["pause"], []).append(each)
    values = {
        "count": found["items"],
        "pauses": pauses,
        "topics": found["by_topic"],
        "may_decide": "officer" in visit.roles,
    }
    return Shown("backlogs.html", values, error)


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """What one pause left: topics with their counts, and items, to be chosen from."""
    _require_office(visit)
    made = pausing.show(visit.caller, pause=visit.names["pause"])
    number = made["pause"]
    chosen = visit.query.texts("topic")
    found = backlog.list_(visit.caller, pause=number)
    shown = backlog.items(visit.caller, pause=number, topics=chosen, after=visit.query.number("after"), limit=PAGE)
    return Shown(
        "backlog.html",
        {
            "pause": made,
            "count": found["items"],
            "flows": found["backlog"],
            "topics": found["by_topic"],
            "chosen": chosen,
            "listed": shown["items"],
            "following": shown["next"],
            "may_decide": "officer" in visit.roles,
        },
        error,
    )


def _require_office(visit: Visit) -> None:
    if not visit.in_office:
        raise Refused("role-missing", "what waits for review is for those in office at the giver")


def _said(visit: Visit) -> Said:
    form = visit.form
    topics, items = form.texts("topic"), form.texts("item")
    if not (topics or items or form.has("everything")):
        raise BadInput("nothing-chosen", "nothing is chosen", remedy="tick topics or items, or take all of it")
    if form.has("everything"):
        topics = items = ()
    return {"pause": visit.names.get("pause"), "topics": topics, "items": items}


def _counts(visit: Visit, said: Said) -> Any:
    # Of items that are named the versions are what counts, whatever else there is beside them.
    if said["items"]:
        return versions(visit, said)
    return backlog.list_(visit.caller, pause=said["pause"], topics=said["topics"])["backlog"]


def _what(said: Said) -> str:
    if said["items"]:
        return f"{plural(len(said['items']), 'item')} of"
    if said["topics"]:
        named = ", ".join(said["topics"][:TOPICS_TOLD])
        more = len(said["topics"]) - TOPICS_TOLD
        return f"all of {named}{f' and {more} topics more' if more > 0 else ''} in"
    return "all that is left of"


def _asks(visit: Visit, said: Said, *, drops: bool) -> Question:
    found = rehearsals.discard(visit.caller, **said) if drops else rehearsals.release(visit.caller, **said)
    part = "drops" if drops else "gains"
    tells = [
        f"{plural(each[part]['items'], 'item')} of {each['agreement']} to {each['to']}"
        f" {'is' if each[part]['items'] == 1 else 'are'} {'dropped' if drops else 'released'}."
        for each in found["flows"][:FLOWS_TOLD]
    ]
    tells += [
        "Their recipients never get what is dropped, and nobody can take that back."
        if drops
        else "It is released once, in order, under new dates; what another pause covers stays held by that one.",
        needs_words(found["needs"]),
    ]
    if not found["flows"]:
        tells.append(
            "As things are now, nothing would change: it was released or dropped already, or is held otherwise."
        )
    where = "the backlog of all pauses" if said["pause"] is None else f"the backlog of pause {said['pause']}"
    title = f"{'Drop' if drops else 'Release'} {_what(said)} {where}"
    verb = "drop" if drops else "release"
    button = f"Propose to {verb} it" if found["needs"] else f"{verb.capitalize()} it"
    return Question(title, button, tells, "parts/rehearsal.html", {"flows": found["flows"]}, stops=drops)


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit
    if document["state"] == "proposed":
        return Went(f"/acts/{document['act']}")
    return Went("/backlog" if said["pause"] is None else f"/backlog/{said['pause']}")


_asks_release = partial(_asks, drops=False)
_asks_discard = partial(_asks, drops=True)

RELEASE: Final = Act(backlog.release, _said, _asks_release, _then, page, counts=_counts)
DISCARD: Final = Act(backlog.discard, _said, _asks_discard, _then, page, counts=_counts)
RELEASE_ALL: Final = Act(backlog.release, _said, _asks_release, _then, listed, counts=_counts)
DISCARD_ALL: Final = Act(backlog.discard, _said, _asks_discard, _then, listed, counts=_counts)
