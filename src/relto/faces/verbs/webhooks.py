"""Webhooks: URLs that are called with a party's notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from relto.domain.endpoint import Endpoint
from relto.domain.webhook import webhook_url
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.places import fared, place
from relto.usecases import places
from relto.usecases.webhooks import WEBHOOKS, add_webhook, rotate_webhook

if TYPE_CHECKING:
    from relto.domain.webhook import Webhook


def add(caller: Caller, *, url: str, party: str | None = None, kinds: Sequence[str] = ()) -> dict[str, Any]:
    """Have a party (the caller's own unless said) called with its notices. The secret is shown this once."""
    made, secret = add_webhook(
        caller.node, caller.desk, party or caller.by.party, url, by=caller.by, reach=caller.opened.reach, kinds=kinds
    )
    return {**_document(made), "secret": secret}


def read_url(caller: Caller, *, url: str) -> str:
    """Say which host a URL names, before it is called. Raises `BadInput` where it may not be called."""
    webhook_url(url, caller.opened.reach)
    return Endpoint.parse(url).authority


def list_(caller: Caller, *, party: str | None = None) -> list[dict[str, Any]]:
    """List webhooks, with what waits for each and what failed."""
    host = caller.sight.policy.host
    return [
        {**_document(each.place, whole=places.may_keep(caller.by, each.place.party, host)), **fared(each)}
        for each in places.list_places(caller.node, WEBHOOKS, by=caller.by, party=party)
    ]


def remove(caller: Caller, *, webhook: str) -> dict[str, Any]:
    """Call it no more, and forget what waits for it."""
    return _document(places.remove_place(caller.node, caller.desk, WEBHOOKS, webhook, by=caller.by))


def rotate(caller: Caller, *, webhook: str, keep: str = "1d") -> dict[str, Any]:
    """Sign with a new secret, shown this once; the old one signs beside it until `keep`."""
    until = caller.when(keep)
    assert until is not None, "a moment was given"
    turned, secret = rotate_webhook(caller.node, caller.desk, webhook, by=caller.by, keep_us=max(until - caller.now, 0))
    return {**_document(turned), "secret": secret}


def enable(caller: Caller, *, webhook: str, since: str | None = None) -> dict[str, Any]:
    """Call it again; what failed for good since that moment is sent again."""
    since_us = caller.when(since, ahead=False)
    found, count = places.enable_place(caller.node, caller.desk, WEBHOOKS, webhook, by=caller.by, since=since_us)
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
