"""Credentials: tokens, certificates and identities of OpenID Connect, of which an account has any number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from relto.domain.certificate import Certificate, der_of
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.moment import write
from relto.domain.scope import SCOPES
from relto.domain.written import one_line, shown
from relto.ports.store import CredentialKind, CredentialRow
from relto.usecases.accounts.keeping import set_password
from relto.usecases.accounts.rows import (
    check_expiry,
    count_accounts,
    enrol,
    live_row,
    openid_identifier,
    require_admin,
    require_admin_first,
    row_of,
    scopes_within,
    token_digest,
)
from relto.usecases.accounts.sessions import drop_sessions
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.store import AccountRow
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk


def add_token(
    node: Node,
    desk: PolicyDesk,
    name: str,
    *,
    by: Actor,
    label: str = "",
    scopes: Collection[str] = (),
    expires_at: int | None = None,
    within: Collection[str] = SCOPES,
) -> tuple[CredentialRow, str]:
    """Another token of the account, and the token itself, which is shown this once.

    `scopes` empty: all of `within`, which is what whoever asks came in with. Raises `Refused` (`scope-wider`,
    `account-revoked`), `Unknown` (`account-unknown`), `Conflict` (`credentials-full`), `BadInput` (`scope-unknown`,
    `label-invalid`, `expiry-past`).
    """
    listed, text = scopes_within(scopes, within), _label(label)
    made = node.chance.token()
    with changing(node, desk, by=by) as change:
        asked = CredentialRow(0, name, "token", token_digest(made), text, listed, change.now, expires_at)
        return give_credential(change, asked, {}, by=by), made


def add_certificate(
    node: Node,
    desk: PolicyDesk,
    name: str,
    content: bytes,
    *,
    by: Actor,
    by_name: bool = False,
    label: str = "",
    scopes: Collection[str] = (),
    expires_at: int | None = None,
    within: Collection[str] = SCOPES,
) -> CredentialRow:
    """Lets the account come in by the certificate in a file (PEM or DER): by that very one, or, `by_name`, by whatever
    bears its subject from its issuer, so that a renewed one needs no command.

    Raises as `add_token`, and `BadInput` (`certificate-invalid`, `certificate-expired`), `Conflict`
    (`credential-taken`).
    """
    found = Certificate.read(der_of(content))
    if by_name and not found.subject:
        raise BadInput("certificate-invalid", "this certificate has no subject to go by")
    listed, text = scopes_within(scopes, within), _label(label or found.subject[:200])
    if found.not_after <= node.clock.now():
        raise BadInput("certificate-expired", f"this certificate was good until `{write(found.not_after)}`")
    with changing(node, desk, by=by) as change:
        identifier = found.name if by_name else found.fingerprint
        asked = CredentialRow(0, name, "certificate", identifier, text, listed, change.now, expires_at)
        return give_credential(change, asked, {"identifier": identifier}, by=by)


def add_openid(
    node: Node,
    desk: PolicyDesk,
    name: str,
    subject: str,
    *,
    issuer: str,
    by: Actor,
    label: str = "",
    within: Collection[str] = SCOPES,
) -> CredentialRow:
    """Lets the account come in as this subject of this provider, with all scopes.

    Raises `Refused` (`scope-wider`), `BadInput` (`openid-unset`, `openid-subject-invalid`, `label-invalid`),
    `Conflict` (`credential-taken`), and for the account as `add_token`.
    """
    if not issuer:
        raise BadInput("openid-unset", "this node has no OpenID provider", remedy="set `openid.issuer`, or --issuer")
    scopes_within(SCOPES, within)
    one_line(subject, what="a subject", code="openid-subject-invalid", longest=255)
    text = _label(label)
    with changing(node, desk, by=by) as change:
        asked = CredentialRow(0, name, "openid", openid_identifier(issuer, subject), text, SCOPES, change.now)
        return give_credential(change, asked, {"subject": subject, "issuer": issuer}, by=by)


def give_credential(change: Change, asked: CredentialRow, order: Mapping[str, object], *, by: Actor) -> CredentialRow:
    """Lets an account come in by this, in this block. `order`: what the act says beside what is the same for all."""
    require_admin(change, by, "change accounts")
    check_expiry(asked.expires_at, change.now)
    live_row(change.tx, asked.account)
    row = enrol(
        change, asked.account, asked.kind, asked.identifier,
        label=asked.label, scopes=asked.scopes, expires_at=asked.expires_at,
    )  # fmt: skip
    told = {"account": row.account, "credential": row.id, "label": row.label, "scopes": list(row.scopes)}
    if row.expires_at is not None:
        told["expires_at"] = row.expires_at
    change.act(f"account-{row.kind}", by, {**told, **order})
    count_accounts(change.tx, change)
    return row


def list_credentials(node: Node, name: str, kind: CredentialKind | None = None) -> tuple[list[CredentialRow], int]:
    """The account's credentials of this kind, by id, and the node's clock. Raises `Unknown` (`account-unknown`)."""
    with node.store.read() as snap:
        row_of(snap, name)
        rows, now = snap.credentials(account=name), node.now(snap.head())
    return [row for row in rows if kind in {None, row.kind}], now


def live_kinds(node: Node) -> dict[str, list[str]]:
    """For each account the kinds of credentials by which it can come in now, in the order of the manual."""
    with node.store.read() as snap:
        now, names, rows = node.now(snap.head()), [row.name for row in snap.accounts()], snap.credentials()
    found = {(row.account, row.kind) for row in rows if row.is_live(now)}
    return {name: [kind for kind in get_args(CredentialKind) if (name, kind) in found] for name in names}


def revoke_credential(
    node: Node, desk: PolicyDesk, name: str, number: str, *, kind: CredentialKind, by: Actor
) -> CredentialRow:
    """It is good for nothing from the next request on, and sessions that were begun by it are over.

    Raises `Unknown` (`account-unknown`, `credential-unknown`).
    """
    with changing(node, desk, by=by) as change:
        return take_credential(change, name, number, kind, by=by)


def take_credential(change: Change, name: str, number: str, kind: CredentialKind, *, by: Actor) -> CredentialRow:
    """As `revoke_credential`, in this block."""
    require_admin(change, by, "change accounts")
    row_of(change.tx, name)
    row = _credential(change.tx.credentials(account=name), number, kind)
    if row.revoked_at is None:
        row = replace(row, revoked_at=change.now)
        change.tx.put_credential(row)
        drop_sessions(change.tx, name, credential=row.id)
        change.act("account-credential-revoke", by, {"account": name, "credential": row.id, "kind": kind})
        count_accounts(change.tx, change)
    return row


def rotate(
    node: Node,
    desk: PolicyDesk,
    name: str,
    *,
    by: Actor,
    token: str | None = None,
    overlap_us: int = 0,
    expires_at: int | None = None,
    within: Collection[str] = SCOPES,
) -> tuple[AccountRow, str]:
    """Gives the account a new token (or a new password, where it has one and no `token` is named) and returns it.

    The new token takes the place of the one that `token` names, else of all that the account has: they are good for
    `overlap_us` longer, at most as long as they would have been. It has the label and the scopes of the newest that
    it takes the place of and, unless `expires_at` says another, as long a life.

    Raises `BadInput` (`password-overlaps`, `expiry-past`), `Unknown` (`account-unknown`, `credential-unknown`),
    `Refused` (`account-revoked`, `scope-wider`).
    """
    require_admin_first(node, by, "change accounts")
    with node.store.read() as snap:
        account = row_of(snap, name)
    if account.secret and token is None:
        if overlap_us or expires_at is not None:
            raise BadInput(
                "password-overlaps",
                f"account `{name}` has a password, which neither overlaps nor expires",
                remedy="name a token: --token ID",
            )
        return set_password(node, desk, name, by=by, password=None, within=within)
    made = node.chance.token()
    with changing(node, desk, by=by) as change:
        require_admin(change, by, "change accounts")
        check_expiry(expires_at, change.now)
        account = live_row(change.tx, name)
        mine = [row for row in change.tx.credentials(account=name) if row.kind == "token"]
        old = [row for row in mine if row.is_live(change.now)]
        if token is not None:
            old = [_credential(mine, token, "token")]
            if not old[0].is_live(change.now):
                raise Refused("credential-dead", f"token {old[0].id} is good for nothing already")
        newest = max(old, key=lambda row: row.id, default=None)
        life = None if newest is None or newest.expires_at is None else newest.expires_at - newest.made_at
        until = expires_at if expires_at is not None or life is None else change.now + life
        label, scopes = ("", SCOPES) if newest is None else (newest.label, newest.scopes)
        scopes = scopes_within(scopes, within)
        asked = CredentialRow(0, name, "token", token_digest(made), label, scopes, change.now, until)
        replace_credentials(change, asked, [row.id for row in old], overlap_us=overlap_us, by=by)
    return account, made


def replace_credentials(
    change: Change, asked: CredentialRow, old: Sequence[int], *, overlap_us: int, by: Actor
) -> CredentialRow:
    """Gives an account this token in the place of those, in this block. They are good for so much longer."""
    require_admin(change, by, "change accounts")
    mine = {row.id: row for row in change.tx.credentials(account=asked.account) if row.kind == "token"}
    for number in old:
        if number not in mine or not mine[number].is_live(change.now):
            raise Refused("credential-dead", f"token {number} is good for nothing already")
        change.tx.put_credential(_outlived(mine[number], change.now, overlap_us))
    return give_credential(change, asked, {"instead": list(old), "overlap_us": overlap_us}, by=by)


def _outlived(row: CredentialRow, now: int, overlap_us: int) -> CredentialRow:
    if not overlap_us:
        return replace(row, revoked_at=now)
    ends = now + overlap_us
    return replace(row, expires_at=ends if row.expires_at is None else min(ends, row.expires_at))


def _credential(rows: Collection[CredentialRow], number: str, kind: CredentialKind) -> CredentialRow:
    for row in rows:
        if (str(row.id), row.kind) == (number, kind):
            return row
    raise Unknown("credential-unknown", f"the account has no {kind} {shown(number)}", remedy="list shows those it has")


def _label(text: str) -> str:
    return one_line(text, what="a label", code="label-invalid", longest=200) if text else ""
