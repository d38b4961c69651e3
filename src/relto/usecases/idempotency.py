"""Idempotency: an act that was asked for under a key is done once, however often its request comes.

The key is claimed before anything else, durably. The acts are written down under it in their own transaction, so that
a crash leaves one of three things: a claim and no act (whoever comes after `CLAIM_US` does the work), an act under its
key and no answer (the next is told what the record says of the act), or all of it (the next is given the same answer).
Whoever is overtaken, because it took longer than a claim lasts, can no longer act: its transaction is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from relto.domain.errors import Refused
from relto.ports.store import IdempotencyRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relto.ports.node import Node
    from relto.ports.store import Transaction

KEPT_US: Final = 48 * 3_600_000_000
"""How long a key is kept, at least."""

CLAIM_US: Final = 60_000_000
"""How long whoever claimed a key may be silent before another may take its place."""

KEYS_MAX: Final = 10_000
"""Keys that an account may have at once."""

ANSWER_CHARS_MAX: Final = 1_048_576
"""A longer answer is not kept; what the record says of its acts is given in its place."""


def claim(node: Node, account: str, key: str, digest: str) -> IdempotencyRow:
    """The key as it stands: `claimed`, by this call and for its caller to work on; else what came of it before.

    Raises `Refused` (`idempotency-key-reused`, `idempotency-key-busy`, `idempotency-keys-too-many`).
    """
    with node.store.write() as tx:
        now = node.now(tx.head())
        tx.forget_idempotency(account=account, before=now - KEPT_US)
        row = tx.idempotency(account, key)
        if row is None and tx.idempotency_keys(account) >= KEYS_MAX:
            raise Refused("idempotency-keys-too-many", f"{KEYS_MAX} keys of this account are kept already")
        if row is not None and row.digest != digest:
            raise Refused(
                "idempotency-key-reused", "this key was used for another request", remedy="draw a new key for each act"
            )
        if row is not None and row.state != "claimed":
            return row
        if row is not None and now - row.at < CLAIM_US:
            raise _busy()
        mine = IdempotencyRow(account, key, digest, node.chance.uuid4(), "claimed", now)
        tx.put_idempotency(mine)
    return mine


def witness(row: IdempotencyRow) -> Callable[[Transaction, Sequence[int]], None]:
    """What `Node.witness` is, for whoever works under the key: the acts of a transaction are written down in it."""

    def note(tx: Transaction, acts: Sequence[int]) -> None:
        found = tx.idempotency(row.account, row.key)
        if found is None or found.claim != row.claim:
            raise _busy()
        tx.put_idempotency(replace(found, state="acted", acts=(*found.acts, *acts)))

    return note


def complete(node: Node, row: IdempotencyRow, *, status: int, answer: str) -> None:
    """Keeps the answer. An empty one stands for what the record says."""
    with node.store.write() as tx:
        found = tx.idempotency(row.account, row.key)
        if found is not None and found.claim == row.claim:
            kept = answer if len(answer) <= ANSWER_CHARS_MAX else ""
            tx.put_idempotency(replace(found, state="done", status=status, answer=kept))


def release(node: Node, row: IdempotencyRow) -> bool:
    """Forgets the key where nothing was done under it, so that the next request is judged anew; whether it did."""
    with node.store.write() as tx:
        found = tx.idempotency(row.account, row.key)
        if found is None or found.claim != row.claim or found.state != "claimed":
            return False
        tx.drop_idempotency(row.account, row.key)
    return True


def tidy(node: Node) -> None:
    """Forgets the keys of everybody that are kept no longer: those of accounts that ask for nothing more as well."""
    with node.store.write() as tx:
        tx.forget_idempotency(before=node.now(tx.head()) - KEPT_US)


def _busy() -> Refused:
    return Refused("idempotency-key-busy", "a request with this key is being worked on", remedy="ask again shortly")
