"""`relto account token|certificate|openid|session`: what an account comes in by, beside its password."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput
from relto.faces.cli.call import Call
from relto.faces.cli.options import Account
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.faces.cli.screen import Screen
    from relto.ports.store import CredentialKind

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
    from relto.faces.verbs import accounts

    made = call.ask(accounts.add_token, account=name, label=label, scopes=scope or (), expires=expires)
    until = f", until {_moment(made['expires_at'])}" if made["expires_at"] else ""

    def show(screen: Screen) -> None:
        screen.line(f"token {made['id']} of account {name}: {', '.join(made['scopes'])}{until}")
        screen.line(f"token: {made['token']}", whole=True)
        screen.note("it is shown this once: keep it now")

    call.answer(made, show)
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
    from relto.faces.verbs import accounts

    added = call.ask(
        accounts.add_certificate,
        account=name,
        certificate=_as_pem(_content(file)),
        by_name=by_name,
        label=label,
        scopes=scope or (),
        expires=expires,
    )
    said = f"account {name} comes in by certificate {added['id']}: {added['label']}"
    call.answer(added, lambda screen: screen.line(said))
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
    from relto.faces.verbs import accounts

    added = call.ask(accounts.add_openid, account=name, subject=subject, issuer=issuer, label=label)
    said = f"account {name} signs in as {added['subject']} of {added['issuer']}"
    call.answer(added, lambda screen: screen.line(said))
    return 0


def session_list(call: Call, name: Account) -> int:
    """List the sessions of an account that are not over."""
    from relto.faces.verbs import accounts

    found = call.ask(accounts.sessions, account=name)
    call.answer(
        found,
        lambda screen: screen.table(
            ("signed in", "by", "last seen", "ends"),
            [
                (_moment(each["made_at"]), each["how"], _moment(each["seen_at"]), _moment(each["expires_at"]))
                for each in found
            ],
            empty=f"nobody is signed in as {name}",
        ),
    )
    return 0


def session_end(call: Call, name: Account) -> int:
    """Sign an account out everywhere, from the next request on; it may sign in again."""
    from relto.faces.cli.screen import some
    from relto.faces.verbs import accounts

    call.confirm(f"End all sessions of {name}?")
    ended = call.ask(accounts.end_sessions, account=name)
    call.answer(ended, lambda screen: screen.line(f"{some(ended['ended'], 'session')} ended"))
    return 0


def _lister(kind: CredentialKind, text: str) -> Callable[..., int]:
    def list_(call: Call, name: Account) -> int:
        from relto.faces.verbs import accounts

        found = call.ask(accounts.credentials, account=name, kind=kind)
        call.answer(
            found,
            lambda screen: screen.table(
                ("id", "state", "made", "expires", "scopes", "label"),
                [_row(each) for each in found],
                empty=f"account {name} has no {kind}",
            ),
        )
        return 0

    list_.__doc__ = text
    return list_


def _row(document: dict[str, Any]) -> tuple[str, ...]:
    return (
        document["id"],
        document["state"],
        _moment(document["made_at"]),
        _moment(document["expires_at"]),
        ", ".join(document["scopes"]),
        document["label"] or document.get("subject", ""),
    )


def _revoker(kind: CredentialKind, text: str) -> Callable[..., int]:
    def revoke(call: Call, name: Account, number: Id) -> int:
        from relto.faces.verbs import accounts

        call.confirm(f"Revoke {kind} {number} of {name}, for good?")
        revoked = call.ask(accounts.revoke_credential, account=name, kind=kind, credential=number)
        call.answer(revoked, lambda screen: screen.line(f"{kind} {number} of account {name} is revoked"))
        return 0

    revoke.__doc__ = text
    return revoke


def _as_pem(content: bytes) -> str:
    """The certificate as text; what is no text is taken for DER."""
    import ssl

    return content.decode() if content.isascii() else ssl.DER_cert_to_PEM_cert(content)


def _content(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            return opened.read(CERTIFICATE_BYTES_MAX + 1)
    except OSError as error:
        reason = (error.strerror or "it cannot be used").lower()
        raise BadInput("file-unreadable", f"`{file}` cannot be read: {reason}", path=file) from error


def _moment(text: str | None) -> str:
    """A moment of an answer, for people."""
    return "" if text is None else text[:19].replace("T", " ") + "Z"
