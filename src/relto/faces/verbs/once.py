"""Once: what changes something is done once under a key, however often it is asked for.

The key is claimed first (`usecases/idempotency.py`), the work is done on a node that writes its acts down under it, and
what came of it is kept for whoever asks again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from relto.domain.errors import ReltoError
from relto.usecases import idempotency

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.ports.store import IdempotencyRow
    from relto.wiring import Opened

Done = TypeVar("Done")


def once(
    opened: Opened,
    *,
    account: str,
    key: str,
    digest: str,
    work: Callable[[Opened], Done],
    failed: Callable[[ReltoError], Done],
    kept: Callable[[Done], tuple[int, str]],
    again: Callable[[IdempotencyRow], Done],
) -> Done:
    """What `work` gives, or `again` where it was done under this key before.

    `digest` stands for all that the work hangs on. `failed`: what is told where something was done and then refused.
    `kept`: the status and the text that are kept of it. Raises what `work` raises where nothing was done, and `Refused`
    (`idempotency-key-reused`, `idempotency-key-busy`, `idempotency-keys-too-many`).
    """
    node = opened.node
    row = idempotency.claim(node, account, key, digest)
    if row.state != "claimed":
        return again(row)
    try:
        done = work(replace(opened, node=replace(node, witness=idempotency.witness(row))))
    except ReltoError as error:
        if idempotency.release(node, row):
            raise
        # Something was done before it was refused, say an act that turned out to be out of date.
        done = failed(error)
    except BaseException:
        idempotency.release(node, row)
        raise
    status, answer = kept(done)
    idempotency.complete(node, row, status=status, answer=answer)
    return done
