"""What a party gives: what it has given so far, by day; how a client gives; and items given here, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, ReltoError
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.pages.received import DISCOVERY, OBJECTS, ROOT
from relto.faces.console.pages.timeline import strip
from relto.faces.console.visit import Shown
from relto.faces.verbs import ingest, received
from relto.usecases.publishing import GIVERS

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

REJECTS_MAX: Final = 20

EXAMPLE: Final = '{"type": "bundle", "id": "bundle--…", "objects": [ … ]}'


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """What was given, and how to give more."""
    own = next((each for each in received.collections(visit.caller) if each["own"]), None)
    return Shown(
        "sending.html",
        {
            "own": own,
            "drawing": strip(own["days"], (), visit.caller.now) if own and own["items"] else None,
            "objects": None if own is None else OBJECTS.format_map(own),
            "said": visit.form,
            "example": EXAMPLE,
            "base": visit.caller.opened.config.http.public_url,
            "discovery": DISCOVERY,
            "root": ROOT,
            "may": not visit.roles.isdisjoint(GIVERS),
            "may_name": "admin" in visit.roles,
        },
        error,
    )


def _said(visit: Visit) -> Said:
    text = visit.form.text("objects")
    if not text:
        raise BadInput("file-invalid", "there is nothing to give: paste STIX 2.1 objects")
    return {
        "body": text.encode(),
        "originator": visit.form.text("originator") or visit.party,
        "strict": visit.form.has("strict"),
    }


def _asks(visit: Visit, said: Said) -> Question:
    found = ingest.preview(visit.caller, body=said["body"], originator=said["originator"])
    if not found["items"] and not found["rejected"]:
        raise BadInput("file-invalid", "there is no object in it")
    new = found["items"] - found["known"]
    known = found["known"]
    tells = [
        f"{plural(new, 'object')} {'is' if new == 1 else 'are'} taken in, given by {said['originator']}.",
        "They flow at once to whoever an agreement gives them to.",
        f"{plural(known, 'object')} {'is' if known == 1 else 'are'} here already, under the same id and version.",
    ]
    if found["rejected"]:
        refused = plural(found["rejected"], "object")
        tells.append(
            f"{refused} cannot be understood, so nothing is taken in: all or nothing was asked for."
            if said["strict"]
            else f"{refused} cannot be understood and {'is' if found['rejected'] == 1 else 'are'} left out."
        )
    values = {"found": {**found, "rejects": found["rejects"][:REJECTS_MAX]}}
    return Question(f"Give {plural(new, 'object')}", "Give them", tells, "parts/ingest.html", values)


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit
    found = {**document, "rejects": document["rejects"][:REJECTS_MAX], "originator": said["originator"]}
    return Shown("given.html", {"found": found})


INGEST: Final = Act(ingest.ingest, _said, _asks, _then, page)
