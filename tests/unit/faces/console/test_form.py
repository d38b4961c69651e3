"""Forms are read as they were sent, and whatever is no form is refused."""

from __future__ import annotations

import contextlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput
from relto.faces.console.form import FIELDS_MAX, Form

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=20))
def test_what_a_browser_sends_is_read_back(pairs: list[tuple[str, str]]) -> None:
    assert Form.read(urlencode(pairs).encode()).pairs == tuple(pairs)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_are_refused(raw: bytes) -> None:
    with contextlib.suppress(BadInput):
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in Form.read(raw).pairs)


@pytest.mark.parametrize("raw", [b"\xff=1", b"a=%ff", b"a=%C3%28", b"&".join([b"a=1"] * (FIELDS_MAX + 1))])
def test_what_is_no_form_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        Form.read(raw)


@pytest.mark.parametrize("text", ["-1", "1.5", "٣", "1e9", "0x10", "9" * 16, "1 2"])
def test_a_number_is_a_whole_number(text: str) -> None:
    with pytest.raises(BadInput):
        Form((("count", text),)).number("count")


def test_blank_is_nothing() -> None:
    form = Form((("a", "  "), ("b", " x ")))
    assert (form.given("a"), form.has("a"), form.text("b"), form.number("a")) == (None, False, "x", None)


def test_lines_are_told_apart_as_browsers_send_them() -> None:
    assert Form.read(b"conditions=one%0D%0A%0D%0A+two+").lines("conditions") == ("one", "two")
