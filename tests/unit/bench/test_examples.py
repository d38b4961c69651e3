"""The examples in the source of the measurements, which stand outside the folders that pytest collects from."""

import doctest
import importlib

import pytest

WHOLE = [f"bench.whole.{name}" for name in ("clients", "link", "verdict", "writing")]


@pytest.mark.parametrize("name", ["bench.objects", "bench.report", *WHOLE])
def test_the_examples_in_the_source_hold(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
