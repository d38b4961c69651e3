"""Remembering: what a partner keeps between two audits, by which a log that was rewritten is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.checkpoint import Checkpoint, Trust
from relto.domain.note import Note, VerifierKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.domain.note import Verify

EARLIER_MAX: Final = 32
"""So many earlier checkpoints are remembered."""

ERAS_MAX: Final = 1_000
"""So many restores are remembered."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a partner keeps between two audits: the keys that it believes, the first of which names the log, the last
    checkpoint, as a signed note, empty before the first, and `earlier` ones, the oldest first. `eras`: the restores
    that the log told of by then, each as the number of its leaf and the leaf's hash. `lost`: checkpoints of leaves that
    are gone since a restore; they prove what was signed, and no log goes on from them. `party`: whose deliveries are
    looked at, empty before any was seen and nobody said it. `seen`: when the last checkpoint was what the node showed,
    by the partner's own clock, in microseconds; 0 where nobody looked at a clock. `told`: the last leaf that the node
    showed as one of the party's own; None before any. `named`: the keys that the log named by then, each with the
    number of the first leaf that does.
    """

    keys: tuple[str, ...]
    checkpoint: str = ""
    earlier: tuple[str, ...] = ()
    eras: tuple[tuple[int, str], ...] = ()
    lost: tuple[str, ...] = ()
    party: str = ""
    seen: int = 0
    told: int | None = None
    named: tuple[tuple[str, int], ...] = ()

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

    def with_eras(self, seen: Iterable[tuple[int, str]]) -> Memory:
        """What is kept when these restores were told of."""
        return replace(self, eras=tuple(sorted({*self.eras, *seen}))[-ERAS_MAX:])

    def restored_at(self, size: int) -> Memory:
        """What is kept when the leaves beyond so many are gone; the last checkpoint is from after that."""
        gone = [each for each in self.earlier if read_signed(each).size > size]
        kept = tuple(each for each in self.earlier if each not in gone)
        told = None if self.told is None or self.told >= size else self.told
        named = tuple(each for each in self.named if each[1] < size)
        return replace(self, earlier=kept, lost=(*self.lost, *gone)[-EARLIER_MAX:], told=told, named=named)

    def of_party(self, party: str) -> Memory:
        """What is kept for this party, of which nothing was shown where it is another than before."""
        return self if party == self.party else replace(self, party=party, told=None)

    def require_whole(self, verify: Verify) -> None:
        """Returns where it is as it was kept: what was damaged meanwhile accuses nobody. Raises `BadInput`."""
        trust = trust_of(self)
        for each in (*self.lost, *self.earlier, *([self.checkpoint] if self.checkpoint else [])):
            trust.checked(Note.parse(each.encode()), verify)


def read_signed(note: str) -> Checkpoint:
    """The checkpoint of a note, whoever signed it."""
    return Checkpoint.parse(Note.parse(note.encode()).text)


def trust_of(memory: Memory) -> Trust:
    """Who is believed."""
    return Trust(memory.origin, tuple(VerifierKey.parse(key) for key in memory.keys))
