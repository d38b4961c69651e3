"""Telling: every kind of entry in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.record.entries import KINDS, OFFICIAL, SAID, entry, whole

from relto.domain.record.entry import Entry
from relto.domain.record.form import MEASURES, STANCES, TALKS_STATES
from relto.domain.record.telling import headline, listed, quoted
from relto.domain.record.who import Stored


@pytest.mark.parametrize(
    ("kind", "more", "line"),
    [
        ("statement", {}, "Donald Trump (president, USA): “We just about have”"),
        ("talks", {}, "talks in Jeddah"),
        ("talks", {"state": "called-off", "delegations": {"USA": []}}, "talks called off in Jeddah: USA"),
        (
            "talks",
            {"delegations": {"UKR": [{"name": "Yermak"}, {"name": "Sybiha"}], "USA": [{"party": "USA"}]}},
            "talks in Jeddah: UKR (Yermak and Sybiha) and USA (USA)",
        ),
        ("proposal", {}, "proposal by Volodymyr Zelenskyy: a truce"),
        ("proposal", {"by": [{"party": "USA"}], "scope": ["air", "sea"]}, "proposal by USA: a truce (air and sea)"),
        ("deal", {"status": "agreed-in-principle"}, "minerals, USA and UKR: agreed in principle"),
        ("condition", {}, "asked for by Donald Trump (president, USA): talks are settled"),
        ("reaction", {}, "Volodymyr Zelenskyy (president, UKR): welcoming the truce"),
        ("reaction", {"words": "Good"}, "Volodymyr Zelenskyy (president, UKR): welcoming the truce: “Good”"),
        ("impact", {}, "impact on UKR: grave"),
        ("impact", {"told_by": OFFICIAL}, "impact on UKR: grave (a White House official (USA))"),
        ("shift", {}, "USA turns from giving to pausing"),
        ("measure", {}, "pause by a White House official (USA)"),
        (
            "measure",
            {"does": "widened", "subject": "imagery", "extent": "partial"},
            "wider pause by a White House official (USA): imagery (partial)",
        ),
        ("person", {}, "Donald Trump"),
        ("person", {"role": "president", "party": "USA"}, "Donald Trump (president, USA)"),
        ("link", {}, "01 contradicts 02"),
        ("link", {"relation": "about"}, "01 is about 02"),
    ],
)
def test_an_entry_is_told_in_one_line(kind, more, line):
    assert headline(entry(kind, **more)) == line


def test_a_link_to_no_entry_says_what_it_is_about():
    said = {"kind": "link", "date": "2025-03-09", "entry": "08", "pauses": ["2"], "conditions": ["2/1", "2/3"]}
    assert headline(Entry.parse(said, names=Stored())) == "08 is about pause 2, condition 2/1 and condition 2/3"


def test_a_paraphrase_stands_without_quotation_marks():
    said = {"kind": "statement", "date": "2025-03-09", "speaker": {"party": "USA"}, "paraphrase": "nearly over"}
    assert headline(Entry.parse(said, names=Stored())) == "USA: nearly over"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_in_full_has_a_line(kind):
    line = headline(Entry.parse(whole(kind), names=Stored()))
    assert line.isprintable()
    assert line.strip() == line


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [("measure", "does", MEASURES), ("reaction", "stance", STANCES), ("talks", "state", TALKS_STATES)],
)
def test_every_word_of_a_choice_can_be_told_and_differs_from_the_others(kind, name, words):
    lines = {headline(entry(kind, **{name: word})) for word in words}
    assert len(lines) == len(words)


@given(SAID)
def test_every_entry_has_a_line_that_says_what_it_holds(value):
    made = Entry.parse(value, names=Stored())
    line = headline(made)
    assert "\n" not in line
    assert value.get("words", value.get("subject")) in line


@given(st.lists(st.from_regex(r"[a-z]{1,3}", fullmatch=True), max_size=5))
def test_names_are_listed_with_commas_and_one_and(names):
    text = listed(names)
    assert text.replace(" and ", ", ").split(", ") == (names or [""])
    assert text.count(" and ") == (1 if len(names) > 1 else 0)
    assert quoted(text) == f"“{text}”"
