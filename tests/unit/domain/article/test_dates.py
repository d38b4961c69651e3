"""Dates: resolved against the article's own day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.article.dates import dateline, dates_in
from relto.domain.article.token import tokens_of

SUNDAY = date(2025, 3, 9)


def dated(text, on=SUNDAY):
    return [each.value for each in dates_in(tokens_of(text), on)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("he said on Sunday", "2025-03-09"),
        ("he said on Tuesday", "2025-03-04"),
        ("they will meet on Tuesday", "2025-03-11"),
        ("talks are expected to be held in Jeddah on Tuesday", "2025-03-11"),
        ("talks scheduled for Tuesday", "2025-03-11"),
        ("Tuesday's talks are expected to", "2025-03-11"),
        ("next Tuesday", "2025-03-11"),
        ("next Sunday", "2025-03-16"),
        ("last Sunday", "2025-03-02"),
        ("on Tuesday, March 11", "2025-03-11"),
        ("yesterday", "2025-03-08"),
        ("tomorrow", "2025-03-10"),
        ("today", "2025-03-09"),
        ("this morning", "2025-03-09"),
        ("three days ago", "2025-03-06"),
        ("two weeks ago", "2025-02-23"),
        ("last week", "2025-02-24/2025-03-02"),
        ("next week", "2025-03-10/2025-03-16"),
        ("this weekend", "2025-03-08/2025-03-09"),
        ("last month", "2025-02"),
        ("last year", "2024-01-01/2024-12-31"),
        ("on March 11", "2025-03-11"),
        ("on 11 March", "2025-03-11"),
        ("on the 11th of March", "2025-03-11"),
        ("on Feb. 28", "2025-02-28"),
        ("on December 24", "2024-12-24"),
        ("on 28 February 2022", "2022-02-28"),
        ("on March 11, 2026", "2026-03-11"),
        ("March 4-5", "2025-03-04/2025-03-05"),
        ("4 to 5 March", "2025-03-04/2025-03-05"),
        ("between March 4 and 5", "2025-03-04/2025-03-05"),
        ("early April", "2025-04-01/2025-04-10"),
        ("by mid-February", "2025-02-11/2025-02-20"),
        ("in late February", "2025-02-21/2025-02-28"),
        ("in January", "2025-01"),
        ("in May 2023", "2023-05"),
        ("on 2025-03-11", "2025-03-11"),
    ],
)
def test_a_date_is_that_of_the_article_s_time(text, value):
    assert dated(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "it may rain",
        "they march on",
        "on February 30",
        "in 1999999",
        "2025-13-40",
        "99 days",
        "9999999999999999999 days ago",
        "zero days ago",
        "in the coming days",
        "March Madness".lower(),
    ],
)
def test_what_is_no_date_is_none(text):
    assert dated(text) == []


def test_without_a_day_of_its_own_an_article_has_only_whole_dates():
    assert dated("on Sunday, on March 11, on 11 March 2025, last week, in March", None) == ["2025-03-11"]


@pytest.mark.parametrize("on", [date(1, 1, 1), date(9999, 12, 31)])
def test_the_ends_of_time_are_no_trouble(on):
    for text in (
        "on Monday",
        "will meet on Monday",
        "last week",
        "next month",
        "early April",
        "12 weeks ago",
        "on March 1",
    ):
        dates_in(tokens_of(text), on)


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        (["JEDDAH, March 11, 2025 - They met."], date(2025, 3, 11)),
        (["By X", "Published: 7 March 2025"], date(2025, 3, 7)),
        (
            ["The pact of 1 May 1999 was, as everybody knows, older than many who wished that it had not been. " * 2],
            None,
        ),
        (["Monday"], None),
        ([], None),
    ],
)
def test_the_head_of_a_text_may_say_its_day(lines, day):
    assert dateline(lines) == day


@given(st.text(max_size=200), st.dates() | st.none())
def test_any_text_has_dates_or_none(text, on):
    for each in dates_in(tokens_of(text), on):
        for part in each.value.split("/"):
            date.fromisoformat(part if len(part) == 10 else f"{part}-01")
