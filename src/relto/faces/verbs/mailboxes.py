"""Mailboxes: addresses to which a party's notices go as mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.faces.verbs.caller import Caller
from relto.faces.verbs.places import fared, place
from relto.usecases import places
from relto.usecases.mailboxes import MAILBOXES, add_mailbox

if TYPE_CHECKING:
    from relto.domain.mailbox import Mailbox


def add(
    caller: Caller, *, address: str, party: str | None = None, account: str | None = None, kinds: Sequence[str] = ()
) -> dict[str, Any]:
    """Have a party's notices (the caller's own unless said) sent to an address by mail."""
    whose = party or caller.by.party
    made = add_mailbox(caller.node, caller.desk, whose, address, by=caller.by, account=account, kinds=kinds)
    return _document(made)


def list_(caller: Caller, *, party: str | None = None) -> list[dict[str, Any]]:
    """List mailboxes, with what waits for each and what failed."""
    found = places.list_places(caller.node, MAILBOXES, by=caller.by, party=party)
    return [{**_document(each.place), **fared(each)} for each in found]


def remove(caller: Caller, *, mailbox: str) -> dict[str, Any]:
    """Send nothing more to it, and forget what waits."""
    return _document(places.remove_place(caller.node, caller.desk, MAILBOXES, mailbox, by=caller.by))


def enable(caller: Caller, *, mailbox: str, since: str | None = None) -> dict[str, Any]:
    """Send to it again, and what failed for good since that moment as well."""
    since_us = caller.when(since, ahead=False)
    found, count = places.enable_place(caller.node, caller.desk, MAILBOXES, mailbox, by=caller.by, since=since_us)
    return {**_document(found), "notices": count}


def _document(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "mailbox": mailbox.id,
        "party": mailbox.party,
        "address": mailbox.address,
        "account": mailbox.account,
        **place(mailbox),
    }
