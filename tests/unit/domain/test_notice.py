"""A notice is whole, or is none; what a party sees of it is its own."""

from __future__ import annotations

import contextlib
import json
import uuid

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relto.domain import moment
from relto.domain.errors import BadInput
from relto.domain.notice import (
    DATA_BYTES_MAX,
    DATA_DEPTH_MAX,
    KINDS,
    NOTE_MAX,
    NUMBER_MAX,
    TEXT_MAX,
    Acknowledgement,
    Draft,
    Notice,
    notice_kind,
    wanted_kinds,
)

ID = "6f0d7c2e-0a5b-4b39-9d0e-5f2d3b8e1a44"
AT = 1_741_176_000_000_000

lines = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=60).filter(str.strip)
numbers = st.integers(1, NUMBER_MAX)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-NUMBER_MAX, NUMBER_MAX) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    number = draw(numbers)
    return Notice(
        number,
        str(uuid.UUID(int=draw(st.integers(0, 2**128 - 1)))),
        draw(st.integers(moment.EARLIEST, moment.LATEST)),
        draw(st.from_regex(r"[A-Z0-9-]{2,20}", fullmatch=True)),
        draw(st.sampled_from(KINDS)),
        draw(lines),
        draw(lines),
        draw(st.dictionaries(st.text(max_size=8), values, max_size=4)),
        draw(st.none() | st.integers(1, number - 1) if number > 1 else st.none()),
        draw(st.none() | numbers),
        draw(st.sampled_from(["", "pause:7", "agreement:usa-ukr"])),
    )


def made(**other):
    parts = {"number": 3, "id": ID, "at": AT, "party": "UKR", "kind": "pause", "subject": "usa-ukr", "text": "paused"}
    return Notice(**{**parts, **other})


@given(notices())
def test_a_notice_comes_back_from_its_text(notice: Notice) -> None:
    assert Notice.parse(notice.as_text()) == notice
    assert "\n" not in notice.as_text()


@given(notices())
def test_what_the_party_sees_holds_nothing_of_the_node(notice: Notice) -> None:
    shown = notice.shown()
    assert set(shown) == {"notice", "at", "kind", "subject", "text", "regards", "data"}
    assert json.loads(json.dumps(shown)) == shown


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_is_read_is_a_notice_or_bad_input(raw: bytes) -> None:
    with contextlib.suppress(BadInput):
        Notice.parse(raw)


@given(notices(), st.data())
def test_a_notice_that_was_damaged_is_a_notice_or_bad_input(notice: Notice, data: st.DataObject) -> None:
    raw = bytearray(notice.as_text().encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        Notice.parse(bytes(raw))


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{}", "[" * 100_000, '{"a":' * 50_000, b"\xff", json.dumps({"number": 1}), "NaN"],
    ids=lambda text: repr(text)[:20],
)
def test_what_is_no_notice_is_refused_by_name(text) -> None:
    with pytest.raises(BadInput) as caught:
        Notice.parse(text)
    assert caught.value.code == "notice-invalid"


def deep(levels):
    value: object = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"number": 0}, "notice-invalid"),
        ({"number": 2**63}, "notice-invalid"),
        ({"id": "7"}, "notice-invalid"),
        ({"id": ID.upper()}, "notice-invalid"),
        ({"at": moment.LATEST + 1}, "notice-invalid"),
        ({"party": "ukr"}, "party-code-invalid"),
        ({"kind": "pauze"}, "notice-kind-unknown"),
        ({"subject": ""}, "notice-invalid"),
        ({"subject": "x" * 401}, "notice-invalid"),
        ({"text": "two\nlines"}, "notice-invalid"),
        ({"text": "red\x1b[31m"}, "notice-invalid"),
        ({"text": "\u202ebackwards"}, "notice-invalid"),
        ({"text": "x" * (TEXT_MAX + 1)}, "notice-invalid"),
        ({"regards": 3}, "notice-invalid"),
        ({"regards": 0}, "notice-invalid"),
        ({"act": 0}, "notice-invalid"),
        ({"about": "a b"}, "notice-invalid"),
        ({"data": []}, "notice-invalid"),
        ({"data": {"x": 1.5}}, "notice-invalid"),
        ({"data": {"x": float("nan")}}, "notice-invalid"),
        ({"data": {1: "x"}}, "notice-invalid"),
        ({"data": {"x": b"x"}}, "notice-invalid"),
        ({"data": {"x": "\ud800"}}, "notice-invalid"),
        ({"data": {"\ud800": "x"}}, "notice-invalid"),
        ({"data": {"x": 2**63}}, "notice-invalid"),
        ({"data": {"x": "y" * DATA_BYTES_MAX}}, "notice-invalid"),
        ({"data": {"x": deep(DATA_DEPTH_MAX)}}, "notice-invalid"),
    ],
)
def test_what_no_notice_may_hold_makes_none(other, code) -> None:
    with pytest.raises(BadInput) as caught:
        made(**other)
    assert caught.value.code == code


def test_data_is_a_copy_that_nobody_else_changes() -> None:
    data = {"topics": ("naval", "air"), "deep": deep(DATA_DEPTH_MAX - 1)}
    notice = made(data=data)
    data["topics"] = ()
    assert notice.data["topics"] == ["naval", "air"]


def test_a_draft_becomes_the_notice_that_it_says() -> None:
    draft = Draft("UKR", "resume", "usa-ukr", "the flow goes on", {"held": 3}, act=9, about="pause:7")
    assert draft.numbered(5, id=ID, at=AT, regards=2) == made(
        number=5, kind="resume", text="the flow goes on", data={"held": 3}, regards=2, act=9, about="pause:7"
    )


@given(st.text(max_size=50), st.integers(0, 200))
def test_whatever_a_draft_says_is_made_to_fit(text: str, times: int) -> None:
    """Reasons and names that others wrote stand in it, and no act fails for how it is told."""
    notice = Draft("UKR", "pause", "usa-ukr", "paused: " + text * times).numbered(1, id=ID, at=AT)
    assert notice.text.startswith("paused:")
    assert len(notice.text) <= TEXT_MAX
    assert notice.text.isprintable()


@pytest.mark.parametrize("character", ["x", '"', "\\", "Ї", "漢", "🦔"])
def test_a_reason_of_any_script_fits_into_the_data(character: str) -> None:
    reason = character * 2_000
    assert made(data={"reason": reason, "since": "2025-03-05T12:00:00.000000Z"}).data["reason"] == reason


def test_kinds_are_listed_once_in_their_order_and_a_misspelt_one_names_the_nearest() -> None:
    assert wanted_kinds(["resume", "pause", "resume"]) == ("pause", "resume")
    assert wanted_kinds([]) == ()
    with pytest.raises(BadInput) as caught:
        notice_kind("resumed")
    assert (caught.value.code, "resume" in caught.value.remedy) == ("notice-kind-unknown", True)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (("ukr", 1, "kyiv", AT, ""), "party-code-invalid"),
        (("UKR", 0, "kyiv", AT, ""), "acknowledgement-invalid"),
        (("UKR", 1, "two words", AT, ""), "account-name-invalid"),
        (("UKR", 1, "kyiv", AT, "a\x00"), "acknowledgement-invalid"),
        (("UKR", 1, "kyiv", AT, "x" * (NOTE_MAX + 1)), "acknowledgement-invalid"),
    ],
)
def test_an_acknowledgement_that_cannot_be_is_refused(parts, code) -> None:
    with pytest.raises(BadInput) as caught:
        Acknowledgement(*parts)
    assert caught.value.code == code
