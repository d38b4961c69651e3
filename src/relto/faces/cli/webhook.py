"""`relto webhook`: which URLs are called with a party's notices, and how that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.place import Kinds, OfParty, Party, Since, show_enabled, show_places
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="a webhook's id", show_default=False)]


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
