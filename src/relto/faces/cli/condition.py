"""`relto condition`: what has to come about before a pause is lifted, and how it stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.options import PauseNumber
from relto.faces.cli.verb import group, verb


class State(StrEnum):
    """How a condition stands."""

    MET = "met"
    UNMET = "unmet"
    CLAIMED = "claimed"
    WAIVED = "waived"
    DISPUTED = "disputed"


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    conditions = group(app, "condition", "Conditions of a pause: what has to come about before it is lifted.")
    verb(conditions, "set")(set_)
    verb(conditions, "add")(add)


def set_(
    call: Call,
    pause: PauseNumber,
    condition: Annotated[int, typer.Argument(metavar="N", min=1, help="its place, from 1", show_default=False)],
    state: Annotated[State, typer.Option("--state", metavar="met|unmet|claimed|waived|disputed", help="how it stands")],
    evidence: Annotated[
        str, typer.Option("--evidence", metavar="TEXT", help="on what evidence: a reference, a document, a URL")
    ] = "",
) -> int:
    """Say how a condition of a pause stands now. To waive one takes an approver."""
    from relto.faces.verbs import conditions

    document = call.ask(conditions.set_, pause=pause, condition=condition, state=state.value, evidence=evidence)
    _answer(call, document, f"condition {condition} of pause {pause} is {state.value}")
    return 0


def add(
    call: Call,
    pause: PauseNumber,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="what has to come about", show_default=False)],
    asked_by: Annotated[
        str,
        typer.Option("--asked-by", metavar="PARTY", help="who asked for it; no party to the agreement has no force"),
    ] = "",
    binding: Annotated[bool, typer.Option("--binding", help="it stands in the way of a resume")] = False,
) -> int:
    """Add a condition to a pause."""
    from relto.faces.verbs import conditions

    document = call.ask(conditions.add, pause=pause, text=text, asked_by=asked_by, binding=binding)
    _answer(call, document, f"pause {pause} has condition {len(document['conditions'])}")
    return 0


def _answer(call: Call, document: dict[str, Any], said: str) -> None:
    call.answer(document, lambda screen: screen.line(said))
