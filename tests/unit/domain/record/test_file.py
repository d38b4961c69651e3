"""Files: a case as people write and keep it, read and written without a loss, and what is no such file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.record.entries import CASE, KINDS, SAID, entry, record, whole

from relto.domain.errors import BadInput
from relto.domain.record.casefile import Case
from relto.domain.record.entry import Entry
from relto.domain.record.file import JSON_MAX, YAML_MAX, entries_in, parse, written
from relto.domain.record.stix import entry_object, opening_object
from relto.domain.record.who import Stored

REF = "event--11111111-1111-4111-8111-111111111111"
ID = "note--22222222-2222-4222-8222-222222222222"


def refused(text, read=parse):
    with pytest.raises(BadInput) as caught:
        read(text)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 1_000
    return caught.value


def read_back(file):
    case = Case.parse(file.case, party="")
    return case, [Entry.parse(each, names=Stored()) for each in file.entries]


EVERY = [Entry.parse({**whole(kind), "key": kind}, names=Stored()) for kind in KINDS]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_record_is_written_and_read_back_people_first(form):
    case, entries = read_back(parse(written(record(*EVERY), form)))
    assert case == CASE
    assert entries == EVERY
    text = written(record(entry("statement", key="01"), entry("person", key="x", date="2025-03-01")), form)
    assert [each["kind"] for each in parse(text).entries] == ["person", "statement"]


@given(st.lists(SAID, max_size=3), st.sampled_from(["yaml", "json"]))
def test_whatever_people_wrote_is_written_and_read_back(said, form):
    entries = [Entry.parse({**each, "key": f"{number}"}, names=Stored()) for number, each in enumerate(said)]
    assert read_back(parse(written(record(*entries), form)))[1] == entries


@pytest.mark.parametrize(
    "text",
    ["2025-03-09", "08", "1_000", "12:30", "NO", "yes", "~", "null", "1e3", "0x1f", "=", "<<", "- a", "a: b", "# a",
     "*a", "&a", "!a", "%a", "@a", "`a", "{a}", "[a]",
     '"', "'", " a ", "a  b", "\\", "\\n", "|", ">", "?", "true", "\ufeff",
     "\U0001f600", "\ufffe", "\ue000", "a\u00a0b", "a\u200bb", "x" * 4_000, "word " * 700 + "x", "...", "---"],
)  # fmt: skip
def test_text_that_looks_like_something_else_stays_text(text):
    made = entry("statement", key="1", words=text, text=text)
    for form in ("yaml", "json"):
        assert read_back(parse(written(record(made), form)))[1] == [made]


def test_corrected_people_stand_where_they_were_recorded_and_come_back():
    entries = [
        entry("person", key="x", name="Jo"),
        entry("statement", key="01"),
        entry("person", key="y", name="Joe", corrects="x", because="a letter was missing"),
    ]
    assert read_back(parse(written(record(*entries), "yaml")))[1] == entries


def test_a_bundle_is_read_by_what_it_carries():
    made = [entry("statement", key="01"), entry("deal", key="02")]
    ids = {"01": ID, "02": ID.replace("note", "event")}
    objects = [opening_object(CASE, ref=REF, at=0, by="olga")]
    objects += [entry_object(each, CASE, ref=REF, id=ids[each.key], at=0, by="olga", others={}) for each in made]
    other = json.dumps({"type": "indicator", "id": "indicator--1"}).encode()
    bundle = {"type": "bundle", "id": "bundle--1", "objects": [json.loads(raw) for raw in (other, *objects)]}
    case, entries = read_back(parse(json.dumps(bundle)))
    assert (case, entries) == (CASE, made)
    assert refused(json.dumps({**bundle, "objects": []})).code == "case-file-invalid"
    assert "2 cases" in refused(json.dumps({**bundle, "objects": bundle["objects"] * 2})).message


@pytest.mark.parametrize("objects", [None, 7, "x", {}, [None], [[]], [7, "x", {"extensions": 7}], [{"extensions": {}}]])
def test_a_bundle_that_holds_no_case_is_refused(objects):
    assert refused(json.dumps({"type": "bundle", "objects": objects})).code == "case-file-invalid"


DEEP = 100_000


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\n", "\ufeff", "null", "7", "text", "[]", "[1]", "{}", "a: 1", "- a", "entries: []", "case:",
        "case: a\ncase: b", "case: &x a", "case: *x", "case: !!python/object:os.system x", "case: a\n---\ncase: b",
        "case: a\nx: 1", "case: a\nentries: x", "case: a\nentries:", "case: a\nentries: [x]", "case: a\npeople: {}",
        "case: a\nentries: [{kind: }]", "case: a\nentries: [{kind: statement, kind: talks}]", "case: a\npeople: [7]",
        "<<: {case: a}", "? [a]\n: b", 'case: "\\ud800"', "case: a\n\tb: c", "{", "[", "{]", '{"case": "a"',
        '{"case": "a", "case": "b"}', '{"case": "a", "entries": [{"kind": 1, "kind": 2}]}', '{"case": "a"} x', "\x00",
        '{"case": "a", "entries": [null]}', "[" * DEEP, '{"case":' * DEEP, "[" * DEEP + "]" * DEEP, "- " * DEEP,
        '{"case": "a", "entries": ' + "[" * 900 + "]" * 900 + "}", "a: " * DEEP, "{a: " * DEEP,
        '{"type": "bundle", "objects": ' + "[" * 900 + "]" * 900 + "}", "9" * 10_000,
    ],
    ids=range(49),
)  # fmt: skip
def test_what_is_no_file_of_a_case_is_refused(text):
    assert refused(text).code == "case-file-invalid"


@pytest.mark.parametrize("depth", [*range(100, 1000, 20), 5_000])
@pytest.mark.parametrize("field", ["case", "title", "party", "begins", "marking", "topics", "pauses"])
def test_however_deep_a_field_of_a_case_nests_it_is_refused(depth, field):
    text = json.dumps({"case": "a", "title": "b"})[:-1] + f', "{field}2": 0' + "}"
    assert refused(text).code == "case-file-invalid"
    value = "[" * depth + "]" * depth
    keys = {"case": '"a"', "title": '"b"', field: value}
    text = "{" + ", ".join(f'"{name}": {part}' for name, part in keys.items()) + "}"
    try:
        file = parse(text)
    except BadInput:
        return
    with pytest.raises(BadInput):
        Case.parse(file.case, party="USA")


@pytest.mark.parametrize("depth", [*range(100, 1000, 20), 5_000])
@pytest.mark.parametrize(
    "field", ["kind", "key", "date", "confidence", "marking", "words", "speaker", "capacity", "pauses"]
)
def test_however_deep_a_field_of_an_entry_nests_it_is_refused(depth, field):
    value = "[" * depth + "]" * depth
    text = '[{"kind": "statement", "date": "2025-03-09", "words": "x", "speaker": {"party": "USA"}}]'
    text = text[:-2] + f', "{field}x": {value}' + "}]"
    text = text.replace(f'"{field}x"', f'"{field}"') if f'"{field}": ' not in text else text.replace('x": [', 'y": [')
    try:
        entries = entries_in(text)
    except BadInput:
        return
    with pytest.raises(BadInput):
        Entry.parse(entries[0], names=Stored())


def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    assert str(YAML_MAX) in refused("a" * (YAML_MAX + 1)).message
    assert str(JSON_MAX) in refused("{" + " " * JSON_MAX + "}").message
    assert str(JSON_MAX) in refused("[" + " " * JSON_MAX + "]", entries_in).message


def test_entries_alone_are_a_list_one_or_what_a_file_has_of_them():
    one = {"kind": "statement", "words": "x"}
    assert entries_in(json.dumps(one)) == [one]
    assert entries_in(json.dumps([one, one])) == [one, one]
    assert entries_in("- {kind: statement, words: x}\n") == [one]
    assert entries_in("kind: statement\nwords: x\n") == [one]
    assert entries_in("people: [{name: a}]\nentries: [{kind: statement, words: x}]") == [
        {"name": "a", "kind": "person"},
        one,
    ]
    assert entries_in("case: a\nentries: []") == []


@pytest.mark.parametrize(
    "text", ["", "7", "null", "x", "[7]", "[null]", "{}x", "people: x", "x: 1", "[" * DEEP, "entries: {}"]
)
def test_what_holds_no_entries_is_refused(text):
    assert refused(text, entries_in).code == "case-file-invalid"


@given(st.text(max_size=60))
def test_whatever_the_text_there_is_a_file_or_a_refusal(text):
    for read in (parse, entries_in):
        try:
            read(text)
        except BadInput:
            assert refused(text, read).code == "case-file-invalid"
