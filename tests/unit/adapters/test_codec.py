from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.marking.drawn import restrictions

from relto.adapters.sql.codec import class_text, read_class
from relto.domain.classes import Class, Restrictions

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
def test_a_class_reads_back_from_its_text(klass):
    assert read_class(class_text(klass)) == klass


@given(classes, classes)
def test_classes_are_equal_exactly_where_their_texts_are(a, b):
    assert (a == b) == (class_text(a) == class_text(b))


def test_a_text_stays_what_it_was_in_the_first_release():
    # Stored classes are found by their text: this one may never change.
    restrictions = Restrictions(True, 2, 3, frozenset({("UKR", "USA"), ("GBR", "USA")}), doubts=frozenset({"b", "a"}))
    assert class_text(Class("USA", "report", frozenset({"naval", "cyber"}), restrictions)) == (
        '{"originator":"USA","restrictions":{"doubts":["a","b"],"level":3,"marked":true,'
        '"rel":[["GBR","USA"],["UKR","USA"]],"tlp":2},"topics":["cyber","naval"],"type":"report"}'
    )
    assert class_text(Class("USA", "report")) == '{"originator":"USA","type":"report"}'


def test_a_class_that_was_withdrawn_has_a_text_of_its_own():
    assert class_text(Class("USA", "report", withdrawn=True)) == '{"originator":"USA","type":"report","withdrawn":true}'
