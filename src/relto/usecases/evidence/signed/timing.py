"""Timing: the log's checkpoints get time stamps, so that when they were there need not be believed of this node.

A checkpoint covers all leaves before it, so one now and then is enough. The authority is asked outside of any block of
the database: whatever it does, nobody waits for it but whoever called.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from relto.domain.errors import BadInput
from relto.ports.store import TimestampRow

if TYPE_CHECKING:
    from relto.domain.stamp import Stamp
    from relto.ports.authority import Authority, Claim
    from relto.ports.node import Node
    from relto.ports.store import CheckpointRow, Snapshot


def stamp_checkpoint(node: Node, authority: Authority, *, every_us: int) -> TimestampRow | None:
    """Gives the latest checkpoint a time stamp, where it has none and the last one is `every_us` old; the row that was
    kept, or None.

    Several processes may do so at once: then each asks, and the first to come keeps its token. Raises `Unreachable` as
    `Authority.stamped` and the store do; nothing is kept then, and the next call asks again.
    """
    with node.store.read() as snap:
        checkpoint, now = snap.last_checkpoint(), node.now(snap.head())
        if checkpoint is None or not _is_due(snap, checkpoint, now, every_us):
            return None
    token = authority.stamped(sha256(checkpoint.note).digest())
    # A crash from here on loses a token, and nothing else: there will be another.
    with node.store.write() as tx:
        at, found = node.now(tx.head()), tx.checkpoints(first=checkpoint.size, limit=1)
        # Another process may have been first, or the checkpoint was signed anew: then the token is of nothing here.
        if found != [checkpoint] or not _is_due(tx, checkpoint, at, every_us):
            return None
        row = TimestampRow(checkpoint.size, at, token)
        tx.put_timestamp(row)
    return row


def last_stamp(snap: Snapshot, read: Claim) -> tuple[int, Stamp] | None:
    """The last time stamp, by what it says itself, and of how many leaves its checkpoint is; None where there is none,
    or where what is kept is none (`relto log verify` says so).
    """
    row = snap.last_timestamp()
    found = [] if row is None else snap.checkpoints(first=row.size, limit=1)
    if row is None or not found or found[0].size != row.size:
        return None
    try:
        return row.size, read(row.token, sha256(found[0].note).digest())
    except BadInput:
        return None


def _is_due(snap: Snapshot, checkpoint: CheckpointRow, now: int, every_us: int) -> bool:
    last = snap.last_timestamp()
    return last is None or (last.size < checkpoint.size and last.at + every_us <= now)
