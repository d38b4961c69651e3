"""Lost cursors: what was given between a backup and its restore is in no log, and its cursors go on, but no further."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.proving.test_era import NOW, restored
from tests.proving.test_pages import codes, written
from tests.simulation.sharing import Sharing

from relto.adapters.sql.backup import backup
from relto.adapters.sqlite import SqliteStore
from relto.domain.cursor import Cursor, Filters
from relto.domain.leaf import decoded
from relto.domain.stream import Place
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.evidence.making.recording import RecordedStore
from relto.usecases.policy import PolicyDesk
from relto.usecases.reading import Query, Reading
from relto.usecases.reading.undone import is_undone

pytestmark = pytest.mark.tampers


@pytest.fixture
def gone_on(tmp_path):
    """A node that went on from a backup, and a cursor that it gave between that and its restore."""
    store = SqliteStore.create(f"sqlite:///{tmp_path / 'relto.db'}")
    sharing = Sharing(store=store)
    sharing.give("one", "two", "three")
    sharing.world.settle_clock()
    backup(store, tmp_path / "backup", made_at=5)
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(1), "objects")
    store.close()
    new = restored(tmp_path / "backup", tmp_path / "new.db")
    sharing.world.clock.moment = NOW
    node = replace(sharing.node, store=RecordedStore(new, now=sharing.node.now, salt=sharing.node.chance.salt))
    sharing.world.node = sharing.node = node
    sharing.world.desks = [PolicyDesk()]
    sharing.world.readings = [Reading(node, sharing.world.desks[0], DeliveryDesk(node), b"key")]
    yield sharing, page.next
    new.close()


def test_a_cursor_of_before_the_restore_goes_on(gone_on):
    sharing, cursor = gone_on
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(5, cursor=cursor), "objects")
    assert len(page.entries) == 2
    assert codes(sharing) == set()


def test_no_cursor_of_before_the_restore_stands_behind_what_came_after_it(gone_on, monkeypatch):
    sharing, cursor = gone_on
    sharing.give("four", "five", "six")
    sharing.world.settle_clock()
    with sharing.node.store.read() as snap:
        last = snap.head().last_seq
    with monkeypatch.context() as planted:
        # It says that it goes on behind `five`, so that nothing up to there was passed over.
        written(
            planted,
            lambda delivery: replace(
                delivery, after=Place(0, 1, last - 1), seqs=delivery.seqs[-1:], digest=delivery.digest
            ),
        )
        sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(9, cursor=cursor), "objects")
    assert "delivery-start" in codes(sharing)


def made_an_epoch(sharing):
    """What a pause held is released, in the first epoch that there is."""
    pause = sharing.pause()
    sharing.give("four", "five", "six")
    sharing.resume(pause)
    sharing.world.settle_clock()
    with sharing.node.store.read() as snap:
        last = snap.head().last_seq
    return Place(1, 0, last - 1)


def test_a_cursor_of_before_the_restore_is_of_no_epoch_that_came_after_it(gone_on):
    sharing, _ = gone_on
    given_at = NOW - 1
    place = made_an_epoch(sharing)
    cursor = Cursor(sharing.collection, "kyiv", None, place, Filters(), given_at).signed(b"key")
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(9, cursor=cursor), "objects")
    assert len(page.entries) == 6
    assert codes(sharing) == set()


def test_no_era_lets_a_page_go_on_in_an_epoch_that_came_after_it(gone_on):
    sharing, _ = gone_on
    place = made_an_epoch(sharing)
    cursor = Cursor(sharing.collection, "kyiv", None, place, Filters(), sharing.world.now).signed(b"key")
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(9, cursor=cursor), "objects")
    assert len(page.entries) == 1
    assert "delivery-start" in codes(sharing)


def test_only_what_was_given_between_a_backup_and_its_restore_is_undone(gone_on):
    sharing, _ = gone_on
    place = made_an_epoch(sharing)
    with sharing.node.store.read() as snap:
        [(_, leaf)] = snap.leaves(kind="era", limit=9)
        era = decoded(leaf.data)
        policy = sharing.world.desk.current(snap, snap.head().policy_version)
        [flow] = policy.flows.values()
        stream = policy.stream(snap, policy.stream_of(flow, "kyiv"))
        began = stream.began_at(place)
        assert era["backup_at"] < era["at"] < began - 1
        # A fold may have made the epoch of what there was before the backup, and of what came after the restore.
        for given_at, undone in (
            (era["backup_at"] - 1, False), (era["backup_at"], True), (era["at"], True), (era["at"] + 1, False),
            (began, False),
        ):  # fmt: skip
            assert is_undone(snap, stream, place, given_at=given_at) == undone
        assert is_undone(snap, stream, place._replace(epoch=place.epoch + 1), given_at=began)
