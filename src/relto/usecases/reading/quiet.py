"""Quiet: says from memory that nothing is new beyond a place, which is most of what polling clients ask."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from relto.domain.ranges import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relto.domain.stream import Place
    from relto.ports.store import Head, Snapshot, Store
    from relto.usecases.reading.view import View

MOMENTS_KEPT, STREAMS_KEPT = 10_000, 100_000
"""Written limits of what is kept in memory; beyond them memory begins anew, at the price of a few more questions."""

LATEST = 2**62
"""A moment after everything."""


class Quiet:
    """Says from memory that nothing is new beyond a place: what was seen to be empty once, and what came in since."""

    def __init__(self, store: Store) -> None:
        """For this database."""
        self._store = store
        self._lock = threading.Lock()
        self._seq = 0
        self._last: dict[int, int] = {}
        self._ord: dict[int, int] = {}
        self._upto: dict[int, int] = {}
        self._empty: dict[str, tuple[tuple[int, ...], Place, int]] = {}

    def share(self, classes: Iterable[int], snap: Snapshot) -> float:
        """Which share of all items these classes have, roughly; above 0."""
        last = snap.head().last_seq
        if self._seq < last:
            with self._lock:
                self._refresh(snap)
        return max(sum(self._ord.get(name, 0) for name in classes), 1) / max(last, 1)

    def place(self, view: View, moment: int, head: Head) -> Place | None:
        """The place of `moment` in the stream, or None where memory does not know it."""
        if moment >= head.last_given:
            return view.stream.place_at(moment, lambda _: head.last_seq)
        seq = self._upto.get(moment)
        return None if seq is None else view.stream.place_at(moment, lambda _: seq)

    def learn(self, moment: int, seq: int, head: Head) -> None:
        """Remembers the last item up to a moment that nothing can be added before any more."""
        if moment < head.last_given:
            if len(self._upto) >= MOMENTS_KEPT:
                self._upto.clear()
            self._upto[moment] = seq

    def holds(self, view: View, start: Place, head: Head) -> bool:
        """Whether nothing that may be read stands beyond `start`; False where memory cannot say."""
        known = self._empty.get(view.key)
        if known is None or known[0] != view.versions or start < known[1]:
            return False
        seq = known[2]
        if seq == head.last_seq:
            return True
        if self._seq < head.last_seq:
            with self._lock, self._store.read() as snap:
                self._refresh(snap)
        if any(
            self._last.get(name, 0) > seq and ranges.pairs and ranges.pairs[-1][1] == OPEN and view.shown(name)
            for name, ranges in view.stream.live.items()
        ):
            return False
        self._empty[view.key] = (known[0], known[1], head.last_seq)
        return True

    def note(self, view: View, start: Place, horizon: Place, head: Head) -> None:
        """Remembers that nothing that may be read stands beyond `start`, if the page was not ended by the clock."""
        if horizon == view.stream.place_at(LATEST, lambda _: head.last_seq):
            if len(self._empty) >= STREAMS_KEPT:
                self._empty.clear()
            self._empty[view.key] = (view.versions, start, head.last_seq)

    def _refresh(self, snap: Snapshot) -> None:
        seq = snap.head().last_seq
        if self._seq < seq:
            for class_id, last, count in snap.class_heads(beyond_seq=self._seq):
                self._last[class_id], self._ord[class_id] = last, count
            self._seq = seq
