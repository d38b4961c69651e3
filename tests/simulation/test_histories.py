"""Random histories: what every reader gets, against the naive ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.store import FakeStore
from tests.simulation.history import AGREEMENTS, History
from tests.simulation.world import TOPICS

from relto.ports.store import Store

topic_sets = st.frozensets(st.sampled_from(TOPICS), max_size=2)
scopes = st.frozensets(st.sampled_from(TOPICS), min_size=1, max_size=4)

operations = st.one_of(
    st.tuples(st.just("take"), st.lists(topic_sets, min_size=1, max_size=4)),
    st.tuples(st.just("revise"), st.integers(0, 20), topic_sets),
    st.tuples(st.just("page"), st.integers(0, 7)),
    st.tuples(st.just("page"), st.integers(0, 7)),
    st.tuples(st.just("walk"), st.integers(0, 7)),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 700, 25_000, 130_000, 2_000_000])),
    st.tuples(
        st.just("pause"),
        st.sampled_from([("usa-both",), ("usa-ukr",), ("usa-both", "usa-ukr")]),
        st.none() | scopes,
        st.booleans(),
        st.none() | st.sampled_from(["UKR"]),
    ),
    st.tuples(
        st.just("schedule"),
        st.sampled_from([("usa-both",), ("usa-ukr",), ("usa-both", "usa-ukr")]),
        st.none() | scopes,
        st.booleans(),
        st.sampled_from([20_500, 22_000, 1_000_000, 2_500_000]),
        st.none() | st.sampled_from([500_000, 3_000_000]),
    ),
    st.tuples(st.just("join"), st.integers(0, 20), topic_sets),
    st.tuples(st.just("mark"), st.integers(0, 5)),
    st.tuples(st.just("resume"), st.integers(0, 5), st.sampled_from(["release", "release", "discard", "review"])),
    st.tuples(st.just("bits"), st.sets(st.sampled_from(TOPICS), max_size=1), st.booleans()),
    st.tuples(st.just("amend"), st.sampled_from(sorted(AGREEMENTS)), scopes, st.booleans()),
    st.tuples(st.just("withdraw"), st.integers(0, 20)),
    st.tuples(st.just("end"), st.sampled_from(sorted(AGREEMENTS))),
    st.tuples(st.just("leave")),
    st.tuples(st.just("resume_all")),
    st.tuples(st.just("retract"), st.integers(0, 20), topic_sets),
    st.tuples(st.just("amend_pause"), st.integers(0, 5), st.none() | scopes, st.booleans()),
    st.tuples(
        st.just("by_hand"),
        st.sampled_from(["withhold", "release", "recall"]),
        st.integers(0, 20),
        st.sampled_from(["*", *sorted(AGREEMENTS)]),
    ),
)


def run(store: Store, history: list[tuple[Any, ...]], *, processes: int = 1, keeps_history: bool = True) -> None:
    driver = History(store, processes=processes, history=keeps_history)
    for name, *arguments in history:
        getattr(driver, name)(*arguments)
    driver.check_end()


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(operations, st.booleans()), max_size=40), st.booleans())
def test_how_things_stood_is_told_again_from_the_acts_alone(
    history: list[tuple[tuple[Any, ...], bool]], keeps_history: bool
) -> None:
    driver = History(FakeStore(), processes=1, history=keeps_history, readers=False)
    for (name, *arguments), remembered in history:
        if name in {"walk", "page"}:
            continue
        if remembered:
            # Not before each act: what is remembered waits until all that was stored can be read.
            driver.remember()
        # No two acts are of one microsecond: each is durable before the next begins.
        driver.wait(1)
        getattr(driver, name)(*arguments)
    driver.remember()
    driver.check_past()


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(operations, max_size=40), st.integers(1, 3), st.booleans())
def test_every_reader_gets_each_released_item_exactly_once(
    history: list[tuple[Any, ...]], processes: int, keeps_history: bool
) -> None:
    run(FakeStore(), history, processes=processes, keeps_history=keeps_history)


def kept(path: Path) -> tuple[list[tuple[Any, ...]], bool]:
    """A history that once told a wrong program from the right one, shrunk; and whether its agreements keep history."""

    def read(value: Any) -> Any:
        if isinstance(value, dict):
            return frozenset(value["set"])
        return tuple(map(read, value)) if isinstance(value, list) else value

    vector = json.loads(path.read_text())
    history = [
        (name, *(list(each) if name == "take" else each for each in map(read, given)))
        for name, *given in vector["history"]
    ]
    return history, vector["keeps_history"]


VECTORS = {path.stem: kept(path) for path in sorted((Path(__file__).parents[1] / "vectors/histories").glob("*.json"))}


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_what_was_found_once_stays_found(name: str) -> None:
    history, keeps_history = VECTORS[name]
    run(FakeStore(), history, processes=2, keeps_history=keeps_history)


Act = Callable[..., None]
