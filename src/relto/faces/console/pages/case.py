"""Cases: the list, and one of them: its timeline beside the flow, its entries by day, and what contradicts what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, ReltoError, Unknown
from relto.domain.marking import LEVELS
from relto.domain.moment import parse_timestamp
from relto.domain.record.form import FORMS
from relto.domain.record.schema import file_schema
from relto.faces.api.paging import paged
from relto.faces.console.act import Act, Question
from relto.faces.console.form import words
from relto.faces.console.pages import names
from relto.faces.console.pages.choice import Choice
from relto.faces.console.pages.timeline import ASIDE, CURVES_MAX, LANES, curve, dated, drawn, order, whole
from relto.faces.console.visit import Sent, Shown, Went
from relto.faces.verbs import cases, drafts, pausing
from relto.usecases.publishing import GIVERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

PAGE: Final = 20
ENTRIES: Final = 30
"""Entries of one page."""

PAIRS_MAX: Final = 10
"""Contradictions of one page."""

FILES: Final = {
    "yaml": (b"application/yaml; charset=utf-8", "yaml"),
    "json": (b"application/json; charset=utf-8", "json"),
    "stix": (b"application/stix+json;version=2.1", "stix.json"),
}
"""What a case is given out as: the type and the ending of its file."""

Entry = dict[str, Any]


def keeps(visit: Visit) -> bool:
    """Whether the account may keep cases at all; whose, the verbs decide."""
    return bool(visit.roles & set(GIVERS))


def listed(visit: Visit) -> Shown:
    """All cases that are there for whoever looks."""
    found = cases.list_(visit.caller)
    names = [each["case"] for each in found]
    shown, following = paged(found, ["party", "case"], PAGE, visit.query.given("after"))
    for each in shown:
        each["address"] = each["case"] if names.count(each["case"]) == 1 else f"{each['party']}:{each['case']}"
    return Shown("cases.html", {"cases": shown, "following": following, "keeps": keeps(visit)})


def page(visit: Visit) -> Shown:
    """One case; `kind`, `who` and `at` narrow it, `after` goes on in its list of entries."""
    name, query = visit.names["case"], visit.query
    kinds = [kind for kind in query.texts("kind") if kind in FORMS]
    who, at = query.text("who"), query.given("at")
    found = cases.show(visit.caller, case=name, at=at)
    found["entries"] = [dated(each) for each in found["entries"]]
    pauses = found["pauses"]
    wanted = [each for each in found["entries"] if _is_wanted(each, kinds, who)]
    wanted.sort(key=order)
    stands = [each for each in wanted if not each["corrected_by"] and not each["retracts"]]
    by_key = {each["key"]: each for each in found["entries"]}
    keys = {each["key"] for each in wanted}
    pairs = [each for each in found["contradictions"] if not (kinds or who) or {each["entry"], each["other"]} & keys]
    firsts = [each["when"].first for each in stands if each["when"].precision != "month"]
    since = min([*firsts, *(parse_timestamp(each["since"]) for each in pauses)], default=parse_timestamp(found["at"]))
    flowed = curve(visit, pauses, found["agreements"], since=since, at=at)
    listed_here, following = _page(wanted, query.given("after"))
    return Shown(
        "case.html",
        {
            "case": found,
            "address": name,
            "drawings": drawn(stands, pauses, found["contradictions"], flowed.days, case=name, at=found["at"]),
            "curve": flowed,
            "days": [each for each in flowed.days if each.released or each.held],
            "pauses": pauses,
            "pauses_left": max(0, len(pauses) - CURVES_MAX),
            "entries": listed_here,
            "wanted": len(wanted),
            "following": following,
            "against": _against(found["contradictions"]),
            "pairs": [
                {**each, "one": by_key[each["entry"]], "two": by_key[each["other"]]} for each in pairs[:PAIRS_MAX]
            ],
            "pairs_left": max(0, len(pairs) - PAIRS_MAX),
            "lanes": (*LANES, *ASIDE),
            "kinds_chosen": kinds,
            "who": who,
            "parties": sorted({code for each in found["entries"] for code in each["parties"]}),
            "at": query.text("at"),
            "keeps": keeps(visit),
            "by_key": by_key,
        },
    )


def _is_wanted(each: Entry, kinds: Sequence[str], who: str) -> bool:
    if kinds:
        if each["kind"] not in kinds:
            return False
    elif each["kind"] in ASIDE:
        return False
    return not who or who in each["parties"] or _names(each, who)


def _names(value: Any, person: str) -> bool:
    """Whether a person of this key stands anywhere in an entry."""
    if isinstance(value, dict):
        return value.get("person") == person or any(_names(part, person) for part in value.values())
    return isinstance(value, list) and any(_names(part, person) for part in value)


def _page(wanted: Sequence[Entry], after: str | None) -> tuple[Sequence[Entry], str | None]:
    """The entries behind the one of this key, and the key behind which the next page begins."""
    start = 0
    if after is not None:
        start = next((place for place, each in enumerate(wanted, 1) if each["key"] == after), 0)
        if not start:
            raise BadInput("cursor-invalid", "`after` is no entry of this list", remedy="begin without it")
    shown = wanted[start : start + ENTRIES]
    return shown, shown[-1]["key"] if start + ENTRIES < len(wanted) else None


def _against(contradictions: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in contradictions:
        found.setdefault(each["entry"], []).append(each["other"])
        found.setdefault(each["other"], []).append(each["entry"])
    return found


def shown(draft: dict[str, Any]) -> dict[str, Any]:
    """A draft with all that its drawing asks for."""
    together: dict[tuple[str, str, int, str], list[str]] = {}
    for each in draft["reach"]:
        together.setdefault((each["agreement"], each["kind"], each["objects"], each["why"]), []).append(each["to"])
    reach = [
        {"agreement": agreement, "kind": kind, "objects": objects, "why": why, "to": to}
        for (agreement, kind, objects, why), to in together.items()
    ]
    return {**draft, "entries": [whole(each) for each in draft["entries"]], "reach": reach}


# Opening one.


def opening(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form by which a case is opened."""
    named = names.of_parties(visit)
    sight = visit.caller.sight
    return Shown(
        "case-form.html",
        {
            "said": visit.form,
            "names": named,
            "agreements": Choice.of(
                (name, standing.terms.title)
                for name, standing in sorted(sight.policy.standings.items())
                if sight.gives(name)
            ),
            "pauses": Choice.of((each["pause"], each["reason"]) for each in pausing.list_(visit.caller)),
            "levels": LEVELS,
        },
        error,
    )


def _open_said(visit: Visit) -> Said:
    form = visit.form
    return {
        "case": form.text("case"),
        "title": form.text("title"),
        "party": form.text("party"),
        "begins": form.text("begins"),
        "marking": form.text("marking"),
        "topics": form.lines("topics"),
        "parties": form.texts("about"),
        # Chosen from a list, or typed, with commas.
        "agreements": words(",".join(form.texts("agreement"))),
        "pauses": words(",".join(form.texts("pause"))),
        "text": " ".join(form.text("text").split()),
    }


def _open_asks(visit: Visit, said: Said) -> Question:
    lists = ("topics", "parties", "agreements", "pauses")
    found = drafts.open_(visit.caller, **{name: [*part] if name in lists else part for name, part in said.items()})
    made = found["case"]
    tells = (f"It is kept by {made['party']}, and marked {made['marking']}: no entry of it is less strict.",)
    return Question(
        f"Open case {made['case']}", "Open it", tells, "parts/draft.html", {"draft": shown(found), "address": ""}
    )


def _open_then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, said
    return Went(f"/cases/{document['case']}")


OPEN: Final = Act(cases.open_, _open_said, _open_asks, _open_then, opening)


# As files.


def importing(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form by which a file of a case is taken in."""
    values = {"file": visit.form.text("file")}
    return Shown("case-import.html", values, error)


def _import_said(visit: Visit) -> Said:
    text = visit.form.text("file")
    if not text:
        raise BadInput("file-invalid", "the file is empty")
    return {"files": [text]}


def _import_asks(visit: Visit, said: Said) -> Question:
    (found,) = drafts.import_(visit.caller, files=said["files"])
    count = len(found["entries"])
    tells = [f"{count} {'entry is' if count == 1 else 'entries are'} added; {found['known']} are there already."]
    if found["opened"]:
        tells.insert(0, f"The case is opened: “{found['case']['title']}”, kept by {found['case']['party']}.")
    title = f"Take in case {found['case']['case']}"
    return Question(title, "Take it in", tells, "parts/draft.html", {"draft": shown(found), "address": ""})


def _import_then(visit: Visit, said: Said, document: list[dict[str, Any]]) -> Answer:
    del visit, said
    return Went(f"/cases/{document[0]['party']}:{document[0]['case']}")


IMPORT: Final = Act(cases.import_, _import_said, _import_asks, _import_then, importing)


def export(visit: Visit) -> Sent:
    """The case as a file."""
    form = visit.query.text("form") or "yaml"
    if form not in FILES:
        raise Unknown("form-unknown", "a case is given out as yaml, json or stix")
    found = cases.export(visit.caller, case=visit.names["case"], form=form)  # type: ignore[arg-type]  # looked up above
    kind, ending = FILES[form]
    return Sent.file(f"{_plain(visit.names['case'])}.{ending}", found["file"].encode(), kind)


def schema(visit: Visit) -> Sent:
    """The JSON Schema of a file of a case, which an editor can check by. It tells nothing of the node."""
    del visit
    document = json.dumps(file_schema(), ensure_ascii=False, indent=2)
    return Sent.file("case.schema.json", document.encode(), b"application/schema+json")


def _plain(case: str) -> str:
    return case.rpartition(":")[2]
