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
    from collections.abc import Callable, Iterable, Iterator

    from relto.domain.stream import Stream


def folded(
    stream: Stream,
    upto: Place,
    stands: Iterable[Place],
    cursors: Iterable[Place],
    added_at: Callable[[int], int],
) -> tuple[Stream, list[tuple[int, int]]]:
    """The stream with its runs folded, as far as there is room, and those that were (first, last). `added_at` is when
    an item was added; the rest as in `runs`.
    """
    new, done = stream, []
    for first, last in runs(stream, upto, stands, cursors):
        # A run that has no room before what follows it may have some without its last epoch.
        for number in (epoch.number for epoch in reversed(stream.epochs) if first < epoch.number <= last):
            shorter = new.fold(first, number, added_at(stream.after(number).start_seq))
            if shorter is not new:
                new = shorter
                done.append((first, number))
                break
    return new, done


def runs(stream: Stream, upto: Place, stands: Iterable[Place], cursors: Iterable[Place] = ()) -> list[tuple[int, int]]:
    """The runs of epochs (first, last), in order, that end at `upto` or before and that each can be folded
    (`Stream.fold`, the first one first), where somebody `stands` at these places.

    `cursors`: places of moments that somebody may go on from. What comes before must not be dated after: the epoch
    that such a moment lies in, or ends, is left as it is.
    """
    places = sorted({stream.settled(place) for place in stands})
    moments = sorted(set(cursors))
    found: list[list[int]] = []
    run: list[int] = []
    before = BEGINNING
    for number, begin, end in _parts(stream):
        if end > upto:
            break
        is_inside = any(begin < place < end for place in places) or any(begin < place <= end for place in moments)
        if run and (is_inside or any(before <= place <= begin for place in places)):
            found.append(run)
            run = []
        if not is_inside:
            run = [*run, number]
        before = end
    return [(each[0], each[-1]) for each in (*found, run) if len(each) > 1]


def _parts(stream: Stream) -> Iterator[tuple[int, Place, Place]]:
    """Each epoch but the last: its number and the places before and after all that stands in it; 0: before them all."""
    if stream.epochs:
        yield 0, BEGINNING, Place(0, LIVE, stream.epochs[0].start_seq)
    for epoch, later in pairwise(stream.epochs):
        number = epoch.number
        yield number, Place(number, BACKLOG, epoch.backlog_after), Place(number, LIVE, later.start_seq)
