"""Objects out of any form of input, byte for byte, however the bytes arrive."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.intake.limits import Limits
from relto.adapters.intake.scanner import Scanner
from relto.domain.errors import BadInput
from relto.ports.intake import Piece

LIMITS = Limits()
SMALL = Limits(object_bytes_max=1000)


def scan(data, *, step=None, lines=False, limits=LIMITS, name="f"):
    step = step or max(len(data), 1)
    chunks = iter([data[at : at + step] for at in range(0, len(data), step)])
    return Scanner(chunks, name=name, limits=limits, lines=lines).pieces()


def fault_of(data, **more):
    found = []
    with pytest.raises(BadInput) as caught:
        found.extend(scan(data, **more))
    return caught.value.code, [piece.raw for piece in found]


def outcome_of(data, **more):
    found = []
    try:
        found.extend(scan(data, **more))
    except BadInput as error:
        return found, error.code, error.message
    return found, "", ""


TEXT = st.text(alphabet='{}[]",:\\ \nab\u00e9', max_size=8)
VALUES = st.recursive(
    TEXT | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(TEXT, VALUES, max_size=4).map(lambda value: {"type": "x-a"} | value), max_size=5)
# A member `objects` that is an array would make a bare object a container, and is a case of its own below.
BARE = OBJECTS.map(lambda values: [value for value in values if "objects" not in value])
STYLES = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])
STEPS = st.integers(1, 40)


def written(values, style):
    return [json.dumps(value, **style).encode() for value in values]


@given(OBJECTS, STYLES, STEPS, st.sampled_from([b"%s", b'{"objects": %s}', b'{"type":"bundle","id":"b","objects":%s}']))
def test_the_elements_of_an_array_are_sliced_as_they_came(values, style, step, shell):
    raws = written(values, style)
    data = shell % (b"[ " + b" ,\n".join(raws) + b"]")
    assert list(scan(data, step=step)) == [Piece(raw, f"f#{index}") for index, raw in enumerate(raws)]


@given(BARE.filter(bool), STEPS)
def test_each_line_of_json_lines_is_one_object(values, step):
    raws = written(values, {})
    data = b"\n".join(raws) + b"\n"
    assert list(scan(data, step=step, lines=True)) == [Piece(raw, f"f:{line}") for line, raw in enumerate(raws, 1)]


@given(BARE.filter(lambda values: len(values) > 1), STEPS)
def test_json_lines_are_known_by_their_content_as_well(values, step):
    raws = written(values, {})
    assert [piece.raw for piece in scan(b"\n".join(raws), step=step)] == raws


@given(BARE.filter(bool), STYLES, STEPS)
def test_a_bare_object_is_itself(values, style, step):
    raw = written(values[:1], style)[0]
    assert list(scan(b"\n " + raw + b"\r\n", step=step)) == [Piece(raw, "f#0")]


@given(st.binary(max_size=60), STEPS, st.booleans())
def test_whatever_the_bytes_are_there_are_pieces_or_a_fault_by_name(data, step, lines):
    found, code, _ = outcome_of(data, step=step, lines=lines)
    assert all(piece.raw in data for piece in found)
    assert code == "" or code.startswith("input-")


MARKS = ["{", "}", "[", "]", '"', "\\", ",", ":", '"objects"', '"type"', '"bundle"', "1", "\n", " "]
JSONISH = st.lists(st.sampled_from(MARKS))


@given(JSONISH.map(lambda parts: "".join(parts).encode()), STEPS, st.booleans())
def test_how_the_bytes_arrive_changes_nothing(data, step, lines):
    assert outcome_of(data, step=step, lines=lines) == outcome_of(data, lines=lines)


OBJECT = b'{"type": "x-a", "id": "1"}'


@pytest.mark.parametrize(
    ("data", "wheres"),
    [
        (b'{"objects": []}', []),
        (b"{}", []),
        (b'{"more": false}', []),
        (b"[]", []),
        (b'{"type": "bundle", "id": "b"}', []),
        (b"\xef\xbb\xbf" + OBJECT, ["f#0"]),
        (b'{"objects": [' + OBJECT + b'], "type": "bundle", "x": {"objects": [1]}}', ["f#0"]),
        (b'{"x": {"objects": [1, 2]}, "objects": [' + OBJECT + b"]}", ["f#0"]),
        (b'{"type": "x-list", "objects": [1, 2]}', ["f#0"]),
        (b'{"type": "observed-data", "objects": {"0": {"type": "file"}}}', ["f#0"]),
        (b"[" + OBJECT + b"]\n[" + OBJECT + b"]", ["f#0", "f#1"]),
        (OBJECT + b"\n\n\r\n" + OBJECT, ["f#0", "f:4"]),
        (OBJECT + OBJECT, ["f#0", "f#1"]),
        (b"\n\n" + OBJECT + b"\n" + OBJECT + b"\n", ["f#0", "f:4"]),
        (OBJECT + b'\n{"objects": [' + OBJECT + b", " + OBJECT + b"]}\n" + OBJECT, ["f#0", "f#1", "f#2", "f:3"]),
    ],
)
def test_each_piece_says_where_it_stood(data, wheres):
    for step in (1, 7, 1000):
        assert [piece.where for piece in scan(data, step=step)] == wheres


def test_what_is_no_object_is_given_on_to_be_refused():
    assert [piece.raw for piece in scan(b'[1, "two", [3], null, {"a": {]}, true]')] == [
        b"1", b'"two"', b"[3]", b"null", b'{"a": {]}', b"true",
    ]  # fmt: skip


def test_a_broken_line_costs_that_line_only():
    data = OBJECT + b'\n{"type": "x-a", \n}}\nnonsense\n' + OBJECT + b"\n"
    assert [piece.raw for piece in scan(data)] == [OBJECT, b'{"type": "x-a",', b"}}", b"nonsense", OBJECT]


@pytest.mark.parametrize("cut", range(1, len(b'{"objects": [' + OBJECT + b"]}")))
def test_an_envelope_that_is_cut_off_anywhere_is_truncated(cut):
    for step in (1, 1000):
        code, found = fault_of((b'{"objects": [' + OBJECT + b"]}")[:cut], step=step)
        assert code == "input-truncated"
        assert found in ([], [OBJECT])


def test_the_last_line_cut_off_is_truncated():
    assert fault_of(OBJECT + b"\n" + OBJECT[:-1]) == ("input-truncated", [OBJECT])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "input-empty"),
        (b" \n\t ", "input-empty"),
        (b"\xef\xbb\xbf", "input-empty"),
        (b"hello", "input-not-json"),
        (b"<html><body>", "input-not-json"),
        (OBJECT.decode().encode("utf-16"), "input-not-json"),
        (b"7", "input-not-json"),
        (b"[,]", "input-not-json"),
        (b"[1,]", "input-not-json"),
        (b"[1 2]", "input-not-json"),
        (b"[1}", "input-not-json"),
        (b'{"objects": [1]]', "input-not-json"),
        (b'{"objects": [1], }', "input-not-json"),
        (b'{"objects" [1]}', "input-not-json"),
        (b"{objects: [1]}", "input-not-json"),
        (b'{"objects": [1]} x', "input-not-json"),
        (b"[" + b"1" * 5000 + b"]", "input-not-json"),
        (b'{"Event": {"info": "x"}}', "input-not-stix"),
        (b'{"a": 1}', "input-not-stix"),
        (b'{"objects": {}}', "input-not-stix"),
        (b'{"type": "bundle", "objects": {}}', "input-not-stix"),
        (b'{"objects": [1], "type": "x-list"}', "input-not-stix"),
        (b'{"type": "x-a", "b": [' + b"1," * 600 + b"1]}", "input-object-too-large"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(data, code):
    for step in (1, 1000):
        assert fault_of(data, step=step, limits=SMALL)[0] == code


@pytest.mark.parametrize("step", [1, 13, 1000, 100_000])
def test_of_an_object_beyond_the_limit_only_the_beginning_is_given_on(step):
    large = b'{"type": "x-a", "b": "' + b"\\\\{" * 20_000 + b'"}'
    deep = b'{"type": "x-a", "b": ' + b'{"c":[' * 3000 + b"]}" * 3000 + b"}"
    data = b"[" + OBJECT + b"," + large + b"," + deep + b"," + OBJECT + b"]"
    assert [piece.raw for piece in scan(data, step=step, limits=SMALL)] == [OBJECT, large[:1001], deep[:1001], OBJECT]


def test_memory_does_not_grow_with_the_input():
    held = []

    def chunks():
        yield b'{"objects": ['
        for _ in range(3000):
            yield OBJECT + b", " + b" " * 1000
            held.append(len(scanner._window.buffer))
        yield b'{"x": "'
        for _ in range(3000):
            yield b"y" * 1000
            held.append(len(scanner._window.buffer))
        yield b'"}]}'

    scanner = Scanner(chunks(), name="f", limits=SMALL, lines=False)
    assert sum(1 for _ in scanner.pieces()) == 3001
    assert max(held) < 4000
