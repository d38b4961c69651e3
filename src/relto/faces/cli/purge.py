"""`relto purge`: the content of old items goes, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen


def register(app: typer.Typer) -> None:
    """Hang the verb in."""
    verb(app, "purge", asks=True)(purge)


def purge(
    call: Call,
    *,
    before: Annotated[
        str, typer.Option("--before", metavar="WHEN", help="what was added before this moment", show_default=False)
    ],
    originator: Annotated[
        str | None, typer.Option("--originator", metavar="CODE", help="only what this party gave")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
) -> int:
    """Take away the content of old items, for good. Numbers, digests and the log stay, and the log still verifies; what
    a pause holds or a review keeps stays whole. Whoever has not read it by now is not given it any more.
    """
    from relto.faces.verbs import purging

    if not dry_run and call.asks_a_person:
        would = call.ask(purging.purge, before=before, originator=originator, dry_run=True)
        _show(call.screen, would)
        call.confirm("Take it away, for good?")
    document = call.ask(purging.purge, before=before, originator=originator, dry_run=dry_run)
    call.answer(document, lambda screen: _show(screen, document))
    return 0


def _show(screen: Screen, document: dict[str, Any]) -> None:
    goes = "would go" if document["state"] == "preview" else "is gone"
    screen.line(f"the content of {document['items']} items {goes}")
    if document["kept"]:
        screen.note(f"{document['kept']} items are held or under review, and stay whole")
    if document["behind"]:
        screen.note(f"not read so far by: {', '.join(document['behind'])}")
