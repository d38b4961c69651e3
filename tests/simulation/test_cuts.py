"""What a cut hides, for whom, and what a reader is given when it is lifted: section 4 of the design."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN
from tests.simulation.sharing import Sharing
from tests.simulation.world import Client

from relto.domain.errors import Unknown
from relto.usecases.publishing import withdraw
from relto.usecases.reading import Query


def test_a_cut_hides_what_was_released_and_a_freeze_does_not():
    sharing = Sharing()
    sharing.give("before")
    freeze = sharing.pause()
    assert sharing.read(sharing.fresh()) == ["before"]
    sharing.resume(freeze)
    sharing.pause(mode="cut")
    assert sharing.read(sharing.fresh()) == []


def test_lifting_a_cut_shows_what_it_hid_again_with_dates_unchanged():
    sharing = Sharing()
    sharing.give("one", "two")
    before = sharing.fresh()
    sharing.read(before)
    number = sharing.pause(mode="cut")
    sharing.resume(number)
    after = sharing.fresh()
    assert sharing.read(after) == ["one", "two"]
    assert after.dates == before.dates


def test_a_reader_that_went_past_what_a_cut_hid_is_given_it_when_the_cut_is_lifted():
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    sharing.give(sharing.item("both", "naval", "targeting"))
    number = sharing.pause(topics=["targeting"], mode="cut")
    sharing.give("two")
    assert sharing.read() == ["two"]
    sharing.resume(number)
    assert sharing.read() == ["both"]


def test_a_reader_that_stood_at_the_end_is_given_nothing_again():
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    number = sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.resume(number)
    assert sharing.read() == []


def test_readers_who_stand_differently_when_a_cut_is_lifted_get_streams_of_their_own():
    sharing = Sharing()
    lviv = Client(sharing.world.account("lviv", "UKR"), sharing.collection, "last", 100, versions=("all",))
    sharing.give("one", sharing.item("both", "naval", "targeting"))
    assert sharing.read() == ["one", "both"]
    number = sharing.pause(topics=["targeting"], mode="cut")
    assert sharing.read() == []
    assert sharing.read(lviv) == ["one"]
    sharing.resume(number)
    assert sharing.read() == []
    assert sharing.read(lviv) == ["both"]
    with sharing.node.store.read() as snap:
        assert list(snap.readers()) == [(1, "lviv")]
    # The collection's id stays what it was.
    assert {each.id for each in sharing.world.reading.collections(lviv.account)} == {sharing.collection}


def test_the_lowest_point_from_which_a_reader_read_during_a_cut_counts():
    sharing = Sharing()
    sharing.give("one", "two")
    assert sharing.read() == ["one", "two"]
    number = sharing.pause(mode="cut")
    assert sharing.read() == []
    # The same account asks from the beginning as well: for all we know, another client that never had anything.
    assert sharing.read(sharing.fresh()) == []
    sharing.resume(number)
    assert sharing.read() == ["one", "two"]


def test_reading_by_id_during_a_cut_moves_nothing():
    sharing = Sharing()
    one = sharing.item("one")
    sharing.give(one)
    assert sharing.read() == ["one"]
    number = sharing.pause(mode="cut")
    with pytest.raises(Unknown, match="no such object"):
        sharing.world.reading.item(sharing.kyiv.account, sharing.collection, one.id, Query(10), "objects")
    assert sharing.marks() == 0
    sharing.resume(number)
    assert sharing.read() == []


def test_no_discard_touches_what_a_cut_hid_and_no_count_of_held_items_includes_it():
    sharing = Sharing()
    sharing.give("before")
    assert sharing.read() == ["before"]
    number = sharing.pause(mode="cut")
    sharing.give("held")
    assert sharing.held(number) == ["held"]
    sharing.resume(number, "discard")
    assert sharing.read(sharing.fresh()) == ["before"]


def test_a_freeze_that_still_covers_what_a_cut_hid_leaves_it_readable_at_once():
    sharing = Sharing()
    sharing.give("before")
    freeze, cut = sharing.pause(), sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.resume(cut)
    sharing.give("held")
    assert sharing.read() == ["before"]
    assert sharing.held(freeze) == ["held"]


def test_another_cut_goes_on_hiding_what_a_lifted_one_hid():
    sharing = Sharing()
    sharing.give("before")
    one = sharing.pause(mode="cut")
    assert sharing.read() == []
    other = sharing.pause(mode="cut")
    sharing.resume(one)
    assert sharing.read() == []
    sharing.resume(other)
    assert sharing.read() == ["before"]


def test_what_an_amendment_hid_is_given_like_what_a_cut_hid_when_it_is_granted_again():
    sharing = Sharing()
    sharing.give("before")
    sharing.amend(scope="[imagery]")
    assert sharing.read() == []
    sharing.amend()
    assert sharing.read() == ["before"]


def test_a_cut_that_is_lifted_after_the_agreement_ended_shows_what_it_hid():
    sharing = Sharing()
    sharing.give("before")
    number = sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.end()
    assert sharing.read() == []
    sharing.resume(number)
    assert sharing.read() == ["before"]


def test_what_its_originator_withdraws_is_read_by_nobody_and_comes_back_with_no_resume():
    sharing = Sharing()
    one, two = sharing.item("one"), sharing.item("two")
    sharing.give(one)
    number = sharing.pause()
    sharing.give(two, "three")
    for each in (one, two):
        withdraw(sharing.node, sharing.world.desk, originator="USA", by=ADMIN, stix_id=each.id, versions=None)
    assert sharing.read(sharing.fresh()) == []
    assert sharing.resume(number).released == 1
    assert sharing.read() == ["three"]


# Marks: from where a reader read while something was hidden from it.


def test_what_was_never_released_is_not_hidden_and_asks_for_no_mark():
    sharing = Sharing()
    sharing.give("item", sharing.item("elsewhere", "logistics"))
    assert sharing.read() == ["item"]
    assert sharing.marks() == 0


def test_a_reader_leaves_one_mark_for_each_hiding_however_often_policy_changes():
    sharing = Sharing()
    sharing.give("naval", sharing.item("both", "naval", "targeting"))
    sharing.read()
    sharing.pause(topics=["targeting"], mode="cut")
    for number in range(5):
        sharing.give(sharing.item(f"item {number}", "naval", f"label-{number}"))
        sharing.read()
        sharing.pause(topics=["life"])
    assert sharing.marks() == 1
    sharing.pause(mode="cut")
    sharing.read()
    assert sharing.marks() == 2


def test_marks_are_forgotten_when_nothing_is_hidden_that_may_be_shown_again():
    sharing = Sharing()
    withdrawn = sharing.item("withdrawn")
    sharing.give("item", withdrawn, sharing.item("elsewhere", "logistics"))
    withdraw(sharing.node, sharing.world.desk, originator="USA", by=ADMIN, stix_id=withdrawn.id, versions=None)
    sharing.pause(mode="cut")
    assert sharing.read() == []
    assert sharing.marks() == 1
    sharing.resume("1")
    assert sharing.marks() == 0
    assert sharing.read() == ["item"]


def test_a_mark_of_an_earlier_hiding_says_nothing_of_a_later_one():
    sharing = Sharing()
    sharing.give(sharing.item("naval"), sharing.item("both", "naval", "targeting"))
    sharing.pause(topics=["targeting"], mode="cut")
    assert sharing.read() == ["naval"]
    everything = sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.resume(everything)
    # It had read past `naval` before that was hidden, and had it.
    assert sharing.read() == []
    sharing.resume("1")
    assert sharing.read() == ["both"]
