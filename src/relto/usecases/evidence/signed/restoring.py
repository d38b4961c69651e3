"""Restoring: a node that goes on from a backup opens an era, and its log says so.

Whatever the node wrote after the backup is gone, the log's leaves among it. Partners may have items, dates and
checkpoints of that time; nothing that is given from now on may be taken for them. The leaf of the era says from where
the node goes on, so that whoever finds that leaves are gone which were signed is told why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput
from relto.domain.note import Note
from relto.domain.written import shown
from relto.usecases.evidence.making.leaves import BlockLeaves
from relto.usecases.evidence.making.recording import add_leaves
from relto.usecases.evidence.signed.signing import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relto.ports.store import Transaction

GAP: Final = 1_000_000
"""Numbers that are left free at least."""

ITEMS_OF_LEAF_MAX: Final = 25_000
"""No leaf tells of more items than this that came in at once."""

GAP_MAX: Final = 2**48
"""No more are left free, whatever a checkpoint says: numbers are to last."""


def read_checkpoint(raw: bytes) -> tuple[str, Checkpoint]:
    """A checkpoint that somebody kept, as text and read. Raises `BadInput` (`note-invalid`, `checkpoint-invalid`)."""
    note = Note.parse(raw)
    return note.as_bytes().decode(), Checkpoint.parse(note.text)


def gap_beyond(after: Checkpoint | None) -> Callable[[int], int]:
    """How many numbers are left free, by how many leaves the backup has: each leaf up to the checkpoint `after`, which
    was signed after the backup, may have told of that many items.
    """

    def gap(size: int) -> int:
        lost = 0 if after is None else max(after.size - size, 0)
        return min(max(GAP, lost * ITEMS_OF_LEAF_MAX), GAP_MAX)

    return gap


def open_era(
    tx: Transaction,
    *,
    made_at: int,
    at: int,
    after: str,
    inboxes: Mapping[str, int],
    salt: Callable[[], bytes],
) -> None:
    """Has the log say, in the block that restores, that an era begins. `made_at`: when the backup was made; `after`:
    the checkpoint that the operator named as signed after it, or empty. The head is that of the era already.

    Raises `BadInput` (`origin-unknown`) where the checkpoint is of another log.
    """
    head, log, origin = tx.head(), tx.log(), tx.setting(ORIGIN)
    if after and origin is not None and (named := read_checkpoint(after.encode())[1].origin) != origin:
        raise BadInput("origin-unknown", f"this is of the log {shown(named)}, not of {shown(origin)}")
    leaves = BlockLeaves()
    leaves.add("era", {"size": log.size, "backup_at": made_at, "after": after or None})
    # Apart, as the place of a delivery is: how much was recorded, and for whom, is not for every partner to see.
    beyond: dict[str, Any] = {
        "last_seq": head.last_seq,
        "last_given": head.last_given,
        "version": head.policy_version,
        "inboxes": dict(sorted(inboxes.items())),
    }
    leaves.add("beyond", beyond)
    add_leaves(tx, leaves, at=at, salt=salt)
