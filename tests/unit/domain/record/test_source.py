"""Sources: who told it, when and where, and what it is worth."""

import pytest
from hypothesis import given
from tests.unit.domain.record.entries import SOURCES

from relto.domain.errors import BadInput
from relto.domain.record.source import CREDIBILITY, NAME_MAX, RELIABILITY, URL_MAX, Source

GOOD = {"name": "Kyiv Independent", "date": "2025-03-09", "url": "https://example.org/a?b=c#d", "grade": "B2"}


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        {"name": "AP"},
        {"name": "AP", "date": "2025-03"},
        {"name": "Ü" * NAME_MAX, "grade": "F6"},
        {"name": "x", "url": "http://[2001:db8::1]:8080/x"},
        {"name": "x", "url": "https://example.org"},
        {"name": "x", "url": "https://example.org/" + "x" * (URL_MAX - 20)},
    ],
)
def test_a_source_is_read_and_written_back(value):
    source = Source.parse(value)
    assert source.as_value() == value
    assert Source.parse(source.as_value()) == source


@given(SOURCES)
def test_every_source_is_written_and_read_back(value):
    assert Source.parse(value).as_value() == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("AP", "source-invalid"), (None, "source-invalid"), (["AP"], "source-invalid"), ({}, "source-invalid"),
        ({"url": "https://a.example/"}, "source-invalid"), ({"name": ""}, "source-invalid"),
        ({"name": " "}, "source-invalid"), ({"name": 7}, "source-invalid"), ({"name": None}, "source-invalid"),
        ({"name": "a\nb"}, "source-invalid"), ({"name": "a\x1b[31m"}, "source-invalid"),
        ({"name": "a\u202eb"}, "source-invalid"), ({"name": "x" * (NAME_MAX + 1)}, "source-invalid"),
        ({"name": "AP", "who": "x"}, "source-invalid"), ({"name": "AP", "grade": ""}, "source-invalid"),
        ({"name": "AP", "grade": "G1"}, "source-invalid"), ({"name": "AP", "grade": "A7"}, "source-invalid"),
        ({"name": "AP", "grade": "A0"}, "source-invalid"), ({"name": "AP", "grade": "B"}, "source-invalid"),
        ({"name": "AP", "grade": "2B"}, "source-invalid"), ({"name": "AP", "grade": "B2\n"}, "source-invalid"),
        ({"name": "AP", "grade": 2}, "source-invalid"), ({"name": "AP", "grade": ["B2"]}, "source-invalid"),
        ({"name": "AP", "grade": "В2"}, "source-invalid"), ({"name": "AP", "url": ""}, "source-invalid"),
        ({"name": "AP", "url": "example.org"}, "source-invalid"),
        ({"name": "AP", "url": "javascript:alert(1)"}, "source-invalid"),
        ({"name": "AP", "url": "file:///etc/passwd"}, "source-invalid"),
        ({"name": "AP", "url": "ftp://example.org/"}, "source-invalid"),
        ({"name": "AP", "url": "https://"}, "source-invalid"), ({"name": "AP", "url": "https:///x"}, "source-invalid"),
        ({"name": "AP", "url": "https://example.org/a b"}, "source-invalid"),
        ({"name": "AP", "url": "https://bank.example@evil.example/"}, "source-invalid"),
        ({"name": "AP", "url": "https://example.org/\x00"}, "source-invalid"),
        ({"name": "AP", "url": "https://example.org/" + "x" * URL_MAX}, "source-invalid"),
        ({"name": "AP", "url": 7}, "source-invalid"), ({"name": "AP", "url": ["https://x"]}, "source-invalid"),
        ({"name": "AP", "date": "2025-02-30"}, "date-invalid"), ({"name": "AP", "date": 2025}, "date-invalid"),
    ],
)  # fmt: skip
def test_what_is_no_source_is_refused(value, code):
    with pytest.raises(BadInput) as caught:
        Source.parse(value)
    assert caught.value.code == code
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("text", ["https://" + "a" * 10**6, "https://" + "/" * 10**6, "https://a" + "@" * 10**6])
def test_a_megabyte_of_address_is_refused_at_once(text):
    with pytest.raises(BadInput):
        Source.parse({"name": "AP", "url": text})


def test_a_grade_is_said_in_the_words_of_the_scale_and_in_numbers_of_the_standard():
    grades = [Source("x", grade=letter + digit) for letter in RELIABILITY for digit in CREDIBILITY]
    assert len({each.grade_words for each in grades}) == 36
    assert all(RELIABILITY[each.grade[0]] in each.grade_words for each in grades)
    # STIX 2.1 appendix A.
    found = {each.grade[1]: each.stix_confidence for each in grades}
    assert found == {"1": 90, "2": 70, "3": 50, "4": 30, "5": 10, "6": None}
    assert (Source("x").grade_words, Source("x").stix_confidence) == ("", None)
