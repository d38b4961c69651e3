"""`relto party`: who gives and who receives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.approvals import show_waiting
from relto.faces.cli.call import Call
from relto.faces.cli.options import Code, From
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen


Group = Annotated[str, typer.Argument(metavar="GROUP", help="a group's code", show_default=False)]
Member = Annotated[str, typer.Option("--member", metavar="CODE", help="the party that belongs to it")]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    parties = group(app, "party", "Parties: states, alliances, organisations and groups.")
    verb(parties, "add")(add)
    verb(parties, "list")(list_)
    verb(parties, "show")(show)
    verb(parties, "join")(join)
    verb(parties, "leave", asks=True)(leave)


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
    from relto.faces.verbs import parties

    document = call.ask(parties.add, party=code, name=name, kind=kind, members=member or (), ceiling=ceiling)
    said = f"{document['party']} is known: {document['name']}, {document['kind']}"
    call.answer(document, lambda screen: screen.line(said))
    return 0


def list_(call: Call) -> int:
    """List all parties."""
    from relto.faces.verbs import parties

    found = call.ask(parties.list_)
    call.answer(
        found,
        lambda screen: screen.table(
            ("party", "name", "kind", "ceiling", "members"),
            [
                (each["party"], each["name"], each["kind"], each["ceiling"] or "", ", ".join(each["members"] or ()))
                for each in found
            ],
            empty="there are no parties",
        ),
    )
    return 0


def show(call: Call, code: Code) -> int:
    """Show one party."""
    from relto.faces.verbs import parties

    document = call.ask(parties.show, party=code)

    def show_it(screen: Screen) -> None:
        from relto.faces.cli.screen import moment

        screen.facts(
            [
                ("party", document["party"]),
                ("name", document["name"]),
                ("kind", document["kind"]),
                ("ceiling", document["ceiling"]),
                ("members", ", ".join(document["members"] or ())),
                *(
                    (each["member"], f"from {moment(each['from'])}, until {moment(each['until'])}")
                    for each in document["memberships"] or ()
                    if each["until"] is not None
                ),
            ]
        )

    call.answer(document, show_it)
    return 0


def join(call: Call, group_code: Group, member: Member, from_: From = None) -> int:
    """Make a party a member of a group: what the group's agreements grant flows to it from that moment on."""
    from relto.faces.verbs import parties

    document = call.ask(parties.join, group=group_code, member=member, from_=from_)
    _answer_membership(call, document, f"{member} belongs to {group_code}")
    return 0


def leave(call: Call, group_code: Group, member: Member, from_: From = None) -> int:
    """Take a member out of a group: what the group's agreements granted it is closed from that moment on."""
    from relto.faces.verbs import parties

    call.confirm(f"Take {member} out of {group_code}?")
    document = call.ask(parties.leave, group=group_code, member=member, from_=from_)
    _answer_membership(call, document, f"{member} belongs to {group_code} no more")
    return 0


def _answer_membership(call: Call, document: dict[str, Any], said: str) -> None:
    def show_it(screen: Screen) -> None:
        from relto.faces.cli.screen import moment

        if not show_waiting(screen, document):
            scheduled = document["state"] == "scheduled"
            screen.line(f"{said}, from {moment(document['effective_at'])} on" if scheduled else said)

    call.answer(document, show_it)
