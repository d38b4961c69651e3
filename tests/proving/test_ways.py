"""Ways of asking: a reader is followed in those in which it can ask, and in no more than are followed."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN
from tests.proving.test_tracks import asked, begun, codes, overtaken, shared
from tests.replayed import faults_of

from relto.domain.errors import Unknown
from relto.domain.reader import Track
from relto.domain.stream import BEGINNING
from relto.ports.store import TrackRow
from relto.usecases import accounts, delivering, repairing
from relto.usecases.delivering import WAYS_MAX, Outgoing, put_records
from relto.usecases.reading import Query, following

pytestmark = pytest.mark.tampers


def test_of_many_first_requests_at_once_none_leads_beyond_the_ways_that_are_followed(monkeypatch):
    sharing = shared()
    begun(sharing, *(f"objects?type=x-{number}" for number in range(WAYS_MAX - 1)))
    with monkeypatch.context() as planted:
        overtaken(planted, lambda: asked(sharing, types=("indicator", "one")))
        assert asked(sharing, types=("indicator", "other")).entries
    with sharing.node.store.read() as snap:
        assert len(snap.tracks(reader="kyiv")) == WAYS_MAX
    assert codes(sharing) == set()


def test_no_reader_begins_in_more_ways_than_are_followed(monkeypatch):
    sharing = shared()
    begun(sharing, *(f"objects?type=x-{number}" for number in range(WAYS_MAX)))
    # It could have asked so: nobody signs what it asks.
    assert codes(sharing) == set()
    assert asked(sharing).entries
    assert codes(sharing) == set()
    begun(sharing, "manifest")
    assert codes(sharing) == {"track-unfounded"}
    sharing = shared()
    begun(sharing, *(f"objects?type=x-{number}" for number in range(WAYS_MAX)))
    with monkeypatch.context() as planted:
        for module in (following, delivering):
            planted.setattr(module, "has_all_ways", lambda *_: False)
        assert asked(sharing).entries
    assert codes(sharing) == {"delivery-track"}


@pytest.mark.parametrize(
    "way",
    ["x1", "", "versions", "objects?", "objects?x=1", "objects?type=b,a", "objects?type=a&x=1", "objects?type=%zz",
     "objects?spec_version=2.1&type=a", "objects?type=a&type=b", "manifest "],
)  # fmt: skip
def test_no_reader_begins_in_a_way_in_which_nobody_can_ask(way):
    sharing = shared()
    begun(sharing, way)
    assert codes(sharing) == {"track-unfounded"}


def test_no_reader_is_put_out_of_following_unseen():
    sharing = shared()
    begun(sharing, *(f"x{number}" for number in range(WAYS_MAX)))
    assert asked(sharing).entries
    assert [fault.code for fault in faults_of(sharing.node.store)] == ["track-unfounded"] * WAYS_MAX


@pytest.mark.parametrize("why", ["no reader", "revoked", "left", "closed"])
def test_nobody_begins_who_does_not_read(why):
    sharing = shared()
    if why == "no reader":
        sharing.world.account("odesa", "UKR", "contributor")
        begun(sharing, "objects", reader="odesa")
    else:
        if why == "revoked":
            accounts.revoke(sharing.node, sharing.world.desk, "kyiv", by=ADMIN)
        elif why == "left":
            sharing.amend(to="[GBR]")
        else:
            sharing.end(close=True)
        with sharing.node.store.write() as tx:
            row = TrackRow(
                next(flow.id for flow in tx.flows() if flow.party == "UKR"), "kyiv", "objects", Track(BEGINNING)
            )
            put_records(tx, [Outgoing(sharing.world.now, track=row)])
    assert codes(sharing) == {"track-unfounded"}


def test_who_was_revoked_before_its_request_was_refused_does_not_begin():
    sharing = shared()
    accounts.revoke(sharing.node, sharing.world.desk, "kyiv", by=ADMIN)
    with pytest.raises(Unknown):
        sharing.world.reading.refused(sharing.kyiv.account, sharing.collection, Query(9), "objects")
    with sharing.node.store.read() as snap:
        assert snap.tracks(reader="kyiv") == []
    assert codes(sharing) == set()


@pytest.mark.parametrize("given", ["nothing", "a page"])
def test_who_is_revoked_while_its_first_page_is_under_way_does_not_begin(given, monkeypatch):
    sharing = shared()
    with monkeypatch.context() as planted:
        overtaken(planted, lambda: accounts.revoke(sharing.node, sharing.world.desk, "kyiv", by=ADMIN))
        with pytest.raises(Unknown):
            asked(sharing, types=("malware",) if given == "nothing" else None)
    with sharing.node.store.read() as snap:
        assert snap.tracks(reader="kyiv") == []
    assert codes(sharing) == set()


@pytest.mark.parametrize("odd", ["a&spec_version=2.0", "a%26b", "%", "a=b", "a?b"])
def test_who_asks_for_types_that_there_cannot_be_is_followed_as_anybody(odd):
    sharing = shared()
    types = ("indicator", odd)
    asked(sharing, 1, types=types)
    sharing.world.settle_clock()
    assert repairing.skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 4
    sharing.give("five")
    sharing.world.settle_clock()
    assert asked(sharing, added_after=sharing.world.now - 1, types=types).repaired == 1
    assert codes(sharing) == set()
