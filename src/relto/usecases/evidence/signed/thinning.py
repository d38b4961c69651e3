"""Thinning: a busy node signs every second, and of old checkpoints only those are kept that still say something.

All of the last day are kept. Of those before, the last of each hour by the node's clock, and beyond them each one that

1. has a time stamp or a cosignature,
2. is the last under one of the keys that signed it: behind it the log is believed by another key alone, which a leaf
   before it names,
3. is the first after an era began.

No promise rests on the others: whoever remembers one is proven from the tree, at any size, that the log continues it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput
from relto.domain.note import Note

if TYPE_CHECKING:
    from relto.ports.store import CheckpointRow, Transaction

DAY_US: Final = 86_400_000_000
HOUR_US: Final = 3_600_000_000

PORTION: Final = 64
"""So many checkpoints are judged at once: a node that signs every second makes one meanwhile, so that it catches up
with whatever is left from before, and nobody who waits to write notices.
"""


@dataclass(slots=True)
class Thinning:
    """How far a process has come: the checkpoints of at most `upto` leaves were judged, and each once is enough.

    Another process, or this one when it begins again, begins at the first: few are left there.
    """

    upto: int = 0


def thin(tx: Transaction, upto: int, *, at: int) -> int:
    """Drops what needs not be kept among the next checkpoints beyond `upto`; up to where they were judged."""
    rows = tx.checkpoints(first=upto + 1, limit=PORTION + 1)
    # Each is judged by the one behind it, so the last has to wait.
    old = list(takewhile(lambda row: row.at <= at - DAY_US, rows[:-1]))
    if not old:
        return upto
    # By party too, because leaves are found so without those of deliveries, which are the most.
    eras = tx.leaves(first=upto, last=old[-1].size - 1, kind="era", party="", limit=PORTION)
    # A leaf is in the checkpoints of more leaves than its number.
    first = {bisect_right(old, number, key=lambda row: row.size) for number, _ in eras}
    keys = [_keys(row) for row in rows[: len(old) + 1]]
    dropped = [
        row.size
        for place, row in enumerate(old)
        if row.at // HOUR_US == rows[place + 1].at // HOUR_US and keys[place] <= keys[place + 1] and place not in first
    ]
    tx.drop_checkpoints(dropped)
    return old[-1].size


def _keys(row: CheckpointRow) -> frozenset[bytes | None]:
    """The ids of the keys that signed it. One that cannot be read is no judge of others, and stays."""
    try:
        return frozenset(each.key_id for each in Note.parse(row.note).signatures)
    except BadInput:
        return frozenset({None})
