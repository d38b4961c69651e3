"""Tracks: what readers were served, as memory knows it; and what is taken back of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relto.domain.plain import plain

if TYPE_CHECKING:
    from relto.domain.reader import Track
    from relto.ports.store import Head, Store, TrackRow

TRACKS_KEPT = 100_000
"""How many tracks memory knows; beyond, it begins anew, at the price of a few more questions."""

TrackKey = tuple[int, str, str]
"""(flow, reader, way)"""


class Tracks:
    """Memory of tracks, one for each process. Safe to use from several threads.

    A place never goes back but where a page is withdrawn, in whichever process; the head counts those. So what memory
    knows is too low at most, which costs a question, until the head says otherwise.
    """

    def __init__(self, store: Store) -> None:
        """For this database."""
        self._store = store
        self._known: dict[TrackKey, tuple[int, Track]] = {}

    def __contains__(self, key: TrackKey) -> bool:
        """Whether the reader has asked in this way, as far as memory knows."""
        return key in self._known

    def known(self, head: Head, key: TrackKey) -> Track | None:
        """The track, looked at again where a page, of whomever, was withdrawn since; None where memory has none."""
        known = self._known.get(key)
        if known is None or known[0] == head.withdrawn:
            return None if known is None else known[1]
        with self._store.read() as snap:
            track, withdrawn = snap.track(*key), snap.head().withdrawn
        if track is not None:
            self._known[key] = withdrawn, track
        return track

    def keep(self, row: TrackRow, *, withdrawn: int) -> None:
        """Remembers a track as it was when the head counted so many pages that were withdrawn."""
        if len(self._known) >= TRACKS_KEPT:
            self._known.clear()
        self._known[row.flow, row.reader, row.way] = withdrawn, row.track

    def withdraw(self, before: TrackRow, after: TrackRow, *, gave: bool) -> None:
        """Takes a page back that never left, in the database; `before` and `after` are the track around it. `gave`:
        it has items, so its delivery is on record.
        """
        with self._store.write() as tx:
            stored = tx.track(after.flow, after.reader, after.way)
            if stored is not None and after.track.page not in stored.gone:
                row = replace(after, track=stored.withdrawn(before.track, after.track))
                around = {"before": plain(before.track), "after": plain(after.track)}
                told = {"flow": row.flow, "reader": row.reader, "way": row.way, "digest": row.digest}
                tx.note("track", {**told, "around": around})
                tx.put_track(row)
                # Whoever compares what it received with what was recorded must know that this never left.
                if gave:
                    flow = next(row for row in tx.flows() if row.id == after.flow)
                    page = {"agreement": flow.agreement, "reader": after.reader, "page": after.track.page}
                    tx.note("withdrawn", {**page, "party": flow.party}, party=flow.party)
                head = tx.head()
                tx.put_head(replace(head, withdrawn=head.withdrawn + 1))
