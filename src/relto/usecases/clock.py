"""The clock: the moment by which something is written in a block beside policy is recorded in that block."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relto.ports.node import Node
    from relto.ports.store import Transaction


def recorded_now(node: Node, tx: Transaction) -> int:
    """The node's clock, for what is written in this block.

    INVARIANT: no leaf of the block is written by a clock that is further behind, though the machine's be set back
    before the block ends.
    """
    head = tx.head()
    now = node.now(head)
    tx.put_head(replace(head, clock_seen=max(now, head.clock_seen)))
    return now
