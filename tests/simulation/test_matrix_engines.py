"""A sample of the matrix on the real engines, with three stores on one database, each call by another of them."""

from __future__ import annotations

import os
from random import Random

import pytest
from tests.simulation.test_engines import InTurn, opened
from tests.simulation.test_matrix import CASES, FAULTS, play

SAMPLE = int(os.environ.get("TEST_CLIENTS", "8"))
"""So many cases for each engine; set higher for a longer hunt, 96 for all."""

EVERY = [(case, faults) for case in CASES for faults in FAULTS]
CHOSEN = Random(20261124).sample(EVERY, min(SAMPLE, len(EVERY)))


@pytest.mark.parametrize(("case", "faults"), CHOSEN, ids=[f"{case.name}-{faults}" for case, faults in CHOSEN])
def test_no_client_loses_anything_on_a_real_engine(opened, case, faults):
    stores, empty = opened
    empty()
    play(InTurn(stores), case, faults=faults, seed=SAMPLE)


__all__ = ["opened"]
