"""Bars and curves say how much there is, in any room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from relto.faces.drawing import EIGHTHS, HEIGHTS, NOTHING, bar, curve, level, merged

numbers = st.integers(0, 10**12)


@given(numbers, numbers, st.integers(0, 200))
def test_a_bar_fits_and_is_seen_where_there_is_anything(items, more, width):
    drawn = bar(items, most=items + more, width=width)
    assert cell_len(drawn) <= width
    assert bool(drawn) is (items > 0 and width > 0)
    assert bar(items + more, most=items + more, width=width) in {"", EIGHTHS[-1] * width}


@given(numbers, numbers, st.integers(1, 100))
def test_more_is_never_a_shorter_bar(items, more, width):
    most = items + more

    def length(drawn):
        return sum(EIGHTHS.index(each) + 1 for each in drawn)

    assert length(bar(items, most=most, width=width)) <= length(bar(most, most=most, width=width))


@given(st.lists(numbers, max_size=400), st.integers(1, 3))
def test_a_curve_has_as_many_places_as_values_and_a_dot_where_there_is_nothing(values, broad):
    drawn = curve(values, most=max(values, default=0), broad=broad)
    assert len(drawn) == cell_len(drawn) == len(values) * broad
    for place, value in enumerate(values):
        assert (drawn[place * broad] == NOTHING) is (value == 0)
    if any(values):
        assert HEIGHTS[-1] in drawn


@given(st.lists(numbers, max_size=400), st.integers(1, 50))
def test_values_that_are_merged_lose_nothing_and_only_the_first_are_fewer(values, together):
    found = merged(values, together)
    assert sum(found) == sum(values)
    assert len(found) == -(-len(values) // together)
    if found:
        assert found[-1] == sum(values[-min(together, len(values)) :])


@pytest.mark.parametrize("items", [-1, 0])
def test_nothing_and_less_is_no_bar(items):
    assert bar(items, most=0, width=10) == ""
    assert curve([items], most=0) == NOTHING


@given(st.integers(-5, 20), st.integers(0, 12))
def test_a_place_on_a_scale_is_always_seen_and_never_lower_than_one_below_it(value, most):
    assert HEIGHTS.index(level(value, most=most)) <= HEIGHTS.index(level(value + 1, most=most))
    assert level(0, most=most) == HEIGHTS[0]
    assert level(most, most=most) == (HEIGHTS[-1] if most else HEIGHTS[0])
