"""Sealed places: only who was given one can bring it back, and nothing can be read in it."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.sealed import TEXT_LENGTH, seal, unseal

KEY = b"k" * 32
numbers = st.integers(-(2**63), 2**63 - 1)


@given(numbers)
def test_a_place_comes_back_for_whose_it_is_alone(place):
    text = seal(place, KEY, "kyiv")
    assert len(text) == TEXT_LENGTH
    assert unseal(text, KEY, "kyiv") == place
    assert unseal(text, KEY, "lviv") is None
    assert unseal(text, b"another key", "kyiv") is None


def test_neighbours_have_nothing_in_common():
    bits = [int.from_bytes(base64.urlsafe_b64decode(seal(number, KEY, "kyiv")), "big") for number in range(50)]
    differing = [(one ^ other).bit_count() for one, other in pairwise(bits)]
    assert all(60 < count < 132 for count in differing), differing


@pytest.mark.parametrize("text", ["", "1", "x" * TEXT_LENGTH, "é" * TEXT_LENGTH, "=" * TEXT_LENGTH, "a" * 31 + "\n"])
def test_what_was_never_sealed_is_no_place(text):
    assert unseal(text, KEY, "kyiv") is None


@given(st.integers(0, TEXT_LENGTH - 1), st.sampled_from("ABCabc019-_"))
def test_a_text_that_was_changed_is_no_place(at, letter):
    text = seal(12, KEY, "kyiv")
    changed = text[:at] + letter + text[at + 1 :]
    assert changed == text or unseal(changed, KEY, "kyiv") is None
