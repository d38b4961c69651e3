"""Accounts: the list, one of them with all that it comes in by, opened, closed, and given another password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from markupsafe import Markup

from relto.domain.actor import ROLES
from relto.domain.errors import Conflict, ReltoError
from relto.domain.ids import account_name
from relto.domain.scope import SCOPES
from relto.faces.api.paging import paged
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.pages.admin.menu import PAGE, require_administrator, shown, told_moment
from relto.faces.console.visit import Shown, Went
from relto.faces.verbs import accounts, agreements, parties
from relto.ports.store import CredentialKind

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

DOES: Final = {
    "reader": "reads what its party receives",
    "contributor": "gives items in its party's name",
    "officer": "makes and amends agreements, pauses and resumes",
    "approver": "agrees to acts that others asked for, and rejects them",
    "auditor": "sees everything that its party gives, and changes nothing",
    "admin": "makes parties known, opens accounts, and acts for every party",
}
"""What a role may, in a line."""

CREDENTIALS_MAX: Final = 50
"""So many of each kind are shown, the newest first."""


def listed(visit: Visit) -> Shown:
    """The accounts that whoever looks may see, page by page; `find` narrows them by name, party and role."""
    wanted = visit.query.text("find").casefold()
    found = [
        each
        for each in accounts.list_(visit.caller)
        if any(wanted in text.casefold() for text in (each["account"], each["party"], *each["roles"]))
    ]
    rows, following = paged(found, ["account"], PAGE, visit.query.given("after"))
    whole = visit.caller.sight.is_whole
    values = {"accounts": rows, "found": len(found), "find": visit.query.text("find"), "following": following}
    return shown(visit, "accounts", {**values, "whole": whole})


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """One account."""
    return shown(visit, "account", of(visit, visit.names["account"]), error)


def of(visit: Visit, name: str) -> dict[str, Any]:
    """What is shown of it."""
    caller = visit.caller
    made = accounts.show(caller, account=name)
    kinds: dict[str, list[dict[str, Any]]] = {}
    for kind in get_args(CredentialKind):
        found = accounts.credentials(caller, account=name, kind=kind)
        kinds[kind] = sorted(found, key=lambda each: (each["state"] != "active", -int(each["id"])))
    return {
        "account": made,
        "does": DOES,
        "scopes": SCOPES,
        "credentials": {kind: rows[:CREDENTIALS_MAX] for kind, rows in kinds.items()},
        "credentials_more": {kind: max(0, len(rows) - CREDENTIALS_MAX) for kind, rows in kinds.items()},
        "sessions": accounts.sessions(caller, account=name),
        "issuer": caller.opened.config.openid.issuer if caller.sight.is_whole else "",
    }


# Opened.


def form(visit: Visit, error: ReltoError | None = None) -> Shown:
    """The form by which one is opened."""
    require_administrator(visit, "open accounts")
    return shown(visit, "account-form", {"does": DOES, "roles": ROLES, "scopes": SCOPES}, error)


def _said(visit: Visit) -> Said:
    form = visit.form
    token = form.text("by") == "token"
    return {
        "account": form.text("account"),
        "party": form.text("party"),
        "roles": form.texts("role"),
        "password": None if token else form.typed("password"),
        "token": token,
        "expires": form.given("expires") if token else None,
        "scopes": form.texts("scope") if token else (),
    }


def _asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "open accounts")
    name, party = account_name(said["account"]), said["party"]
    if any(each["account"] == name for each in accounts.list_(visit.caller)):
        raise Conflict("account-exists", f"there is an account `{name}` already", remedy="choose another name")
    found = parties.show(visit.caller, party=party)
    roles = said["roles"] or ("reader",)
    tells = [f"{name} acts for {party}, {found['name']}, from now on."]
    tells += [f"As {role} it {DOES[role]}." for role in roles if role in DOES]
    if "reader" in roles:
        reads = [each for each in agreements.list_(visit.caller) if party in each["collections"]]
        tells.append(f"It can read what {party} receives under {plural(len(reads), 'agreement')}.")
    if said["token"]:
        tells.append("Its token is made, and shown once, on the page that comes next.")
    else:
        tells.append("Leave the password empty, and one is made and shown once, on the page that comes next.")
    part = "" if said["token"] else "parts/admin/password.html"
    return Question(f"Open account {name}", "Open it", tells, part)


def told_once(visit: Visit, document: dict[str, Any], back: str, title: str) -> Answer:
    """The page that shows a secret which was made just now; on with no page where none was."""
    name = next((name for name in ("password", "token", "secret") if name in document), None)
    if name is None:
        return Went(back)
    return shown(visit, "secret", {"title": title, "what": name, "secret": document[name], "back": back})


def _then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    return told_once(visit, document, f"/admin/accounts/{said['account']}", f"Account {said['account']} is open")


ADD: Final = Act(accounts.add, _said, _asks, _then, form)


# Closed.


def _named(visit: Visit) -> Said:
    return {"account": visit.names["account"]}


def live_counts(visit: Visit, name: str) -> dict[str, int]:
    """How many of each kind let it in now."""
    found = {kind: accounts.credentials(visit.caller, account=name, kind=kind) for kind in get_args(CredentialKind)}
    return {kind: sum(each["state"] == "active" for each in rows) for kind, rows in found.items()}


def _revoke_asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "change accounts")
    name = said["account"]
    made = accounts.show(visit.caller, account=name)
    live = live_counts(visit, name)
    open_ = len(accounts.sessions(visit.caller, account=name))
    tells = [
        "It comes in no more, from the next request on. This is for good: there is no opening it again.",
        (
            f"{plural(live['token'], 'token')}, {plural(live['certificate'], 'certificate')} and "
            f"{plural(live['openid'], 'OpenID subject')} are good for nothing, and {plural(open_, 'session')} "
            f"{'is' if open_ == 1 else 'are'} over."
        ),
    ]
    if "reader" in made["roles"]:
        reads = [each for each in agreements.list_(visit.caller) if made["party"] in each["collections"]]
        tells.append(f"It reads under {plural(len(reads), 'agreement')}, and does so no more.")
    return Question(f"Close account {name}, for good", "Close it", tells, stops=True)


def to_account(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    """On at the account's page."""
    del visit, document
    return Went(f"/admin/accounts/{said['account']}")


REVOKE: Final = Act(accounts.revoke, _named, _revoke_asks, to_account, page)


# Another password, or another token.


def _password_said(visit: Visit) -> Said:
    return {"account": visit.names["account"], "password": visit.form.typed("password")}


def _password_asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "change accounts")
    name = said["account"]
    by_password = sum(each["how"] == "password" for each in accounts.sessions(visit.caller, account=name))
    tells = [
        "The password that it has is good for nothing from the next request on; tokens and certificates stay.",
        f"Whoever is signed in by it has to sign in anew: {plural(by_password, 'session')}.",
        "Leave the password empty, and one is made and shown once, on the page that comes next.",
    ]
    return Question(f"Give {name} another password", "Give it", tells, "parts/admin/password.html", stops=True)


def _password_then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    name = said["account"]
    return told_once(visit, document, f"/admin/accounts/{name}", f"Account {name} has another password")


PASSWORD: Final = Act(accounts.set_password, _password_said, _password_asks, _password_then, page)


def _rotate_said(visit: Visit) -> Said:
    form = visit.form
    return {
        "account": visit.names["account"],
        "token": form.given("token"),
        "overlap": form.given("overlap"),
        "expires": form.given("expires"),
    }


def _rotate_asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "change accounts")
    name = said["account"]
    live = live_counts(visit, name)["token"]
    which = f"Token {said['token']} is" if said["token"] else f"What it has now, {plural(live, 'token')}, is"
    until = Markup("good for nothing from the next request on")
    if said["overlap"]:
        until = Markup("good until {}").format(told_moment(visit, said["overlap"]))
    tells = [
        Markup("{} {}.").format(which, until),
        "The new token has the scopes, the label and the length of life of the old one; it is shown once.",
    ]
    return Question(f"Give {name} a new token", "Give it", tells, stops=True)


def _rotate_then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    name = said["account"]
    return told_once(visit, document, f"/admin/accounts/{name}", f"Account {name} has a new secret")


ROTATE: Final = Act(accounts.rotate, _rotate_said, _rotate_asks, _rotate_then, page)
