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

import msgspec

from relto.domain.stream import BEGINNING, Place

ENDS_KEPT = 16
"""Of an open walk so many last pages are remembered by their dates; a client that comes back with an older one is in
doubt, and is given what lies between again.
"""

PATIENCE = 8
"""So many walks in a row of a client whose clock is ahead may break off before what they covered counts as served."""

HAD_KEPT = 16
"""Of so many repairs in other ways of asking it is remembered what of them was served in this one before."""

MILLISECOND_US = 1_000


class Walk(msgspec.Struct, frozen=True, array_like=True):
    """A walk that has not come to its end. `began`: the `added_after` that it began with. `start` and `reached`: the
    places before its first item and of its last. `ends`: (date, place) of the last items of its latest pages.
    """

    began: int | None
    start: Place
    reached: Place
    ends: tuple[tuple[int, Place], ...] = ()


class Track(msgspec.Struct, frozen=True, array_like=True):
    """`place`: up to here everything was served in full, or is not owed. `doubt`: what stands between the place and
    here was covered by a broken walk. `repairs` counts those of this track, `repaired_items` what they gave again,
    `broken` the walks that had no end, `in_a_row` those since the place last moved.

    `had`: what a repair in another way of asking moved behind the place, up to these places of the backlogs of their
    epochs, was served before, or not owed, and is not owed for having moved.
    """

    place: Place
    walk: Walk | None = None
    doubt: Place = BEGINNING
    repairs: int = 0
    repaired_items: int = 0
    broken: int = 0
    in_a_row: int = 0
    had: tuple[Place, ...] = ()

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
            return msgspec.structs.replace(self, place=max(self.place, *known), walk=None, in_a_row=0)
        again = min(walk.reached, self.doubt) if not ahead or self.in_a_row >= PATIENCE else BEGINNING
        return msgspec.structs.replace(
            self,
            place=max(self.place, again),
            walk=None,
            doubt=max(walk.reached, self.doubt),
            broken=self.broken + 1,
            in_a_row=self.in_a_row + 1 if again <= self.place else 0,
        )

    def served(self, began: int | None, *, start: Place, last: tuple[Place, int] | None, end: Place | None) -> Track:
        """The track after a page that began behind `start`; `last` are the place and the date of its last item.

        `end`: where it was the last page, the last place that the stream had at that moment; else None. A page without
        items does not move the place beyond what the walk had reached.
        """
        walk = self.walk
        if walk is None or walk.began != began or not walk.start <= start <= walk.reached:
            walk = Walk(began, start, start)
        if last is not None:
            ends = (*walk.ends, (last[1], last[0]))[-ENDS_KEPT:]
            walk = Walk(walk.began, walk.start, max(walk.reached, last[0]), ends)
        if end is None:
            return msgspec.structs.replace(self, walk=walk)
        place = self.place
        if walk.start <= place:
            place = max(place, walk.reached, end if last is not None else place)
        return msgspec.structs.replace(self, place=place, walk=None, in_a_row=0)

    def mended(self, *, place: Place, doubt: Place, items: int) -> Track:
        """The track after a repair: what was owed up to `place` stands behind it again; `doubt` is a place there."""
        return msgspec.structs.replace(
            self,
            place=max(self.place, place),
            walk=None,
            doubt=doubt,
            repairs=self.repairs + 1,
            repaired_items=self.repaired_items + items,
        )

    def moved(self, upto: Place) -> Track:
        """The track after a repair in another way of asking: what it moved up to here was not owed in this one."""
        had = tuple(place for place in self.had if place > self.place)
        return msgspec.structs.replace(self, had=(*had, upto)[-HAD_KEPT:])

    def skipped(self, place: Place) -> Track:
        """The track after an operator said that nothing up to `place` is owed."""
        return msgspec.structs.replace(self, place=max(self.place, place), walk=None)


def way_of(endpoint: str, types: tuple[str, ...] | None, spec_versions: tuple[str, ...] | None) -> str:
    """The name of an endpoint with its filters: what a filter leaves out is neither owed nor given.

    >>> way_of("objects", ("indicator",), None)
    'objects?type=indicator'
    """
    parts = [
        f"{name}={','.join(sorted(values))}"
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
    return (
        None if types is None else tuple(types.split(",")),
        None if spec_versions is None else tuple(spec_versions.split(",")),
    )
