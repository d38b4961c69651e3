"""What an account receives: its collections, how much came when, and what its own client asked for last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.readers import main_way
from relto.usecases.readers import show_reader
from relto.usecases.reading.stock import stock
from relto.usecases.sequencing import carry_out_due

if TYPE_CHECKING:
    from relto.ports.store import AccountRow
    from relto.usecases.readers import ReaderStatus

DAYS: Final = 14
"""So many of the last days are told one by one."""


def collections(caller: Caller) -> list[dict[str, Any]]:
    """List the collections of the account that asks, with how many items can be read in each; of its party's own, how
    many came on each of the last days.
    """
    account = _account(caller)
    if account is None:
        return []
    found = caller.opened.reading.collections(account)
    carry_out_due(caller.node, caller.desk, caller.node.store.head())
    with caller.node.store.read() as snap:
        head = snap.head()
        policy = caller.desk.current(snap, head.policy_version)
        now = caller.node.now(head)
        rows = list(stock(snap, policy, account, found, now=now, days=DAYS))
    return [
        {
            "collection": each.collection.id,
            "alias": each.collection.alias,
            "title": each.collection.title,
            "own": each.collection.own,
            "writable": each.collection.writable,
            "items": each.items,
            "last": written(each.last),
            "days": [{"day": day, "released": items} for day, items in each.days],
        }
        for each in rows
    ]


def asked(caller: Caller) -> list[dict[str, Any]]:
    """Say what the client of the account that asks did last, agreement by agreement; nothing where it is no reader."""
    account = _account(caller)
    if account is None or "reader" not in account.roles:
        return []
    sight = caller.sight
    found = show_reader(caller.node, caller.desk, account.name)
    return [_asked(each) for each in found if sight.agreement(each.agreement)]


def _account(caller: Caller) -> AccountRow | None:
    """The account that asks, with no more roles than it came in with."""
    with caller.node.store.read() as snap:
        row = snap.account(caller.by.account)
    if row is None or row.revoked:
        return None
    return replace(row, roles=tuple(role for role in row.roles if role in caller.by.roles))


def _asked(each: ReaderStatus) -> dict[str, Any]:
    facts, main = each.facts, main_way(each)
    has_asked = facts is not None and bool(facts.polled_at)
    failed = facts is not None and bool(facts.failed_at)
    return {
        "agreement": each.agreement,
        "collection": each.collection,
        "polled_at": written(facts.polled_at) if facts is not None and has_asked else None,
        "endpoint": (facts.endpoint if facts is not None else "") or None,
        "asked": facts.asked if facts is not None and has_asked else None,
        "status": facts.status if facts is not None and has_asked else None,
        "items": facts.items if facts is not None and has_asked else None,
        "place": None if main is None else written(main.place),
        "waiting": None if main is None else main.items,
        "client": (facts.client if facts is not None else "") or None,
        "last_error": {"at": written(facts.failed_at), "status": facts.failed_status, "code": facts.failed_code or None}
        if facts is not None and failed
        else None,
    }
