"""Rows of accounts and credentials, found, checked and changed in a write block."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from relto.domain.actor import Actor
from relto.domain.errors import BadInput, Conflict, Refused, Unknown
from relto.domain.moment import write
from relto.domain.scope import scopes_of
from relto.ports.store import CredentialRow
from relto.usecases.acting import live

if TYPE_CHECKING:
    from collections.abc import Collection

    from relto.domain.actor import How
    from relto.ports.node import Node
    from relto.ports.store import AccountRow, CredentialKind, Snapshot, Transaction
    from relto.usecases.change import Change

CREDENTIALS_MAX: Final = 100
"""Credentials of an account, those that are good for nothing any more included: the longest dead of these are
forgotten. Dead certificates are not, and do not count.
"""


def row_of(snap: Snapshot, name: str) -> AccountRow:
    """The account of this name. Raises `Unknown` (`account-unknown`)."""
    row = snap.account(name)
    if row is None:
        raise Unknown("account-unknown", f"there is no account `{name}`", remedy="relto account list")
    return row


def live_row(snap: Snapshot, name: str) -> AccountRow:
    """As `row_of`. Raises `Refused` (`account-revoked`) where it is revoked."""
    return live(row_of(snap, name))


def count_accounts(tx: Transaction, change: Change) -> None:
    """Tells every process that accounts are others now."""
    tx.put_head(replace(tx.head(), accounts_version=change.head.accounts_version + 1))


def actor_of(row: AccountRow, how: How = "password") -> Actor:
    """The account as one that acts."""
    return Actor(row.name, row.party, frozenset(row.roles), how)


def require_admin(change: Change, by: Actor, what: str) -> None:
    """Returns where it administers the node. Raises `Refused` (`role-missing`, `party-not-yours`)."""
    by.require("admin", for_={change.policy.host}, host=change.policy.host, what=what)


def require_admin_first(node: Node, by: Actor, what: str) -> None:
    """As `require_admin`, in a block of its own: before what is slow, or would tell of accounts."""
    with node.store.read() as snap:
        host = snap.setting("party") or ""
    by.require("admin", for_={host}, host=host, what=what)


def scopes_within(scopes: Collection[str], within: Collection[str]) -> tuple[str, ...]:
    """The scopes asked for, all of `within` where none are. Nobody gives more than the credential that they came in by
    may: raises `Refused` (`scope-wider`), and `BadInput` (`scope-unknown`).
    """
    listed = scopes_of(scopes or within)
    wider = [scope for scope in listed if scope not in within]
    if wider or not within:
        raise Refused("scope-wider", f"you came in without scope {', '.join(wider)}, and can give it to nothing")
    return listed


def token_digest(token: str) -> str:
    """What is stored of a token. It is random and long, so a plain digest gives nothing away."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def openid_identifier(issuer: str, subject: str) -> str:
    """What an identity is found by: an issuer is a URL, and has no space in it."""
    return f"{issuer} {subject}"


def check_expiry(expires_at: int | None, now: int) -> None:
    """Raises `BadInput` (`expiry-past`) where that moment is not ahead."""
    if expires_at is not None and expires_at <= now:
        raise BadInput("expiry-past", f"`{write(expires_at)}` is not ahead of the node's clock, `{write(now)}`")


def enrol(
    change: Change,
    account: str,
    kind: CredentialKind,
    identifier: str,
    *,
    label: str,
    scopes: tuple[str, ...],
    expires_at: int | None,
) -> CredentialRow:
    """Adds a credential to a live account. Raises `Conflict` (`credential-taken`, `credentials-full`)."""
    tx, now = change.tx, change.now
    row = CredentialRow(0, account, kind, identifier, label, scopes, now, expires_at)
    before = next((each for each in tx.credentials() if (each.kind, each.identifier) == (kind, identifier)), None)
    if before is not None:
        if before.is_live(now):
            # Whose it is stays unsaid where it is another's.
            whose = "this account" if before.account == account else "an account"
            raise Conflict(
                "credential-taken",
                f"{whose} has this {kind} already",
                remedy=f"relto account {kind} list {account}",
            )
        row = replace(row, id=before.id)
        tx.put_credential(row)
        return row
    # A certificate that was lost is kept out by its own row, where its name is good for another.
    mine = [each for each in tx.credentials(account=account) if each.is_live(now) or each.kind != "certificate"]
    if len(mine) >= CREDENTIALS_MAX:
        dead = [each for each in mine if not each.is_live(now)]
        if not dead:
            raise Conflict(
                "credentials-full",
                f"account `{account}` has {len(mine)} credentials, and may have {CREDENTIALS_MAX}",
                remedy="revoke what nobody uses",
            )
        tx.drop_credentials([min(dead, key=lambda each: each.revoked_at or each.expires_at or 0).id])
    return tx.add_credential(row)
