"""Lifting pauses, one or several: what becomes of what they hold, with what that would do, counted together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from relto.domain.errors import BadInput, ReltoError
from relto.faces.console import wrong
from relto.faces.console.act import Act, Question
from relto.faces.console.orders import asked, begins
from relto.faces.console.pages.pause import backlog_of, givers_of, waiting_to_lift
from relto.faces.console.visit import Shown, Went
from relto.faces.console.words import needs_words
from relto.faces.verbs import pausing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.console.act import Said
    from relto.faces.console.form import Form
    from relto.faces.console.visit import Answer, Visit

NAMED_MAX: Final = 12
"""So many pauses a question names; the rest it counts."""


def form(visit: Visit, error: ReltoError | None = None) -> Shown:
    """What becomes of what they hold, to be chosen; with what that would release. What somebody else has lifted is left
    out, as long as there is another.
    """
    said = visit.form if visit.form.pairs else visit.query
    chosen = _chosen(visit, said)
    for made in chosen:
        visit.require_officer("lift pauses", *givers_of(visit, made))
    pauses = [made for made in chosen if made["state"] != "lifted"] or chosen
    try:
        at = begins(visit, said.given("from"))
    except BadInput:
        # What was typed stays typed; that it is no moment is told by the answer to it.
        at = None
    return Shown(
        "resume.html",
        {
            "pauses": pauses,
            "lifted": [made["pause"] for made in chosen if made not in pauses],
            "said": said,
            "unmet": _unmet(visit, pauses),
            "waiting": waiting_to_lift(visit, [made["pause"] for made in pauses]),
            **_previewed(visit, pauses, said, at),
        },
        error,
    )


def _chosen(visit: Visit, said: Form) -> list[dict[str, Any]]:
    found = [pausing.show(visit.caller, pause=text) for text in said.texts("pause")]
    if not found:
        raise BadInput("nothing-chosen", "no pause is chosen", remedy="tick one or more in the list of pauses")
    return list({made["pause"]: made for made in found}.values())


def _unmet(visit: Visit, pauses: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """What stands in the way of lifting them."""
    policy = visit.caller.sight.policy
    running = [policy.pauses[made["pause"]] for made in pauses if made["pause"] in policy.pauses]
    return [
        {"pause": pause.number, "text": each.text, "state": each.state}
        for pause in running
        for _, each in policy.unmet(pause)
    ]


def _previewed(visit: Visit, pauses: Sequence[dict[str, Any]], said: Form, at: Markup | None) -> dict[str, Any]:
    """What `parts/preview-resume.html` shows. `at`: the moment at which they are lifted; None: at once."""
    numbers, backlog = [made["pause"] for made in pauses], backlog_of(said.text("backlog"))
    found = pausing.preview_resume(visit.caller, pauses=numbers, backlog=backlog)
    return {"preview": found, "backlog": backlog, "count": len(numbers), "begins": at}


def preview(visit: Visit) -> Shown:
    """What it would release now, for the page that stands."""
    try:
        form = visit.form
        values = _previewed(visit, _chosen(visit, form), form, begins(visit, form.given("from")))
        return Shown("parts/preview-resume.html", values)
    except ReltoError as error:
        return Shown("parts/wrong.html", {"wrong": wrong.told(error).values})


def _said(visit: Visit) -> Said:
    form = visit.form
    return {
        "pauses": tuple(made["pause"] for made in _chosen(visit, form)),
        "backlog": backlog_of(form.text("backlog")),
        "note": form.text("note"),
        "from_": form.given("from"),
    }


def _asks(visit: Visit, said: Said) -> Question:
    numbers, policy = said["pauses"], visit.caller.sight.policy
    pauses, at = _chosen(visit, visit.form), begins(visit, said["from_"])
    found = _previewed(visit, pauses, visit.form, at)
    needs = [policy.asks(made["agreements"], "resume") for made in pauses]
    if len(numbers) == 1:
        title, them, tells = f"Lift pause {numbers[0]}", "it", [needs_words(needs[0], at)]
    else:
        title, them = f"Lift {_named(numbers)}", "them"
        tells = [
            Markup("Pause {}: {}").format(number, _lowered(needs_words(each, at)))
            for number, each in zip(numbers[:NAMED_MAX], needs, strict=False)
        ]
        tells.append("Each is an act of its own, and all of them are taken or none.")
    tells += asked(visit, "resume", said)
    if said["from_"] is None:
        tells += [
            f"As things are it comes to nothing: pause {each['pause']} has a binding condition that is {each['state']}."
            for each in _unmet(visit, pauses)[:NAMED_MAX]
        ]
    for act in waiting_to_lift(visit, numbers)[:NAMED_MAX]:
        tells.append(
            f"Act {act['act']} of {act['by']} waits to lift pause {act['order']['pause']} already: when one of the two "
            "is carried out the other is outdated."
        )
    button = "Propose to lift" if all(needs) else "Lift or propose to lift" if any(needs) else "Lift"
    return Question(
        title, f"{button} {them}", tells, "parts/preview-resume.html", found, stops=said["backlog"] == "discard"
    )


def _named(numbers: Sequence[str]) -> str:
    if len(numbers) > NAMED_MAX:
        return f"{len(numbers)} pauses"
    return f"pauses {', '.join(numbers[:-1])} and {numbers[-1]}"


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _then(visit: Visit, said: Said, document: dict[str, Any] | list[dict[str, Any]]) -> Answer:
    del visit
    if isinstance(document, list):
        return Went("/acts" if any(each["state"] == "proposed" for each in document) else "/pauses")
    return Went(f"/acts/{document['act']}" if document["state"] == "proposed" else f"/pauses/{said['pauses'][0]}")


RESUME: Final = Act(pausing.resume, _said, _asks, _then, form)
