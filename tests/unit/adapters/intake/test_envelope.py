"""A TAXII body in memory."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.intake.envelope import read_envelope
from relto.adapters.intake.reader import Reader
from relto.domain.errors import BadInput


@pytest.mark.parametrize(
    ("body", "raws"),
    [
        (b'{"objects": [{"a": 1}]}', [b'{"a": 1}']),
        (b'\xef\xbb\xbf {"objects": [ { "a" : 1 } , 2]} ', [b'{ "a" : 1 }', b"2"]),
        (b'{"x": {"objects": []}, "objects": [{}], "more": "?"}', [b"{}"]),
        (b'{"type": "bundle", "id": "b", "objects": [{"b": "\\u00e9"}]}', [b'{"b": "\\u00e9"}']),
        (b'{"objects": [{"a": "\xff"}]}', [b'{"a": "\xff"}']),
    ],
)
def test_objects_are_sliced_as_they_came(body, raws):
    pieces = read_envelope(body)
    assert [piece.raw for piece in pieces] == raws
    assert [piece.where for piece in pieces] == [f"envelope#{index}" for index in range(len(raws))]
    assert Reader().envelope(body) == pieces


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("envelope-empty", b""),
        ("envelope-empty", b" \n"),
        ("envelope-empty", b"{}"),
        ("envelope-empty", b'{"objects": []}'),
        ("envelope-empty", b'{"more": false}'),
        ("envelope-empty", b'{"type": "bundle", "id": "b"}'),
        ("envelope-invalid", b"[]"),
        ("envelope-invalid", b"7"),
        ("envelope-invalid", b'"objects"'),
        ("envelope-invalid", b'{"objects": {}}'),
        ("envelope-invalid", b'{"objects": null}'),
        ("envelope-invalid", b'{"type": "indicator", "id": "x"}'),
        ("envelope-invalid", b'{"type": ["bundle"], "objects": [1]}'),
        ("envelope-not-json", b"{"),
        ("envelope-not-json", b'{"objects": [1,]}'),
        ("envelope-not-json", b'{"objects": [{"a": 1]}'),
        ("envelope-not-json", b'{"objects": [1]} x'),
        ("envelope-not-json", b"objects=1"),
        ("envelope-not-json", b'{"objects": [' + b"[" * 100_000),
        ("envelope-not-json", b'{"x": ' * 100_000),
        ("envelope-not-utf8", b'{"objects": [1], \xff}'),
        ("envelope-not-utf8", '{"objects": [1]}'.encode("utf-16")),
    ],
)
def test_what_is_no_envelope_is_refused_by_name(code, body):
    with pytest.raises(BadInput) as caught:
        read_envelope(body)
    assert caught.value.code == code


def test_why_a_body_is_no_json_is_said_in_the_case_that_words_and_names_have():
    with pytest.raises(BadInput) as refused:
        read_envelope(b"{bad")
    assert refused.value.message.startswith("the body is not JSON: JSON is malformed")
    with pytest.raises(BadInput) as refused:
        read_envelope(b'{"objects": [')
    assert refused.value.message.startswith("the body is not JSON: input data was truncated")


@given(st.binary(max_size=80))
def test_whatever_the_bytes_are_nothing_else_is_raised(body):
    with pytest.raises(BadInput):
        read_envelope(body)


@given(st.lists(st.dictionaries(st.text(), st.text(), max_size=3), min_size=1, max_size=5))
def test_each_slice_is_its_object(values):
    pieces = read_envelope(json.dumps({"objects": values}).encode())
    assert [json.loads(piece.raw) for piece in pieces] == values
