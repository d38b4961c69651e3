"""What was taken in is read again as it was read then; what never was is no surprise."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.adapters.stix.objects import DATA, TLP_GREEN, id_of, indicator, relationship, statement
from tests.unit.adapters.stix.test_real_data import answers_for

from relto.adapters.stix.check import StixValidator, header_of
from relto.domain.item import Header, Reject

FILES = sorted(path for path in (DATA / "stix").rglob("*.json*") if path.is_file())
VALUES = [
    indicator(labels=["naval"], object_marking_refs=[TLP_GREEN], revoked=True),
    relationship(granular_markings=[{"marking_ref": TLP_GREEN, "selectors": ["id"]}]),
    statement(),
    {"type": "url", "id": id_of("url"), "value": "https://a.example/"},
]


@pytest.mark.parametrize("value", VALUES, ids=[value["type"] for value in VALUES])
def test_an_object_has_the_header_that_it_came_in_with(value):
    raw = orjson.dumps(value)
    header = StixValidator().check(raw, where="", now_us=2**52)
    assert header_of(raw) == (replace(header, version_us=0) if isinstance(header, Header) else header)


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.name}" for path in FILES])
def test_real_data_does(path):
    for header in answers_for(path):
        if isinstance(header, Header):
            assert header_of(header.raw) == replace(header, version_us=0)


@given(st.binary(max_size=40) | st.recursive(st.none() | st.text() | st.integers(0, 9), st.lists).map(orjson.dumps))
def test_anything_else_is_no_surprise(raw):
    assert isinstance(header_of(raw), (Header, Reject))


@pytest.mark.parametrize("name", ["object_marking_refs", "granular_markings", "type", "id", "modified"])
@pytest.mark.parametrize("wrong", [7, None, [], {}, [7], [{}], "text"])
def test_nor_is_a_member_of_another_kind(name, wrong):
    assert isinstance(header_of(orjson.dumps(indicator() | {name: wrong})), (Header, Reject))
