"""Briefs: the account of a pause, written from the record for one reader: as a page, and as a file in four forms."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from relto.domain.brief.document import Chart
from relto.domain.brief.reader import PUBLIC
from relto.domain.errors import BadInput, Unknown
from relto.faces.briefs.chart import svg
from relto.faces.console.pages import names
from relto.faces.console.visit import Sent, Shown
from relto.faces.verbs import briefs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.faces.console.visit import Visit

FORMS: Final = {
    "pdf": (b"application/pdf", "pdf"),
    "md": (b"text/markdown; charset=utf-8", "md"),
    "html": (b"text/html; charset=utf-8", "html"),
    "json": (b"application/json; charset=utf-8", "json"),
}
"""What it is given as: the type and the ending of its file."""

BLOCKS_MAX: Final = 30
LISTED_MAX: Final = 25
NOTES_MAX: Final = 150
MARKS_MAX: Final = 12
"""Blocks of a section, sentences of a list, notes, and what one sentence names, as far as one page shows them."""


def page(visit: Visit) -> Shown:
    """The brief about a case, or about a party (`subject`); `for`: for whom, `at`: as it was known."""
    subject = _subject(visit)
    values = {
        "subject": subject,
        "case": visit.names.get("case", ""),
        "parties": names.of_parties(visit),
        "public": PUBLIC,
        "for": visit.query.text("for"),
        "at": visit.query.text("at"),
        "names_traces": visit.query.has("trace"),
    }
    if not subject:
        return Shown("brief.html", {**values, "brief": None})
    try:
        made = briefs.made(visit.caller, subject=subject, at=visit.query.given("at"), for_=visit.query.text("for"))
    except BadInput as error:
        return Shown("brief.html", {**values, "brief": None}, error)
    found = made.as_value()
    for section, told in zip(found["sections"], made.sections, strict=True):
        for block, drawn in zip(section["blocks"], told.blocks, strict=True):
            if isinstance(drawn, Chart):
                block["drawing"] = Markup(svg(drawn))  # noqa: S704 - it escapes all that it writes
    numbers = {each["trace"]: each["note"] for each in found["notes"]}
    is_cut = _cut(found)
    return Shown(
        "brief.html",
        {
            **values,
            "brief": found,
            "numbers": numbers,
            "listed": {each["note"] for each in found["notes"]},
            "is_cut": is_cut,
        },
    )


def file(visit: Visit) -> Sent:
    """The same as a file."""
    form = visit.query.text("form")
    if form not in FORMS:
        raise Unknown("form-unknown", "a brief is given as pdf, md, html or json")
    asked: dict[str, Any] = {
        "subject": _subject(visit),
        "at": visit.query.given("at"),
        "for_": visit.query.text("for"),
        "trace": visit.query.has("trace"),
    }
    if not asked["subject"]:
        raise BadInput("subject-missing", "a brief is about a party or a case")
    found = briefs.brief(visit.caller, form=form, **asked)  # type: ignore[arg-type]  # looked up above
    kind, ending = FORMS[form]
    if form == "pdf":
        body = b64decode(found["file"])
    elif form == "json":
        body = json.dumps(found, ensure_ascii=False, indent=2).encode() + b"\n"
    else:
        body = found["text"].encode()
    about = asked["subject"].rpartition(":")[2]
    plain = "".join(letter for letter in about if letter == "-" or (letter.isascii() and letter.isalnum()))
    return Sent.file(f"brief-{plain or 'case'}.{ending}", body, kind)


def _cut(found: dict[str, Any]) -> bool:
    """Leaves of a long brief as much as a page takes; whether that is a part. Its files have all of it."""
    is_cut = False
    named: set[str] = {trace for take in found["takes"] for trace in take["traces"]}
    for section in found["sections"]:
        is_cut |= len(section["blocks"]) > BLOCKS_MAX
        section["blocks"] = section["blocks"][:BLOCKS_MAX]
        for block in section["blocks"]:
            for name in ("sentences", "items", "rows"):
                if name in block:
                    is_cut |= len(block[name]) > LISTED_MAX
                    block[name] = block[name][:LISTED_MAX]
            named |= set(_traces(block))
    notes = [each for each in found["notes"] if each["trace"] in named]
    found["notes"] = notes[:NOTES_MAX]
    is_cut |= len(notes) > NOTES_MAX
    return is_cut


def _traces(value: Any) -> Iterator[str]:
    """What stands in a block as what it rests on, as far as a page names it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from part[:MARKS_MAX] if name == "traces" else _traces(part)
    elif isinstance(value, list):
        for part in value:
            yield from _traces(part)


def _subject(visit: Visit) -> str:
    return visit.names.get("case") or visit.query.text("subject")
