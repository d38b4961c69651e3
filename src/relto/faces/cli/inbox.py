"""`relto inbox`: what a party was told, and that somebody took note of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call
from relto.faces.cli.options import Note
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

Party = Annotated[str | None, typer.Option("--party", metavar="CODE", help="whose; else of the account's own party")]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    inbox = group(app, "inbox", "What a party was told.", alone=True)
    verb(inbox, None)(list_)
    verb(inbox, "acknowledge")(acknowledge)


def list_(
    call: Call,
    party: Party = None,
    after: Annotated[
        int | None, typer.Option("--after", metavar="N", min=0, help="beyond this notice; else the latest ones")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="so many at most")] = 100,
    recalls: Annotated[bool, typer.Option("--recalls", help="only items that were recalled")] = False,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="only notices of this kind")] = None,
) -> int:
    """List the notices of a party, by number, with who acknowledged them."""
    from relto.faces.verbs import inbox

    if recalls and kind not in {None, inbox.RECALL}:
        raise BadInput("usage", f"`--recalls` and `--kind {kind}` contradict each other", remedy="say one of them")
    wanted = inbox.RECALL if recalls else kind
    document = call.ask(inbox.list_, tells_clock=True, party=party, after=after, kind=wanted, limit=limit)

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import moment

        rows = [
            (each["notice"], moment(each["at"])[:16] + "Z", each["kind"], each["subject"], _taken(each), each["text"])
            for each in document["notices"]
        ]
        columns = ("notice", "when", "kind", "about", "acknowledged by", "what")
        screen.table(columns, rows, empty=f"{document['party']} was told nothing{' more' if after else ''}")
        if document["next"] is not None:
            screen.note(f"there are more: relto inbox --after {document['next']}")
        if document["earlier"]:
            screen.note("there are earlier ones: relto inbox --after 0")
        if call.clock:
            screen.note(call.clock)

    call.answer(document, show)
    return 0


def acknowledge(
    call: Call,
    notice: Annotated[int, typer.Argument(metavar="N", min=1, help="a notice's number", show_default=False)],
    note: Note = "",
) -> int:
    """Take note of a notice of the account's own party, for the record."""
    from relto.faces.verbs import inbox

    document = call.ask(inbox.acknowledge, notice=notice, note=note)
    call.answer(document, lambda screen: screen.line(f"notice {notice} is acknowledged: {document['text']}"))
    return 0


def _taken(notice: dict[str, Any]) -> str:
    return ", ".join(each["account"] for each in notice["acknowledged"])
