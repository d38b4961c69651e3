"""Old content: the content of old items is taken away, for good; what they were stays on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from relto.domain.errors import BadInput, ReltoError
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.pages.admin.menu import require_administrator, shown, told_moment
from relto.faces.console.visit import Shown, Went
from relto.faces.verbs import acts, purging

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

DONE_MAX: Final = 20


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form, and what was taken away so far."""
    require_administrator(visit, "purge content")
    done = acts.list_(visit.caller, kind="purge", limit=DONE_MAX)
    return shown(visit, "purge", {"done": done["acts"], "done_more": bool(done["next"])}, error)


def _said(visit: Visit) -> Said:
    form = visit.form
    if not form.text("before"):
        raise BadInput("when-invalid", "say before when", remedy="400d, or 2024-01-01T00:00Z")
    return {"before": form.text("before"), "originator": form.given("originator")}


def _asks(visit: Visit, said: Said) -> Question:
    found = purging.purge(visit.caller, **said, dry_run=True)
    whose = f" of {said['originator']}" if said["originator"] else ""
    tells = [
        Markup("The content of {}{} that came in before {} goes, for good. Numbers, digests and the log stay.").format(
            plural(found["items"], "item"), whose, told_moment(visit, said["before"], ahead=False)
        ),
        (
            f"{plural(found['kept'], 'item')} of that time {'stays' if found['kept'] == 1 else 'stay'} whole: "
            "a pause holds them, or a review keeps them."
        ),
    ]
    if found["behind"]:
        names = ", ".join(found["behind"][:20]) + (" …" if len(found["behind"]) > 20 else "")
        tells.append(f"Whoever has not read so far is not given them any more: {names}.")
    return Question("Take old content away, for good", "Take it away", tells, stops=True)


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, said
    return Went(f"/acts/{document['act']}" if document["act"] else "/admin/purge")


PURGE: Final = Act(purging.purge, _said, _asks, _then, page)
