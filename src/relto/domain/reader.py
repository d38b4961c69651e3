"""A reader's track: what it was served of a stream through one endpoint with one set of filters, and what it is owed.

Clients move on past what they never saw: after an error, a time-out, a walk that broke off, or by a clock that runs
ahead. So a reader has a *place*, a position in the stream and never a clock: everything up to it was served in full.
When it asks for what comes after a moment beyond its place, what stands between is owed (CLIENTS.md, rules 1 to 3).

- A walk is acknowledged when its last page was served, or as far as a later `added_after` equals the last date of one
  of its pages (or that date cut to milliseconds). `next` moves on inside a walk and acknowledges nothing.
- What a broken walk covered is in doubt. What a second broken walk covered again counts as served; else a client that
  never follows `next` would be given the same for ever. The price of doubt is a repeat, never a loss. A client whose
  clock is ahead is given nothing under new dates, so it is given longer: until `PATIENCE` walks broke off.

>>> track = Track.begun(Place(0, 1, 4))
>>> track = track.served(None, start=Place(0, 1, 4), last=(Place(0, 1, 6), 6_000), end=None)
>>> track.place.seq                                          # the walk is open: nothing is acknowledged
4
>>> track.asked(6_000).place.seq                             # the client comes back with the last date that it was sent
6
>>> track.asked(7_500).place.seq                             # it comes back with another: what it got is in doubt
4
>>> track.served(0, start=Place(0, 1, 6), last=(Place(0, 1, 9), 9_000), end=Place(0, 1, 9)).place.seq
4
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from relto.domain.plain import digest_of_arrays
from relto.domain.stream import BACKLOG, BEGINNING, Place

ENDS_KEPT = 16
"""Of an open walk so many last pages are remembered by their dates; a client that comes back with an older one is in
doubt, and is given what lies between again.
"""

PATIENCE = 8
"""So many walks in a row of a client whose clock is ahead may break off before what they covered counts as served."""

MOVES_KEPT = 16
"""Of so many repairs in other ways of asking it is remembered what of them was served or covered in this one before."""

GONE_KEPT = 8
"""So many pages that were taken back are remembered, and what was on others again."""

MILLISECOND_US = 1_000

_APART = {"\0": "%00", "&": "%26", ",": "%2C", "%": "%25"}
"""What keeps names and values apart in a way of asking is written otherwise in a value, and what no engine takes. The
sign that marks the others comes last.
"""

_WRITTEN = str.maketrans(_APART)


class Walk(msgspec.Struct, frozen=True, array_like=True):
    """A walk that has not come to its end. `began`: the `added_after` that it began with. `start` and `reached`: the
    places before its first item and of its last. `ends`: (date, place) of the last items of its latest pages. `first`:
    the name of its first page.
    """

    began: int | None
    start: Place
    reached: Place
    ends: tuple[tuple[int, Place], ...] = ()
    first: int = 0


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """What a repair in another way of asking moved behind the place of a track: items of the backlog of this epoch.

    Up to the item `had` all of them were served before or not owed, and are not owed for having moved. Up to `covered`
    all were covered by the walk that was open then, up to `doubt` by one that broke off before; 0: none.
    """

    epoch: int
    had: int = 0
    covered: int = 0
    doubt: int = 0

    def broken(self, *, again: bool) -> Moved:
        """After the walk that was open broke off. `again`: what was covered twice counts as served."""
        had = max(self.had, min(self.covered, self.doubt)) if again else self.had
        return Moved(self.epoch, had, 0, max(self.covered, self.doubt))

    def ended(self, *, whole: bool) -> Moved:
        """After that walk came to its end; `whole`: with nothing left out."""
        return Moved(self.epoch, max(self.had, self.covered if whole else 0), 0, self.doubt)


class Track(msgspec.Struct, frozen=True, array_like=True):
    """`place`: up to here everything was served in full, or is not owed. `doubt`: what stands between the place and
    here was covered by a broken walk. `repairs` counts those of this track, `repaired_items` what they gave again,
    `broken` the walks that had no end, `in_a_row` those since the place last moved.

    `moved`: what repairs in other ways of asking moved, the latest last.

    For pages that are taken back (`withdrawn`): `page` names the last that was served; the place was last moved by a
    walk that was read from `since` on and ended with page `by`; `credits` are (page, place): what stands beyond the
    place was on a page that was taken back, and on this one again; `gone` are the pages that were taken back.

    `floor`: up to here an operator said that nothing is owed. `date` and `at`: the date of the last item that was
    served, and when that was; from one of the two its client is likely to go on.
    """

    place: Place
    walk: Walk | None = None
    doubt: Place = BEGINNING
    repairs: int = 0
    repaired_items: int = 0
    broken: int = 0
    in_a_row: int = 0
    moved: tuple[Moved, ...] = ()
    page: int = 0
    since: Place = BEGINNING
    by: int = 0
    credits: tuple[tuple[int, Place], ...] = ()
    gone: tuple[int, ...] = ()
    floor: Place = BEGINNING
    date: int = 0
    at: int = 0

    @staticmethod
    def begun(place: Place) -> Track:
        """A new reader: nothing before the place that it first asked for is owed to it."""
        return Track(place)

    def asked(self, added_after: int | None, *, ahead: bool = False) -> Track:
        """The track when a new walk is asked for: a date that we sent in the open walk acknowledges up to it.

        Where the client comes back with another date, the walk broke off: what it covered is in doubt, and what an
        earlier one had covered before counts as served. `ahead`: the date lies ahead of the clock.
        """
        walk = self.walk
        if walk is None:
            return self
        if walk.start > self.place:
            # It did not go on from the place (an old cursor): whatever it covered, something before it is owed.
            return msgspec.structs.replace(self, walk=None, broken=self.broken + 1)
        known = [end for date, end in walk.ends if added_after in {date, date - date % MILLISECOND_US}]
        if known:
            is_whole = max(known) >= walk.reached
            ended = self._ended(whole=is_whole)
            track = self.further(max(known), walk.start, self.page if is_whole else 0)
            return msgspec.structs.replace(track, walk=None, in_a_row=0, moved=ended)
        is_again = not ahead or self.in_a_row >= PATIENCE
        again = min(walk.reached, self.doubt) if is_again else BEGINNING
        return msgspec.structs.replace(
            # Nobody read all of it in one go, so whatever is taken back of it takes the place back.
            self.further(again, again),
            walk=None,
            doubt=max(walk.reached, self.doubt),
            broken=self.broken + 1,
            in_a_row=self.in_a_row + 1 if again <= self.place else 0,
            moved=tuple(each.broken(again=is_again) for each in self.moved),
        )

    def _ended(self, *, whole: bool) -> tuple[Moved, ...]:
        return tuple(each.ended(whole=whole) for each in self.moved)

    def further(self, place: Place, since: Place, by: int = 0) -> Track:
        """The track with its place there, if that is further, or comes from as far."""
        if place < self.place or (place == self.place and since > self.since):
            return self
        return msgspec.structs.replace(self, place=place, since=since, by=by)

    def served(
        self,
        began: int | None,
        *,
        start: Place,
        last: tuple[Place, int] | None,
        end: Place | None,
        page: int = 0,
        at: int = 0,
    ) -> Track:
        """The track after a page that began behind `start`; `last` are the place and the date of its last item.

        `end`: where it was the last page, the last place that the stream had at that moment; else None. A page without
        items does not move the place beyond what the walk had reached. `page`: a name that no other page has;
        `at`: the moment.
        """
        track = msgspec.structs.replace(self, page=page, at=at, date=self.date if last is None else last[1])
        walk, moved = self.walk, self.moved
        if walk is None or walk.began != began or not walk.start <= start <= walk.reached:
            walk, moved = Walk(began, start, start, first=page), self._ended(whole=False)
        if last is not None:
            ends = (*walk.ends, (last[1], last[0]))[-ENDS_KEPT:]
            walk = msgspec.structs.replace(walk, reached=max(walk.reached, last[0]), ends=ends)
        if end is None:
            return msgspec.structs.replace(track, walk=walk, moved=moved)
        place = self.place
        if walk.start <= place:
            place = max(place, walk.reached, end if last is not None else place)
        moved = tuple(each.ended(whole=walk.start <= self.place) for each in moved)
        # A page without items gave nothing: what moves the place was on the one before.
        track = track.further(place, walk.start, page if last is not None else self.page)
        return msgspec.structs.replace(track, walk=None, in_a_row=0, moved=moved)

    def withdrawn(self, before: Track, after: Track) -> Track:
        """The track after a page was taken back, which never left; `before` and `after`: what it was around that page.

        Where something happened since, what was on that page is owed, unless it was read again from before it on; and
        nothing that was covered counts any more. The price of doubt is a repeat.
        """
        owed = min([before.place, *(place for page, place in self.credits if page == after.page)])
        place = max(owed, self.floor)
        gone = (*self.gone, after.page)[-GONE_KEPT:]
        if msgspec.structs.replace(self, moved=after.moved, credits=after.credits, gone=after.gone) == after:
            # What others moved since was judged on the strength of that page.
            moved = tuple(each for each in before.moved if each in self.moved and self._is_beyond(each))
            track = msgspec.structs.replace(before, moved=moved, credits=self.credits, gone=gone)
            if before.page in gone:
                track = msgspec.structs.replace(track, walk=None, doubt=BEGINNING, moved=())
            return track.back(place) if place < track.place or track.by in gone else track
        if self.since <= place and self.by not in gone:
            track = msgspec.structs.replace(self, credits=(*self.credits, (self.by, place))[-GONE_KEPT:])
        else:
            track = self.back(place)
        is_open = self.walk is not None and (after.walk is None or self.walk.first != after.walk.first)
        walk = self.walk if is_open else None
        return msgspec.structs.replace(track, walk=walk, doubt=BEGINNING, moved=(), gone=gone)

    def back(self, place: Place) -> Track:
        """The track with its place there, if that is no further, as if nothing had been read to come there."""
        return self if place > self.place else msgspec.structs.replace(self, place=place, since=place, by=0)

    def mended(self, *, place: Place, doubt: Place, items: int) -> Track:
        """The track after a repair: what was owed up to `place` stands behind it again; `doubt` is a place there."""
        moved = tuple(Moved(each.epoch, each.had) for each in self.moved if each.had)
        return msgspec.structs.replace(
            self.further(place, self.place),
            walk=None,
            doubt=doubt,
            moved=moved,
            repairs=self.repairs + 1,
            repaired_items=self.repaired_items + items,
        )

    @property
    def is_in_doubt(self) -> bool:
        """Whether a broken walk covered something beyond the place."""
        return self.doubt > self.place or any(each.doubt for each in self.moved if self._is_beyond(each))

    @property
    def reached(self) -> Place:
        """Up to here the open walk covered everything beyond the place."""
        walk = self.walk
        return walk.reached if walk is not None and walk.start <= self.place else BEGINNING

    @property
    def had(self) -> tuple[Place, ...]:
        """What was moved up to these places is not owed."""
        return tuple(Place(each.epoch, BACKLOG, each.had) for each in self.moved)

    @property
    def stands(self) -> tuple[Place, ...]:
        """The places up to which something is remembered, beyond `place` as well."""
        moved = (
            Place(each.epoch, BACKLOG, seq)
            for each in self.moved
            for seq in (each.had, each.covered, each.doubt)
            if seq and self._is_beyond(each)
        )
        return (self.place, *moved, *(() if self.walk is None else (self.walk.reached,)))

    def after_move(self, moved: Moved) -> Track:
        """The track after a repair in another way of asking."""
        kept = tuple(each for each in self.moved if self._is_beyond(each))
        return msgspec.structs.replace(self, moved=(*kept, moved)[-MOVES_KEPT:])

    def _is_beyond(self, moved: Moved) -> bool:
        return Place(moved.epoch, BACKLOG, max(moved.had, moved.covered, moved.doubt)) > self.place

    def skipped(self, place: Place) -> Track:
        """The track after an operator said that nothing up to `place` is owed."""
        return msgspec.structs.replace(self.further(place, BEGINNING), floor=max(self.floor, place), walk=None)

    def passed(self, place: Place) -> Track:
        """The track where all up to `place` was had before, or may not be seen: nothing was read for that."""
        return msgspec.structs.replace(self.further(place, self.place), walk=None)


def way_of(endpoint: str, types: tuple[str, ...] | None, spec_versions: tuple[str, ...] | None) -> str:
    """The name of an endpoint with its filters: what a filter leaves out is neither owed nor given.

    >>> way_of("objects", ("indicator",), None)
    'objects?type=indicator'

    A client may ask for types that there cannot be; no two questions have one name all the same.

    >>> way_of("objects", ("a&spec_version=2.0",), None)
    'objects?type=a%26spec_version=2.0'
    """
    parts = [
        f"{name}={','.join(value.translate(_WRITTEN) for value in sorted(values))}"
        for name, values in (("type", types), ("spec_version", spec_versions))
        if values is not None
    ]
    return f"{endpoint}?{'&'.join(parts)}" if parts else endpoint


def filters_of(way: str) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The types and the versions of the specification that a way was narrowed to; None: not narrowed.

    >>> filters_of("objects?type=indicator,malware"), filters_of("manifest")
    ((('indicator', 'malware'), None), (None, None))
    """
    _, _, text = way.partition("?")
    parts = dict(part.partition("=")[::2] for part in text.split("&"))
    types, spec_versions = parts.get("type"), parts.get("spec_version")
    return _values(types), _values(spec_versions)


def _values(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(map(_value, text.split(",")))


def _value(written: str) -> str:
    for sign, instead in _APART.items():
        written = written.replace(instead, sign)
    return written


# One that is recorded is asked for twice, for the place of its delivery and for its row.
@lru_cache(maxsize=1_024)
def track_digest(flow: int, reader: str, way: str, track: Track) -> str:
    """SHA-256, in hex, of [flow, reader, way, track] in canonical JSON: what the log says of a track."""
    return digest_of_arrays([flow, reader, way, track])
