"""`relto agenda`: what calls for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.faces.cli.call import Call
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    import typer

    from relto.faces.cli.screen import Screen


def register(app: typer.Typer) -> None:
    """Hang the verb in."""
    verb(app, "agenda")(list_)


def list_(call: Call) -> int:
    """List what calls for a decision: approvals, dates that have passed, claims, notices that fail, partners lapsed."""
    from relto.faces.verbs import agenda

    found = call.ask(agenda.list_, tells_clock=True)

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import moment

        rows = [(moment(each["since"])[:16] + "Z", each["text"]) for each in found]
        screen.table(("since", "what"), rows, empty="nothing calls for a decision")
        if call.clock:
            screen.note(call.clock)

    call.answer(found, show)
    return 0
