"""Webhooks: URLs that are called with a party's notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.errors import Conflict, Refused
from relto.domain.notice import wanted_kinds
from relto.domain.webhook import Secret, Webhook, secret_from, webhook_url
from relto.usecases.places import Kind, found_place, require_keeper
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.domain.actor import Actor
    from relto.domain.endpoint import Reach
    from relto.ports.node import Node
    from relto.usecases.policy import PolicyDesk

WEBHOOKS_MAX: Final = 10
"""Webhooks of one party."""

KEEP_US: Final = 86_400_000_000
"""How long the old secret of a webhook goes on beside a new one, unless said: a day."""


def add_webhook(
    node: Node, desk: PolicyDesk, party: str, url: str, *, by: Actor, reach: Reach, kinds: Iterable[str] = ()
) -> tuple[Webhook, str]:
    """A new webhook, and the secret that its calls are signed with. It gets what the party is told from now on.

    Raises `BadInput` (`webhook-url-invalid`, `webhook-url-refused`, `notice-kind-unknown`), `Unknown`
    (`party-unknown`), `Conflict` (`webhook-exists`), `Refused` (`webhooks-too-many`, `role-missing`,
    `party-not-yours`).
    """
    webhook_url(url, reach)
    wanted = wanted_kinds(kinds)
    secret = secret_from(node.chance.token().encode())
    with changing(node, desk, by=by) as change:
        require_keeper(change, by, party, "add a webhook")
        ours = change.tx.webhooks(parties=[party])
        if any(each.url == url for each in ours):
            raise Conflict("webhook-exists", f"`{party}` has this webhook already", remedy="relto webhook list")
        if len(ours) >= WEBHOOKS_MAX:
            raise Refused("webhooks-too-many", f"`{party}` has {WEBHOOKS_MAX} webhooks, and may have no more")
        made = Secret(secret, change.now)
        webhook = Webhook(node.chance.uuid4(), party, url, (made,), wanted, change.now, by.account)
        change.tx.put_webhook(webhook)
        change.act("webhook-add", by, webhook.recorded())
    return webhook, secret


def rotate_webhook(
    node: Node, desk: PolicyDesk, webhook: str, *, by: Actor, keep_us: int = KEEP_US
) -> tuple[Webhook, str]:
    """A new secret; calls are signed with the old one as well for `keep_us` more. Raises as
    `remove_place` does.
    """
    secret = secret_from(node.chance.token().encode())
    with changing(node, desk, by=by) as change:
        found = found_place(change, WEBHOOKS, webhook, by, "rotate a webhook's secret")
        found = found.rotated(secret, at=change.now, keep_us=keep_us)
        change.tx.put_webhook(found)
        change.act("webhook-rotate", by, found.recorded())
    return found, secret


WEBHOOKS: Final[Kind[Webhook]] = Kind(
    "webhook",
    lambda snap, webhook: snap.webhook(webhook),
    lambda snap, parties: snap.webhooks(parties=parties),
    lambda tx, webhook: tx.put_webhook(webhook),
)
