"""The words of the contract that this release does not carry out: each is refused by name (`not-built`)."""

from __future__ import annotations

from typing import Final

import typer

from relto.faces.cli import verb

VERBS: Final = (("relay", "Pass on what others share."),)


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    for name, text in VERBS:
        verb.unbuilt(app, name, text)
