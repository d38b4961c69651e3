"""The clock: the moment by which something is decided or written in a block is the one by which its leaves are written.

Whoever goes by the clock in a block that writes leaves reads it here, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relto.ports.node import Node
    from relto.ports.store import Transaction


def recorded_now(node: Node, tx: Transaction) -> int:
    """The node's clock. In one block it never goes back, though the machine's be set back before the block ends."""
    return tx.by_clock(node.now(tx.head()))
