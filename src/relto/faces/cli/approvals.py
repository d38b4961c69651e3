"""`relto approve`, `relto reject`, `relto approvals` and `relto act`: acts that wait, and those that were done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.options import Note
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

ActNumber = Annotated[str, typer.Argument(metavar="ACT", help="an act's number", show_default=False)]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="why, for the record")]
OptionalWhy = Annotated[str, typer.Option("--reason", metavar="TEXT", help="why, for the record", show_default=False)]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    verb(app, "approve")(approve)
    verb(app, "reject")(reject)
    verb(app, "approvals")(approvals)
    acts = group(app, "act", "Acts: what changed policy, or waits to.")
    verb(acts, "list")(list_)
    verb(acts, "show")(show)
    verb(acts, "withdraw")(withdraw)


def approve(call: Call, act: ActNumber, note: Note = "") -> int:
    """Agree to an act that somebody else asked for; the last approval that it needs carries it out."""
    from relto.faces.verbs import acts

    document = call.ask(acts.approve, act=act, note=note)

    def show_it(screen: Screen) -> None:
        from relto.faces.cli.screen import some

        if document["state"] == "proposed":
            screen.line(f"act {act} ({document['kind']}) has {document['has']} of {document['needs']} approvals")
        elif document["state"] == "scheduled":
            screen.line(f"act {act} ({document['kind']}) has all its approvals, and waits for its moment")
        else:
            screen.line(f"act {act} ({document['kind']}) is approved and carried out")
            released, still = document.get("released", 0), document.get("still_held", 0)
            if released or still:
                held = f", {still} still held by other pauses" if still else ""
                screen.line(f"  {some(released, 'item')} released{held}")

    call.answer(document, show_it)
    return 0


def reject(call: Call, act: ActNumber, reason: Why) -> int:
    """Refuse an act, for good."""
    from relto.faces.verbs import acts

    document = call.ask(acts.reject, act=act, reason=reason)
    call.answer(document, lambda screen: screen.line(f"act {act} ({document['kind']}) is rejected"))
    return 0


def withdraw(call: Call, act: ActNumber, reason: OptionalWhy = "") -> int:
    """Take back an act that one asked for oneself."""
    from relto.faces.verbs import acts

    document = call.ask(acts.withdraw, act=act, reason=reason)
    call.answer(document, lambda screen: screen.line(f"act {act} ({document['kind']}) is withdrawn"))
    return 0


def approvals(call: Call) -> int:
    """List what waits for approvals or for its moment, oldest first."""
    from relto.faces.verbs import acts

    found = call.ask(acts.approvals)
    call.answer(found, lambda screen: _show_list(screen, found, empty="nothing waits"))
    return 0


def list_(
    call: Call,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="only acts of this kind")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1_000, help="at most so many")] = 100,
    after: Annotated[str | None, typer.Option("--after", metavar="ACT", help="go on behind this one")] = None,
) -> int:
    """List the last acts, newest first."""
    from relto.faces.verbs import acts

    found = call.ask(acts.list_, kind=kind, limit=limit, after=after)
    call.answer(found, lambda screen: _show_list(screen, found["acts"], empty="there are no such acts"))
    return 0


def show(call: Call, act: ActNumber) -> int:
    """Show one act: who asked, who agreed, and what was before and after."""
    from relto.faces.verbs import acts

    document = call.ask(acts.show, act=act)

    def show_it(screen: Screen) -> None:
        from relto.faces.cli.screen import moment

        screen.facts(
            [
                ("act", f"{document['act']}, {document['kind']}"),
                ("state", document["state"]),
                (
                    "asked by",
                    f"{document['by']} of {document['party']}, {document['how']}, {moment(document['made_at'])}",
                ),
                ("reason", document["reason"]),
                ("authority", document["authority"]),
                ("agreements", ", ".join(document["agreements"])),
                ("approvals", f"{document['has']} of {document['needs']}" if document["needs"] else ""),
                *(
                    (
                        "approved by",
                        f"{each['by']} of {each['party']}, {each['how']}, {moment(each['at'])} {each['note']}",
                    )
                    for each in document["approvals"]
                ),
                ("not before", moment(document["due_at"])),
                ("ended", moment(document["ended_at"])),
                ("because", document["ended_why"]),
            ]
        )

    call.answer(document, show_it)
    return 0


def show_waiting(screen: Screen, document: dict[str, Any]) -> bool:
    """Say that an act waits, where it does; whether it does."""
    from relto.faces.cli.screen import moment, some

    if document["state"] == "proposed":
        missing = document["needs"] - document["has"]
        screen.line(f"act {document['act']} ({document['kind']}) waits for {some(missing, 'approval')}")
        screen.note(f"to agree, as another account: relto approve {document['act']}")
        return True
    if document["state"] == "scheduled" and document.get("kind") == "resume":
        screen.line(
            f"act {document['act']} ({document['kind']}) waits for its moment, {moment(document['effective_at'])}"
        )
        return True
    return False


def _show_list(screen: Screen, found: list[dict[str, Any]], *, empty: str) -> None:
    from relto.faces.cli.screen import moment

    screen.table(
        ("act", "kind", "state", "by", "asked", "has", "needs", "what"),
        [
            (
                each["act"],
                each["kind"],
                each["state"],
                each["by"],
                moment(each["made_at"])[:16],
                each["has"],
                each["needs"],
                ", ".join(each["agreements"]) or each["reason"],
            )
            for each in found
        ],
        empty=empty,
    )
