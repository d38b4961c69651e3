"""How long the log of a node that has shared for a while takes to export and to check, and how much memory.

    python -m bench.log.checking WHAT FOLDER       # one of `export`, `archive`, `live`; what a process of its own says

Each is done by a process of its own, and by what that starts.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import process
from bench.client import Failed
from bench.log.shared import KEY_FILE, Shared, url_of
from bench.machine import ROOT
from bench.plan import Plan
from bench.report import Row, at_most, plain

from relto.adapters.sqlite import SqliteStore
from relto.wiring.proving import export_log, processors, read_keys, reader, verify_archive, verify_store

if TYPE_CHECKING:
    from relto.usecases.evidence.check.checking import Verdict

SECONDS_MAX = 120
MIB = 1_048_576
ARCHIVE = "log.zip"
WORDS = {
    "export": "`relto log export`",
    "archive": "`relto log verify ARCHIVE`",
    "live": "`relto log verify`, the node's own tables",
}


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """On SQLite."""
    own = folder / "node"
    say(f"a node of {plan.checked_items:,} items")
    shared = Shared(own)
    shared.take_in(plan.checked_items)
    say(f"{plan.checked_deliveries:,} deliveries")
    shared.read(plan.checked_deliveries, page=plan.checked_page)
    shared.node.store.close()
    group = f"The log of {plan.checked_items:,} items and {plan.checked_deliveries:,} deliveries"
    for what, words in WORDS.items():
        say(words)
        command = [sys.executable, "-m", "bench.log.checking", what, own]
        environment = {**process.plainly(), "PYTHONPATH": str(ROOT)}
        out, cost = process.costing(command, environment=environment, folder=folder)
        found = json.loads(out)
        counted = (found["items"], found["deliveries"])
        if found["faults"] or (what != "export" and counted != (plan.checked_items, plan.checked_deliveries)):
            raise Failed(f"{words} found {counted}, and {found['faults'][:3]}")
        note = f"{found['leaves']:,} leaves, {found['checkpoints']:,} checkpoints" if found["checkpoints"] else ""
        note = note or f"{(own / ARCHIVE).stat().st_size / MIB:,.0f} MiB"
        yield at_most(group, words, found["seconds"], SECONDS_MAX, unit=" s", note=note)
        note = "the highest of each of its processes, added up"
        yield plain(group, f"{words}, memory", cost.memory / MIB, unit=" MiB", note=note)


def done(what: str, folder: Path) -> dict[str, Any]:
    """Does one of them; what came of it."""
    keys, file, verdict = read_keys(folder / KEY_FILE), folder / ARCHIVE, None
    began = time.perf_counter()
    if what == "archive":
        verdict = verify_archive(file, keys, _untold, processes=processors())
    else:
        store = SqliteStore.open(url_of(folder))
        try:
            if what == "export":
                export_log(store, file, keys, _untold)
            else:
                verdict = verify_store(store, keys, _untold, read=reader(), url=url_of(folder), processes=processors())
        finally:
            store.close()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, **_told(verdict)}


def _told(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {"leaves": 0, "checkpoints": 0, "items": 0, "deliveries": 0, "faults": []}
    return {
        "leaves": verdict.size,
        "checkpoints": verdict.checkpoints,
        "items": verdict.items,
        "deliveries": verdict.deliveries,
        "faults": [str(fault) for fault in verdict.faults],
    }


def _untold(_done: int, _of: int) -> None:
    """Nobody looks on."""


def main(arguments: Sequence[str]) -> None:
    """As the module says."""
    what, folder = arguments
    print(json.dumps(done(what, Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1:])
