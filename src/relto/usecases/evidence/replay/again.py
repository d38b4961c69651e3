"""Again: whatever gave something again, or folded what was, is done once more by the use cases that did it then, from
what the readers were served by then: the log has the digests of that throughout, and here all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from relto.domain.reader import Track, filters_of, track_digest, way_of
from relto.ports.node import CLOCK_STEP_US
from relto.ports.store import TrackRow
from relto.usecases.evidence.expected import broken
from relto.usecases.repairing import mend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.usecases.change import Change
    from relto.usecases.evidence.expected import Expected
    from relto.usecases.evidence.replay.scratch import Book
    from relto.usecases.evidence.replay.served import Served


class Course(Protocol):
    """What came before the change, as far as it is carried out (`replaying.Replay`)."""

    book: Book

    @property
    def served(self) -> Served:
        """What each reader was served."""
        ...

    def keep_track(self, row: TrackRow, at: int) -> None:
        """A change that was written at this moment leads to this track."""
        ...


def give_again(course: Course, change: Change, leaves: Sequence[Expected]) -> None:
    """Does what the block says was given again. Raises `Broken`, or as the use cases do."""
    for leaf in leaves:
        if leaf.kind == "owed":
            _mend(course, change, leaf)


def recall(course: Course, change: Change, leaf: Expected, reader: str) -> None:
    """Has the tracks of a reader there, for what is done to all of them. Raises `Broken` where one is not known."""
    for flow in change.policy.flows:
        for way, track in course.served.tracks_of(flow, reader):
            if not isinstance(track, Track):
                raise broken(leaf, "track-unfounded", f"where `{reader}` stood cannot be told, for something was wrong")
            course.book.unrecorded.put_track(TrackRow(flow, reader, way, track))


def keep(course: Course, change: Change, leaf: Expected, reader: str, flow: int | None = None) -> None:
    """Remembers what a reader's tracks have come to (in one flow, where it is named)."""
    for row in change.tx.tracks(reader=reader):
        if flow in {None, row.flow}:
            course.keep_track(row, leaf.at)


def _mend(course: Course, change: Change, leaf: Expected) -> None:
    """A reader asked beyond what it was served."""
    fields = leaf.fields
    flow, reader, way, types = (fields[name] for name in ("flow", "reader", "way", "types"))
    tracks = {name: msgspec.convert(each, Track, strict=False) for name, each in fields["tracks"].items()}
    digests = {name: track_digest(flow, reader, name, track) for name, track in tracks.items()}
    if digests != course.served.digests_of(flow, reader) or way not in tracks:
        raise broken(leaf, "owed-other", f"`{reader}` was served something else by then")
    if way != way_of(way.partition("?")[0], None if types is None else tuple(types), filters_of(way)[1]):
        raise broken(leaf, "owed-other", "it asks in another way than for these types")
    if fields["added_after"] > change.now + CLOCK_STEP_US:
        raise broken(leaf, "owed-other", "nothing is owed up to a moment that is ahead")
    for name, track in tracks.items():
        course.book.unrecorded.put_track(TrackRow(flow, reader, name, track))
    mend(change, flow=flow, reader=reader, way=way, types=types, added_after=fields["added_after"])
    keep(course, change, leaf, reader, flow)
