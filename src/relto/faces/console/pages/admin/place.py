"""Where notices go: webhooks and mailboxes of parties, with their last answers; made, enabled, turned and removed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from relto.domain.errors import ReltoError, Unknown
from relto.domain.notice import KINDS
from relto.domain.place import FAILING
from relto.faces.api.paging import paged
from relto.faces.console.act import Act, Question
from relto.faces.console.drawing import plural
from relto.faces.console.pages.admin.account import told_once
from relto.faces.console.pages.admin.menu import PAGE, shown, told_moment
from relto.faces.console.visit import Shown, Went
from relto.faces.verbs import mailboxes, webhooks
from relto.usecases.places import may_keep

if TYPE_CHECKING:
    from relto.faces.console.act import Said
    from relto.faces.console.visit import Answer, Visit

HERE: Final = "/admin/notices"
URGENCY: Final = {"disabled": 0, "failing": 1, "active": 2}


def page(visit: Visit, error: ReltoError | None = None) -> Shown:
    """All places that whoever looks may see, those that get nothing first; `find` narrows them."""
    wanted = visit.query.text("find").casefold()
    found = [_row("webhook", each) for each in webhooks.list_(visit.caller)]
    found += [_row("mailbox", each) for each in mailboxes.list_(visit.caller)]
    found = [each for each in found if any(wanted in text.casefold() for text in (each["party"], each["where"]))]
    rows, following = paged(found, ["urgency", "party", "id"], PAGE, visit.query.given("after"))
    return shown(
        visit,
        "notices",
        {
            "targets": rows,
            "found": len(found),
            "find": visit.query.text("find"),
            "following": following,
            "kinds_of_notice": KINDS,
            "may": partial(_may_keep, visit, visit.caller.sight.policy.host),
            "mail": bool(visit.caller.opened.config.mail.host),
        },
        error,
    )


def _row(kind: str, each: dict[str, Any]) -> dict[str, Any]:
    failures = each["health"]["failures"]
    standing = "disabled" if each["state"] == "disabled" else "failing" if failures >= FAILING else "active"
    where = each["url"] if kind == "webhook" else each["address"]
    return {**each, "kind": kind, "id": each[kind], "where": where, "standing": standing, "urgency": URGENCY[standing]}


def _may_keep(visit: Visit, host: str, party: str) -> bool:
    return may_keep(visit.caller.by, party, host)


# Made.


def _webhook_said(visit: Visit) -> Said:
    form = visit.form
    return {"url": form.text("url"), "party": form.given("party"), "kinds": form.texts("kind")}


def _told_kinds(said: Said) -> str:
    return f"It is told of: {', '.join(said['kinds']) or 'everything'}, from the next notice on."


def _webhook_asks(visit: Visit, said: Said) -> Question:
    whose = said["party"] or visit.party
    endpoint = webhooks.read_url(visit.caller, url=said["url"])
    tells = [f"Notices of {whose} are sent to {endpoint}.", _told_kinds(said)]
    tells.append("The secret that calls are signed with is made, and shown once, on the page that comes next.")
    return Question(f"Have {endpoint} called with notices of {whose}", "Add it", tells)


def _webhook_then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del said
    return told_once(visit, document, HERE, f"Webhook {document['webhook']} of {document['party']}")


ADD_WEBHOOK: Final = Act(webhooks.add, _webhook_said, _webhook_asks, _webhook_then, page)


def _mailbox_said(visit: Visit) -> Said:
    form = visit.form
    return {
        "address": form.text("address"),
        "party": form.given("party"),
        "account": form.given("account"),
        "kinds": form.texts("kind"),
    }


def _mailbox_asks(visit: Visit, said: Said) -> Question:
    whose = said["party"] or visit.party
    tells = [f"Notices of {whose} are sent to {said['address']} by mail.", _told_kinds(said)]
    if said["account"]:
        tells.append(f"Nothing is sent any more once account {said['account']} is closed.")
    if not visit.caller.opened.config.mail.host:
        tells.append("No mail server is set on this node, so nothing is sent yet.")
    return Question(f"Send notices of {whose} to {said['address']}", "Add it", tells)


def _here(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    del visit, said, document
    return Went(HERE)


ADD_MAILBOX: Final = Act(mailboxes.add, _mailbox_said, _mailbox_asks, _here, page)


# Enabled, turned, removed.


def _found(visit: Visit, kind: str, name: str) -> dict[str, Any]:
    """The place, where it is there for whoever asks. Raises `Unknown` (`webhook-unknown`, `mailbox-unknown`)."""
    listed = webhooks.list_(visit.caller) if kind == "webhook" else mailboxes.list_(visit.caller)
    for each in listed:
        if each[kind] == name:
            return _row(kind, each)
    raise Unknown(f"{kind}-unknown", f"there is no {kind} `{name}`", remedy=f"relto {kind} list")


def _enable_said(kind: str) -> Callable[[Visit], Said]:
    def said(visit: Visit) -> Said:
        return {kind: visit.names["place"], "since": visit.form.given("since")}

    return said


def _enable_asks(kind: str) -> Callable[[Visit, Said], Question]:
    def asks(visit: Visit, said: Said) -> Question:
        found = _found(visit, kind, said[kind])
        tells = [f"{plural(found['waiting'], 'notice')} {'waits' if found['waiting'] == 1 else 'wait'} for it."]
        if said["since"]:
            tells.append(
                Markup("What failed for good since {} is sent again: {} failed so far, at most 1,000 are sent.").format(
                    told_moment(visit, said["since"], ahead=False), plural(found["health"]["failed"], "notice")
                )
            )
        else:
            tells.append("What failed for good is not sent again.")
        return Question(f"Send to {kind} {found['id']} of {found['party']} again", "Send to it", tells)

    return asks


def _remove_said(kind: str) -> Callable[[Visit], Said]:
    def said(visit: Visit) -> Said:
        return {kind: visit.names["place"]}

    return said


def _remove_asks(kind: str) -> Callable[[Visit, Said], Question]:
    def asks(visit: Visit, said: Said) -> Question:
        found = _found(visit, kind, said[kind])
        tells = [
            f"Nothing is sent to {found['where']} any more.",
            (
                f"{plural(found['waiting'], 'notice')} that {'waits' if found['waiting'] == 1 else 'wait'} for it "
                f"{'is' if found['waiting'] == 1 else 'are'} forgotten there; they stay among the party's notices."
            ),
        ]
        return Question(f"Remove {kind} {found['id']} of {found['party']}", "Remove it", tells, stops=True)

    return asks


def _turn_said(visit: Visit) -> Said:
    return {"webhook": visit.names["place"], "keep": visit.form.text("keep") or "1d"}


def _turn_asks(visit: Visit, said: Said) -> Question:
    found = _found(visit, "webhook", said["webhook"])
    tells = [
        Markup("Calls are signed with the new secret, and until {} with the old one beside it.").format(
            told_moment(visit, said["keep"])
        ),
        "The new secret is shown once, on the page that comes next.",
    ]
    return Question(f"Give webhook {found['id']} of {found['party']} a new secret", "Give it", tells)


def _turn_then(visit: Visit, said: Said, document: dict[str, Any]) -> Answer:
    return told_once(visit, document, HERE, f"Webhook {said['webhook']} has a new secret")


ENABLE_WEBHOOK: Final = Act(webhooks.enable, _enable_said("webhook"), _enable_asks("webhook"), _here, page)
REMOVE_WEBHOOK: Final = Act(webhooks.remove, _remove_said("webhook"), _remove_asks("webhook"), _here, page)
ROTATE_WEBHOOK: Final = Act(webhooks.rotate, _turn_said, _turn_asks, _turn_then, page)
ENABLE_MAILBOX: Final = Act(mailboxes.enable, _enable_said("mailbox"), _enable_asks("mailbox"), _here, page)
REMOVE_MAILBOX: Final = Act(mailboxes.remove, _remove_said("mailbox"), _remove_asks("mailbox"), _here, page)
