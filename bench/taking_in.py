"""`relto ingest` on both engines, beside the floor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from bench import floor
from bench.node import Node
from bench.objects import indicators, write_lines
from bench.plan import USUAL_CLASSES, Plan
from bench.process import Cost
from bench.report import Row, at_least, median, plain
from tests import postgres

Found = tuple[list[Cost], list[float], list[float]]
"""What `relto ingest` cost each time; objects/s of the bare table, and of the rows, each time."""

GROUP = "Taking in by `relto ingest`"


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Both engines; the floors are written in the same minutes as what they are compared with."""
    count = plan.ingest_items
    source = folder / "objects.jsonl"
    write_lines(source, 0, count, classes=USUAL_CLASSES)
    objects = list(indicators(0, count, classes=USUAL_CLASSES))
    yield from _rows("SQLite", count, *_sqlite(plan, folder, source, objects, say))
    with postgres.running(durable=True) as url:
        yield from _rows("PostgreSQL", count, *_postgres(plan, folder, url, source, objects, say))


def _rows(engine: str, count: int, costs: list[Cost], bare: list[float], rows: list[float]) -> Iterator[Row]:
    relto = [count / each.seconds for each in costs]
    rates = {name: median(values) for name, values in (("relto", relto), ("bare", bare), ("rows", rows))}
    seen = {"relto_all": relto, "bare_all": bare, "rows_all": rows, "objects": count}
    note = f"{count:,} objects; validated, durable, the whole command"
    yield at_least(GROUP, engine, rates["relto"], 15_000, unit=" objects/s", note=note, **seen)
    share = rates["relto"] / rates["rows"]
    note = f"floor: the same rows into the same tables, {rates['rows']:,.0f}/s"
    yield at_least(GROUP, f"{engine}, share of the floor", share, 0.5, unit="", note=note)
    note = f"one table of number and bytes, {rates['bare']:,.0f}/s"
    yield plain(GROUP, f"{engine}, share of a bare table", rates["relto"] / rates["bare"], unit="", note=note)
    used = median(each.processor / count for each in costs)
    cores = len(os.sched_getaffinity(0))
    note = f"of all its processes: {cores} cores with nobody else on them are busy at {cores / used:,.0f} objects/s"
    yield plain(GROUP, f"{engine}, processor time", 1e6 * used, unit=" us an object", note=note)


def _sqlite(plan: Plan, folder: Path, source: Path, objects: list[bytes], say: Callable[[str], None]) -> Found:
    relto: list[Cost] = []
    bare: list[float] = []
    rows: list[float] = []
    for turn in range(plan.repetitions):
        say(f"ingest into SQLite, {turn + 1} of {plan.repetitions}")
        node, empty = (Node.made(folder / f"ingest-{name}-{turn}") for name in ("node", "empty"))
        relto.append(node.ingest(source, count=len(objects)))
        seconds, items = floor.sqlite_rows(node.folder / "relto.db", empty.folder / "relto.db")
        assert items == len(objects)
        rows.append(items / seconds)
        bare.append(len(objects) / floor.sqlite_bare(folder / f"floor-{turn}.db", objects))
    return relto, bare, rows


def _postgres(
    plan: Plan, folder: Path, url: str, source: Path, objects: list[bytes], say: Callable[[str], None]
) -> Found:
    relto: list[Cost] = []
    bare: list[float] = []
    rows: list[float] = []
    for turn in range(plan.repetitions):
        say(f"ingest into PostgreSQL, {turn + 1} of {plan.repetitions}")
        urls = [new_database(url, f"{name}_{turn}") for name in ("node", "empty")]
        node, empty = (
            Node.made(folder / f"ingest-pg-{name}-{turn}", url=each)
            for name, each in zip(("node", "empty"), urls, strict=True)
        )
        relto.append(node.ingest(source, count=len(objects)))
        seconds, items = floor.postgres_rows(urls[0], urls[1])
        assert items == len(objects)
        rows.append(items / seconds)
        bare.append(len(objects) / floor.postgres_bare(url, objects))
        assert empty.url is not None
        for each in urls:
            drop_database(url, each)
    return relto, bare, rows


def new_database(url: str, name: str) -> str:
    """The URL of a new, empty database of the server that `url` reaches."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def drop_database(url: str, gone: str) -> None:
    """Gives the room of a database back."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{urlsplit(gone).path.removeprefix("/")}" WITH (FORCE)')
