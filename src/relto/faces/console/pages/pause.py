"""Pauses: from intent to act on one page, with what it would keep back; one that there is, and its conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, ReltoError
from relto.domain.marking import LEVELS
from relto.domain.written import read
from relto.faces.console import orders, wrong
from relto.faces.console.act import Act, Question
from relto.faces.console.form import Form, whole_number
from relto.faces.console.pages import names
from relto.faces.console.terms import covered
from relto.faces.console.visit import Shown, Went
from relto.faces.console.words import needs_words
from relto.faces.verbs import acts, agreements, backlog, conditions, outlook, pausing, standing

if TYPE_CHECKING:
    from collections.abc import Collection

    from relto.domain.flow import Backlog
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

PAGE: Final = 50
"""Pauses that are in force or scheduled, of one page."""

LIFTED_PAGE: Final = 50
"""Pauses that were lifted, of one page."""

SHOWN_MAX: Final = 50
"""Flows of one pause that are shown; the rest is counted."""

LOOKED_MAX: Final = 50
"""Agreements whose topics a form offers, of those that are chosen."""

OFFERED_MAX: Final = 12
"""Agreements that are offered at once."""

RESUMES_READ: Final = 10_000
"""Of so many resumes, the last ones, the one that lifted a pause is looked for."""

STATES: Final = ("unmet", "claimed", "met", "disputed", "waived")
CLAIMS: Final = ("claimed", "disputed")


def listed(visit: Visit) -> Shown:
    """All that are in force or scheduled, with what each holds; then those that were lifted, newest first."""
    every = pausing.list_(visit.caller, lifted=True)
    found = [each for each in every if each["state"] != "lifted"]
    after = visit.query.number("after")
    lifted = [each for each in reversed(every) if each["state"] == "lifted"]
    left = [each for each in lifted if after is None or int(each["pause"]) < after]
    beyond = visit.query.number("beyond") or 0
    running = [each for each in found if int(each["pause"]) > beyond]
    held = pausing.holding(visit.caller, pauses=[each["pause"] for each in running[:PAGE]])
    shown = [
        {
            **each,
            "held": held.get(each["pause"]),
            "may": _gives(visit, each) and visit.may_decide(*givers_of(visit, each)),
        }
        for each in running[:PAGE]
    ]
    following = left[LIFTED_PAGE - 1]["pause"] if len(left) > LIFTED_PAGE else None
    return Shown(
        "pauses.html",
        {
            "pauses": shown,
            "running_count": len(found),
            "further": shown[-1]["pause"] if len(running) > PAGE else None,
            "lifted": left[:LIFTED_PAGE],
            "lifted_count": len(lifted),
            "following": following,
        },
    )


def page(visit: Visit) -> Shown:
    """One pause: what it covers and holds, why, its conditions, and how near its end is."""
    made = pausing.show(visit.caller, pause=visit.names["pause"])
    number = made["pause"]
    gives = _gives(visit, made)
    pairs = flows_of(visit, made, at_present=True) if gives and made["state"] != "lifted" else []
    flows = []
    for flow in standing.status_of(visit.caller, flows=pairs[:SHOWN_MAX]):
        mine = next((each for each in flow["pauses"] if each["pause"] == number), None)
        if mine is not None:
            flows.append({"agreement": flow["agreement"], "to": flow["to"], "held": mine["held"]})
    looked = []
    if gives and made["state"] != "lifted":
        looked = outlook.of_pauses(visit.caller, pauses=[number])
    return Shown(
        "pause.html",
        {
            "pause": made,
            "covers": covered(made["scope"]),
            "flows": flows,
            "flows_left": max(0, len(pairs) - SHOWN_MAX),
            "gives": gives,
            "may": gives and visit.may_decide(*givers_of(visit, made)),
            "outlook": looked[0] if looked else None,
            "ending": _ending(visit, made) if gives else {"waiting": [], "lifted": None, "kept": 0},
            # Whoever receives may say that it has met a condition, or that this is disputed; nobody else may say more.
            "states": STATES if gives else CLAIMS,
            "may_claim": "officer" in visit.roles,
        },
    )


def flows_of(visit: Visit, made: dict[str, Any], *, at_present: bool) -> list[tuple[str, str]]:
    """The flows under a pause `at_present`, else those that may ever have been, by agreement and recipient, as far as
    they may be there for whoever looks.
    """
    sight = visit.caller.sight
    every = (flow for name in sorted(made["agreements"]) for flow in sight.policy.flows_of(name))
    return [
        (flow.agreement, flow.party)
        for flow in every
        if made["recipient"] in {None, flow.party}
        and (flow.member or not at_present)
        and (sight.gives(flow.agreement) or flow.party == visit.party)
    ]


def _gives(visit: Visit, made: dict[str, Any]) -> bool:
    """Whether whoever looks sees the giver's side of it."""
    sight = visit.caller.sight
    return any(sight.gives(name) for name in made["agreements"])


def _ending(visit: Visit, made: dict[str, Any]) -> dict[str, Any]:
    """Acts that would lift it and wait; the one that lifted it; and how many items its review keeps."""
    number = made["pause"]
    if made["state"] != "lifted":
        return {"waiting": waiting_to_lift(visit, [number]), "lifted": None, "kept": 0}
    kept = backlog.list_(visit.caller, pause=number)["items"]
    return {"waiting": [], "lifted": _lifted_by(visit, number), "kept": kept}


def waiting_to_lift(visit: Visit, numbers: Collection[str]) -> list[dict[str, Any]]:
    """Acts that would lift one of these pauses and wait, for approvals or for their moment."""
    return [act for act in acts.approvals(visit.caller) if any(_lifts(act, number) for number in numbers)]


def _lifts(act: dict[str, Any], number: str) -> bool:
    return bool(act["kind"] == "resume" and act["order"].get("pause") == number)


def _lifted_by(visit: Visit, number: str) -> dict[str, Any] | None:
    after = None
    for _ in range(RESUMES_READ // acts.LISTED_MAX):
        found = acts.list_(visit.caller, kind="resume", limit=acts.LISTED_MAX, after=after)
        for each in found["acts"]:
            if each["state"] == "applied" and _lifts(each, number):
                return dict(each)
        after = found["next"]
        if after is None:
            break
    return None


def givers_of(visit: Visit, made: dict[str, Any]) -> frozenset[str]:
    """Whose decision it is."""
    return visit.caller.sight.policy.givers(made["agreements"])


# Making one.


def form(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form; what was chosen stays chosen."""
    visit.require_officer("pause anything", visit.party)
    said = visit.form if visit.form.pairs else visit.query
    every = _active(visit)
    chosen = said.texts("agreement")
    return Shown(
        "pause-form.html",
        {
            "offered": _offered(every, said),
            "chosen": chosen,
            "said": said,
            "topics": choice_of_topics(visit, chosen, said),
            "parties": sorted({party for each in every for party in each["collections"]}),
            "names": names.of_parties(visit),
            "levels": LEVELS,
        },
        error,
    )


def _active(visit: Visit) -> list[dict[str, Any]]:
    """The agreements that whoever looks may pause."""
    sight = visit.caller.sight
    found = [each for each in agreements.list_(visit.caller) if each["state"] == "active"]
    return [each for each in found if sight.gives(each["agreement"])]


def _offered(every: list[dict[str, Any]], said: Form) -> dict[str, Any]:
    """Those that are chosen, and of the others as many as one can look through, narrowed by `find`."""
    chosen, find = frozenset(said.texts("agreement")), said.text("find").casefold()
    first = [each for each in every if each["agreement"] in chosen]
    others = [
        each
        for each in every
        if each["agreement"] not in chosen and (find in each["agreement"] or find in each["title"].casefold())
    ]
    return {
        "shown": [*first, *others[:OFFERED_MAX]],
        "left": max(len(others) - OFFERED_MAX, 0),
        "many": len(every) > OFFERED_MAX,
        "chosen": chosen,
        "find": said.text("find"),
    }


def offered(visit: Visit) -> Shown:
    """The agreements to choose from, for what is looked for now."""
    return Shown("parts/offered.html", {"offered": _offered(_active(visit), visit.form)})


def choice_of_topics(visit: Visit, chosen: tuple[str, ...], said: Form) -> dict[str, int]:
    """The topics of these agreements, those that are chosen among them, and how many items of each flow now: of the
    last 30 days.
    """
    chosen = tuple(dict.fromkeys(chosen))
    if not chosen:
        return {}
    named: set[str] = set()
    for name in dict.fromkeys(chosen[:LOOKED_MAX]):
        terms = agreements.show(visit.caller, agreement=name)["terms"]
        scope = terms["scope"]
        topics = scope.get("topics", {}) if isinstance(scope, dict) else {}
        named.update(topics if isinstance(topics, list) else [*topics.get("any", ()), *topics.get("all", ())])
    flowing = pausing.preview_pause(visit.caller, agreements=chosen)["by_topic"]
    return {name: flowing.get(name, 0) for name in sorted({*named, *flowing, *said.texts("topic")})}


def topics(visit: Visit) -> Shown:
    """The topics to choose from, for the agreements that are chosen now."""
    chosen = visit.form.texts("agreement")
    return Shown(
        "parts/topics.html",
        {"topics": choice_of_topics(visit, chosen, visit.form), "said": visit.form, "chosen": chosen},
    )


def narrowed(form: Form) -> dict[str, Any]:
    """What narrows a pause, as the form says it; several types and originators stand in one line. Raises `BadInput`
    for a selector that cannot be read.
    """
    return {
        "topics": form.texts("topic"),
        "types": form.several("type"),
        "originators": form.several("originator"),
        "marking_at_least": form.given("marking_at_least"),
        "scope": _selector(form),
    }


def _selector(form: Form) -> Any:
    """The plain value of what was typed as a selector; None where nothing was."""
    text = form.typed("selector") or ""
    if not text.strip():
        return None
    value = read(text, code="scope-invalid")
    if value is None:
        raise BadInput("scope-invalid", "the selector is empty", remedy="for everything write `all`")
    return value


def conditions_of(form: Form) -> tuple[Any, ...]:
    """The conditions that the form names, a line each; then those that are binding."""
    return (*form.lines("conditions"), *({"text": each, "binding": True} for each in form.lines("binding_conditions")))


def _terms(form: Form) -> dict[str, Any]:
    return {
        "mode": "cut" if form.text("mode") == "cut" else "freeze",
        "until": form.given("until"),
        "then": backlog_of(form.text("then")),
        "reason": form.text("reason"),
        "authority": form.text("authority"),
        "review": form.given("review"),
        "conditions": conditions_of(form),
        "discreet": form.has("discreet"),
    }


def backlog_of(text: str) -> Backlog:
    """What becomes of a backlog, as a form says it; `release` unless it does."""
    match text:
        case "discard":
            return "discard"
        case "review":
            return "review"
        case _:
            return "release"


def _said(visit: Visit) -> Said:
    form = visit.form
    names = form.texts("agreement")
    everything = form.has("everything")
    return {
        "agreements": () if everything else names,
        "everything": everything,
        "recipient": form.given("recipient"),
        "from_": form.given("from"),
        **narrowed(form),
        **_terms(form),
    }


def preview(visit: Visit) -> Shown:
    """What the pause would keep back as it is chosen now, for the page that stands."""
    try:
        said = _said(visit)
        if not (said["agreements"] or said["everything"]):
            return Shown("parts/preview.html", {"preview": None})
        found = pausing.preview_pause(visit.caller, **said)
        return Shown("parts/preview.html", {"preview": found, "begins": orders.begins(visit, said["from_"])})
    except ReltoError as error:
        return Shown("parts/wrong.html", {"wrong": wrong.told(error).values})


def _asks(visit: Visit, said: Said) -> Question:
    if not (said["agreements"] or said["everything"]):
        raise BadInput("nothing-chosen", "nothing is chosen to be paused", remedy="tick an agreement, or everything")
    if not said["reason"]:
        raise BadInput("reason-missing", "a pause needs a reason")
    found = pausing.preview_pause(visit.caller, **said)
    names, begins = found["agreements"], orders.begins(visit, said["from_"])
    return Question(
        f"Pause {', '.join(names) if len(names) <= 3 else f'{len(names)} agreements'}",
        "Pause it" if not found["needs"] else "Propose it",
        [needs_words(found["needs"], begins), *orders.asked(visit, "pause", said)],
        "parts/preview.html",
        {"preview": found, "begins": begins},
        stops=True,
    )


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, said
    return Went(f"/acts/{document['act']}" if document["state"] == "proposed" else f"/pauses/{document['pause']}")


PAUSE: Final = Act(pausing.pause, _said, _asks, _then, form)


# Its conditions.


def _add_said(visit: Visit) -> Said:
    form = visit.form
    return {
        "pause": visit.names["pause"],
        "text": form.text("text"),
        "asked_by": form.text("asked_by"),
        "binding": form.has("binding"),
    }


def _add_asks(visit: Visit, said: Said) -> Question:
    del visit
    tells = [f"“{said['text']}”"]
    if said["binding"]:
        tells.append("It is binding: nobody can lift the pause before it is met or waived.")
    return Question(f"Add a condition to pause {said['pause']}", "Add it", tells)


def _to_pause(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, document
    return Went(f"/pauses/{said['pause']}")


ADD_CONDITION: Final = Act(conditions.add, _add_said, _add_asks, _to_pause)


def _set_said(visit: Visit) -> Said:
    return {
        "pause": visit.names["pause"],
        "condition": whole_number(visit.names["condition"]) or 0,
        "state": visit.form.text("state"),
        "evidence": visit.form.text("evidence"),
    }


def _set_asks(visit: Visit, said: Said) -> Question:
    made = pausing.show(visit.caller, pause=said["pause"])
    texts = [each["text"] for each in made["conditions"] if each["condition"] == said["condition"]]
    tells = [f"“{text}”" for text in texts]
    tells.append(f"It stands as {said['state']} from now on, on your word.")
    return Question(f"Condition {said['condition']} of pause {made['pause']}: {said['state']}", "Say so", tells)


SET_CONDITION: Final = Act(conditions.set_, _set_said, _set_asks, _to_pause)
