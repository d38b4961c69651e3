"""`relto case`: the record of the diplomacy around a flow."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput, Unknown
from relto.faces.cli.call import Call
from relto.faces.cli.file import read_text
from relto.faces.cli.options import KnownAt
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relto.faces.cli.screen import Screen


class Relation(StrEnum):
    """How an entry may stand to another."""

    ABOUT = "about"
    ANSWERS = "answers"
    CONTRADICTS = "contradicts"
    SUPPORTS = "supports"


class Form(StrEnum):
    """What a case may be given out as."""

    YAML = "yaml"
    JSON = "json"
    STIX = "stix"


Case = Annotated[
    str, typer.Argument(metavar="CASE", help="a case's id; PARTY:ID where several have one", show_default=False)
]
Key = Annotated[str, typer.Argument(metavar="ENTRY", help="an entry's key", show_default=False)]
Fields = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FIELD=VALUE",
        help="what it says; a list is [one, another], a mapping {UKR: [yermak]}; "
        "source=NAME, url=URL, grade=B2 and told=DATE say the source",
    ),
]
File = Annotated[
    str | None, typer.Option("--file", metavar="FILE", help="entries in YAML or JSON; - is standard input")
]
Pauses = Annotated[list[str] | None, typer.Option("--pause", metavar="PAUSE", help="a pause; repeat for more")]
Agreements = Annotated[
    list[str] | None, typer.Option("--agreement", metavar="ID", help="an agreement; repeat for more")
]
Conditions = Annotated[
    list[str] | None, typer.Option("--condition", metavar="PAUSE/N", help="a condition; repeat for more")
]
Marking = Annotated[
    str, typer.Option("--marking", metavar="M", help="clear, green, amber, amber+strict (unless said) or red")
]

CASE_BYTES_MAX: Final = 64 * 1_048_576
"""Bytes of a file of a case; its reader allows fewer characters, and says so."""

ASKED_MAX: Final = 50
"""So many unknown people are asked for."""


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    cases = group(app, "case", "Cases: what was said, held, proposed and agreed around a flow, and by whom.")
    verb(cases, "open")(open_)
    verb(cases, "add", asks=True)(add)
    verb(cases, "correct")(correct)
    verb(cases, "link")(link)
    verb(cases, "list")(list_)
    verb(cases, "show")(show)
    verb(cases, "timeline")(timeline)
    verb(cases, "import")(import_)
    verb(cases, "export")(export)
    verb(cases, "schema", acts=False, remote=False)(schema)


def open_(
    call: Call,
    case: Case,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="what it is about", show_default=False)],
    *,
    party: Annotated[str, typer.Option("--party", metavar="CODE", help="who keeps it; else your own party")] = "",
    begins: Annotated[str, typer.Option("--begins", metavar="DATE", help="no entry is dated before")] = "",
    marking: Marking = "",
    topic: Annotated[list[str] | None, typer.Option("--topic", metavar="T", help="beside that of the record")] = None,
    about: Annotated[
        list[str] | None, typer.Option("--about", metavar="PARTY", help="a party; repeat for more")
    ] = None,
    agreement: Agreements = None,
    pause: Pauses = None,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="more about it")] = "",
) -> int:
    """Open a case. Its marking says how widely it may be known of; no entry is less strict."""
    from relto.faces.verbs import cases

    document = call.ask(
        cases.open_,
        case=case,
        title=title,
        party=party,
        begins=begins,
        marking=marking,
        topics=topic or [],
        parties=about or [],
        agreements=agreement or [],
        pauses=pause or [],
        text=text,
    )
    call.answer(document, lambda screen: screen.line(f"case {document['case']} is open, kept by {document['party']}"))
    return 0


def add(
    call: Call,
    case: Case,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="statement, talks, proposal, deal, condition, reaction, impact, shift, measure, person or link",
        ),
    ] = "",
    fields: Fields = None,
    file: File = None,
) -> int:
    """Add entries: one by its kind and fields, or those of a file. All of them are added, or none."""
    from relto.faces.verbs import cases

    if bool(kind) == (file is not None):
        raise BadInput("usage", "name a kind with its fields, or a `--file`", remedy="relto case add --help")
    if file is not None:
        from relto.domain.record.file import entries_in

        entries = [dict(each) for each in entries_in(read_text(file, longest=CASE_BYTES_MAX))]
    else:
        from relto.faces.cli.fields import entry_of

        entries = [entry_of(kind, fields or [])]
    document = _asking(call, entries, lambda some: call.ask(cases.add, case=case, entries=some))
    call.answer(document, lambda screen: _show_added(screen, document))
    return 0


def correct(
    call: Call,
    case: Case,
    entry: Key,
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="why", show_default=False)],
    fields: Fields = None,
    retract: Annotated[bool, typer.Option("--retract", help="nothing stands in its place")] = False,
) -> int:
    """Put a new entry in the place of another, which stays on record. FIELD= takes a field away."""
    from relto.faces.cli.fields import changes_of
    from relto.faces.verbs import cases

    document = call.ask(
        cases.correct,
        case=case,
        entry=entry,
        because=because,
        changes=changes_of(fields or []),
        retract=retract,
    )
    call.answer(document, lambda screen: _show_added(screen, document))
    return 0


def link(
    call: Call,
    case: Case,
    entry: Key,
    relation: Annotated[
        Relation | None,
        typer.Argument(metavar="about|answers|contradicts|supports", help="how it stands to the other"),
    ] = None,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="another entry's key")] = "",
    *,
    pause: Pauses = None,
    agreement: Agreements = None,
    condition: Conditions = None,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="why")] = "",
) -> int:
    """Say how an entry stands to another, or which pauses, agreements and conditions it is about."""
    from relto.faces.verbs import cases

    document = call.ask(
        cases.link,
        case=case,
        entry=entry,
        relation=None if relation is None else relation.value,
        other=other,
        pauses=pause or [],
        agreements=agreement or [],
        conditions=condition or [],
        text=text,
    )
    call.answer(document, lambda screen: _show_added(screen, document))
    return 0


def list_(call: Call) -> int:
    """List the cases of your party."""
    from relto.faces.verbs import cases

    found = call.ask(cases.list_)
    call.answer(
        found,
        lambda screen: screen.table(
            ("case", "party", "entries", "marking", "title"),
            [(each["case"], each["party"], each["recorded"], each["marking"], each["title"]) for each in found],
            empty="there are no cases; try: relto case open",
        ),
    )
    return 0


def show(
    call: Call,
    case: Case,
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="one entry alone, in full")] = "",
    at: KnownAt = None,
) -> int:
    """Show a case with its people and all its entries, or one entry with its history."""
    from relto.faces.cli.timeline import show_case, show_entry
    from relto.faces.verbs import cases

    if entry:
        document = call.ask(cases.entry, case=case, entry=entry, at=at)
        call.answer(document, lambda screen: show_entry(screen, document))
        return 0
    document = call.ask(cases.show, case=case, at=at)
    call.answer(document, lambda screen: show_case(screen, document))
    return 0


def timeline(
    call: Call,
    case: Case,
    at: KnownAt = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="only these; repeat for more")
    ] = None,
    party: Annotated[
        list[str] | None, typer.Option("--party", metavar="CODE", help="only what names these; repeat for more")
    ] = None,
) -> int:
    """Draw a case in order: what was said and done, beside the pauses that lasted meanwhile."""
    from relto.faces.cli.timeline import show_timeline
    from relto.faces.verbs import cases

    document = call.ask(cases.timeline, tells_clock=True, case=case, at=at, kinds=kind or [], parties=party or [])

    def drawn(screen: Screen) -> None:
        show_timeline(screen, document)
        if call.clock:
            screen.note(call.clock)

    call.answer(document, drawn)
    return 0


def import_(
    call: Call,
    file: Annotated[list[str], typer.Argument(metavar="FILE", help="cases in YAML, JSON or STIX; - is standard input")],
) -> int:
    """Take in cases with their people and entries. What is there already, and says the same, is left as it is."""
    from relto.faces.verbs import cases

    found = call.ask(cases.import_, files=[read_text(name, longest=CASE_BYTES_MAX) for name in file])

    def show_all(screen: Screen) -> None:
        for each in found:
            known = f", {each['known']} were there" if each["known"] else ""
            screen.line(f"{each['case']}: {'opened, ' if each['opened'] else ''}{each['added']} added{known}")
            _show_clashes(screen, each)

    call.answer(found, show_all)
    return 0


def export(
    call: Call,
    case: Case,
    form: Annotated[Form, typer.Option("--form", metavar="yaml|json|stix", help="as what")] = Form.YAML,
    output: Annotated[
        str | None, typer.Option("--output", metavar="FILE", help="where to; else standard output")
    ] = None,
) -> int:
    """Give a case out as a file that `relto case import` takes; as STIX, its objects as they are stored."""
    from relto.faces.verbs import cases

    document = call.ask(cases.export, case=case, form=form.value)
    if output is not None:
        Path(output).write_text(document["file"], encoding="utf-8")
        call.answer({**document, "file": output}, lambda screen: screen.line(f"case {case} is in {output}"))
        return 0
    if call.json:
        call.answer(document, lambda _: None)
        return 0
    sys.stdout.write(document["file"])
    return 0


def schema(call: Call) -> int:
    """Show the JSON Schema of a file of a case, which an editor can check by."""
    import json

    from relto.domain.record.schema import file_schema

    document = file_schema()
    text = json.dumps(document, ensure_ascii=False, indent=2)
    call.answer(document, lambda screen: screen.line(text, whole=True))
    return 0


def _asking(
    call: Call, entries: list[dict[str, Any]], done: Callable[[Sequence[dict[str, Any]]], Any]
) -> dict[str, Any]:
    """Adds entries; people who are not known are asked for where somebody sits at a terminal."""
    people: list[dict[str, Any]] = []
    for _ in range(ASKED_MAX):
        try:
            added: dict[str, Any] = done([*people, *entries])
        except BadInput as error:
            if error.code != "person-unknown" or not call.asks_a_person:
                raise
            people.append(_asked_for(call, str(error.data.get("name", ""))))
        else:
            return added
    raise Unknown("person-unknown", "too many people are unknown", remedy="relto case add CASE person name=…")


def _asked_for(call: Call, name: str) -> dict[str, Any]:
    call.screen.note(f"`{name}` is nobody in this case yet. Leave the name empty to stop.")
    made: dict[str, Any] = {"kind": "person"}
    for field, what in (("name", f"whole name [{name}]"), ("party", "for which party"), ("role", "as what")):
        sys.stderr.write(f"  {what}: ")
        sys.stderr.flush()
        said = sys.stdin.readline()
        text = said.strip() or (name if field == "name" and said else "")
        if field == "name" and not text:
            raise BadInput("person-unknown", f"`{name}` is nobody in this case", remedy="relto case add CASE person …")
        if text:
            made[field] = text
    if made["name"] != name:
        made["aliases"] = [name]
    return made


def _show_added(screen: Screen, document: dict[str, Any]) -> None:
    for each in document["entries"]:
        screen.line(f"{each['key']}: {each['headline']}")
    _show_clashes(screen, document)


def _show_clashes(screen: Screen, document: dict[str, Any]) -> None:
    for each in document["clashes"]:
        screen.warn(f"{each['entry']} contradicts {each['other']}: {each['why']}; both stand")
