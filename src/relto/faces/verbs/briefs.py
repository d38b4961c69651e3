"""Briefs: the account of a pause, written from the record and from counts, for one reader."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Literal

from relto.domain.brief.reader import PUBLIC
from relto.domain.outlook.rules import default_rules
from relto.faces.briefs.markdown import markdown
from relto.faces.briefs.page import page
from relto.faces.verbs.caller import Caller
from relto.faces.verbs.cases import moment_of
from relto.usecases.briefing import brief as written

if TYPE_CHECKING:
    from relto.domain.brief.document import Brief

Form = Literal["json", "md", "html", "pdf"]


def brief(
    caller: Caller,
    *,
    subject: str,
    at: str | None = None,
    for_: str = "",
    form: Form = "json",
    trace: bool = False,
) -> dict[str, Any]:
    """Write the brief about a party or a case, for a party or the public, as it was known at a moment.

    `form`: `json` gives its blocks; `md` and `html` a `text`; `pdf` a `file` in Base64. `trace`: each sentence names
    what it rests on.
    """
    return document(caller, made(caller, subject=subject, at=at, for_=for_), form=form, trace=trace)


def made(caller: Caller, *, subject: str, at: str | None = None, for_: str = "") -> Brief:
    """The brief itself."""
    return written(
        caller.node,
        caller.desk,
        subject,
        by=caller.by,
        # The public is told of no outlook, so whatever is wrong with its rules is not in the way.
        rules=default_rules() if for_ == PUBLIC else caller.opened.outlook_rules(),
        reader=for_,
        at=moment_of(caller, at),
    )


def document(caller: Caller, found: Brief, *, form: Form, trace: bool) -> dict[str, Any]:
    """The brief in this form."""
    value = found.as_value()
    if form == "json":
        return value
    about = {name: value[name] for name in ("headline", "dateline", "marking", "subject", "for")} | {"form": form}
    if form == "pdf":
        return about | {"file": b64encode(caller.opened.typesetter().pdf(value)).decode()}
    return about | {"text": markdown(found, trace=trace) if form == "md" else page(found, trace=trace)}
