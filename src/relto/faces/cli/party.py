"""`relto party`: who gives and who receives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.options import Code
from relto.faces.cli.verb import group, unbuilt, verb

if TYPE_CHECKING:
    from relto.ports.store import PartyRow


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    parties = group(app, "party", "Parties: states, alliances, organisations and groups.")
    verb(parties, "add")(add)
    verb(parties, "list")(list_)
    verb(parties, "show")(show)
    unbuilt(parties, "party join", "Make a party a member of a group.")
    unbuilt(parties, "party leave", "Take a member out of a group.")


def add(
    call: Call,
    code: Code,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="its name for people")],
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="state, alliance, organisation or group")],
    member: Annotated[
        list[str] | None, typer.Option("--member", metavar="CODE", help="a member; repeat for more")
    ] = None,
    ceiling: Annotated[
        str, typer.Option("--ceiling", metavar="LEVEL", help="the highest classification it may have: U, R, C, S, TS")
    ] = "",
) -> int:
    """Make a party known."""
    from relto.usecases.parties import add_party, show_party

    with call.node() as opened:
        row = add_party(
            opened.node, opened.desk, code, name=name, kind=kind, by=call.by, members=member or (), ceiling=ceiling
        )
        _, members = show_party(opened.node, row.code)
    call.answer(_document(row, members), lambda screen: screen.line(f"{row.code} is known: {row.name}, {row.kind}"))
    return 0


def list_(call: Call) -> int:
    """List all parties."""
    from relto.usecases.parties import list_parties

    with call.node() as opened:
        found = list_parties(opened.node)
    call.answer(
        [_document(row, members) for row, members in found],
        lambda screen: screen.table(
            ("party", "name", "kind", "ceiling", "members"),
            [(row.code, row.name, row.kind, row.ceiling, ", ".join(members)) for row, members in found],
            empty="there are no parties",
        ),
    )
    return 0


def show(call: Call, code: Code) -> int:
    """Show one party."""
    from relto.usecases.parties import show_party

    with call.node() as opened:
        row, members = show_party(opened.node, code)
    call.answer(
        _document(row, members),
        lambda screen: screen.facts(
            [
                ("party", row.code),
                ("name", row.name),
                ("kind", row.kind),
                ("ceiling", row.ceiling),
                ("members", ", ".join(members)),
            ]
        ),
    )
    return 0


def _document(row: PartyRow, members: Sequence[str]) -> dict[str, object]:
    return {
        "party": row.code,
        "name": row.name,
        "kind": row.kind,
        "members": list(members),
        "ceiling": row.ceiling or None,
    }
