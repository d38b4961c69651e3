"""Credentials: tokens, certificates and OpenID subjects by which an account comes in, and its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from relto.domain.errors import BadInput, Unknown
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.pages.admin.account import page, to_account, told_once
from relto.faces.console.pages.admin.menu import require_administrator, told_moment
from relto.faces.verbs import accounts

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

KINDS: Final = {"token": "token", "certificate": "certificate", "openid": "OpenID subject"}
"""How a kind is called."""


def _until(visit: Visit, said: Said) -> str:
    if not said["expires"]:
        return "It does not expire."
    return Markup("It is good until {}.").format(told_moment(visit, said["expires"]))


def _scopes(said: Said) -> str:
    return f"It may be used for: {', '.join(said['scopes']) or 'all that the account may do'}."


# Tokens.


def _token_said(visit: Visit) -> Said:
    form = visit.form
    return {
        "account": visit.names["account"],
        "label": form.text("label"),
        "scopes": form.texts("scope"),
        "expires": form.given("expires"),
    }


def _token_asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "change accounts")
    tells = [_scopes(said), _until(visit, said), "It is shown once, on the page that comes next."]
    return Question(f"Make a token for {said['account']}", "Make it", tells)


def _token_then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    back = f"/admin/accounts/{said['account']}"
    return told_once(visit, document, back, f"Token {document['id']} of account {said['account']}")


ADD_TOKEN: Final = Act(accounts.add_token, _token_said, _token_asks, _token_then, page)


# Certificates.


def _certificate_said(visit: Visit) -> Said:
    form = visit.form
    pem = form.text("certificate")
    if not pem:
        raise BadInput("certificate-invalid", "paste a certificate as PEM text")
    return {
        "account": visit.names["account"],
        "certificate": pem,
        "by_name": form.has("by_name"),
        "label": form.text("label"),
        "scopes": form.texts("scope"),
        "expires": form.given("expires"),
    }


def _certificate_asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "change accounts")
    found = accounts.read_certificate(visit.caller, certificate=said["certificate"])
    tells = [f"Subject: {found['subject'] or 'none'}", f"Fingerprint: {found['fingerprint']}"]
    tells.append(
        "Whatever bears this subject from its issuer lets the account in, a renewed one as well."
        if said["by_name"]
        else "This very certificate lets the account in, and no other."
    )
    tells += [_scopes(said), _until(visit, said)]
    return Question(f"Let {said['account']} come in by a certificate", "Let it in", tells)


ADD_CERTIFICATE: Final = Act(accounts.add_certificate, _certificate_said, _certificate_asks, to_account, page)


# OpenID.


def _openid_said(visit: Visit) -> Said:
    form = visit.form
    return {
        "account": visit.names["account"],
        "subject": form.text("subject"),
        "issuer": form.given("issuer"),
        "label": form.text("label"),
    }


def _openid_asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "change accounts")
    issuer = said["issuer"] or visit.caller.opened.config.openid.issuer
    if not issuer:
        raise BadInput("openid-unset", "this node has no OpenID provider", remedy="name the issuer")
    tells = [f"Whoever the provider {issuer} calls “{said['subject']}” signs in as this account, with all that it may."]
    return Question(f"Let {said['account']} sign in as an OpenID subject", "Let it in", tells)


ADD_OPENID: Final = Act(accounts.add_openid, _openid_said, _openid_asks, to_account, page)


# Taken back.


def _revoke_said(visit: Visit) -> Said:
    kind = visit.names["kind"]
    if kind not in KINDS:
        raise Unknown("credential-unknown", "there is no such kind of credential")
    return {"account": visit.names["account"], "kind": kind, "credential": visit.names["credential"]}


def _revoke_asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "change accounts")
    rows = accounts.credentials(visit.caller, account=said["account"], kind=said["kind"])
    found = next((each for each in rows if each["id"] == said["credential"]), None)
    if found is None:
        raise Unknown("credential-unknown", f"the account has no {KINDS[said['kind']]} `{said['credential']}`")
    tells = ["It is good for nothing from the next request on, for good; sessions that were begun by it are over."]
    if found["label"]:
        tells.insert(0, f"It is labelled “{found['label']}”.")
    left = sum(each["state"] == "active" and each["id"] != found["id"] for each in rows)
    tells.append(f"{plural(left, KINDS[said['kind']])} of the account {'is' if left == 1 else 'are'} left.")
    title = f"Revoke {KINDS[said['kind']]} {said['credential']} of {said['account']}"
    return Question(title, "Revoke it", tells, stops=True)


REVOKE: Final = Act(accounts.revoke_credential, _revoke_said, _revoke_asks, to_account, page)


# Sessions.


def _named(visit: Visit) -> Said:
    return {"account": visit.names["account"]}


def _end_asks(visit: Visit, said: Said) -> Question:
    require_administrator(visit, "change accounts")
    found = len(accounts.sessions(visit.caller, account=said["account"]))
    tells = [f"{plural(found, 'session')} {'is' if found == 1 else 'are'} over; it may sign in again."]
    if said["account"] == visit.account:
        tells.append("Yours is among them: you have to sign in again.")
    return Question(f"Sign {said['account']} out everywhere", "Sign it out", tells, stops=True)


END_SESSIONS: Final = Act(accounts.end_sessions, _named, _end_asks, to_account, page)
