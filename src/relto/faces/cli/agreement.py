"""`relto agreement`: what one party has decided to share with others, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from relto.faces.cli.approvals import show_waiting
from relto.faces.cli.call import Call
from relto.faces.cli.file import read_text
from relto.faces.cli.options import Agreement
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="agreements in YAML or JSON; - is standard input")]
Close = Annotated[bool, typer.Option("--close", help="close what was released, too")]
Version = Annotated[int, typer.Argument(metavar="N", min=1, help="a version", show_default=False)]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    agreements = group(app, "agreement", "Agreements: what flows from whom to whom.")
    verb(agreements, "apply")(apply)
    verb(agreements, "list")(list_)
    verb(agreements, "show")(show)
    verb(agreements, "history")(history)
    verb(agreements, "diff")(diff)
    verb(agreements, "days")(days)
    verb(agreements, "end", asks=True)(end)


def apply(
    call: Call,
    file: Files,
) -> int:
    """Make or amend agreements, all of them or none. An unchanged file changes nothing."""
    from relto.faces.verbs import agreements

    found = call.ask(agreements.apply, needs_topics=True, files=[read_text(name) for name in file])

    def show_all(screen: Screen) -> None:
        for each in found:
            if show_waiting(screen, each):
                continue
            how = f"version {each['version']}" if each["changed"] else f"version {each['version']}, unchanged"
            screen.line(f"{each['agreement']}: {how}")
            for party, collection in each["collections"].items():
                screen.line(f"  {party} reads collection {collection}")

    call.answer(found, show_all)
    return 0


def list_(call: Call) -> int:
    """List all agreements."""
    from relto.faces.verbs import agreements

    found = call.ask(agreements.list_)
    call.answer(
        found,
        lambda screen: screen.table(
            ("agreement", "version", "from", "to", "state", "title"),
            [
                (each["agreement"], each["version"], each["from"], ", ".join(each["to"]), each["state"], each["title"])
                for each in found
            ],
            empty="there are no agreements",
        ),
    )
    return 0


def show(
    call: Call,
    agreement: Agreement,
    version: Annotated[int | None, typer.Option("--version", metavar="N", min=1, help="an earlier version")] = None,
) -> int:
    """Show one agreement."""
    from relto.faces.verbs import agreements

    document = call.ask(agreements.show, agreement=agreement, version=version)

    def show_it(screen: Screen) -> None:
        from relto.domain.agreement import of

        terms = of(document["terms"])
        made = f"by {document['made_by']} on " if document["made_by"] else ""
        asked = {name: count for name, count in document["terms"]["approvals"].items() if count}
        screen.facts(
            [
                ("agreement", agreement),
                ("version", f"{document['version']}, {made}{document['made_at'][:10]}"),
                ("title", document["title"]),
                ("from", document["from"]),
                ("to", ", ".join(document["to"])),
                ("state", document["state"]),
                ("scope", terms.scope.words()),
                *((f"exception {each.name}", each.scope.words()) for each in terms.exceptions),
                ("approvals", ", ".join(f"{name} {count}" for name, count in asked.items())),
                *((f"collection of {party}", name) for party, name in document["collections"].items()),
            ]
        )

    call.answer(document, show_it)
    return 0


def history(call: Call, agreement: Agreement) -> int:
    """List the versions of an agreement, oldest first."""
    from relto.faces.verbs import agreements

    found = call.ask(agreements.history, agreement=agreement)

    def show_all(screen: Screen) -> None:
        from relto.faces.cli.screen import moment

        columns = ("version", "made", "by", "to", "title")
        rows = [
            (each["version"], moment(each["made_at"]), each["made_by"], ", ".join(each["to"]), each["title"])
            for each in found
        ]
        screen.table(columns, rows, empty="")

    call.answer(found, show_all)
    return 0


def diff(call: Call, agreement: Agreement, old: Version, new: Version) -> int:
    """Say what changed from one version to another."""
    from relto.faces.verbs import agreements

    document = call.ask(agreements.diff, agreement=agreement, old=old, new=new)

    def show_lines(screen: Screen) -> None:
        for line in document["differences"] or ("nothing changed",):
            screen.line(line)

    call.answer(document, show_lines)
    return 0


def days(
    call: Call,
    agreement: Agreement,
    count: Annotated[int, typer.Option("--days", metavar="N", min=1, max=366, help="so many last days [90]")] = 90,
) -> int:
    """Say what each flow of an agreement gave and kept back, day by day (UTC), with its pauses and epochs."""
    from relto.faces.verbs import agreements

    found = call.ask(agreements.days, agreement=agreement, days=count)

    def show_days(screen: Screen) -> None:
        from relto.faces.cli.screen import moment, some

        rows = [
            (each["to"], one["day"], one["released"], one["held"])
            for each in found
            for one in each["days"]
            if one["released"] or one["held"]
        ]
        screen.table(("to", "day", "released", "held"), rows, empty="nothing came in these days")
        for each in found:
            for one in each["pauses"]:
                end = f"to {moment(one['until'])}" if one["until"] else "and runs"
                screen.line(f"{each['to']}: pause {one['pause']} from {moment(one['since'])} {end}")
            for one in each["epochs"]:
                screen.line(f"{each['to']}: epoch {one['epoch']} gave {some(one['items'], 'item')} {moment(one['at'])}")

    call.answer(found, show_days)
    return 0


def end(call: Call, agreement: Agreement, close: Close = False) -> int:
    """End an agreement: nothing new flows under it. With `--close` nothing of it can be read any more."""
    from relto.faces.verbs import agreements

    call.confirm(f"End agreement {agreement}{' and close what it released' if close else ''}?")
    document = call.ask(agreements.end, agreement=agreement, close=close)

    def show_it(screen: Screen) -> None:
        if not show_waiting(screen, document):
            screen.line(f"agreement {agreement} has ended{' and is closed' if close else ''}")

    call.answer(document, show_it)
    return 0
