"""The ledger: the items of a log as whoever checks it keeps them, about fifty bytes for each, and what a page of a
stream must have given by them.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relto.domain.batch import Batch
from relto.domain.stored import DIGEST_BYTES
from relto.domain.stream import LIVE, Place
from relto.usecases.delivering import runs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from relto.domain.stored import StoredRecord
    from relto.domain.stream import Stream


@dataclass(frozen=True, slots=True)
class Readable:
    """What may be read of a stream at one moment: which classes are shown, and up to which place."""

    stream: Stream
    shown: Callable[[int], bool]
    horizon: Place


class Ledger:
    """Items by `seq`, from 1 on; where a restore left a gap, there is none."""

    def __init__(self) -> None:
        """Nothing so far."""
        self._count = 0
        self._classes = array("Q", [0])
        self._digests = bytearray(DIGEST_BYTES)
        self._versions = array("q", [0])
        self._rivals = bytearray(1)
        self._purged = bytearray()
        self._firsts: array[int] = array("q")
        self._starts: array[int] = array("q")
        self._batches: array[int] = array("q")

    @property
    def last(self) -> int:
        """The last `seq`."""
        return len(self._classes) - 1

    @property
    def count(self) -> int:
        """How many items there are."""
        return self._count

    def add(self, batch: Batch, records: Sequence[StoredRecord]) -> None:
        """Takes a batch in, whose records these are."""
        self._count += len(records)
        gap = batch.first - len(self._classes)
        if gap > 0:
            self._classes.extend([0] * gap)
            self._digests.extend(bytes(gap * DIGEST_BYTES))
            self._versions.extend([0] * gap)
            self._rivals.extend(bytes(gap))
        self._classes.extend([record.class_id for record in records])
        self._digests += b"".join([record.digest for record in records])
        self._versions.extend([record.version_us for record in records])
        self._rivals += bytes([record.rival for record in records])
        self._firsts.append(batch.first)
        self._starts.append(batch.start)
        self._batches.extend((batch.last, batch.head, batch.tail))

    def purge(self, ranges: Iterable[tuple[int, int, int]]) -> None:
        """Items of these classes and numbers that have no content any more."""
        by_class: dict[int, list[tuple[int, int]]] = {}
        for name, after, upto in ranges:
            by_class.setdefault(name, []).append((after, upto))
        floor = min((after for each in by_class.values() for after, _ in each), default=0)
        ceiling = min(max((upto for each in by_class.values() for _, upto in each), default=0), self.last)
        self._purged.extend(bytes(max(ceiling + 1 - len(self._purged), 0)))
        for seq in range(max(floor, 0) + 1, ceiling + 1):
            if any(after < seq <= upto for after, upto in by_class.get(self._classes[seq], ())):
                self._purged[seq] = 1

    def is_purged(self, seq: int) -> bool:
        """Whether its content is gone."""
        return 0 <= seq < len(self._purged) and bool(self._purged[seq])

    def move(self, seqs: Iterable[int], target: int) -> None:
        """Items that have another class from now on."""
        for seq in seqs:
            self._classes[seq] = target

    def mark_rivals(self, seqs: Iterable[int]) -> None:
        """The objects of these items have other versions."""
        for seq in seqs:
            self._rivals[seq] = 1

    def rivals(self, seqs: Iterable[int]) -> list[int]:
        """Those of them whose objects have another version."""
        return [seq for seq in seqs if self._rivals[seq]]

    def class_of(self, seq: int) -> int:
        """Its class; 0 where there is no such item."""
        return self._classes[seq] if 0 < seq < len(self._classes) else 0

    def version_of(self, seq: int) -> int:
        """Its version as a moment."""
        return self._versions[seq]

    def has_all(self, seqs: Sequence[int]) -> bool:
        """Whether there are all these items. A log names as many as its readers were given, hence no loop of ours."""
        if not seqs:
            return True
        return min(seqs) > 0 and max(seqs) < len(self._classes) and all(map(self._classes.__getitem__, seqs))

    # Moments.

    def _batch(self, index: int) -> Batch:
        last, head, tail = self._batches[3 * index : 3 * index + 3]
        return Batch(self._firsts[index], last, self._starts[index], head, tail)

    def seq_upto(self, moment: int) -> int:
        """The last `seq` that was added at or before the moment."""
        index = bisect_right(self._starts, moment) - 1
        return 0 if index < 0 else self._batch(index).upto(moment)

    def added_at(self, seq: int) -> int:
        """When the item was added."""
        return self._batch(bisect_right(self._firsts, seq) - 1).added_at(seq)

    def date(self, stream: Stream, place: Place) -> int:
        """The `date_added` of the item at this place of a stream."""
        return stream.date(place, self.added_at(place.seq) if place.part == LIVE else 0)

    # Pages.

    def digest(self, seqs: Sequence[int]) -> bytes:
        """SHA-256 over the digests of these items, in their order."""
        found, digests = hashlib.sha256(), memoryview(self._digests)
        # Items that stand side by side are hashed in one go.
        for first, last in runs_of(seqs):
            found.update(digests[first * DIGEST_BYTES : (last + 1) * DIGEST_BYTES])
        return found.digest()

    def between(self, readable: Readable, after: Place, upto: Place, types: Mapping[int, bool] | None) -> list[int]:
        """What may be read behind one place and up to another, in the order of the stream; of classes of the wanted
        `types` (class → whether it is one) where those are narrowed.
        """
        classes = [name for name in readable.stream.classes if readable.shown(name) and (types is None or types[name])]
        found: list[int] = []
        for segment in readable.stream.segments(after, upto, classes):
            found += self._within(segment.ranges)
        return [seq for seq in found if not self.is_purged(seq)] if self._purged else found

    def _within(self, ranges: Sequence[tuple[int, int, int]]) -> list[int]:
        floor = min(after for _, after, _ in ranges)
        ceiling = min(max(upto for _, _, upto in ranges), self.last)
        if ceiling <= floor:
            return []
        bounds: dict[int, list[tuple[int, int]]] = {}
        for name, after, upto in ranges:
            bounds.setdefault(name, []).append((after, upto))
        # Most classes are wanted throughout.
        whole = {name for name, each in bounds.items() if any(low <= floor and ceiling <= high for low, high in each)}
        classes = self._classes[floor + 1 : ceiling + 1]
        if len(whole) == len(bounds):
            return [seq for seq, name in enumerate(classes, floor + 1) if name in whole]
        return [
            seq
            for seq, name in enumerate(classes, floor + 1)
            if name in whole or (name in bounds and any(low < seq <= high for low, high in bounds[name]))
        ]


def read_place(value: Any) -> Place:
    """A place as a leaf has it. Raises `ValueError` where it is none."""
    if isinstance(value, list) and len(value) == 3 and all(type(part) is int and part >= 0 for part in value):
        return Place(*value)
    raise ValueError("this is no place of a stream")
