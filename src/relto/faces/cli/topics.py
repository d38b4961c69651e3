"""`relto topics`: what the vocabulary makes of the past."""

from __future__ import annotations

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.verb import group, verb


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    topics = group(app, "topics", "Topics: the vocabulary of topics.yaml.")
    verb(topics, "reclass", asks=True)(reclass)


def reclass(call: Call) -> int:
    """Decide the past anew: give every item the topics that it would get by topics.yaml now."""
    from relto.faces.verbs import topics

    call.confirm("Decide every stored item anew?")
    document = call.ask(topics.reclass, needs_topics=True)
    said = f"{document['items']} items looked at, {document['moved']} have other topics now"
    call.answer(document, lambda screen: screen.line(said))
    return 0
