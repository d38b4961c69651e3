"""Delivering: a page is on the record before its first byte leaves, and only if what it was decided on is still so.

What a reader was served (its track) is kept with the delivery. Concurrent deliveries share one commit: whoever comes
first writes for all who wait. An empty page records nothing; a read during which something was hidden leaves a mark,
durably, before the reader learns anything from it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from operator import sub
from typing import TYPE_CHECKING, Any, Final

from relto.domain.plain import plain
from relto.domain.stream import BEGINNING
from relto.ports.node import CLOCK_STEP_US
from relto.usecases.clock import recorded_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from relto.domain.cursor import Filters
    from relto.domain.reader import Track
    from relto.domain.stream import Place
    from relto.ports.node import Node
    from relto.ports.store import FlowRow, Head, MarkRow, Snapshot, Stand, TrackRow, Transaction


DECIDED_MAX_US: Final = 60_000_000
"""What is decided by the clock is on record within this time of it."""

WAYS_MAX: Final = 64
"""In so many ways (endpoints and filters) a reader is followed in each collection; in those beyond nothing is owed."""


def never() -> bool:
    """Nobody goes."""
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One page that is about to be given: to which reader, of which stream of the flow, decided at which policy
    version.

    `seqs` are the items, in order, under `dates` of the first and the last; `digest` is SHA-256 over their digests in
    order. They are what was asked for and stood behind the place `after` up to `last`; `upto` is as far as was looked,
    where nothing more stood there, None where more did.
    `page` names it in its reader's track, 0 where none is kept. `began`: the `added_after` that was asked for; the
    start was taken from a cursor (`by_cursor`), from the track (`by_track`) or from that.
    """

    flow: FlowRow
    stream: int
    reader: str
    policy_version: int
    endpoint: str
    filters: Filters
    after: Place
    last: Place
    upto: Place | None
    seqs: Sequence[int]
    digest: bytes
    dates: tuple[int, int]
    page: int = 0
    began: int | None = None
    by_cursor: bool = False
    by_track: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes on record before an answer leaves: each of them where there is something to say. `at`: the clock by
    which it was decided.

    `before` is the track that was on record when this was decided. `after` and `began` tell how a `track` without a
    delivery comes about: behind which place it was read, and the `added_after` that its walk began with.
    """

    at: int
    delivery: Delivery | None = None
    mark: MarkRow | None = None
    track: TrackRow | None = None
    before: Track | None = None
    after: Place = BEGINNING
    began: int | None = None

    def __bool__(self) -> bool:
        """Whether anything does."""
        return not (self.delivery is None and self.mark is None and self.track is None)


def put_records(tx: Transaction, outgoing: Iterable[Outgoing]) -> None:
    """Puts all of it on record."""
    for each in outgoing:
        tx.by_clock(each.at)
        if each.delivery is not None:
            _note(tx, each.delivery, each)
        if each.mark is not None:
            tx.put_mark(each.mark)
        if each.track is not None:
            if each.delivery is None:
                _note_empty(tx, each.track, each)
            tx.put_track(each.track)


def _before(row: TrackRow, before: Track | None) -> str | None:
    """The digest of the track that was on record before."""
    return None if before is None else replace(row, track=before).digest


def _note_empty(tx: Transaction, row: TrackRow, outgoing: Outgoing) -> None:
    """A track that nothing was given for: whoever checks it is told what it follows from, as a delivery tells."""
    told: dict[str, Any] = {"flow": row.flow, "reader": row.reader, "way": row.way, "digest": row.digest}
    told |= {"before": _before(row, outgoing.before), "after": list(outgoing.after)}
    if row.track.page:
        told |= {"page": row.track.page, "given_at": outgoing.at}
        if outgoing.began is not None:
            told["added_after"] = outgoing.began
    tx.note("track", told)


def _note(tx: Transaction, delivery: Delivery, outgoing: Outgoing) -> None:
    """Two leaves: what the party may be shown with a proof, and behind it where in the stream that stood, which tells
    what is not given to the party.
    """
    flow, filters = delivery.flow, delivery.filters
    asked: dict[str, Any] = {
        "ids": filters.ids,
        "types": filters.types,
        "versions": filters.versions,
        "spec_versions": filters.spec_versions,
        "added_after": delivery.began,
        "next": delivery.by_cursor or None,
    }
    told: dict[str, Any] = {
        "agreement": flow.agreement,
        "party": flow.party,
        "reader": delivery.reader,
        "given_at": outgoing.at,
        "endpoint": delivery.endpoint,
        "asked": {name: plain(value) for name, value in asked.items() if value is not None},
        "items": len(delivery.seqs),
        "digest": delivery.digest.hex(),
        "dates": list(delivery.dates),
        "page": delivery.page,
    }
    place: dict[str, Any] = {
        "flow": flow.id,
        "stream": delivery.stream,
        "version": delivery.policy_version,
        "items": runs_of(delivery.seqs),
        "after": list(delivery.after),
        "last": list(delivery.last),
        "upto": None if delivery.upto is None else list(delivery.upto),
        "by_track": delivery.by_track,
    }
    track = outgoing.track
    if track is not None:
        place |= {"way": track.way, "before": _before(track, outgoing.before), "track": track.digest}
    tx.note("delivery", told, party=flow.party)
    tx.note("place", place)


def runs_of(seqs: Iterable[int]) -> list[list[int]]:
    """Numbers in their order as runs of [first, last] that grow by one.

    >>> runs_of([4, 5, 6, 2, 9])
    [[4, 6], [2, 2], [9, 9]]
    """
    listed = list(seqs)
    # Subtracted by the interpreter's own loop: a page has thousands of items, and whoever writes waits for this.
    steps = list(map(sub, listed[1:], listed))
    if steps.count(1) == len(steps):
        return [[listed[0], listed[-1]]] if listed else []
    ends = [place for place, step in enumerate(steps, 1) if step != 1]
    pairs = zip([0, *ends], [*ends, len(listed)], strict=True)
    return [[listed[start], listed[end - 1]] for start, end in pairs]


@dataclass(slots=True)
class _Waiting:
    """`called`: it is on record, or failed (`done`), or it is its turn to write for all who wait."""

    stand: Stand
    outgoing: Outgoing
    gone: Callable[[], bool]
    called: threading.Event = field(default_factory=threading.Event)
    done: bool = False
    stands: bool = False
    error: BaseException | None = None


def _stands(tx: Transaction, each: _Waiting, head: Head, now: int) -> bool:
    outgoing, stand = each.outgoing, head.stand
    track = outgoing.track
    if not is_fresh(outgoing.at, now):
        return False
    is_new = track is not None and outgoing.before is None
    # Of many first requests in new ways at once none takes a reader beyond the ways in which it is followed.
    if track is not None and is_new and has_all_ways(tx, track.flow, track.reader):
        return False
    # Where a reader begins is said once: of two that ask first at once, the second goes on from what the first left.
    if each.stand == stand and not is_new:
        return True
    is_same = track is None or tx.track(track.flow, track.reader, track.way) == outgoing.before
    return is_same and each.stand[:2] == stand[:2]


def has_all_ways(snap: Snapshot, flow: int, reader: str) -> bool:
    """Whether a reader asks in as many ways as it is followed in: in a new one it is not."""
    return sum(row.flow == flow for row in snap.tracks(reader=reader)) >= WAYS_MAX


def is_fresh(at: int, now: int) -> bool:
    """Whether what was decided by the clock `at` may still go on record when it is `now`."""
    return now - DECIDED_MAX_US <= at <= now + CLOCK_STEP_US


class DeliveryDesk:
    """Records deliveries, marks and tracks. Safe to use from several threads."""

    def __init__(self, node: Node) -> None:
        """For this node."""
        self._node = node
        self._lock = threading.Lock()
        self._queue: list[_Waiting] = []
        self._writing = False

    def record(
        self,
        stand: Stand,
        outgoing: Outgoing,
        *,
        gone: Callable[[], bool] = never,
    ) -> bool:
        """Whether it stands: False where the head no longer has this `stand`, or the clock by which it was decided has
        long passed, or was set back since; then decide the page anew. Where a page, of whomever, was withdrawn since,
        or the reader had no track, it stands if what is on record of that is still as it was `before`. False as well
        where whoever asked has `gone` while this waited for its turn: what never leaves is not put on record.

        When it returns True, the record survives a power cut.
        """
        if not outgoing:
            return True
        mine = _Waiting(stand, outgoing, gone)
        with self._lock:
            self._queue.append(mine)
            writes, self._writing = not self._writing, True
        if not writes:
            mine.called.wait()
        if not mine.done:
            self._commit()
        if mine.error is not None:
            raise mine.error
        return mine.stands

    def _taken(self) -> list[_Waiting]:
        with self._lock:
            batch, self._queue = self._queue, []
        return batch

    def _commit(self) -> None:
        batch: list[_Waiting] = []
        try:
            with self._node.store.write() as tx:
                # Only now: whoever came while others wrote need not wait for a second commit.
                batch = self._taken()
                head, now = tx.head(), recorded_now(self._node, tx)
                good = []
                for each in batch:
                    if _stands(tx, each, head, now) and not each.gone():
                        put_records(tx, [each.outgoing])
                        good.append(each)
            for each in good:
                each.stands = True
        except BaseException as error:
            batch = batch or self._taken()
            for each in batch:
                each.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            for each in batch:
                each.done = True
                each.called.set()
            self._pass_on()

    def _pass_on(self) -> None:
        """The first of those who came meanwhile writes next."""
        with self._lock:
            self._writing = bool(self._queue)
            if self._queue:
                self._queue[0].called.set()
