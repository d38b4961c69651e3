"""Tracks: a place moves over what was served without a gap, and over nothing else."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.reader import ENDS_KEPT, MOVES_KEPT, PATIENCE, Moved, Track, Walk, way_of
from relto.domain.stream import BACKLOG, BEGINNING, LIVE, Place


def at(seq: int) -> Place:
    return Place(0, LIVE, seq)


def dated(seq: int) -> int:
    """The date of the item: whole milliseconds and a bit."""
    return seq * 1_000 + 7


NAMES = itertools.count(1)


def page(track: Track, began: int | None, low: int, high: int, *, ends: bool = False) -> Track:
    """Items `low + 1` to `high` are served; `ends`: it is the last page."""
    end = at(high + 3) if ends else None
    return track.served(began, start=at(low), last=(at(high), dated(high)), end=end, page=next(NAMES))


def test_a_walk_that_came_to_its_end_is_served_up_to_the_end_of_the_stream():
    track = page(page(Track.begun(at(4)), 4_007, 4, 6), 4_007, 6, 9, ends=True)
    assert (track.place, track.walk, track.broken) == (at(12), None, 0)


def test_next_acknowledges_nothing():
    track = page(page(Track.begun(at(4)), 4_007, 4, 6), 4_007, 6, 9)
    assert track.place == at(4)
    assert track.walk is not None
    ends = ((dated(6), at(6)), (dated(9), at(9)))
    assert track.walk == Walk(4_007, at(4), at(9), ends, first=track.walk.first)


@pytest.mark.parametrize("cut", [0, 7])
@pytest.mark.parametrize("seq", [6, 9])
def test_a_last_date_of_a_page_acknowledges_up_to_it_whole_or_cut_to_milliseconds(seq, cut):
    track = page(page(Track.begun(at(4)), None, 4, 6), None, 6, 9)
    asked = track.asked(dated(seq) - cut)
    assert (asked.place, asked.walk, asked.broken) == (at(seq), None, 0)


@pytest.mark.parametrize("date", [None, 0, dated(6) + 1, dated(6) - 1, dated(5), dated(9) - 8, 2**62])
def test_any_other_date_leaves_in_doubt_what_the_walk_covered(date):
    asked = page(page(Track.begun(at(4)), None, 4, 6), None, 6, 9).asked(date)
    assert (asked.place, asked.walk, asked.doubt, asked.broken) == (at(4), None, at(9), 1)


def test_what_two_broken_walks_covered_counts_as_served_and_no_more():
    track = page(Track.begun(at(4)), 1, 4, 9).asked(2)
    track = page(track, 2, 4, 7).asked(3)
    assert (track.place, track.doubt, track.broken) == (at(7), at(9), 2)
    track = page(track, 3, 7, 12).asked(4)
    assert (track.place, track.doubt) == (at(9), at(12))


def test_a_client_that_never_follows_next_is_given_each_page_twice_at_most():
    track, given = Track.begun(at(0)), []
    for poll in range(20):
        track = track.asked(poll)
        low = track.place.seq
        given += range(low + 1, low + 4)
        track = page(track, poll, low, low + 3)
    assert max(given.count(seq) for seq in given) == 2
    assert track.place.seq > 20


def test_a_client_whose_clock_is_ahead_is_given_the_same_until_patience_ends():
    track = Track.begun(at(4))
    for poll in range(PATIENCE + 1):
        track = page(track, poll, 4, 9).asked(poll + 1, ahead=True)
        assert track.place == (at(4) if poll < PATIENCE else at(9))
    assert (track.in_a_row, track.broken) == (0, PATIENCE + 1)


def test_a_walk_that_did_not_go_on_from_the_place_moves_nothing():
    track = page(page(Track.begun(at(4)), None, 6, 9), None, 9, 12, ends=True)
    assert (track.place, track.walk) == (at(4), None)
    asked = page(Track.begun(at(4)), None, 6, 9).asked(dated(9))
    assert (asked.place, asked.doubt) == (at(4), BEGINNING)


def test_a_cursor_of_a_walk_that_another_has_replaced_begins_one_of_its_own():
    track = page(Track.begun(at(4)), 1, 4, 6)
    track = page(track, 2, 5, 8)
    assert track.walk == Walk(2, at(5), at(8), ((dated(8), at(8)),), first=track.page)
    assert page(track, 1, 6, 12, ends=True).place == at(4)


def test_an_empty_page_does_not_move_the_place():
    track = Track.begun(at(4)).served(9, start=at(4), last=None, end=at(30))
    assert track.place == at(4)
    # The rest of a walk may have been hidden meanwhile: what it reached before counts.
    open_walk = page(track, 9, 4, 6)
    assert open_walk.served(9, start=at(6), last=None, end=at(30)).place == at(6)


def test_only_so_many_ends_are_remembered():
    track = Track.begun(at(0))
    for seq in range(1, ENDS_KEPT + 3):
        track = page(track, None, seq - 1, seq)
    assert track.asked(dated(1)).place == at(0)
    assert track.asked(dated(3)).place == at(3)


def test_a_repair_closes_the_walk_and_is_counted():
    doubt = Place(2, BACKLOG, 7)
    track = page(Track.begun(at(4)), 1, 4, 6).asked(8).mended(place=at(8), doubt=doubt, items=3)
    assert (track.place, track.doubt, track.repairs, track.repaired_items, track.broken) == (at(8), doubt, 1, 3, 1)
    assert track.mended(place=at(2), doubt=BEGINNING, items=1).place == at(8)


def test_what_was_had_before_it_moved_is_remembered_until_it_is_passed_and_of_so_many_repairs():
    track = Track.begun(at(4))
    for number in range(1, MOVES_KEPT + 3):
        track = track.after_move(Moved(number, 3))
    assert track.had == tuple(Place(number, BACKLOG, 3) for number in range(3, MOVES_KEPT + 3))
    track = track.mended(place=Place(MOVES_KEPT, LIVE, 9), doubt=BEGINNING, items=1)
    assert track.after_move(Moved(90, 5)).had == (
        Place(MOVES_KEPT + 1, BACKLOG, 3),
        Place(MOVES_KEPT + 2, BACKLOG, 3),
        Place(90, BACKLOG, 5),
    )
    assert msgspec.json.decode(msgspec.json.encode(track), type=Track) == track


def test_what_moved_out_of_an_open_walk_was_served_when_it_ends():
    track = page(Track.begun(at(4)), 1, 4, 6).after_move(Moved(1, covered=6))
    assert page(track, 1, 6, 8, ends=True).had == (Place(1, BACKLOG, 6),)
    # The client acknowledges all of it by its last date, or only a part.
    assert track.asked(dated(6)).had == (Place(1, BACKLOG, 6),)
    assert page(track, 1, 6, 8).asked(dated(6)).had == (Place(1, BACKLOG, 0),)


def test_a_walk_from_elsewhere_says_nothing_of_what_moved_out_of_the_one_before():
    track = page(Track.begun(at(4)), 1, 4, 6).after_move(Moved(1, covered=6))
    assert page(track, 2, 5, 8, ends=True).moved == (Moved(1),)


def test_what_moved_out_of_a_broken_walk_is_in_doubt_and_served_when_it_was_covered_twice():
    track = page(Track.begun(at(4)), 1, 4, 6).after_move(Moved(1, covered=6, doubt=5))
    assert track.asked(8).moved == (Moved(1, had=5, doubt=6),)
    assert track.asked(8).is_in_doubt
    # A client whose clock is ahead is given it for longer.
    assert track.asked(8, ahead=True).moved == (Moved(1, had=0, doubt=6),)


def test_a_repair_of_this_way_gives_what_was_in_doubt_again_and_keeps_what_was_had():
    track = Track.begun(at(4)).after_move(Moved(2, had=3, doubt=6)).after_move(Moved(3, doubt=6))
    assert track.mended(place=at(8), doubt=BEGINNING, items=1).moved == (Moved(2, had=3),)


def withdraw(track: Track, before: Track, after: Track, place: int) -> None:
    assert track.withdrawn(before, after).place == at(place)


def test_a_page_that_is_taken_back_leaves_what_was_before_it():
    before = page(Track.begun(at(4)), 1, 4, 6)
    after = page(before, 1, 6, 8, ends=True)
    taken_back = msgspec.structs.replace(before, gone=(after.page,))
    assert after.withdrawn(before, after) == taken_back
    # What others moved since was moved as if the page had been served.
    assert after.after_move(Moved(1, had=8)).withdrawn(before, after) == taken_back


def test_what_two_pages_covered_that_are_both_taken_back_is_in_no_doubt():
    before = page(Track.begun(at(4)), 1, 4, 6)
    first = page(before, 1, 6, 8)
    again = page(first, 1, 6, 8)
    track = again.withdrawn(before, first).withdrawn(first, again)
    assert (track.place, track.asked(9).doubt) == (at(4), BEGINNING)


def test_what_was_on_a_page_that_is_taken_back_late_is_owed():
    before = page(Track.begun(at(4)), 1, 4, 6)
    after = page(before, 1, 6, 8, ends=True)
    # The client goes on by its own clock, and is given what came since: one page of several, or the only one.
    withdraw(page(after.asked(9), 9, 8, 10), before, after, 4)
    withdraw(page(after.asked(9), 9, 8, 10, ends=True), before, after, 4)
    withdraw(after.asked(9).mended(place=at(9), doubt=BEGINNING, items=1), before, after, 4)


def test_what_was_read_again_from_before_the_page_that_is_taken_back_is_not_owed():
    before = page(Track.begun(at(4)), 1, 4, 6)
    after = page(before, 1, 6, 8, ends=True)
    withdraw(page(after, 1, 4, 8, ends=True), before, after, 11)
    withdraw(page(page(after, 1, 4, 8), 1, 8, 10, ends=True), before, after, 13)
    # Nor is what the date of a page acknowledges that came before it; nor what an operator said that it is not.
    withdraw(page(page(before, 1, 6, 8).asked(dated(6)), 2, 6, 9), before, page(before, 1, 6, 8), 6)
    withdraw(after.skipped(at(11)), before, after, 11)


def test_what_was_on_two_pages_that_are_both_taken_back_is_owed_in_whatever_order_that_is_noticed():
    before = page(Track.begun(at(4)), 1, 4, 6)
    first = page(before, 1, 6, 8, ends=True)
    second = page(first.asked(1), 1, 4, 8, ends=True)
    third = page(second.asked(1), 1, 4, 8, ends=True)
    rounds = {1: (before, first), 2: (first.asked(1), second), 3: (second.asked(1), third)}
    for order in itertools.permutations(rounds):
        track = third
        for number in order:
            track = track.withdrawn(*rounds[number])
        assert track.place == at(4), order
    for order in itertools.permutations([1, 2]):
        track = third
        for number in order:
            track = track.withdrawn(*rounds[number])
        assert track.place == third.place, order


def test_what_counts_as_served_for_being_covered_twice_does_not_where_one_of_the_two_was_taken_back():
    before = Track.begun(at(4))
    never = page(before, 1, 4, 6)
    twice = page(page(never.asked(8), 8, 4, 6).asked(9), 9, 4, 6)
    assert twice.place == at(6)
    withdraw(twice, before, never, 4)


def test_a_walk_does_not_count_as_broken_for_a_page_of_it_that_was_taken_back_and_another_does():
    before = page(Track.begun(at(4)), 1, 4, 6)
    after = page(before, 1, 6, 8)
    assert page(after, 1, 8, 10).withdrawn(before, after).walk is None
    other = page(after.asked(9), 9, 4, 7)
    assert other.withdrawn(before, after).walk == other.walk


def test_what_an_operator_said_is_not_owed_is_not_owed_for_a_page_that_was_taken_back():
    before = page(Track.begun(at(4)), 1, 4, 6)
    after = page(before, 1, 6, 8)
    skipped = after.skipped(at(12))
    withdraw(page(skipped, 9, 12, 14, ends=True), before, after, 17)
    withdraw(page(skipped, 9, 14, 16), before, after, 12)
    # Nor where it was said before.
    before = page(Track.begun(at(4)).skipped(at(12)), 1, 12, 14)
    withdraw(page(before, 1, 14, 16), before, page(before, 1, 14, 16), 12)


def test_what_is_passed_for_having_been_had_is_owed_where_that_was_taken_back():
    before = page(Track.begun(at(4)), 1, 4, 6)
    after = page(before, 1, 6, 8, ends=True)
    withdraw(after.passed(at(20)), before, after, 4)


def test_nothing_that_was_covered_counts_after_a_page_was_taken_back_late():
    before = page(Track.begun(at(4)), 1, 4, 6)
    after = page(before, 1, 6, 8)
    late = after.asked(9).after_move(Moved(1, doubt=5)).withdrawn(before, after)
    assert (late.doubt, late.moved, late.is_in_doubt) == (BEGINNING, (), False)


def test_a_track_from_before_anything_was_remembered_as_had_can_be_read():
    track = Track(at(4), repairs=2)
    assert msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(track)[:7]), type=Track) == track


def test_a_skip_moves_forward_only():
    track = page(Track.begun(at(4)), 1, 4, 6)
    assert track.skipped(at(9)).place == at(9)
    assert track.skipped(at(9)).walk is None
    assert track.skipped(at(2)).place == at(4)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 20), st.integers(1, 5), st.booleans(), st.booleans())
    )
)
def test_the_place_never_goes_back_and_passes_nothing_that_no_page_had(steps):
    track, had = Track.begun(at(0)), set()
    for fresh, began, low, count, ends, ahead in steps:
        before = track.place
        if fresh:
            track = track.asked(began, ahead=ahead)
        start = min(low, track.place.seq) if fresh else low
        last = start + count
        had |= set(range(start + 1, last + 1))
        track = track.served(began, start=at(start), last=(at(last), dated(last)), end=at(last) if ends else None)
        assert track.place >= before
        assert set(range(1, track.place.seq + 1)) <= had
        assert msgspec.json.decode(msgspec.json.encode(track), type=Track) == track


@pytest.mark.parametrize(
    ("endpoint", "types", "versions", "name"),
    [
        ("objects", None, None, "objects"),
        ("manifest", ("b", "a"), None, "manifest?type=a,b"),
        ("objects", (), ("2.1",), "objects?type=&spec_version=2.1"),
    ],
)
def test_a_way_is_named_by_endpoint_and_filters_in_one_order(endpoint, types, versions, name):
    assert way_of(endpoint, types, versions) == name
