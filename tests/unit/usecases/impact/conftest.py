"""A world whose clock stands at midday of its first day."""

from __future__ import annotations

import pytest
from tests.simulation.sharing import Sharing
from tests.unit.usecases.impact.costs import MIDDAY, TERMS


@pytest.fixture
def sharing() -> Sharing:
    """Midday of the first day."""
    made = Sharing(TERMS)
    made.world.clock.moment = MIDDAY
    return made
