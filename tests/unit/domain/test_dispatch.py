"""A dispatch is tried often enough and never without end; a place that fails is left alone, and found again."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from relto.domain.dispatch import (
    ANSWER_MAX,
    ASKED_QUIET_MAX_US,
    DELAYS_US,
    GIVE_UP_US,
    HOUR,
    LEASE_US,
    QUIET_MAX_US,
    SECOND,
    TRIES_MAX,
    Dispatch,
    Health,
    Outcome,
    delay_us,
)
from relto.domain.written import harmless

AT = 1_741_176_000_000_000

lots = st.floats(0, 1, exclude_max=True)
results = st.sampled_from(["delivered", "refused", "unreachable", "throttled", "gone", "rejected"])
failures = st.sampled_from(["refused", "unreachable", "throttled"])
outcomes = st.builds(
    Outcome, results, st.integers(0, 599), st.text(max_size=20), st.none() | st.integers(-5, 100 * HOUR)
)


def new() -> Dispatch:
    return Dispatch("UKR", 1, "w", "webhook", made_at=AT, next_at=AT)


@given(st.lists(lots, min_size=2 * TRIES_MAX, max_size=2 * TRIES_MAX), failures)
def test_what_always_fails_is_tried_at_growing_distances_and_then_given_up(drawn: list[float], result: str) -> None:
    dispatch, now, tried = new(), AT, []
    for lot in drawn:
        if dispatch.state != "waiting":
            break
        now = dispatch.next_at
        tried.append(now)
        dispatch = dispatch.claimed(now).after(Outcome(result), at=now, lot=lot)
    assert dispatch.state == "failed"
    assert len(tried) == dispatch.tries == TRIES_MAX
    gaps = [after - before for before, after in pairwise(tried)]
    assert gaps == sorted(set(gaps))
    assert all(gap >= delay for gap, delay in zip(gaps, DELAYS_US[1:], strict=True))
    assert GIVE_UP_US <= tried[-1] - tried[0] <= GIVE_UP_US * 1.2


def test_the_delays_are_those_of_the_standards_example() -> None:
    began = [sum(DELAYS_US[: place + 1]) // SECOND for place in range(TRIES_MAX)]
    hours = [f"{each // 3600:02}:{each // 60 % 60:02}:{each % 60:02}" for each in began]
    assert hours == [
        "00:00:00", "00:00:05", "00:05:05", "00:35:05", "02:35:05",
        "07:35:05", "17:35:05", "31:35:05", "51:35:05", "75:35:05",
    ]  # fmt: skip


@given(st.integers(-10, 100), lots)
def test_a_delay_is_bounded_whatever_is_asked(tries: int, lot: float) -> None:
    assert 0 <= delay_us(tries, lot=lot) <= DELAYS_US[-1] * 1.2


@given(st.lists(st.tuples(outcomes, lots), max_size=30))
def test_whatever_comes_of_it_a_dispatch_ends_and_stays_ended(drawn: list[tuple[Outcome, float]]) -> None:
    dispatch, now = new(), AT
    for outcome, lot in drawn:
        if dispatch.state != "waiting":
            break
        now = max(now, dispatch.next_at)
        claimed = dispatch.claimed(now)
        assert claimed.next_at == now + LEASE_US
        dispatch = claimed.after(outcome, at=now, lot=lot)
        if outcome.result == "delivered":
            assert dispatch.state == "delivered"
        elif outcome.result in {"gone", "rejected"}:
            assert dispatch.state == "failed"
        if dispatch.state == "waiting":
            assert now < dispatch.next_at <= now + ASKED_QUIET_MAX_US * 1.2
            assert dispatch.tries < TRIES_MAX
        assert (dispatch.last_at, dispatch.last_status, dispatch.last_answer) == (now, outcome.status, outcome.answer)


@given(st.lists(st.tuples(outcomes, lots), max_size=30))
def test_a_place_counts_every_try_and_is_quiet_only_where_it_could_not_be_reached(drawn) -> None:
    health, now = Health(), AT
    for outcome, lot in drawn:
        before, now = health, now + SECOND
        health = health.after(outcome, at=now, lot=lot)
        assert health.delivered + health.failed == before.delivered + before.failed + 1
        if outcome.result == "delivered":
            assert (health.failures, health.failing_since, health.quiet_until) == (0, None, 0)
        elif outcome.result in {"unreachable", "throttled"}:
            asked = outcome.retry_after_us or 0
            assert now + asked <= health.quiet_until <= now + max(asked, QUIET_MAX_US)
            assert health.failing_since is not None
        else:
            assert health.quiet_until == before.quiet_until


def test_a_place_is_given_up_when_it_failed_for_long_and_often_and_not_before() -> None:
    health = Health()
    for place in range(TRIES_MAX):
        health = health.after(Outcome("refused", 500), at=AT + place, lot=0.0)
    assert not health.is_given_up(AT + GIVE_UP_US - 1)
    assert health.is_given_up(AT + GIVE_UP_US)
    assert not health.rested().is_given_up(AT + 2 * GIVE_UP_US)
    assert not Health(failures=1, failing_since=AT).is_given_up(AT + 2 * GIVE_UP_US)
    assert not health.after(Outcome("delivered", 200), at=AT + GIVE_UP_US, lot=0.0).is_given_up(AT + 3 * GIVE_UP_US)


def test_a_wish_for_quiet_is_kept_within_a_bound() -> None:
    assert Outcome("throttled", 429, retry_after_us=-1).retry_after_us == 0
    assert Outcome("throttled", 429, retry_after_us=10**30).retry_after_us == ASKED_QUIET_MAX_US
    dispatch = new().claimed(AT).after(Outcome("throttled", 429, retry_after_us=HOUR), at=AT, lot=0.0)
    assert dispatch.next_at == AT + HOUR


def test_what_failed_can_be_begun_anew_and_what_is_in_vain_given_up() -> None:
    given_up = new().given_up("the webhook is\ndisabled", at=AT + 5)
    assert (given_up.state, given_up.last_answer, given_up.next_at) == ("failed", "the webhook is disabled", AT + 5)
    again = given_up.again(at=AT + 9)
    assert (again.state, again.tries, again.next_at) == ("waiting", 0, AT + 9)


@given(st.text(max_size=3 * ANSWER_MAX))
def test_an_answer_is_one_short_line_that_no_terminal_obeys(text: str) -> None:
    said = Outcome("refused", 500, text).answer
    assert said == harmless(said, longest=ANSWER_MAX)
    assert len(said) <= ANSWER_MAX
    assert said.isprintable()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("  Bad\r\n\t Gateway  ", "Bad Gateway"),
        ("\x1b]0;title\x07\x1b[2J", "�]0;title��[2J"),
        ("\u202eevil\x00", "�evil�"),
        ("x" * 10_000, "x" * (ANSWER_MAX - 1) + "…"),
    ],
)
def test_what_a_stranger_answers_is_made_harmless(text: str, said: str) -> None:
    assert harmless(text, longest=ANSWER_MAX) == said
