"""Moments: what is read, what is refused, and that writing is the inverse of reading."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput
from relto.domain.moment import EARLIEST, LATEST, parse_instant, parse_timestamp, parse_when, write

NOON = 1_741_176_000_000_000
"""5 March 2025, 12:00 UTC."""


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("2025-03-05", NOON - 43_200_000_000),
        ("2025-03-05T12:00Z", NOON),
        ("2025-03-05T12:00", NOON),
        ("2025-03-05 12:00:00", NOON),
        ("2025-03-05t12:00:00z", NOON),
        ("2025-03-05T12:00:00.5Z", NOON + 500_000),
        ("2025-03-05T12:00:00.000001999Z", NOON + 1),
        ("2025-03-05T14:00:00+02:00", NOON),
        ("2025-03-05T14:00:00+0200", NOON),
        ("2025-03-05T14:00+02", NOON),
        ("2025-03-05T06:30:00-05:30", NOON),
        ("2025-03-06T00:30+12:30", NOON),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59.999999Z", LATEST),
    ],
)
def test_iso_8601_is_read_to_the_microsecond(text, us):
    assert parse_when(text, now=0, ahead=True) == us


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("1s", 1), ("90m", 5_400), ("36h", 129_600), ("2d", 172_800), ("1w", 604_800), ("007d", 604_800)],
)
def test_a_duration_goes_ahead_or_back_from_now(text, seconds):
    assert parse_when(text, now=NOON, ahead=True) == NOON + seconds * 1_000_000
    assert parse_when(text, now=NOON, ahead=False) == NOON - seconds * 1_000_000


HOSTILE = [
    "",
    " ",
    "now",
    "yesterday",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "+2025-03-05T12:00:00Z",
    "-2025-03-05T12:00:00Z",
    "2025-02-30",
    "2025-02-29T00:00:00Z",
    "2025-13-01",
    "2025-00-10",
    "2025-01-00",
    "2025-3-5",
    "20250305",
    "2025-W10-3",
    "2025-064",
    "2025-03-05T",
    "2025-03-05T24:00:00Z",
    "2025-03-05T14+02",
    "2025-03-05T12:60:00Z",
    "2025-03-05T12:00:60Z",
    "2016-12-31T23:59:60Z",
    "2025-03-05T12:00:00.Z",
    "2025-03-05T12:00:00,5Z",
    "2025-03-05T12:00:00.0000000001Z",
    "2025-03-05T12:00:00 Z",
    "2025-03-05T12:00:00Z\n",
    " 2025-03-05",
    "2025-03-05T12:00:00+24:00",
    "2025-03-05T12:00:00+02:60",
    "2025-03-05T12:00:00EST",
    "2025-03-05+02:00",
    "٢٠٢٥-٠٣-٠٥",
    "２０２５-03-05",
    "2025−03−05",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "2d\n",
    "2 d",
    "-2d",
    "+2d",
    "2.5d",
    "1e3s",
    "٢d",
    "2D",
    "2y",
    "1h30m",
    "d",
    "999999999999w",
    "999999999999999999999999999999s",
    "9" * 10_000 + "s",
    "2025-03-05\x00",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("ahead", [True, False])
def test_what_is_no_moment_is_refused_by_its_code(text, ahead):
    with pytest.raises(BadInput) as caught:
        parse_when(text, now=NOON, ahead=ahead)
    assert caught.value.code == "when-invalid"
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        *[text for text in HOSTILE if text],
        "2025-03-05",
        "2025-03-05T12:00Z",
        "2025-03-05T12:00:00",
        "2025-03-05 12:00:00Z",
        "2025-03-05t12:00:00z",
        "2025-03-05T12:00:00+00:00",
        "2d",
    ],
)
def test_a_program_must_write_rfc_3339_in_utc(text):
    with pytest.raises(BadInput) as caught:
        parse_timestamp(text)
    assert caught.value.code == "when-invalid"


@pytest.mark.parametrize(
    ("fraction", "us"),
    [("", 0), (".1", 100_000), (".123", 123_000), (".123456", 123_456), (".1234567", 123_456), (".999999999", 999_999)],
)
def test_a_timestamp_has_up_to_nine_digits_and_is_cut_to_microseconds(fraction, us):
    assert parse_timestamp(f"2025-03-05T12:00:00{fraction}Z") == NOON + us


@pytest.mark.parametrize("us", [EARLIEST - 1, LATEST + 1, 10**30, -(10**30)])
def test_what_no_calendar_holds_cannot_be_written(us):
    with pytest.raises(BadInput):
        write(us)


def test_a_duration_alone_is_no_instant():
    with pytest.raises(BadInput):
        parse_instant("2d")


@given(st.integers(EARLIEST, LATEST))
def test_writing_and_reading_are_inverse(us):
    text = write(us)
    assert len(text) == 27
    assert parse_timestamp(text) == parse_instant(text) == us


@given(st.integers(EARLIEST, LATEST))
def test_what_is_written_is_what_the_standard_library_says(us):
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    assert write(us) == expected.isoformat(timespec="microseconds").replace("+00:00", "Z")


@given(st.integers(EARLIEST, LATEST), st.integers(EARLIEST, LATEST))
def test_order_as_text_is_order_in_time(one, other):
    assert (write(one) < write(other)) == (one < other)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_is_refused(text):
    found = NOON
    with suppress(BadInput):
        found = parse_when(text, now=NOON, ahead=True)
    assert EARLIEST <= found <= LATEST
