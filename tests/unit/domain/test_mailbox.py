"""An address of mail is plain, and a letter says what the party may see."""

from __future__ import annotations

import contextlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relto.domain.errors import BadInput
from relto.domain.mailbox import SUBJECT_MAX, Mailbox, mail_address, subject_of, text_of
from relto.domain.notice import Notice

AT = 1_741_176_000_000_000
ID = "6f0d7c2e-0a5b-4b39-9d0e-5f2d3b8e1a44"
NOTICE = Notice(4, ID, AT, "UKR", "resume", "usa-ukr", "the flow goes on", {"x": 1}, 2, act=987, about="pause:765")


def box(**other):
    parts = {"id": ID, "party": "UKR", "address": "a@b.example", "account": "kyiv", "kinds": (), "made_at": AT}
    return Mailbox(**{**parts, "made_by": "admin", **other})


@pytest.mark.parametrize("text", ["a@b", "first.last+tag@mail.example.org", "o'neil@x.example", "a_b-c@1.example"])
def test_a_plain_address_is_taken(text) -> None:
    assert mail_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", ".a@b", "a.@b", "a..b@c", "a@-b", "a@b-", "a@b..c", "a@.b",
        "a@b.", '"a b"@c', "a@[127.0.0.1]", "<a@b>", "A <a@b>", "a@b,c@d", "a@b\r\nBcc: c@d", "a@b\n", "a\x00@b", "ä@b",
        "a@ä", f"{'x' * 65}@b", f"a@{'x' * 64}", "a@" + ".".join(["x" * 60] * 5),
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(text) -> None:
    with pytest.raises(BadInput) as caught:
        mail_address(text)
    assert caught.value.code == "mail-address-invalid"


@given(st.text(max_size=40))
def test_no_address_ends_a_line_or_holds_a_blank(text) -> None:
    with contextlib.suppress(BadInput):
        assert not set(mail_address(text)) & set('\r\n\0 ,<>"')


def test_a_mailbox_comes_back_from_its_text() -> None:
    mailbox = box(kinds=("pause",)).disabled("nobody has that name there")
    assert Mailbox.parse(mailbox.as_text()) == mailbox
    assert mailbox.enabled() == box(kinds=("pause",))
    assert box(account=None, kinds=("resume",)).wants(NOTICE)
    assert not box(party="GBR").wants(NOTICE)
    assert not box(kinds=("pause",)).wants(NOTICE)
    assert not box().disabled("x").wants(NOTICE)


@pytest.mark.parametrize("other", [{"address": "x"}, {"party": "u"}, {"account": "a b"}, {"kinds": ("nil",)}])
def test_a_mailbox_that_cannot_be_is_refused(other) -> None:
    with pytest.raises(BadInput):
        box(**other)


@given(st.binary(max_size=60))
def test_whatever_is_read_is_a_mailbox_or_bad_input(raw) -> None:
    with contextlib.suppress(BadInput):
        Mailbox.parse(raw)


def test_a_letter_says_what_it_is_and_nothing_of_the_nodes_record() -> None:
    assert subject_of(NOTICE) == "resume: usa-ukr"
    assert text_of(NOTICE).splitlines() == [
        "the flow goes on",
        "",
        "Notice 4 of UKR, 2025-03-05T12:00:00.000000Z",
        "It follows notice 2.",
        "Acknowledge it: relto inbox acknowledge 4",
    ]
    assert "987" not in text_of(NOTICE)
    assert "765" not in text_of(NOTICE)
    long = Notice(1, ID, AT, "UKR", "recall", "x" * 300, "t")
    assert len(subject_of(long)) == SUBJECT_MAX
    assert "follows" not in text_of(long)
