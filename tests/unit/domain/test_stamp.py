"""A time stamp: what can follow what, and the one line that each has."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput
from relto.domain.leaf import INTEGER_MAX
from relto.domain.stamp import LINE_BYTES_MAX, Stamp, Stamped


def at(moment, accuracy=None):
    return Stamp(moment, "CN=Time", accuracy, 7)


@pytest.mark.parametrize(
    ("earlier", "later", "can"),
    [
        (at(5), at(5), True),
        (at(5), at(6), True),
        (at(6), at(5), False),
        (at(6, 1), at(5), True),
        (at(6), at(5, 1), True),
        (at(8, 1), at(5, 1), False),
        (at(8, 1), at(5, 2), True),
        (at(8, 0), at(7, 0), False),
    ],
)
def test_one_can_follow_another_as_far_as_both_say_how_right_they_are(earlier, later, can):
    assert later.can_follow(earlier) is can


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(texts, st.integers(0, INTEGER_MAX), st.binary(max_size=200), texts)
def test_a_line_is_read_as_what_was_written(origin, size, token, authority):
    kept = Stamped(origin, size, token, authority) if token else Stamped(origin, size, b"t", authority)
    assert Stamped.parse(kept.line) == kept
    assert b"\n" not in kept.line


@given(st.data())
def test_a_line_with_a_byte_changed_says_something_else_or_is_none(data):
    kept = Stamped("log.example", 3, b"\x30token", "CN=Time")
    line = bytearray(kept.line)
    line[data.draw(st.integers(0, len(line) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(BadInput):
        assert Stamped.parse(bytes(line)) != kept


GOOD = {"authority": "CN=Time", "origin": "log.example", "size": 3, "token": "dG9rZW4="}


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        "x",
        {},
        {**GOOD, "more": 1},
        {name: value for name, value in GOOD.items() if name != "origin"},
        {**GOOD, "size": -1},
        {**GOOD, "size": 3.0},
        {**GOOD, "size": True},
        {**GOOD, "size": INTEGER_MAX + 1},
        {**GOOD, "size": 10**400},
        {**GOOD, "size": "3"},
        {**GOOD, "token": "dG9rZW4"},
        {**GOOD, "token": "dG9rZW5="},
        {**GOOD, "token": "dG9r ZW4="},
        {**GOOD, "token": 5},
        {**GOOD, "authority": None},
        {**GOOD, "origin": ["x"]},
    ],
)
def test_what_is_no_time_stamp_is_refused(value):
    line = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(BadInput) as caught:
        Stamped.parse(line)
    assert caught.value.code == "stamp-invalid"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 50_000,
        b"x" * (LINE_BYTES_MAX + 1),
        json.dumps(GOOD).encode(),
        json.dumps(dict(reversed(GOOD.items())), separators=(",", ":")).encode(),
        json.dumps(GOOD, separators=(",", ":")).replace("CN", "\\u0043N").encode(),
        b'{"authority":"\\ud800","origin":"x","size":3,"token":"dG9rZW4="}',
    ],
)
def test_a_line_that_could_be_written_otherwise_is_refused(line):
    with pytest.raises(BadInput) as caught:
        Stamped.parse(line)
    assert caught.value.code == "stamp-invalid"
