"""State: how far the log is signed and time-stamped, for who watches over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relto.ports.store import Snapshot


@dataclass(frozen=True, slots=True)
class LogState:
    """How many `leaves` there are, and how many of them the last checkpoint covers (`signed`) that was signed then
    (`signed_at`). `unsigned_since`: when the first leaf beyond was written.

    `stamped`: how many leaves the last checkpoint with a time stamp covers, which was kept then (`stamped_at`).
    `unstamped_since`: when the first checkpoint beyond was signed. None: there is none.
    """

    leaves: int = 0
    signed: int = 0
    signed_at: int | None = None
    unsigned_since: int | None = None
    stamped: int = 0
    stamped_at: int | None = None
    unstamped_since: int | None = None

    @property
    def unsigned(self) -> int:
        """How many leaves wait for a checkpoint."""
        return self.leaves - self.signed


def log_state(snap: Snapshot) -> LogState:
    """As it is at this moment; a few questions, however long the log is."""
    size, last, stamp = snap.log().size, snap.last_checkpoint(), snap.last_timestamp()
    signed = 0 if last is None else last.size
    stamped = 0 if stamp is None else stamp.size
    waiting = snap.leaves(first=signed, limit=1)
    beyond = snap.checkpoints(first=stamped + 1, limit=1)
    return LogState(
        size,
        signed,
        None if last is None else last.at,
        waiting[0][1].at if waiting else None,
        stamped,
        None if stamp is None else stamp.at,
        beyond[0].at if beyond else None,
    )
