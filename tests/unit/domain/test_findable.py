"""Findable words: of whatever an object is, whole, and told by a look at its bytes where they can be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.findable import (
    ASKED_MAX,
    TEXT_MAX,
    WORD_MAX,
    WORDS_MAX,
    asked,
    findable,
    may_have,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    ["id", "name", "pattern", "value", "aliases", "hashes", "external_references", "description", "malware_types"]
)
texts = st.text(st.sampled_from("abcXYZ019 .-_/:@[]'\"\\é\u202e\n"), max_size=60)


@given(st.dictionaries(names, values))
def test_whatever_an_object_is_it_has_some_words_or_none(value):
    found = findable(value)
    assert len(found) <= WORDS_MAX
    assert all(0 < len(word) <= WORD_MAX and not word.isspace() for word in found)


@given(st.dictionaries(names, texts | st.lists(texts, max_size=3)), st.booleans())
def test_what_an_object_has_is_never_ruled_out_by_its_bytes(value, plain):
    raw = json.dumps(value, ensure_ascii=plain).encode()
    found = findable(value)
    for word in found:
        assert may_have(raw, (word,)), word
    assert may_have(raw, tuple(sorted(found))[:ASKED_MAX])


@given(texts)
def test_every_word_that_is_typed_is_found_where_it_stands(text):
    assert set(asked(text)) <= findable({"name": text})


def test_most_that_an_object_lacks_is_ruled_out():
    raw = b'{"type": "indicator", "name": "Sandworm scan 142 of 98"}'
    for word in ("sand", "worm", "42", "14", "9", "andworm"):
        assert not may_have(raw, (word,))
    assert not may_have(raw, ("sandworm", "turla"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[file:hashes.'SHA-256' = 'ABCDEF01']", "abcdef01"),
        ("https://user@evil.example:8443/a/b.php?c=d", "evil.example"),
        ("http://evil.example/a", "http://evil.example/a"),
        ("evil[.]example", "evil.example"),
        ("a.b.evil.example", "evil.example"),
        ("CVE-2024-3094", "cve-2024-3094"),
        ("T1566.001", "t1566"),
        ("2001:db8::1", "2001:db8::1"),
        ("198.51.100.7", "198.51.100.7"),
        ("ＡＰＴ２８", "apt28"),
        ("STRASSE straße", "strasse"),
        ("Пісочний Хробак", "хробак"),
        ("x" * 100, "x" * WORD_MAX),
    ],
)
def test_these_are_found_by_that(text, word):
    assert word in findable({"name": text})


def test_a_text_is_looked_at_as_far_as_its_limit_and_a_question_too():
    assert "late" not in findable({"name": "a " * (TEXT_MAX // 2) + "late"})
    assert len(asked("a b c d e f g h i j k l")) == ASKED_MAX
    assert asked("a a a") == ("a",)
    assert asked("… !? \u202e") == ()


def test_a_name_comes_before_a_description_where_there_is_no_room_for_both():
    found = findable({"name": "kept", "description": " ".join(f"word{number}" for number in range(1_000))})
    assert "kept" in found
    assert "word999" not in found
    assert len(found) == WORDS_MAX
