"""Days: each item lies in one, whatever is cut."""

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.moment import DAY_US
from relto.usecases.days import Days

FIRST = 20_000


@st.composite
def stored(draw):
    """When items 1, 2, 3 … were stored, in order, from some days before the first day to some days after it."""
    hours = draw(st.lists(st.integers(-72, 240), max_size=60))
    return [FIRST * DAY_US + hour * (DAY_US // 24) for hour in sorted(hours)]


def days_of(moments, count, after):
    numbers = range(FIRST, FIRST + count)
    return Days.of(lambda moment: bisect_right(moments, moment), numbers, after=after, upto=len(moments))


@given(stored(), st.integers(1, 8), st.booleans())
def test_an_item_lies_in_the_day_on_which_it_was_stored(moments, count, takes_older):
    days = days_of(moments, count, 0 if takes_older else None)
    found = {seq: place for place, low, high in days.cut(0, len(moments)) for seq in range(low + 1, high + 1)}
    expected = {}
    for seq, moment in enumerate(moments, start=1):
        day = moment // DAY_US - FIRST
        if day >= 0 or takes_older:
            # What is stored ahead of the clock counts under the last.
            expected[seq] = min(max(day, 0), count - 1)
    assert found == expected
    for moment in moments:
        day = moment // DAY_US - FIRST
        assert days.place(moment) == (day if 0 <= day < count else None)


@given(stored(), st.integers(1, 8), st.integers(0, 60), st.integers(0, 60))
def test_a_part_of_them_is_cut_as_the_whole_is(moments, count, after, upto):
    days = days_of(moments, count, None)
    whole = {seq: place for place, low, high in days.cut(0, len(moments)) for seq in range(low + 1, high + 1)}
    part = {seq: place for place, low, high in days.cut(after, upto) for seq in range(low + 1, high + 1)}
    assert part == {seq: place for seq, place in whole.items() if after < seq <= upto}
    assert all(low < high for _, low, high in days.cut(after, upto))


@pytest.mark.parametrize("count", [1, 31])
def test_days_are_named_one_after_the_other(count):
    days = days_of([], count, None)
    assert days.count == len(days.names) == count
    assert days.names[0] == "2024-10-04"
