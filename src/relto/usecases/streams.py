"""The streams of one write block: what a change of policy does to them, and to whom of their readers.

Everything is taken into the picture at once and written at the end of the block, all streams together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relto.domain.batch import LEAD_US
from relto.domain.folding import folded
from relto.domain.plain import plain
from relto.domain.ranges import Ranges
from relto.domain.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from relto.domain.flow import Turn
    from relto.domain.stream import Epoch, Place
    from relto.ports.store import FlowRow, Head, MarkRow, StreamRow, Transaction
    from relto.usecases.effect import Effect
    from relto.usecases.policy import Policy

STAMPS_MAX = 3
"""How often epochs are stamped anew where writing them took longer than half the lead."""


class BlockStreams:
    """The only hand that moves streams. `changed`: whether any was; `stamped`: by which clock epochs were, if any."""

    def __init__(self, tx: Transaction, policy: Policy, head: Head, now: int, clock: Callable[[], int]) -> None:
        """Of a write block that began at `now` with this head; `clock`: how late it is by now."""
        self.changed = False
        self.stamped: int | None = None
        self._clock = clock
        self._tx = tx
        self._policy = policy
        self._head = head
        self._now = now
        self._version = head.policy_version + 1
        self._stored: dict[int, Stream] = {}
        self._by_party: dict[str, list[str]] | None = None
        self._made: set[tuple[int, int]] = set()

    def moved(
        self, flow: FlowRow, turns: Mapping[int, Turn], backlog: Mapping[int, Ranges], seq: int
    ) -> list[tuple[int, int]]:
        """The flow's streams through a change, each split into forks where its readers stand at different places.

        Each (stream, number) of the epochs that this made; their moments are given out when the block ends.
        """
        shown = {class_id: found.shown_since for class_id, found in turns.items() if found.shown_since}
        opened = {class_id: found.open_after for class_id, found in turns.items() if found.open_after is not None}
        whole = self._whole(flow)
        bases = {number: _closed(stream, turns, seq) for number, stream in whole.items()}
        readers = self._readers_by_stream(flow) if shown else {}
        missed = self._read_past(flow, bases, readers, shown) if shown else {}
        made: list[tuple[int, int]] = []
        forks: list[tuple[Stream, Collection[str], Epoch | None]] = []
        for number, base in bases.items():
            for index, (moved, names) in enumerate(_plans(readers.get(number, ()), missed)):
                new = base
                epoch = new.next_epoch(
                    (*backlog.values(), *moved.values()),
                    start_seq=seq,
                    clock=self._now,
                    last_given=self._head.last_given,
                )
                if epoch is not None:
                    new = new.with_epoch(epoch, backlog, moved)
                for class_id, after in opened.items():
                    new = new.with_live(class_id, after)
                if index:
                    forks.append((new, names, epoch))
                    continue
                self.put(self._policy.streams[number], whole[number], new)
                if epoch is not None:
                    made.append((number, epoch.number))
        numbers = self._fork(flow, [(stream, names) for stream, names, _ in forks])
        made += [
            (number, epoch.number) for number, (_, _, epoch) in zip(numbers, forks, strict=True) if epoch is not None
        ]
        self._made.update(made)
        return made

    def _fork(self, flow: FlowRow, forks: Sequence[tuple[Stream, Collection[str]]]) -> list[int]:
        """Gives readers streams of their own: copies of spans and epochs, not of items. The collection's id stays."""
        if not forks:
            return []
        rows = self._tx.add_streams(flow.id, len(forks), version=self._version)
        given: dict[str, int] = {}
        for row, (stream, names) in zip(rows, forks, strict=True):
            self._policy.streams[row.id] = row
            self.put(row, Stream(), stream)
            given |= dict.fromkeys(names, row.id)
        self._tx.put_readers(flow.id, given)
        self._policy.readers |= {(flow.id, name): number for name, number in given.items()}
        return [row.id for row in rows]

    def give_again(
        self, flow: FlowRow, names: Collection[str], ranges: Mapping[int, Ranges], *, earliest: int
    ) -> tuple[int, int]:
        """Moves ranges (not empty, trimmed) into a new epoch of the stream that these readers share, in a fork where
        others read it too.

        The stream and the number of the epoch; it starts at `earliest` or later.
        """
        row = self._policy.streams[self._policy.stream_of(flow, next(iter(names)))]
        old = self._policy.stream(self._tx, row.id)
        self._tx.note(
            "again",
            {
                "flow": flow.id,
                "readers": sorted(names),
                "earliest": earliest,
                "ranges": [[class_id, plain(each.pairs)] for class_id, each in sorted(ranges.items())],
            },
        )
        epoch = old.next_epoch(
            ranges.values(),
            start_seq=self._head.last_seq,
            clock=max(self._now, earliest),
            last_given=self._head.last_given,
            tight=True,
        )
        assert epoch is not None, "there is something to give again"
        new = old.with_epoch(epoch, {}, ranges)
        if set(self._readers_by_stream(flow).get(row.id, ())) <= set(names):
            stream = row.id
            self.put(row, old, new)
        else:
            stream = self._fork(flow, [(new, names)])[0]
        self._made.add((stream, epoch.number))
        return stream, epoch.number

    def fold(
        self, flow: FlowRow, reader: str, upto: Place, stands: Collection[Place], cursors: Collection[Place]
    ) -> list[tuple[int, int]]:
        """Folds what the only reader of a stream has passed, up to `upto`, where it `stands` at these places and may go
        on from these `cursors`; the runs of epochs (first, last) that were made one.
        """
        row = self._policy.streams[self._policy.stream_of(flow, reader)]
        stream = self._policy.stream(self._tx, row.id)
        if self._readers_by_stream(flow).get(row.id) != [reader]:
            return []
        new, done = folded(stream, upto, stands, cursors, self._added_at)
        if new != stream:
            told = {"upto": upto, "stands": sorted(set(stands)), "cursors": sorted(set(cursors))}
            self._tx.note("fold", {"flow": flow.id, "reader": reader, **plain(told)})
        self.put(row, stream, new)
        return done

    def _added_at(self, seq: int) -> int:
        batch = self._tx.batch_of(seq)
        return 0 if batch is None else batch.added_at(seq)

    def _read_past(
        self,
        flow: FlowRow,
        bases: Mapping[int, Stream],
        readers: Mapping[int, Sequence[str]],
        shown: Mapping[int, int],
    ) -> dict[str, dict[int, Ranges]]:
        """For each reader of these streams, what was hidden from it beyond the lowest place from which it read; readers
        from whom nothing was are left out.
        """
        marks: dict[str, list[MarkRow]] = {}
        for mark in self._tx.marks(flow.id):
            marks.setdefault(mark.reader, []).append(mark)
        found: dict[str, dict[int, Ranges]] = {}
        for number, base in bases.items():
            for reader in readers.get(number, ()):
                missed = {}
                for class_id, since in shown.items():
                    places = [mark.place for mark in marks.get(reader, ()) if mark.version >= since]
                    if places:
                        missed[class_id] = base.beyond(class_id, min(places)).upto(self._head.last_seq)
                found[reader] = missed
        trimmed = self._trimmed_each(list(found.values()))
        return {reader: missed for reader, missed in zip(found, trimmed, strict=True) if missed}

    def _readers_by_stream(self, flow: FlowRow) -> dict[int, list[str]]:
        """The accounts that read now."""
        found: dict[int, list[str]] = {}
        for name in self._readers().get(flow.party, ()):
            found.setdefault(self._policy.stream_of(flow, name), []).append(name)
        return found

    def _readers(self) -> Mapping[str, list[str]]:
        """The accounts that read, by party; asked once in a block, for a change may touch many streams."""
        if self._by_party is None:
            self._by_party = {}
            for account in self._tx.accounts():
                if not account.revoked and "reader" in account.roles:
                    self._by_party.setdefault(account.party, []).append(account.name)
        return self._by_party

    def rows(self, flow: FlowRow) -> list[StreamRow]:
        """The flow's streams, by number."""
        return sorted((row for row in self._policy.streams.values() if row.flow == flow.id), key=lambda row: row.id)

    def _whole(self, flow: FlowRow) -> dict[int, Stream]:
        """By number; those that are not in memory are read at once."""
        return self._policy.streams_whole(self._tx, [row.id for row in self.rows(flow)])

    def put(self, row: StreamRow, old: Stream, new: Stream) -> None:
        """Takes a stream's change into the picture; it is written when the block ends, once."""
        if new != old:
            self.touch(row, old, new)

    def touch(self, row: StreamRow, old: Stream, new: Stream) -> None:
        """As `put`; the row's version is this block's even where nothing differs."""
        self.changed = True
        self._stored.setdefault(row.id, old)
        self._policy.streams[row.id] = replace(row, version=self._version)
        self._policy.streams_seen[row.id] = (self._version, new)

    def trimmed(self, ranges: Mapping[int, Ranges]) -> dict[int, Ranges]:
        """The same without the room before the first and after the last item of each: a width delays what comes
        after.
        """
        return self._trimmed_each([ranges])[0]

    def _trimmed_each(self, listed: Sequence[Mapping[int, Ranges]]) -> list[dict[int, Ranges]]:
        """As `trimmed`, for many at once: what is asked twice, as most readers' is, is looked up once."""
        asked = {
            (class_id, after, upto): None
            for ranges in listed
            for class_id, each in ranges.items()
            for after, upto in each
        }
        ends = dict(zip(asked, self._tx.trims(list(asked)), strict=True))
        found: list[dict[int, Ranges]] = []
        for ranges in listed:
            kept = {}
            for class_id, each in ranges.items():
                pairs = [ends[class_id, after, upto] for after, upto in each]
                kept[class_id] = Ranges.of(*((pair[0] - 1, pair[1]) for pair in pairs if pair is not None))
            found.append({class_id: each for class_id, each in kept.items() if each})
        return found

    def write(self, effects: Iterable[Effect]) -> None:
        """Writes what changed. Where writing took long, the new epochs are stamped again: no reader's clock is beyond
        the moment of an epoch before that epoch can be seen, or a client that keeps its own clock would pass it unseen.
        """
        for _ in range(STAMPS_MAX):
            clock = self._clock()
            self.stamped = clock if self._made else None
            for stream, number in sorted(self._made):
                row, seen = self._policy.streams[stream], self._policy.streams_seen[stream][1]
                self._policy.streams_seen[stream] = (row.version, seen.stamped(number, clock + LEAD_US))
            self._tx.put_streams(
                [
                    (self._policy.streams[stream], old, self._policy.streams_seen[stream][1])
                    for stream, old in self._stored.items()
                ]
            )
            self._stored = {stream: self._policy.streams_seen[stream][1] for stream in self._stored}
            if not self._made or self._clock() < clock + LEAD_US // 2:
                break
        for effect in effects:
            for stream, number in effect.epochs:
                end = self._policy.streams_seen[stream][1].epoch(number).backlog_end
                effect.visible_at = max(effect.visible_at, end)


def _closed(stream: Stream, turns: Mapping[int, Turn], seq: int) -> Stream:
    """The stream without the live spans that end at `seq`."""
    for class_id, found in turns.items():
        if found.close:
            stream = stream.without_live(class_id, seq)
    return stream


def _plans(
    readers: Iterable[str], missed: Mapping[str, dict[int, Ranges]]
) -> list[tuple[dict[int, Ranges], list[str]]]:
    """A stream's readers by what each has missed: the first part stays with the stream, the others become forks."""
    groups: dict[tuple[tuple[int, Ranges], ...], list[str]] = {}
    for reader in readers:
        groups.setdefault(tuple(sorted(missed.get(reader, {}).items(), key=lambda pair: pair[0])), []).append(reader)
    whole = groups.pop((), [])
    plans: list[tuple[dict[int, Ranges], list[str]]] = [(dict(moved), names) for moved, names in groups.items()]
    return [({}, whole), *plans] if whole or not plans else plans
