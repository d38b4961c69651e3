"""`relto account token|certificate|openid|session`: what an account comes in by, beside its password."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call, now, written
from relto.faces.cli.options import Account
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.faces.cli.screen import Screen
    from relto.ports.store import CredentialKind, CredentialRow
    from relto.wiring import Opened

CERTIFICATE_BYTES_MAX: Final = 65_536

Expires = Annotated[
    str | None, typer.Option("--expires", metavar="WHEN", help="from when it is good for nothing; else never")
]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="what it may be used for: read, write, act, admin (all unless said); repeat for more",
    ),
]
Label = Annotated[str, typer.Option("--label", metavar="TEXT", help="what it is for", show_default=False)]
Id = Annotated[str, typer.Argument(metavar="ID", help="its number, as `list` shows it", show_default=False)]


def register(accounts: typer.Typer) -> None:
    """Hang the verbs in below `account`."""
    tokens = group(accounts, "token", "Bearer tokens of an account, for programs.")
    verb(tokens, "add")(token_add)
    verb(tokens, "list")(_lister("token", "List the tokens of an account; never the tokens themselves."))
    verb(tokens, "revoke", asks=True)(_revoker("token", "Revoke one token, from the next request on."))
    certificates = group(accounts, "certificate", "Client certificates by which an account comes in.")
    verb(certificates, "add")(certificate_add)
    verb(certificates, "list")(_lister("certificate", "List the certificates of an account."))
    revoke = _revoker("certificate", "Revoke one certificate, from the next request on.")
    verb(certificates, "revoke", asks=True)(revoke)
    identities = group(accounts, "openid", "Subjects of the OpenID provider as whom an account signs in.")
    verb(identities, "add")(openid_add)
    verb(identities, "list")(_lister("openid", "List the subjects that an account signs in as."))
    verb(identities, "revoke", asks=True)(_revoker("openid", "Unlink one subject; its sessions are over."))
    sessions = group(accounts, "session", "Sessions of people who signed in with a browser.")
    verb(sessions, "list")(session_list)
    verb(sessions, "end", asks=True)(session_end)


def token_add(call: Call, name: Account, expires: Expires = None, scope: Scopes = None, label: Label = "") -> int:
    """Make another token for an account, shown once; those that it has stay as they are."""
    from relto.usecases.accounts import add_token

    with call.node() as opened:
        row, made = add_token(
            opened.node,
            opened.desk,
            name,
            by=call.by,
            label=label,
            scopes=scope or (),
            expires_at=expiry(opened, expires),
        )
        at = now(opened)

    def show(screen: Screen) -> None:
        screen.line(f"token {row.id} of account {row.account}: {', '.join(row.scopes)}{_until(row)}")
        screen.line(f"token: {made}", whole=True)
        screen.note("it is shown this once: keep it now")

    call.answer({**credential_document(row, at), "token": made}, show)
    return 0


def certificate_add(
    call: Call,
    name: Account,
    file: Annotated[str, typer.Argument(metavar="FILE", help="one certificate, PEM or DER", show_default=False)],
    by_name: Annotated[
        bool,
        typer.Option(
            "--by-name", help="take whatever bears its subject from its issuer, so that renewing needs no act"
        ),
    ] = False,
    expires: Expires = None,
    scope: Scopes = None,
    label: Label = "",
) -> int:
    """Let an account come in by a client certificate: by that very one, unless told otherwise."""
    from relto.usecases.accounts import add_certificate

    with call.node() as opened:
        row = add_certificate(
            opened.node,
            opened.desk,
            name,
            _content(file),
            by=call.by,
            by_name=by_name,
            label=label,
            scopes=scope or (),
            expires_at=expiry(opened, expires),
        )
        at = now(opened)
    said = f"account {row.account} comes in by certificate {row.id}: {row.label}"
    call.answer(credential_document(row, at), lambda screen: screen.line(said))
    return 0


def openid_add(
    call: Call,
    name: Account,
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="what the provider calls them for good (`sub`)", show_default=False)
    ],
    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="URL", help="whose subject; else the provider of the settings")
    ] = None,
    label: Label = "",
) -> int:
    """Let an account sign in as a subject of the OpenID provider."""
    from relto.usecases.accounts import add_openid

    with call.node() as opened:
        whose = issuer or opened.config.openid.issuer
        row = add_openid(opened.node, opened.desk, name, subject, issuer=whose, by=call.by, label=label)
        at = now(opened)
    said = f"account {row.account} signs in as {row.identifier}"
    call.answer(credential_document(row, at), lambda screen: screen.line(said))
    return 0


def session_list(call: Call, name: Account) -> int:
    """List the sessions of an account that are not over."""
    from relto.faces.cli.screen import day_and_time
    from relto.usecases.accounts import list_sessions

    with call.node() as opened:
        rows = list_sessions(opened.node, name)
    documents = [
        {
            "account": row.account,
            "how": row.how,
            "made_at": written(row.made_at),
            "seen_at": written(row.seen_at),
            "expires_at": written(row.expires_at),
        }
        for row in rows
    ]
    call.answer(
        documents,
        lambda screen: screen.table(
            ("signed in", "by", "last seen", "ends"),
            [
                (day_and_time(row.made_at), row.how, day_and_time(row.seen_at), day_and_time(row.expires_at))
                for row in rows
            ],
            empty=f"nobody is signed in as {name}",
        ),
    )
    return 0


def session_end(call: Call, name: Account) -> int:
    """Sign an account out everywhere, from the next request on; it may sign in again."""
    from relto.faces.cli.screen import some
    from relto.usecases.accounts import end_sessions

    with call.node() as opened:
        call.confirm(f"End all sessions of {name}?")
        count = end_sessions(opened.node, opened.desk, name, by=call.by)
    call.answer({"account": name, "ended": count}, lambda screen: screen.line(f"{some(count, 'session')} ended"))
    return 0


def expiry(opened: Opened, text: str | None) -> int | None:
    """The moment that was typed, by the node's clock."""
    from relto.domain.moment import parse_when

    return None if text is None else parse_when(text, now=now(opened), ahead=True)


def _lister(kind: CredentialKind, text: str) -> Callable[..., int]:
    def list_(call: Call, name: Account) -> int:
        from relto.faces.cli.screen import day_and_time
        from relto.usecases.accounts import list_credentials

        with call.node() as opened:
            rows, at = list_credentials(opened.node, name, kind)
        documents = [credential_document(row, at) for row in rows]
        call.answer(
            documents,
            lambda screen: screen.table(
                ("id", "state", "made", "expires", "scopes", "label"),
                [
                    (
                        document["id"],
                        document["state"],
                        day_and_time(row.made_at),
                        day_and_time(row.expires_at),
                        ", ".join(row.scopes),
                        row.label or (row.identifier if kind == "openid" else ""),
                    )
                    for row, document in zip(rows, documents, strict=True)
                ],
                empty=f"account {name} has no {kind}",
            ),
        )
        return 0

    list_.__doc__ = text
    return list_


def _revoker(kind: CredentialKind, text: str) -> Callable[..., int]:
    def revoke(call: Call, name: Account, number: Id) -> int:
        from relto.usecases.accounts import revoke_credential

        with call.node() as opened:
            call.confirm(f"Revoke {kind} {number} of {name}, for good?")
            row = revoke_credential(opened.node, opened.desk, name, number, kind=kind, by=call.by)
            at = now(opened)
        said = f"{kind} {row.id} of account {row.account} is revoked"
        call.answer(credential_document(row, at), lambda screen: screen.line(said))
        return 0

    revoke.__doc__ = text
    return revoke


def _content(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            return opened.read(CERTIFICATE_BYTES_MAX + 1)
    except OSError as error:
        reason = (error.strerror or "it cannot be used").lower()
        raise BadInput("file-unreadable", f"`{file}` cannot be read: {reason}", path=file) from error


def _until(row: CredentialRow) -> str:
    from relto.faces.cli.screen import day_and_time

    return "" if row.expires_at is None else f", until {day_and_time(row.expires_at)}"


def credential_document(row: CredentialRow, at: int) -> dict[str, Any]:
    """A credential as JSON gives it: its number, and nothing by which anybody could come in."""
    state = "active" if row.is_live(at) else "revoked" if row.revoked_at is not None else "expired"
    document: dict[str, Any] = {
        "account": row.account,
        "id": str(row.id),
        "state": state,
        "label": row.label,
        "scopes": list(row.scopes),
        "made_at": written(row.made_at),
        "expires_at": None if row.expires_at is None else written(row.expires_at),
        "revoked_at": None if row.revoked_at is None else written(row.revoked_at),
    }
    if row.kind == "certificate":
        document["identifier"] = row.identifier
    if row.kind == "openid":
        document["issuer"], _, document["subject"] = row.identifier.partition(" ")
    return document
