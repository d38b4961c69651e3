"""Webhooks: where a party wants its notices to be sent, and how that goes.

An officer or an administrator of the party keeps them, and so does whoever administers the node; its auditors look.
What belongs to another party is not there for anybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.endpoint import Endpoint, Reach
from relto.domain.errors import Conflict, Refused, Unknown
from relto.domain.notice import wanted_kinds
from relto.domain.party import unknown_party
from relto.domain.webhook import Secret, Webhook, secret_from, webhook_url
from relto.usecases.notifying import LOOKS_INTO_ALL, inbox_of
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.domain.actor import Actor, Role
    from relto.domain.dispatch import Dispatch
    from relto.ports.node import Node
    from relto.ports.store import Snapshot, Transaction
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

KEEPERS: Final[tuple[Role, ...]] = ("officer", "admin")
LOOKERS: Final[tuple[Role, ...]] = ("officer", "admin", "auditor")
"""Who makes and removes a party's places, and who looks at them."""

WEBHOOKS_MAX: Final = 10
"""Webhooks of one party."""

WAITING_COUNTED: Final = 1_000
"""Notices that wait for one place are counted up to so many."""

FAILURES_SHOWN: Final = 5
"""So many of the latest notices that failed for good are told of one place."""

REPLAYED_MAX: Final = 1_000
"""So many notices that failed are sent again at once, the latest."""

KEEP_US: Final = 86_400_000_000
"""How long the old secret of a webhook goes on beside a new one, unless said: a day."""


@dataclass(frozen=True, slots=True)
class WebhookStatus:
    """A webhook; `waiting`: how many notices wait for it, counted up to a thousand; `failed`: the latest that failed
    for good.
    """

    webhook: Webhook
    waiting: int
    failed: tuple[Dispatch, ...]


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
    with changing(node, desk) as change:
        require_keeper(change, by, party, "add a webhook")
        ours = change.tx.webhooks(parties=[party])
        if any(each.url == url for each in ours):
            raise Conflict("webhook-exists", f"`{party}` has this webhook already", remedy="relto webhook list")
        if len(ours) >= WEBHOOKS_MAX:
            raise Refused("webhooks-too-many", f"`{party}` has {WEBHOOKS_MAX} webhooks, and may have no more")
        made = Secret(secret, change.now)
        webhook = Webhook(node.chance.uuid4(), party, url, (made,), wanted, change.now, by.account)
        change.tx.put_webhook(webhook)
        change.act("webhook-add", by, _order(webhook))
    return webhook, secret


def list_webhooks(node: Node, *, by: Actor, party: str | None = None) -> list[WebhookStatus]:
    """The webhooks of one party, or all that are there for the actor, each with what waits and what failed.

    Raises `Refused` (`role-missing`), `Unknown` (`party-unknown`).
    """
    with node.store.read() as snap:
        found = snap.webhooks(parties=looked_at(snap, by, party))
        return [WebhookStatus(each, *fared(snap, each.id)) for each in found]


def remove_webhook(node: Node, desk: PolicyDesk, webhook: str, *, by: Actor) -> Webhook:
    """It is not called any more, and what waited for it is forgotten.

    Raises `Unknown` (`webhook-unknown`), `Refused` (`role-missing`).
    """
    with changing(node, desk) as change:
        found = _found(change, webhook, by, "remove a webhook")
        change.tx.drop_target(found.id)
        change.act("webhook-remove", by, _order(found))
    return found


def rotate_webhook(
    node: Node, desk: PolicyDesk, webhook: str, *, by: Actor, keep_us: int = KEEP_US
) -> tuple[Webhook, str]:
    """A new secret; calls are signed with the old one as well for `keep_us` more. Raises as `remove_webhook` does."""
    secret = secret_from(node.chance.token().encode())
    with changing(node, desk) as change:
        found = _found(change, webhook, by, "rotate a webhook's secret")
        found = found.rotated(secret, at=change.now, keep_us=keep_us)
        change.tx.put_webhook(found)
        change.act("webhook-rotate", by, _order(found))
    return found, secret


def enable_webhook(
    node: Node, desk: PolicyDesk, webhook: str, *, by: Actor, since: int | None = None
) -> tuple[Webhook, int]:
    """It is called again; what failed for good since that moment (None: nothing) is sent again, and how many that are.

    Raises as `remove_webhook` does.
    """
    with changing(node, desk) as change:
        found = _found(change, webhook, by, "enable a webhook").enabled()
        change.tx.put_webhook(found)
        count = replayed(change.tx, found.id, since, at=change.now)
        change.act("webhook-enable", by, {**_order(found), "since": since, "notices": count})
    return found, count


def _order(webhook: Webhook) -> dict[str, object]:
    """What the record says of it: not the whole URL, which may hold a secret."""
    host = Endpoint.parse(webhook.url).authority
    return {"webhook": webhook.id, "party": webhook.party, "host": host, "kinds": list(webhook.kinds)}


def _found(change: Change, webhook: str, by: Actor, what: str) -> Webhook:
    found = change.tx.webhook(webhook)
    if found is None or not is_theirs(change, by, found.party):
        raise Unknown("webhook-unknown", f"there is no webhook `{webhook}`", remedy="relto webhook list")
    require_keeper(change, by, found.party, what)
    return found


# What webhooks and mailboxes have in common.


def require_keeper(change: Change, by: Actor, party: str, what: str) -> None:
    """Returns where the actor may keep a party's places, and there is such a party.

    Raises `Refused` (`role-missing`, `party-not-yours`), `Unknown` (`party-unknown`).
    """
    host = change.policy.host
    if not may_keep(by, party, host):
        by.require("admin" if "admin" in by.roles else "officer", for_={party}, host=host, what=what)
    if party not in change.policy.parties:
        raise unknown_party(party)


def may_keep(by: Actor, party: str, host: str) -> bool:
    """Whether the actor may keep a party's places, at a node of party `host`."""
    return any(by.may(role, for_={party}, host=host) for role in KEEPERS)


def is_theirs(change: Change, by: Actor, party: str) -> bool:
    """Whether what belongs to the party is there for the actor at all."""
    return by.party == party or by.is_host(change.policy.host)


def looked_at(snap: Snapshot, by: Actor, party: str | None) -> list[str] | None:
    """The parties whose places the actor looks at; None: all.

    Raises `Refused` (`role-missing`), `Unknown` (`party-unknown`).
    """
    if by.roles.isdisjoint(LOOKERS):
        by.require("officer", for_={by.party}, host=by.party, what="look at webhooks and mailboxes")
    of_all = by.party == snap.setting("party") and not LOOKS_INTO_ALL.isdisjoint(by.roles)
    if party is None:
        return None if of_all else [by.party]
    return [inbox_of(snap, by, party)]


def fared(snap: Snapshot, target: str) -> tuple[int, tuple[Dispatch, ...]]:
    """How many notices wait for a place, and the latest that failed for good."""
    waiting = len(snap.dispatches(target, state="waiting", limit=WAITING_COUNTED))
    return waiting, tuple(snap.dispatches(target, state="failed", limit=FAILURES_SHOWN))


def replayed(tx: Transaction, target: str, since: int | None, *, at: int) -> int:
    """Lets the notices that failed since then wait anew; how many."""
    if since is None:
        return 0
    failed = tx.dispatches(target, state="failed", since=since, limit=REPLAYED_MAX)
    tx.put_dispatches([row.again(at=at) for row in failed])
    return len(failed)
