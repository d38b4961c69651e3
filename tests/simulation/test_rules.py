"""The rules of section 4 of the design, one by one: the table of changes, several pauses, scheduled acts.

The random histories say that the whole holds together; here each sentence stands alone, so that a broken one is named.
"""

from __future__ import annotations

import pytest
from tests.simulation.sharing import SECOND, TERMS, Sharing
from tests.simulation.world import Client

from relto.domain.errors import Unknown

# The table of section 4: from one decision to another, on a policy change at `seq` s.


def test_release_to_hold_closes_the_live_span_and_opens_a_hold():
    sharing = Sharing()
    sharing.give("before")
    number = sharing.pause()
    sharing.give("after")
    assert sharing.read() == ["before"]
    assert sharing.held(number) == ["after"]


def test_hold_to_release_gives_what_was_held_as_backlog_and_then_what_is_new():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("held 1", "held 2")
    done = sharing.resume(number)
    sharing.give("new")
    assert (done.released, done.still_held) == (2, 0)
    assert sharing.read() == ["held 1", "held 2", "new"]


def test_hold_to_release_by_an_exception_gives_what_was_held():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give(sharing.item("warning", "naval", "life"), "other")
    assert sharing.read() == []
    sharing.amend("exceptions: [{name: warn, scope: {topics: [life]}}]\n")
    sharing.world.settle_clock()
    assert sharing.read() == ["warning"]
    assert sharing.held(number) == ["other"]


def test_release_to_withhold_closes_the_live_span_and_hides_what_was_released():
    sharing = Sharing()
    sharing.give("before")
    assert sharing.read() == ["before"]
    sharing.amend(scope="[imagery]")
    sharing.give("after")
    assert sharing.read(sharing.fresh()) == []


def test_an_agreement_that_ends_closes_its_live_spans_and_hides_nothing_until_it_is_closed():
    sharing = Sharing()
    sharing.give("before")
    sharing.end()
    sharing.give("after")
    assert sharing.read() == ["before"]
    assert sharing.read(sharing.fresh()) == ["before"]
    sharing.end(close=True)
    with pytest.raises(Unknown, match="no such collection"):
        sharing.read(sharing.fresh())


def test_a_recipient_who_leaves_sees_no_collection_and_what_came_meanwhile_when_it_is_back():
    sharing = Sharing()
    sharing.give("before")
    assert sharing.read() == ["before"]
    sharing.amend(to="[GBR]")
    with pytest.raises(Unknown, match="no such collection"):
        sharing.read()
    sharing.give("meanwhile")
    assert sharing.amend().collections["UKR"] == sharing.collection
    sharing.give("after")
    assert sharing.read() == ["meanwhile", "after"]
    assert sharing.read(sharing.fresh()) == ["before", "meanwhile", "after"]


def test_a_recipient_who_comes_back_to_a_pause_finds_what_came_meanwhile_held():
    sharing = Sharing()
    sharing.give("before")
    assert sharing.read() == ["before"]
    sharing.amend(to="[GBR]")
    sharing.give("meanwhile")
    number = sharing.pause()
    sharing.amend(to="[GBR, UKR]")
    sharing.give("after")
    assert sharing.read() == []
    assert sharing.held(number) == ["meanwhile", "after"]
    sharing.resume(number)
    assert sharing.read() == ["meanwhile", "after"]


def test_hold_to_withhold_keeps_what_is_held_and_holds_no_more():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("held")
    sharing.amend(scope="[imagery]")
    sharing.give("outside")
    assert sharing.held(number) == ["held"]
    sharing.amend("history: none\n")
    sharing.give("held again")
    assert sharing.held(number) == ["held", "held again"]
    sharing.resume(number)
    assert sharing.read() == ["held", "held again"]


def test_the_decision_at_its_release_counts_for_what_is_held():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("held")
    sharing.amend(scope="[imagery]")
    assert sharing.resume(number).released == 0
    assert sharing.read() == []
    sharing.amend("history: none\n")
    assert sharing.read() == []


def test_withhold_to_release_opens_a_live_span_and_with_history_gives_what_was_never_released():
    sharing = Sharing()
    sharing.give(sharing.item("given", "naval", "imagery"), sharing.item("older", "imagery"))
    assert sharing.read() == ["given"]
    sharing.amend(scope="[naval, imagery]")
    sharing.give(sharing.item("new", "imagery"))
    assert sharing.read() == ["older", "new"]


def test_withhold_to_release_without_history_gives_what_is_new():
    sharing = Sharing(TERMS + "history: none\n")
    sharing.give(sharing.item("older", "imagery"))
    sharing.amend("history: none\n", scope="[naval, imagery]")
    sharing.give(sharing.item("new", "imagery"))
    assert sharing.read() == ["new"]


def test_what_was_held_under_review_or_discarded_is_not_history():
    sharing = Sharing()
    for backlog, name in (("discard", "dropped"), ("review", "reviewed")):
        number = sharing.pause()
        sharing.give(name)
        sharing.resume(number, backlog)
    number = sharing.pause()
    sharing.give("held")
    sharing.amend(scope="[imagery]")
    sharing.give("outside")
    sharing.amend()
    assert sharing.held(number) == ["held", "outside"]
    sharing.resume(number)
    assert sharing.read() == ["held", "outside"]


def test_withhold_to_hold_opens_a_hold_and_with_history_what_was_never_released_goes_into_it():
    sharing = Sharing()
    sharing.give(sharing.item("older", "imagery"))
    number = sharing.pause()
    sharing.amend(scope="[naval, imagery]")
    sharing.give(sharing.item("new", "imagery"))
    assert sharing.read() == []
    assert sharing.held(number) == ["older", "new"]


def test_withhold_to_hold_without_history_holds_what_is_new():
    sharing = Sharing(TERMS + "history: none\n")
    sharing.give(sharing.item("older", "imagery"))
    number = sharing.pause()
    sharing.amend("history: none\n", scope="[naval, imagery]")
    sharing.give(sharing.item("new", "imagery"))
    assert sharing.held(number) == ["new"]


def test_an_ended_agreement_that_is_applied_again_gives_what_came_meanwhile():
    sharing = Sharing()
    sharing.give("before")
    sharing.end(close=True)
    sharing.give("meanwhile")
    sharing.amend()
    sharing.give("after")
    assert sharing.read() == ["before", "meanwhile", "after"]


def test_a_pause_that_is_lifted_after_the_agreement_ended_releases_nothing():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("held")
    sharing.end()
    assert sharing.resume(number).released == 0
    assert sharing.read() == []


def test_a_class_that_first_appears_while_a_pause_runs_is_decided_when_it_appears():
    sharing = Sharing()
    number = sharing.pause(topics=["targeting"])
    sharing.give(sharing.item("both", "naval", "targeting"), "naval")
    assert sharing.read() == ["naval"]
    assert sharing.held(number) == ["both"]


def test_a_party_that_joins_begins_with_history_and_what_a_pause_covers_goes_into_the_hold():
    sharing = Sharing()
    sharing.give("older")
    number = sharing.pause(recipient="UKR")
    sharing.pause(topics=["targeting"])
    sharing.give(sharing.item("both", "naval", "targeting"))
    account = sharing.world.account("london", "GBR")
    collection = sharing.amend(to="[UKR, GBR]").collections["GBR"]
    london = Client(account, collection, "last", 100, versions=("all",))
    assert sharing.read(london) == ["older"]
    assert sharing.read() == ["older"]
    assert sharing.held(number) == ["both"]
    sharing.resume("2")
    assert sharing.read(london) == ["both"]
    assert sharing.read() == []


def test_a_pause_for_one_recipient_leaves_the_others_alone():
    sharing = Sharing()
    account = sharing.world.account("london", "GBR")
    london = Client(account, sharing.amend(to="[UKR, GBR]").collections["GBR"], "last", 100, versions=("all",))
    number = sharing.pause(recipient="UKR")
    sharing.give("item")
    assert sharing.read() == []
    assert sharing.read(london) == ["item"]
    assert sharing.resume(number).released == 1
    assert sharing.read() == ["item"]
    assert sharing.read(london) == []


# Several pauses.


def test_a_class_flows_again_when_no_pause_covers_it():
    sharing = Sharing()
    one, other = sharing.pause(), sharing.pause()
    sharing.resume(one)
    sharing.give("held")
    assert sharing.read() == []
    sharing.resume(other)
    sharing.give("new")
    assert sharing.read() == ["held", "new"]


def test_a_pause_holds_what_came_since_it_covers_the_class():
    sharing = Sharing()
    one = sharing.pause()
    sharing.give("first")
    other = sharing.pause()
    sharing.give("second")
    assert sharing.held(one) == ["first", "second"]
    assert sharing.held(other) == ["second"]


def test_lifting_with_release_releases_what_no_other_pause_covers():
    sharing = Sharing()
    one, _ = sharing.pause(), sharing.pause(topics=["targeting"])
    sharing.give("naval", sharing.item("both", "naval", "targeting"))
    done = sharing.resume(one)
    assert (done.released, done.still_held) == (1, 1)
    assert sharing.read() == ["naval"]


def test_where_another_covers_that_one_takes_over_what_the_lifted_one_held():
    sharing = Sharing()
    one = sharing.pause()
    sharing.give("first")
    other = sharing.pause()
    assert sharing.resume(one).still_held == 1
    assert sharing.held(other) == ["first"]
    assert sharing.resume(other).released == 1
    assert sharing.read() == ["first"]


def test_discard_drops_what_the_pause_held_whoever_else_holds_it_too():
    sharing = Sharing()
    one, other = sharing.pause(), sharing.pause()
    sharing.give("dropped")
    done = sharing.resume(one, "discard")
    assert (done.released, done.still_held) == (0, 0)
    sharing.give("held")
    assert sharing.held(other) == ["held"]
    sharing.resume(other)
    assert sharing.read() == ["held"]


def test_review_lets_the_new_flow_and_keeps_the_held():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("reviewed")
    assert sharing.resume(number, "review").released == 0
    sharing.give("new")
    assert sharing.read() == ["new"]
    assert sharing.release_backlog() == 1
    assert sharing.read() == ["reviewed"]


def test_what_a_review_keeps_is_released_or_discarded_bit_by_bit():
    sharing = Sharing()
    number = sharing.pause()
    one = sharing.item("one")
    sharing.give(one, sharing.item("both", "naval", "targeting"), "two", "three")
    sharing.resume(number, "review")
    assert sharing.release_backlog(topics=["targeting"]) == 1
    assert sharing.read() == ["both"]
    assert sharing.discard_backlog(items=[one.id]) == 1
    assert sharing.release_backlog() == 2
    assert sharing.read() == ["two", "three"]
    assert sharing.release_backlog() == 0


def test_what_a_review_keeps_is_released_by_no_other_resume():
    sharing = Sharing()
    one, other = sharing.pause(), sharing.pause()
    sharing.give("reviewed")
    sharing.resume(one, "review")
    assert sharing.resume(other).released == 0
    assert sharing.read() == []
    sharing.release_backlog()
    assert sharing.read() == ["reviewed"]


def test_a_pause_that_covers_takes_over_what_a_reviewer_releases():
    sharing = Sharing()
    one = sharing.pause()
    sharing.give("reviewed")
    sharing.resume(one, "review")
    other = sharing.pause()
    assert sharing.release_backlog() == 0
    assert sharing.held(other) == ["reviewed"]
    sharing.resume(other)
    assert sharing.read() == ["reviewed"]


def test_what_the_agreement_no_longer_grants_stays_under_review():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("reviewed")
    sharing.resume(number, "review")
    sharing.amend(scope="[imagery]")
    assert sharing.release_backlog() == 0
    sharing.amend()
    assert sharing.read() == []
    assert sharing.release_backlog() == 1
    assert sharing.read() == ["reviewed"]


# Scheduled acts.


def test_a_scheduled_resume_that_is_found_late_gives_nothing_that_another_pause_has_begun_to_keep():
    sharing = Sharing()
    begin = sharing.world.now
    sharing.pause(until_us=begin + 10 * SECOND)
    sharing.give("held")
    sharing.pause(from_us=begin + 15 * SECOND)
    assert sharing.read() == []
    assert sharing.read() == []
    assert sharing.held("2") == ["held"]
    sharing.resume("2")
    assert sharing.read() == ["held"]


def test_a_scheduled_pause_that_follows_another_without_a_gap_takes_over_what_it_held():
    sharing = Sharing()
    begin = sharing.world.now
    sharing.pause(until_us=begin + 10 * SECOND)
    sharing.pause(from_us=begin + 10 * SECOND)
    sharing.give("held")
    assert sharing.read() == []
    assert sharing.held("2") == ["held"]


def test_pauses_that_began_and_ended_before_anybody_looked_leave_nothing_behind():
    sharing = Sharing()
    begin = sharing.world.now
    sharing.pause(until_us=begin + 10 * SECOND)
    sharing.pause(from_us=begin + 5 * SECOND, until_us=begin + 15 * SECOND)
    sharing.pause(from_us=begin + 12 * SECOND, until_us=begin + 13 * SECOND)
    sharing.give("held")
    assert sharing.read() == []
    assert sharing.read() == ["held"]


def test_a_scheduled_pause_closes_at_the_last_item_added_up_to_its_moment():
    sharing = Sharing()
    names = [f"item {number}" for number in range(10)]
    moment = sharing.world.now + 20_000 + 4_500
    sharing.pause(from_us=moment)
    sharing.give(*names)
    assert sharing.read() == names[:5]
    assert sharing.held("1") == names[5:]


def test_a_cut_that_is_found_late_hides_what_was_released_before_it():
    sharing = Sharing()
    sharing.give("before")
    sharing.pause(from_us=sharing.world.now + 10 * SECOND, mode="cut")
    assert sharing.read() == []
    sharing.resume("1")
    assert sharing.read() == ["before"]
