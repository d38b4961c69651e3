"""Remembering: what a partner keeps between two audits, by which a log that was rewritten is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.checkpoint import Checkpoint, Trust
from relto.domain.note import Note, VerifierKey

if TYPE_CHECKING:
    from relto.domain.note import Verify

EARLIER_MAX: Final = 32
"""So many earlier checkpoints are remembered."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a partner keeps between two audits: the keys that it believes, the first of which names the log, the last
    checkpoint, as a signed note, empty before the first, and `earlier` ones, the oldest first.
    """

    keys: tuple[str, ...]
    checkpoint: str = ""
    earlier: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """The log's name."""
        return VerifierKey.parse(self.keys[0]).name

    @property
    def last(self) -> Checkpoint | None:
        """The last checkpoint."""
        return read_signed(self.checkpoint) if self.checkpoint else None

    def with_checkpoint(self, note: str) -> Memory:
        """What is kept when this checkpoint was seen; of earlier ones fewer the older they are."""
        if not self.checkpoint or read_signed(note).size == read_signed(self.checkpoint).size:
            return replace(self, checkpoint=note)
        kept = [*self.earlier, self.checkpoint]
        if len(kept) > EARLIER_MAX:
            # Every second of the older half goes.
            half = len(kept) // 2
            kept = [*kept[:half:2], *kept[half:]]
        return replace(self, checkpoint=note, earlier=tuple(kept))

    def require_whole(self, verify: Verify) -> None:
        """Returns where it is as it was kept: what was damaged meanwhile accuses nobody. Raises `BadInput`."""
        trust = trust_of(self)
        for each in (*self.earlier, *([self.checkpoint] if self.checkpoint else [])):
            trust.checked(Note.parse(each.encode()), verify)


def read_signed(note: str) -> Checkpoint:
    """The checkpoint of a note, whoever signed it."""
    return Checkpoint.parse(Note.parse(note.encode()).text)


def trust_of(memory: Memory) -> Trust:
    """Who is believed."""
    return Trust(memory.origin, tuple(VerifierKey.parse(key) for key in memory.keys))
