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
from tests.simulation.history import History, operations

from relto.ports.store import Store


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
