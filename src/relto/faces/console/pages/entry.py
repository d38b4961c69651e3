"""Entries: one in full with its history; added by a form or as a file, corrected, taken back, linked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, ReltoError
from relto.domain.record.file import entries_in
from relto.domain.record.form import FORMS, RELATIONS
from relto.faces.console.act import Act, Question
from relto.faces.console.pages import names
from relto.faces.console.pages.case import keeps, shown
from relto.faces.console.pages.fields import HELP, SOURCE, asked, changes_of, entry_of, texts_of
from relto.faces.console.pages.timeline import whole
from relto.faces.console.visit import Shown, Went
from relto.faces.verbs import cases, drafts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.faces.console.act import Said
    from relto.faces.console.form import Form
    from relto.faces.console.visit import Answer, Visit

FILE: Final = "file"
"""Stands for a kind where entries are added as a file."""

UNKNOWN_MAX: Final = 10
"""So many people who are nobody yet are made known along with one form."""

WHO: Final = ("who", "name", "party", "role")
"""What a form says of whoever is nobody yet, each with a number behind it."""

EXAMPLE: Final = """\
- kind: statement
  date: 2025-03-09
  speaker: trump
  words: We just about have
  source: {name: Kyiv Independent, date: 2025-03-09, grade: B1}
"""


def page(visit: Visit) -> Shown:
    """One entry."""
    name, key = visit.names["case"], visit.names["entry"]
    found = cases.entry(visit.caller, case=name, entry=key, at=visit.query.given("at"))
    return Shown(
        "entry.html",
        {
            "entry": whole(found),
            "body": {field.name: found[field.name] for field in FORMS[found["kind"]].fields if field.name in found},
            "history": [whole(each) for each in found["history"]],
            "address": name,
            "keeps": keeps(visit),
            "relations": RELATIONS,
            "at": visit.query.text("at"),
        },
    )


# Adding.


def form(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form of a kind, or the kinds to choose from."""
    people = cases.show(visit.caller, case=visit.names["case"])["people"]
    kind = visit.form.text("kind") or visit.query.text("kind")
    values: dict[str, Any] = {
        "address": visit.names["case"],
        "kind": kind,
        "kinds": {name: each.says for name, each in FORMS.items() if name != "link"},
    }
    if kind == FILE:
        return Shown("entry-file.html", {**values, "file": visit.form.text("file") or EXAMPLE}, error)
    if kind not in FORMS or kind == "link":
        return Shown("entry-kinds.html", values, error)
    return Shown(
        "entry-form.html",
        {
            **values,
            **_asked(visit, kind),
            "texts": dict(visit.form.pairs),
            "action": visit.at,
            "before": None,
            "strangers": strangers(visit.form, error),
            "people": people,
        },
        error,
    )


def _asked(visit: Visit, kind: str) -> dict[str, Any]:
    own, known, aside = asked(kind)
    return {
        "own": own,
        "known": known,
        "aside": aside,
        "says": FORMS[kind].says,
        "either": FORMS[kind].either,
        "parties": names.of_parties(visit),
    }


def strangers(form: Form, error: ReltoError | None) -> list[dict[str, str]]:
    """Who is named and nobody yet, with what the form says of them."""
    found = _strangers(form)
    if error is not None and error.code == "person-unknown" and len(found) < UNKNOWN_MAX:
        name = str(error.data.get("name", ""))
        if name and all(each["who"] != name for each in found):
            found.append({"who": name, "name": name, "party": "", "role": ""})
    return found


def _strangers(form: Form) -> list[dict[str, str]]:
    """What the form says of each; of whom its fields name no more, nothing counts."""
    asked = [{name: form.text(f"{name}{number}") for name in WHO} for number in range(UNKNOWN_MAX)]
    about = {f"{name}{number}" for name in WHO for number in range(UNKNOWN_MAX)}
    texts = [text for name, text in form.pairs if name not in about]
    return [each for each in asked if each["who"] and any(each["who"] in text for text in texts)]


def people_of(form: Form) -> list[dict[str, Any]]:
    """The entries that make known whoever is nobody yet; one whose whole name is left blank is left out."""
    found = []
    for each in _strangers(form):
        if each["name"]:
            made: dict[str, Any] = {"kind": "person", "name": each["name"]}
            made |= {name: each[name] for name in ("party", "role") if each[name]}
            made |= {"aliases": [each["who"]]} if each["name"] != each["who"] else {}
            found.append(made)
    return found


def fields_of(pairs: Sequence[tuple[str, str]], kind: str) -> dict[str, str]:
    """What a form says in the fields of this kind."""
    names = {each.name for listed in asked(kind) for each in listed}
    return {name: text for name, text in pairs if name in names}


def _add_said(visit: Visit) -> Said:
    kind = visit.form.text("kind")
    if kind == FILE:
        text = visit.form.text("file")
        if not text:
            raise BadInput("file-invalid", "the file is empty")
        entries = [dict(each) for each in entries_in(text)]
    elif kind in FORMS:
        entries = [*people_of(visit.form), entry_of(kind, fields_of(visit.form.pairs, kind))]
    else:
        raise BadInput("entry-invalid", "an entry has a kind")
    return {"case": visit.names["case"], "entries": entries}


def _add_asks(visit: Visit, said: Said) -> Question:
    found = drafts.add(visit.caller, **said)
    count = len(found["entries"])
    title = "Add this entry" if count == 1 else f"Add these {count} entries"
    tells = ("It is never edited: what turns out to be wrong is corrected by an entry of its own.",)
    return question(visit, title, "Add it" if count == 1 else "Add them", tells, found)


def question(
    visit: Visit, title: str, button: str, tells: Sequence[str], found: dict[str, Any], *, stops: bool = False
) -> Question:
    """What is asked before something is recorded: it, as it will stand, whom it reaches and what it contradicts."""
    values = {"draft": shown(found), "address": visit.names["case"]}
    return Question(title, button, tells, "parts/draft.html", values, stops=stops)


def _to_case(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del said
    last = document["entries"][-1]["key"] if document["entries"] else ""
    return Went(f"/cases/{visit.names['case']}/entries/{last}" if last else f"/cases/{visit.names['case']}")


ADD: Final = Act(cases.add, _add_said, _add_asks, _to_case, form)


# Correcting.


def correcting(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form with what stands."""
    found = cases.entry(visit.caller, case=visit.names["case"], entry=visit.names["entry"])
    texts = dict(visit.form.pairs) if visit.form.pairs else _texts(found)
    return Shown(
        "entry-form.html",
        {
            **_asked(visit, found["kind"]),
            "address": visit.names["case"],
            "kind": found["kind"],
            "texts": texts,
            "action": visit.at,
            "before": found,
            "strangers": [],
            "people": cases.show(visit.caller, case=visit.names["case"])["people"],
        },
        error,
    )


def _texts(found: Mapping[str, Any]) -> dict[str, str]:
    """What the form says of an entry; its key stays its own, and a correction contradicts nothing by being one."""
    value = {name: part for name, part in found.items() if name in _said_names(found["kind"])}
    return texts_of({**value, "kind": found["kind"]})


def _said_names(kind: str) -> set[str]:
    fields = {field.name for field in FORMS[kind].fields}
    return {*fields, *HELP, "source"} - {"key", "contradicts", *(SOURCE.keys() - {"source"})}


def _correct_said(visit: Visit) -> Said:
    found = cases.entry(visit.caller, case=visit.names["case"], entry=visit.names["entry"])
    because = visit.form.text("because")
    if not because:
        raise BadInput("because-missing", "a correction says why", remedy="say why it is corrected")
    changes = changes_of(found["kind"], _texts(found), fields_of(visit.form.pairs, found["kind"]))
    if not changes:
        raise BadInput("entry-same", "this says what stands already: nothing would change")
    return {"case": visit.names["case"], "entry": found["key"], "because": because, "changes": changes}


def _correct_asks(visit: Visit, said: Said) -> Question:
    tells = (
        f"It stands in the place of {said['entry']}, which stays on record.",
        f"Changed: {', '.join(sorted(name.replace('_', ' ') for name in said['changes']))}.",
    )
    return question(visit, f"Correct {said['entry']}", "Correct it", tells, drafts.correct(visit.caller, **said))


CORRECT: Final = Act(cases.correct, _correct_said, _correct_asks, _to_case, correcting)


# Taking back.


def _retract_said(visit: Visit) -> Said:
    because = visit.form.text("because")
    if not because:
        raise BadInput("because-missing", "whoever takes an entry back says why", remedy="say why")
    return {"case": visit.names["case"], "entry": visit.names["entry"], "because": because, "retract": True}


def _retract_asks(visit: Visit, said: Said) -> Question:
    tells = (f"Nothing stands in the place of {said['entry']} any more; it stays on record, and says why.",)
    found = drafts.correct(visit.caller, **said)
    return question(visit, f"Take back {said['entry']}", "Take it back", tells, found, stops=True)


RETRACT: Final = Act(cases.correct, _retract_said, _retract_asks, _to_case)


# Linking.


def _link_said(visit: Visit) -> Said:
    text = visit.form
    return {
        "case": visit.names["case"],
        "entry": visit.names["entry"],
        "relation": text.given("relation") if text.has("other") else None,
        "other": text.text("other"),
        "pauses": [*text.several("pauses")],
        "agreements": [*text.several("agreements")],
        "conditions": [*text.several("conditions")],
        "text": " ".join(text.text("text").split()),
    }


def _link_asks(visit: Visit, said: Said) -> Question:
    found = drafts.link(visit.caller, **said)
    tells = ("It is recorded as an entry of its own.",)
    return question(visit, f"Link {said['entry']}", "Link it", tells, found)


def _to_entry(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del document
    return Went(f"/cases/{visit.names['case']}/entries/{said['entry']}")


LINK: Final = Act(cases.link, _link_said, _link_asks, _to_entry)
