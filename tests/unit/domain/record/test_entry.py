"""Entries: every kind in full and at its least, and all that is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.record.entries import (
    COMMON,
    KINDS,
    LEAST,
    REGISTER,
    SAID,
    TRUMP,
    ZELENSKYY,
    entry,
    least,
    whole,
)

from relto.domain.errors import BadInput
from relto.domain.record.entry import CONFIDENCES, Entry, entry_key, marking
from relto.domain.record.form import FORMS
from relto.domain.record.shape import LINE_MAX, LISTED_MAX, TEXT_MAX, ByParty, Choice, Day, Line, Listed
from relto.domain.record.who import Stored


def refused(value, names=None):
    with pytest.raises(BadInput) as caught:
        Entry.parse(value, names=names or Stored())
    assert len(caught.value.message) < 1_000
    assert caught.value.message.isprintable()
    return caught.value.code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", [least, whole])
def test_every_kind_is_read_and_written_back(kind, said):
    value = said(kind)
    read = Entry.parse(value, names=Stored())
    assert read.kind == kind
    assert read.as_value() == {"confidence": "reported", **value}
    assert Entry.parse(read.as_value(), names=Stored()) == read


def test_the_table_of_forms_is_what_these_tests_know():
    assert set(FORMS) == set(LEAST)
    for kind, form in FORMS.items():
        assert {field.name for field in form.fields} <= whole(kind).keys() | {"until", "aliases"}, kind
        assert {field.name for field in form.fields if field.is_required} <= LEAST[kind].keys()


REQUIRED = [(kind, field.name) for kind, form in FORMS.items() for field in form.fields if field.is_required]
FIELDS = [(kind, field) for kind, form in FORMS.items() for field in form.fields]


@pytest.mark.parametrize(("kind", "name"), [*REQUIRED, *((kind, "date") for kind in KINDS)])
def test_what_has_to_be_there_is_missed(kind, name):
    value = whole(kind)
    del value[name]
    assert refused(value) == "entry-invalid"


def test_a_statement_has_words_or_a_paraphrase():
    value = least("statement")
    del value["words"]
    assert refused(value) == "entry-invalid"
    assert Entry.parse({**value, "paraphrase": "nearly over"}, names=Stored()).words == ""


WRONG = [None, 7, True, 1.5, "", " ", [], {}, [[]], [{}], [None], {"": ""}, {"x": None}, "a\nb", "a\x00b", "a\x1b[0m",
         "a\u2028b", "a\u202eb", "a\ud800b", "x" * (TEXT_MAX + 1), ["x"] * (LISTED_MAX + 1), {"name": 7},
         float("nan")]  # fmt: skip


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=[f"{kind}-{field.name}" for kind, field in FIELDS])
@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_a_field_that_holds_something_else_is_refused(kind, field, wrong):
    refused({**whole(kind), field.name: wrong})


@pytest.mark.parametrize("name", sorted(set(COMMON) | {"retracts"}))
@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_a_field_of_all_kinds_that_holds_something_else_is_refused(name, wrong):
    good = (
        (name == "key" and wrong == 7 and wrong is not True)
        or (name == "corrects" and wrong == 7 and wrong is not True)
        or (name == "retracts" and wrong is True)
        or (
            wrong == []
            and name in {"pauses", "agreements", "conditions", "supports", "contradicts", "answers", "about"}
        )
    )
    if good:
        return
    refused({**whole("statement"), name: wrong})


@pytest.mark.parametrize(("kind", "field"), [each for each in FIELDS if isinstance(each[1].shape, Line)])
def test_a_line_has_a_longest(kind, field):
    longest = field.shape.longest
    if kind == "link" or field.name == "person":
        assert longest == 64
        assert refused({**whole(kind), field.name: "x" * 65}) == "entry-key-invalid"
        return
    assert Entry.parse({**whole(kind), field.name: "x" * longest}, names=Stored()).body[field.name] == "x" * longest
    assert refused({**whole(kind), field.name: "x" * (longest + 1)}) == "entry-invalid"


@pytest.mark.parametrize(("kind", "field"), [each for each in FIELDS if isinstance(each[1].shape, Choice)])
def test_a_choice_is_one_of_its_words(kind, field):
    for word in field.shape.words:
        assert Entry.parse({**whole(kind), field.name: word}, names=Stored()).body[field.name] == word
        assert refused({**whole(kind), field.name: word.upper()}) == "entry-invalid"


@pytest.mark.parametrize(("kind", "field"), [each for each in FIELDS if isinstance(each[1].shape, Day)])
def test_a_day_of_office_is_a_date(kind, field):
    assert refused({**whole(kind), field.name: "2025-02-30"}) == "date-invalid"


def test_no_list_is_endless_and_nothing_stands_in_it_twice():
    listed = Listed(Line())
    assert listed.read(["a", "b", "a"], what="x", names=Stored(), on=entry("statement").date) == ["a", "b"]
    parties = {f"P{number}": [] for number in range(LISTED_MAX + 1)}
    assert refused(least("talks", delegations=parties)) == "entry-invalid"
    assert refused(least("impact", on=[f"P{number}" for number in range(LISTED_MAX + 1)])) == "entry-invalid"
    assert refused(least("statement", pauses=[str(number) for number in range(LISTED_MAX + 1)])) == "entry-invalid"
    assert refused(least("proposal", to=[])) == "entry-invalid"


def test_a_party_may_take_part_without_anybody_being_named_and_a_status_says_something():
    assert entry("talks", delegations={"USA": []}).body["delegations"] == {"USA": []}
    assert refused(least("proposal", status={"USA": []})) == "entry-invalid"
    assert isinstance(FORMS["proposal"].fields[-1].shape, ByParty)


def test_one_party_under_two_names_is_refused():
    value = least("talks", delegations={"USA": [], "United States": []})
    assert refused(value, REGISTER) == "entry-invalid"


@pytest.mark.parametrize(
    "value",
    [
        None, 7, "statement", [], [least("statement")], {}, {"kind": None}, {"kind": ""}, {"kind": "speech"},
        {"kind": ["statement"]}, {"kind": {"statement": 1}}, {**least("statement"), "colour": "red"},
        {**least("statement"), "stance": "supports"}, {**least("statement"), 7: 7}, {**least("statement"), "": ""},
        {**least("statement"), "because": "why"}, {**least("statement"), "retracts": True},
        {**least("statement"), "retracts": "yes", "corrects": "01"},
        {**least("statement"), "retracts": 1, "corrects": "1"},
        {**least("statement"), "confidence": "sure"}, {**least("statement"), "confidence": ["confirmed"]},
        {**least("statement"), "text": "x" * (TEXT_MAX + 1)}, {**least("statement"), "text": ["x"]},
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused(value):
    assert refused(value) == "entry-invalid"


@pytest.mark.parametrize(
    "value",
    [
        {"entry": "01"}, {"entry": "01", "relation": "supports"}, {"entry": "01", "other": "02"},
        {"relation": "supports", "other": "02"}, {"entry": "01", "relation": "corrects", "other": "02"},
        {"entry": "01", "relation": "supports", "other": "A"}, {"entry": "", "pauses": ["1"]},
        {"entry": ["01"], "pauses": ["1"]}, {"pauses": ["1"]},
    ],
)  # fmt: skip
def test_a_link_leads_from_an_entry_to_something(value):
    refused({"kind": "link", "date": "2025-03-09", **value})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("pauses", ["2"], ["0x2", "-2", "", "2 ", "two", "٢", "9" * 19]),
        ("conditions", ["2/1"], ["2", "2/", "/1", "2/1/1", "2/x", "2\\1"]),
        ("agreements", ["usa-ukr"], ["USA-UKR", "", "a b", "../x"]),
        ("supports", ["01"], ["A", "", "a b", "-a", "x" * 65, "../x", "ä"]),
    ],
)
def test_what_an_entry_is_about_is_named_as_such_things_are(name, good, bad):
    assert entry("statement", **{name: good}).as_value()[name] == good
    for each in bad:
        refused(least("statement", **{name: [each]}))
    refused(least("statement", **{name: good[0]}))


@pytest.mark.parametrize("key", ["01", "a", "a-europe", "0", "x" * 64, "1-", 7, 0])
def test_a_key_is_short_and_plain(key):
    assert entry_key(key, what="the key") == str(key)


@pytest.mark.parametrize(
    "key", ["", "A", "-a", "a b", "a/b", "a.b", "x" * 65, "ä", "１", "a\n", -1, True, None, 1.0, [], {}, "x" * 10**6]
)
def test_another_key_is_refused(key):
    with pytest.raises(BadInput) as caught:
        entry_key(key, what="the key")
    assert caught.value.code == "entry-key-invalid"
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("clear", "clear"), ("white", "clear"), ("amber+strict", "amber+strict"), ("red", "red"),
        ("marking-definition--11111111-1111-4111-8111-111111111111",) * 2,
    ],
)  # fmt: skip
def test_a_marking_is_a_level_or_names_a_definition(value, read):
    assert marking(value) == read


@pytest.mark.parametrize(
    "value", ["", "orange", "Red", "TLP:RED", None, 7, ["clear"], "marking-definition--x", "indicator--1", "c\nlear"]
)
def test_another_marking_is_refused(value):
    with pytest.raises(BadInput) as caught:
        marking(value)
    assert caught.value.code == "marking-level-unknown"


def test_numbers_that_were_typed_without_quotes_mean_what_stands_there():
    read = entry("statement", key=28, pauses=[2], supports=[8], corrects=3)
    assert (read.key, read.pauses, read.links, read.corrects) == ("28", ("2",), {"supports": ("8",)}, "3")


def test_an_entry_names_its_speaker_its_people_and_its_parties_once():
    talks = entry("talks", delegations={"UKR": [ZELENSKYY], "USA": [TRUMP]}, hosts=[ZELENSKYY])
    assert [who.name for who in talks.people] == ["Volodymyr Zelenskyy", "Donald Trump"]
    assert talks.parties == ("UKR", "USA")
    assert talks.speaker is None
    assert entry("shift", to="pausing").parties == ("USA",)
    assert entry("measure", to=["UKR"]).parties == ("USA", "UKR")
    assert entry("proposal", status={"RUS": "refused"}).parties == ("UKR", "RUS")
    assert str(entry("proposal").speaker) == "Volodymyr Zelenskyy (president, UKR)"
    assert entry("link").names() is not None
    assert [*entry("link", supports=["05"], corrects="04").names()] == ["05", "04", "01", "02"]


def test_names_are_understood_by_whoever_is_handed_in():
    read = Entry.parse(least("reaction", by="Zelensky"), names=REGISTER)
    assert read.body["by"] == ZELENSKYY
    assert refused(least("reaction", by="nobody"), REGISTER) == "person-unknown"
    assert refused(least("impact", on=["Narnia"]), REGISTER) == "party-unknown-here"


@given(SAID)
def test_every_entry_is_written_and_read_back(value):
    read = Entry.parse(value, names=Stored())
    assert Entry.parse(read.as_value(), names=Stored()) == read
    assert read.as_value().items() >= value.items()
    assert read.confidence in CONFIDENCES


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("2025-03-09"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "party", "x"]), inner),
    max_leaves=5,
)  # fmt: skip


@given(st.sampled_from(KINDS), st.data())
def test_whatever_stands_in_the_fields_there_is_an_entry_or_a_refusal(kind, data):
    value = whole(kind)
    for name in data.draw(st.lists(st.sampled_from(sorted(value)), max_size=4)):
        value[name] = data.draw(ANY)
    try:
        read = Entry.parse(value, names=Stored())
    except BadInput:
        refused(value)
        return
    assert Entry.parse(read.as_value(), names=Stored()) == read
    assert LINE_MAX < TEXT_MAX
    _ = (read.people, read.parties, read.speaker, [*read.names()], read.words)
