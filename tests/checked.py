"""When a test has passed, what its worlds logged is carried out again: nothing may be wrong with it."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from tests.replayed import faults_of
from tests.simulation.world import MADE


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
