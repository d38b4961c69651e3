"""Accounts: who reads and who acts, for which party, and how they prove it.

A password is checked slowly (argon2id) once and then, for a short while, against a keyed digest in memory; the digest
is bound to the stored form, so a changed or revoked password is refused by the next request in every process. A wrong
name costs what a wrong password costs.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from relto.domain.actor import ROLES, Actor
from relto.domain.errors import BadInput, Conflict, Refused, Unknown
from relto.domain.ids import account_name, party_code
from relto.ports.store import AccountRow
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relto.domain.actor import How
    from relto.ports.node import Node
    from relto.ports.store import Head, Transaction
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

PASSWORD_MIN, PASSWORD_MAX = 8, 1_024
"""Characters of a password."""

CHECKED_MAX = 10_000
"""How many good passwords are remembered."""


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
) -> tuple[AccountRow, str]:
    """A new account and the secret that Relto made for it, empty where a password was given.

    Raises `Conflict` `account-exists`, `Unknown` `party-unknown`, `BadInput` for names, roles and passwords.
    """
    listed = roles_of(roles)
    if password is not None and token:
        raise BadInput("account-secret", "an account has a password or a token, not both")
    made = "" if password is not None else node.chance.token() if token else node.chance.password()
    if password is not None:
        check_password(password)
    hashed = "" if token else node.hasher.hashed(password if password is not None else made)
    with changing(node, desk) as change:
        require_admin(change, by, "open accounts")
        if party_code(party) not in change.policy.parties:
            raise Unknown("party-unknown", f"there is no party `{party}`", remedy="relto party list")
        if any(row.name == account_name(name) for row in change.tx.accounts()):
            raise Conflict("account-exists", f"there is an account `{name}` already", remedy="choose another name")
        row = AccountRow(name, party, listed, hashed, token_digest(made) if token else "", made_at=change.now)
        change.tx.put_account(row)
        if "contributor" in listed and change.tx.collection(party) is None:
            change.tx.put_collection(party, node.chance.uuid4())
        change.act("account-add", by, {"account": name, "party": party, "roles": list(listed)})
        count_accounts(change.tx, change)
    return row, made


def revoke(node: Node, desk: PolicyDesk, name: str, *, by: Actor) -> AccountRow:
    """The account can do nothing any more, from the next request on."""
    return _change(node, desk, name, by=by, kind="account-revoke", revoked=True, secret="", token_digest="")


def set_password(node: Node, desk: PolicyDesk, name: str, *, by: Actor, password: str | None) -> tuple[AccountRow, str]:
    """Gives the account this password, or one that Relto makes (returned)."""
    made = "" if password is not None else node.chance.password()
    chosen = check_password(password if password is not None else made)
    row = _change(node, desk, name, by=by, kind="account-password", secret=node.hasher.hashed(chosen), token_digest="")
    return row, made


def rotate(node: Node, desk: PolicyDesk, name: str, *, by: Actor) -> tuple[AccountRow, str]:
    """Gives the account a new token (or a new password, where it has one) and returns it."""
    if _row(list_accounts(node), name).secret:
        return set_password(node, desk, name, by=by, password=None)
    made = node.chance.token()
    return _change(node, desk, name, by=by, kind="account-token", token_digest=token_digest(made)), made


def set_switches(node: Node, desk: PolicyDesk, name: str, switches: Mapping[str, bool], *, by: Actor) -> AccountRow:
    """Sets switches of a reader."""
    settings = {**_row(list_accounts(node), name).settings, **switches}
    return _change(node, desk, name, by=by, kind="reader-set", settings=settings)


def list_accounts(node: Node) -> list[AccountRow]:
    """All accounts, by name."""
    with node.store.read() as snap:
        return snap.accounts()


def _change(node: Node, desk: PolicyDesk, name: str, *, by: Actor, kind: str, **fields: object) -> AccountRow:
    with changing(node, desk) as change:
        require_admin(change, by, "change accounts")
        before = _row(change.tx.accounts(), name)
        if before.revoked and "revoked" not in fields:
            raise Refused("account-revoked", f"account `{name}` is revoked", remedy="relto account add")
        row = replace(before, **fields)  # type: ignore[arg-type]  # named by callers below
        change.tx.put_account(row)
        change.act(kind, by, {"account": name})
        count_accounts(change.tx, change)
    return row


def actor_of(row: AccountRow, how: How = "password") -> Actor:
    """The account as one that acts."""
    return Actor(row.name, row.party, frozenset(row.roles), how)


def require_admin(change: Change, by: Actor, what: str) -> None:
    """Returns where it administers the node. Raises `Refused` (`role-missing`, `party-not-yours`)."""
    by.require("admin", for_={change.policy.host}, host=change.policy.host, what=what)


def count_accounts(tx: Transaction, change: Change) -> None:
    """Tells every process that accounts are others now."""
    tx.put_head(replace(tx.head(), accounts_version=change.head.accounts_version + 1))


def _row(rows: Iterable[AccountRow], name: str) -> AccountRow:
    for row in rows:
        if row.name == name:
            return row
    raise Unknown("account-unknown", f"there is no account `{name}`", remedy="relto account list")


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


def token_digest(token: str) -> str:
    """What is stored of a token. It is random and long, so a plain digest gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


class Gatekeeper:
    """Says which account a request comes from. Safe to use from several threads."""

    def __init__(self, node: Node, *, cache_seconds: int, key: bytes) -> None:
        """`key` is drawn by each process for itself; the cache lives in its memory alone."""
        self._node = node
        self._key = key
        self._cache_us = cache_seconds * 1_000_000
        self._lock = threading.Lock()
        self._version = -1
        self._by_name: dict[str, AccountRow] = {}
        self._by_token: dict[str, AccountRow] = {}
        self._checked: dict[bytes, int] = {}
        # Checked against for names that are not there, so that they take as long as those that are.
        self._dummy = node.hasher.hashed(node.chance.password())

    def by_password(self, name: str, password: str) -> AccountRow | None:
        """The account with this name and password; None whatever was wrong. Slow the first time, and when wrong."""
        self._refresh()
        row = self._by_name.get(name)
        stored = row.secret if row is not None and row.secret and not row.revoked else self._dummy
        proof = hmac.new(self._key, f"{stored}\0{password}".encode(errors="replace"), hashlib.sha256).digest()
        now = self._node.clock.now()
        if self._checked.get(proof, 0) > now - self._cache_us and stored is not self._dummy:
            return row
        good = self._node.hasher.matches(stored, password)
        if not good or row is None or stored is self._dummy:
            return None
        with self._lock:
            if len(self._checked) >= CHECKED_MAX:
                self._checked.clear()
            self._checked[proof] = now
        return row

    def known(self, name: str, password: str, head: Head | None = None) -> AccountRow | None:
        """The account where `by_password` would give it at once; None where that would have to check slowly.

        `head`, where the caller has one that is no older than the request, spares the question for it.
        """
        self._refresh(head)
        row = self._by_name.get(name)
        if row is None or not row.secret or row.revoked:
            return None
        stored = f"{row.secret}\0{password}".encode(errors="replace")
        proof = hmac.digest(self._key, stored, "sha256")
        return row if self._checked.get(proof, 0) > self._node.clock.now() - self._cache_us else None

    def by_token(self, token: str, head: Head | None = None) -> AccountRow | None:
        """The account with this token, or None; `head` as above."""
        self._refresh(head)
        return self._by_token.get(token_digest(token))

    def _refresh(self, head: Head | None = None) -> None:
        version = (self._node.store.head() if head is None else head).accounts_version
        if version == self._version:
            return
        with self._lock:
            with self._node.store.read() as snap:
                version, rows = snap.head().accounts_version, snap.accounts()
            self._by_name = {row.name: row for row in rows if not row.revoked}
            self._by_token = {row.token_digest: row for row in rows if row.token_digest and not row.revoked}
            self._version = version
