"""Agreements: the list, one of them with its versions and how it flows, made and amended by a file, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, Conflict, ReltoError, Unknown
from relto.faces.api.paging import paged
from relto.faces.console.act import Act, Question
from relto.faces.console.pages import names
from relto.faces.console.pages.choice import Choice
from relto.faces.console.pages.flowmap import URGENCY
from relto.faces.console.terms import in_words
from relto.faces.console.visit import Shown, Went
from relto.faces.console.words import needs_words
from relto.faces.verbs import agreements, readers, rehearsals, standing

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

PAGE: Final = 50
DAYS_MIN: Final = 14
"""The days before anything came are left out, down to so many."""

EXAMPLE: Final = """\
agreement: a-name-of-its-own           # [a-z0-9-]
title: What the recipient's client shows
from: {giver}                              # whose decision it is
to: []                                 # parties, or groups of parties
scope: {{topics: []}}                    # or `all`
"""


def listed(visit: Visit) -> Shown:
    """All agreements, page by page; `find` narrows them by id, title and party, `at` shows how they flowed then."""
    wanted = visit.query.text("find").casefold()
    found = [each for each in agreements.list_(visit.caller) if _is_named(each, wanted)]
    shown, following = paged(found, ["agreement"], PAGE, visit.query.given("after"))
    names = {each["agreement"] for each in shown}
    then, error = None, None
    try:
        then = visit.then()
        states = _states(visit, names, then)
    except BadInput as refused:
        then, error, states = None, refused, _states(visit, names, None)
    return Shown(
        "agreements.html",
        {
            "agreements": [{**each, "flows": states.get(each["agreement"], [])} for each in shown],
            "found": len(found),
            "find": visit.query.text("find"),
            "following": following,
            "at": visit.query.text("at"),
            "then": then,
        },
        error,
    )


def _is_named(each: dict[str, Any], wanted: str) -> bool:
    texts = (each["agreement"], each["title"], each["from"], *each["to"], *each["collections"])
    return not wanted or any(wanted in text.casefold() for text in texts)


def _states(visit: Visit, names: set[str], at: str | None) -> dict[str, list[dict[str, Any]]]:
    """How each of these flows, or flowed then."""
    # The past is told again from the acts, of all flows at once.
    every = standing.states(visit.caller) if at is None else standing.status(visit.caller, at=at)
    found: dict[str, list[dict[str, Any]]] = {}
    for each in every:
        if each["agreement"] in names:
            found.setdefault(each["agreement"], []).append(each)
    return found


def _flows(visit: Visit, name: str, at: str | None) -> list[dict[str, Any]]:
    """How it flows, or flowed then; empty where there was no such agreement yet."""
    try:
        found = standing.status(visit.caller, name=name, at=at)
    except Unknown:
        if at is None:
            raise
        return []
    return [each for each in found if each["agreement"] == name]


def page(visit: Visit) -> Shown:
    """One agreement; `at`: its terms and its flows as they were then."""
    name = visit.names["agreement"]
    history = agreements.history(visit.caller, agreement=name)
    then, error = None, None
    try:
        then = visit.then()
        flows = _flows(visit, name, then)
    except BadInput as refused:
        then, error, flows = None, refused, _flows(visit, name, None)
    by_then = [each["version"] for each in history if then is None or each["made_at"] <= then]
    version = visit.query.number("version") or (by_then[-1] if then and by_then else None)
    shown = agreements.show(visit.caller, agreement=name, version=version)
    differences: list[str] = []
    if shown["version"] > 1:
        differences = agreements.diff(visit.caller, agreement=name, old=shown["version"] - 1, new=shown["version"])[
            "differences"
        ]
    gives = visit.caller.sight.gives(name)
    # Who reads it, and its days, are told as they are now.
    asking = [] if then or not gives else readers.list_(visit.caller, agreement=name)
    to = None if then else _chosen(flows, visit.query.text("to"))
    days = None if to is None else agreements.days_to(visit.caller, agreement=name, to=to)
    known = names.of_parties(visit)
    ordered = [{**each, "urgency": URGENCY[each["state"]]} for each in flows]
    some, further = paged(ordered, ["urgency", "to"], PAGE, visit.query.given("after"))
    return Shown(
        "agreement.html",
        {
            "days": None if days is None else _begun(days),
            "recipients": Choice.of((each["to"], known.get(each["to"], "")) for each in flows),
            "agreement": shown,
            "terms": in_words(shown["terms"]),
            "history": history,
            "differences": differences,
            "flows": some,
            "flows_count": len(flows),
            "further": further,
            "readers": asking,
            "gives": gives,
            "may": then is None and visit.may_decide(shown["from"]),
            "names": known,
            "at": visit.query.text("at"),
            "then": then,
            "was_there": bool(by_then),
        },
        error,
    )


def _chosen(flows: list[dict[str, Any]], to: str) -> str | None:
    """The recipient that was asked for, else one that is paused, else the first."""
    paused = (each["to"] for each in flows if each["pauses"])
    every = [each["to"] for each in flows]
    return to if to in every else next(paused, next(iter(every), None))


def _begun(flow: dict[str, Any]) -> dict[str, Any]:
    """Without the days before anything came."""
    begun = next((place for place, each in enumerate(flow["days"]) if each["released"] or each["held"]), 0)
    return {**flow, "days": flow["days"][min(begun, max(len(flow["days"]) - DAYS_MIN, 0)) :]}


def form(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form by which one is made or amended: the file itself."""
    name = visit.names.get("agreement", "")
    text, version = visit.form.typed("file") or "", visit.form.text("version")
    if name:
        shown = agreements.show(visit.caller, agreement=name)
        visit.require_officer("amend agreements", shown["from"])
        text, version = text or shown["source"] or "", version or str(shown["version"])
    else:
        visit.require_officer("make agreements", visit.party)
    values = {
        "name": name,
        "version": version,
        "file": text or EXAMPLE.format(giver=visit.party),
    }
    return Shown("agreement-form.html", values, error)


def _said(visit: Visit) -> Said:
    text = visit.form.typed("file") or ""
    if not text.strip():
        raise BadInput("file-invalid", "the file is empty")
    return {"files": [text]}


def _asks(visit: Visit, said: Said) -> Question:
    found = rehearsals.apply(visit.caller, files=said["files"])[0]
    name, known = found["agreement"], found["known"]
    if known and "agreement" not in visit.names:
        raise Conflict(
            "agreement-known", f"there is an agreement `{name}` already", remedy="amend it, or choose another name"
        )
    if not found["changes"]:
        raise BadInput("file-same", f"agreement `{name}` says all this already: nothing would change")
    return Question(
        f"Amend {name}" if known else f"Make {name}",
        "Amend it" if known else "Make it",
        (needs_words(found["needs"]),),
        "parts/rehearsal.html",
        {"differences": found["differences"], "flows": found["flows"]},
        stops=any(each["loses"]["items"] for each in found["flows"]),
    )


def _then(visit: Visit, said: Said, document: list[dict[str, Any]]) -> Answer:
    del visit, said
    return _after(document[0])


def _after(answer: dict[str, Any]) -> Went:
    return Went(f"/acts/{answer['act']}" if answer["state"] == "proposed" else f"/agreements/{answer['agreement']}")


def _about(visit: Visit) -> str:
    return f"agreement {visit.names['agreement']}"


MAKE: Final = Act(agreements.apply, _said, _asks, _then, form)
APPLY: Final = Act(agreements.apply, _said, _asks, _then, form, about=_about)


# The end.


def ending(visit: Visit) -> Shown:
    """How one is ended: what stays readable, and what not."""
    shown = agreements.show(visit.caller, agreement=visit.names["agreement"])
    visit.require_officer("end agreements", shown["from"])
    return Shown("agreement-end.html", {"agreement": shown})


def _end_said(visit: Visit) -> Said:
    return {"agreement": visit.names["agreement"], "close": visit.form.has("close")}


def _end_asks(visit: Visit, said: Said) -> Question:
    found = rehearsals.end(visit.caller, **said)
    tells = [
        needs_words(found["needs"]),
        "Nothing of it can be read any more." if said["close"] else "What was released stays readable.",
    ]
    name = said["agreement"]
    return Question(f"End {name}", "End it", tells, "parts/rehearsal.html", {"flows": found["flows"]}, stops=True)


def _end_then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, said
    return _after(document)


END: Final = Act(agreements.end, _end_said, _end_asks, _end_then)
