"""The first page of administration: what is wrong, then what there is, with counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.faces.console.pages.admin.menu import sections, shown
from relto.faces.verbs import accounts, mailboxes, node, parties, topics, webhooks

if TYPE_CHECKING:
    from relto.faces.console.visit import Shown, Visit

FINDINGS_MAX = 12


def page(visit: Visit) -> Shown:
    """What whoever looks may see of it."""
    open_ = {each.address for each in sections(visit)}
    report = node.doctor(visit.caller) if "/admin/health" in open_ else None
    findings = [] if report is None else report["findings"]
    return shown(
        visit,
        "index",
        {
            "report": report,
            "findings": findings[:FINDINGS_MAX],
            "more": max(0, len(findings) - FINDINGS_MAX),
            "counts": _counts(visit, open_),
        },
    )


def _counts(visit: Visit, open_: set[str]) -> dict[str, list[tuple[int, str, str]]]:
    """By address, how many there are of what: a count, and its words for one and for many."""
    caller = visit.caller
    known, accounted = parties.counts(caller), accounts.counts(caller)
    found: dict[str, list[tuple[int, str, str]]] = {
        "/admin/parties": [
            (known["parties"], "party", "parties"),
            (known["groups"], "group with members", "groups with members"),
        ],
        "/admin/accounts": [(accounted["open"], "open account", "open accounts")],
    }
    if accounted["closed"]:
        found["/admin/accounts"].append((accounted["closed"], "closed", "closed"))
    if "/admin/notices" in open_:
        called, written = webhooks.list_(caller), mailboxes.list_(caller)
        found["/admin/notices"] = [(len(called), "webhook", "webhooks"), (len(written), "mailbox", "mailboxes")]
        broken = sum(_is_broken(each) for each in (*called, *written))
        if broken:
            found["/admin/notices"].append((broken, "gets nothing", "get nothing"))
    if "/admin/topics" in open_:
        found["/admin/topics"] = [(len(topics.list_(caller)), "topic", "topics")]
    if "/admin/settings" in open_:
        changed = sum(each["source"] != "default" for each in node.config_show(caller))
        found["/admin/settings"] = [(changed, "set otherwise than by default", "set otherwise than by default")]
    return found


def _is_broken(each: dict[str, Any]) -> bool:
    return bool(each["state"] != "active" or each["health"]["failures"])
