"""Served: what each reader was served, in each way of asking, carried along by the rules by which the node kept it.

Whatever moves a track says what that follows from: a page by its delivery and place, a page that gave nothing and one
that never left by a leaf `track`. So it is known what each leads to, and the digest that it says is compared. Where one
is other than follows, no more than that is known of the track, until a repair tells all of it.

A page is decided on the track that was on record when it was looked at, and another page of the same reader in the
same way may have gone on record meanwhile: as long as nothing else changed (`Stand`), it overwrites what that left. The
price is a repeat, never a loss, for each of those tracks says what was served.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from relto.domain.reader import Track, track_digest
from relto.ports.node import CLOCK_STEP_US
from relto.usecases.delivering import DECIDED_MAX_US, WAYS_MAX
from relto.usecases.evidence.replay.held import AROUND_BYTES, Held, cursor_of, has_items, held, may_be_within
from relto.usecases.evidence.replay.ledger import read_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relto.domain.stream import Place
    from relto.ports.store import Stand, TrackRow
    from relto.usecases.evidence.replay.delivered import Page

KnownTrack = Track | Literal["unknown"] | None
"""A track as far as it is known; None: there is none."""

Key = tuple[int, str, str]
"""(flow, reader, way)"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with what moves a track: the code of the fault, and in words; with which item."""

    code: str
    text: str
    item: int | None = None


@dataclass(frozen=True, slots=True)
class _Past:
    """A track that was on record until the moment `until`, when something took its place while things stood so."""

    track: KnownTrack
    until: int
    stand: Stand


class Served:
    """The tracks of all readers. `digests`: what the log last said of each."""

    def __init__(self) -> None:
        """Nobody was served anything."""
        self.digests: dict[Key, str] = {}
        self._known: dict[Key, KnownTrack] = {}
        # By digest; the last that something took the place of stands last.
        self._past: dict[Key, OrderedDict[str, _Past]] = {}
        self._ways: dict[tuple[int, str], dict[str, None]] = {}
        # By name; None: it was taken back, or may never be.
        self._pages: dict[tuple[int, str], dict[int, Held | None]] = {}

    def digests_of(self, flow: int, reader: str) -> dict[str, str]:
        """By way of asking, the digest of the track of a reader."""
        return {way: self.digests[flow, reader, way] for way in self._ways.get((flow, reader), ())}

    def tracks_of(self, flow: int, reader: str) -> list[tuple[str, KnownTrack]]:
        """Each way of asking of a reader, and its track."""
        return [(way, self._known[flow, reader, way]) for way in self._ways.get((flow, reader), ())]

    def keep(self, row: TrackRow, at: int, stand: Stand) -> None:
        """A change, written at this moment while things stood so, leads to this track."""
        self._put((row.flow, row.reader, row.way), row.track, row.digest, at, stand)

    def told(self, key: Key, digest: str, at: int, stand: Stand) -> None:
        """The log says this of a track, whatever it follows from."""
        if self.digests.get(key) != digest:
            self._put(key, "unknown", digest, at, stand)

    def is_named(self, flow: int, reader: str, name: int) -> bool:
        """Whether a page of this reader has this name."""
        return name in self._pages.get((flow, reader), {})

    def is_unfollowed(self, key: Key) -> bool:
        """Whether nothing moves a track in this way: it would be a new one, of a reader that asks in many others."""
        return key not in self._known and len(self._ways.get(key[:2], ())) >= WAYS_MAX

    # What moves a track.

    def page(
        self, key: Key, page: Page, stand: Stand, owed: Callable[[Place], int | None], cursor: bytes
    ) -> Wrong | None:
        """Takes a page, and its `cursor` where it gave one; what is wrong with its track. `owed`: an item between a
        place and where the page begins that must have been given again before.
        """
        digest = str(page.place["track"])
        is_there, track = self._on_record(key, page.place["before"], page.given_at, stand)
        wrong: Wrong | None = None
        known: KnownTrack = "unknown"
        around: bytes | None = None
        if not is_there:
            wrong = Wrong("delivery-track", "it was decided on a track that was not on record then")
        elif not isinstance(track, str):
            before, after = _stepped(track, page)
            if track_digest(*key, after) == digest:
                known, around = after, _around(key, before, after)
                wrong = _misled(track, before, page, owed)
            else:
                wrong = Wrong("delivery-track", "its track is not what it leads to from what was served before")
        self._pages.setdefault(key[:2], {})[page.name] = held(gave=True, around=around, cursor=cursor)
        self._put(key, known, digest, page.at, stand)
        return wrong

    def empty(
        self, key: Key, fields: Mapping[str, Any], at: int, stand: Stand, *, reaches: Callable[[Place], bool]
    ) -> Wrong | None:
        """Takes a track that nothing was given for: of a reader that asks first, or of a walk that ended with nothing.
        What is wrong with that. `reaches`: whether anybody can ask from this place on.
        """
        place, digest, step = read_place(fields["after"]), fields["digest"], _emptied(fields)
        name, given_at = (0, at) if step is None else (step["page"], step["at"])
        is_there, track = self._on_record(key, fields["before"], given_at, stand)
        if isinstance(track, str):
            self._put(key, "unknown", digest, at, stand)
            return None
        # It is said once where a reader begins; and no page without items goes on record but of an open walk.
        is_told = is_there and (track is None or (step is not None and track.walk is not None))
        is_named = step is None or (name > 0 and not self.is_named(*key[:2], name))
        is_fresh = at - DECIDED_MAX_US - CLOCK_STEP_US <= given_at <= at + CLOCK_STEP_US
        if not is_told or not is_named or not is_fresh or (track is None and not reaches(place)):
            self.told(key, digest, at, stand)
            return Wrong("track-unfounded", "nothing leads to where it says that its reader stands")
        before = Track.begun(place) if track is None else track
        after = before if step is None else before.served(start=place, last=None, end=place, **step)
        if track_digest(*key, after) != digest:
            self.told(key, digest, at, stand)
            return Wrong("track-unfounded", "it is not what it leads to from what was served before")
        if step is not None:
            # A first page that gives nothing is not taken back: its reader has begun all the same.
            page = None if track is None else held(gave=False, around=_around(key, before, after))
            self._pages.setdefault(key[:2], {})[name] = page
        self._put(key, after, digest, at, stand)
        return None

    def taken_back(
        self, key: Key, fields: Mapping[str, Any], at: int, stand: Stand
    ) -> tuple[Wrong | None, int, bytes | None]:
        """Takes a page back that never left: what is wrong with that; which page; and the cursor that it gave, empty
        where it gave none, None where it had no items.

        The page may be of long ago, with others after it: whoever noticed it may have come late.
        """
        before, after = (msgspec.convert(fields["around"][name], Track, strict=False) for name in ("before", "after"))
        pages, track = self._pages.get(key[:2], {}), self._known.get(key)
        page = pages.get(after.page)
        if page is None or not may_be_within(page, _around(key, before, after)):
            self.told(key, fields["digest"], at, stand)
            return Wrong("withdrawn-unfounded", "there is no such page that could be taken back"), after.page, None
        pages[after.page] = None
        cursor = cursor_of(page) if has_items(page) else None
        if not isinstance(track, Track):
            self.told(key, fields["digest"], at, stand)
            return None, after.page, cursor
        follows = track.withdrawn(before, after)
        if track_digest(*key, follows) != fields["digest"]:
            self.told(key, fields["digest"], at, stand)
            text = "its track is not what follows when that page is taken back"
            return Wrong("track-unfounded", text), after.page, cursor
        self._put(key, follows, fields["digest"], at, stand)
        return None, after.page, cursor

    # Tracks.

    def _on_record(self, key: Key, digest: str | None, given_at: int, stand: Stand) -> tuple[bool, KnownTrack]:
        """Whether what was decided by this clock may rest on the track of this digest, and the track. None: that there
        was none, which can be so until there is one.
        """
        if digest is None:
            return key not in self._known, None
        if self.digests.get(key) == digest:
            return True, self._known[key]
        past = self._past[key].get(digest) if key in self._past else None
        # INVARIANT: who decides has read the clock before the track, and is on record within that time.
        if past is None or past.stand != stand or past.until < given_at - DECIDED_MAX_US:
            return False, None
        return True, past.track

    def _put(self, key: Key, track: KnownTrack, digest: str, at: int, stand: Stand) -> None:
        past = self._past.setdefault(key, OrderedDict())
        if past and next(reversed(past.values())).stand != stand:
            past.clear()
        if key in self.digests:
            past[self.digests[key]] = _Past(self._known[key], at, stand)
            past.move_to_end(self.digests[key])
        while past and next(iter(past.values())).until < at - 2 * DECIDED_MAX_US:
            past.popitem(last=False)
        self._known[key] = track
        self.digests[key] = digest
        self._ways.setdefault(key[:2], {})[key[2]] = None


def _stepped(track: Track | None, page: Page) -> tuple[Track, Track]:
    """The track before and after a page, as `following.follow` and `Following.served` have them."""
    place = page.after
    if track is None:
        before = Track.begun(place)
    elif page.goes_on:
        before = track
    else:
        before = track.asked(page.began, ahead=page.by_track and page.began is not None)
    start = place if page.goes_on else min(place, before.place)
    last = (page.last, page.dates[1])
    return before, before.served(page.began, start=start, last=last, end=page.upto, page=page.name, at=page.given_at)


def _misled(track: Track | None, before: Track, page: Page, owed: Callable[[Place], int | None]) -> Wrong | None:
    """What is wrong with where a page begins, on this track."""
    if page.by_track:
        if track is None:
            return Wrong("delivery-start", "it begins where its reader's track says, and there was none")
        if page.after != before.place:
            return Wrong("delivery-start", "it begins at another place than its reader's track says")
        return None
    if track is None or page.goes_on or page.after <= before.place:
        return None
    item = owed(before.place)
    if item is None:
        return None
    return Wrong("repair-missing", f"it was asked for beyond item {item}, which had not been given", item)


def _emptied(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of a page that gave nothing what `Track.served` asks for; None where no page is told of."""
    if "page" not in fields:
        return None
    step = {"began": fields.get("added_after"), "page": fields["page"], "at": fields["given_at"]}
    if not all(type(value) is int for name, value in step.items() if name != "began" or value is not None):
        raise TypeError("these are no numbers")
    return step


def _around(key: Key, before: Track, after: Track) -> bytes:
    """What stands for the tracks around a page: it is held against what is said when that is taken back."""
    both = track_digest(*key, before) + track_digest(*key, after)
    return blake2b(both.encode(), digest_size=AROUND_BYTES).digest()
