"""What Relto, medallion and OpenTAXII lose and repeat: the program `bench.whole`, run on each in the same way.

Only Relto can pause. OpenTAXII is given what comes nearest, its collection closed to readers and opened again each
second, besides runs without; medallion reads its permissions once, when it starts, so it is only written to, and less
than the others: a poll takes it the longer the more is there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bench.client import Failed, Target
from bench.node import AGREEMENT_ID, Node
from bench.peers import medallion, opentaxii
from bench.plan import Plan
from bench.report import Row, at_most, plain
from bench.taking_in import new_database
from bench.whole.clients import KINDS
from bench.whole.link import Site
from bench.whole.load import Load, loaded
from bench.whole.pausing import Functions
from bench.whole.table import errors, milliseconds, splits
from bench.whole.verdict import Kind, Verdict, judged
from tests import actors, postgres
from tests.actors import ADMIN

from relto.usecases.pausing import MakePause
from relto.wiring import open_node

READERS = 2 * len(KINDS)
WRITERS = 4
PROCESSES = 2
PEER_WORKERS = 4
"""So many envelopes of OpenTAXII's can be under way at once."""

PAGE = 20
"""Small, so that there is something to walk through."""

OBJECTS_MAX, PACE_SECONDS, POLL_SECONDS = 40, 0.25, 1.0
"""Of an envelope; of a writer from one to the next; of a reader from one poll to the next."""

SMALL_READERS, SMALL_OBJECTS_MAX, SMALL_SECONDS = len(KINDS), 10, 2.0
"""What medallion gets: readers, objects of an envelope, seconds between envelopes and between polls."""

DRAIN_SECONDS = 8.0
LABEL = "bench-a-01"


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """One server after the other; each has the machine to itself."""
    yield from _relto(plan, folder / "whole-sqlite", None, "SQLite", say)
    with postgres.running(durable=True) as url:
        yield from _relto(plan, folder / "whole-postgres", new_database(url, "whole"), "PostgreSQL", say)
    yield from _opentaxii(plan, folder / "opentaxii-open", "SQLite, one worker", say)
    yield from _opentaxii(plan, folder / "opentaxii-shut", "SQLite, one worker, closed and opened", say, closing=True)
    with postgres.running(durable=True) as url:
        how = f"PostgreSQL, {PEER_WORKERS} workers"
        yield from _opentaxii(plan, folder / "opentaxii-many", how, say, url=new_database(url, "whole"))
    yield from _medallion(plan, folder / "medallion", say)


def _relto(plan: Plan, folder: Path, url: str | None, engine: str, say: Callable[[str], None]) -> Iterator[Row]:
    node = Node.made(folder, url=url)
    tokens = node.add_readers(READERS)
    paused: list[str] = []
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(node.serving()) for _ in range(PROCESSES)]
        opened = stack.enter_context(open_node(node.config()))

        def pause() -> None:
            order = MakePause([AGREEMENT_ID], reason="measured")
            paused.append(actors.pause(opened.node, opened.desk, order, by=ADMIN).pause.number)

        def resume() -> None:
            actors.resume(opened.node, opened.desk, [paused.pop()], backlog="release", by=ADMIN)

        load = replace(
            _load(plan, [server.reader() for server in servers], [f"Bearer {token}" for token in tokens]),
            writing=servers[0].writer().authorization,
            write_collection="own",
            labels=[LABEL],
            pauses=Functions(pause, resume),
        )
        name = f"Relto on {engine}, {PROCESSES} server processes, paused and resumed"
        yield from _rows(name, _judged(name, load, say), must=True)


def _opentaxii(
    plan: Plan, folder: Path, how: str, say: Callable[[str], None], *, url: str | None = None, closing: bool = False
) -> Iterator[Row]:
    folder.mkdir()
    name = f"{opentaxii.NAME} on {how}"
    with opentaxii.serving(folder, workers=1 if url is None else PEER_WORKERS, url=url) as peer:
        load = replace(
            _load(plan, [peer.reader], [peer.reader.authorization] * READERS),
            writing=peer.target.authorization,
            pauses=Functions(peer.close, peer.open) if closing else None,
        )
        yield from _rows(name, _judged(name, load, say), must=False)


def _medallion(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    folder.mkdir()
    name = f"{medallion.NAME}, {SMALL_READERS} readers, {SMALL_OBJECTS_MAX} objects every {SMALL_SECONDS:g} s"
    with medallion.serving(folder) as (target, _):
        load = replace(
            _load(plan, [target], [target.authorization] * SMALL_READERS),
            writing=target.authorization,
            most=SMALL_OBJECTS_MAX,
            pace=SMALL_SECONDS,
            poll=SMALL_SECONDS,
        )
        yield from _rows(name, _judged(name, load, say), must=False)


def _load(plan: Plan, targets: Sequence[Target], accounts: Sequence[str]) -> Load:
    kinds = list(KINDS)
    first = targets[0]
    root, collection = first.objects_path.removesuffix("/objects/").split("collections/")
    return Load(
        sites=[Site(target.host, target.port) for target in targets],
        url=f"http://{first.host}:{first.port}{root}",
        collection=collection,
        readers=[(kinds[number % len(kinds)], account) for number, account in enumerate(accounts)],
        writers=WRITERS,
        seconds=plan.whole_seconds,
        settle=2.0,
        drain=DRAIN_SECONDS,
        poll=POLL_SECONDS,
        pace=PACE_SECONDS,
        most=OBJECTS_MAX,
        limit=PAGE,
    )


def _judged(name: str, load: Load, say: Callable[[str], None]) -> Verdict:
    found = judged(asyncio.run(loaded(load, lambda text: say(f"{name}: {text}"))))
    if not found.written or found.failed_acts:
        raise Failed(f"{name}: {found.written} versions were written; {found.failed_acts or 'no act failed'}")
    return found


def _rows(name: str, found: Verdict, *, must: bool) -> Iterator[Row]:
    told = [f"of {sum(kind.owed for kind in found.kinds):,} owed"]
    told += [f"{kind.kind} {kind.lost.all:,}" for kind in found.kinds if kind.lost.all]
    counts = [
        ("lost", found.lost, "; ".join(told)),
        ("repeated by the server", found.repeated_by_the_server, "besides what clients ask for again themselves"),
    ]
    if found.pauses:
        counts.append(
            ("shown while paused", found.shown, f"{found.pauses} pauses, {found.in_pauses:,} polls within one")
        )
    if found.unread:
        counts.append(("unread when time was up", found.unread, "not judged"))
    for what, count, note in counts:
        yield (
            at_most(name, what, count, 0, unit="", note=note) if must else plain(name, what, count, unit="", note=note)
        )
    note = (
        f"{found.in_doubt:,} left in doubt, {found.refused:,} refused; a request took {milliseconds(found.write_p99)}"
    )
    yield plain(name, "written and acknowledged", found.written, unit=" versions", note=f"{note} at p99")
    for kind in found.kinds:
        yield Row(name, kind.kind, f"{kind.got:,} of {kind.owed:,}", note=_told(kind), values=asdict(kind))


def _told(kind: Kind) -> str:
    asked = (
        f"{kind.requests:,} requests, errors {errors(kind)}, p50 {milliseconds(kind.p50)}, p99 {milliseconds(kind.p99)}"
    )
    return "; ".join([*splits(kind), asked])
