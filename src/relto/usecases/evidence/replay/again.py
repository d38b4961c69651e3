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
from relto.usecases.evidence.replay.beside import skip_told
from relto.usecases.repairing import begin_skip, mend

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from relto.usecases.change import Change
    from relto.usecases.evidence.expected import Expected
    from relto.usecases.evidence.replay.beside import ToldAct
    from relto.usecases.evidence.replay.scratch import Book
    from relto.usecases.evidence.replay.served import Served


class Course(Protocol):
    """What came before the change, as far as it is carried out (`replaying.Replay`)."""

    book: Book

    @property
    def judges(self) -> Callable[[str], bool]:
        """Whether it is judged here what a reader was served."""
        ...

    @property
    def served(self) -> Served:
        """What each reader was served."""
        ...

    def keep_track(self, row: TrackRow, at: int) -> None:
        """A change that was written at this moment leads to this track."""
        ...

    def take_track(self, leaf: Expected) -> None:
        """A leaf of a change says this of a track, and nobody can tell what it follows from."""
        ...

    def find(self, leaf: Expected, code: str, text: str) -> None:
        """Something is wrong with a leaf, and what follows can be judged all the same."""
        ...


def give_again(course: Course, change: Change, leaves: Sequence[Expected]) -> None:
    """Does what the block says was given again. Raises `Broken`, or as the use cases do."""
    for leaf in leaves:
        if leaf.kind == "owed":
            _mend(course, change, leaf)


def skip_again(course: Course, told: ToldAct) -> None:
    """Does again what an operator said of one reader under one agreement, from where it stood there by then."""
    change, reader = told.change, told.order["account"]
    account = change.tx.account(reader)
    flow = None if account is None else change.policy.flow(told.order["agreement"], account.party)
    if flow is None:
        # It is refused, as it had to be then.
        skip_told(told)
        return
    tracks = course.served.tracks_of(flow.id, reader)
    known = [TrackRow(flow.id, reader, way, track) for way, track in tracks if isinstance(track, Track)]
    if len(known) < len(tracks):
        if course.judges(reader):
            text = f"what `{reader}` was moved past cannot be told, for where it stood something was wrong before"
            course.find(told.leaf, "track-unfounded", text)
        _take_skip(course, told, flow.id, {way for way, _ in tracks})
        return
    for row in known:
        course.book.unrecorded.put_track(row)
    skip_told(told)
    _keep(course, change, told.leaf, reader, flow.id)


def _take_skip(course: Course, told: ToldAct, flow: int, ways: Collection[str]) -> None:
    """The same as the block tells it, where nobody can tell what it leads to; but only where it might be done."""
    reader = told.order["account"]
    begin_skip(told.change, reader, told.order["agreement"], by=told.by)
    for leaf in told.leaves:
        fields = leaf.fields
        if leaf.kind == "track" and (fields["flow"], fields["reader"]) == (flow, reader) and fields["way"] in ways:
            told.change.tx.note("track", fields)
            course.take_track(leaf)
    told.record()


def _keep(course: Course, change: Change, leaf: Expected, reader: str, flow: int) -> None:
    """Remembers what a reader's tracks have come to in this flow."""
    for row in change.tx.tracks(reader=reader):
        if row.flow == flow:
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
    _keep(course, change, leaf, reader, flow)
