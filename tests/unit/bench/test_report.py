"""Rows, and what is written of them."""

import json

import pytest
from bench.report import Row, at_least, at_most, document, figure, markdown, quantile
from hypothesis import given
from hypothesis import strategies as st

ABOUT = {
    "commit": "abc",
    "at": "2026-01-01T00:00:00Z",
    "cores": 2,
    "processor": "p",
    "memory_mib": 1,
    "kernel": "k",
    "python": "3",
    "sqlite": "3",
}


@pytest.mark.parametrize(("value", "met"), [(14_999.9, False), (15_000, True), (15_000.1, True), (float("nan"), False)])
def test_a_least_is_met_from_the_limit_on(value, met):
    assert at_least("g", "w", value, 15_000, unit="/s").met is met


@pytest.mark.parametrize(("value", "met"), [(1.499, True), (1.5, True), (1.501, False), (float("nan"), False)])
def test_a_most_is_met_up_to_the_limit(value, met):
    assert at_most("g", "w", value, 1.5, unit="").met is met


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.floats(0.01, 1))
def test_a_quantile_is_a_value_with_that_share_up_to_it(values, share):
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


@given(st.floats(1e-6, 1e9))
def test_a_figure_is_within_half_a_percent_and_a_half(value):
    assert float(figure(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_a_limit_that_is_missed_stands_out_and_a_bar_breaks_no_table():
    page = markdown([Row("g", "a|b", "1", "2", met=False), Row("g", "c", "1")], ABOUT, ["a remark"])
    assert "| a\\|b | 1 | 2 | NO |" in page
    assert "| c | 1 |  |  |" in page
    assert "- a remark" in page


def test_json_has_the_numbers_behind_the_words():
    found = json.loads(document([at_least("g", "w", 3, 2, unit="/s", runs=[1, 2, 3])], ABOUT, []))
    assert found["rows"][0]["values"] == {"value": 3, "limit": 2, "runs": [1, 2, 3]}
    assert found["rows"][0]["met"] is True
