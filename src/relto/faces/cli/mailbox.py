"""`relto mailbox`: which addresses get a party's notices as mail, and how that goes."""

from __future__ import annotations

from typing import Annotated

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.place import Kinds, OfParty, Party, Since, show_enabled, show_places
from relto.faces.cli.verb import group, verb

MailboxId = Annotated[str, typer.Argument(metavar="MAILBOX", help="a mailbox's id", show_default=False)]


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    mailboxes = group(app, "mailbox", "Mailboxes: addresses to which a party's notices go as mail.")
    verb(mailboxes, "add")(add)
    verb(mailboxes, "list")(list_)
    verb(mailboxes, "enable")(enable)
    verb(mailboxes, "remove", asks=True)(remove)


def add(
    call: Call,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="name@example.org", show_default=False)],
    party: Party = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="whose it is; nothing is sent once that is revoked")
    ] = None,
    kind: Kinds = None,
) -> int:
    """Have a party's notices sent to an address by mail."""
    from relto.faces.verbs import mailboxes

    document = call.ask(mailboxes.add, address=address, party=party, account=account, kinds=kind or ())
    said = f"mailbox {document['mailbox']} of {document['party']} gets mail from now on"
    call.answer(document, lambda screen: screen.line(said))
    if not call.config().mail.host:
        call.screen.warn("no mail server is set, so nothing is sent yet", "set `host` in `[mail]` of relto.toml")
    return 0


def list_(call: Call, party: OfParty = None) -> int:
    """List mailboxes: what was delivered, what waits, what failed, and the last answer for each."""
    from relto.faces.verbs import mailboxes

    found = call.ask(mailboxes.list_, party=party)
    call.answer(found, lambda screen: show_places(screen, found, "mailbox", "address"))
    return 0


def enable(call: Call, mailbox: MailboxId, since: Since = None) -> int:
    """Send to a mailbox again that was disabled, and what failed for good as well."""
    from relto.faces.verbs import mailboxes

    document = call.ask(mailboxes.enable, mailbox=mailbox, since=since)
    show_enabled(call, document, "mailbox")
    return 0


def remove(call: Call, mailbox: MailboxId) -> int:
    """Send nothing more to a mailbox, and forget what waits for it."""
    from relto.faces.verbs import mailboxes

    call.confirm(f"Remove mailbox {mailbox}, with what waits for it?")
    document = call.ask(mailboxes.remove, mailbox=mailbox)
    call.answer(document, lambda screen: screen.line(f"mailbox {mailbox} of {document['party']} is removed"))
    return 0
