"""How a case is drawn for people: its timeline beside the pauses, its entries, and one entry in full.

Each pause has a lane: a thick line while it lasts, a thin one after; so whoever reads on sees at every line what was
paused when it was said. Signs and words say the same as colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len

from relto.domain.record.form import RELATIONS
from relto.domain.record.when import When
from relto.faces.cli.screen import clean, moment, some

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

SIGNS: Final = {
    "statement": "“", "talks": "⇄", "proposal": "▷", "deal": "◆", "condition": "?", "reaction": "~", "impact": "!",
    "shift": "↷", "measure": "■", "person": "@", "link": "—",
}  # fmt: skip
"""By kind, one column wide."""

DOUBTS: Final = {"confirmed": "", "reported": "reported", "disputed": "disputed", "denied": "denied"}

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

WIDTH_MAX: Final = 110
"""Lines of prose are not made longer, however wide the terminal is."""

TEXT_MIN: Final = 24


def show_timeline(screen: Screen, document: dict[str, Any]) -> None:
    """The timeline."""
    screen.line(document["title"], "bold")
    if document["told_later"]:
        screen.line("all of it was recorded later; the dates of its sources decide what was known then", "yellow")
    spans = document["pauses"]
    for place, span in enumerate(spans):
        until = f" to {moment(span['lifted_at'])[:10]}" if span["lifted_at"] else ""
        lane = "  " * place + "┏"
        what = f"pause {span['pause']} of {', '.join(span['agreements'])} since {moment(span['since'])[:10]}{until}"
        screen.line(f"{lane.ljust(2 * len(spans))} {what}: {span['reason']}", "cyan" if not until else "dim")
    screen.line("")
    entries = document["entries"]
    if not entries:
        screen.note("nothing is on record")
    against: dict[str, list[str]] = {}
    for each in document["contradictions"]:
        against.setdefault(each["entry"], []).append(each["other"])
        against.setdefault(each["other"], []).append(each["entry"])
    dates = [short_date(each["date"]) for each in entries]
    column = max((cell_len(date) for date in dates), default=0)
    before, year = "", ""
    for each, date in zip(entries, dates, strict=True):
        if each["date"][:4] != year:
            year = each["date"][:4]
            screen.line(f"{year.rjust(column)} {_lanes(spans, each['date'])}", "bold")
        _draw(screen, each, date if date != before else "", column, _lanes(spans, each["date"]), against)
        before = date
    if document["unread"]:
        screen.note(f"{some(document['unread'], 'entry')} cannot be read any more")


def show_case(screen: Screen, document: dict[str, Any]) -> None:
    """A case, its people, and all its entries."""
    screen.line(document["title"], "bold")
    screen.facts(
        [
            ("case", document["case"]),
            ("kept by", document["party"]),
            ("marking", document["marking"]),
            ("about", ", ".join([*document["parties"], *document["agreements"]])),
            ("begins", document["begins"]),
            ("opened", moment(document["opened_at"])),
            ("text", document["text"]),
        ]
    )
    people = [
        (each["person"], each["name"], "; ".join(_office(office) for office in each["offices"]))
        for each in document["people"]
    ]
    if people:
        screen.line("")
        screen.table(("person", "name", "office"), people, empty="")
    screen.line("")
    rows = [
        (each["key"], each["kind"], each["date"], each["confidence"], each["headline"] + _corrected(each))
        for each in document["entries"]
        if each["kind"] != "person"
    ]
    screen.table(("entry", "kind", "date", "confidence", "what"), rows, empty="nothing is on record")


def show_entry(screen: Screen, document: dict[str, Any]) -> None:
    """One entry, in full."""
    screen.line(document["headline"], "bold")
    source = document.get("source") or {}
    told = ", ".join(str(source[name]) for name in ("name", "date", "grade", "url") if source.get(name))
    aside = {"key", "kind", "date", "source", "confidence", "marking", "headline", "linked", "history", "words_date"}
    aside |= {"item", "recorded_at", "recorded_by", "corrected_by", *RELATIONS}
    screen.facts(
        [
            ("entry", f"{document['key']}, {document['kind']}"),
            ("date", document["words_date"]),
            ("source", told),
            ("confidence", document["confidence"]),
            ("marking", document.get("marking", "that of the case")),
            *((name.replace("_", " "), _said(value)) for name, value in document.items() if name not in aside),
            ("recorded", f"{moment(document['recorded_at'])} by {document['recorded_by']}"),
            ("item", document["item"]),
            *((_relation(each["relation"]), each["entry"]) for each in document["linked"]),
            ("corrected by", document["corrected_by"]),
        ]
    )


def _draw(
    screen: Screen, each: dict[str, Any], date: str, column: int, lanes: str, against: dict[str, list[str]]
) -> None:
    tags = [DOUBTS[each["confidence"]], each.get("source", {}).get("grade", "")]
    tags += [f"≠ {', '.join(against[each['key']])}"] if each["key"] in against else []
    tags += [f"corrects {each['corrects']}"] if each.get("corrects") else []
    said = f"{each['headline']} [{', '.join([each['key'], *filter(None, tags)])}]"
    head = f"{date.rjust(column)} {lanes}{SIGNS[each['kind']]} "
    style = "yellow" if each["key"] in against else "dim" if each["confidence"] == "denied" else ""
    width = min(screen.width, WIDTH_MAX) - cell_len(head)
    if screen.is_uncut:
        screen.line(head + clean(said), style)
        return
    if width < TEXT_MIN:
        screen.line(f"{date or '·'} {SIGNS[each['kind']]} {said}", style)
        return
    rest = f"{' ' * column} {lanes}  "
    for number, line in enumerate(screen.wrapped(said, width)):
        screen.line((head if number == 0 else rest) + line, style, whole=True)


def _lanes(spans: list[dict[str, Any]], date: str) -> str:
    """What was paused on that date, one lane for each pause."""
    day = date.rpartition("/")[2][:10]
    found = []
    for span in spans:
        since, lifted = span["since"][:10], (span["lifted_at"] or "")[:10]
        found.append("┃" if since <= day and (not lifted or day <= lifted) else "┊" if since > day else "│")
    return "".join(f"{lane} " for lane in found)


def short_date(date: str) -> str:
    """A date in as few columns as may be; the year stands above.

    >>> [short_date(text) for text in ("2025-03-09", "2025-03-04/2025-03-05", "2025-03-03T18:00:00Z", "2025-03")]
    ['9 Mar', '4-5 Mar', '3 Mar 18:00', 'Mar']
    """
    when = When.parse(date)
    first, _, last = date.partition("/")
    if when.precision == "month":
        return _month(date)
    if not last:
        return _day(first) + (f" {first[11:16]}" if when.precision == "moment" else "")
    return f"{int(first[8:10])}-{_day(last)}" if first[:7] == last[:7] else f"{_day(first)} - {_day(last)}"


def _day(date: str) -> str:
    return f"{int(date[8:10])} {_month(date)}"


def _month(date: str) -> str:
    return MONTHS[int(date[5:7]) - 1]


def _office(office: dict[str, Any]) -> str:
    text = ", ".join(part for part in (office["role"], office["party"]) if part)
    since, until = (office[name][:10] if office[name] else "" for name in ("since", "until"))
    return f"{text} ({since} to {until})" if since or until else text


def _corrected(each: dict[str, Any]) -> str:
    if each.get("retracts"):
        return f" (takes {each['corrects']} back)"
    return f" (corrected by {each['corrected_by']})" if each["corrected_by"] else ""


def _relation(relation: str) -> str:
    words = {
        "<about": "spoken of by",
        "<answers": "answered by",
        "<supports": "supported by",
        "<contradicts": "contradicts",
    }
    return words.get(relation, relation)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        if value.keys() & {"name", "unnamed"}:
            about = ", ".join(str(value[name]) for name in ("role", "party") if name in value)
            name = value.get("name", value.get("unnamed"))
            return f"{name} ({about})" if about else str(name)
        if set(value) == {"party"}:
            return str(value["party"])
        return "; ".join(f"{name}: {_said(part)}" if part else str(name) for name, part in value.items())
    return ", ".join(map(_said, value)) if isinstance(value, list) else str(value)
