"""Ranges against sets of whole numbers, which need no cleverness."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relto.domain.ranges import EMPTY, EVERYTHING, OPEN, Ranges

HIGHEST = 40

bounds = st.integers(0, HIGHEST)
pairs = st.lists(st.tuples(bounds, bounds | st.just(OPEN)), max_size=8)
ranges = st.builds(lambda listed: Ranges.of(*listed), pairs)


def numbers(each: Ranges) -> set[int]:
    """What is in it, up to a few beyond the highest bound that is drawn."""
    return {seq for after, upto in each for seq in range(after + 1, min(upto, HIGHEST + 3) + 1)}


def assert_well_formed(each: Ranges) -> None:
    for after, upto in each.pairs:
        assert after < upto
    for (_, upto), (after, _) in zip(each.pairs, each.pairs[1:], strict=False):
        assert upto < after, "intervals that touch are one"


@given(pairs)
def test_ranges_are_the_union_of_their_pairs_in_any_order(listed):
    found = Ranges.of(*listed)
    assert_well_formed(found)
    assert numbers(found) == {seq for after, upto in listed for seq in range(after + 1, min(upto, HIGHEST + 3) + 1)}
    assert found == Ranges.of(*reversed(listed))


@given(ranges, ranges)
def test_union_intersection_and_difference_are_those_of_sets(left, right):
    for found, expected in (
        (left | right, numbers(left) | numbers(right)),
        (left & right, numbers(left) & numbers(right)),
        (left - right, numbers(left) - numbers(right)),
    ):
        assert_well_formed(found)
        assert numbers(found) == expected


@given(ranges, bounds)
def test_what_is_not_beyond_a_number_and_what_is_make_up_the_whole(each, seq):
    low, high = each.upto(seq), each.beyond(seq)
    assert_well_formed(low)
    assert_well_formed(high)
    assert numbers(low) == {number for number in numbers(each) if number <= seq}
    assert numbers(high) == {number for number in numbers(each) if number > seq}
    assert low | high == each


@given(ranges, st.integers(0, HIGHEST + 3))
def test_a_number_is_in_ranges_if_an_interval_holds_it(each, seq):
    assert (seq in each) == (seq in numbers(each))


@given(ranges)
def test_equal_sets_are_equal_values(each):
    assert each | EMPTY == each == each & EVERYTHING == each - EMPTY
    assert each - each == EMPTY == each & EMPTY == each - EVERYTHING
    assert bool(each) == bool(numbers(each))
