"""Timestamps that exist, as microseconds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.timestamp import micros

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_the_same_as_the_calendar_says(at):
    assert micros(at.strftime("%04Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")) == (at - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1970-01-01T00:00:00.1234567899Z", 123_456),
        ("1969-12-31T23:59:59.9999999Z", -1),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2016-12-31T23:59:60.25Z", 1_483_228_800_250_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_finer_digits_are_cut_off_and_leap_seconds_are_the_next_day(text, expected):
    assert micros(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-02-29T00:00:00Z",
        "2025-04-31T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T12:30:60Z",
        "2025-01-01T00:00:00",
        "2025-01-01T00:00:00z",
        "2025-01-01t00:00:00Z",
        "2025-01-01 00:00:00Z",
        "2025-01-01T00:00:00+00:00",
        "2025-01-01T00:00:00.Z",
        "2025-01-01T00:00:00Z\n",
        "20250101T000000Z",
        "٢٠٢٥-01-01T00:00:00Z",
        "2025-01-01T00:00:00." + "1" * 31 + "Z",
    ],
)
def test_what_no_calendar_has_or_is_written_otherwise_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        micros(text)
