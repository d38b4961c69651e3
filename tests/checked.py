"""When a test has passed, what its worlds logged is carried out again: nothing may be wrong with it, and explanations
rest on it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

import pytest
from tests.footed import footed
from tests.replayed import faults_of
from tests.simulation.world import MADE, World


def check_worlds() -> None:
    """Now, for those that were made so far: by the limits of now, where a test plays by others for a while."""
    worlds = list(MADE)
    MADE.clear()
    for world in worlds:
        faults = faults_of(world.node.store)
        assert not faults, faults
    for world in _last_of_each(worlds):
        footed(world)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Unless a test marks itself `tampers`, since it is about what goes wrong."""
    MADE.clear()
    yield
    if item.get_closest_marker("tampers") is None:
        check_worlds()
    MADE.clear()


def _last_of_each(worlds: Sequence[World]) -> Iterable[World]:
    """Some tests empty a database for one world after the other: what it says is of the last one."""
    found: dict[bytes, World] = {}
    for world in worlds:
        with world.node.store.read() as snap:
            found[snap.log().frontier] = world
    return found.values()
