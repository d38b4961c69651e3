"""Folding: which epochs of a reader's stream may be made one.

A reader that is repaired at every poll leaves an epoch behind each time. Whatever it stands behind, in every way of
asking, can be told from nothing but its dates, so it may stand in one epoch as well; but nobody may stand inside, or
that place would say less than it did. So the places where somebody stands cut the stream into runs, each of which
becomes one epoch: a handful for each place, however many there were.

>>> from relto.domain.ranges import Ranges
>>> from relto.domain.stream import Epoch, Stream
>>> stream = Stream(tuple(Epoch(number, 10 * number, 10**6 * number, 0, 10, 1) for number in range(1, 7)))
>>> runs(stream, Place(5, LIVE, 60), [])
[(0, 5)]
>>> runs(stream, Place(5, LIVE, 60), [Place(3, BACKLOG, 4)])
[(0, 2), (4, 5)]
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from relto.domain.stream import BACKLOG, BEGINNING, LIVE, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from relto.domain.stream import Stream


def runs(stream: Stream, upto: Place, stands: Iterable[Place]) -> list[tuple[int, int]]:
    """The runs of epochs (first, last), in order, that end at `upto` or before and that each can be folded
    (`Stream.fold`, the first one first), where somebody `stands` at these places.
    """
    places = sorted({stream.settled(place) for place in stands})
    found: list[list[int]] = []
    run: list[int] = []
    before = BEGINNING
    for number, begin, end in _parts(stream):
        if end > upto:
            break
        is_inside = any(begin < place < end for place in places)
        if run and (is_inside or any(before <= place <= begin for place in places)):
            found.append(run)
            run = []
        if not is_inside:
            run = [*run, number]
        before = end
    return [(each[0], each[-1]) for each in (*found, run) if len(each) > 1]


def _parts(stream: Stream) -> Iterator[tuple[int, Place, Place]]:
    """Each epoch but the last: its number and the places before and after all that stands in it; 0: before them all."""
    if stream.epochs and not stream.folded:
        yield 0, BEGINNING, Place(0, LIVE, stream.epochs[0].start_seq)
    for epoch, later in pairwise(stream.epochs):
        number = epoch.number
        yield number, Place(number, BACKLOG, epoch.backlog_after), Place(number, LIVE, later.start_seq)
