"""What is logged in these tests is carried out again at the end of each."""

from tests.checked import pytest_runtest_call

__all__ = ["pytest_runtest_call"]
