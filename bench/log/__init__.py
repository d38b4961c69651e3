"""What the log costs (`bench.run --only log`): reading and taking in with it and without, growing, proofs, checking.

One module each. `planted.py` is how a server without a part of it comes about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.log import appending, checking, proofs, reading, taking_in
from bench.plan import Plan
from bench.report import Row


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """One after the other."""
    for part in (reading, taking_in, appending, proofs, checking):
        own = folder / part.__name__.rpartition(".")[2]
        own.mkdir()
        yield from part.measure(plan, own, say)
