"""`relto agreement`: what one party has decided to share with others, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.call import Call, wait_until, written
from relto.faces.cli.file import read_text
from relto.faces.cli.options import Agreement
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen
    from relto.usecases.agreements import Applied

Version = Annotated[int, typer.Argument(metavar="N", min=1, help="a version", show_default=False)]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    agreements = group(app, "agreement", "Agreements: what flows from whom to whom.")
    verb(agreements, "apply")(apply)
    verb(agreements, "list")(list_)
    verb(agreements, "show")(show)
    verb(agreements, "history")(history)
    verb(agreements, "diff")(diff)
    verb(agreements, "end", asks=True)(end)


def apply(
    call: Call,
    file: Annotated[list[str], typer.Argument(metavar="FILE", help="agreements in YAML or JSON; - is standard input")],
) -> int:
    """Make or amend agreements, all of them or none. An unchanged file changes nothing."""
    from relto.usecases import agreements

    texts = [read_text(name) for name in file]
    with call.node(needs_topics=True) as opened:
        found = agreements.apply(opened.node, opened.desk, texts, by=call.by)
        wait_until(opened, max(each.visible_at for each in found))

    def show_all(screen: Screen) -> None:
        for each in found:
            how = f"version {each.version}" if each.changed else f"version {each.version}, unchanged"
            screen.line(f"{each.agreement}: {how}")
            for party, collection in sorted(each.collections.items()):
                screen.line(f"  {party} reads collection {collection}")
        if any(each.changed and not each.terms.holds_revocations for each in found):
            screen.note("this release holds retractions in a pause like everything else (`revocations: hold`)")

    call.answer([{**_document(each), "state": "applied", "changed": each.changed} for each in found], show_all)
    return 0


def list_(call: Call) -> int:
    """List all agreements."""
    from relto.usecases.agreements import listed

    with call.node() as opened:
        found = listed(opened.node, opened.desk)
    call.answer(
        [_document(each) for each in found],
        lambda screen: screen.table(
            ("agreement", "version", "from", "to", "state", "title"),
            [
                (
                    each.agreement,
                    each.version,
                    each.terms.giver,
                    ", ".join(sorted(each.terms.to)),
                    _state(each),
                    each.terms.title,
                )
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
    from relto.domain.agreement import Agreement as Terms
    from relto.usecases.agreements import listed, unknown_agreement, version_of

    with call.node() as opened:
        current = next((each for each in listed(opened.node, opened.desk) if each.agreement == agreement), None)
        if current is None:
            raise unknown_agreement(agreement)
        row = version_of(opened.node, agreement, version or current.version)
    terms = Terms.parse_canonical(row.canonical)
    document = {
        **_document(current),
        "version": row.version,
        "title": terms.title,
        "from": terms.giver,
        "to": sorted(terms.to),
        "made_at": written(row.made_at),
        "made_by": row.made_by,
        "terms": terms.as_value(),
        "source": row.source,
    }

    def show_it(screen: Screen) -> None:
        screen.facts(
            [
                ("agreement", agreement),
                ("version", f"{row.version}, by {row.made_by} on {(written(row.made_at) or '')[:10]}"),
                ("title", terms.title),
                ("from", terms.giver),
                ("to", ", ".join(sorted(terms.to))),
                ("state", _state(current)),
                ("scope", terms.scope.words()),
                *((f"exception {each.name}", each.scope.words()) for each in terms.exceptions),
                *((f"collection of {party}", name) for party, name in sorted(current.collections.items())),
            ]
        )

    call.answer(document, show_it)
    return 0


def history(call: Call, agreement: Agreement) -> int:
    """List the versions of an agreement, oldest first."""
    from relto.domain.agreement import Agreement as Terms
    from relto.usecases import agreements

    with call.node() as opened:
        rows = agreements.history(opened.node, agreement)
    versions = [(row, Terms.parse_canonical(row.canonical)) for row in rows]
    documents = [
        {
            "agreement": row.id,
            "version": row.version,
            "title": terms.title,
            "from": terms.giver,
            "to": sorted(terms.to),
            "made_at": written(row.made_at),
            "made_by": row.made_by,
            "ended_at": written(row.ended_at),
        }
        for row, terms in versions
    ]

    def show_all(screen: Screen) -> None:
        from relto.faces.cli.screen import day_and_time

        columns = ("version", "made", "by", "to", "title")
        rows = [
            (row.version, day_and_time(row.made_at), row.made_by, ", ".join(sorted(terms.to)), terms.title)
            for row, terms in versions
        ]
        screen.table(columns, rows, empty="")

    call.answer(documents, show_all)
    return 0


def diff(call: Call, agreement: Agreement, old: Version, new: Version) -> int:
    """Say what changed from one version to another."""
    from relto.usecases import agreements

    with call.node() as opened:
        lines = agreements.diff(opened.node, agreement, old, new)

    def show_lines(screen: Screen) -> None:
        for line in lines or ("nothing changed",):
            screen.line(line)

    call.answer({"agreement": agreement, "old": old, "new": new, "differences": list(lines)}, show_lines)
    return 0


def end(
    call: Call,
    agreement: Agreement,
    close: Annotated[bool, typer.Option("--close", help="close what was released, too")] = False,
) -> int:
    """End an agreement: nothing new flows under it. With `--close` nothing of it can be read any more."""
    from relto.usecases import agreements

    with call.node() as opened:
        call.confirm(f"End agreement {agreement}{' and close what it released' if close else ''}?")
        done = agreements.end(opened.node, opened.desk, agreement, by=call.by, close=close)
    call.answer(
        {**_document(done), "state": "applied", "closed": close},
        lambda screen: screen.line(f"agreement {agreement} has ended{' and is closed' if close else ''}"),
    )
    return 0


def _document(each: Applied) -> dict[str, Any]:
    return {
        "agreement": each.agreement,
        "version": each.version,
        "title": each.terms.title,
        "from": each.terms.giver,
        "to": sorted(each.terms.to),
        "state": _state(each),
        "collections": dict(sorted(each.collections.items())),
    }


def _state(each: Applied) -> str:
    return "ended" if each.ended else "active"
