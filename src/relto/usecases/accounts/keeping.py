"""Accounts themselves: opened, revoked, given another password or other switches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from relto.domain.actor import ROLES
from relto.domain.errors import BadInput, Conflict
from relto.domain.ids import account_name, party_code
from relto.domain.party import unknown_party
from relto.domain.scope import SCOPES
from relto.ports.store import AccountRow
from relto.usecases.accounts.rows import (
    check_expiry,
    count_accounts,
    enrol,
    require_admin,
    require_admin_first,
    row_of,
    scopes_within,
    token_digest,
)
from relto.usecases.accounts.sessions import drop_sessions
from relto.usecases.acting import live
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

PASSWORD_MIN, PASSWORD_MAX = 8, 1_024
"""Characters of a password."""


def add_account(
    node: Node,
    desk: PolicyDesk,
    name: str,
    *,
    party: str,
    roles: Iterable[str],
    by: Actor,
    password: str | None = None,
    token: bool = False,
    expires_at: int | None = None,
    scopes: Collection[str] = (),
    within: Collection[str] = SCOPES,
) -> tuple[AccountRow, str]:
    """A new account and the secret that Relto made for it, empty where a password was given. `expires_at` and `scopes`
    are those of its token, which has no others than `within`; whoever has a password has all.

    Raises `Refused` (`scope-wider`, `role-missing`, `party-not-yours`), `Conflict` `account-exists`,
    `Unknown` `party-unknown`, `BadInput` for names, roles, passwords and scopes.
    """
    listed = roles_of(roles)
    if password is not None and token:
        raise BadInput("account-secret", "an account has a password or a token, not both")
    if not token and (scopes or expires_at is not None):
        raise BadInput("token-unasked", "an expiry and scopes are those of a token", remedy="--token")
    require_admin_first(node, by, "open accounts")
    granted = scopes_within(scopes if token else SCOPES, within)
    made = "" if password is not None else node.chance.token() if token else node.chance.password()
    if password is not None:
        check_password(password)
    hashed = "" if token else node.hasher.hashed(password if password is not None else made)
    with changing(node, desk, by=by) as change:
        row = AccountRow(name, party, listed, hashed, made_at=change.now)
        identifier = token_digest(made) if token else ""
        open_account(change, row, identifier=identifier, scopes=granted, expires_at=expires_at, by=by)
    return row, made


def open_account(
    change: Change, row: AccountRow, *, identifier: str, scopes: tuple[str, ...], expires_at: int | None, by: Actor
) -> None:
    """As `add_account`, in this block. `identifier`: of its token, which has these scopes; empty: it has none."""
    require_admin(change, by, "open accounts")
    check_expiry(expires_at, change.now)
    if party_code(row.party) not in change.policy.parties:
        raise unknown_party(row.party)
    if change.tx.account(account_name(row.name)) is not None:
        raise Conflict("account-exists", f"there is an account `{row.name}` already", remedy="choose another name")
    change.tx.put_account(row)
    order: dict[str, object] = {"account": row.name, "party": row.party, "roles": list(row.roles)}
    if identifier:
        made = enrol(change, row.name, "token", identifier, label="", scopes=scopes, expires_at=expires_at)
        order |= {"credential": made.id, "scopes": list(scopes), "expires_at": expires_at}
    if "contributor" in row.roles and change.tx.collection(row.party) is None:
        change.tx.put_collection(row.party, change.node.chance.uuid4())
    change.act("account-add", by, order)
    count_accounts(change.tx, change)


def revoke(node: Node, desk: PolicyDesk, name: str, *, by: Actor) -> AccountRow:
    """The account can do nothing any more, from the next request on: its credentials and sessions go with it."""
    with changing(node, desk, by=by) as change:
        return revoke_account(change, name, by=by)


def set_password(
    node: Node,
    desk: PolicyDesk,
    name: str,
    *,
    by: Actor,
    password: str | None,
    within: Collection[str] = SCOPES,
) -> tuple[AccountRow, str]:
    """Gives the account this password, or one that Relto makes (returned). Who is signed in has to sign in anew; its
    tokens and certificates stay.

    Raises as `add_account`, `Unknown` (`account-unknown`).
    """
    # A password is hashed slowly, and for nobody who may not ask for it.
    require_admin_first(node, by, "change accounts")
    scopes_within(SCOPES, within)
    made = "" if password is not None else node.chance.password()
    chosen = check_password(password if password is not None else made)
    secret = node.hasher.hashed(chosen)
    with changing(node, desk, by=by) as change:
        return put_secret(change, name, secret, by=by), made


SWITCHES: Final = frozenset({"repair", "empty_list"})
"""What is on or off for a reader: whether it is given again what it missed, and whether an empty page has a list."""


def set_switches(node: Node, desk: PolicyDesk, name: str, switches: Mapping[str, bool], *, by: Actor) -> AccountRow:
    """Sets switches of a reader."""
    with changing(node, desk, by=by) as change:
        return put_switches(change, name, switches, by=by)


def list_accounts(node: Node) -> list[AccountRow]:
    """All accounts, by name."""
    with node.store.read() as snap:
        return snap.accounts()


# Inside the block.


def revoke_account(change: Change, name: str, *, by: Actor) -> AccountRow:
    """As `revoke`, in this block."""
    before = _row(change, name, by)
    row = replace(before, revoked=True, secret="")
    change.tx.put_account(row)
    for each in change.tx.credentials(account=name):
        if each.revoked_at is None:
            change.tx.put_credential(replace(each, revoked_at=change.now))
    drop_sessions(change.tx, name)
    return _changed(change, "account-revoke", row, {}, by)


def put_secret(change: Change, name: str, secret: str, *, by: Actor) -> AccountRow:
    """As `set_password`, in this block; `secret`: what is stored of the password."""
    before = live(_row(change, name, by))
    row = replace(before, secret=secret)
    change.tx.put_account(row)
    if secret != before.secret:
        drop_sessions(change.tx, name, credential=0)
    return _changed(change, "account-password", row, {}, by)


def put_switches(change: Change, name: str, switches: Mapping[str, bool], *, by: Actor) -> AccountRow:
    """As `set_switches`, in this block."""
    before = live(_row(change, name, by))
    row = replace(before, settings={**before.settings, **switches})
    change.tx.put_account(row)
    return _changed(change, "reader-set", row, {"settings": dict(switches)}, by)


def _row(change: Change, name: str, by: Actor) -> AccountRow:
    # The account is looked for only when it is known that this one may change it: the answer must not tell of it.
    require_admin(change, by, "change accounts")
    return row_of(change.tx, name)


def _changed(change: Change, kind: str, row: AccountRow, order: Mapping[str, object], by: Actor) -> AccountRow:
    change.act(kind, by, {"account": row.name, **order})
    count_accounts(change.tx, change)
    return row


def roles_of(roles: Iterable[str]) -> tuple[str, ...]:
    """The roles in their order, each once. Raises `BadInput` `role-unknown`; none at all is `reader`."""
    listed = set(roles) or {"reader"}
    for role in sorted(listed - set(ROLES)):
        raise BadInput("role-unknown", f"there is no role `{role}`", remedy=f"one of {', '.join(ROLES)}")
    return tuple(role for role in ROLES if role in listed)


def check_password(password: str) -> str:
    """The password. Raises `BadInput` `password-invalid` where it is too short, too long or holds control
    characters.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX or any(ord(char) < 32 for char in password):
        raise BadInput(
            "password-invalid", f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters and no control characters"
        )
    return password
