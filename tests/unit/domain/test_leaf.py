"""Leaves: one way to write each, whole again from its parts, and nothing else taken for one."""

import functools
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput
from relto.domain.leaf import LEAF_BYTES_MAX, SALT_BYTES, canonical, decoded, encoded, joined

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdefghij_", min_size=1, max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.text("bcdefghij_", min_size=2, max_size=6), PLAIN, max_size=5)


def salt():
    return b"\7" * SALT_BYTES


def leaves(fields, kind="act", at=5, block=3):
    return encoded(kind, fields, at=at, block=block, salt=salt)


@given(FIELDS)
def test_a_leaf_says_what_it_was_made_of_and_is_written_in_one_way(fields):
    (data,) = leaves(fields)
    assert decoded(data) == {**fields, "kind": "act", "at": 5, "block": 3, "salt": salt().hex()}
    assert data == json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize("text", ["x" * 60_000, "é" * 40_000, "\0" * 30_000, "😀" * 30_000])
def test_what_is_too_long_goes_into_parts_that_make_it_whole_again(text):
    made = leaves({"value": {"text": text}, "number": 4})
    assert len(made) > 1
    assert all(len(each) <= LEAF_BYTES_MAX for each in made)
    (whole,) = joined([decoded(each) for each in made])
    assert whole == {"value": {"text": text}, "number": 4, "kind": "act", "at": 5, "block": 3, "salt": salt().hex()}


def test_leaves_with_parts_and_without_follow_one_another():
    long = {"value": "y" * 100_000}
    made = [*leaves({"number": 1}), *leaves(long), *leaves(long, kind="moves"), *leaves({"number": 2})]
    found = joined([decoded(each) for each in made])
    assert [leaf["kind"] for leaf in found] == ["act", "act", "moves", "act"]
    assert found[1]["value"] == found[2]["value"] == long["value"]


@pytest.mark.parametrize(
    "value",
    [1.5, 2**53, -(2**53), float("nan"), b"bytes", {"é": 1}, {1: 2}, {"a": [{"b": 2.0}]}, object()],
)
def test_what_json_does_not_mean_alike_for_everybody_is_not_written(value):
    with pytest.raises(AssertionError):
        canonical(value)


GOOD = leaves({"number": 1})[0]
DEEP = functools.reduce(lambda inner, _: [inner], range(38), [])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff" + GOOD,
        GOOD + b" ",
        b" " + GOOD,
        GOOD.replace(b",", b", "),
        GOOD.replace(b'"number":1', b'"number":1.0'),
        GOOD.replace(b'"number":1', b'"number":1e0'),
        GOOD.replace(b'"number":1', b'"number":-0'),
        GOOD.replace(b'"number":1', b'"number":9007199254740993'),
        GOOD.replace(b'"number":1', b'"number":-9007199254740992'),
        GOOD.replace(b'"number":1', b'"number":10000000000000000'),
        GOOD.replace(b'"number":1', b'"number":[[1],[1e2]]'),
        GOOD.replace(b'"number":1', b'"number":' + b"[" * 41 + b"]" * 41),
        GOOD.replace(b'"number"', '"numbér"'.encode()),
        GOOD.replace(b'"number":1', b'"number":1,"number":1'),
        GOOD.replace(b'"number"', b'"\\u006eumber"'),
        GOOD.replace(b'"at":5,', b""),
        GOOD.replace(b'"at":5', b'"at":true'),
        GOOD.replace(b'"at":5', b'"at":"5"'),
        GOOD.replace(b'"block":3,', b""),
        GOOD.replace(b'"kind":"act",', b""),
        GOOD.replace(salt().hex().encode(), b"00"),
        b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
        leaves({"text": "x" * 40_000})[0].replace(b"x", b"xx"),
    ],
)
def test_what_is_no_leaf_or_is_written_otherwise_is_refused(data):
    with pytest.raises(BadInput) as caught:
        decoded(data)
    assert caught.value.code == "leaf-invalid"


@pytest.mark.parametrize(
    "value",
    [
        2**53 - 1,
        -(2**53 - 1),
        "9" * 40,
        ["9" * 16] * 50,
        "1.5",
        [[1]] * 90,
        "é",
        DEEP,
    ],
)
def test_what_everybody_reads_alike_is_a_leaf(value):
    assert decoded(leaves({"value": value})[0])["value"] == value


def _parts():
    return [decoded(each) for each in leaves({"value": "z" * 60_000})]


def _other_text(found):
    found[0]["text"] = found[0]["text"].replace("z", "y")
    return found


def _not_canonical(found):
    text = json.dumps({"value": "z" * 60_000})
    digest = hashlib.sha256(text.encode()).hexdigest()
    return [{"kind": "part", "part": 0, "text": text}, {**found[-1], "parts": 1, "digest_of_parts": digest}]


def _own_names(found):
    text = canonical({"kind": "delivery"}).decode()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return [{"kind": "part", "part": 0, "text": text}, {**found[-1], "parts": 1, "digest_of_parts": digest}]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda found: found[1:],
        lambda found: found[:-1],
        lambda found: [found[1], found[0], *found[2:]],
        lambda found: [found[0], *found],
        lambda found: [*found[:-1], decoded(GOOD), found[-1]],
        lambda found: [{**found[0], "text": 5}, *found[1:]],
        lambda found: found[-1:],
        _other_text,
        _not_canonical,
        _own_names,
    ],
)
def test_parts_that_are_not_those_of_a_leaf_are_refused(spoilt):
    with pytest.raises(BadInput) as caught:
        joined(spoilt(_parts()))
    assert caught.value.code == "leaf-invalid"
