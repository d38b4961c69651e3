"""A stream: in which order a reader receives the items of an agreement, and under which dates.

A stream is a set of spans. A *live* span gives the items of a class as they come; a *backlog* span gives, under the
dates of the epoch that released it, what had been held. Nothing is copied per partner: dates are arithmetic.

Order: live items by `seq`; the backlog of an epoch after the live items with `seq <= start_seq` and before those
beyond it; epochs with the same `start_seq` by number; inside a backlog by `seq`. Hence a *place* is
(epoch, part, seq): part 0 is the epoch's backlog, part 1 what is live after it began, and places compare as tuples.

Dates (design, section 4), strictly increasing in that order and never given twice:

- live item q in epoch e: ``max(added_at(q), start_time_e + backlog_width_e * step_e + (q - start_seq_e))``
- backlog item q of epoch e: ``start_time_e + (q - backlog_after_e) * step_e``

>>> stream = Stream.begun({7: Ranges.of((0, OPEN))})
>>> stream = stream.without_live(7, 10)                                   # a pause at seq 10
>>> stream = stream.with_epoch(Epoch(1, 20, 5_000_000, 10, 10, 1000), {7: Ranges.of((10, 20))}).with_live(7, 20)
>>> stream.place_of(7, 15), stream.place_of(7, 21)
(Place(epoch=1, part=0, seq=15), Place(epoch=1, part=1, seq=21))
>>> stream.date(Place(1, 0, 15), added_at=0), stream.date(Place(1, 1, 21), added_at=0)
(5005000, 5010001)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from relto.domain.batch import LEAD_US, MILLISECOND_US, whole_millisecond
from relto.domain.ranges import EMPTY, OPEN, Ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

NARROW_WIDTH = 1_000
"""A backlog at most this wide has its dates on whole milliseconds."""

BACKLOG, LIVE = 0, 1


class Place(NamedTuple):
    """Where an item stands in a stream, or a reader between items: everything up to and including it has passed."""

    epoch: int
    part: int
    seq: int


BEGINNING = Place(0, LIVE, 0)
"""Before everything."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One policy change that released a backlog, in one stream. Numbers count from 1; times are microseconds."""

    number: int
    start_seq: int
    start_time: int
    backlog_after: int
    backlog_width: int
    step: int

    @property
    def backlog_end(self) -> int:
        """No date of its backlog is later; every live date after it is."""
        return self.start_time + self.backlog_width * self.step


class Segment(NamedTuple):
    """A stretch of a stream that is ordered by `seq` alone: ranges of classes within one part of one epoch."""

    epoch: int
    part: int
    ranges: tuple[tuple[int, int, int], ...]
    """Each (class, after, upto)."""


def _without_empty(spans: Mapping[int, Ranges]) -> dict[int, Ranges]:
    return {name: ranges for name, ranges in spans.items() if ranges}


def _without_empty_epochs(backlog: Mapping[int, Mapping[int, Ranges]]) -> dict[int, Mapping[int, Ranges]]:
    return {number: spans for number, spans in backlog.items() if spans}


def _with(spans: Mapping[int, Ranges], class_id: int, ranges: Ranges) -> Mapping[int, Ranges]:
    """The spans with these ranges of a class, and none of it where they are empty."""
    if ranges:
        return {**spans, class_id: ranges}
    return {name: each for name, each in spans.items() if name != class_id} if class_id in spans else spans


def _less(spans: Mapping[int, Ranges], gone: Mapping[int, Ranges]) -> Mapping[int, Ranges]:
    """The spans without these ranges of classes."""
    if gone.keys().isdisjoint(spans):
        return spans
    return _without_empty({name: ranges - gone.get(name, EMPTY) for name, ranges in spans.items()})


@dataclass(frozen=True, slots=True)
class Stream:
    """Epochs by number, live ranges by class, backlog ranges by epoch and class. A value: changes make a new one.

    Nothing that is empty is in it, so that two are the same wherever the same stands in the same places.
    """

    epochs: tuple[Epoch, ...] = ()
    live: Mapping[int, Ranges] = field(default_factory=dict)
    backlog: Mapping[int, Mapping[int, Ranges]] = field(default_factory=dict)
    _spans: dict[int, tuple[tuple[int, int, int], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @staticmethod
    def begun(live: Mapping[int, Ranges]) -> Stream:
        """A stream without epochs."""
        return Stream((), _without_empty(live), {})

    # Changes.

    def with_live(self, class_id: int, after: int) -> Stream:
        """Opens a live span from `after` on."""
        ranges = self.live.get(class_id, EMPTY) | Ranges.of((after, OPEN))
        return replace(self, live={**self.live, class_id: ranges})

    def without_live(self, class_id: int, upto: int) -> Stream:
        """Closes the live span at `upto`."""
        return replace(self, live=_with(self.live, class_id, self.live.get(class_id, EMPTY).upto(upto)))

    def with_epoch(
        self, epoch: Epoch, backlog: Mapping[int, Ranges], moved: Mapping[int, Ranges] | None = None
    ) -> Stream:
        """Adds an epoch with its backlog; what is `moved` leaves its old spans and joins that backlog."""
        moved = moved or {}
        fresh = {name: backlog.get(name, EMPTY) | moved.get(name, EMPTY) for name in {*backlog, *moved}}
        spans = {number: _less(each, moved) for number, each in self.backlog.items()}
        spans[epoch.number] = _without_empty(fresh)
        return Stream((*self.epochs, epoch), _less(self.live, moved), _without_empty_epochs(spans))

    def spliced(self, bits: Ranges, *, source: int, target: int) -> Stream:
        """The stream after these items went from class `source` to class `target`: their places stay what they were."""

        def joined(spans: Mapping[int, Ranges]) -> Ranges:
            return (spans.get(target, EMPTY) - bits) | (spans.get(source, EMPTY) & bits)

        backlog = {
            number: _with(spans, target, joined(spans)) if source in spans or target in spans else spans
            for number, spans in self.backlog.items()
        }
        return Stream(self.epochs, _with(self.live, target, joined(self.live)), _without_empty_epochs(backlog))

    def copied(self, *, source: int, target: int) -> Stream:
        """The stream with class `target` given exactly the places of class `source`."""
        backlog = {
            number: {**spans, target: spans[source]} if source in spans else spans
            for number, spans in self.backlog.items()
        }
        return Stream(self.epochs, _with(self.live, target, self.live.get(source, EMPTY)), backlog)

    def next_epoch(
        self, ranges: Iterable[Ranges], *, start_seq: int, clock: int, last_given: int, tight: bool = False
    ) -> Epoch | None:
        """The epoch that would release `ranges` now, or None where they are all empty.

        It starts after every date that the stream can have given out, after `last_given` (the moment of the last
        item stored) and ahead of `clock` by the lead.
        """
        pairs = [pair for each in ranges for pair in each]
        if not pairs:
            return None
        after, upto = min(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
        earliest = max(clock + LEAD_US, last_given + 1)
        if self.epochs:
            earliest = max(earliest, self._dates_end(self.epochs[-1], start_seq) + 1)
        width = upto - after
        step = MILLISECOND_US if width <= NARROW_WIDTH and not tight else 1
        return Epoch(self.last_epoch + 1, start_seq, whole_millisecond(earliest), after, width, step)

    def stamped(self, number: int, earliest: int) -> Stream:
        """The stream with epoch `number` starting at `earliest` or later, and after every date of the one before."""
        index = self._at(number)
        epoch = self.epochs[index]
        start = max(earliest, epoch.start_time)
        if index:
            start = max(start, self._dates_end(self.epochs[index - 1], epoch.start_seq) + 1)
        moved = replace(epoch, start_time=whole_millisecond(start))
        return replace(self, epochs=(*self.epochs[:index], moved, *self.epochs[index + 1 :]))

    def fold(self, first: int, last: int, last_added: int) -> Stream:
        """The stream with all that stands in the epochs `first` to `last` in the backlog of `last`, a microsecond
        apart; with `first` 0, all that stands before it as well.

        Only for a stream whose one reader stands nowhere inside, in no way of asking; a place inside counts as before
        what may not have been read (`settled`). `last_added` is when the last item up to the start of the next epoch
        was added. The dates stay before the next epoch, and none moves backwards: the stream comes back as it was where
        there is no room for that. Where nothing stands in them any more the epochs are gone.
        """
        after = self.after(last)
        since = self.epoch(first).start_seq if first else 0
        backlog: dict[int, Ranges] = {}
        for class_id in self.classes:
            found = Ranges.of(
                *(
                    (low, high) if epoch else (max(low, since), min(high, after.start_seq))
                    for high, low, epoch in self.spans(class_id)
                    if (first <= epoch <= last if epoch else low < after.start_seq and high > since)
                )
            )
            if found:
                backlog[class_id] = found
        kept = {number: spans for number, spans in self.backlog.items() if not first <= number <= last}
        before, later = self.epochs[: self._at(first)], self.epochs[self._at(last) + 1 :]
        if not backlog:
            return Stream((*before, *later), self.live, kept)
        low = min(ranges.pairs[0][0] for ranges in backlog.values())
        width = max(ranges.pairs[-1][1] for ranges in backlog.values()) - low
        start = max(last_added, self._dates_end(self.epoch(last), after.start_seq))
        if start + width >= after.start_time:
            return self
        live = {name: ranges - backlog.get(name, EMPTY) for name, ranges in self.live.items()}
        epochs = (*before, Epoch(last, after.start_seq, start, low, width, 1), *later)
        return Stream(epochs, _without_empty(live), {**kept, last: backlog})

    @staticmethod
    def _dates_end(epoch: Epoch, start_seq: int) -> int:
        """No date that `epoch` can have given out, up to the next one's `start_seq`, is later; but for `added_at`."""
        return epoch.backlog_end + (start_seq - epoch.start_seq)

    # Places and dates.

    @property
    def last_epoch(self) -> int:
        """The number of the last epoch; 0 where there is none."""
        return self.epochs[-1].number if self.epochs else 0

    def epoch(self, number: int) -> Epoch:
        """The epoch with that number, which no fold has swallowed."""
        return self.epochs[self._at(number)]

    def after(self, number: int) -> Epoch:
        """The epoch after the one with that number; there must be one."""
        return self.epochs[self._at(number) + 1]

    def _at(self, number: int) -> int:
        """Where the epoch with that number stands among those that there are, or the next one."""
        return bisect_left(self.epochs, number, key=lambda epoch: epoch.number)

    def settled(self, place: Place) -> Place:
        """The same place, or where a fold has swallowed it, one before everything that it may not have passed."""
        if not place.epoch:
            return place
        number = self.epochs[self._at(place.epoch)].number
        if number > place.epoch:
            return Place(number, BACKLOG, 0)
        if place.part == LIVE and place.seq < self.epoch(place.epoch).start_seq:
            return Place(place.epoch, BACKLOG, place.seq)
        return place

    def reaches(self, place: Place, last_seq: int) -> bool:
        """Whether the stream has come as far as `place`; `last_seq` is the last item that is stored."""
        return place.epoch <= self.last_epoch and place.seq <= last_seq

    def began_at(self, place: Place) -> int:
        """When the epoch began that a place which the stream reaches is in, or the one that a fold made of it; 0 before
        the first.
        """
        return self.epochs[self._at(place.epoch)].start_time if place.epoch else 0

    def epoch_of(self, seq: int) -> int:
        """The number of the epoch in which `seq` is live: the last that started before it; 0 before the first."""
        index = bisect_left(self.epochs, seq, key=lambda epoch: epoch.start_seq)
        return self.epochs[index - 1].number if index else 0

    def spans(self, class_id: int) -> tuple[tuple[int, int, int], ...]:
        """The spans of a class as (upto, after, epoch), by `seq`; epoch 0 is live. They never overlap."""
        if not self._spans:
            self._index()
        return self._spans.get(class_id, ())

    @property
    def classes(self) -> Collection[int]:
        """The classes that have a span."""
        if not self._spans:
            self._index()
        return self._spans.keys()

    def _index(self) -> None:
        # A value's spans never change, so the index is made once, by whoever asks first; making it twice does no harm.
        found: dict[int, list[tuple[int, int, int]]] = {}
        for class_id, ranges in self.live.items():
            found.setdefault(class_id, []).extend((upto, after, 0) for after, upto in ranges)
        for number, spans in self.backlog.items():
            for class_id, ranges in spans.items():
                found.setdefault(class_id, []).extend((upto, after, number) for after, upto in ranges)
        self._spans.update({class_id: tuple(sorted(spans)) for class_id, spans in found.items()})

    def given(self, class_id: int) -> Ranges:
        """Everything of the class that this stream releases, in any span."""
        return Ranges.of(*((after, upto) for upto, after, _ in self.spans(class_id)))

    def place_of(self, class_id: int, seq: int) -> Place | None:
        """Where the item stands; None where no span has it."""
        spans = self.spans(class_id)
        index = bisect_left(spans, (seq,))
        if index == len(spans) or spans[index][1] >= seq:
            return None
        epoch = spans[index][2]
        return Place(epoch, BACKLOG, seq) if epoch else Place(self.epoch_of(seq), LIVE, seq)

    def date(self, place: Place, added_at: int) -> int:
        """The `date_added` of the item at `place`; `added_at` is its own moment (not looked at in a backlog)."""
        if place.part == BACKLOG:
            epoch = self.epoch(place.epoch)
            return epoch.start_time + (place.seq - epoch.backlog_after) * epoch.step
        if not place.epoch:
            return added_at
        epoch = self.epoch(place.epoch)
        return max(added_at, epoch.backlog_end + (place.seq - epoch.start_seq))

    def place_at(self, moment: int, seq_upto: Callable[[int], int]) -> Place:
        """The place up to which all dates are at or before `moment`; `seq_upto(m)` is the last `seq` added up to m."""
        index = bisect_right(self.epochs, moment, key=lambda epoch: epoch.start_time)
        if index == 0:
            last = seq_upto(moment)
            return Place(0, LIVE, min(last, self.epochs[0].start_seq) if self.epochs else last)
        epoch = self.epochs[index - 1]
        if moment <= epoch.backlog_end:
            return Place(epoch.number, BACKLOG, epoch.backlog_after + (moment - epoch.start_time) // epoch.step)
        seq = min(seq_upto(moment), epoch.start_seq + (moment - epoch.backlog_end))
        if index < len(self.epochs):
            seq = min(seq, self.epochs[index].start_seq)
        return Place(epoch.number, LIVE, max(seq, epoch.start_seq))

    def beyond(self, class_id: int, place: Place) -> Ranges:
        """What of the class stands after `place`, as ranges of `seq`."""
        place = self.settled(place)
        floor = place.seq if place.part == LIVE else self.epoch(place.epoch).start_seq
        found = []
        for upto, after, epoch in self.spans(class_id):
            if epoch == 0:
                found.append((max(after, floor), upto))
            elif epoch > place.epoch:
                found.append((after, upto))
            elif epoch == place.epoch and place.part == BACKLOG:
                found.append((max(after, place.seq), upto))
        return Ranges.of(*found)

    def between(self, class_id: int, after: Place, upto: Place) -> Ranges:
        """What of the class stands after one place and up to another, as ranges of `seq`."""
        return self.beyond(class_id, after) - self.beyond(class_id, upto)

    def segments(self, after: Place, upto: Place, classes: Iterable[int]) -> Iterator[Segment]:
        """The stretches of these classes that stand after `after` and up to `upto`, in order; empty ones left out."""
        wanted = list(classes)
        after = self.settled(after)
        first = self._at(after.epoch) if after.epoch else -1
        for index in range(first, len(self.epochs)):
            number = self.epochs[index].number if index >= 0 else 0
            if number > upto.epoch:
                break
            for part in (BACKLOG, LIVE):
                low, high = Place(number, part, 0), Place(number, part, OPEN)
                if (not number and part == BACKLOG) or high <= after or low > upto:
                    continue
                floor = after.seq if (after.epoch, after.part) == (number, part) else 0
                ceiling = upto.seq if (upto.epoch, upto.part) == (number, part) else OPEN
                if part == BACKLOG:
                    spans = self.backlog.get(number, {})
                    ranges = self._clipped(spans, [name for name in wanted if name in spans], floor, ceiling)
                else:
                    if index >= 0:
                        floor = max(floor, self.epochs[index].start_seq)
                    if index + 1 < len(self.epochs):
                        ceiling = min(ceiling, self.epochs[index + 1].start_seq)
                    ranges = self._clipped(self.live, wanted, floor, ceiling)
                if ranges:
                    yield Segment(number, part, ranges)

    @staticmethod
    def _clipped(
        spans: Mapping[int, Ranges], wanted: Iterable[int], floor: int, ceiling: int
    ) -> tuple[tuple[int, int, int], ...]:
        found = []
        if floor >= ceiling:
            return ()
        for class_id in wanted:
            pairs = spans.get(class_id, EMPTY).pairs
            # Most classes have one range, and each page asks for all classes.
            start = bisect_right(pairs, floor, key=itemgetter(1)) if len(pairs) > 1 else 0
            for pair_after, pair_upto in pairs[start:]:
                if pair_after >= ceiling:
                    break
                if pair_upto > floor:
                    found.append((class_id, max(pair_after, floor), min(pair_upto, ceiling)))
        return tuple(found)
