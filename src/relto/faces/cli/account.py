"""`relto account`: who reads and who acts, and how they prove it."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput
from relto.faces.cli import credential
from relto.faces.cli.call import Call
from relto.faces.cli.credential import Expires, Scopes
from relto.faces.cli.options import Account, PasswordStdin
from relto.faces.cli.verb import group, verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

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
    from relto.faces.verbs import accounts

    if password_stdin and token:
        raise BadInput("account-secret", "an account has a password or a token, not both")
    document = call.ask(
        accounts.add,
        account=name,
        party=party,
        roles=role or (),
        password=_typed_password() if password_stdin else None,
        token=token,
        expires=expires,
        scopes=scope or (),
    )
    _answer(call, document, f"account {name} of {document['party']} is open: {', '.join(document['roles'])}")
    return 0


def list_(call: Call) -> int:
    """List all accounts."""
    from relto.faces.verbs import accounts

    found = call.ask(accounts.list_)
    call.answer(
        found,
        lambda screen: screen.table(
            ("account", "party", "proves itself by", "state", "roles"),
            [
                (
                    each["account"],
                    each["party"],
                    ", ".join(each["proofs"]),
                    "revoked" if each["revoked"] else "",
                    ", ".join(each["roles"]),
                )
                for each in found
            ],
            empty="there are no accounts",
        ),
    )
    return 0


def revoke(call: Call, name: Account) -> int:
    """Close an account, from the next request on."""
    from relto.faces.verbs import accounts

    call.confirm(f"Revoke {name}, for good?")
    _answer(call, call.ask(accounts.revoke, account=name), f"account {name} is revoked")
    return 0


def set_password(call: Call, name: Account, password_stdin: PasswordStdin = False) -> int:
    """Give an account another password: the one on standard input, or one that Relto makes and shows once."""
    from relto.faces.verbs import accounts

    password = _typed_password() if password_stdin else None
    document = call.ask(accounts.set_password, account=name, password=password)
    _answer(call, document, f"account {name} has another password")
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
    from relto.faces.verbs import accounts

    call.confirm(f"Give {name} another secret, and make the present one good for nothing?")
    document = call.ask(accounts.rotate, account=name, token=token, overlap=overlap, expires=expires)
    _answer(call, document, f"account {name} has another {'token' if 'token' in document else 'password'}")
    return 0


def _typed_password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    line = sys.stdin.readline(LINE_MAX)
    if not line:
        raise BadInput("password-missing", "standard input holds no password", remedy="pipe one line into it")
    return line.rstrip("\n").removesuffix("\r")


def _answer(call: Call, document: dict[str, Any], said: str) -> None:
    made = next((name for name in ("password", "token") if name in document), None)

    def show(screen: Screen) -> None:
        screen.line(said)
        if made is not None:
            screen.line(f"{made}: {document[made]}", whole=True)
            screen.note("it is shown this once: keep it now")

    call.answer(document, show)
