"""When: dates with their precision, as they are written, read back, said and compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.record.entries import DAYS

from relto.domain.errors import BadInput
from relto.domain.moment import DAY_US, LATEST, SECOND, parse_instant
from relto.domain.record.when import When, asked_moment, day_of

DAY = parse_instant("2025-03-05")
NOW = parse_instant("2025-03-09T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "precision", "first", "until", "written"),
    [
        ("2025-03-05", "day", DAY, DAY + DAY_US, "2025-03-05"),
        ("2025-03-05/2025-03-06", "days", DAY, DAY + 2 * DAY_US, "2025-03-05/2025-03-06"),
        ("2025-03-05/2025-03-05", "day", DAY, DAY + DAY_US, "2025-03-05"),
        ("2025-03", "month", parse_instant("2025-03-01"), parse_instant("2025-04-01"), "2025-03"),
        ("2024-12", "month", parse_instant("2024-12-01"), parse_instant("2025-01-01"), "2024-12"),
        ("2024-02", "month", parse_instant("2024-02-01"), parse_instant("2024-03-01"), "2024-02"),
        ("2024-02-29", "day", parse_instant("2024-02-29"), parse_instant("2024-03-01"), "2024-02-29"),
        ("2025-03-05T00:00:00Z", "moment", DAY, DAY + 1, "2025-03-05T00:00:00Z"),
        ("2025-03-05t03:00:00+03:00", "moment", DAY, DAY + 1, "2025-03-05T00:00:00Z"),
        ("2025-03-05T00:00", "moment", DAY, DAY + 1, "2025-03-05T00:00:00Z"),
        ("2025-03-05T00:00:00.25Z", "moment", DAY + SECOND // 4, DAY + SECOND // 4 + 1, "2025-03-05T00:00:00.250000Z"),
        ("0001-01-01", "day", parse_instant("0001-01-01"), parse_instant("0001-01-02"), "0001-01-01"),
        ("9999-12-31", "day", LATEST + 1 - DAY_US, LATEST + 1, "9999-12-31"),
        ("9999-12-31T23:59:59.999999Z", "moment", LATEST, LATEST + 1, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_date_is_no_more_precise_than_it_was_told(text, precision, first, until, written):
    when = When.parse(text)
    assert (when.precision, when.first, when.until, when.text) == (precision, first, until, written)
    assert When.parse(when.text) == when
    assert when.words


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "2025", "2025-3-5", "2025-02-29", "2025-02-30", "2025-13-01", "2025-00-10", "2025-03-00", "0000-01-01",
        "2025-13", "2025-00", "0000-01", "9999-12", "05-03-2025", "5 March 2025", "2025-03-05 18:00", "yesterday", "2d",
        "2025-03-05T24:00:00Z", "2025-03-05T12:60:00Z", "2025-03-05T12:00:61Z", "2025-03-05T12Z", "2025-03-05T",
        "2025-03-05/", "/2025-03-05", "/", "2025-03-06/2025-03-05", "2025-03/2025-04",
        "2025-03-05/2025-03-06/2025-03-07",
        "2025-03-05T00:00:00Z/2025-03-06", "2025-03-05\n", "\n2025-03-05", "２０２５-03-05", "٢٠٢٥-03-05", "2025‐03‐05",
        "-2025-03-05", "+2025-03-05", "12025-03-05", "2025-03-05T12:00:00+24:00", "0001-01-01T00:00:00+23:00",
        "9999-12-31T23:59:59-23:00", "1w", "T", "now", "2025-W10", "2025-065", "2025-03-05T12:00:00[UTC]",
        None, True, 20250305, 2025.03, [], ["2025-03-05"], {}, {"date": "2025-03-05"}, b"2025-03-05",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_the_way_to_write_one(value):
    with pytest.raises(BadInput) as caught:
        When.parse(value, what="`begins`")
    assert caught.value.code == "date-invalid"
    assert caught.value.message.startswith("`begins`")
    assert "2025-03-05" in caught.value.remedy


@pytest.mark.parametrize("text", ["0" * 1_000_000, "2025-03-05T" * 90_000, "/" * 1_000_000, "2025-03-05/" * 90_000])
def test_a_megabyte_of_date_is_refused_in_a_short_sentence(text):
    with pytest.raises(BadInput) as caught:
        When.parse(text)
    assert len(caught.value.message) < 200


@given(DAYS, DAYS, st.sampled_from(["day", "days", "month", "moment"]), st.times())
def test_every_date_is_written_and_read_back(one, other, precision, time):
    first, last = sorted((one, other))
    text = {"day": one, "days": f"{first}/{last}", "month": one[:7], "moment": f"{one}T{time.isoformat()}Z"}[precision]
    if text[:4] == "9999" and precision == "month":
        return
    when = When.parse(text)
    assert When.parse(when.text) == when
    assert when.first < when.until
    assert when.overlaps(when)
    assert one[:4].lstrip("0") in when.words or precision == "days"


@given(st.integers(-(10**6), 10**6), st.integers(1, 5), st.integers(-3, 3), st.integers(1, 5))
def test_dates_overlap_where_some_moment_is_in_both(begin, length, shift, other_length):
    one = When(begin, begin + length, "days")
    other = When(begin + shift, begin + shift + other_length, "days")
    shared = set(range(one.first, one.until)) & set(range(other.first, other.until))
    assert one.overlaps(other) == other.overlaps(one) == bool(shared)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2025-03-09", "9 March 2025"),
        ("2025-03", "March 2025"),
        ("2025-03-03T18:00:00Z", "3 March 2025, 18:00 UTC"),
        ("2025-03-04/2025-03-05", "4 and 5 March 2025"),
        ("2025-03-04/2025-03-09", "4 to 9 March 2025"),
        ("2025-02-28/2025-03-01", "28 February and 1 March 2025"),
        ("2025-02-27/2025-03-01", "27 February to 1 March 2025"),
        ("2024-12-31/2025-01-01", "31 December 2024 and 1 January 2025"),
        ("2024-03-04/2025-03-05", "4 March 2024 to 5 March 2025"),
    ],
)
def test_a_date_is_said_as_people_say_it(text, words):
    assert When.parse(text).words == words


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-03-08", "2025-03-08T23:59:59.999999Z"),
        ("2025-03-07/2025-03-08", "2025-03-08T23:59:59.999999Z"),
        ("2025-02", "2025-02-28T23:59:59.999999Z"),
        ("2025-03-08T10:00:00Z", "2025-03-08T10:00:00.000000Z"),
        ("1d", "2025-03-08T12:00:00.000000Z"),
        # What has begun and is not over is known up to now.
        ("2025-03-09", "2025-03-09T12:00:00.000000Z"),
        ("2025-03", "2025-03-09T12:00:00.000000Z"),
        ("2025-03-08/2025-03-10", "2025-03-09T12:00:00.000000Z"),
        # What is still to come stays so: whoever asks is refused.
        ("2025-03-10", "2025-03-10T23:59:59.999999Z"),
        ("2025-04", "2025-04-30T23:59:59.999999Z"),
    ],
)
def test_a_question_about_a_day_means_all_of_it_as_far_as_it_has_passed(text, moment):
    assert asked_moment(text, now=NOW) == parse_instant(moment)


@pytest.mark.parametrize("text", ["", "2025-02-30", "2025-02-30/2025-03-01", "yesterday", "2025-13", "٢d", "x" * 10**6])
def test_a_question_about_no_date_is_refused(text):
    with pytest.raises(BadInput) as caught:
        asked_moment(text, now=NOW)
    assert caught.value.code in {"date-invalid", "when-invalid"}


@given(st.integers(parse_instant("1900-01-01"), parse_instant("2100-01-01")))
def test_the_day_of_a_moment_holds_it(moment):
    day = day_of(moment)
    assert day.first <= moment < day.until
    assert When.parse(day.text) == day
