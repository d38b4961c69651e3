"""How many leaves a second go to the end of the log, by the size of the group that is one transaction.

The leaves are those of deliveries, made as whoever records makes them: their encoding, their hashes and the tiles that
they fill are part of it, and each group is durable before the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.plan import Plan
from bench.report import Row, at_least, median, plain
from bench.taking_in import new_database
from tests import postgres

from relto.adapters.database import create_database
from relto.adapters.host import SystemChance
from relto.domain.about import about
from relto.domain.leaf import encoded
from relto.ports.store import LeafRow
from relto.usecases.evidence.making.growing import grow

if TYPE_CHECKING:
    from relto.ports.store import Store

GROUP = "The log: leaves a second, durable"
SIZES = (1, 16, 256, 2_000)
JUDGED_FROM = 256
RATE_MIN = 20_000

TOLD: dict[str, Any] = {
    "agreement": "bench",
    "party": "UKR",
    "reader": "reader-17",
    "given_at": 1_740_000_000_000_000,
    "endpoint": "objects",
    "asked": {"versions": ["last"], "next": True},
    "items": 1_000,
    "digest": "5f" * 32,
    "dates": [1_740_000_000_000_000, 1_740_000_000_001_000],
    "page": 4_711,
}
PLACE: dict[str, Any] = {
    "flow": 1,
    "stream": 1,
    "version": 12,
    "items": [[17_001, 18_000]],
    "after": [0, 0, 17_000],
    "last": [0, 0, 18_000],
    "upto": None,
    "by_track": False,
    "way": "objects",
    "track": "6e" * 32,
}


@dataclass(frozen=True, slots=True)
class Leaves:
    """So many leaves, one of each pair of a delivery after the other, once it is known where their block begins."""

    count: int
    salt: Callable[[], bytes]
    at: int = 1_740_000_000_000_000

    def __call__(self, block: int) -> list[LeafRow]:
        """As `RecordedStore` makes them."""
        found = []
        for number in range(self.count):
            kind, party, fields = ("place", "", PLACE) if number % 2 else ("delivery", "UKR", TOLD)
            (data,) = encoded(kind, fields, at=self.at, block=block, salt=self.salt)
            found.append(LeafRow(kind, party, self.at, data, about(kind, fields)))
        return found


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Both engines."""
    yield from _rows(plan, "SQLite", f"sqlite:///{folder / 'log.db'}", say)
    with postgres.running(durable=True) as url:
        yield from _rows(plan, "PostgreSQL", new_database(url, "appending"), say)


def _rows(plan: Plan, engine: str, url: str, say: Callable[[str], None]) -> Iterator[Row]:
    store = create_database(url)
    try:
        found: dict[int, list[float]] = {size: [] for size in SIZES}
        for turn in range(plan.repetitions):
            say(f"{engine}: leaves in groups, {turn + 1} of {plan.repetitions}")
            for size, rates in found.items():
                rates.append(appended(store, size, seconds=plan.appended_seconds, most=plan.appended_max))
    finally:
        store.close()
    for size, rates in found.items():
        what = f"{engine}, groups of {size:,}"
        note = f"{median(rates) / size:,.0f} transactions a second"
        if size >= JUDGED_FROM:
            yield at_least(GROUP, what, median(rates), RATE_MIN, unit=" leaves/s", note=note, turns=rates)
        else:
            yield plain(GROUP, what, median(rates), unit=" leaves/s", note=note, turns=rates)


def appended(store: Store, size: int, *, seconds: float, most: int) -> float:
    """Leaves a second, in groups of this size, for so long or until there are so many more."""
    leaves = Leaves(size, SystemChance().salt)
    count, began = 0, time.perf_counter()
    while True:
        with store.write() as tx:
            grow(tx, leaves)
        count += size
        spent = time.perf_counter() - began
        if spent >= seconds or count >= most:
            return count / spent
