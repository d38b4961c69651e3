"""Files of cases: taken in twice they add nothing, grown they add the rest, changed they are refused, and come back."""

from __future__ import annotations

import json

import pytest
from tests.unit.usecases.cases.casework import Casework, measure, said

from relto.domain.errors import BadInput, Conflict, ReltoError
from relto.domain.record.file import parse

FILE = """\
case: a
title: The pause
marking: clear
begins: 2025-01-01
people:
  - {name: Donald Trump, party: USA, role: president}
  - {key: zelenskyy, name: Volodymyr Zelenskyy, aliases: [Zelensky], party: UKR, role: president}
entries:
  - {key: "01", kind: statement, date: 2025-02-10, speaker: trump, words: We just about have}
  - {kind: statement, date: 2025-02-11, speaker: Zelensky, words: I am ready, supports: ["01"], about: []}
  - {key: m, kind: measure, date: 2025-02-12, does: paused, by: United States, extent: partial}
"""
MORE = "  - {kind: statement, date: 2025-02-13, speaker: trump, words: more}\n"


def told(work):
    """What the record says, in the order in which it was recorded, without the moments."""
    record = work.record()
    return record.case, [each.entry for each in record.recorded]


def test_a_file_is_taken_in_once_and_then_known():
    work = Casework()
    first = work.take_in(FILE)
    assert (first.is_opened, len(first.added.entries), first.known) == (True, 5, 0)
    before = work.items(), told(work)
    again = work.take_in(FILE)
    assert (again.is_opened, len(again.added.entries), again.known) == (False, 0, 5)
    assert (work.items(), told(work)) == before


def test_a_file_that_has_grown_adds_the_rest():
    work = Casework()
    work.take_in(FILE)
    grown = work.take_in(FILE + MORE)
    assert ([each.words for each in grown.added.entries], grown.known) == (["more"], 5)
    assert work.take_in(FILE + MORE).known == 6


def test_a_file_without_the_title_adds_to_a_case_that_is_there():
    work = Casework()
    work.take_in(FILE)
    assert work.take_in("case: a\nentries:\n" + MORE).added.entries[0].words == "more"
    assert work.record().case.title == "The pause"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("We just about have", "We do not", "entry-exists"),
        ("extent: partial", "extent: complete", "entry-exists"),
        ('supports: ["01"]', 'supports: ["99"]', "entry-unknown"),
        ("president}\nentries", "envoy}\nentries", "entry-exists"),
        ("2025-02-12", "2025-02-30", "date-invalid"),
    ],
)
def test_what_says_something_else_than_is_recorded_is_refused_as_a_whole(old, new, code):
    work = Casework()
    work.take_in(FILE)
    before = work.items()
    with pytest.raises(ReltoError) as caught:
        work.take_in(FILE.replace(old, new) + MORE)
    assert caught.value.code == code
    assert work.items() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: The pause", "title: Another"),
        ("marking: clear", "marking: red"),
        ("begins: 2025-01-01", "begins: 2025-01-02"),
    ],
)
def test_a_file_that_says_something_else_of_the_case_itself_is_refused(old, new):
    work = Casework()
    work.take_in(FILE)
    before = work.items()
    with pytest.raises(Conflict) as caught:
        work.take_in(FILE.replace(old, new) + MORE)
    assert caught.value.code == "case-exists"
    assert work.items() == before


def test_an_entry_without_a_key_that_stands_twice_in_a_file_is_there_twice():
    work = Casework()
    text = "case: a\ntitle: x\nentries:\n" + 2 * MORE.replace("trump", "USA")
    assert len(work.take_in(text).added.entries) == 2
    assert work.take_in(text).known == 2


def kept():
    """A node whose record has all that can be in one."""
    work = Casework().opened(said(), measure("partial", key="m"), measure("complete", key="n", contradicts=["m"]))
    work.add({"kind": "person", "name": "Joe Biden", "role": "vice president", "party": "USA", "until": "2017-01-20"})
    work.add({"kind": "person", "name": "Joe Biden", "role": "president", "party": "USA", "from": "2021-01-20"})
    work.add(said("hello", speaker="biden", date="2022-02-02"), said("x", source={"name": "AP", "grade": "B2"}))
    work.correct("01", words="other")
    work.correct("m", retract=True)
    work.correct("zelenskyy", aliases=["Zelensky"])
    work.add(said("late", speaker="Zelensky"))
    work.add({"kind": "link", "date": "2025-02-10", "entry": "02", "relation": "answers", "other": "01"})
    return work


@pytest.mark.parametrize("form", ["yaml", "json", "stix"])
def test_what_is_given_out_is_taken_in_elsewhere_and_says_the_same(form):
    work = kept()
    text = work.given_out(form)
    other = Casework()
    other.take_in(text)
    one, there = work.record(), other.record()
    assert there.case == one.case
    assert {each.key: each.entry for each in there.recorded} == {each.key: each.entry for each in one.recorded}
    assert [each.key for each in there.standing] == [each.key for each in one.standing]
    assert there.people == one.people
    pairs = [(each.one.key, each.other.key, each.is_said) for each in one.contradictions]
    assert [(each.one.key, each.other.key, each.is_said) for each in there.contradictions] == pairs
    assert other.take_in(text).added.entries == ()
    assert work.take_in(text).added.entries == ()


def test_a_bundle_holds_the_objects_byte_for_byte_and_what_they_need():
    work = kept()
    objects = json.loads(work.given_out("stix"))["objects"]
    with work.node.store.read() as snap:
        stored = [json.loads(body.raw) for body in snap.bodies(range(1, snap.head().last_seq + 1))]
    assert sorted(map(json.dumps, objects)) == sorted(map(json.dumps, stored))
    assert objects[0]["type"] == "identity"
    assert objects[1]["type"] == "extension-definition"


def test_a_person_that_is_corrected_and_known_by_another_name_is_taken_in_all_the_same():
    work = Casework()
    work.take_in(FILE)
    work.correct("zelenskyy", name="Volodymyr Zelensky")
    assert work.take_in(FILE).known == 5


def test_an_entry_is_known_again_though_a_name_in_it_is_shared_by_now():
    work = Casework()
    work.take_in(FILE)
    work.add({"kind": "person", "name": "Melania Trump"}, {"kind": "person", "name": "Olena Zelenskyy"})
    text = FILE.replace("speaker: trump", "speaker: Trump")
    assert work.take_in(text).known == 5


@pytest.mark.parametrize("text", ["case: a", "case: b\nentries: []", "case: A\ntitle: x"])
def test_a_file_that_opens_no_case_is_refused(text):
    work = Casework()
    before = work.items()
    with pytest.raises(BadInput):
        work.take_in(text)
    assert work.items() == before
    assert parse("case: a").entries == []
