"""Reading with deliveries on record against the same server with none: both serve one database and are asked in turn.

Each reader has an account and a connection, and reads its collection through by `next`, over and over. How many
deliveries the log got is looked at: as many as there were pages, or none.
"""

from __future__ import annotations

import re
import selectors
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.client import RECEIVE_BYTES, SECONDS_MAX, Connection, Failed, Load, Reading, Target
from bench.exchange import take_in
from bench.node import Node, Server
from bench.objects import envelopes
from bench.plan import CONNECTIONS, ENVELOPE, USUAL_CLASSES, Plan
from bench.report import Row, at_least, median, plain, quantile
from bench.taking_in import new_database
from tests import postgres

from relto.wiring import open_node

GROUP = "The log: reading with deliveries on record, against the same server with none"
READERS = (1, 8, 64)
SHARE_MIN = 0.7
SMALL_PAGE = 100
"""Beside pages of an envelope's size, which are what is judged: the less a page holds, the more its record weighs."""

NEXT = re.compile(rb'"next":"([^"]+)"')
HEAD_BYTES = 400
"""So far into a body stands where it goes on; its objects are not looked at."""


@dataclass(slots=True)
class Reader:
    """One reader on its way through the collection. `next`: where it goes on; empty: at the beginning."""

    target: Target
    connection: Connection = field(init=False)
    next: str = ""
    sent_at: float = 0.0
    reading: Reading = field(default_factory=Reading)

    def __post_init__(self) -> None:
        self.connection = Connection(self.target)

    def ask(self, page: int) -> None:
        """Sends for the next page."""
        self.reading, self.sent_at = Reading(), time.perf_counter()
        following = {"next": self.next} if self.next else {}
        self.connection.opened().sendall(self.target.get(limit=page, **following))

    def answered(self) -> float | None:
        """Takes in what came; seconds, where the page is whole by now. Raises `Failed`."""
        if not self.reading.add(self.connection.opened().recv(RECEIVE_BYTES)):
            return None
        seconds = time.perf_counter() - self.sent_at
        # Not by `body`, which copies the page.
        head = bytes(self.reading.received[self.reading.body_at : self.reading.body_at + HEAD_BYTES])
        if self.reading.status != 200 or b'"objects":[{' not in head:
            raise Failed(f"status {self.reading.status} instead of a page with objects: {head[:300]!r}")
        found = NEXT.search(head)
        self.next = found[1].decode() if found else ""
        return seconds


def read_on(targets: Sequence[Target], *, page: int, seconds: float) -> Load:
    """All of them read at once for so long, each page as soon as the one before is there. Raises `Failed`."""
    readers = [Reader(target) for target in targets]
    latencies: list[float] = []
    try:
        with selectors.DefaultSelector() as selector:
            for reader in readers:
                selector.register(reader.connection.opened(), selectors.EVENT_READ, reader)
            began = time.perf_counter()
            for reader in readers:
                reader.ask(page)
            under_way = len(readers)
            while under_way:
                ready = selector.select(SECONDS_MAX)
                if not ready:
                    raise Failed(f"no answer within {SECONDS_MAX:.0f} seconds")
                for key, _ in ready:
                    taken = key.data.answered()
                    if taken is None:
                        continue
                    latencies.append(taken)
                    if time.perf_counter() - began < seconds:
                        key.data.ask(page)
                    else:
                        under_way -= 1
    finally:
        for reader in readers:
            reader.connection.close()
    return Load(len(latencies), time.perf_counter() - began, latencies)


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Both engines."""
    yield from _rows(plan, "SQLite", Node.made(folder / "sqlite"), say)
    with postgres.running(durable=True) as url:
        yield from _rows(plan, "PostgreSQL", Node.made(folder / "postgres", url=new_database(url, "reading")), say)


def _rows(plan: Plan, engine: str, node: Node, say: Callable[[str], None]) -> Iterator[Row]:
    node.add_readers(max(READERS))
    names = [f"reader-{number}" for number in range(1, max(READERS) + 1)]
    with node.serving() as recorded, node.serving(without="deliveries") as bare:
        given = envelopes(0, plan.collection_items, size=ENVELOPE, classes=USUAL_CLASSES)
        take_in(recorded.writer(), given, connections=CONNECTIONS)
        # What is judged comes last: by then SQLite's WAL has its length, as that of any node that has been up for a
        # minute. While it grows, the disk writes for each commit where the file ends as well, and takes twice as long.
        for page in (SMALL_PAGE, ENVELOPE):
            for count in READERS:
                say(f"{engine}: {count} readers, pages of {page:,}, with deliveries on record and without")
                yield _row(plan, engine, node, (recorded, bare), names[:count], page)


def _row(plan: Plan, engine: str, node: Node, servers: tuple[Server, Server], names: Sequence[str], page: int) -> Row:
    loads = _in_turn(plan, node, servers, names, page)
    ours, theirs = ([load.rate for load in each] for each in loads)
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    slow = [1000 * quantile([one for load in each for one in load.latencies], 0.99) for each in loads]
    note = (
        f"{median(ours):,.0f} pages of {page:,} a second, p99 {slow[0]:.3g} ms; "
        f"without {median(theirs):,.0f}, {slow[1]:.3g} ms"
    )
    what = f"{engine}, readers at once: {len(names)}"
    if page != ENVELOPE:
        return plain(GROUP, f"{what}, small pages", median(ratios), unit="", note=note, turns=ratios)
    return at_least(GROUP, what, median(ratios), SHARE_MIN, unit="", note=note, turns=ratios)


def _in_turn(
    plan: Plan, node: Node, servers: tuple[Server, Server], names: Sequence[str], page: int
) -> tuple[list[Load], list[Load]]:
    """What the server that records came to, and the other, at each turn."""
    found: tuple[list[Load], list[Load]] = ([], [])
    for turn in range(plan.repetitions + 1):
        for server, loads, is_recorded in zip(servers, found, (True, False), strict=True):
            before = _size(node)
            targets = [server.as_account(name) for name in names]
            load = read_on(targets, page=page, seconds=plan.read_seconds if turn else plan.read_seconds / 4)
            logged = _deliveries(node, before)
            if logged != (load.answers if is_recorded else 0):
                raise Failed(f"{load.answers} pages were read, and the log has {logged} more deliveries")
            # The first turn opens connections and fills caches.
            loads.extend([load] if turn else [])
    return found


def _size(node: Node) -> int:
    with open_node(node.config()) as opened, opened.node.store.read() as snap:
        return snap.log().size


def _deliveries(node: Node, first: int) -> int:
    """How many deliveries the log has from that leaf on."""
    count = 0
    with open_node(node.config()) as opened, opened.node.store.read() as snap:
        while found := snap.leaves(first=first, kind="delivery", limit=1_000):
            count += len(found)
            first = found[-1][0] + 1
    return count
