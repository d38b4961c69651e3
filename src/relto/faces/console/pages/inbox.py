"""Notices: what a party was told, and that somebody took note of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.notice import KINDS
from relto.faces.console.act import Act, Question
from relto.faces.console.form import whole_number
from relto.faces.console.visit import Shown, Went
from relto.faces.verbs import inbox
from relto.usecases.notifying import hidden_from

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

PAGE: Final = 50
RECALLS: Final = "/recalls"


def page(visit: Visit) -> Shown:
    """The latest notices; `after` goes through all of them from the first on."""
    after = visit.query.number("after")
    kind, party = visit.query.given("kind"), visit.query.given("party")
    found = inbox.list_(visit.caller, party=party, after=after, kind=kind, limit=PAGE)
    notices = found["notices"] if after is not None else found["notices"][::-1]
    hidden = hidden_from(visit.roles)
    return Shown(
        "inbox.html",
        {
            **found,
            "notices": notices,
            "after": after,
            "kind": visit.query.text("kind"),
            "kinds_of_notice": [each for each in KINDS if each not in hidden],
            "all_parties": visit.caller.sight.is_whole,
        },
    )


def _said(visit: Visit) -> Said:
    return {"notice": whole_number(visit.names["notice"]) or 0, "note": visit.form.text("note")}


def _asks(visit: Visit, said: Said) -> Question:
    del visit
    return Question(
        f"Acknowledge notice {said['notice']}", "Acknowledge it", ("The record says that you have taken note of it.",)
    )


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del said, document
    return Went(RECALLS if visit.form.text("back") == RECALLS else "/inbox")


ACKNOWLEDGE: Final = Act(inbox.acknowledge, _said, _asks, _then)
