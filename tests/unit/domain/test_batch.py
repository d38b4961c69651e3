"""Moments of a batch: later than all before, ahead of the clock, and their own inverse."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relto.domain.batch import (
    AHEAD_MAX_US,
    AHEAD_TAIL_US,
    LEAD_US,
    MILLISECOND_US,
    NEAR_US,
    TAIL_ITEMS,
    Batch,
    whole_millisecond,
)

CLOCK = 1_740_000_000_000_000

clocks = st.integers(CLOCK, CLOCK + 2 * MILLISECOND_US)
behind_and_ahead = (
    st.integers(-5 * MILLISECOND_US, NEAR_US + 2 * MILLISECOND_US)
    | st.integers(AHEAD_TAIL_US - 3, AHEAD_TAIL_US + 3)
    | st.integers(AHEAD_MAX_US - 3, AHEAD_MAX_US + 3)
    | st.just(-CLOCK)
)
counts = st.integers(1, 12) | st.integers(TAIL_ITEMS - 2, TAIL_ITEMS + 12) | st.integers(1, 2_600)


@st.composite
def planned(draw: st.DrawFn) -> tuple[Batch, int, int]:
    """A batch, the clock that it was planned by, and the last moment given out before."""
    clock = draw(clocks)
    last_given = clock + LEAD_US + draw(behind_and_ahead)
    first = draw(st.integers(1, 10**9))
    return Batch.plan(first=first, count=draw(counts), clock=clock, last_given=last_given), clock, last_given


@given(planned())
def test_moments_increase_strictly_and_are_later_than_all_before(plan):
    batch, _, last_given = plan
    moments = [last_given, *(batch.added_at(seq) for seq in range(batch.first, batch.last + 1))]
    assert all(before < after for before, after in itertools.pairwise(moments))
    assert batch.end == moments[-1]


@given(planned())
def test_no_moment_is_nearer_to_the_clock_than_the_lead(plan):
    batch, clock, _ = plan
    assert batch.added_at(batch.first) == batch.start >= clock + LEAD_US


@given(planned(), st.integers(-3, 3), st.integers(0, 10**9))
def test_the_items_up_to_a_moment_are_those_added_by_then(plan, off, pick):
    batch, _, _ = plan
    seq = batch.first + pick % (batch.last - batch.first + 1)
    assert batch.upto(batch.added_at(seq)) == seq
    moment = batch.added_at(seq) + off
    expected = sum(batch.added_at(each) <= moment for each in range(batch.first, batch.last + 1))
    assert batch.upto(moment) == batch.first - 1 + expected


@given(planned())
def test_nothing_is_added_before_the_start_and_nothing_after_the_end(plan):
    batch, _, _ = plan
    assert batch.upto(batch.start - 1) == batch.first - 1
    assert batch.upto(batch.end + 10 * MILLISECOND_US) == batch.last


@given(planned())
def test_the_last_hundred_stand_on_whole_milliseconds_unless_the_clock_is_far_behind(plan):
    batch, clock, last_given = plan
    ahead = max(0, last_given + 1 - (clock + LEAD_US))
    tail = TAIL_ITEMS if ahead <= AHEAD_TAIL_US else 1 if ahead <= AHEAD_MAX_US else 0
    for seq in range(max(batch.first, batch.last - tail + 1), batch.last + 1):
        assert batch.added_at(seq) % MILLISECOND_US == 0


@given(planned())
def test_every_item_takes_the_next_whole_millisecond_while_that_is_near(plan):
    batch, clock, last_given = plan
    before = max(last_given, clock + LEAD_US - 1)
    for seq in range(batch.first, batch.last + 1):
        if whole_millisecond(before + 1) > clock + LEAD_US + NEAR_US:
            break
        before = batch.added_at(seq)
        assert before % MILLISECOND_US == 0


@given(planned())
def test_between_head_and_tail_no_moment_is_left_out(plan):
    batch, _, _ = plan
    moments = [batch.added_at(seq) for seq in range(batch.first + batch.head, batch.last - batch.tail + 1)]
    assert all(after == before + 1 for before, after in itertools.pairwise(moments))


@given(st.integers(1, 300), clocks)
def test_many_small_batches_cannot_run_away_from_the_clock(count, clock):
    last_given = 0
    for number in range(2_000):
        last_given = Batch.plan(first=number + 1, count=min(count, 3), clock=clock, last_given=last_given).end
    assert last_given <= clock + LEAD_US + AHEAD_MAX_US + 3 * 2_000


@given(planned())
def test_what_was_planned_is_known_by_its_moments(plan):
    batch, _, last_given = plan
    assert batch.is_planned(last_given)


@given(planned(), st.sampled_from(["start", "head", "tail"]), st.integers(-3, 1_000).filter(bool))
def test_moments_that_no_clock_leads_to_are_known_as_such(plan, name, change):
    batch, _, last_given = plan
    other = replace(batch, **{name: getattr(batch, name) + change})
    clocks = range(other.start - LEAD_US - MILLISECOND_US, other.start - LEAD_US + 1)
    may = any(
        Batch.plan(first=batch.first, count=batch.last - batch.first + 1, clock=clock, last_given=last_given) == other
        for clock in clocks
    )
    # A moment that was given out before leaves room for any clock behind it.
    if other.is_planned(last_given) != may:
        assert whole_millisecond(last_given + 1) in {other.start, whole_millisecond(other.start)}
