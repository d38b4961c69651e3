"""`relto brief`: the account of a pause, for one reader."""

from __future__ import annotations

import sys
from base64 import b64decode
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call
from relto.faces.cli.options import KnownAt
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen


class Form(StrEnum):
    """What a brief may be given as."""

    MD = "md"
    HTML = "html"
    PDF = "pdf"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Hang the verb in."""
    verb(app, "brief")(brief)


def brief(
    call: Call,
    subject: Annotated[
        str, typer.Argument(metavar="PARTY|CASE", help="the party or the case that it is about", show_default=False)
    ],
    at: KnownAt = None,
    form: Annotated[
        Form | None,
        typer.Option("--format", metavar="md|html|pdf|json", help="as what; a terminal is shown it, else md"),
    ] = None,
    for_: Annotated[
        str,
        typer.Option("--for", metavar="PARTY|public", help="who may read it; the party of the node unless said"),
    ] = "",
    output: Annotated[
        str | None, typer.Option("--output", metavar="FILE", help="where to; else standard output")
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="each sentence names what it rests on")] = False,
) -> int:
    """Write the account of a pause: what was paused and why, what it costs, how close its end is, and what is next."""
    from relto.faces.verbs import briefs

    chosen = form or _by_name(output) or (Form.JSON if call.json else None)
    if chosen is Form.PDF and output is None and sys.stdout.isatty():
        raise BadInput("usage", "a terminal shows no PDF", remedy="say --output FILE")
    if chosen is None and call.url == "" and output is None and not call.screen.is_uncut:
        _show(call, subject, at=at, for_=for_, trace=trace)
        return 0
    given = chosen or Form.MD
    document = call.ask(briefs.brief, subject=subject, at=at, for_=for_, form=given.value, trace=trace)
    if call.json and output is None:
        call.answer(document, lambda _: None)
        return 0
    raw = _bytes(document, given)
    if output is None:
        sys.stdout.buffer.write(raw)
        sys.stdout.flush()
        return 0
    Path(output).write_bytes(raw)
    told = {name: document[name] for name in ("headline", "marking", "for")} | {"output": output}
    call.answer(
        told, lambda screen: screen.line(f"{output}: {document['headline']} (TLP:{document['marking'].upper()})")
    )
    return 0


def _show(call: Call, subject: str, *, at: str | None, for_: str, trace: bool) -> None:
    from relto.faces.briefs.plain import lines
    from relto.faces.cli.call import clock_of_demonstration
    from relto.faces.cli.timeline import WIDTH_MAX
    from relto.faces.verbs import briefs
    from relto.faces.verbs.caller import Caller

    with call.node() as opened:
        made = briefs.made(Caller(opened, call.by), subject=subject, at=at, for_=for_)
        clock = clock_of_demonstration(opened)

    def show(screen: Screen) -> None:
        for text, style in lines(made, width=min(screen.width, WIDTH_MAX), trace=trace):
            screen.line(text, style, whole=True)
        if clock:
            screen.note(clock)

    call.answer(made.as_value(), show)


def _by_name(output: str | None) -> Form | None:
    """The form that the name of the file asks for."""
    if output is None:
        return None
    ending = Path(output).suffix.removeprefix(".").lower()
    return next((each for each in Form if each.value == {"htm": "html", "markdown": "md"}.get(ending, ending)), None)


def _bytes(document: dict[str, Any], form: Form) -> bytes:
    if form is Form.PDF:
        return b64decode(document["file"])
    if form is Form.JSON:
        import json

        return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
    return str(document["text"]).encode()
