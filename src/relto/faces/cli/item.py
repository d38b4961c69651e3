"""`relto item`: items looked for and looked at; and single ones withheld, released or recalled by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.approvals import show_waiting
from relto.faces.cli.call import Call
from relto.faces.cli.options import At, Item, Topics, Types
from relto.faces.cli.standing import show_leaves
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

ItemList = Annotated[
    list[str], typer.Argument(metavar="ITEM", help="STIX ids (their last versions), or id@modified", show_default=False)
]
One = Annotated[str | None, typer.Option("--agreement", metavar="ID", help="under this agreement; else under all")]
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="WORD", help="all of them, whole; or a STIX id alone; else the newest", show_default=False),
]
Since = Annotated[str | None, typer.Option("--from", metavar="WHEN", help="stored then or later")]
Before = Annotated[str | None, typer.Option("--to", metavar="WHEN", help="stored before")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100, help="at most so many")]
After = Annotated[str | None, typer.Option("--after", metavar="CURSOR", help="go on where the last answer ended")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="why, for the record")]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    items = group(app, "item", "Items: looked for, looked at, and one by one withheld, released or recalled by hand.")
    verb(items, "search")(search)
    verb(items, "show")(show)
    verb(items, "withhold")(withhold)
    verb(items, "release")(release)
    verb(items, "recall", asks=True)(recall)


def search(
    call: Call,
    words: Words = None,
    topic: Topics = None,
    type_: Types = None,
    from_: Since = None,
    to: Before = None,
    limit: Limit = 50,
    after: After = None,
) -> int:
    """Find items by their id, by words of their name, pattern or description, by topic, type and time; newest first.

    For whoever is in office: of the stock of its party, and of whom it gives.
    """
    from relto.faces.verbs import finding

    document = call.ask(
        finding.search,
        words=" ".join(words or ()),
        topics=topic or (),
        types=type_ or (),
        from_=from_,
        to=to,
        limit=limit,
        after=after,
    )

    def show_found(screen: Screen) -> None:
        from relto.faces.cli.screen import moment, some

        rows = [(moment(each["at"])[:16] + "Z", each["title"], each["item"]) for each in document["items"]]
        screen.table(("stored", "what", "item"), rows, empty="no item is found")
        if document["behind"]:
            screen.note(f"{some(document['behind'], 'item')} came lately that cannot be searched yet: try again soon")
        if document["next"]:
            screen.note(f"there are more: --after {document['next']}")

    call.answer(document, show_found)
    return 0


def show(call: Call, item: Item, at: At = None) -> int:
    """Show one item: what it is, its markings and topics, and for every party why it flows, is held or is withheld."""
    from relto.faces.verbs import finding

    document = call.ask(finding.show, item=item, at=at)

    def show_it(screen: Screen) -> None:
        from relto.faces.cli.screen import moment

        by_hand = [f"{each['verb']} ({each['agreement']}, {each['party']})" for each in document["by_hand"]]
        screen.facts(
            [
                ("item", document["item"]),
                ("title", document["title"]),
                ("originator", document["originator"]),
                ("taken in by", document["taken_by"]),
                ("stored", moment(document["at"])),
                ("topics", ", ".join(document["topics"])),
                ("markings", "; ".join(document["markings"])),
                ("by hand", "; ".join(by_hand)),
                ("withdrawn", "by its originator" if document["withdrawn"] else ""),
                ("content", "was purged" if document["purged"] else ""),
                ("versions", ", ".join(each["item"].partition("@")[2] for each in document["versions"])),
                ("SHA-256", document["digest"]),
            ]
        )
        screen.line("")
        rows = [
            (each["agreement"], each["to"], each["decision"], "; ".join(why["text"] for why in each["reasons"]))
            for each in document["flows"]
        ]
        screen.table(("agreement", "to", "decision", "why"), rows, empty="no agreement has it in its scope")
        show_leaves(screen, document["flows"])
        if document["next"]:
            screen.note("it concerns more agreements than are shown: relto explain ITEM PARTY")

    call.answer(document, show_it)
    return 0


def withhold(call: Call, item: ItemList, reason: Why, agreement: One = None) -> int:
    """Keep items that were not released yet from their recipients, whatever else is decided."""
    from relto.faces.verbs import items

    _answer(call, call.ask(items.withhold, items=item, agreement=agreement, reason=reason), "withheld")
    return 0


def release(call: Call, item: ItemList, reason: Why, agreement: One = None) -> int:
    """Let items through any pause, or take back that they were withheld or recalled. Markings and scopes stay."""
    from relto.faces.verbs import items

    _answer(call, call.ask(items.release, items=item, agreement=agreement, reason=reason), "released by hand")
    return 0


def recall(call: Call, item: ItemList, reason: Why, agreement: One = None) -> int:
    """Close items that were released already; who was given them is told."""
    from relto.faces.verbs import items

    call.confirm(f"Recall {len(item)} of what was released?")
    _answer(call, call.ask(items.recall, items=item, agreement=agreement, reason=reason), "recalled")
    return 0


def _answer(call: Call, document: dict[str, Any], done: str) -> None:
    def show(screen: Screen) -> None:
        from relto.faces.cli.screen import some

        if show_waiting(screen, document):
            return
        screen.line(f"{some(document['items'], 'item')} {done}")
        if document["released"]:
            screen.line(f"  {some(document['released'], 'item')} flows by it that did not")
        if document.get("recipients"):
            screen.line(f"  had been released to {', '.join(document['recipients'])}")

    call.answer(document, show)
