"""How long one proof takes where the log has millions of leaves: that a leaf is in it, and that it only grew.

    python -m bench.log.proofs URL COUNT           # what a process of its own measures, as JSON

A proof begins with a look at the database of its own, as a request's does, and reads its tiles anew. The process is
new, the files are in the memory of the machine: another process made the same proofs before. Each proof is verified,
outside of the time.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench import process
from bench.machine import ROOT
from bench.plan import Plan
from bench.report import Row, at_most, quantile
from bench.taking_in import new_database
from tests import postgres
from tests.frontiers import frontier_of

from relto.adapters.database import create_database, open_database
from relto.adapters.sqlite import SqliteStore
from relto.domain.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from relto.ports.store import LeafRow
from relto.usecases.evidence.making.growing import grow, subtrees

if TYPE_CHECKING:
    from relto.ports.store import Snapshot, Store

MILLISECONDS_MAX = 1.0
PORTION = 100_000
RAGGED = 255
"""The last bundle of leaves lacks one: the longest tail that is no tile yet."""

KINDS = {"inclusion": "that a leaf is in it", "consistency": "that it only grew"}


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Both engines."""
    count = plan.proof_leaves - plan.proof_leaves % 256 + RAGGED
    url = f"sqlite:///{folder / 'log.db'}"
    say(f"SQLite: a log of {count:,} leaves")
    filled(SqliteStore.create(url, durable=False), count)
    yield from _rows(plan, "SQLite", url, count, say)
    # Not a durable one: it is read alone.
    with postgres.running() as server:
        url = new_database(server, "proofs")
        say(f"PostgreSQL: a log of {count:,} leaves")
        filled(create_database(url), count)
        yield from _rows(plan, "PostgreSQL", url, count, say)


def _rows(plan: Plan, engine: str, url: str, count: int, say: Callable[[str], None]) -> Iterator[Row]:
    group = f"The log: one proof at {count:,} leaves, {engine}"
    say(f"{engine}: proofs")
    command = [sys.executable, "-m", "bench.log.proofs", url, str(plan.proofs)]
    for _ in range(2):
        found = json.loads(process.run(command, environment=process.plainly(), folder=ROOT))
    for kind, words in KINDS.items():
        first, *others = (1000 * seconds for seconds in found[kind])
        note = f"{len(others):,} at random; the first of its process {first:.3g} ms"
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            yield at_most(group, f"{words}, {name}", quantile(others, share), MILLISECONDS_MAX, unit=" ms", note=note)


def filled(store: Store, count: int) -> None:
    """Makes a log of so many small leaves, and closes the store."""
    try:
        for first in range(0, count, PORTION):
            numbers = range(first, min(first + PORTION, count))
            with store.write() as tx:
                grow(tx, lambda _, numbers=numbers: [LeafRow("row", "", 0, b"leaf %d" % number) for number in numbers])
    finally:
        store.close()


def timed(store: Store, count: int, seed: int = 1) -> dict[str, list[float]]:
    """Seconds of each of so many proofs and one more, by kind."""
    drawn = random.Random(seed)
    with store.read() as snap:
        log = snap.log()
    size, root = log.size, Frontier.parse(log.size, log.frontier).root
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(count + 1):
        index, old = drawn.randrange(size), drawn.randrange(1, size)
        began = time.perf_counter()
        with store.read() as snap:
            path = inclusion_proof(index, size, subtrees(snap, index, size))
        middle = time.perf_counter()
        with store.read() as snap:
            steps = consistency_proof(old, size, subtrees(snap, old, size))
        ended = time.perf_counter()
        found["inclusion"].append(middle - began)
        found["consistency"].append(ended - middle)
        with store.read() as snap:
            _verify(snap, index, path, old, steps, size, root)
    return found


def _verify(
    snap: Snapshot, index: int, path: Sequence[bytes], old: int, steps: Sequence[bytes], size: int, root: bytes
) -> None:
    leaf = leaf_hash(snap.leaves(first=index, limit=1)[0][1].data)
    assert verify_inclusion(leaf, index=index, size=size, proof=path, root=root), index
    before = frontier_of(old, subtrees(snap)).root
    assert verify_consistency(old=old, old_root=before, new=size, new_root=root, proof=steps), old


def main(arguments: Sequence[str]) -> None:
    """As the module says."""
    url, count = arguments
    store = open_database(url)
    try:
        print(json.dumps(timed(store, int(count))))
    finally:
        store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
