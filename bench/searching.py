"""What it takes to find an item among many, and what the index of their words takes.

One node is filled by the command line, and its index follows as a server would let it. Then each kind of question is
asked again and again, each time for something else, through the verb that the API and the console stand on.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from bench.node import Node
from bench.objects import CLASSES_MAX, write_lines
from bench.plan import Plan
from bench.report import Row, at_most, plain, quantile
from bench.taking_in import new_database
from tests import postgres

from relto.domain.actor import Actor
from relto.faces.verbs import finding
from relto.faces.verbs.caller import Caller
from relto.usecases.indexing import follow
from relto.wiring import open_node

GROUP = "Searching"
FILE_ITEMS = 100_000
MIB = 1_048_576
LIMIT_MS = 100.0
OFFICER = Actor("olga", "USA", frozenset({"officer"}), "password")


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Times of each kind of question, by quantiles, and the rate and size of the index, on both engines."""
    items, times = plan.sizes[-1], plan.pages * 3
    yield from _measured(_filled(items, folder, None, say), items, times, say)
    with postgres.running(durable=True) as url:
        (folder / "postgres").mkdir()
        node = _filled(items, folder / "postgres", new_database(url, "search"), say)
        yield from _measured(node, items, times, say)


def _filled(items: int, folder: Path, url: str | None, say: Callable[[str], None]) -> Node:
    node = Node.made(folder / "node", url=url)
    for first in range(0, items, FILE_ITEMS):
        count = min(FILE_ITEMS, items - first)
        say(f"taking in {first + count:,} of {items:,}")
        file = folder / "objects.jsonl"
        write_lines(file, first, count, classes=CLASSES_MAX)
        node.ingest(file, count=count)
        file.unlink()
    return node


def _measured(node: Node, items: int, times: int, say: Callable[[str], None]) -> Iterator[Row]:
    engine = "" if node.url is None else ", PostgreSQL"
    with open_node(node.config()) as opened:
        say(f"indexing{engine}")
        began, busy, slices = time.perf_counter(), time.process_time(), list[float]()
        while True:
            since = time.perf_counter()
            more = follow(opened.node, opened.index)
            slices.append(time.perf_counter() - since)
            if not more:
                break
        taken, busy = time.perf_counter() - began, time.process_time() - busy
        size, stored = _sizes(node)
        note = f"{items:,} items of {CLASSES_MAX} classes"
        if node.url is None:
            note += f"; {items / busy:,.0f} a second of processor"
        yield plain(GROUP, f"items a second that the index takes in{engine}", items / taken, unit="", note=note)
        yield plain(GROUP, f"one slice, the slowest of a hundred{engine}", quantile(slices, 0.99) * 1e3, unit=" ms")
        yield plain(GROUP, f"the index, bytes an item{engine}", size / items, unit="", note=f"{size / MIB:,.0f} MiB")
        yield plain(GROUP, f"the index, against the database{engine}", size / stored, unit="")
        for kind, drawn in _questions(items).items():
            say(kind)
            yield _timed(Caller(opened, OFFICER), f"{kind}{engine}", drawn, times)


def _sizes(node: Node) -> tuple[int, int]:
    """Bytes of the index, and of the database without it."""
    if node.url is None:
        index = sum(each.stat().st_size for each in node.folder.glob("relto.db.search*"))
        return index, (node.folder / "relto.db").stat().st_size
    with psycopg.connect(node.url) as connection:
        row = connection.execute(
            "SELECT pg_total_relation_size('search_words'), pg_database_size(current_database())"
        ).fetchone()
        assert row is not None
        return row[0], row[1] - row[0]


def _timed(caller: Caller, kind: str, drawn: Callable[[random.Random], Mapping[str, Any]], times: int) -> Row:
    chance, found = random.Random(kind), 0
    taken, busy = list[float](), list[float]()
    for _ in range(times):
        said = drawn(chance)
        began, began_busy = time.perf_counter(), time.process_time()
        found += len(finding.search(caller, **said)["items"])
        taken.append((time.perf_counter() - began) * 1e3)
        busy.append((time.process_time() - began_busy) * 1e3)
    shares = {f"p{int(share * 100)}": quantile(taken, share) for share in (0.5, 0.95, 0.99)}
    told = f"p50 {shares['p50']:.1f} ms, p95 {shares['p95']:.1f} ms, slowest {max(taken):.1f} ms; of the processor p50 "
    told += f"{quantile(busy, 0.5):.1f} ms, p99 {quantile(busy, 0.99):.1f} ms; {found / times:.1f} found a page"
    values = {"slowest": max(taken), "busy_p50": quantile(busy, 0.5), "busy_p99": quantile(busy, 0.99), **shares}
    return at_most(GROUP, f"{kind}, 99 of 100", shares["p99"], LIMIT_MS, unit=" ms", note=told, **values)


def _questions(items: int) -> dict[str, Callable[[random.Random], Mapping[str, Any]]]:
    def digest(chance: random.Random) -> str:
        return hashlib.sha256(b"%d" % chance.randrange(items)).hexdigest()

    def stix_id(chance: random.Random) -> str:
        drawn = digest(chance)
        return f"indicator--{drawn[:8]}-{drawn[8:12]}-4{drawn[12:15]}-9{drawn[15:18]}-{drawn[18:30]}"

    def topic(chance: random.Random) -> str:
        return f"bench-a-{chance.randrange(20):02}"

    return {
        "the newest": lambda _: {},
        "by an id": lambda chance: {"words": stix_id(chance)},
        "by a word that one item has (a hash)": lambda chance: {"words": digest(chance)},
        "by a word that none has": lambda chance: {"words": f"x{digest(chance)[:20]}"},
        "by words that all have": lambda _: {"words": "loader supply route"},
        "by a word that one in a hundred has": lambda chance: {"words": f"loader {1 + chance.randrange(97)}"},
        "by a word that all have and one that one has": lambda chance: {"words": f"route {digest(chance)[:10]}"},
        "by two words that are seldom together": lambda chance: {
            "words": f"{98 + chance.randrange(100)} {200 + chance.randrange(141)}"
        },
        "by a topic": lambda chance: {"topics": [topic(chance)]},
        "by a topic and a word that all have": lambda chance: {"words": "loader", "topics": [topic(chance)]},
        "by a word that is never of that type": lambda _: {"words": "loader", "types": ["report"]},
    }
