"""The map of flows: what is urgent is on it, lines of one pair stand apart, and it stays a picture."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from relto.faces.console.pages.flowmap import (
    BESIDE_MAX,
    HEIGHT,
    LINES_MAX,
    PLACES_MAX,
    WIDTH,
    Flow,
    flow_map,
)

STATES = ("flowing", "partly-paused", "paused", "ended")
CODES = st.integers(0, 60).map(lambda number: f"P{number}")
FLOWS = st.lists(
    st.builds(
        Flow, st.text("abc", min_size=1, max_size=8), CODES, CODES, st.sampled_from(STATES), st.integers(0, 10**7)
    ),
    max_size=150,
)


@given(FLOWS)
def test_it_stays_a_picture_and_counts_what_it_leaves_out(flows: list[Flow]) -> None:
    drawn = flow_map(flows, host="P0")
    assert len(drawn.lines) <= LINES_MAX
    assert len(drawn.places) <= PLACES_MAX
    assert sum(line.flow.count for line in drawn.lines) + drawn.left == len(flows)
    for place in drawn.places:
        assert 0 <= place.x <= WIDTH
        assert 0 <= place.y <= HEIGHT
    for line in drawn.lines:
        assert math.isfinite(line.x + line.y + line.turned)
        assert 2 <= line.thick <= 8
        assert {line.flow.giver, line.flow.to} <= {place.party for place in drawn.places}


@given(FLOWS)
def test_what_is_paused_is_never_left_out_for_what_flows(flows: list[Flow]) -> None:
    drawn = flow_map(flows, host="P0")
    shown = {line.flow.state for line in drawn.lines if line.flow.state == "flowing"}
    paused = {(each.giver, each.to) for each in flows if each.state == "paused"}
    if shown and len({code for pair in paused for code in pair} | {"P0"}) <= PLACES_MAX and len(paused) < LINES_MAX / 5:
        drawn_paused = {(line.flow.giver, line.flow.to) for line in drawn.lines if line.flow.state == "paused"}
        assert paused <= drawn_paused


def test_many_agreements_of_one_pair_are_bundled_by_how_they_stand() -> None:
    flows = [Flow(f"a{number}", "USA", "POL", "flowing", 5) for number in range(9)]
    flows.append(Flow("b", "USA", "POL", "paused", 1))
    drawn = flow_map(flows, host="USA")
    assert [(line.flow.state, line.flow.count, line.flow.released) for line in drawn.lines] == [
        ("paused", 1, 1),
        ("flowing", 9, 45),
    ]


def test_a_few_run_side_by_side() -> None:
    flows = [Flow(f"a{number}", "USA", "POL", "flowing", 5) for number in range(BESIDE_MAX)]
    drawn = flow_map(flows, host="USA")
    assert len({(line.x, line.y) for line in drawn.lines}) == BESIDE_MAX


def test_nothing_is_a_picture_of_the_node_alone() -> None:
    drawn = flow_map([], host="USA")
    assert [place.party for place in drawn.places] == ["USA"]
    assert not drawn.lines
