"""The checks on clients can fail: each planted bug is noticed. And what only a redelivery can mend, it mends."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from tests.fakes.store import FakeStore, FakeTransaction
from tests.simulation.crowd import Crowd
from tests.simulation.stage import Stage
from tests.simulation.test_matrix import CASES, NAVAL, play
from tests.simulation.wire import MINUTE, SECOND

from relto.domain.errors import Refused
from relto.domain.reader import Track
from relto.domain.stream import BEGINNING, Place
from relto.usecases import repairing
from relto.usecases.reading.following import Following

asked, served, withdrawn, owed = Track.asked, Track.served, Track.withdrawn, repairing.owed


def one_item_late(patch):
    def late(policy, stream, states, *, after, **more):
        return owed(policy, stream, states, after=Place(after.epoch, after.part, after.seq + 1), **more)

    patch.setattr(repairing, "owed", late)


def moved_by_an_empty_page(patch):
    def moving(self, began, *, start, last, end, page, at):
        track = served(self, began, start=start, last=last, end=end, page=page, at=at)
        if last is None and end is not None:
            track = msgspec.structs.replace(track, place=Place(end.epoch, end.part, end.seq + 1))
        return track

    patch.setattr(Track, "served", moving)
    # Nor is an empty page put on record.
    patch.setattr(Following, "ends", lambda self, track: track is not None and track != self.track)


def acknowledged_by_next(patch):
    def acknowledging(self, began, *, start, last, end, page, at):
        track = served(self, began, start=start, last=last, end=end, page=page, at=at)
        return msgspec.structs.replace(track, place=max(track.place, start))

    patch.setattr(Track, "served", acknowledging)


def second_broken_walk_ignored(patch):
    def forgetting(self, added_after, *, ahead=False):
        return msgspec.structs.replace(asked(self, added_after, ahead=ahead), doubt=BEGINNING)

    patch.setattr(Track, "asked", forgetting)


def first_broken_walk_believed(patch):
    def believing(self, added_after, *, ahead=False):
        track = asked(self, added_after, ahead=ahead)
        return msgspec.structs.replace(track, place=max(track.place, track.doubt))

    patch.setattr(Track, "asked", believing)


def withdrawn_only_where_nothing_came_since(patch):
    def too_late(self, before, after):
        return withdrawn(self, before, after) if self.page == after.page else self

    patch.setattr(Track, "withdrawn", too_late)


def no_mark_left(patch):
    patch.setattr(FakeTransaction, "put_mark", lambda self, row: None)


PLANTED = [
    one_item_late,
    moved_by_an_empty_page,
    acknowledged_by_next,
    second_broken_walk_ignored,
    first_broken_walk_believed,
    withdrawn_only_where_nothing_came_since,
    no_mark_left,
]


@pytest.mark.tampers
@pytest.mark.parametrize("plant", PLANTED, ids=[plant.__name__ for plant in PLANTED])
def test_the_matrix_notices_a_planted_bug(plant, monkeypatch):
    plant(monkeypatch)

    def hunt():
        for faults, case in itertools.product((0.25, 0.0), reversed(CASES)):
            play(FakeStore(), case, faults=faults)

    # A repair that never gives all that is owed is noticed by the reading side itself: it asks to come again.
    with pytest.raises((AssertionError, Refused)):
        hunt()


def connector(*fates: str) -> Crowd:
    """The connector that keeps its own clock, after polls with these fates, one for each request."""
    crowd = Crowd(Stage(FakeStore()), ["own clock"])
    crowd.poll("own clock")
    crowd.stage.wait(MINUTE)
    crowd.stage.take([NAVAL, NAVAL, NAVAL])
    crowd.stage.wait(SECOND)
    client = crowd.clients["own clock"]
    client.wire.fates.extend(fates)
    while client.wire.fates:
        crowd.poll("own clock")
        crowd.stage.wait(MINUTE)
    crowd.catch_up()
    return crowd


@pytest.mark.parametrize(
    "fates",
    [("refused",), ("lost",), ("answered", "gone"), ("killed", "refused"), ("answered", "refused", "refused")],
)
def test_a_connector_that_moved_on_gets_what_it_moved_past(fates):
    crowd = connector(*fates)
    assert not crowd.missing(crowd.clients["own clock"])


@pytest.mark.parametrize(
    "fates",
    [("answered", "lost"), ("lost", "lost", "lost"), ("answered", "killed", "lost", "lost")],
    ids=["the last page was lost on the way", "walk after walk broke off", "a second walk, after the client died"],
)
def test_what_a_connector_threw_away_for_good_a_redelivery_gives(fates):
    crowd = connector(*fates)
    client = crowd.clients["own clock"]
    assert crowd.missing(client)
    assert crowd.missing(client) <= client.wire.lost
    crowd.redeliver(since=0)
    crowd.catch_up()
    assert not crowd.missing(client)
