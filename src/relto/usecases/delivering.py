"""Delivering: a page is on the record before its first byte leaves, and only if what it was decided on is still so.

What a reader was served (its track) is kept with the delivery. Concurrent deliveries share one commit: whoever comes
first writes for all who wait. An empty page records nothing; a read during which something was hidden leaves a mark,
durably, before the reader learns anything from it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relto.domain.reader import Track
    from relto.ports.node import Node
    from relto.ports.store import Delivery, MarkRow, TrackRow, Transaction


def never() -> bool:
    """Nobody goes."""
    return False


@dataclass(slots=True)
class _Waiting:
    stand: tuple[int, int]
    delivery: Delivery | None
    mark: MarkRow | None
    track: TrackRow | None
    before: Track | None
    gone: Callable[[], bool]
    done: threading.Event = field(default_factory=threading.Event)
    stands: bool = False
    error: BaseException | None = None


def put_records(
    tx: Transaction,
    deliveries: Iterable[Delivery | None],
    marks: Iterable[MarkRow | None],
    tracks: Iterable[TrackRow | None],
) -> None:
    """Puts on record what there is of them."""
    tx.add_deliveries([each for each in deliveries if each is not None])
    for mark in marks:
        if mark is not None:
            tx.put_mark(mark)
    for track in tracks:
        if track is not None:
            tx.put_track(track)


def _stands(tx: Transaction, each: _Waiting, stand: tuple[int, int]) -> bool:
    if each.stand == stand:
        return True
    track = each.track
    is_same = track is None or tx.track(track.flow, track.reader, track.way) == each.before
    return is_same and each.stand[0] == stand[0]


class DeliveryDesk:
    """Records deliveries, marks and tracks. Safe to use from several threads."""

    def __init__(self, node: Node) -> None:
        """For this node."""
        self._node = node
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._queue: list[_Waiting] = []

    def record(
        self,
        stand: tuple[int, int],
        delivery: Delivery | None,
        mark: MarkRow | None,
        track: TrackRow | None,
        *,
        before: Track | None = None,
        gone: Callable[[], bool] = never,
    ) -> bool:
        """Whether it stands: False where the head no longer has this `stand`; then decide the page anew. Where a page,
        of whomever, was withdrawn since, it stands if the track was `before` what it is still. False as well where
        whoever asked has `gone` while this waited for its turn: what never leaves is not put on record.

        When it returns True, the record survives a power cut.
        """
        if delivery is None and mark is None and track is None:
            return True
        mine = _Waiting(stand, delivery, mark, track, before, gone)
        with self._lock:
            self._queue.append(mine)
        with self._turn:
            if not mine.done.is_set():
                with self._lock:
                    batch, self._queue = self._queue, []
                self._commit(batch)
        if mine.error is not None:
            raise mine.error
        return mine.stands

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            with self._node.store.write() as tx:
                stand = tx.head().stand
                good = [each for each in batch if _stands(tx, each, stand) and not each.gone()]
                put_records(
                    tx,
                    [each.delivery for each in good],
                    [each.mark for each in good],
                    [each.track for each in good],
                )
            for each in good:
                each.stands = True
        except BaseException as error:
            for each in batch:
                each.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            for each in batch:
                each.done.set()
