"""When a test has passed, what its worlds logged is carried out again: nothing may be wrong with it, and explanations
rest on it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

import pytest
from tests.footed import footed
from tests.replayed import faults_of
from tests.simulation.world import MADE, World


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Unless a test marks itself `tampers`, since it is about what goes wrong."""
    MADE.clear()
    yield
    worlds = list(MADE)
    MADE.clear()
    if item.get_closest_marker("tampers") is None:
        for world in worlds:
            faults = faults_of(world.node.store)
            assert not faults, faults
        for world in _last_of_each(worlds):
            footed(world)


def _last_of_each(worlds: Sequence[World]) -> Iterable[World]:
    """Some tests empty a database for one world after the other: what it says is of the last one."""
    found: dict[bytes, World] = {}
    for world in worlds:
        with world.node.store.read() as snap:
            found[snap.log().frontier] = world
    return found.values()
