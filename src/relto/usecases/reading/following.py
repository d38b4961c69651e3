"""Following: where a request begins, what its reader was served before, and whether it passes over what it is owed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.reader import Track, way_of
from relto.ports.store import TrackRow
from relto.usecases.delivering import has_all_ways
from relto.usecases.repairing import is_repaired

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.domain.cursor import Filters
    from relto.domain.stream import Place
    from relto.ports.store import AccountRow, FlowRow
    from relto.usecases.reading.look import Found, Look
    from relto.usecases.reading.quiet import Quiet

AHEAD_MAX_US = 86_400_000_000
"""An `added_after` that is further ahead of the clock than this gives nothing."""

PAGE_BITS = 53
"""Names of pages: any number that JSON has, so that no two of one reader's are the same."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: behind `after` (a cursor's place), or else what came after the moment `began`, which is
    the `added_after` that its walk began with. `given_at`: the clock of the page that the cursor is of.

    `stray`: it came with a cursor that counts as none; where it names no moment, it goes on from the reader's place.
    """

    after: Place | None
    began: int | None
    filters: Filters
    stray: bool = False
    given_at: int = 0


@dataclass(frozen=True, slots=True)
class Following:
    """Where a request begins (None: nowhere), and the track that it moves (None: it moves none).

    `passed`: the lowest place that it goes on from; what is hidden beyond is passed unseen. `stored`: the track that is
    on record; `new`: there is none yet. `owes`: something between the track's place and the start is owed. `broke`: the
    walk before had no end. `by_cursor`, `by_track`: it begins where a cursor says, or where the track does, not at the
    moment that was asked for.
    """

    start: Place | None
    track: Track | None = None
    way: str = ""
    new: bool = False
    stored: Track | None = None
    owes: bool = False
    by_cursor: bool = False
    by_track: bool = False
    broke: bool = False

    @property
    def passed(self) -> Place | None:
        """The lowest place that this read goes on from, where it moves anything."""
        if self.start is None or self.track is None:
            return None
        # What a walk has covered before its cursor is not passed: it was served, or its own request left a mark.
        return self.start if self.by_cursor else min(self.start, self.track.place)

    def served(self, began: int | None, found: Found, date: int | None, end: Place | None, at: int) -> Track | None:
        """The track after the page, at the moment `at`: `date` is that of the last of what was `found`; `end` as in
        `Track.served`.
        """
        if self.track is None or self.start is None:
            return None
        # A cursor may come from a walk that broke off long ago; only a walk from the place itself is without a gap.
        last = (found.last, date) if found and date is not None else None
        page = secrets.randbits(PAGE_BITS)
        return self.track.served(began, start=self.passed or self.start, last=last, end=end, page=page, at=at)

    def ends(self, served: Track | None) -> bool:
        """Whether the page after which the track is `served` was the last one of a walk that went on by its cursor."""
        is_open = self.by_cursor and self.track is not None and self.track.walk is not None
        return is_open and served is not None and served.walk is None

    def row(self, flow: FlowRow | None, reader: str, track: Track | None) -> TrackRow | None:
        """The track as it is kept; None where nothing is followed."""
        return None if flow is None or track is None else TrackRow(flow.id, reader, self.way, track)


def moves(filters: Filters, endpoint: str) -> bool:
    """Whether a read can pass something: not one for ids, nor for chosen versions (CLIENTS.md rule 1)."""
    return filters.ids is None and filters.versions in {("last",), ("all",)} and endpoint != "versions"


def follow(
    look: Look, account: AccountRow, asked: Asked, now: int, place_of: Callable[[int | None], Place], quiet: Quiet
) -> Following:
    """Where a request begins, and with which track. `place_of` is the place of a moment in the stream."""
    view, filters, began, after = look.view, look.filters, asked.began, asked.after
    if after is None and began is not None and began > now + AHEAD_MAX_US:
        return Following(None)
    start = after if after is not None else place_of(began)
    if view.flow is None or not moves(filters, look.endpoint):
        return Following(start)
    way = way_of(look.endpoint, filters.types, filters.spec_versions)
    stored = look.snap.track(view.flow.id, account.name, way)
    ahead = after is None and began is not None and began > now
    if stored is None:
        if has_all_ways(look.snap, view.flow.id, account.name):
            return Following(start)
        start = look.horizon if ahead else start
        return Following(start, Track.begun(start), way, new=True, by_cursor=after is not None, by_track=ahead)
    if after is not None:
        return Following(start, stored, way, stored=stored, by_cursor=True)
    track = stored.asked(began, ahead=ahead)
    broke = track.broken > stored.broken
    if ahead or (began is None and asked.stray):
        # The client's clock is ahead (or all that it has is a cursor of another): it is read from its place, under the
        # dates that things have.
        return Following(track.place, track, way, stored=stored, by_track=True, broke=broke)
    if start <= track.place or not is_repaired(account):
        return Following(start, track, way, stored=stored, broke=broke)
    # What the filters leave out is not owed: an older version that came after the newer one, say.
    found, _ = look.rows(track.place, 1, quiet)
    return Following(start, track, way, stored=stored, owes=bool(found) and found.first <= start, broke=broke)
