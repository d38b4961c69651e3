"""`relto backlog`: what a resume with `--backlog review` left, released or dropped bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call, wait_until, written
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
    from relto.usecases.pausing import list_backlog

    if item:
        raise BadInput("usage", "`backlog list` counts; it takes no `--item`", remedy="relto explain ITEM PARTY")
    with call.node() as opened:
        items, found = list_backlog(opened.node, opened.desk, pause, topic or ())
    document = {
        "items": items,
        "visible_at": None,
        "backlog": [
            {
                "pause": each.pause,
                "agreement": each.agreement,
                "to": each.to,
                "items": each.items,
                "by_topic": dict(each.by_topic),
            }
            for each in found
        ],
    }
    call.answer(
        document,
        lambda screen: screen.table(
            ("pause", "agreement", "to", "items", "topics"),
            [
                (
                    each.pause,
                    each.agreement,
                    each.to,
                    each.items,
                    ", ".join(f"{k} {v}" for k, v in each.by_topic.items()),
                )
                for each in found
            ],
            empty="nothing waits for review",
        ),
    )
    return 0


def release(call: Call, pause: OptionalPause = None, topic: Topics = None, item: Items = None) -> int:
    """Release what reviews keep, all of it or by pause, topic and item, under new dates."""
    from relto.usecases.pausing import release_backlog

    with call.node() as opened:
        items, visible_at = release_backlog(
            opened.node, opened.desk, by=call.by, number=pause, topics=topic or (), items=item or ()
        )
        wait_until(opened, visible_at)
    _answer(call, items, visible_at, "released")
    return 0


def discard(call: Call, pause: OptionalPause = None, topic: Topics = None, item: Items = None) -> int:
    """Drop what reviews keep, all of it or by pause, topic and item: nobody will be given it."""
    from relto.usecases.pausing import discard_backlog

    with call.node() as opened:
        call.confirm("Drop it, for good?")
        items, visible_at = discard_backlog(
            opened.node, opened.desk, by=call.by, number=pause, topics=topic or (), items=item or ()
        )
    _answer(call, items, visible_at, "dropped")
    return 0


def _answer(call: Call, items: int, visible_at: int, done: str) -> None:
    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import some

        screen.line(f"{some(items, 'item')} {done}")

    call.answer({"items": items, "visible_at": written(visible_at), "state": "applied"}, show)
