"""`relto topics`: what the vocabulary makes of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from relto.faces.cli.call import Call, now, wait_until, written
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.domain.item import Header, Reject


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    topics = group(app, "topics", "Topics: the vocabulary of topics.yaml.")
    verb(topics, "reclass", asks=True)(reclass)


def reclass(call: Call) -> int:
    """Decide the past anew: give every item the topics that it would get by topics.yaml now."""
    from relto.usecases import topics

    with call.node(needs_topics=True) as opened:
        call.confirm("Decide every stored item anew?")
        check = opened.validator().check

        def read(raw: bytes, _moment: int) -> Header | Reject:
            return check(raw, where="", now_us=opened.node.clock.now())

        done = topics.reclass(opened.node, opened.desk, read, by=call.by)
        wait_until(opened, done.visible_at)
        visible_at = max(done.visible_at, now(opened))
    call.answer(
        {"items": done.items, "moved": done.moved, "visible_at": written(visible_at), "state": "applied"},
        lambda screen: screen.line(f"{done.items} items looked at, {done.moved} have other topics now"),
    )
    return 0
