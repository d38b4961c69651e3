"""The record as STIX 2.1: what it becomes is valid for everybody who reads it, and reads back as it was."""

from __future__ import annotations

import json
import uuid

import jsonschema_rs
import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.adapters.stix.objects import DATA
from tests.unit.domain.record.entries import CASE, KINDS, SAID, entry, least, whole

from relto.adapters.stix.check import StixValidator, header_of
from relto.adapters.stix.schema import _library
from relto.domain.item import Header
from relto.domain.record.casefile import Case
from relto.domain.record.entry import Entry
from relto.domain.record.schema import entry_schema, extension_schema, file_schema
from relto.domain.record.stix import (
    CASES,
    ENTRY,
    EVENT,
    TYPES,
    Opening,
    Written,
    definition_objects,
    entry_object,
    opening_object,
    read_object,
    ref_of,
)
from relto.domain.record.who import Stored

AT = 1_741_521_600_123_456
REF = "event--11111111-1111-4111-8111-111111111111"
EVENTS = DATA / "stix" / "event-extension" / "extension-definition--4ca6de00-5b0d-45ef-a1dc-ea7279ea910e.json"
DATES = ["2025-03-09", "2025-03-04/2025-03-05", "2025-03", "2025-03-03T18:00:00.5Z", "0001-01-01", "9999-12-31"]
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
OWN = "marking-definition--11111111-1111-4111-8111-111111111111"


def others(made):
    return {key: f"note--{uuid.uuid5(uuid.NAMESPACE_URL, key)}" for key in made.names()}


def stix_of(made, case=CASE):
    named = f"{TYPES[made.kind]}--22222222-2222-4222-8222-222222222222"
    return entry_object(made, case, ref=REF, id=named, at=AT, by="olga", others=others(made))


ENTRIES = [Entry.parse({**said(kind), "key": "28"}, names=Stored()) for kind in KINDS for said in (least, whole)]
ENTRIES += [entry(kind, key="28", date=date) for kind in KINDS for date in DATES]
ENTRIES += [entry("deal", key="28", status=status) for status in ("proposed", "signed", "in-force", "called-off")]
ENTRIES += [entry("talks", key="28", state=state) for state in ("proposed", "announced", "called-off")]
ENTRIES += [
    entry("statement", key="28", words='“quoted” \\ "x" <b>&amp;</b> \ufeff\U0001f600', text="x" * 4_000),
    entry("statement", key="28", source={"name": "x", "url": 'https://example.org/ä"><script>', "grade": "F6"}),
    entry("statement", key="28", source={"name": "AP"}),
    entry("statement", key="28", source={"name": "AP", "url": "https://example.org/"}),
    entry("statement", key="28", source={"name": "AP", "date": "2025-03"}),
    entry("statement", key="28", words="x" * 4_000),
    entry("deal", key="28", subject="x" * 500),
]
WHOLE_CASE = Case.parse(
    {"case": "a", "title": "A pause", "begins": "2025-02", "marking": "amber", "topics": ["cyber"], "parties": ["UKR"],
     "agreements": ["usa-ukr"], "pauses": ["1"], "text": "more"}, party="USA",
)  # fmt: skip
OBJECTS = [stix_of(made) for made in ENTRIES]
OBJECTS += [opening_object(case, ref=REF, at=AT, by="olga") for case in (CASE, WHOLE_CASE)]
OBJECTS += definition_objects("clear", at=AT)


@pytest.fixture(scope="module")
def event_schema():
    """The schema of the OASIS extension; what it refers to is taken from the schemas that we ship."""
    known = [(schema["$id"], schema) for schema in _library().by_stem.values()]
    base = "https://raw.githubusercontent.com/oasis-open/cti-stix2-json-schemas/stix2.1/schemas/common/"
    known += [(f"{base}{stem}.json", schema) for stem, schema in _library().by_stem.items()]
    return jsonschema_rs.Draft202012Validator(
        json.loads(EVENTS.read_bytes()), registry=jsonschema_rs.Registry(dict(known).items())
    )


@pytest.mark.parametrize("raw", OBJECTS, ids=range(len(OBJECTS)))
def test_every_object_passes_our_own_validator_and_is_read_the_same_again(raw):
    header = StixValidator().check(raw, where="", now_us=AT)
    assert isinstance(header, Header), header
    assert header_of(raw).joins == header.joins


@pytest.mark.parametrize("raw", OBJECTS, ids=range(len(OBJECTS)))
def test_every_object_is_read_by_the_published_library(raw):
    read = stix2.parse(raw.decode(), allow_custom=True, version="2.1")
    assert read["id"] == json.loads(raw)["id"]


@pytest.mark.parametrize("raw", [raw for raw in OBJECTS if json.loads(raw)["type"] == "event"])
def test_every_event_keeps_the_schema_of_the_oasis_extension(event_schema, raw):
    value = json.loads(raw)
    event_schema.validate(value)
    assert value["extensions"][EVENT] == {"extension_type": "new-sdo"}
    if "end_time" in value:
        assert value["start_time"] <= value["end_time"]
        assert "end_time_fidelity" in value
    assert ("start_time" in value) == ("start_time_fidelity" in value)


def test_what_breaks_the_schema_of_the_oasis_extension_is_seen(event_schema):
    value = json.loads(stix_of(entry("deal", key="28")))
    for broken in ({"status": "stalled"}, {"start_time_fidelity": "days"}, {"event_types": []}, {"type": "note"}):
        assert not event_schema.is_valid(value | broken)


@pytest.mark.parametrize("made", ENTRIES, ids=range(len(ENTRIES)))
def test_an_entry_reads_back_from_its_object_without_a_loss(made):
    assert read_object(stix_of(made)) == Written(made, "a", REF, "olga")


@pytest.mark.parametrize("case", [CASE, WHOLE_CASE])
def test_a_case_reads_back_from_its_object_without_a_loss(case):
    assert read_object(opening_object(case, ref=REF, at=AT, by="olga")) == Opening(case, REF, "olga")


@given(SAID)
def test_whatever_people_wrote_becomes_an_object_and_reads_back(said):
    made = Entry.parse({**said, "key": "28"}, names=Stored())
    raw = stix_of(made)
    assert isinstance(StixValidator().check(raw, where="", now_us=AT), Header)
    read = read_object(raw)
    assert isinstance(read, Written)
    assert read.entry == made


EXTENSION = jsonschema_rs.Draft202012Validator(extension_schema())
SCHEMA = jsonschema_rs.Draft202012Validator(entry_schema())
FILE = jsonschema_rs.Draft202012Validator(file_schema())


@pytest.mark.parametrize("raw", OBJECTS, ids=range(len(OBJECTS)))
def test_what_is_carried_keeps_the_schema_that_is_sent_along(raw):
    carried = json.loads(raw).get("extensions", {}).get(ENTRY)
    if carried is not None:
        EXTENSION.validate(carried)


@pytest.mark.parametrize("made", ENTRIES, ids=range(len(ENTRIES)))
def test_an_entry_keeps_the_schema_of_entries(made):
    SCHEMA.validate(made.as_value())
    FILE.validate({"case": "a", "title": "b", "entries": [made.as_value()]})


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "speech"}, {"colour": "red"}, {"date": None}, {"stance": "supports"}, {"confidence": "sure"},
        {"conditions": ["2"]}, {"source": {"grade": "B2"}}, {"source": {"name": "x", "grade": "G1"}}, {"words": 7},
        {"text": "x" * 4_001}, {"pauses": "2"}, {"speaker": {"name": "x", "age": "7"}},
    ],
)  # fmt: skip
def test_what_is_no_entry_breaks_the_schema_as_well(broken):
    value = {**least("statement"), **broken}
    assert not SCHEMA.is_valid(value)
    assert not EXTENSION.is_valid(
        {"extension_type": "property-extension", "case": "a", "case_ref": REF, "recorded_by": "olga", "entry": value}
    )


def test_the_definition_of_the_extension_holds_its_schema():
    maker, definition = (json.loads(raw) for raw in definition_objects("green", at=AT))
    assert json.loads(definition["schema"]) == extension_schema()
    assert definition["created_by_ref"] == maker["id"]
    assert definition["id"] == ENTRY


@pytest.mark.parametrize("made", ENTRIES, ids=range(len(ENTRIES)))
def test_an_entry_joins_its_case_and_what_it_names_where_stix_has_a_place_for_that(made):
    header = StixValidator().check(stix_of(made), where="", now_us=AT)
    assert REF in header.joins
    if header.type in {"note", "opinion"}:
        assert set(header.joins) == {REF, *others(made).values()}
    assert len(header.joins) == len(set(header.joins))


def test_a_case_joins_all_cases():
    raw = opening_object(CASE, ref=REF, at=AT, by="olga")
    assert StixValidator().check(raw, where="", now_us=AT).joins == (CASES,)


def test_a_program_that_knows_no_extension_has_words_authors_dates_sources_and_confidence():
    made = Entry.parse({**whole("statement"), "key": "28"}, names=Stored())
    note = json.loads(stix_of(made))
    assert note["authors"] == ["Donald Trump (president, USA)"]
    assert "We just about have" in note["content"]
    assert "9 March 2025" in note["content"]
    assert note["external_references"] == [
        {
            "source_name": "AP",
            "url": "https://example.org/a?b=c",
            "description": "of 9 March 2025, usually reliable, probably true",
        }
    ]
    assert note["confidence"] == 70
    assert 'admiralty-scale:source-reliability="b"' in note["labels"]
    event = json.loads(stix_of(entry("talks", key="28", date="2025-03-04/2025-03-05")))
    assert event["start_time"].startswith("2025-03-04T00:00:00")
    assert event["end_time"].startswith("2025-03-05T23:59:59")
    assert (event["start_time_fidelity"], event["status"], event["event_types"]) == ("day", "occurred", ["talks"])


@pytest.mark.parametrize(
    ("kind", "more", "status"),
    [
        ("talks", {"state": "held"}, "occurred"),
        ("talks", {"state": "announced"}, "pending"),
        ("talks", {"state": "proposed"}, "pending"),
        ("talks", {"state": "called-off"}, "not-occurred"),
        ("deal", {"status": "proposed"}, "pending"),
        ("deal", {"status": "signed"}, "occurred"),
        ("deal", {"status": "called-off"}, "not-occurred"),
        ("measure", {}, "occurred"),
        ("shift", {}, "occurred"),
        ("proposal", {}, "occurred"),
    ],
)
def test_an_event_says_whether_it_came_about(kind, more, status):
    assert json.loads(stix_of(entry(kind, key="28", **more)))["status"] == status


def test_an_object_shows_the_marking_that_holds_for_it_and_none_that_is_less_strict_than_its_case():
    def marks(own, of):
        case = Case.parse({"case": "a", "title": "b", "marking": of}, party="USA")
        made = entry("statement", key="28", **({"marking": own} if own else {}))
        return json.loads(stix_of(made, case))["object_marking_refs"]

    assert marks("", "red") == [RED]
    assert marks("red", "clear") == [RED]
    assert marks("clear", "red") == [RED]
    assert marks("clear", "clear") == [CLEAR]
    assert marks(OWN, "red") == [OWN, RED]
    assert marks("red", OWN) == [RED, OWN]
    assert marks(OWN, OWN) == [OWN]


# What strangers send.

VALUE = json.loads(stix_of(Entry.parse({**whole("talks"), "key": "28"}, names=Stored())))
OPENING = json.loads(opening_object(WHOLE_CASE, ref=REF, at=AT, by="olga"))
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([ENTRY, REF]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([ENTRY, "extensions", "case", "case_ref", "entry", "opening", "id"]), inner),
    max_leaves=8,
)  # fmt: skip


def spoil(draw, value):
    """The same with something else in one of its places, however deep."""
    if not isinstance(value, dict | list) or not value or draw(st.booleans()):
        return draw(ANY)
    copy = dict(value) if isinstance(value, dict) else list(value)
    place = draw(st.sampled_from(sorted(copy) if isinstance(copy, dict) else range(len(copy))))
    copy[place] = spoil(draw, copy[place])
    return copy


@given(st.data(), st.sampled_from([VALUE, OPENING]))
def test_whatever_a_member_holds_an_object_says_something_or_nothing(data, value):
    value = spoil(data.draw, value)
    raw = json.dumps(value).encode()
    read = read_object(raw)
    assert read is None or isinstance(read, Opening | Written)
    found = ref_of(value.get("extensions")) if isinstance(value, dict) else ref_of(value)
    assert found is None or isinstance(found, str)
    StixValidator().check(raw, where="", now_us=AT)
    header_of(raw)


@given(st.binary(max_size=60) | ANY.map(lambda value: json.dumps(value).encode()))
def test_whatever_the_bytes_are_there_is_an_answer(raw):
    assert read_object(raw) is None
    assert ref_of(raw) is None


@given(ANY)
def test_whatever_the_extensions_are_there_is_an_answer(value):
    for extensions in (value, {ENTRY: value}):
        found = ref_of(extensions)
        # An id that stands where that of a case does may be any.
        assert found is None or found in {CASES, extensions[ENTRY]["case_ref"]}


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"[" * 100_000, b'{"extensions":' * 50_000, b"\xff\xfe", b"{}", b'{"extensions": []}',
     b'{"extensions": "' + ENTRY.encode() + b'"}',
     b'{"extensions": {"' + ENTRY.encode() + b'": ' + b"9" * 10_000 + b"}}"],
    ids=range(9),
)  # fmt: skip
def test_hostile_bytes_say_nothing(raw):
    assert read_object(raw) is None


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("case", 7), ("case_ref", None), ("recorded_by", ["olga"]), ("entry", None), ("entry", []),
        ("entry", {"kind": "talks"}), ("entry", {**VALUE["extensions"][ENTRY]["entry"], "date": "2025-02-30"}),
        ("entry", {**VALUE["extensions"][ENTRY]["entry"], "place": "a\x1b[0m"}), ("opening", {}), ("opening", None),
        # An entry that has no name can be neither corrected nor cited.
        ("entry", {name: part for name, part in VALUE["extensions"][ENTRY]["entry"].items() if name != "key"}),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_no_part_of_a_record(place, value):
    said = {**VALUE["extensions"][ENTRY], place: value}
    assert read_object(json.dumps({**VALUE, "extensions": {ENTRY: said}}).encode()) is None


def test_a_case_that_names_another_object_as_itself_is_none():
    said = {**OPENING["extensions"][ENTRY], "case_ref": REF.replace("1", "2")}
    assert read_object(json.dumps({**OPENING, "extensions": {ENTRY: said}}).encode()) is None


@pytest.mark.parametrize("ref", ["", "x", "event--", "event--x", "EVENT--" + REF[7:], REF + "\n", "x" * 10**6])
def test_what_is_no_id_is_not_joined(ref):
    assert ref_of({ENTRY: {"case_ref": ref}}) is None
