"""What is told of a reader's client is so, or is not told."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import assume, given

from relto.domain.facts import (
    ASKED_MAX,
    BROKEN_KEPT,
    CLIENT_MAX,
    DAY_US,
    SENT_KEPT,
    Facts,
    Poll,
    merged,
)

BEGIN = 1_740_000_000_000_000
SECOND = 1_000_000
MINUTE = 60 * SECOND

moments = st.integers(1, 10**6)
polls = st.builds(
    Poll,
    endpoint=st.sampled_from(["objects", "manifest", "object"]),
    asked=st.binary(max_size=20),
    added_after=st.none() | st.integers(-(10**6), 10**6),
    by_cursor=st.booleans(),
    client=st.binary(max_size=20),
    status=st.sampled_from([200, 200, 200, 404, 503]),
    code=st.sampled_from(["", "unavailable"]),
    items=st.integers(0, 3),
    last=st.none() | st.integers(0, 10**6),
    broke=st.booleans(),
)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    found = Facts()
    for at, poll in sorted(draw(st.lists(st.tuples(moments, polls), max_size=6)), key=lambda pair: pair[0]):
        found = found.after(at, poll)
    return found


pauses = st.lists(st.integers(5 * SECOND, 20 * MINUTE), min_size=6, max_size=12)


@given(st.integers(-10 * MINUTE, 10 * MINUTE), pauses, st.booleans(), st.data())
def test_a_client_that_keeps_its_own_clock_is_told_within_two_seconds(
    skew: int, between: list[int], cuts: bool, data: st.DataObject
) -> None:
    found, now, cursor = Facts(), BEGIN, None
    for pause in between:
        now += pause
        found = found.after(now, Poll("objects", added_after=cursor, items=1, last=now - 7))
        read = now - data.draw(st.integers(0, 400_000), "from the look at its clock to the request")
        cursor = read + skew
        cursor -= cursor % SECOND if cuts else 0
        # A reading that is, to the microsecond, a date that was sent cannot be told from that date.
        assume(not any(cursor in {date, date - date % 1_000} for date in found.sent))
    assert found.clock is not None
    assert skew - 2 * SECOND <= found.clock <= skew


@given(st.integers(0, 1), pauses, st.lists(st.integers(0, 3), min_size=12, max_size=12), st.data())
def test_a_client_that_comes_back_with_the_date_that_it_was_sent_keeps_no_clock(
    cuts: int, between: list[int], counts: list[int], data: st.DataObject
) -> None:
    found, now, cursor = Facts(), BEGIN, None
    for pause, pages in zip(between, counts, strict=False):
        now += pause
        broken = data.draw(st.integers(0, pages), "the page of which it saw nothing any more")
        for page in range(pages):
            date = now - 1_000 * (pages - page) - 3
            found = found.after(
                now, Poll("objects", added_after=cursor, by_cursor=page > 0, items=1, last=date, more=page + 1 < pages)
            )
            if page < broken:
                kept = date - date % 1_000 if cuts else date
        if not pages:
            found = found.after(now, Poll("objects", added_after=cursor, first=cursor, last=cursor))
        if broken:
            cursor = kept
        assert found.clock is None


@given(pauses, st.data())
def test_a_client_that_keeps_the_largest_modified_is_never_told_to_be_ahead(
    between: list[int], data: st.DataObject
) -> None:
    found, now, cursor = Facts(), BEGIN, None
    for pause in between:
        now += pause
        found = found.after(now, Poll("objects", added_after=cursor, items=1, last=now - 7))
        cursor = now - data.draw(st.integers(0, 30 * DAY_US), "how long ago the newest was modified")
        assert found.clock is None or found.clock <= 0


@given(pauses, st.integers(-40 * DAY_US, 40 * DAY_US))
def test_a_date_that_stands_still_is_no_clock(between: list[int], asked: int) -> None:
    found, now = Facts(), BEGIN
    for pause in [*between, 2 * MINUTE]:
        now += pause
        found = found.after(now, Poll("objects", added_after=BEGIN + asked))
    assert found.clock is None


def test_a_date_ahead_of_our_clock_tells_at_least_that_much_at_the_first_poll() -> None:
    found = Facts().after(BEGIN, Poll("objects", added_after=BEGIN + 300 * SECOND))
    assert found.clock == 300 * SECOND
    assert Facts().after(BEGIN, Poll("objects", added_after=BEGIN + DAY_US + 1)).clock is None


def test_a_clock_that_was_set_right_is_told_after_two_walks() -> None:
    found, told = Facts(), []
    skews = [300 * SECOND] * 4 + [0] * 3
    for number, skew in enumerate(skews):
        found = found.after(BEGIN + number * MINUTE, Poll("objects", added_after=BEGIN + (number - 1) * MINUTE + skew))
        told.append(found.clock)
    # It went back, so that what it kept says nothing for a moment; then two agree.
    assert told[3] == 300 * SECOND
    assert told[4:] == [None, None, 0]


def test_pages_of_one_walk_are_not_walks() -> None:
    found = Facts().after(BEGIN, Poll("objects", added_after=5, more=True, items=1, last=9))
    for poll in (
        Poll("objects", by_cursor=True, items=1, last=11, more=True),
        Poll("objects", added_after=5, by_cursor=True, items=1, last=13),
    ):
        found = found.after(BEGIN + MINUTE, poll)
        assert (found.walked_at, found.polled_at, found.began) == (BEGIN, BEGIN + MINUTE, 5)
    assert found.sent == (9, 11, 13)


def test_a_stale_cursor_beside_another_date_begins_a_walk() -> None:
    found = Facts().after(BEGIN, Poll("objects", added_after=5))
    found = found.after(BEGIN + MINUTE, Poll("objects", added_after=6, by_cursor=True))
    assert (found.walked_at, found.began) == (BEGIN + MINUTE, 6)


def test_a_failure_is_a_poll_and_stays_known_when_the_next_one_is_answered() -> None:
    found = Facts().after(BEGIN, Poll("objects", b"limit=0", status=400, code="parameter-malformed"))
    assert (found.polled_at, found.status, found.items) == (BEGIN, 400, 0)
    found = found.after(BEGIN + 1, Poll("manifest", items=2, first=1, last=2, more=True, client=b"curl/8"))
    assert (found.failed_at, found.failed_status, found.failed_code) == (BEGIN, 400, "parameter-malformed")
    assert (found.status, found.items, found.first, found.last, found.more) == (200, 2, 1, 2, True)
    assert (found.endpoint, found.asked, found.client) == ("manifest", "", "curl/8")


def test_what_fails_elsewhere_is_no_poll() -> None:
    found = Facts().after(BEGIN, Poll("objects", b"limit=1", added_after=5))
    after = found.after(BEGIN + 1, Poll("object", b"", status=404, code="object-unknown"))
    assert (after.failed_at, after.failed_code) == (BEGIN + 1, "object-unknown")
    assert (after.polled_at, after.asked, after.walked_at) == (BEGIN, "limit=1", BEGIN)


@given(st.lists(st.tuples(moments, polls), max_size=60))
def test_facts_stay_small_and_come_back_as_they_went(history: list[tuple[int, Poll]]) -> None:
    found = Facts()
    for at, poll in history:
        before, found = found, found.after(at, poll)
        assert found.polled_at >= before.polled_at
        assert found.failed_at >= before.failed_at
    assert len(found.broken) <= BROKEN_KEPT
    assert len(found.sent) <= SENT_KEPT
    broken = sorted({at for at, poll in history if poll.broke and poll.endpoint != "object"})
    assert found.broken == tuple(broken[-BROKEN_KEPT:])
    assert msgspec.json.decode(msgspec.json.encode(found), type=Facts) == found


@given(facts(), facts(), facts())
def test_what_several_processes_know_is_the_same_in_whichever_order_it_is_put_together(
    one: Facts, two: Facts, three: Facts
) -> None:
    assert merged(one, two) == merged(two, one)
    assert merged(merged(one, two), three) == merged(one, merged(two, three))
    assert merged(one, one) == one
    assert merged(one, Facts()) == one


@given(facts(), moments, polls)
def test_what_comes_late_replaces_nothing_that_is_newer(known: Facts, at: int, poll: Poll) -> None:
    after = known.after(at, poll)
    if at < known.polled_at:
        assert (after.polled_at, after.asked, after.status, after.clock) == (
            known.polled_at,
            known.asked,
            known.status,
            known.clock,
        )
        assert after.failed_at == max(known.failed_at, at if poll.status != 200 else 0)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"OpenCTI/6.2", "OpenCTI/6.2"),
        (b"\x1b[31mred\r\nX: y\x00", "[31mredX: y"),
        ("вікно".encode() * 90, "вікно" * 40),
        (b"\xff" * 300, "�" * CLIENT_MAX),
        ("a\u202eb".encode(), "ab"),
    ],
)
def test_a_client_s_name_is_cut_and_holds_nothing_that_a_terminal_should_not_be_given(sent: bytes, kept: str) -> None:
    assert Facts().after(1, Poll("objects", client=sent)).client == kept


@given(st.binary(max_size=2_000))
def test_any_query_is_kept_as_printable_text(query: bytes) -> None:
    asked = Facts().after(1, Poll("objects", query)).asked
    assert len(asked) <= ASKED_MAX
    assert asked.isprintable()
