"""What a client moved on past without having been served it: the server gives it again by itself, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.actors import ADMIN
from tests.simulation.sharing import SECOND, TERMS, Sharing
from tests.unit.usecases.test_repairing import BOTH, MINUTE, again, broke_off, released, repairs

from relto.usecases import accounts, standing
from relto.usecases.reading import Query

if TYPE_CHECKING:
    from relto.usecases.reading import Page
    from relto.usecases.reading.values import Endpoint

DAY = 86_400 * SECOND


def asked(
    sharing: Sharing,
    added_after: int | None = None,
    *,
    limit: int = 100,
    endpoint: Endpoint = "objects",
    types: tuple[str, ...] | None = None,
) -> Page:
    """A page as `kyiv` asks for it."""
    query = Query(limit, added_after, types=types, versions=("all",))
    return sharing.world.reading.page(sharing.kyiv.account, sharing.collection, query, endpoint)


def got(sharing: Sharing, *words: int | None, limit: int = 100, types: tuple[str, ...] | None = None) -> list[str]:
    """What stands on that page, by name, when all that there is can be read; without words from this moment on."""
    sharing.world.settle_clock()
    page = asked(sharing, *(words or (sharing.world.now,)), limit=limit, types=types)
    return [sharing.names[body.raw.decode()] for body in page.bodies]


def listed(sharing: Sharing, added_after: int | None) -> int:
    """How many items stand on a page of the manifest."""
    return len(asked(sharing, added_after, endpoint="manifest").listed)


def refused(sharing: Sharing, added_after: int | None) -> None:
    """A request that was let in, and then got an error."""
    query = Query(100, added_after, versions=("all",))
    sharing.world.reading.refused(sharing.kyiv.account, sharing.collection, query, "objects")


def switched(sharing: Sharing, *, on: bool) -> None:
    """The switch of `kyiv`'s repairs, as the next request of its finds it."""
    accounts.set_switches(sharing.node, sharing.world.desk, "kyiv", {"repair": on}, by=ADMIN)
    sharing.kyiv.account = next(row for row in accounts.list_accounts(sharing.node) if row.name == "kyiv")


# From where on something is owed.


def test_what_came_after_a_first_poll_that_was_refused_is_given_to_a_client_that_moved_on() -> None:
    sharing = Sharing()
    sharing.give("before")
    sharing.world.settle_clock()
    refused(sharing, sharing.world.now)
    sharing.give("one", "two")
    assert got(sharing) == ["one", "two"]
    assert [(row.items, row.by) for row in repairs(sharing)] == [(2, None)]
    assert got(sharing) == []


def test_a_first_poll_without_a_moment_that_was_refused_makes_everything_owed() -> None:
    sharing = Sharing()
    sharing.give("one")
    refused(sharing, None)
    sharing.give("two")
    assert got(sharing) == ["one", "two"]


def test_a_later_poll_that_was_refused_moves_nothing() -> None:
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    sharing.give("two")
    sharing.world.settle_clock()
    refused(sharing, sharing.world.now)
    assert got(sharing) == ["two"]


def test_nothing_from_before_the_moment_that_a_client_first_asked_for_is_owed() -> None:
    sharing = Sharing()
    sharing.give("old")
    sharing.world.settle_clock()
    since = sharing.world.now
    sharing.world.settle_clock()
    sharing.give("new")
    assert got(sharing, since) == ["new"]
    for _ in range(3):
        assert got(sharing) == []
    assert repairs(sharing) == []


def test_what_a_client_asks_for_again_by_an_old_moment_comes_under_the_dates_that_it_had() -> None:
    sharing = Sharing()
    sharing.give("one", "two")
    sharing.world.settle_clock()
    first = asked(sharing)
    sharing.world.settle_clock()
    second = asked(sharing, 0)
    assert (first.first, first.last, len(first.bodies)) == (second.first, second.last, len(second.bodies))
    assert repairs(sharing) == []


def test_what_a_client_was_served_in_full_is_not_owed_however_far_it_moves_on() -> None:
    sharing = Sharing()
    sharing.give("one", "two", "three")
    sharing.world.settle_clock()
    assert got(sharing, None) == ["one", "two", "three"]
    assert got(sharing) == []
    sharing.give("four")
    assert got(sharing) == ["four"]
    assert [row.items for row in repairs(sharing)] == [1]


def test_an_item_that_was_committed_just_after_the_moment_that_a_client_keeps_is_given() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    assert asked(sharing, sharing.world.now).bodies == ()
    sharing.give("one")
    # Its date lies ahead of the clock, and the client's own clock passes it before it asks.
    assert got(sharing) == ["one"]


def test_each_answer_stands_under_dates_after_the_moment_that_was_asked_for() -> None:
    sharing = Sharing()
    broke_off(sharing)
    moment = sharing.world.now
    page = asked(sharing, moment)
    assert page.repaired == 5
    assert page.first is not None
    assert page.last is not None
    assert moment < page.first < page.last <= sharing.world.now


# How often.


def test_a_client_that_never_follows_next_gets_each_page_twice_at_most_and_all_of_them() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    assert asked(sharing, sharing.world.now).bodies == ()
    names = [f"item {number}" for number in range(7)]
    sharing.give(*names)
    seen = [name for _ in range(12) for name in got(sharing, limit=2)]
    assert set(seen) == set(names)
    assert max(seen.count(name) for name in names) <= 2
    assert got(sharing, limit=2) == []


def test_what_comes_while_a_client_is_given_the_rest_is_not_lost_between() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    asked(sharing, sharing.world.now)
    seen, names = [], [f"item {number}" for number in range(12)]
    for name in names:
        sharing.give(name)
        seen += got(sharing, limit=1)
    for _ in range(30):
        seen += got(sharing, limit=1)
    assert set(seen) == set(names)
    assert max(seen.count(name) for name in names) <= 2


def test_it_is_given_once_whichever_process_is_asked() -> None:
    sharing = Sharing(processes=2)
    client = broke_off(sharing)
    assert sharing.read(client) == ["one", "two", "three", "four", "five"]
    for _ in range(4):
        assert got(sharing) == []
    assert [row.items for row in repairs(sharing)] == [5]


# A clock that is ahead.


@pytest.mark.parametrize("ahead", [SECOND, 5 * MINUTE, DAY])
def test_a_client_whose_clock_is_ahead_by_a_day_at_most_is_read_from_its_place_and_nothing_is_made_for_it(
    ahead: int,
) -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    assert got(sharing, sharing.world.now + ahead) == []
    sharing.give("one", "two")
    sharing.world.settle_clock()
    page = asked(sharing, sharing.world.now + ahead)
    assert [sharing.names[body.raw.decode()] for body in page.bodies] == ["one", "two"]
    assert page.last is not None
    assert page.last < sharing.world.now
    assert got(sharing, sharing.world.now + ahead + MINUTE) == []
    assert repairs(sharing) == []


def test_a_moment_more_than_a_day_ahead_gives_nothing_and_moves_nothing() -> None:
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    sharing.give("two")
    sharing.world.settle_clock()
    assert asked(sharing, sharing.world.now + DAY + 1).bodies == ()
    assert repairs(sharing) == []
    assert got(sharing) == ["two"]


def test_a_client_whose_clock_is_set_right_is_given_what_it_had_not_been_served() -> None:
    sharing = Sharing()
    assert got(sharing, sharing.world.now + 5 * MINUTE) == []
    sharing.give("one", "two", "three")
    assert got(sharing, sharing.world.now + 6 * MINUTE, limit=1) == ["one"]
    assert got(sharing) == ["one", "two", "three"]


# Switched off.


def test_a_reader_whose_repairs_are_off_is_given_nothing_again_and_all_of_it_when_they_are_on() -> None:
    sharing = Sharing()
    switched(sharing, on=False)
    client = broke_off(sharing)
    assert asked(sharing, client.cursor).bodies == ()
    assert repairs(sharing) == []
    switched(sharing, on=True)
    assert got(sharing) == ["one", "two", "three", "four", "five"]


# Ways of asking.


def test_a_reader_has_a_place_of_its_own_at_each_endpoint() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    assert asked(sharing, begun).bodies == ()
    assert listed(sharing, begun) == 0
    sharing.give("one", "two")
    assert got(sharing, begun) == ["one", "two"]
    # The manifest was not read meanwhile: it is owed there, and was served here.
    assert listed(sharing, sharing.world.now) == 2
    assert [row.items for row in repairs(sharing)] == [2]
    assert listed(sharing, sharing.world.now) == 0


def test_what_is_mended_at_one_endpoint_is_not_owed_for_that_at_another_that_had_it() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    asked(sharing, begun)
    listed(sharing, begun)
    sharing.give("one", "two")
    assert got(sharing, begun) == ["one", "two"]
    assert listed(sharing, sharing.world.now) == 2
    for _ in range(3):
        assert got(sharing) == []
        assert listed(sharing, sharing.world.now) == 0
    assert [row.items for row in repairs(sharing)] == [2]


def test_two_ways_by_a_clock_of_their_own_each_get_everything_once_however_much_comes_between() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    only = ("indicator",)
    asked(sharing, sharing.world.now)
    asked(sharing, sharing.world.now, types=only)
    whole, narrow, names = [], [], [f"item {number}" for number in range(40)]
    for index, name in enumerate(names):
        sharing.give(name)
        if index % 3 != 1:
            whole += got(sharing)
        if index % 2:
            sharing.give(sharing.item(f"{name} too"))
            narrow += got(sharing, types=only)
    whole += got(sharing)
    narrow += got(sharing, types=only)
    expected = sorted(sharing.names.values())
    assert sorted(set(whole)) == sorted(set(narrow)) == expected
    assert max(whole.count(name) for name in expected) == 1
    assert max(narrow.count(name) for name in expected) == 1


def test_what_was_not_owed_in_one_way_is_not_owed_for_having_been_mended_in_another() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    asked(sharing, sharing.world.now)
    sharing.give("one", "two")
    # This way begins after both, so that neither is owed to it.
    assert got(sharing, types=("indicator",)) == []
    assert got(sharing) == ["one", "two"]
    assert got(sharing, types=("indicator",)) == []


def test_what_an_operator_gives_again_comes_again_in_every_way() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    begun = sharing.world.now
    asked(sharing, begun)
    listed(sharing, begun)
    sharing.give("one")
    assert got(sharing, begun) == ["one"]
    assert listed(sharing, sharing.world.now) == 1
    assert again(sharing, begun).items == 1
    assert got(sharing) == ["one"]
    assert listed(sharing, sharing.world.now) == 1
    assert (got(sharing), listed(sharing, sharing.world.now)) == ([], 0)


def test_what_a_filter_leaves_out_is_neither_owed_nor_given() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    only = ("indicator",)
    asked(sharing, sharing.world.now, types=only)
    ends = sharing.item("one"), sharing.item("two")
    joining = sharing.item("joining", joins=(ends[0].id, ends[1].id))
    assert joining.type == "relationship"
    sharing.give(*ends, joining)
    assert got(sharing, types=only) == ["one", "two"]
    assert [row.items for row in repairs(sharing)] == [2]
    sharing.give(sharing.item("joining too", joins=(ends[0].id, ends[1].id)))
    assert got(sharing, types=only) == []
    assert len(repairs(sharing)) == 1
    # Whoever reads all of it from the beginning gets all of it once.
    assert sorted(sharing.read()) == ["joining", "joining too", "one", "two"]


def test_a_new_filter_begins_where_it_is_first_asked_with() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    asked(sharing, sharing.world.now)
    sharing.give("one")
    assert got(sharing, types=("indicator",)) == []
    sharing.give("two")
    assert got(sharing, types=("indicator",)) == ["two"]
    assert sorted(got(sharing)) == ["one", "two"]


# Others, and pauses.


def test_only_the_reader_that_lost_it_is_given_it_and_an_item_counts_once() -> None:
    sharing = Sharing()
    other = sharing.client(sharing.world.account("lviv", "UKR"))
    broke_off(sharing)
    assert sharing.read(other) == ["one", "two", "three", "four", "five"]
    assert got(sharing) == ["one", "two", "three", "four", "five"]
    assert sharing.read(other) == []
    with sharing.node.store.read() as snap:
        assert list(snap.readers()) == [(1, "kyiv")]
    assert released(sharing) == 5
    sharing.give("six")
    assert sharing.read(other) == got(sharing) == ["six"]
    assert released(sharing) == 6


def test_what_is_held_is_not_owed_and_comes_once_when_the_freeze_is_lifted() -> None:
    sharing = Sharing()
    sharing.world.settle_clock()
    asked(sharing, sharing.world.now)
    sharing.give("shown")
    number = sharing.pause()
    sharing.give("held")
    assert got(sharing) == ["shown"]
    assert got(sharing) == []
    sharing.resume(number)
    assert got(sharing) == ["held"]
    assert got(sharing) == []


@pytest.mark.parametrize("lifted", ["idle", "before it asks again"])
def test_of_what_a_cut_hides_in_part_the_rest_is_given_at_once_and_the_hidden_once_when_it_is_lifted(
    lifted: str,
) -> None:
    sharing = Sharing(BOTH)
    sharing.world.settle_clock()
    asked(sharing, sharing.world.now)
    sharing.give("one", sharing.item("target one", "targeting"), "two", sharing.item("target two", "targeting"))
    number = sharing.pause(mode="cut", topics=["targeting"])
    assert got(sharing) == ["one", "two"]
    if lifted == "idle":
        assert got(sharing) == []
    sharing.resume(number)
    assert got(sharing) == ["target one", "target two"]
    assert got(sharing) == []
    assert sorted(sharing.read(sharing.fresh())) == ["one", "target one", "target two", "two"]
    assert released(sharing) == 4


def test_what_was_given_again_and_is_cut_before_it_was_read_is_given_when_the_cut_is_lifted() -> None:
    sharing = Sharing()
    broke_off(sharing)
    assert len(got(sharing, limit=2)) == 2
    number = sharing.pause(mode="cut")
    assert got(sharing) == []
    sharing.resume(number)
    assert {"three", "four", "five"} <= set(got(sharing))
    assert got(sharing) == []


def test_a_second_cut_does_not_make_it_come_twice() -> None:
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    sharing.give("two")
    for _ in range(2):
        number = sharing.pause(mode="cut")
        assert got(sharing) == []
        sharing.resume(number)
    assert got(sharing) == ["two"]
    assert got(sharing) == []


def test_a_reader_is_not_given_what_the_agreement_no_longer_lets_it_read() -> None:
    sharing = Sharing(TERMS.replace("[naval]", "[naval, imagery]"))
    sharing.world.settle_clock()
    asked(sharing, sharing.world.now)
    sharing.give("one", sharing.item("picture", "imagery"))
    sharing.amend(scope="[naval]")
    assert got(sharing) == ["one"]
    (entry,) = standing.status(sharing.node, sharing.world.desk, by=ADMIN)
    assert [row.items for row in entry.repaired] == [1]


def test_a_reader_of_many_agreements_is_followed_in_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.usecases.delivering.WAYS_MAX", 1)
    sharing = Sharing()
    other = sharing.world.apply("agreement: other\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n")
    sharing.world.settle_clock()
    query = Query(100, sharing.world.now, versions=("all",))
    for collection in (sharing.collection, other.collections["UKR"]):
        sharing.world.reading.page(sharing.kyiv.account, collection, query, "objects")
    sharing.give("one")
    sharing.world.settle_clock()
    later = Query(100, sharing.world.now, versions=("all",))
    for collection in (sharing.collection, other.collections["UKR"]):
        page = sharing.world.reading.page(sharing.kyiv.account, collection, later, "objects")
        assert len(page.bodies) == 1
