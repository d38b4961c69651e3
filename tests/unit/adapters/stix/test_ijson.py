"""JSON as I-JSON has it, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.stix import ijson
from relto.adapters.stix.flaw import Flaw

SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text()
FINITE = SCALARS.filter(lambda value: value not in (float("inf"), float("-inf")))
VALUES = st.recursive(
    FINITE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)
# Text that has no lone surrogates, with what confuses a counter of names: quotes, colons, backslashes, spaces.
TRICKY = st.text(alphabet='":\\ \n\tab1', max_size=8)
TRICKY_OBJECTS = st.dictionaries(
    TRICKY,
    st.recursive(TRICKY, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner), max_leaves=8),
)


def code(raw):
    with pytest.raises(Flaw) as caught:
        ijson.parse(raw)
    return caught.value.code


@given(OBJECTS)
def test_what_is_i_json_is_parsed_as_it_is(value):
    assert ijson.parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(TRICKY_OBJECTS, st.sampled_from([None, 2]), st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " \t: ")]))
def test_quotes_and_colons_in_strings_do_not_look_like_duplicates(value, indent, separators):
    assert ijson.parse(json.dumps(value, indent=indent, separators=separators).encode()) == value


def naively_has_duplicates(text):
    found = []

    def pairs(items):
        found.append(len({name for name, _ in items}) != len(items))
        return dict(items)

    json.loads(text, object_pairs_hook=pairs)
    return any(found)


PAIRS = st.lists(st.tuples(st.sampled_from(["a", "b", '":', ":", 'x":y', "\u00e9"]), TRICKY), max_size=5)


@given(PAIRS, PAIRS, st.sampled_from([":", ": ", " :", "\n:\t"]))
def test_duplicates_are_found_exactly_where_a_naive_reader_finds_them(outer, inner, colon):
    def written(pairs, *more):
        return "{" + ",".join([*(json.dumps(name) + colon + json.dumps(text) for name, text in pairs), *more]) + "}"

    text = written(outer, '"inner"' + colon + written(inner))
    if naively_has_duplicates(text):
        assert code(text.encode()) == "duplicate-name"
    else:
        assert ijson.parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b'{"a": 1,}', "not-json"),
        (b'{"a": 1} x', "not-json"),
        (b"{'a': 1}", "not-json"),
        (b'{"a": 01}', "not-json"),
        (b'{"a": "\x01"}', "not-json"),
        (b"\xef\xbb\xbf{}", "not-json"),
        (b"[]", "not-object"),
        (b'"text"', "not-object"),
        (b"null", "not-object"),
        (b'{"a": "\xff"}', "not-utf8"),
        (b'{"a": "\xed\xa0\x80"}', "not-utf8"),
        ('{"a": 1}'.encode("utf-16"), "not-utf8"),
        (b'{"a": "\\ud800"}', "lone-surrogate"),
        (b'{"a": "\\udc00\\ud800"}', "lone-surrogate"),
        (b'{"\\udfff": 1}', "lone-surrogate"),
        (b'{"a": NaN}', "number-not-finite"),
        (b'{"a": [Infinity]}', "number-not-finite"),
        (b'{"a": -Infinity}', "number-not-finite"),
        (b'{"a": 1e999}', "number-out-of-range"),
        (b'{"a": 9007199254740992}', "number-out-of-range"),
        (b'{"a": -9007199254740992}', "number-out-of-range"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "number-out-of-range"),
        (b'{"a": 1, "a": 1}', "duplicate-name"),
        (b'{"a": 1, "\\u0061": 1}', "duplicate-name"),
        (b'{"x": {"a": 1, "b": 2, "a" : 3}}', "duplicate-name"),
        (b'{"x": [{"a": 1,"a": "\\":"}]}', "duplicate-name"),
        (b'{"a" :1, "a" :2, "b": "\\":\\":"}', "duplicate-name"),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", "too-deep"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too-deep"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, "too-deep"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else value,
)
def test_what_is_not_i_json_is_refused_by_name(raw, expected):
    assert code(raw) == expected


def test_the_deepest_and_the_largest_that_are_allowed_are_parsed():
    deepest = b'{"a": ' + b"[" * 63 + b"]" * 63 + b"}"
    assert ijson.parse(deepest) == json.loads(deepest)
    assert ijson.parse(b'{"a": [9007199254740991, -9007199254740991]}') == {"a": [2**53 - 1, 1 - 2**53]}


def test_one_byte_more_than_the_limit_is_too_large():
    shell = len(b'{"a": ""}')
    assert len(ijson.parse(b'{"a": "' + b"x" * (ijson.OBJECT_BYTES_MAX - shell) + b'"}')["a"]) > 0
    assert code(b'{"a": "' + b"x" * (ijson.OBJECT_BYTES_MAX - shell + 1) + b'"}') == "too-large"


def test_many_members_with_one_name_are_refused_and_not_pondered():
    assert code(b"{" + b",".join([b'"a":1'] * 400_000) + b"}") == "duplicate-name"


@pytest.mark.parametrize("part", [b"1", b"[]", b"{}", b'{"a":{}}', b"[[[[]]]]"])
def test_more_values_than_memory_should_hold_are_refused_before_they_are_parsed(part):
    assert code(b'{"a": [' + b",".join([part] * 600_000) + b"]}") == "too-many-values"


def test_long_text_with_many_commas_is_no_heap_of_values():
    assert len(ijson.parse(b'{"a": "' + b"well, now, " * 200_000 + b'"}')["a"]) > 2_000_000


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_nothing_but_a_flaw_is_raised(raw):
    try:
        value = ijson.parse(raw)
    except Flaw:
        return
    assert isinstance(value, dict)
