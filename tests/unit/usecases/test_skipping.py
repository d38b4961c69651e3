"""What an operator says is owed no more, and readers whose repairs are off."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.actors import ADMIN
from tests.simulation.sharing import Sharing
from tests.unit.usecases.test_repairing import MINUTE, broke_off, repairs, revoked

from relto.domain.errors import Refused, Unknown
from relto.usecases import accounts
from relto.usecases.reading import Query
from relto.usecases.repairing import skip, skippable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.ports.store import Snapshot


def test_without_a_skip_a_client_that_moved_on_is_given_what_it_missed() -> None:
    sharing = Sharing()
    client = broke_off(sharing)
    assert sharing.read(client) == ["one", "two", "three", "four", "five"]


def test_a_reader_whose_repairs_are_off_does_not_make_others_believe_that_nothing_is_new() -> None:
    sharing = Sharing()
    other = sharing.client(sharing.world.account("lviv", "UKR"))
    for client in (sharing.kyiv, other):
        client.versions = None
    sharing.give("one")
    assert sharing.read() == sharing.read(other) == ["one"]
    accounts.set_switches(sharing.node, sharing.world.desk, "kyiv", {"repair": False}, by=ADMIN)
    sharing.kyiv.account = next(row for row in accounts.list_accounts(sharing.node) if row.name == "kyiv")
    sharing.give("two")
    sharing.world.settle_clock()
    sharing.kyiv.cursor = sharing.world.now
    assert sharing.read() == []
    # The other moved on past it as well, and is given it again, whatever memory may say of what stands there.
    other.cursor = sharing.world.now
    assert sharing.world.reading.quiet(other.account, other.collection, Query(100, other.cursor)) is None
    assert sharing.read(other) == ["two"]


def test_a_skip_says_how_many_and_they_are_given_no_more() -> None:
    sharing = Sharing()
    client = broke_off(sharing)
    assert skippable(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 5
    assert skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 5
    assert skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 0
    sharing.give("six")
    assert sharing.read(client) == ["six"]
    assert repairs(sharing) == []


def test_a_skip_takes_nothing_from_a_client_that_comes_back_with_the_date_that_it_has() -> None:
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    sharing.give("two")
    sharing.world.settle_clock()
    assert skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 1
    assert sharing.read() == ["two"]


def test_a_skip_counts_an_item_once_however_many_ways_its_reader_asks_in() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    for endpoint in ("objects", "manifest"):
        query = Query(10, sharing.world.now)
        sharing.world.reading.page(sharing.kyiv.account, sharing.collection, query, endpoint)
    sharing.give("one")
    sharing.world.settle_clock()
    assert skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 1


@pytest.mark.parametrize(
    ("filters", "items"),
    [
        ({}, 1),
        ({"types": ("indicator",)}, 1),
        ({"types": ("malware",)}, 0),
        ({"spec_versions": ("2.0",)}, 0),
        ({"spec_versions": ("2.0", "2.1")}, 1),
    ],
)
def test_what_a_filter_leaves_out_is_not_moved_past(filters: dict[str, tuple[str, ...]], items: int) -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    query = Query(10, sharing.world.now, **filters)  # type: ignore[arg-type]  # the filters of a query
    sharing.world.reading.page(sharing.kyiv.account, sharing.collection, query, "objects")
    sharing.give("one")
    sharing.world.settle_clock()
    assert skippable(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == items


def test_what_is_hidden_is_not_counted_as_moved_past() -> None:
    sharing = Sharing()
    sharing.read()
    sharing.give("one")
    sharing.pause(mode="cut")
    sharing.world.settle_clock()
    assert skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 0


def test_a_reader_that_never_came_is_moved_past_nothing() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.world.settle_clock()
    assert skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 0
    assert sharing.read() == ["one"]


def test_a_page_that_was_decided_before_the_skip_does_not_undo_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing = Sharing()
    client = broke_off(sharing)
    store, skipped = sharing.node.store, []
    plain = store.read

    @contextmanager
    def overtaken() -> Iterator[Snapshot]:
        with plain() as snap:
            yield snap
        if not skipped:
            skipped.append(skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN))

    # The first page of another walk is decided, and before it is on record the reader is moved on.
    monkeypatch.setattr(store, "read", overtaken)
    query = Query(2, sharing.world.now - 4 * MINUTE, versions=("all",))
    sharing.world.reading.page(client.account, client.collection, query, "objects")
    monkeypatch.undo()
    assert skipped == [5]
    with store.read() as snap:
        [row] = snap.tracks()
    assert row.track.place.seq == 5


@pytest.mark.parametrize(
    ("account", "agreement", "kind", "code"),
    [
        ("nobody", "usa-ukr", Unknown, "account-unknown"),
        ("kyiv", "nil", Unknown, "agreement-unknown"),
        ("london", "usa-ukr", Refused, "account-reads-nothing"),
        ("officer", "usa-ukr", Refused, "account-reads-nothing"),
        ("gone", "usa-ukr", Refused, "account-reads-nothing"),
    ],
)
def test_only_a_reader_of_the_agreement_can_be_moved_on(
    account: str, agreement: str, kind: type[Exception], code: str
) -> None:
    sharing = Sharing()
    sharing.world.account("london", "GBR")
    sharing.world.account("officer", "UKR", "officer")
    revoked(sharing)
    for asked in (lambda *named: skippable(*named, by=ADMIN), lambda *named: skip(*named, by=ADMIN)):
        with pytest.raises(kind) as caught:
            asked(sharing.node, sharing.world.desk, account, agreement)
        assert caught.value.code == code  # type: ignore[attr-defined]  # all of ours have one
