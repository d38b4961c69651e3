"""Amending a pause: what is said takes the place of what was, and the question says what that would let go or hold.

Only what differs from the pause as the form was drawn is said; the scope stays whole unless it is set anew, and the
conditions that there are stay as they are. A scope that says more than the fields can stands in the form as a selector.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, ReltoError
from relto.domain.marking import LEVELS
from relto.domain.pause import pause_number
from relto.faces.console import orders
from relto.faces.console.act import VERSION, Act, Question
from relto.faces.console.form import Form
from relto.faces.console.pages.pause import choice_of_topics, conditions_of, givers_of, narrowed
from relto.faces.console.terms import covered
from relto.faces.console.visit import Shown, Went
from relto.faces.console.words import needs_words
from relto.faces.verbs import pausing, rehearsals

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

TEXTS: Final = ("reason", "authority", "review", "until", "then", "mode")
"""What is said only where it is another than it was. None of them can be taken away: blank is as it was."""

FIELDS: Final = frozenset({"topics", "types", "originators", "marking_at_least"})
"""Parts of a selector that have fields of their own; of topics those alone of which one has to be there."""


def form(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form with what counts now; what was typed stays typed."""
    made = pausing.show(visit.caller, pause=visit.names["pause"])
    visit.require_officer("amend pauses", *givers_of(visit, made))
    said = visit.form if visit.form.pairs else _as_form(made)
    return Shown(
        "pause-amend.html",
        {
            "pause": made,
            "said": said,
            "covers": covered(made["scope"]),
            "topics": choice_of_topics(visit, tuple(made["agreements"]), said),
            "chosen": made["agreements"],
            "levels": LEVELS,
        },
        error,
    )


def _as_form(made: dict[str, Any]) -> Form:
    whole = made["scope"] if isinstance(made["scope"], dict) else {}
    scope = whole if _has_fields(whole) else {}
    pairs = [(name, made[name] or "") for name in TEXTS]
    pairs += [("topic", each) for each in scope.get("topics", {}).get("any", [])]
    pairs.append(("type", ", ".join(scope.get("types", []))))
    pairs.append(("originator", ", ".join(scope.get("originators", []))))
    pairs.append(("marking_at_least", scope.get("marking_at_least", "")))
    # JSON is YAML: a line for each part.
    lines = [] if scope else [f"{part}: {json.dumps(value, ensure_ascii=False)}" for part, value in whole.items()]
    pairs.append(("selector", "\n".join(lines)))
    pairs += [("discreet", "on")] if made["discreet"] else []
    pairs.append((VERSION, str(made["version"])))
    return Form(tuple(pairs))


def _has_fields(scope: dict[str, Any]) -> bool:
    """Whether the form has a field for each part of this selector."""
    return scope.keys() <= FIELDS and scope.get("topics", {}).keys() <= {"any"}


def _said(visit: Visit) -> Said:
    made = pausing.show(visit.caller, pause=visit.names["pause"])
    form = visit.form
    said: dict[str, Any] = {"pause": made["pause"]}
    match form.text("scope"):
        case "everything":
            said["everything"] = True
        case "anew":
            parts = narrowed(form)
            if not any(parts.values()):
                raise BadInput("pause-invalid", "say what it covers from now on, or that it covers everything")
            said |= parts
        case _:
            _require_kept(form, made)
    said |= {name: text for name in TEXTS if (text := form.text(name)) and text != (made[name] or "")}
    if form.has("discreet") != made["discreet"]:
        said["discreet"] = form.has("discreet")
    if conditions_of(form):
        said["conditions"] = conditions_of(form)
    return said


def _require_kept(form: Form, made: dict[str, Any]) -> None:
    """Raises `BadInput` `pause-invalid` where what it covers was filled in anew, and is to stay as it is."""
    # Where somebody else was faster the fields are of what was: the act says so itself.
    if form.number(VERSION) == made["version"] and narrowed(form) != narrowed(_as_form(made)):
        raise BadInput(
            "pause-invalid",
            "what it covers was filled in anew, and is to stay as it is",
            remedy="choose `Anew`, or leave below what stood there",
        )


def _asks(visit: Visit, said: Said) -> Question:
    found = rehearsals.amend(visit.caller, **said)
    releases = sum(each["gains"]["items"] for each in found["flows"])
    made = pausing.show(visit.caller, pause=said["pause"])
    tells = [
        needs_words(found["needs"]),
        "A new version of the pause counts from then on.",
        *orders.asked(visit, "pause-amend", said, made),
    ]
    if releases:
        tells.append("What it covers no more is given, once and in order, under new dates.")
    return Question(
        f"Amend pause {said['pause']}",
        "Amend it" if not found["needs"] else "Propose it",
        tells,
        "parts/rehearsal.html",
        {"flows": found["flows"]},
        stops=True,
    )


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit
    return Went(f"/acts/{document['act']}" if document["state"] == "proposed" else f"/pauses/{said['pause']}")


def _about(visit: Visit) -> str:
    return f"pause {pause_number(visit.names['pause'])}"


AMEND: Final = Act(pausing.amend, _said, _asks, _then, form, about=_about)
