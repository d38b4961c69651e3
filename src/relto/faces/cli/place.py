"""What `relto webhook` and `relto mailbox` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.call import Call

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

Party = Annotated[str | None, typer.Option("--party", metavar="CODE", help="whose; else the account's own party")]
OfParty = Annotated[str | None, typer.Option("--party", metavar="CODE", help="only of this party")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", metavar="K", help="a kind of notice; repeat for more; else all")
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="send again what failed for good since then; else nothing")
]


def show_enabled(call: Call, document: dict[str, Any], name: str) -> None:
    """Answer that a place is active again."""

    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import some

        screen.line(f"{name} {document[name]} of {document['party']} is active")
        if document["notices"]:
            screen.line(f"  {some(document['notices'], 'notice')} will be sent again")

    call.answer(document, show)


def show_places(screen: Screen, found: list[dict[str, Any]], name: str, where: str) -> None:
    """Show webhooks or mailboxes: one line each, and what failed for good beside them."""
    rows = [
        (
            each[name],
            each["party"],
            each["state"],
            each["health"]["delivered"],
            each["waiting"],
            _last(each),
            each[where] + (f" ({', '.join(each['kinds'])})" if each["kinds"] else ""),
        )
        for each in found
    ]
    columns = (name, "party", "state", "delivered", "waiting", "last try", where)
    screen.table(columns, rows, empty=f"there is no {name}")
    for each in found:
        if each["why"]:
            screen.note(f"{each[name]} is disabled: {each['why']} (relto {name} enable {each[name]})")
        for row in each["given_up"]:
            said = " ".join(str(part) for part in (row["status"], row["answer"]) if part)
            screen.note(f"{each[name]}: notice {row['notice']} was given up after {row['tries']} tries: {said}")


def _last(each: dict[str, Any]) -> str:
    from relto.faces.cli.screen import moment

    health = each["health"]
    if health["last_at"] is None:
        return ""
    said = " ".join(str(part) for part in (health["last_status"], health["last_answer"]) if part)
    return f"{moment(health['last_at'])[:16]}Z {said}"[:80].rstrip()
