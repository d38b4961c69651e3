"""What comes in, what does not, and what is read of what does."""

import hashlib
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.adapters.stix.objects import (
    BEFORE,
    LATER,
    NOW_US,
    TLP_GREEN,
    UUID,
    check,
    check_bytes,
    code_of,
    id_of,
    indicator,
    relationship,
    statement,
    versioned,
    without,
)

from relto.adapters.stix.check import AHEAD_US_MAX
from relto.domain.item import UNVERSIONED, Header, Reject

URL = {"type": "url", "id": id_of("url"), "value": "https://a.example/"}
EXTENSION = id_of("extension-definition")


@pytest.mark.parametrize(
    "value",
    [
        indicator(),
        relationship(),
        statement(),
        URL,
        indicator(x_custom={"a": [1, 2.5, None, "b"]}),
        indicator(labels=["naval"], confidence=100, revoked=True, lang="en"),
        indicator(created=LATER),
        indicator(valid_from=BEFORE, valid_until=LATER),
        indicator(pattern="alert tcp any", pattern_type="snort"),
        indicator(id=f"indicator--{UUID.upper()}"),
        indicator(extensions={EXTENSION: {"extension_type": "property-extension", "rank": 5}}),
        indicator(rank=5, extensions={EXTENSION: {"extension_type": "toplevel-property-extension"}}),
        indicator(external_references=[{"source_name": "nvd", "external_id": "CVE-2024-0001"}]),
        indicator(external_references=[{"source_name": "cve", "external_id": "CVE-2024-0001"}]),
        indicator(granular_markings=[{"selectors": ["pattern"], "marking_ref": TLP_GREEN}]),
        indicator(labels=["a", "b"], granular_markings=[{"selectors": ["labels.[1]"], "lang": "de"}]),
        relationship(start_time=BEFORE, stop_time=LATER),
        relationship(target_ref=id_of("x-camp"), relationship_type="seen-near"),
        relationship(source_ref=id_of("url"), target_ref=id_of("ipv4-addr")),
        versioned("x-camp", name="north"),
        versioned("attack-flow", extensions={EXTENSION: {"extension_type": "new-sdo"}}),
        {"type": "x-beacon", "id": id_of("x-beacon"), "value": 7},
        versioned("sighting", sighting_of_ref=id_of("indicator"), first_seen=BEFORE, last_seen=BEFORE),
        versioned("grouping", context="malware-analysis", object_refs=[id_of("malware")]),
        versioned(
            "observed-data",
            first_observed=BEFORE,
            last_observed=BEFORE,
            number_observed=1,
            object_refs=[id_of("url")],
        ),
        versioned("location", region="northern-europe"),
        versioned("language-content", object_ref=id_of("report"), contents={"de": {"name": "Lage"}}),
        versioned("incident", name="outage"),
        without(statement(definition_type="x", definition={}), "definition", "definition_type")
        | {"extensions": {EXTENSION: {"extension_type": "property-extension", "level": "open"}}},
        URL | {"spec_version": "2.1", "defanged": True, "object_marking_refs": [TLP_GREEN]},
    ],
    ids=lambda value: value["type"],
)
def test_good_objects_are_taken(value):
    answer = check(value)
    assert isinstance(answer, Header), answer


BROKEN = [
    ("type-missing", {}),
    ("type-missing", without(indicator(), "type")),
    ("type-invalid", indicator(type=7)),
    ("type-invalid", indicator(type="Indicator")),
    ("type-invalid", indicator(type="x")),
    ("type-invalid", indicator(type="x-" + "y" * 249)),
    ("type-invalid", indicator(type="indi cator")),
    ("bundle-nested", {"type": "bundle", "id": id_of("bundle"), "objects": [indicator()]}),
    ("bundle-nested", {"type": "bundle", "id": id_of("bundle"), "spec_version": "2.0", "objects": []}),
    ("stix-2.0", without(indicator(), "spec_version")),
    ("stix-2.0", indicator(spec_version="2.0")),
    ("stix-2.0", without(relationship(), "spec_version")),
    ("stix-2.0", without(statement(), "spec_version")),
    ("stix-2.0", without(versioned("x-camp"), "spec_version")),
    ("stix-2.0", URL | {"spec_version": "2.0"}),
    ("stix-2.0", without(indicator(), "spec_version", "created", "modified")),
    ("spec-version-unknown", indicator(spec_version="2.2")),
    ("spec-version-unknown", indicator(spec_version=2.1)),
    ("spec-version-unknown", indicator(spec_version=["2.1"])),
    ("spec-version-unknown", URL | {"spec_version": "1.2"}),
    ("id-missing", without(indicator(), "id")),
    ("id-invalid", indicator(id=7)),
    ("id-invalid", indicator(id="indicator--1")),
    ("id-invalid", indicator(id=f"indicator-{UUID}")),
    ("id-invalid", indicator(id=f"indicator--{UUID}\n")),
    ("id-invalid", indicator(id=f"indicator--{UUID}-00")),
    ("id-invalid", indicator(id="indicator--00000000-0000-0000-0000-000000000000")),
    ("id-invalid", indicator(id="indicator--{5d3b2c1a-1f7e-4f0a-9c55-0a8b4c6d2e10}")),
    ("id-of-other-type", indicator(id=id_of("malware"))),
    ("id-of-other-type", URL | {"id": id_of("ipv4-addr")}),
    ("id-of-other-type", versioned("x-camp", id=id_of("x-camps"))),
    ("schema", without(indicator(), "pattern")),
    ("schema", without(indicator(), "created")),
    ("schema", without(versioned("x-camp"), "modified")),
    ("schema", without(URL, "value")),
    ("schema", indicator(pattern=7)),
    ("schema", indicator(labels=[])),
    ("schema", indicator(labels="naval")),
    ("schema", indicator(confidence=101)),
    ("schema", indicator(revoked="yes")),
    ("schema", indicator(x_nothing=None)),
    ("schema", indicator(created="2025-03-01T08:00:00Z")),
    ("schema", indicator(modified="yesterday")),
    ("schema", indicator(object_marking_refs=["TLP:RED"])),
    ("schema", indicator(created_by_ref="someone")),
    ("schema", indicator(severity="high")),
    ("schema", indicator(extensions={"anything": {}})),
    ("schema", indicator(extensions={EXTENSION: {"extension_type": "made-up"}})),
    ("schema", indicator(external_references=[{"source_name": "cve", "external_id": "2024-1"}])),
    ("schema", indicator(granular_markings=[{"selectors": ["pattern"]}])),
    ("schema", indicator(granular_markings=[{"selectors": ["pattern"], "lang": "de", "marking_ref": TLP_GREEN}])),
    ("schema", relationship(source_ref=id_of("relationship"))),
    ("schema", relationship(target_ref=id_of("marking-definition"))),
    ("schema", relationship(relationship_type="Uses It")),
    ("schema", versioned("location", name="somewhere")),
    ("schema", versioned("grouping", context="x", object_refs=[])),
    ("schema", statement(definition={})),
    ("schema", statement(definition_type="tlp", definition={"tlp": "red"})),
    ("schema", without(versioned("language-content", object_ref=id_of("x-a")), "spec_version", "created")),
    ("timestamp-invalid", indicator(valid_from="2025-02-29T00:00:00Z")),
    ("timestamp-invalid", indicator(modified="2025-03-02T08:15:60.000Z")),
    ("timestamp-invalid", indicator(created="0000-03-02T08:15:00.000Z")),
    ("timestamp-invalid", statement(created="2025-04-31T00:00:00Z")),
    ("timestamp-invalid", URL | {"modified": "yesterday"}),
    ("timestamp-invalid", URL | {"created": 7}),
    ("modified-before-created", indicator(created=LATER, modified=BEFORE)),
    (
        "modified-before-created",
        indicator(created="2025-03-01T08:00:00.000002Z", modified="2025-03-01T08:00:00.000001Z"),
    ),
    ("modified-in-future", indicator(modified="2025-03-10T12:00:00.000001Z")),
    ("modified-in-future", indicator(modified="9999-12-31T23:59:59.999Z")),
    ("modified-in-future", statement(created="2026-01-01T00:00:00Z")),
    ("interval-reversed", indicator(valid_from=LATER, valid_until=BEFORE)),
    ("interval-reversed", indicator(valid_from=BEFORE, valid_until=BEFORE)),
    ("interval-reversed", relationship(start_time=BEFORE, stop_time=BEFORE)),
    ("interval-reversed", versioned("sighting", sighting_of_ref=id_of("x-a"), first_seen=LATER, last_seen=BEFORE)),
    ("interval-reversed", versioned("campaign", name="c", first_seen=LATER, last_seen=BEFORE)),
    (
        "interval-reversed",
        {
            "type": "network-traffic",
            "id": id_of("network-traffic"),
            "protocols": ["tcp"],
            "src_ref": id_of("ipv4-addr"),
            "start": LATER,
            "end": BEFORE,
        },
    ),
    ("selector-dangling", indicator(granular_markings=[{"selectors": ["name"], "marking_ref": TLP_GREEN}])),
    ("selector-dangling", indicator(labels=["a"], granular_markings=[{"selectors": ["labels.[1]"], "lang": "de"}])),
    ("selector-dangling", indicator(labels=["a"], granular_markings=[{"selectors": ["labels.name"], "lang": "de"}])),
    ("selector-dangling", indicator(granular_markings=[{"selectors": ["pattern.[0]"], "lang": "de"}])),
    ("pattern-invalid", indicator(pattern="ipv4-addr:value = '198.51.100.7'")),
    ("pattern-invalid", indicator(pattern="")),
]


@pytest.mark.parametrize(("code", "value"), BROKEN, ids=[f"{code}-{number}" for number, (code, _) in enumerate(BROKEN)])
def test_broken_objects_are_refused_by_name(code, value):
    assert code_of(value) == code


def test_a_reject_says_which_object_where_and_why():
    assert check(indicator(id=id_of("malware"))) == Reject(
        id=id_of("malware"),
        where="here#0",
        code="id-of-other-type",
        message=f"the id `{id_of('malware')}` does not begin with its type `indicator--`",
    )


def test_a_schema_fault_names_the_place():
    assert check(indicator(labels=["a", 7])).message.startswith("`labels.[1]`: ")


@pytest.mark.parametrize("name", ["id", "type", "spec_version", "created", "labels", "pattern", "x" * 100_000])
def test_no_message_repeats_much_of_what_a_stranger_sent(name):
    answer = check(indicator(**{name: "\x1b[2J" + "z" * 100_000}))
    if isinstance(answer, Reject):
        assert len(answer.message) < 700
        assert len(answer.id) < 700
        assert (answer.message + answer.id).isprintable()


def test_a_header_holds_what_is_read_and_the_bytes_as_they_came():
    raw = json.dumps(
        indicator(
            labels=["naval", "topic:x"],
            indicator_types=["malicious-activity"],
            kill_chain_phases=[{"kill_chain_name": "k", "phase_name": "initial-access"}],
            object_marking_refs=[TLP_GREEN],
            granular_markings=[
                {"selectors": ["labels"], "lang": "de"},
                {"selectors": ["pattern"], "marking_ref": id_of("marking-definition")},
            ],
            revoked=True,
            modified="2025-03-02T08:00:00.1234567Z",
        ),
        indent=3,
    ).encode()
    assert check_bytes(raw) == Header(
        raw=raw,
        type="indicator",
        id=id_of("indicator"),
        version="2025-03-02T08:00:00.1234567Z",
        version_us=1_740_902_400_123_456,
        digest=hashlib.sha256(raw).digest(),
        markings=(TLP_GREEN,),
        granular=(id_of("marking-definition"),),
        labels=("naval", "topic:x"),
        phases=("initial-access",),
        indicator_types=("malicious-activity",),
        revoked=True,
    )


def test_the_version_is_modified_else_created_else_the_constant():
    assert check(indicator()).version == LATER
    assert (check(statement()).version, check(statement()).version_us) == (BEFORE, 1_740_816_000_000_000)
    assert (check(URL).version, check(URL).version_us) == (UNVERSIONED, 0)


def test_a_marking_definition_is_carried_whole():
    value = statement(name="é")
    assert check(value).definition == orjson.dumps(value)
    assert check(indicator()).definition == b""


@pytest.mark.parametrize(
    ("value", "joins"),
    [
        (relationship(), (id_of("indicator"), id_of("malware"))),
        (
            versioned(
                "sighting",
                sighting_of_ref=id_of("indicator"),
                observed_data_refs=[id_of("observed-data")],
                where_sighted_refs=[id_of("identity")],
            ),
            (id_of("indicator"), id_of("observed-data"), id_of("identity")),
        ),
        (versioned("note", content="c", object_refs=[id_of("url"), id_of("tool")]), (id_of("url"), id_of("tool"))),
        (versioned("opinion", opinion="agree", object_refs=[id_of("tool")]), (id_of("tool"),)),
        (versioned("report", name="r", published=BEFORE, object_refs=[id_of("tool")]), (id_of("tool"),)),
        (indicator(created_by_ref=id_of("identity")), ()),
        (versioned("x-camp", object_refs=[id_of("tool")]), ()),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_joining_objects_name_what_they_join(value, joins):
    assert check(value).joins == joins


def test_custom_properties_with_known_names_are_read_only_where_they_have_the_known_shape():
    odd = URL | {"labels": {"a": 1}, "kill_chain_phases": ["x", {"phase_name": 7}], "indicator_types": "x"}
    header = check(odd)
    assert (header.labels, header.phases, header.indicator_types) == ((), (), ())


def test_a_version_may_be_a_day_ahead_and_not_a_microsecond_more():
    value = indicator(modified="2025-03-10T12:00:00.000000Z")
    edge = NOW_US + AHEAD_US_MAX
    assert check(value).version_us == edge
    assert check(value, now_us=NOW_US - 1).code == "modified-in-future"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(BEFORE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    sorted(
        set(indicator()) | set(relationship()) | set(statement())
        | {"labels", "object_marking_refs", "granular_markings", "object_refs", "kill_chain_phases", "extensions"}
    )
)  # fmt: skip


@given(
    st.sampled_from([indicator(), relationship(), statement(), URL, versioned("x-camp")]),
    st.dictionaries(NAMES, ANYTHING, max_size=3),
)
def test_whatever_a_member_holds_there_is_an_answer(value, spoiled):
    answer = check_bytes(json.dumps(value | spoiled).encode(errors="replace"))
    assert isinstance(answer, (Header, Reject))
    if isinstance(answer, Header):
        assert answer.id.startswith(answer.type + "--")
        assert all(text.startswith("marking-definition--") or "--" in text for text in answer.markings)


@given(st.binary(max_size=100))
def test_whatever_the_bytes_are_there_is_an_answer(raw):
    assert isinstance(check_bytes(raw), Reject)
