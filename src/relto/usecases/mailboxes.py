"""Mailboxes: addresses to which a party's notices go as mail. Who keeps them, and who looks: as for webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.errors import Conflict, Refused, Unknown
from relto.domain.mailbox import Mailbox, mail_address
from relto.domain.notice import wanted_kinds
from relto.usecases.sequencing import changing
from relto.usecases.webhooks import fared, is_theirs, looked_at, replayed, require_keeper

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.domain.actor import Actor
    from relto.domain.dispatch import Dispatch
    from relto.ports.node import Node
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

MAILBOXES_MAX: Final = 20
"""Mailboxes of one party."""


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """A mailbox; `waiting` and `failed` as of a webhook."""

    mailbox: Mailbox
    waiting: int
    failed: tuple[Dispatch, ...]


def add_mailbox(
    node: Node,
    desk: PolicyDesk,
    party: str,
    address: str,
    *,
    by: Actor,
    account: str | None = None,
    kinds: Iterable[str] = (),
) -> Mailbox:
    """A new mailbox of the party, or of one of its accounts: then nothing more is sent once that is revoked.

    Raises `BadInput` (`mail-address-invalid`, `notice-kind-unknown`), `Unknown` (`party-unknown`, `account-unknown`),
    `Conflict` (`mailbox-exists`), `Refused` (`mailboxes-too-many`, `role-missing`, `party-not-yours`).
    """
    mail_address(address)
    wanted = wanted_kinds(kinds)
    with changing(node, desk) as change:
        require_keeper(change, by, party, "add a mailbox")
        if account is not None and not any(
            row.name == account and row.party == party and not row.revoked for row in change.tx.accounts()
        ):
            raise Unknown("account-unknown", f"`{party}` has no account `{account}`", remedy="relto account list")
        ours = change.tx.mailboxes(parties=[party])
        if any(each.address == address for each in ours):
            raise Conflict("mailbox-exists", f"`{party}` has this mailbox already", remedy="relto mailbox list")
        if len(ours) >= MAILBOXES_MAX:
            raise Refused("mailboxes-too-many", f"`{party}` has {MAILBOXES_MAX} mailboxes, and may have no more")
        mailbox = Mailbox(node.chance.uuid4(), party, address, account, wanted, change.now, by.account)
        change.tx.put_mailbox(mailbox)
        change.act("mailbox-add", by, _order(mailbox))
    return mailbox


def list_mailboxes(node: Node, *, by: Actor, party: str | None = None) -> list[MailboxStatus]:
    """As `list_webhooks`."""
    with node.store.read() as snap:
        found = snap.mailboxes(parties=looked_at(snap, by, party))
        return [MailboxStatus(each, *fared(snap, each.id)) for each in found]


def remove_mailbox(node: Node, desk: PolicyDesk, mailbox: str, *, by: Actor) -> Mailbox:
    """Nothing goes there any more, and what waited is forgotten.

    Raises `Unknown` (`mailbox-unknown`), `Refused` (`role-missing`).
    """
    with changing(node, desk) as change:
        found = _found(change, mailbox, by, "remove a mailbox")
        change.tx.drop_target(found.id)
        change.act("mailbox-remove", by, _order(found))
    return found


def enable_mailbox(
    node: Node, desk: PolicyDesk, mailbox: str, *, by: Actor, since: int | None = None
) -> tuple[Mailbox, int]:
    """As `enable_webhook`. Raises as `remove_mailbox` does."""
    with changing(node, desk) as change:
        found = _found(change, mailbox, by, "enable a mailbox").enabled()
        change.tx.put_mailbox(found)
        count = replayed(change.tx, found.id, since, at=change.now)
        change.act("mailbox-enable", by, {**_order(found), "since": since, "notices": count})
    return found, count


def _order(mailbox: Mailbox) -> dict[str, object]:
    return {
        "mailbox": mailbox.id,
        "party": mailbox.party,
        "address": mailbox.address,
        "account": mailbox.account,
        "kinds": list(mailbox.kinds),
    }


def _found(change: Change, mailbox: str, by: Actor, what: str) -> Mailbox:
    found = change.tx.mailbox(mailbox)
    if found is None or not is_theirs(change, by, found.party):
        raise Unknown("mailbox-unknown", f"there is no mailbox `{mailbox}`", remedy="relto mailbox list")
    require_keeper(change, by, found.party, what)
    return found
