"""Undone: a page that was given between a backup and its restore is on no record, and its cursor may lead nowhere.

Cursors never expire, so one of before a restore comes in at any time. What it names may have another meaning by then:
epochs that were made since have the numbers of those that are gone, and what stands before them was not passed by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.leaf import decoded

if TYPE_CHECKING:
    from relto.domain.stream import Place, Stream
    from relto.ports.store import Snapshot

ERAS_MAX: Final = 1_000
"""So many restores are looked at."""


def is_undone(snap: Snapshot, stream: Stream, place: Place, *, given_at: int) -> bool:
    """Whether the place of a cursor, of a page that was given by this clock, is none of the stream as it is now. That
    cursor counts as none.
    """
    if not stream.reaches(place, snap.head().last_seq):
        return True
    if stream.began_at(place) <= given_at:
        return False
    # The epoch began later: by a fold, which has all that stood in it, or because the one of that number is gone.
    eras = [decoded(row.data) for _, row in snap.leaves(kind="era", limit=ERAS_MAX)]
    # A leaf in parts has the moment of its backup in these: any page of before its restore may be undone then.
    return any(era.get("backup_at", 0) <= given_at <= era["at"] for era in eras)
