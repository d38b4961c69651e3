"""`relto account`: who reads and who acts, and how they prove it."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput
from relto.faces.cli import credential
from relto.faces.cli.call import Call, now, written
from relto.faces.cli.credential import Expires, Scopes, expiry
from relto.faces.cli.options import Account, PasswordStdin
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.cli.screen import Screen
    from relto.ports.store import AccountRow

LINE_MAX: Final = 8_192
"""Characters that are read for a password; a longer line is refused by the use case as too long."""


def register(app: typer.Typer) -> None:
    """Hang the verbs in."""
    accounts = group(app, "account", "Accounts: who reads and who acts, for which party.")
    verb(accounts, "add")(add)
    verb(accounts, "list")(list_)
    verb(accounts, "revoke", asks=True)(revoke)
    verb(accounts, "set-password")(set_password)
    verb(accounts, "rotate", asks=True)(rotate)
    credential.register(accounts)


def add(
    call: Call,
    name: Account,
    party: Annotated[str, typer.Option("--party", metavar="CODE", help="for whom it reads or acts")],
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            metavar="ROLE",
            help="reader (unless said), contributor, officer, approver, auditor, admin; repeat for more",
        ),
    ] = None,
    password_stdin: PasswordStdin = False,
    token: Annotated[bool, typer.Option("--token", help="make a bearer token in place of a password")] = False,
    expires: Expires = None,
    scope: Scopes = None,
) -> int:
    """Open an account. Unless told otherwise Relto makes its password, and shows it once."""
    from relto.usecases.accounts import add_account

    if password_stdin and token:
        raise BadInput("account-secret", "an account has a password or a token, not both")
    with call.node() as opened:
        password = _typed_password() if password_stdin else None
        row, made = add_account(
            opened.node,
            opened.desk,
            name,
            party=party,
            roles=role or (),
            by=call.by,
            password=password,
            token=token,
            expires_at=expiry(opened, expires),
            scopes=scope or (),
        )
    _answer(
        call,
        row,
        ["token"] if token else [],
        f"account {row.name} of {row.party} is open: {', '.join(row.roles)}",
        made,
        token=token,
    )
    return 0


def list_(call: Call) -> int:
    """List all accounts."""
    from relto.usecases.accounts import list_accounts, live_kinds

    with call.node() as opened:
        rows, kinds = list_accounts(opened.node), live_kinds(opened.node)
    call.answer(
        [account_document(row, kinds[row.name]) for row in rows],
        lambda screen: screen.table(
            ("account", "party", "proves itself by", "state", "roles"),
            [
                (
                    row.name,
                    row.party,
                    ", ".join(_proofs(row, kinds[row.name])),
                    "revoked" if row.revoked else "",
                    ", ".join(row.roles),
                )
                for row in rows
            ],
            empty="there are no accounts",
        ),
    )
    return 0


def revoke(call: Call, name: Account) -> int:
    """Close an account, from the next request on."""
    from relto.usecases import accounts

    with call.node() as opened:
        call.confirm(f"Revoke {name}, for good?")
        row = accounts.revoke(opened.node, opened.desk, name, by=call.by)
    _answer(call, row, [], f"account {row.name} is revoked", "")
    return 0


def set_password(call: Call, name: Account, password_stdin: PasswordStdin = False) -> int:
    """Give an account another password: the one on standard input, or one that Relto makes and shows once."""
    from relto.usecases import accounts

    with call.node() as opened:
        password = _typed_password() if password_stdin else None
        row, made = accounts.set_password(opened.node, opened.desk, name, by=call.by, password=password)
        kinds = accounts.live_kinds(opened.node)[name]
    _answer(call, row, kinds, f"account {row.name} has another password", made)
    return 0


def rotate(
    call: Call,
    name: Account,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="ID", help="this token alone; else all that it has, or its password"),
    ] = None,
    overlap: Annotated[
        str | None, typer.Option("--overlap", metavar="WHEN", help="until when the old token is good as well; else not")
    ] = None,
    expires: Expires = None,
) -> int:
    """Give an account a new token (or password, where it has one), shown once; the old one is good for nothing, or
    until the end of `--overlap`. The new token has the scopes, the label and the length of life of the old one.
    """
    from relto.usecases import accounts

    with call.node() as opened:
        call.confirm(f"Give {name} another secret, and make the present one good for nothing?")
        until = expiry(opened, overlap)
        row, made = accounts.rotate(
            opened.node,
            opened.desk,
            name,
            by=call.by,
            token=token,
            overlap_us=0 if until is None else until - now(opened),
            expires_at=expiry(opened, expires),
        )
        kinds = accounts.live_kinds(opened.node)[name]
    is_token = not row.secret or token is not None
    said = f"account {row.name} has another {'token' if is_token else 'password'}"
    _answer(call, row, kinds, said, made, token=is_token)
    return 0


def _typed_password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    line = sys.stdin.readline(LINE_MAX)
    if not line:
        raise BadInput("password-missing", "standard input holds no password", remedy="pipe one line into it")
    return line.rstrip("\n").removesuffix("\r")


def _proofs(row: AccountRow, kinds: Sequence[str]) -> list[str]:
    return ["password", *kinds] if row.secret else list(kinds)


def _answer(call: Call, row: AccountRow, kinds: Sequence[str], said: str, made: str, *, token: bool = False) -> None:
    document = account_document(row, kinds)
    if made:
        document["token" if token else "password"] = made

    def show(screen: Screen) -> None:
        screen.line(said)
        if made:
            screen.line(f"{'token' if token else 'password'}: {made}", whole=True)
            screen.note("it is shown this once: keep it now")

    call.answer(document, show)


def account_document(row: AccountRow, kinds: Sequence[str]) -> dict[str, Any]:
    """An account as JSON gives it, without its secrets. `kinds` are those of its live credentials."""
    proofs = _proofs(row, kinds)
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
