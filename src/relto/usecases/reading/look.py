"""Looking: which items of a stream stand behind a place, in order, narrowed by the filters of TAXII 2.1 section 3.4.

Order of evaluation: what may be read, then the other filters, then the version, then where the page begins, then how
long it is. So "the last version" is the last that this reader can see now, wherever it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from relto.domain.keys import object_key
from relto.domain.stream import BEGINNING, LIVE, Place
from relto.ports.store import Body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from relto.domain.cursor import Filters
    from relto.ports.store import Known, Record, Snapshot
    from relto.usecases.reading.quiet import Quiet
    from relto.usecases.reading.values import Endpoint
    from relto.usecases.reading.view import View

FEW_RANGES = 8
"""Up to this many ranges are each asked for a whole page; beyond, a window of `seq` bounds what each is asked for."""

DENSE_SHARE = 0.5
"""Where at least this share of all items has a class that is wanted, the table is read as it lies."""

STRETCH_SPARE = 1.02
"""A stretch is so much longer than it would have to be if what is wanted lay in it evenly."""

PORTION_MIN = 16
"""No look into the index is for fewer items than this."""


@dataclass(slots=True)
class Found:
    """Rows in the order of the stream. Their places are told by stretches, so that no row needs one of its own.

    `stretches`: (index of the first row, epoch, part) of each stretch of rows from one segment.
    """

    rows: list[Body | Record] = field(default_factory=list)
    stretches: list[tuple[int, int, int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.rows)

    def add(self, epoch: int, part: int, rows: Sequence[Body | Record]) -> None:
        """Goes on with rows of one segment."""
        if rows:
            if not self.stretches or self.stretches[-1][1:] != (epoch, part):
                self.stretches.append((len(self.rows), epoch, part))
            self.rows.extend(rows)

    def cut(self, limit: int) -> bool:
        """Leaves the first `limit` rows; whether there were more."""
        more = len(self.rows) > limit
        del self.rows[limit:]
        while self.stretches and self.stretches[-1][0] >= len(self.rows):
            self.stretches.pop()
        return more

    @property
    def first(self) -> Place:
        """The place of the first row."""
        return Place(*self.stretches[0][1:], self.rows[0].seq)

    @property
    def last(self) -> Place:
        """The place of the last row."""
        return Place(*self.stretches[-1][1:], self.rows[-1].seq)

    def places(self) -> list[Place]:
        """The place of each row."""
        ends = [start for start, _, _ in self.stretches[1:]] + [len(self.rows)]
        return [
            Place(epoch, part, row.seq)
            for (start, epoch, part), end in zip(self.stretches, ends, strict=True)
            for row in self.rows[start:end]
        ]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a stream: nothing beyond `horizon`, the place of the reader's clock, is seen."""

    snap: Snapshot
    view: View
    horizon: Place
    filters: Filters
    endpoint: Endpoint

    def rows(self, start: Place, limit: int, quiet: Quiet) -> tuple[Found, bool]:
        """At most `limit` items behind `start`, and whether more stand behind them."""
        if self.filters.ids is None:
            found = self._walked(start, limit + 1, quiet)
            return found, found.cut(limit)
        found, named = Found(), self.named(start)
        by_seq = {row.seq: row for row in self._fetched([place.seq for place, _ in named[:limit]])}
        for place, _ in named[:limit]:
            found.add(place.epoch, place.part, _with_content([by_seq[place.seq]]))
        return found, len(named) > limit

    def named(self, start: Place = BEGINNING) -> list[tuple[Place, Known]]:
        """The versions of the objects that the filter names, behind `start`, in order."""
        classes = set(self._classes())
        originators = sorted({self.view.policy.classes[name].value.originator for name in classes})
        keys = [object_key(originator, name) for originator in originators for name in self.filters.ids or ()]
        found = []
        for versions in self.snap.known(keys).values():
            seen = [each for each in self._visible(versions) if each.class_id in classes]
            for version in chosen(seen, self.filters):
                place = self.view.stream.place_of(version.class_id, version.seq)
                if place is not None and place > start:
                    found.append((place, version))
        return sorted(found, key=lambda pair: pair[0])

    def dates(self, places: Sequence[Place]) -> list[int]:
        """The `date_added` of the items at these places."""
        live = sorted(place.seq for place in places if place.part == LIVE)
        batches = self.snap.batches(live) if live else []
        added: dict[int, int] = {}
        index = 0
        for seq in live:
            while batches[index].last < seq:
                index += 1
            added[seq] = batches[index].added_at(seq)
        return [self.view.stream.date(place, added.get(place.seq, 0)) for place in places]

    def date(self, place: Place) -> int | None:
        """The date up to which a place has passed everything; None where no item ever stood there."""
        if place.part != LIVE:
            return self.view.stream.date(place, 0)
        batch = self.snap.batch_of(place.seq) if place.seq else None
        return None if batch is None else self.view.stream.date(place, batch.added_at(place.seq))

    def _classes(self) -> list[int]:
        policy, types = self.view.policy, self.filters.types
        if self.filters.spec_versions is not None and "2.1" not in self.filters.spec_versions:
            return []
        return [
            name
            for name in self.view.stream.classes
            if self.view.shown(name) and (types is None or policy.classes[name].value.type in types)
        ]

    def _fetched(self, seqs: Sequence[int]) -> Sequence[Body | Record]:
        return self.snap.bodies(seqs) if self.endpoint == "objects" else self.snap.records(seqs)

    def _walked(self, start: Place, wanted: int, quiet: Quiet) -> Found:
        found = Found()
        last = self.snap.head().last_seq
        for segment in self.view.stream.segments(start, self.horizon, self._classes()):
            ranges = [(name, after, min(upto, last)) for name, after, upto in segment.ranges if after < last]
            share = quiet.share({name for name, _, _ in ranges}, self.snap)
            if share >= DENSE_SHARE:
                portions = self._stretches(ranges, lambda: wanted - len(found.rows), share)
            else:
                seqs = windows(self.snap, ranges, lambda: wanted - len(found.rows), share)
                portions = (self._fetched(portion) for portion in seqs)
            for rows in portions:
                found.add(segment.epoch, segment.part, self._of_versions(rows))
                if len(found.rows) >= wanted:
                    return found
        return found

    def _stretches(
        self, ranges: Sequence[tuple[int, int, int]], missing: Callable[[], int], share: float
    ) -> Iterator[Sequence[Body | Record]]:
        """What `windows` would find, where most items are wanted: the table is read as it lies, the rest left out."""
        read = self.snap.bodies_between if self.endpoint == "objects" else self.snap.records_between
        floor = min((after for _, after, _ in ranges), default=0)
        ceiling = max((upto for _, _, upto in ranges), default=0)
        while floor < ceiling:
            # What nothing is wanted of (a backlog that was discarded, say) is not read through.
            floor = max(floor, min(after for _, after, high in ranges if high > floor))
            upto = min(floor + max(int(missing() / share * STRETCH_SPARE) + 1, PORTION_MIN), ceiling)
            # Most classes are wanted throughout the stretch; of the others each item is looked at.
            whole = {name for name, low, high in ranges if low <= floor and upto <= high}
            parts = [each for each in ranges if each[0] not in whole and each[1] < upto and floor < each[2]]
            rows = read(floor, upto)
            yield [row for row in rows if row.class_id in whole or (parts and _is_in(row, parts))]
            floor = upto

    def _of_versions(self, rows: Sequence[Body | Record]) -> Sequence[Body | Record]:
        """The rows whose version was asked for; most objects have one version, and then it is first and last."""
        rows = _with_content(rows)
        if self.filters.versions == ("all",):
            return rows
        alone = bool({"last", "first"} & set(self.filters.versions))
        keys = {row.rival_key for row in rows if row.rival_key is not None}
        if not keys and alone:
            return rows
        known = self.snap.known(keys) if keys else {}
        wanted = {
            version.seq for versions in known.values() for version in chosen(self._visible(versions), self.filters)
        }
        instants = [each for each in self.filters.versions if isinstance(each, int)]
        return [
            row
            for row in rows
            if (row.seq in wanted if row.rival_key is not None else alone or row.version_us in instants)
        ]

    def _visible(self, versions: Iterable[Known]) -> list[Known]:
        found = []
        for version in versions:
            if not self.view.shown(version.class_id):
                continue
            place = self.view.stream.place_of(version.class_id, version.seq)
            if place is not None and place <= self.horizon:
                found.append(version)
        return found


def _with_content(rows: Sequence[Body | Record]) -> Sequence[Body | Record]:
    """The rows but for those whose content was purged: there is nothing of them that could be given."""
    # On the path of every page: asked of each row without a call of ours.
    if not rows or all(map(_CONTENT[isinstance(rows[0], Body)], rows)):
        return rows
    return [row for row in rows if not row.is_purged]


_CONTENT = {True: attrgetter("raw"), False: attrgetter("length")}


def _is_in(row: Body | Record, ranges: Sequence[tuple[int, int, int]]) -> bool:
    return any(name == row.class_id and low < row.seq <= high for name, low, high in ranges)


def chosen(versions: Sequence[Known], filters: Filters) -> list[Known]:
    """Of the visible versions of objects with one key, by `version_us`, those that were asked for."""
    if not versions:
        return []
    wanted = filters.versions
    if "all" in wanted:
        return list(versions)
    found = {version.seq: version for version in versions if version.version_us in wanted}
    if "last" in wanted:
        found[versions[-1].seq] = versions[-1]
    if "first" in wanted:
        found[versions[0].seq] = versions[0]
    return list(found.values())


def windows(
    snap: Snapshot,
    ranges: Sequence[tuple[int, int, int]],
    missing: Callable[[], int],
    share: float,
) -> Iterator[list[int]]:
    """The `seq` of the items in the ranges, in order, a portion at a time, each about what is still missing.

    With many ranges a window of `seq` bounds what each is asked for; it is sized by the share of all items that their
    classes have, and doubles where it turns out too small.
    """
    if not ranges:
        return
    floor = min(after for _, after, _ in ranges)
    ceiling = max(upto for _, _, upto in ranges)
    width = max(int(missing() / share * 1.25) + 1, PORTION_MIN)
    while floor < ceiling:
        wanted = max(missing(), PORTION_MIN)
        few = len(ranges) <= FEW_RANGES
        upto = ceiling if few else min(floor + width, ceiling)
        clipped = [
            (name, max(after, floor), min(end, upto)) for name, after, end in ranges if end > floor and after < upto
        ]
        found = snap.scan(clipped, wanted) if clipped else []
        if found:
            yield [seq for seq, _ in found]
        if len(found) < wanted:
            floor, width = upto, width * 2
        else:
            floor = found[-1][0]
