"""Windows, series and ages of an impact."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.impact import (
    BEFORE_DAYS_MAX,
    BEFORE_DAYS_MIN,
    DAY_US,
    SERIES_DAYS_MAX,
    Freshness,
    Received,
    Series,
    Window,
    daily_tenths,
)

MARCH = 1_741_132_800_000_000
"""The beginning of 5 March 2025."""

moments = st.integers(MARCH - 1000 * DAY_US, MARCH + 1000 * DAY_US)
lengths = st.one_of(st.integers(0, 500 * DAY_US), st.integers(0, 500).map(lambda days: days * DAY_US))


@given(moments, lengths)
def test_what_a_pause_is_compared_with_ends_where_it_begins_and_lasts_whole_days(since, lasted):
    before = Window.before(since, lasted)
    assert before.until == since
    assert before.length == before.days * DAY_US
    assert BEFORE_DAYS_MIN <= before.days <= BEFORE_DAYS_MAX
    # As long as the pause, but for the limits and the day that has begun.
    if BEFORE_DAYS_MIN * DAY_US <= lasted <= BEFORE_DAYS_MAX * DAY_US:
        assert 0 <= before.length - lasted < DAY_US


@given(moments, lengths)
def test_the_days_of_a_window_are_those_on_which_it_lasts_and_no_more_than_a_series_has(since, length):
    window = Window(since, since + length)
    numbers = window.day_numbers
    assert list(numbers) == list(range(numbers[0], numbers[-1] + 1))
    assert 1 <= len(numbers) <= SERIES_DAYS_MAX
    last = max(window.until - 1, since)
    assert numbers[-1] * DAY_US <= last < (numbers[-1] + 1) * DAY_US
    if len(numbers) < SERIES_DAYS_MAX:
        assert numbers[0] * DAY_US <= since < (numbers[0] + 1) * DAY_US


@pytest.mark.parametrize(
    ("since", "length", "days"),
    [
        (MARCH, 0, 1),
        (MARCH, 1, 1),
        (MARCH, DAY_US, 1),
        (MARCH, DAY_US + 1, 2),
        (MARCH - 1, 1, 1),
        (MARCH - 1, 2, 2),
        (MARCH, 10_000 * DAY_US, SERIES_DAYS_MAX),
    ],
)
def test_a_window_begins_and_ends_with_the_day_of_its_bounds(since, length, days):
    assert len(Window(since, since + length).day_numbers) == days


def test_a_window_that_ends_before_it_begins_is_a_bug():
    with pytest.raises(AssertionError):
        Window(MARCH, MARCH - 1)


@given(st.lists(st.lists(st.integers(0, 10**9), min_size=5, max_size=5), max_size=6))
def test_a_series_of_sums_has_the_sum_of_all(rows):
    series = Series.sum(20_000, rows, length=5)
    assert series.total == sum(map(sum, rows))
    assert [items for _, items in series.dated()] == [sum(row[place] for row in rows) for place in range(5)]


def test_a_series_names_its_days():
    assert Series(MARCH // DAY_US, (1, 0)).dated() == (("2025-03-05", 1), ("2025-03-06", 0))


@given(st.integers(0, 10**9), st.integers(1, 500 * DAY_US))
def test_items_a_day_are_rounded_to_the_nearest_tenth_and_a_half_up(items, length):
    exact = Fraction(items * 10 * DAY_US, length)
    found = daily_tenths(items, length)
    assert -Fraction(1, 2) < found - exact <= Fraction(1, 2)


def test_no_length_has_no_items_a_day():
    assert daily_tenths(5, 0) == 0


def test_what_was_received_counts_its_days_up():
    received = Received(Window(MARCH, MARCH + 3 * DAY_US // 2), Series(20_152, (2, 1)), {"naval": 3})
    assert (received.items, received.window.days) == (3, 2)


def test_an_age_is_never_negative_and_nothing_has_none():
    fresh = Freshness("naval", newest=MARCH + 20_000, newest_plain=MARCH - DAY_US, newer=0)
    assert (fresh.age(MARCH), fresh.plain_age(MARCH)) == (0, DAY_US)
    never = Freshness("naval", newest=None, newer=4)
    assert (never.age(MARCH), never.plain_age(MARCH)) == (None, None)
