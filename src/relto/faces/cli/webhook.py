"""`relto webhook`: which URLs are called with a party's notices, and how that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

Party = Annotated[str | None, typer.Option("--party", metavar="CODE", help="whose; else the account's own party")]
OfParty = Annotated[str | None, typer.Option("--party", metavar="CODE", help="only of this party")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", metavar="K", help="a kind of notice; repeat for more; else all")
]
WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="a webhook's id", show_default=False)]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="send again what failed for good since then; else nothing")
]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    webhooks = group(app, "webhook", "Webhooks: URLs that are called with a party's notices.")
    verb(webhooks, "add")(add)
    verb(webhooks, "list")(list_)
    verb(webhooks, "rotate")(rotate)
    verb(webhooks, "enable")(enable)
    verb(webhooks, "remove", asks=True)(remove)


def add(
    call: Call,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://host/path", show_default=False)],
    party: Party = None,
    kind: Kinds = None,
) -> int:
    """Have a URL called with a party's notices. The secret that calls are signed with is shown once."""
    from relto.faces.verbs import webhooks

    document = call.ask(webhooks.add, url=url, party=party, kinds=kind or ())
    _show_secret(call, document, f"webhook {document['webhook']} of {document['party']} is called from now on")
    return 0


def list_(call: Call, party: OfParty = None) -> int:
    """List webhooks: what was delivered, what waits, what failed, and the last answer of each."""
    from relto.faces.verbs import webhooks

    found = call.ask(webhooks.list_, party=party)
    call.answer(found, lambda screen: show_places(screen, found, "webhook", "url"))
    return 0


def rotate(
    call: Call,
    webhook: WebhookId,
    keep: Annotated[
        str, typer.Option("--keep", metavar="WHEN", help="until when the old secret signs beside the new one")
    ] = "1d",
) -> int:
    """Give a webhook a new secret, shown once. Calls are signed with both until the old one lapses."""
    from relto.faces.verbs import webhooks

    document = call.ask(webhooks.rotate, webhook=webhook, keep=keep)
    _show_secret(call, document, f"webhook {document['webhook']} has a new secret")
    return 0


def enable(call: Call, webhook: WebhookId, since: Since = None) -> int:
    """Call a webhook again that was disabled, and send what failed for good again."""
    from relto.faces.verbs import webhooks

    document = call.ask(webhooks.enable, webhook=webhook, since=since)
    show_enabled(call, document, "webhook")
    return 0


def remove(call: Call, webhook: WebhookId) -> int:
    """Call a webhook no more, and forget what waits for it."""
    from relto.faces.verbs import webhooks

    call.confirm(f"Remove webhook {webhook}, with what waits for it?")
    document = call.ask(webhooks.remove, webhook=webhook)
    call.answer(document, lambda screen: screen.line(f"webhook {webhook} of {document['party']} is removed"))
    return 0


def _show_secret(call: Call, document: dict[str, Any], said: str) -> None:
    def show(screen: Screen) -> None:
        screen.line(said)
        screen.line(f"secret: {document['secret']}", whole=True)
        screen.note("it is shown this once: give it to whoever checks the signatures")

    call.answer(document, show)


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
