"""Pages: what a node writes of a page, beside its items, is what a reader can have asked for and been given then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.actors import ADMIN
from tests.replayed import faults_of
from tests.simulation.sharing import SECOND, Sharing

from relto.domain.cursor import Filters
from relto.domain.errors import Unknown
from relto.domain.stream import Place
from relto.ports.store import AccountRow, Snapshot
from relto.usecases import accounts
from relto.usecases.delivering import Delivery, DeliveryDesk
from relto.usecases.evidence.making import recording
from relto.usecases.evidence.show.showing import received
from relto.usecases.reading import Query
from relto.usecases.reading.current import Accounts
from relto.usecases.reading.look import Found, Look

pytestmark = pytest.mark.tampers

MINUTE = 60 * SECOND
IDS = ("indicator--0b16e7a4-4f75-5e4b-8cf6-3a87c7be5f9f",)


def written(monkeypatch: pytest.MonkeyPatch, change: Callable[[Delivery], Delivery]) -> None:
    """Each page goes on record as `change` makes of it."""
    honest = DeliveryDesk.record

    def record(self: DeliveryDesk, stand: Any, outgoing: Any, **more: Any) -> bool:
        if outgoing.delivery is not None:
            outgoing = replace(outgoing, delivery=change(outgoing.delivery))
        return honest(self, stand, outgoing, **more)

    monkeypatch.setattr(DeliveryDesk, "record", record)


def without_the_second(sharing: Sharing, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page has item 2."""
    honest = Look.rows

    def rows(self: Look, *words: Any) -> tuple[Found, bool]:
        found, more = honest(self, *words)
        found.rows[:] = [row for row in found.rows if row.seq != 2]
        return found, more

    monkeypatch.setattr(Look, "rows", rows)


def narrowed(**filters: Any) -> Callable[[Delivery], Delivery]:
    """As if it had been asked for otherwise."""
    return lambda delivery: replace(
        delivery, filters=Filters(**{"versions": delivery.filters.versions, **filters}), page=0
    )


def said(**fields: Any) -> Callable[[Delivery], Delivery]:
    return lambda delivery: replace(delivery, **fields)


def codes(sharing: Sharing) -> set[str]:
    return {fault.code for fault in faults_of(sharing.node.store)}


def shared() -> Sharing:
    sharing = Sharing()
    sharing.give("one", "two", "three")
    sharing.world.settle_clock()
    return sharing


@pytest.mark.parametrize(
    ("change", "code"),
    [
        # What passes for a page that was asked for by ids or by versions moves no track, so nothing is owed for it.
        (narrowed(ids=IDS), "delivery-track"),
        (narrowed(ids=IDS), "item-unasked"),
        (narrowed(versions=("first",)), "delivery-track"),
        (said(endpoint="versions"), "delivery-track"),
        (said(page=0), "delivery-track"),
        (said(endpoint="zzz"), "delivery-unreadable"),
        (said(dates=(1, 2)), "delivery-dates"),
        (said(by_track=True), "delivery-start"),
        (said(by_track=True, began=5), "delivery-start"),
        (said(by_cursor=True), "delivery-start"),
        (said(after=Place(0, 1, 1)), "delivery-start"),
        (said(last=Place(0, 1, 2)), "item-unasked"),
        (said(upto=Place(0, 1, 9)), "delivery-end"),
    ],
)
def test_a_page_says_what_was_asked_for_and_given(change, code, monkeypatch):
    sharing = shared()
    with monkeypatch.context() as planted:
        written(planted, change)
        sharing.read()
    found = codes(sharing)
    assert code in found


@pytest.mark.parametrize(
    "query",
    [
        Query(100, versions=("first",)),
        Query(100, versions=("first", "last")),
        Query(100, versions=(1_000,)),
        Query(100, versions=("all",), ids=("one", "two", "three")),
        Query(2, ids=("one", "two", "three")),
    ],
)
@pytest.mark.parametrize("endpoint", ["objects", "manifest", "versions"])
def test_what_a_page_by_name_passes_over_is_missed(query, endpoint, monkeypatch):
    sharing = Sharing()
    items = [sharing.item(name) for name in ("one", "two", "three")]
    sharing.give(*items)
    sharing.world.settle_clock()
    if query.ids is not None:
        query = replace(query, ids=tuple(each.id for each in items))

    def walked() -> None:
        token = None
        while True:
            asked = replace(query, cursor=token)
            page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, asked, endpoint)
            token = page.next
            if not page.more:
                return

    walked()
    assert codes(sharing) == set()
    with monkeypatch.context() as planted:
        without_the_second(sharing, planted)
        walked()
    assert "item-skipped" in codes(sharing)


def test_a_walk_by_name_goes_on_from_where_its_own_page_ended(monkeypatch):
    sharing = Sharing()
    items = [sharing.item(name) for name in ("one", "two", "three")]
    sharing.give(*items)
    sharing.world.settle_clock()
    account, ids = sharing.kyiv.account, tuple(each.id for each in items)
    one = sharing.world.reading.page(account, sharing.collection, Query(1, ids=ids), "objects")
    with monkeypatch.context() as planted:
        # The page after it belongs to another question.
        written(planted, lambda delivery: replace(delivery, filters=Filters(ids=ids[1:])))
        sharing.world.reading.page(account, sharing.collection, Query(1, cursor=one.next), "objects")
    assert codes(sharing) == {"delivery-start"}


@pytest.mark.parametrize("ahead", [-10 * MINUTE, 10 * MINUTE, 10**15])
def test_a_page_is_decided_by_the_clock_by_which_it_is_written(ahead, monkeypatch):
    sharing = shared()
    honest = DeliveryDesk.record

    def record(self: DeliveryDesk, stand: Any, outgoing: Any, **more: Any) -> bool:
        return honest(self, stand, replace(outgoing, at=outgoing.at + ahead), **more)

    with monkeypatch.context() as planted:
        planted.setattr(DeliveryDesk, "record", record)
        planted.setattr("relto.usecases.delivering.is_fresh", lambda *_: True)
        # Nor does it say so where it would have to write by that clock.
        planted.setattr(recording.RecordedTransaction, "by_clock", lambda _, moment: moment)
        sharing.read()
    assert "delivery-clock" in codes(sharing)


def test_leaves_are_written_by_a_clock_that_does_not_go_back(monkeypatch):
    sharing = shared()
    honest = recording.add_leaves
    with monkeypatch.context() as planted:
        planted.setattr(recording, "add_leaves", lambda tx, leaves, **more: honest(tx, leaves, **{**more, "at": 5}))
        sharing.read()
    assert {"clock-back", "delivery-clock"} <= codes(sharing)


def test_an_account_that_was_revoked_is_given_nothing(monkeypatch):
    sharing = shared()
    accounts.revoke(sharing.node, sharing.world.desk, "kyiv", by=ADMIN)
    with pytest.raises(Unknown):
        sharing.read()
    assert codes(sharing) == set()
    with monkeypatch.context() as planted:
        planted.setattr(Accounts, "current", _as_let_in)
        sharing.read()
    assert codes(sharing) == {"delivery-misdirected"}


def test_an_account_that_does_not_read_is_given_nothing(monkeypatch):
    sharing = shared()
    row = sharing.world.account("lviv", "UKR", "officer")
    reading = sharing.client(replace(row, roles=("reader",)))
    with pytest.raises(Unknown):
        sharing.read(reading)
    with monkeypatch.context() as planted:
        planted.setattr(Accounts, "current", _as_let_in)
        sharing.read(reading)
    assert codes(sharing) == {"delivery-misdirected"}


def _as_let_in(_: Accounts, snap: Snapshot, account: AccountRow) -> AccountRow:
    del snap
    return account


@pytest.mark.parametrize("who", ["kyiv", "nobody"])
def test_no_page_is_taken_back_that_never_was(who):
    sharing = shared()
    sharing.read()
    with sharing.node.store.write() as tx:
        told = {"agreement": "usa-ukr", "party": "UKR", "reader": who, "page": 424_242}
        tx.note("withdrawn", told, party="UKR")
    assert codes(sharing) == {"withdrawn-unfounded"}


def test_a_page_is_taken_back_once(monkeypatch):
    sharing = shared()
    page = sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(2), "objects")
    sharing.world.reading.unsent(page)
    sharing.world.reading.unsent(page)
    assert codes(sharing) == set()
    with sharing.node.store.write() as tx:
        name = page.tracks[1].track.page
        tx.note("withdrawn", {"agreement": "usa-ukr", "party": "UKR", "reader": "kyiv", "page": name}, party="UKR")
    assert codes(sharing) == {"withdrawn-unfounded"}


def test_two_pages_of_one_reader_have_two_names(monkeypatch):
    sharing = shared()
    with monkeypatch.context() as planted:
        written(planted, said(page=7))
        sharing.read()
        sharing.give("four")
        sharing.read()
    assert codes(sharing) == {"delivery-track"}


def test_the_digest_of_a_page_is_that_of_its_items(monkeypatch):
    sharing = shared()
    with monkeypatch.context() as planted:
        written(planted, said(digest=hashlib.sha256(b"").digest()))
        sharing.read()
    assert codes(sharing) == {"delivery-other"}


def test_what_was_received_is_found_by_the_clock_by_which_it_was_given(monkeypatch):
    sharing = shared()
    honest = recording.add_leaves
    with monkeypatch.context() as planted:
        planted.setattr(recording, "add_leaves", lambda tx, leaves, **more: honest(tx, leaves, **{**more, "at": 5}))
        sharing.read()
    now = sharing.world.now
    with sharing.node.store.read() as snap:
        assert [each.at for each in received(snap, "UKR", since=now - MINUTE)] == [now] * 3
        assert not list(received(snap, "UKR", until=now - 1))
