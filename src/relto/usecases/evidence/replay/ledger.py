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
from relto.domain.ranges import EMPTY, Ranges
from relto.domain.stored import DIGEST_BYTES
from relto.domain.stream import LIVE, Place
from relto.usecases.delivering import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from relto.domain.stored import StoredRecord
    from relto.domain.stream import Stream


@dataclass(frozen=True, slots=True)
class Readable:
    """What may be read of a stream at one moment: all classes but those that are `hidden`, and up to which place."""

    stream: Stream
    hidden: frozenset[int]
    horizon: Place


class Ledger:
    """Items by `seq`, from 1 on; where a restore left a gap, there is none.

    A gap may be wider than any memory, so that items stand one behind another; stretches without a gap say where.
    """

    def __init__(self) -> None:
        """Nothing so far."""
        self._begins = [1]
        self._shifts = [0]
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
        return self.count + self._shifts[-1]

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self._classes) - 1

    def add(self, batch: Batch, records: Sequence[StoredRecord]) -> None:
        """Takes a batch in, whose records these are."""
        gap = batch.first - self.last - 1
        if gap > 0:
            self._begins.append(batch.first)
            self._shifts.append(self._shifts[-1] + gap)
        self._classes.extend([record.class_id for record in records])
        self._digests += b"".join([record.digest for record in records])
        self._versions.extend([record.version_us for record in records])
        self._rivals += bytes([record.rival for record in records])
        self._firsts.append(batch.first)
        self._starts.append(batch.start)
        self._batches.extend((batch.last, batch.head, batch.tail))

    def purge(self, ranges: Iterable[tuple[int, int, int]]) -> None:
        """Items of these classes and numbers that have no content any more."""
        pairs: dict[int, list[tuple[int, int]]] = {}
        for name, after, upto in ranges:
            pairs.setdefault(name, []).append((after, upto))
        by_class = {name: Ranges.of(*each) for name, each in pairs.items()}
        floor = min((each.pairs[0][0] for each in by_class.values() if each), default=0)
        ceiling = max((each.pairs[-1][1] for each in by_class.values() if each), default=0)
        self._purged.extend(bytes(len(self._classes) - len(self._purged)))
        for first, at, end in self._stretches(floor, ceiling):
            for place, name in enumerate(self._classes[at:end], at):
                if first + place - at in by_class.get(name, EMPTY):
                    self._purged[place] = 1

    def is_purged(self, seq: int) -> bool:
        """Whether its content is gone."""
        place = self._place(seq) if self._purged else 0
        return place < len(self._purged) and bool(self._purged[place])

    def move(self, seqs: Iterable[int], target: int) -> None:
        """Items, which there are, that have another class from now on."""
        for seq in seqs:
            self._classes[self._place(seq)] = target

    def mark_rivals(self, seqs: Iterable[int]) -> None:
        """The objects of these items have other versions."""
        for seq in seqs:
            self._rivals[self._place(seq)] = 1

    def rivals(self, seqs: Sequence[int]) -> list[int]:
        """Those of them whose objects have another version."""
        rivals, shift = self._rivals, self._shift(seqs)
        if shift is not None:
            return [seq for seq in seqs if rivals[seq - shift]]
        return [seq for seq in seqs if rivals[self._place(seq)]]

    def class_of(self, seq: int) -> int:
        """Its class; 0 where there is no such item."""
        return self._classes[self._place(seq)]

    def version_of(self, seq: int) -> int:
        """Its version as a moment."""
        return self._versions[self._place(seq)]

    def has_all(self, seqs: Sequence[int]) -> bool:
        """Whether there are all these items."""
        return self._shift(seqs) is not None or all(map(self._place, seqs))

    def numbers(self, after: int, upto: int) -> list[int]:
        """The items behind one `seq` and up to another."""
        return [seq for first, at, end in self._stretches(after, upto) for seq in range(first, first + end - at)]

    def stretches(self) -> Iterator[tuple[int, int]]:
        """The first `seq` and the last of what stands without a gap."""
        for first, at, end in self._stretches(0, self.last):
            yield first, first + end - at - 1

    # Where they stand.

    def _place(self, seq: int) -> int:
        """0 where there is no such item."""
        index = bisect_right(self._begins, seq) - 1
        if index < 0:
            return 0
        place = seq - self._shifts[index]
        return place if place < self._end(index) else 0

    def _shift(self, seqs: Sequence[int]) -> int | None:
        """By how much the numbers of items are ahead of their places, where all of them stand in one stretch. A log
        names as many as its readers were given, so that a call for each of them would be felt.
        """
        first, last = min(seqs, default=1), max(seqs, default=1)
        index = bisect_right(self._begins, first) - 1
        return self._shifts[index] if self._place(first) and last - self._shifts[index] < self._end(index) else None

    def _end(self, index: int) -> int:
        """Where what stands behind a stretch begins."""
        index += 1
        return self._begins[index] - self._shifts[index] if index < len(self._begins) else len(self._classes)

    def _stretches(self, after: int, upto: int) -> Iterator[tuple[int, int, int]]:
        """What there is behind one `seq` and up to another, without gaps: the first `seq`, its place, and the end."""
        for index in range(max(bisect_right(self._begins, after + 1) - 1, 0), bisect_right(self._begins, upto)):
            first = max(self._begins[index], after + 1)
            at = first - self._shifts[index]
            end = min(upto - self._shifts[index] + 1, self._end(index))
            if at < end:
                yield first, at, end

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
            at = self._place(first)
            found.update(digests[at * DIGEST_BYTES : (at + last - first + 1) * DIGEST_BYTES])
        return found.digest()

    def between(self, readable: Readable, after: Place, upto: Place, types: Mapping[int, bool] | None) -> list[int]:
        """What may be read behind one place and up to another, in the order of the stream; of classes of the wanted
        `types` (class → whether it is one) where those are narrowed.
        """
        hidden, wanted = readable.hidden, readable.stream.classes
        classes = [name for name in wanted if name not in hidden and (types is None or types[name])]
        found: list[int] = []
        for segment in readable.stream.segments(after, upto, classes):
            found += self._within(segment.ranges)
        return [seq for seq in found if not self.is_purged(seq)] if self._purged else found

    def _within(self, ranges: Sequence[tuple[int, int, int]]) -> list[int]:
        floor = min([after for _, after, _ in ranges])
        ceiling = min(max([upto for _, _, upto in ranges]), self.last)
        # Most classes are wanted throughout.
        whole = {name for name, after, upto in ranges if after <= floor and ceiling <= upto}
        bounds: dict[int, list[tuple[int, int]]] = {}
        for name, after, upto in ranges:
            if name not in whole:
                bounds.setdefault(name, []).append((after, upto))
        found: list[int] = []
        for first, at, end in self._stretches(floor, ceiling):
            names = self._classes[at:end]
            numbered = enumerate(names, first)
            if whole.issuperset(names):
                found += range(first, first + end - at)
            elif not bounds:
                found += [seq for seq, name in numbered if name in whole]
            else:
                found += [
                    seq
                    for seq, name in numbered
                    if name in whole or (name in bounds and any(low < seq <= high for low, high in bounds[name]))
                ]
        return found


def read_place(value: Any) -> Place:
    """A place as a leaf has it. Raises `ValueError` where it is none."""
    if isinstance(value, list) and len(value) == 3 and all(type(part) is int and part >= 0 for part in value):
        return Place(*value)
    raise ValueError("this is no place of a stream")
