"""`relto ingest` with the log and without, in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.node import Node
from bench.objects import write_lines
from bench.plan import USUAL_CLASSES, Plan
from bench.report import Row, median, plain
from bench.taking_in import drop_database, new_database
from tests import postgres

GROUP = "The log: taking in by `relto ingest`, against the same without a log"


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Both engines."""
    source = folder / "objects.jsonl"
    write_lines(source, 0, plan.ingest_items, classes=USUAL_CLASSES)
    yield _row(plan, folder, "SQLite", None, source, say)
    with postgres.running(durable=True) as url:
        yield _row(plan, folder, "PostgreSQL", url, source, say)


def _row(plan: Plan, folder: Path, engine: str, url: str | None, source: Path, say: Callable[[str], None]) -> Row:
    rates: dict[str, list[float]] = {"": [], "recording": []}
    for turn in range(plan.repetitions):
        for without, found in rates.items():
            say(f"ingest into {engine} {'without the log' if without else 'with the log'}, {turn + 1}")
            name = f"{engine.lower()}-{without or 'whole'}-{turn}"
            own = None if url is None else new_database(url, name)
            cost = Node.made(folder / name, url=own).ingest(source, count=plan.ingest_items, without=without)
            found.append(plan.ingest_items / cost.seconds)
            if url is not None and own is not None:
                drop_database(url, own)
    whole, bare = rates[""], rates["recording"]
    ratios = [mine / other for mine, other in zip(whole, bare, strict=True)]
    note = f"{median(whole):,.0f} objects/s; without {median(bare):,.0f}"
    return plain(GROUP, engine, median(ratios), unit="", note=note, turns=ratios)
