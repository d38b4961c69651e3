"""Files that people write: the little of YAML that is read, and the much that is refused."""

import json
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain import written
from relto.domain.errors import BadInput


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: b", {"a": "b"}),
        ("a: 0\nb: 12\nc: -3", {"a": 0, "b": 12, "c": -3}),
        ("a: true\nb: false\nc: ~\nd: null\ne:", {"a": True, "b": False, "c": None, "d": None, "e": None}),
        ("to: [NO, yes, off, on]", {"to": ["NO", "yes", "off", "on"]}),
        ("day: 2025-06-01", {"day": "2025-06-01"}),
        ("a: [010, 0x1F, 1_000, 12:30:45, 1.5]", {"a": ["010", "0x1F", "1_000", "12:30:45", "1.5"]}),
        ('a: "1"\nb: "true"\nc: ""', {"a": "1", "b": "true", "c": ""}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("# nothing but a remark\na: b", {"a": "b"}),
        ("\ufeffa: b", {"a": "b"}),
        ('{"a": ["b", 1, true, null, {}]}', {"a": ["b", 1, True, None, {}]}),
        ("[]", []),
        ("word", "word"),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
    ],
)
def test_plain_yaml_and_json_are_read_as_they_were_typed(text, value):
    assert written.read(text) == value


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

REFUSED = {
    "nothing": "",
    "a remark alone": "# nothing\n",
    "an alias bomb": BOMB,
    "one alias": "a: &x 1\nb: *x",
    "an anchor alone": "a: &x 1",
    "a recursive anchor": "&x [*x]",
    "a python object": "!!python/object/apply:os.system ['true']",
    "a tag that YAML knows": "a: !!str 1",
    "a tag of one's own": "a: !own 1",
    "a set": "!!set {a, b}",
    "two documents": "a: 1\n---\nb: 2",
    "a key twice": "a: 1\na: 2",
    "a key twice, once in quotes": 'a: 1\n"a": 2',
    "a key twice below": "a: {b: 1, b: 2}",
    "a number for a key": "1: a",
    "a truth for a key": "true: a",
    "nothing for a key": "~: a",
    "a list for a key": "? [a]\n: b",
    "a mapping for a key": "{{a: b}: c}",
    "an open bracket": "a: [b",
    "an open quote": 'a: "b',
    "a tab for indentation": "a:\n\tb: c",
    "a second colon": "a: b: c",
    "lists to the depths": "[" * 5_000 + "]" * 5_000,
    "mappings to the depths": '{"a":' * 100 + "1" + "}" * 100,
    "too much": "a: " + "x" * written.FILE_MAX,
    "a control character": "a: \x07",
    "a null byte": "a: \x00",
    "half a surrogate pair": 'a: "\\ud83d"',
    "a character beyond Unicode": 'a: "\\U00110000"',
    "an unknown escape": 'a: "\\q"',
    "a directive for another YAML": "%YAML 9.9\n---\na: 1",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_a_hostile_file_is_refused_by_its_code(text):
    with pytest.raises(BadInput) as caught:
        written.read(text, code="some-code")
    assert caught.value.code == "some-code"
    assert len(caught.value.message) < 250


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    value = None
    with suppress(BadInput):
        value = written.read(text)
    assert value is None or isinstance(value, (bool, int, str, list, dict))


KEYS = st.text("abc-_", min_size=1, max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_json_is_read_as_json_says(value):
    assert written.read(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "x" * 501, "a\nb", "a\tb", "a\x1b[31m", "a\x7f", "a\x85", "a\u2028b", "a\u202eb", "a\u2066b"),
        *("a\ud800", None, 1, True, [], {}),
    ],
)
def test_a_line_of_text_holds_nothing_that_a_terminal_would_obey(text):
    with pytest.raises(BadInput) as caught:
        written.one_line(text, what="the reason", code="some-code")
    assert caught.value.code == "some-code"


@pytest.mark.parametrize("text", ["a", "Génie\u00a0civil", "Україна", "情報", "🛰 x", 'it\'s `so`: "yes"'])
def test_a_line_of_text_in_any_script_is_kept_as_it_is(text):
    assert written.one_line(text, what="the reason", code="some-code") == text


def test_the_nearest_word_is_named():
    assert written.nearest("onwards", ["onward", "to"]) == "did you mean `onward`?"
    assert written.nearest("zzz", ["onward", "to"]) == "known are: onward, to"
    assert written.nearest("zzz", []) == ""


@given(st.text(max_size=300))
def test_what_is_shown_is_short_and_printable(text):
    assert len(written.shown(text)) <= 83
    assert written.shown(text).isprintable()


@given(st.text(st.characters(), min_size=1, max_size=40))
def test_what_a_line_refuses_is_what_is_disarmed(text):
    """Printable text is let through unseen: nothing that is refused can be printed."""
    refused = any(
        unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"}
        or each in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
        for each in text
    )
    taken = not refused and bool(text.strip())
    try:
        assert written.one_line(text, what="it", code="some-code") == text
    except BadInput:
        assert not taken
    else:
        assert taken
        assert written.disarmed(text) == " ".join(text.split())
