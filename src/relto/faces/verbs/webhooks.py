"""Webhooks: URLs that are called with a party's notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.endpoint import Endpoint
from relto.faces.verbs.caller import Caller, written
from relto.usecases import webhooks

if TYPE_CHECKING:
    from relto.domain.dispatch import Dispatch, Health
    from relto.domain.mailbox import Mailbox
    from relto.domain.webhook import Webhook


def add(caller: Caller, *, url: str, party: str | None = None, kinds: Sequence[str] = ()) -> dict[str, Any]:
    """Have a party (the caller's own unless said) called with its notices. The secret is shown this once."""
    made, secret = webhooks.add_webhook(
        caller.node, caller.desk, party or caller.by.party, url, by=caller.by, reach=caller.opened.reach, kinds=kinds
    )
    return {**_document(made), "secret": secret}


def list_(caller: Caller, *, party: str | None = None) -> list[dict[str, Any]]:
    """List webhooks, with what waits for each and what failed."""
    host = caller.sight.policy.host
    return [
        {
            **_document(each.webhook, whole=webhooks.may_keep(caller.by, each.webhook.party, host)),
            **fared(each.waiting, each.failed),
        }
        for each in webhooks.list_webhooks(caller.node, by=caller.by, party=party)
    ]


def remove(caller: Caller, *, webhook: str) -> dict[str, Any]:
    """Call it no more, and forget what waits for it."""
    return _document(webhooks.remove_webhook(caller.node, caller.desk, webhook, by=caller.by))


def rotate(caller: Caller, *, webhook: str, keep: str = "1d") -> dict[str, Any]:
    """Sign with a new secret, shown this once; the old one signs beside it until `keep`."""
    until = caller.when(keep)
    assert until is not None, "a moment was given"
    turned, secret = webhooks.rotate_webhook(
        caller.node, caller.desk, webhook, by=caller.by, keep_us=max(until - caller.now, 0)
    )
    return {**_document(turned), "secret": secret}


def enable(caller: Caller, *, webhook: str, since: str | None = None) -> dict[str, Any]:
    """Call it again; what failed for good since that moment is sent again."""
    found, count = webhooks.enable_webhook(
        caller.node, caller.desk, webhook, by=caller.by, since=caller.when(since, ahead=False)
    )
    return {**_document(found), "notices": count}


def _document(webhook: Webhook, *, whole: bool = True) -> dict[str, Any]:
    """A webhook without its secrets; of the URL, which may hold one, whoever only looks is told the host."""
    return {
        "webhook": webhook.id,
        "party": webhook.party,
        "url": webhook.url if whole else f"https://{Endpoint.parse(webhook.url).authority}",
        "secrets": [{"made_at": written(each.made_at), "until": written(each.until)} for each in webhook.secrets],
        **place(webhook),
    }


# What webhooks and mailboxes have in common.


def place(where: Webhook | Mailbox) -> dict[str, Any]:
    """How a place stands, whichever it is."""
    return {
        "kinds": list(where.kinds),
        "state": where.state,
        "why": where.why or None,
        "made_at": written(where.made_at),
        "made_by": where.made_by,
        "health": _health(where.health),
    }


def _health(health: Health) -> dict[str, Any]:
    return {
        "delivered": health.delivered,
        "failed": health.failed,
        "failures": health.failures,
        "failing_since": written(health.failing_since),
        "quiet_until": written(health.quiet_until or None),
        "last_at": written(health.last_at),
        "last_status": health.last_status or None,
        "last_answer": health.last_answer or None,
    }


def fared(waiting: int, failed: Sequence[Dispatch]) -> dict[str, Any]:
    """What waits for a place, and what was given up."""
    return {
        "waiting": waiting,
        "given_up": [
            {
                "notice": row.notice,
                "at": written(row.last_at),
                "tries": row.tries,
                "status": row.last_status or None,
                "answer": row.last_answer or None,
            }
            for row in failed
        ],
    }
