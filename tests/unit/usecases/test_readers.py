"""Where readers stand: their places as dates, what they wait for, and what they were given again."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.actors import ADMIN, actor
from tests.simulation.sharing import SECOND, TERMS, Sharing

from relto.domain.errors import Refused, Unknown
from relto.domain.facts import Facts
from relto.ports.store import PollRow
from relto.usecases import accounts
from relto.usecases.parties import add_party
from relto.usecases.readers import REPAIRS_SHOWN, ReaderStatus, Standpoint, list_readers, show_reader
from relto.usecases.reading import Query
from relto.usecases.repairing import redeliver, skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.ports.store import Snapshot
    from relto.usecases.reading import Page

MINUTE = 60 * SECOND


def shown(sharing: Sharing, account: str = "kyiv") -> ReaderStatus:
    (entry,) = show_reader(sharing.node, sharing.world.desk, account)
    return entry


def standpoint(sharing: Sharing, way: str = "objects") -> Standpoint:
    return next(each for each in shown(sharing).standpoints if each.way == way)


def asked(sharing: Sharing, added_after: int | None = None, limit: int = 100, **more: object) -> Page:
    """One page of objects (unless said) for `kyiv`."""
    query = Query(limit, added_after, **{name: value for name, value in more.items() if name != "endpoint"})
    return sharing.world.reading.page(
        sharing.kyiv.account, sharing.collection, query, str(more.get("endpoint", "objects"))
    )


def test_a_reader_that_never_asked_stands_nowhere() -> None:
    sharing = Sharing()
    sharing.give("one")
    entry = shown(sharing)
    assert (entry.account, entry.party, entry.agreement) == ("kyiv", "UKR", "usa-ukr")
    assert (entry.facts, list(entry.standpoints), list(entry.given_again)) == (None, [], [])
    assert (entry.repair, entry.empty_list, entry.repairs) == (True, False, 0)


def test_what_is_known_of_its_client_is_that_of_this_reader_and_agreement() -> None:
    sharing = Sharing()
    sharing.world.account("lviv", "UKR")
    facts = Facts(polled_at=7, endpoint="objects", asked="limit=1")
    with sharing.node.store.write() as tx:
        (flow,) = tx.flows()
        tx.put_polls([PollRow(flow.id, "lviv", facts)])
    assert (shown(sharing, "lviv").facts, shown(sharing).facts) == (facts, None)


def test_a_reader_stands_at_the_date_of_the_last_item_that_it_was_served() -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.read()
    point = standpoint(sharing)
    assert point.place == sharing.kyiv.dates[-1]
    assert (point.items, point.behind_us, point.is_walking) == (0, None, False)


def test_a_reader_lags_by_what_it_may_read_and_by_the_age_of_the_first_of_it() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    place = standpoint(sharing).place
    sharing.give("two")
    sharing.world.settle_clock()
    sharing.give("three", "four")
    sharing.world.settle_clock(3 * MINUTE)
    point = standpoint(sharing)
    assert (point.place, point.items) == (place, 3)
    now = sharing.world.now
    first = asked(sharing, place, 1).first
    assert first is not None
    assert point.behind_us == now - first > 3 * MINUTE


def test_what_no_clock_shows_yet_is_no_lag() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    sharing.pause()
    sharing.give("two", "three")
    sharing.world.settle_clock()
    sharing.resume("1")
    # What a resume gives lies a moment ahead of the clock.
    assert standpoint(sharing).items == 0
    sharing.world.settle_clock()
    assert standpoint(sharing).items == 2


def test_what_a_pause_holds_is_no_lag_and_what_a_cut_hides_is_none_either() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    sharing.give("two")
    sharing.world.settle_clock()
    assert standpoint(sharing).items == 1
    sharing.pause(mode="cut")
    sharing.give("three")
    sharing.world.settle_clock()
    point = standpoint(sharing)
    assert (point.items, point.behind_us) == (0, None)
    sharing.resume("1")
    sharing.world.settle_clock()
    assert standpoint(sharing).items == 2


def test_a_place_inside_what_was_released_after_a_pause_is_told_by_its_new_date() -> None:
    sharing = Sharing()
    sharing.pause()
    sharing.give("one", "two", "three")
    sharing.resume("1")
    sharing.give("four")
    sharing.world.settle_clock()
    page = asked(sharing, None, 2)
    asked(sharing, page.last, 1)
    point = standpoint(sharing)
    assert (point.place, point.items, point.is_walking) == (page.last, 2, True)


def test_each_way_of_asking_has_a_place_and_a_lag_of_its_own() -> None:
    sharing = Sharing()
    sharing.give("one", sharing.item("two", joins=("indicator--5a51c7ee-3d5b-4c2b-9a3b-000000000001",)))
    sharing.world.settle_clock()
    asked(sharing, types=("indicator",))
    asked(sharing, endpoint="manifest")
    sharing.give("three", sharing.item("four", joins=("indicator--5a51c7ee-3d5b-4c2b-9a3b-000000000001",)))
    sharing.world.settle_clock()
    points = {each.way: each.items for each in shown(sharing).standpoints}
    assert points == {"manifest": 2, "objects?type=indicator": 1}


def test_what_was_given_again_in_one_way_makes_another_that_had_it_wait_for_nothing() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    for types in (None, ("indicator",)):
        asked(sharing, begun, types=types)
    sharing.give("one", "two")
    sharing.world.settle_clock()
    asked(sharing, begun)
    given = asked(sharing, sharing.world.now, types=("indicator",))
    assert given.repaired == 2
    sharing.world.settle_clock()
    assert standpoint(sharing).items == 0
    later = sharing.world.now
    sharing.give("three")
    sharing.world.settle_clock()
    point = standpoint(sharing)
    assert (point.items, point.behind_us is not None and point.behind_us <= sharing.world.now - later) == (1, True)


def test_a_filter_that_nothing_can_pass_lets_nothing_wait() -> None:
    sharing = Sharing()
    asked(sharing, spec_versions=("2.0",))
    sharing.give("one")
    sharing.world.settle_clock()
    assert standpoint(sharing, "objects?spec_version=2.0").items == 0


def broke_off(sharing: Sharing) -> None:
    """A client reads one of three items and moves on by its own clock, so that all three are given again."""
    sharing.give("one", "two", "three")
    sharing.world.settle_clock()
    asked(sharing, None, 1)
    sharing.world.settle_clock()
    assert asked(sharing, sharing.world.now).repaired == 3


def test_what_the_server_gave_again_by_itself_is_counted_and_listed() -> None:
    sharing = Sharing()
    broke_off(sharing)
    entry = shown(sharing)
    assert (entry.repairs, entry.repaired_items) == (1, 3)
    (row,) = entry.given_again
    assert (row.reader, row.items, row.by) == ("kyiv", 3, None)
    assert (standpoint(sharing).broken, standpoint(sharing).items) == (1, 0)


def again(sharing: Sharing, *, since: int, by: str) -> None:
    redeliver(sharing.node, sharing.world.desk, "usa-ukr", recipient="UKR", account=None, since=since, by=by)
    sharing.world.settle_clock()


def test_what_an_operator_gave_again_is_listed_and_is_no_repair() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    for _ in range(REPAIRS_SHOWN + 2):
        # Nothing was shown since this moment: what gives nothing is not listed.
        again(sharing, since=sharing.world.now, by=actor("eve", "officer"))
        again(sharing, since=0, by=actor("adam", "officer"))
    entry = shown(sharing)
    assert entry.repairs == 0
    assert len(entry.given_again) == REPAIRS_SHOWN
    assert {row.by for row in entry.given_again} == {"adam"}
    moments = [row.at for row in entry.given_again]
    assert moments == sorted(moments, reverse=True)


def test_a_reader_that_was_moved_on_waits_for_nothing() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    sharing.give("two", "three")
    sharing.world.settle_clock()
    assert skip(sharing.node, sharing.world.desk, "kyiv", "usa-ukr", by=ADMIN) == 2
    assert (standpoint(sharing).items, standpoint(sharing).behind_us) == (0, None)


def test_switches_are_told_as_they_are_set() -> None:
    sharing = Sharing()
    accounts.set_switches(sharing.node, sharing.world.desk, "kyiv", {"repair": False, "empty_list": True}, by=ADMIN)
    assert (shown(sharing).repair, shown(sharing).empty_list) == (False, True)


def test_readers_are_listed_by_account_and_agreement_and_nobody_else_is() -> None:
    sharing = Sharing(TERMS.replace("[UKR]", "[UKR, GBR]"))
    sharing.world.apply(TERMS.replace("usa-ukr", "another"))
    sharing.world.account("london", "GBR")
    sharing.world.account("agency", "UKR", "contributor")
    sharing.world.account("boston", "USA")
    sharing.world.account("odesa", "UKR")
    accounts.revoke(sharing.node, sharing.world.desk, "odesa", by=ADMIN)
    listed = [(each.account, each.agreement) for each in list_readers(sharing.node, sharing.world.desk)]
    assert listed == [("kyiv", "another"), ("kyiv", "usa-ukr"), ("london", "usa-ukr")]
    some = list_readers(sharing.node, sharing.world.desk, seen=lambda name: name == "another")
    assert [(each.account, each.agreement) for each in some] == [("kyiv", "another")]
    assert all(each.revoked for each in show_reader(sharing.node, sharing.world.desk, "odesa"))


def test_an_agreement_that_was_closed_is_read_by_nobody() -> None:
    sharing = Sharing()
    sharing.end()
    assert len(list_readers(sharing.node, sharing.world.desk)) == 1
    sharing.end(close=True)
    assert list_readers(sharing.node, sharing.world.desk) == []


def test_who_is_no_reader_cannot_be_shown() -> None:
    sharing = Sharing()
    sharing.world.account("agency", "UKR", "contributor")
    with pytest.raises(Unknown) as unknown:
        show_reader(sharing.node, sharing.world.desk, "nobody")
    assert unknown.value.code == "account-unknown"
    with pytest.raises(Refused) as refused:
        show_reader(sharing.node, sharing.world.desk, "agency")
    assert refused.value.code == "account-reads-nothing"


def test_a_reader_of_a_party_that_receives_nothing_has_no_entry() -> None:
    sharing = Sharing()
    add_party(sharing.node, sharing.world.desk, "FRA", name="FRA", kind="state", by=ADMIN)
    sharing.world.account("paris", "FRA")
    assert show_reader(sharing.node, sharing.world.desk, "paris") == []


def test_no_item_is_fetched_to_tell_where_a_reader_stands() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    sharing.give(*(f"item {number}" for number in range(300)))
    sharing.world.settle_clock()
    sharing.node = replace(sharing.node, store=Rowless(sharing.node.store))
    assert standpoint(sharing).items == 300


class Rowless:
    """A store that gives out no rows of items: whoever asks for them has begun to count."""

    def __init__(self, store) -> None:  # type: ignore[no-untyped-def]  # whichever store the test has
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        with self._store.read() as snap:
            yield RowlessSnapshot(snap)  # type: ignore[misc]  # what it refuses is what the test is about


class RowlessSnapshot:
    """A moment of it."""

    FORBIDDEN = frozenset({"scan", "bodies", "records", "bodies_between", "records_between", "deliveries"})

    def __init__(self, snap: Snapshot) -> None:
        self._snap = snap

    def __getattr__(self, name: str) -> object:
        assert name not in self.FORBIDDEN, f"`{name}` fetches rows"
        return getattr(self._snap, name)
