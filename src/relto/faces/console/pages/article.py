"""Articles: one is pasted, what it proposes is looked at one by one, and what is accepted is added at once.

Nothing counts before somebody accepted it. The proposals travel in the form, so what a person changed stays changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput, ReltoError
from relto.domain.record.form import FORMS
from relto.faces.console.act import Act
from relto.faces.console.form import Form
from relto.faces.console.pages import names
from relto.faces.console.pages.case import keeps
from relto.faces.console.pages.entry import UNKNOWN_MAX, fields_of, people_of, question, strangers
from relto.faces.console.pages.fields import asked, entry_of, texts_of
from relto.faces.console.visit import Shown, Went
from relto.faces.verbs import cases, drafts, reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.faces.console.act import Question, Said
    from relto.faces.console.pages.fields import Asked
    from relto.faces.console.visit import Answer, Visit

PROPOSALS_MAX: Final = 30
"""Proposals of one page; of a longer article they are accepted, and it is read again."""

TOLD_MAX: Final = 600
"""Characters of the article that are shown beside a proposal."""

SHORT: Final = ("source", "told", "confidence", "text", "marking", "pauses", "conditions")
"""Fields of every entry that a proposal can be given beside its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """One proposal: how it stands in the form. `takes`: it is to be added; `told`: what the article says; `sure`: which
    rule found it and how sure that is; `clashes`: what it contradicts; `problem`: why it cannot be added as it is.
    """

    number: str
    kind: str
    texts: Mapping[str, str]
    told: str
    takes: bool
    sure: str = ""
    clashes: Sequence[Mapping[str, str]] = ()
    problem: str = ""
    fields: Sequence[Asked] = field(default_factory=tuple)


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form that takes an article."""
    case = cases.timeline(visit.caller, case=visit.names["case"], kinds=["person"])
    values = {
        "address": visit.names["case"],
        "title": case["title"],
        "said": visit.form,
    }
    return Shown("read.html", values, error)


def proposals(visit: Visit) -> Shown:
    """What the article proposes, to be looked at one by one."""
    form = visit.form
    if not keeps(visit):
        visit.caller.by.require("contributor", for_=(), host="", what="read articles for a case")
    try:
        if not form.has("article"):
            raise BadInput("article-empty", "there is no article", remedy="paste its text, or its HTML")
        found = reading.read(
            visit.caller,
            files=[form.text("article")],
            case=visit.names["case"],
            url=form.text("url"),
            date=form.text("date"),
        )
    except ReltoError as error:
        return page(visit, error)
    fresh = [each for each in found["entries"] if each["there"] is None]
    known = [each for each in found["entries"] if each["there"] is not None]
    shown = fresh[:PROPOSALS_MAX]
    rows = [_row(each) for each in shown]
    nobody = list(dict.fromkeys(name for each in shown for name in each["unknown"]))[:UNKNOWN_MAX]
    return _review(
        visit,
        rows,
        [_nobody(name, shown) for name in nobody],
        {"article": found["article"], "known": known, "left": len(fresh) - len(shown)},
    )


def _row(each: Mapping[str, Any]) -> Row:
    texts = texts_of(each["entry"])
    return Row(
        str(each["number"]),
        each["kind"],
        texts,
        " ".join(each["text"].split())[:TOLD_MAX],
        each["problem"] is None and each["sure"] != "weak",
        f"{each['rule']}, {each['sure']}",
        each["clashes"],
        each["problem"]["message"] if each["problem"] else "",
        _fields(each["kind"], texts),
    )


def _fields(kind: str, texts: Mapping[str, str]) -> list[Asked]:
    """What is asked of a proposal: what it says, what its kind needs, and what may have to be set right."""
    own, known, aside = asked(kind)
    either = FORMS[kind].either
    wanted = [each for each in own if each.is_required or each.name in texts or each.name in either]
    return wanted + [each for each in (*known, *aside) if each.name in texts or each.name in SHORT]


def _nobody(name: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the article says of somebody who is nobody yet."""
    of = next((each for each in entries if name in each["unknown"]), None)
    is_speaker = of is not None and of["speaker"] is not None and name in of["speaker"]
    return {
        "who": name,
        "name": "",
        "party": of["parties"][0] if of is not None and is_speaker and len(of["parties"]) == 1 else "",
        "role": (of["role"] or "") if of is not None and is_speaker else "",
    }


def _review(
    visit: Visit,
    rows: Sequence[Row],
    nobody: Sequence[Mapping[str, str]],
    more: Mapping[str, Any],
    error: ReltoError | None = None,
) -> Shown:
    values = {
        "address": visit.names["case"],
        "rows": rows,
        "strangers": nobody,
        "parties": names.of_parties(visit),
        **more,
    }
    return Shown("proposals.html", values, error)


# Accepting.


def _sent(form: Form) -> list[Row]:
    """The proposals as the form has them."""
    found = []
    for number in form.texts("proposal")[:PROPOSALS_MAX]:
        kind = form.text(f"{number}.kind")
        if kind in FORMS:
            prefix = f"{number}."
            pairs = [(name.removeprefix(prefix), text) for name, text in form.pairs if name.startswith(prefix)]
            texts = fields_of(pairs, kind)
            found.append(
                Row(
                    number,
                    kind,
                    texts,
                    form.text(f"{prefix}said")[:TOLD_MAX],
                    form.text(f"{prefix}take") == "yes",
                    fields=_fields(kind, texts),
                )
            )
    return found


def again(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The proposals once more, with what is wrong with each."""
    people = people_of(visit.form)
    rows = []
    for row in _sent(visit.form):
        problem = ""
        if row.takes:
            try:
                drafts.add(visit.caller, case=visit.names["case"], entries=[*people, entry_of(row.kind, row.texts)])
            except ReltoError as each:
                problem = each.message
        rows.append(Row(row.number, row.kind, row.texts, row.told, row.takes, problem=problem, fields=row.fields))
    return _review(visit, rows, strangers(visit.form, error), {"article": None, "known": (), "left": 0}, error)


def _said(visit: Visit) -> Said:
    entries = [entry_of(row.kind, row.texts) for row in _sent(visit.form) if row.takes]
    if not entries:
        raise BadInput("proposals-none", "no proposal is accepted", remedy="accept one, or leave the page")
    return {"case": visit.names["case"], "entries": [*people_of(visit.form), *entries]}


def _asks(visit: Visit, said: Said) -> Question:
    found = drafts.add(visit.caller, **said)
    count = len(found["entries"])
    tells = ("All of it is added, or nothing.",)
    title = "Add this entry" if count == 1 else f"Add these {count} entries"
    return question(visit, title, "Add it" if count == 1 else "Add them", tells, found)


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del said, document
    return Went(f"/cases/{visit.names['case']}")


ACCEPT: Final = Act(cases.add, _said, _asks, _then, again)
