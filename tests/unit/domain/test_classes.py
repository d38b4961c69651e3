import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.marking.drawn import restrictions

from relto.domain.classes import Class, Restrictions, parse_key
from relto.domain.errors import BadInput

classes = st.builds(
    Class,
    st.sampled_from(["USA", "GBR", 'a"b', "Україна"]),
    st.sampled_from(["indicator", "report"]),
    st.frozensets(st.sampled_from(["naval", "cyber", "imagery"])),
    restrictions,
    st.booleans(),
    st.sampled_from(["", "reclass-1"]),
)


@given(classes)
def test_a_key_reads_back_as_its_class(klass):
    assert parse_key(klass.key()) == klass


@given(classes, classes)
def test_classes_are_equal_exactly_where_their_keys_are(a, b):
    assert (a == b) == (a.key() == b.key())


def test_a_key_stays_what_it_was_in_the_first_release():
    # Stored keys are compared as text: this one may never change.
    restrictions = Restrictions(True, 2, 3, frozenset({("UKR", "USA"), ("GBR", "USA")}), doubts=frozenset({"b", "a"}))
    assert Class("USA", "report", frozenset({"naval", "cyber"}), restrictions).key() == (
        '{"originator":"USA","restrictions":{"doubts":["a","b"],"level":3,"marked":true,'
        '"rel":[["GBR","USA"],["UKR","USA"]],"tlp":2},"topics":["cyber","naval"],"type":"report"}'
    )
    assert Class("USA", "report").key() == '{"originator":"USA","type":"report"}'


def test_a_class_that_was_withdrawn_has_a_key_of_its_own():
    assert Class("USA", "report", withdrawn=True).key() == '{"originator":"USA","type":"report","withdrawn":true}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"originator":"USA"}',
        '{"originator":"USA","type":4}',
        '{"originator":"USA","type":"report" }',
        '{"type":"report","originator":"USA"}',
        '{"originator":"USA","topics":[],"type":"report"}',
        '{"originator":"USA","topics":["b","a"],"type":"report"}',
        '{"originator":"USA","topics":["a","a"],"type":"report"}',
        '{"originator":"USA","topics":"a","type":"report"}',
        '{"originator":"USA","type":"report","withdrawn":1}',
        '{"originator":"USA","type":"report","withdrawn":false}',
        '{"originator":"USA","type":"report","later":1}',
        '{"originator":"USA","originator":"USA","type":"report"}',
        '{"originator":"USA","restrictions":{"tlp":true},"type":"report"}',
        '{"originator":"USA","restrictions":{"tlp":null},"type":"report"}',
        '{"originator":"USA","restrictions":{"rel":["USA"]},"type":"report"}',
        '{"originator":"USA","restrictions":{"secret":true},"type":"report"}',
        "[" * 100_000,
    ],
)
def test_any_other_text_is_no_key(text):
    with pytest.raises(BadInput) as caught:
        parse_key(text)
    assert caught.value.code == "class-key-invalid"
