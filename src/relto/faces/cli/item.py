"""`relto item`: single items, withheld, released or recalled by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.approvals import show_waiting
from relto.faces.cli.call import Call
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

ItemList = Annotated[
    list[str], typer.Argument(metavar="ITEM", help="STIX ids (their last versions), or id@modified", show_default=False)
]
One = Annotated[str | None, typer.Option("--agreement", metavar="ID", help="under this agreement; else under all")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="why, for the record")]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    items = group(app, "item", "Items one by one: withheld, released or recalled by hand.")
    verb(items, "withhold")(withhold)
    verb(items, "release")(release)
    verb(items, "recall", asks=True)(recall)


def withhold(call: Call, item: ItemList, reason: Why, agreement: One = None) -> int:
    """Keep items that were not released yet from their recipients, whatever else is decided."""
    from relto.faces.verbs import items

    _answer(call, call.ask(items.withhold, items=item, agreement=agreement, reason=reason), "withheld")
    return 0


def release(call: Call, item: ItemList, reason: Why, agreement: One = None) -> int:
    """Let items through any pause, or take back that they were withheld or recalled. Markings and scopes stay."""
    from relto.faces.verbs import items

    _answer(call, call.ask(items.release, items=item, agreement=agreement, reason=reason), "released by hand")
    return 0


def recall(call: Call, item: ItemList, reason: Why, agreement: One = None) -> int:
    """Close items that were released already; who was given them is told."""
    from relto.faces.verbs import items

    call.confirm(f"Recall {len(item)} of what was released?")
    _answer(call, call.ask(items.recall, items=item, agreement=agreement, reason=reason), "recalled")
    return 0


def _answer(call: Call, document: dict[str, Any], done: str) -> None:
    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import some

        if show_waiting(screen, document):
            return
        screen.line(f"{some(document['items'], 'item')} {done}")
        if document["released"]:
            screen.line(f"  {some(document['released'], 'item')} flows by it that did not")
        if document.get("recipients"):
            screen.line(f"  had been released to {', '.join(document['recipients'])}")

    call.answer(document, show)
