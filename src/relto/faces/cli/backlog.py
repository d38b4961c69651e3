"""`relto backlog`: what a resume with `--backlog review` left, released or dropped bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.approvals import show_waiting
from relto.faces.cli.call import Call
from relto.faces.cli.options import Items, OptionalPause, Topics
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    backlogs = group(app, "backlog", "The backlog: what a resume kept for review.")
    verb(backlogs, "list")(list_)
    verb(backlogs, "release")(release)
    verb(backlogs, "discard", asks=True)(discard)


def list_(call: Call, pause: OptionalPause = None, topic: Topics = None, item: Items = None) -> int:
    """List what reviews keep, by pause, agreement and recipient."""
    from relto.faces.verbs import backlog

    if item:
        raise BadInput("usage", "`backlog list` counts; it takes no `--item`", remedy="relto explain ITEM PARTY")
    document = call.ask(backlog.list_, pause=pause, topics=topic or ())
    call.answer(
        document,
        lambda screen: screen.table(
            ("pause", "agreement", "to", "items", "topics"),
            [
                (
                    each["pause"],
                    each["agreement"],
                    each["to"],
                    each["items"],
                    ", ".join(f"{name} {count}" for name, count in each["by_topic"].items()),
                )
                for each in document["backlog"]
            ],
            empty="nothing waits for review",
        ),
    )
    return 0


def release(call: Call, pause: OptionalPause = None, topic: Topics = None, item: Items = None) -> int:
    """Release what reviews keep, all of it or by pause, topic and item, under new dates."""
    from relto.faces.verbs import backlog

    document = call.ask(backlog.release, pause=pause, topics=topic or (), items=item or ())
    _answer(call, document, "released")
    return 0


def discard(call: Call, pause: OptionalPause = None, topic: Topics = None, item: Items = None) -> int:
    """Drop what reviews keep, all of it or by pause, topic and item: nobody will be given it."""
    from relto.faces.verbs import backlog

    call.confirm("Drop it, for good?")
    document = call.ask(backlog.discard, pause=pause, topics=topic or (), items=item or ())
    _answer(call, document, "dropped")
    return 0


def _answer(call: Call, document: dict[str, Any], done: str) -> None:
    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import some

        if not show_waiting(screen, document):
            screen.line(f"{some(document['items'], 'item')} {done}")

    call.answer(document, show)
