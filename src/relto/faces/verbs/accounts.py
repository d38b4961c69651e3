"""Accounts: who comes in, by what, and until when. No answer holds a secret but the one that Relto just made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.certificate import Certificate, der_of
from relto.domain.errors import Unknown
from relto.faces.verbs.caller import Caller, written
from relto.ports.store import CredentialKind
from relto.usecases import accounts

if TYPE_CHECKING:
    from relto.ports.store import AccountRow, CredentialRow


def add(
    caller: Caller,
    *,
    account: str,
    party: str,
    roles: Sequence[str] = (),
    password: str | None = None,
    token: bool = False,
    expires: str | None = None,
    scopes: Sequence[str] = (),
) -> dict[str, Any]:
    """Open an account: with this password, with a token, or with a password that Relto makes."""
    row, made = accounts.add_account(
        caller.node,
        caller.desk,
        account,
        party=party,
        roles=roles,
        by=caller.by,
        password=password,
        token=token,
        expires_at=caller.when(expires),
        scopes=scopes,
        within=caller.scopes,
    )
    return _answered(row, ["token"] if token else [], made, "token" if token else "password")


def list_(caller: Caller) -> list[dict[str, Any]]:
    """List the accounts that whoever asks may see: all, or its own."""
    kinds, whole = accounts.live_kinds(caller.node), caller.sight.is_whole
    return [
        account_document(row, kinds.get(row.name, ()))
        for row in accounts.list_accounts(caller.node)
        if whole or row.name == caller.by.account
    ]


def counts(caller: Caller) -> dict[str, int]:
    """Say how many accounts whoever asks may see, open and closed."""
    whole = caller.sight.is_whole
    found = [each for each in accounts.list_accounts(caller.node) if whole or each.name == caller.by.account]
    closed = sum(each.revoked for each in found)
    return {"open": len(found) - closed, "closed": closed}


def show(caller: Caller, *, account: str) -> dict[str, Any]:
    """Show one account."""
    _require_sight(caller, account)
    for row in accounts.list_accounts(caller.node):
        if row.name == account:
            return account_document(row, accounts.live_kinds(caller.node).get(row.name, ()))
    raise _unknown(account)


def revoke(caller: Caller, *, account: str) -> dict[str, Any]:
    """Close an account, from the next request on."""
    return account_document(accounts.revoke(caller.node, caller.desk, account, by=caller.by), ())


def set_password(caller: Caller, *, account: str, password: str | None = None) -> dict[str, Any]:
    """Give an account this password, or one that Relto makes."""
    row, made = accounts.set_password(
        caller.node, caller.desk, account, by=caller.by, password=password, within=caller.scopes
    )
    return _answered(row, accounts.live_kinds(caller.node)[row.name], made, "password")


def rotate(
    caller: Caller, *, account: str, token: str | None = None, overlap: str | None = None, expires: str | None = None
) -> dict[str, Any]:
    """Give an account a new token (or password) in place of this one, or of all; until `overlap` they are good too."""
    now, until = caller.now, caller.when(overlap)
    row, made = accounts.rotate(
        caller.node,
        caller.desk,
        account,
        by=caller.by,
        token=token,
        overlap_us=0 if until is None else max(0, until - now),
        expires_at=caller.when(expires),
        within=caller.scopes,
    )
    name = "password" if row.secret and token is None else "token"
    return _answered(row, accounts.live_kinds(caller.node)[row.name], made, name)


def add_token(
    caller: Caller,
    *,
    account: str,
    label: str = "",
    scopes: Sequence[str] = (),
    expires: str | None = None,
) -> dict[str, Any]:
    """Make another token, with no more scopes than whoever asks came in with."""
    row, made = accounts.add_token(
        caller.node,
        caller.desk,
        account,
        by=caller.by,
        label=label,
        scopes=scopes,
        expires_at=caller.when(expires),
        within=caller.scopes,
    )
    return {**credential_document(row, caller.now), "token": made}


def add_certificate(
    caller: Caller,
    *,
    account: str,
    certificate: str,
    by_name: bool = False,
    label: str = "",
    scopes: Sequence[str] = (),
    expires: str | None = None,
) -> dict[str, Any]:
    """Let an account come in by a certificate (PEM), or, `by_name`, by whatever bears its name."""
    row = accounts.add_certificate(
        caller.node,
        caller.desk,
        account,
        certificate.encode(),
        by=caller.by,
        by_name=by_name,
        label=label,
        scopes=scopes,
        expires_at=caller.when(expires),
        within=caller.scopes,
    )
    return credential_document(row, caller.now)


def read_certificate(caller: Caller, *, certificate: str) -> dict[str, Any]:
    """Say what a certificate (PEM) is, before anybody is let in by it. Raises `BadInput` `certificate-invalid`."""
    del caller
    found = Certificate.read(der_of(certificate.encode()))
    return {"subject": found.subject, "fingerprint": found.fingerprint, "until": written(found.not_after)}


def add_openid(
    caller: Caller, *, account: str, subject: str, issuer: str | None = None, label: str = ""
) -> dict[str, Any]:
    """Let an account sign in as this subject, of the provider of the settings unless another is named."""
    whose = issuer or caller.opened.config.openid.issuer
    row = accounts.add_openid(
        caller.node,
        caller.desk,
        account,
        subject,
        issuer=whose,
        by=caller.by,
        label=label,
        within=caller.scopes,
    )
    return credential_document(row, caller.now)


def credentials(caller: Caller, *, account: str, kind: CredentialKind) -> list[dict[str, Any]]:
    """List the account's credentials of this kind."""
    _require_sight(caller, account)
    rows, now = accounts.list_credentials(caller.node, account, kind)
    return [credential_document(row, now) for row in rows]


def revoke_credential(caller: Caller, *, account: str, kind: CredentialKind, credential: str) -> dict[str, Any]:
    """Revoke one credential, from the next request on."""
    row = accounts.revoke_credential(caller.node, caller.desk, account, credential, kind=kind, by=caller.by)
    return credential_document(row, caller.now)


def sessions(caller: Caller, *, account: str) -> list[dict[str, Any]]:
    """List the account's sessions that are not over."""
    _require_sight(caller, account)
    return [
        {
            "account": row.account,
            "how": row.how,
            "made_at": written(row.made_at),
            "seen_at": written(row.seen_at),
            "expires_at": written(row.expires_at),
        }
        for row in accounts.list_sessions(caller.node, account)
    ]


def end_sessions(caller: Caller, *, account: str) -> dict[str, Any]:
    """Sign an account out everywhere; it may sign in again."""
    return {"account": account, "ended": accounts.end_sessions(caller.node, caller.desk, account, by=caller.by)}


def account_document(row: AccountRow, kinds: Sequence[str]) -> dict[str, Any]:
    """An account, without its secrets. `kinds` are those of its live credentials."""
    proofs = ["password", *kinds] if row.secret else list(kinds)
    return {
        "account": row.name,
        "party": row.party,
        "roles": list(row.roles),
        "revoked": row.revoked,
        "proof": proofs[0] if proofs else None,
        "proofs": proofs,
        "made_at": written(row.made_at),
        "settings": dict(row.settings),
    }


def credential_document(row: CredentialRow, at: int) -> dict[str, Any]:
    """A credential: its number, and nothing by which anybody could come in."""
    document: dict[str, Any] = {
        "account": row.account,
        "id": str(row.id),
        "state": "active" if row.is_live(at) else "revoked" if row.revoked_at is not None else "expired",
        "label": row.label,
        "scopes": list(row.scopes),
        "made_at": written(row.made_at),
        "expires_at": written(row.expires_at),
        "revoked_at": written(row.revoked_at),
    }
    if row.kind == "certificate":
        document["identifier"] = row.identifier
    if row.kind == "openid":
        document["issuer"], _, document["subject"] = row.identifier.partition(" ")
    return document


def _answered(row: AccountRow, kinds: Sequence[str], made: str, name: str) -> dict[str, Any]:
    document = account_document(row, kinds)
    return {**document, name: made} if made else document


def _sees(caller: Caller, account: str) -> bool:
    return account == caller.by.account or caller.sight.is_whole


def _require_sight(caller: Caller, account: str) -> None:
    if not _sees(caller, account):
        raise _unknown(account)


def _unknown(account: str) -> Unknown:
    return Unknown("account-unknown", f"there is no account `{account}`", remedy="relto account list")
