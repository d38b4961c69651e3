"""Cases: what a record is about, and what cannot be one."""

import pytest

from relto.domain.errors import BadInput
from relto.domain.record.casefile import PRIVATE, Case, case_id
from relto.domain.record.shape import LISTED_MAX, TEXT_MAX

LEAST = {"case": "usa-ukr-2025", "title": "The pause of March 2025"}
WHOLE = {
    **LEAST, "party": "USA", "begins": "2025-02-28", "marking": "green", "topics": ["cyber"], "parties": ["UKR"],
    "agreements": ["usa-ukr"], "pauses": ["1", "2"], "text": "From public sources alone",
}  # fmt: skip


def test_a_case_is_read_and_written_back():
    case = Case.parse(WHOLE, party="GBR")
    assert case.as_value() == WHOLE
    assert Case.parse(case.as_value(), party="") == case


def test_a_case_that_says_little_stays_with_the_party_that_keeps_it():
    case = Case.parse(LEAST, party="USA")
    assert (case.party, case.marking, case.begins) == ("USA", PRIVATE, None)
    assert PRIVATE == "amber+strict"
    assert Case.parse(case.as_value(), party="") == case


def test_numbers_that_were_typed_without_quotes_mean_what_stands_there():
    case = Case.parse({**LEAST, "case": 2025, "pauses": [1, "1"], "agreements": [7]}, party="USA")
    assert (case.id, case.pauses, case.agreements) == ("2025", ("1",), ("7",))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "entry-invalid"), ("a", "entry-invalid"), ([], "entry-invalid"), ({}, "entry-invalid"),
        ({"case": "a"}, "entry-invalid"), ({"title": "a"}, "entry-invalid"), ({**LEAST, "x": 1}, "entry-invalid"),
        ({**LEAST, "case": "A"}, "case-id-invalid"), ({**LEAST, "case": ""}, "case-id-invalid"),
        ({**LEAST, "case": "a/b"}, "case-id-invalid"), ({**LEAST, "case": "../a"}, "case-id-invalid"),
        ({**LEAST, "case": "x" * 65}, "case-id-invalid"), ({**LEAST, "case": ["a"]}, "case-id-invalid"),
        ({**LEAST, "case": True}, "case-id-invalid"), ({**LEAST, "case": "a\n"}, "case-id-invalid"),
        ({**LEAST, "case": -1}, "case-id-invalid"),
        ({**LEAST, "title": ""}, "entry-invalid"), ({**LEAST, "title": "a\x1b[0m"}, "entry-invalid"),
        ({**LEAST, "title": "x" * 501}, "entry-invalid"), ({**LEAST, "title": 7}, "entry-invalid"),
        ({**LEAST, "party": "usa"}, "party-code-invalid"), ({**LEAST, "party": 7}, "entry-invalid"),
        ({**LEAST, "begins": "2025-02-30"}, "date-invalid"), ({**LEAST, "begins": 2025}, "date-invalid"),
        ({**LEAST, "marking": "orange"}, "marking-level-unknown"), ({**LEAST, "marking": 7}, "marking-level-unknown"),
        ({**LEAST, "topics": []}, "entry-invalid"), ({**LEAST, "topics": "cyber"}, "entry-invalid"),
        ({**LEAST, "topics": ["A B"]}, "topic-name-invalid"), ({**LEAST, "parties": "UKR"}, "entry-invalid"),
        ({**LEAST, "parties": ["ukr"]}, "party-code-invalid"), ({**LEAST, "parties": [True]}, "entry-invalid"),
        ({**LEAST, "parties": ["UKR"] * (LISTED_MAX + 1)}, "entry-invalid"),
        ({**LEAST, "agreements": [{}]}, "entry-invalid"), ({**LEAST, "agreements": ["A"]}, "agreement-id-invalid"),
        ({**LEAST, "pauses": ["x"]}, "entry-invalid"), ({**LEAST, "pauses": [-1]}, "entry-invalid"),
        ({**LEAST, "pauses": ["٢"]}, "entry-invalid"), ({**LEAST, "pauses": {"1": 1}}, "entry-invalid"),
        ({**LEAST, "text": ""}, "entry-invalid"), ({**LEAST, "text": "x" * (TEXT_MAX + 1)}, "entry-invalid"),
        ({**LEAST, "text": None}, "entry-invalid"),
    ],
)  # fmt: skip
def test_what_is_no_case_is_refused(value, code):
    with pytest.raises(BadInput) as caught:
        Case.parse(value, party="USA")
    assert caught.value.code == code
    assert caught.value.message.isprintable()


def test_a_list_that_is_too_long_is_told_apart_from_what_is_no_list():
    with pytest.raises(BadInput) as caught:
        Case.parse({**LEAST, "parties": "UKR"}, party="USA")
    assert "must be a list" in caught.value.message


@pytest.mark.parametrize("value", ["x" * 10**6, "a" * 64 + "\n", None, {}])
def test_an_id_is_short(value):
    with pytest.raises(BadInput):
        case_id(value)
