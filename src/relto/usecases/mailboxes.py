"""Mailboxes: addresses to which a party's notices go as mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.errors import Conflict, Refused, Unknown
from relto.domain.mailbox import Mailbox, mail_address
from relto.domain.notice import wanted_kinds
from relto.usecases.places import Kind, require_keeper
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.store import Snapshot
    from relto.usecases.policy import PolicyDesk

MAILBOXES_MAX: Final = 20
"""Mailboxes of one party."""


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
    with changing(node, desk, by=by) as change:
        require_keeper(change, by, party, "add a mailbox")
        if account is not None:
            require_account_of(change.tx, party, account)
        ours = change.tx.mailboxes(parties=[party])
        if any(each.address == address for each in ours):
            raise Conflict("mailbox-exists", f"`{party}` has this mailbox already", remedy="relto mailbox list")
        if len(ours) >= MAILBOXES_MAX:
            raise Refused("mailboxes-too-many", f"`{party}` has {MAILBOXES_MAX} mailboxes, and may have no more")
        mailbox = Mailbox(node.chance.uuid4(), party, address, account, wanted, change.now, by.account)
        change.tx.put_mailbox(mailbox)
        change.act("mailbox-add", by, mailbox.recorded())
    return mailbox


def require_account_of(snap: Snapshot, party: str, account: str) -> None:
    """Returns where the party has an account of this name that is not revoked. Raises `Unknown` (`account-unknown`)."""
    row = snap.account(account)
    if row is None or row.party != party or row.revoked:
        raise Unknown("account-unknown", f"`{party}` has no account `{account}`", remedy="relto account list")


MAILBOXES: Final[Kind[Mailbox]] = Kind(
    "mailbox",
    lambda snap, mailbox: snap.mailbox(mailbox),
    lambda snap, parties: snap.mailboxes(parties=parties),
    lambda tx, mailbox: tx.put_mailbox(mailbox),
)
