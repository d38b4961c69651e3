"""A shelf: what of the stored items is there for somebody, in what order, and what they may be told of each.

Whoever is in office has the stock of its party, and of whom it gives (`Sight.stock`), from the moment of storing.
Whoever receives has what it can read now, in the order of the dates at which that was released: how long an item was
held before is not for it, and of topics those are that the agreement names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from typing import TYPE_CHECKING, Final, NamedTuple

from relto.domain.ranges import EVERYTHING, Ranges
from relto.domain.stream import LIVE, Place, Stream
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from relto.domain.actor import Actor
    from relto.domain.agreement import Agreement
    from relto.domain.stream import Segment
    from relto.ports.store import FlowRow, Snapshot
    from relto.usecases.policy import Policy

CHUNK: Final = 200
"""Items of a stream that are looked up at once."""

_BEGIN: Final = Place(0, LIVE, 0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: all of it has to hold. `words` as people type them; an id stands alone. Topics and types: any
    of them. Moments in microseconds, `since` included, `until` not.
    """

    words: str = ""
    topics: Collection[str] = ()
    types: Collection[str] = ()
    since: int | None = None
    until: int | None = None


class Spot(NamedTuple):
    """An item as it stands on a shelf. `at`: when it was stored, or released to whom it is for."""

    at: int
    seq: int
    class_id: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One stream on the shelf; `flow` is None for the stock. `topics`: those that are told; None: all."""

    stream: Stream
    flow: FlowRow | None
    topics: frozenset[str] | None


class Shelf:
    """Of one actor, at one moment of the store. `now`: the node's clock."""

    def __init__(self, snap: Snapshot, policy: Policy, *, by: Actor, now: int) -> None:
        """`snap` is of the version of `policy`."""
        self.sight = Sight(by, policy)
        self._snap = snap
        self._policy = policy
        self._now = now

    @cached_property
    def originators(self) -> Collection[str]:
        """All whose items are stored here."""
        return {row.value.originator for row in self._policy.classes.values()}

    @cached_property
    def _stocks(self) -> Collection[str]:
        return {each for each in self.originators if self.sight.stock(each)}

    @property
    def is_whole(self) -> bool:
        """Whether all that is stored is there for them."""
        return len(self._stocks) == len(self.originators)

    @cached_property
    def _rows(self) -> Sequence[_Row]:
        found: list[_Row] = []
        if self._stocks:
            stock = {
                row.id: EVERYTHING for row in self._policy.classes.values() if row.value.originator in self._stocks
            }
            found.append(_Row(Stream.begun(stock), None, None))
        if not self.is_whole:
            flows = self._policy.flows_to(self.sight.actor.party)
            flows = [flow for flow in flows if self.sight.receives(flow.agreement)]
            streams = self._policy.streams_whole(self._snap, [flow.main for flow in flows])
            for flow in flows:
                self._policy.states_of(self._snap, flow.id)
                topics = named_topics(self._policy.standings[flow.agreement].terms)
                found.append(_Row(streams[flow.main], flow, topics))
        return found

    @property
    def is_by_number(self) -> bool:
        """Whether what is there stands in the order of `seq`: in one stream, in which nothing was released later."""
        return len(self._rows) == 1 and not self._rows[0].stream.epochs

    def _shows(self, row: _Row, class_id: int) -> bool:
        """Whether what the stream gives of the class is there for them, and not by their stock already."""
        if row.flow is None:
            return True
        state = self._policy.states_of(self._snap, row.flow.id).get(class_id)
        is_stock = self._policy.classes[class_id].value.originator in self._stocks
        return not is_stock and (state is None or not state.hidden_since)

    def _wanted(self, row: _Row, wanted: Wanted) -> list[int]:
        """The classes of a row that are looked for."""
        topics, types = frozenset(wanted.topics), frozenset(wanted.types)
        found = []
        for class_id in row.stream.classes:
            value = self._policy.classes[class_id].value
            told = value.topics if row.topics is None else value.topics & row.topics
            if (topics and topics.isdisjoint(told)) or (types and value.type not in types):
                continue
            if self._shows(row, class_id):
                found.append(class_id)
        return found

    def _span(self, row: _Row, wanted: Wanted, before: int | None = None) -> tuple[Place, Place]:
        first = _BEGIN if wanted.since is None else row.stream.place_at(wanted.since - 1, self._snap.seq_upto)
        # Nobody who receives is shown a date later than the clock; whoever has the stock has what is stored.
        ends = [] if row.flow is None else [self._now]
        ends += [] if wanted.until is None else [wanted.until - 1]
        ends += [] if before is None else [before]
        if not ends:
            return first, Place(0, LIVE, self._snap.head().last_seq)
        return first, row.stream.place_at(min(ends), self._snap.seq_upto)

    def readable(self, wanted: Wanted) -> dict[int, Ranges]:
        """What is looked for of what is there for them, by class; its words are not looked at."""
        found: dict[int, Ranges] = {}
        for row in self._rows:
            first, upto = self._span(row, wanted)
            # Most classes flow from the first item on, in a stream without epochs: there is nothing to reckon.
            every = Ranges.of((first.seq, upto.seq))
            is_plain = not row.stream.epochs
            for class_id in self._wanted(row, wanted):
                if is_plain and row.stream.live.get(class_id) == EVERYTHING:
                    part = every
                else:
                    part = row.stream.between(class_id, first, upto)
                found[class_id] = found[class_id] | part if class_id in found else part
        return {class_id: ranges for class_id, ranges in found.items() if ranges}

    def newest(self, wanted: Wanted, before: tuple[int, int] | None) -> Iterator[Spot]:
        """The same one by one, newest first; only what stands before that moment and `seq` where they are given."""
        several, last = len(self._rows) > 1, None
        for spot in merge(*(self._back(row, wanted, before) for row in self._rows), reverse=True):
            # What is given by two agreements stands where it was given first, once.
            if not several or (spot != last and self.spots([spot[1:]])[0] == spot):
                yield spot
            last = spot

    def _back(self, row: _Row, wanted: Wanted, before: tuple[int, int] | None) -> Iterator[Spot]:
        first, upto = self._span(row, wanted, None if before is None else before[0])
        for segment in reversed(list(row.stream.segments(first, upto, self._wanted(row, wanted)))):
            for spot in self._of_segment(row.stream, segment):
                if before is None or spot[:2] < before:
                    yield spot

    def _of_segment(self, stream: Stream, segment: Segment) -> Iterator[Spot]:
        ranges: Sequence[tuple[int, int, int]] = segment.ranges
        while found := self._snap.scan_back(ranges, CHUNK):
            added = self._added([seq for seq, _ in found]) if segment.part == LIVE else {}
            for seq, class_id in found:
                place = Place(segment.epoch, segment.part, seq)
                yield Spot(stream.date(place, added.get(seq, 0)), seq, class_id)
            below = found[-1][0] - 1
            ranges = [(class_id, low, min(high, below)) for class_id, low, high in ranges if low < below]

    def _added(self, seqs: Sequence[int]) -> dict[int, int]:
        found = {}
        for batch in self._snap.batches(seqs):
            found.update({seq: batch.added_at(seq) for seq in seqs if batch.first <= seq <= batch.last})
        return found

    def spots(self, items: Sequence[tuple[int, int]]) -> list[Spot]:
        """How items (seq, class) that are there for them stand on the shelf."""
        added = self._added([seq for seq, _ in items])
        found = []
        for seq, class_id in items:
            places = [
                (row.stream, place)
                for row in self._rows
                if (place := row.stream.place_of(class_id, seq)) is not None and self._shows(row, class_id)
            ]
            found.append(Spot(min(stream.date(place, added[seq]) for stream, place in places), seq, class_id))
        return found

    def told(self, class_id: int) -> tuple[str, Sequence[str]]:
        """Whose items of this class are (empty: that is not for them), and of which topics, as far as they are told."""
        value = self._policy.classes[class_id].value
        if value.originator in self._stocks:
            return value.originator, sorted(value.topics)
        named: set[str] = set()
        for row in self._rows:
            if class_id in row.stream.classes and self._shows(row, class_id):
                named |= row.topics or frozenset()
        return "", sorted(value.topics & named)


def named_topics(terms: Agreement) -> frozenset[str]:
    """The topics that an agreement names, as whoever receives by it may read there."""
    scopes = [terms.scope, *(each.scope for each in terms.exceptions)]
    return frozenset().union(*(each.topics_any | each.topics_all for each in scopes))
