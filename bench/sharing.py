"""Relto over HTTP beside medallion and OpenTAXII, and beside the floor of reading."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import floor
from bench.client import Connection, Target
from bench.exchange import Walk, quiet_polls, random_pages, read_through, take_in
from bench.node import Node
from bench.objects import envelopes, indicators
from bench.peers import medallion, opentaxii
from bench.plan import CONNECTIONS, ENVELOPE, POLL_CONNECTIONS, USUAL_CLASSES, Plan
from bench.report import Row, at_least, at_most, median, plain, quantile

GROUP = "Over HTTP, beside what one would take instead"
RELTO = "Relto on SQLite, one process"


@dataclass(slots=True)
class Figures:
    """What one server came to: objects/s taken in, objects/s read through, seconds of pages, polls/s."""

    name: str
    objects: int
    taken: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    random: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Every server in the same minutes, one after the other."""
    relto, wire, bare = _relto(plan, folder, say)
    taxii = _opentaxii(plan, folder, say)
    small = _medallion(plan, folder, say)
    yield from _judged(relto, taxii, small, wire, bare)


def _judged(relto: Figures, taxii: Figures, small: Figures, wire: list[float], bare: list[float]) -> Iterator[Row]:
    note = f"envelopes of {ENVELOPE:,}, {CONNECTIONS} connections; {taxii.name} {median(taxii.taken):,.0f} objects/s"
    ratio = median(relto.taken) / median(taxii.taken)
    yield at_least(GROUP, f"taking in, times {taxii.name}", ratio, 12, unit="", note=note)
    note = f"{relto.objects:,} objects, pages of {ENVELOPE:,}; {taxii.name} {median(taxii.read):,.0f} objects/s"
    ratio = median(relto.read) / median(taxii.read)
    yield at_least(GROUP, f"reading through, times {taxii.name}", ratio, 30, unit="", note=note)
    p50 = quantile(relto.pages, 0.5)
    note = f"{1000 * p50:.2f} ms, the floor's page {1000 * median(wire):.2f} ms: one statement by key, over HTTP too"
    yield at_most(GROUP, "page p50, times the floor", p50 / median(wire), 3, unit="", note=note)
    note = f"floor in its own process, no HTTP: {1000 * median(bare):.2f} ms"
    yield plain(GROUP, "page p50, times the database alone", p50 / median(bare), unit="", note=note)
    peers = {each.name: median(each.polls) for each in (taxii, small) if each.polls}
    best = max(peers, key=lambda name: peers[name])
    note = f"nothing new, {POLL_CONNECTIONS} connections, one server process"
    yield at_least(GROUP, "quiet polls", median(relto.polls), 2_500, unit="/s", note=note)
    note = f"{best} {peers[best]:.3g}/s"
    yield at_least(
        GROUP, "quiet polls, times the faster peer", median(relto.polls) / peers[best], 100, unit="", note=note
    )
    for each in (relto, taxii, small):
        yield from _plainly(each)


def _plainly(each: Figures) -> Iterator[Row]:
    group = f"{each.name}, {each.objects:,} objects"
    if each.taken:
        yield plain(group, "taking in", median(each.taken), unit=" objects/s", runs=each.taken)
    if each.read:
        yield plain(group, "reading through", median(each.read), unit=" objects/s", runs=each.read)
    for what, pages in (("page of a walk", each.pages), ("random page", each.random)):
        if pages:
            p50, p99 = (1000 * quantile(pages, share) for share in (0.5, 0.99))
            yield plain(group, f"{what}, p50", p50, unit=" ms", note=f"p99 {p99:.3g} ms, {len(pages)} pages")
    if each.polls:
        yield plain(group, "quiet polls", median(each.polls), unit="/s", runs=each.polls)


def _relto(plan: Plan, folder: Path, say: Callable[[str], None]) -> tuple[Figures, list[float], list[float]]:
    """Its figures, and seconds of the floor's pages over HTTP and in this process, in turn with its own."""
    count = plan.collection_items
    found = Figures(RELTO, count)
    file = folder / "floor-pages.db"
    floor.sqlite_bare(file, list(indicators(0, count, classes=USUAL_CLASSES)))
    afters = [random.Random(1).randrange(count - ENVELOPE + 1) for _ in range(plan.pages)]
    wire: list[float] = []
    bare: list[float] = []
    say("Relto: taking in, reading, polling")
    node = Node.made(folder / "sharing")
    with node.serving() as server, floor.serving(file) as below:
        given = envelopes(0, count, size=ENVELOPE, classes=USUAL_CLASSES)
        load = take_in(server.writer(), given, connections=CONNECTIONS)
        found.taken.append(count / load.seconds)
        reader = server.reader()
        walk = Walk(0)
        for _ in range(2 + 2 * plan.repetitions):
            walk = read_through(reader, page=ENVELOPE, expected=count)
            found.read.append(walk.rate)
            found.pages += walk.pages
            wire += _floor_pages(below, afters[: plan.pages // 2])
            bare += floor.page_seconds(file, afters[: plan.pages // 2], ENVELOPE)
        found.random += random_pages(reader, walk, page=ENVELOPE, count=plan.pages)
        for _ in range(plan.repetitions):
            load = quiet_polls(
                reader,
                walk,
                page=ENVELOPE,
                count=100_000,
                connections=POLL_CONNECTIONS,
                seconds_max=plan.poll_seconds,
            )
            found.polls.append(load.rate)
        for turn in range(1, plan.repetitions):
            given = envelopes(turn * count, count, size=ENVELOPE, classes=USUAL_CLASSES)
            found.taken.append(count / take_in(server.writer(), given, connections=CONNECTIONS).seconds)
    return found, wire, bare


def _floor_pages(target: Target, afters: list[int]) -> list[float]:
    connection = Connection(target)
    try:
        return [connection.ask(target.get(limit=ENVELOPE, after=after)).seconds for after in afters]
    finally:
        connection.close()


def _opentaxii(plan: Plan, folder: Path, say: Callable[[str], None]) -> Figures:
    count = plan.collection_items
    found = Figures(opentaxii.NAME, count)
    own = folder / "opentaxii"
    own.mkdir()
    say(f"{opentaxii.NAME}: its environment, if it is not there yet")
    with opentaxii.serving(own) as peer:
        target = peer.target
        say(f"{opentaxii.NAME}: taking in")
        posted = 0
        share = max(1, plan.peer_envelopes // plan.repetitions)
        for _ in range(plan.repetitions):
            given = envelopes(posted, share * ENVELOPE, size=ENVELOPE, classes=USUAL_CLASSES)
            load = take_in(target, given, connections=CONNECTIONS)
            posted += share * ENVELOPE
            found.taken.append(share * ENVELOPE / load.seconds)
        peer.fill(indicators(posted, count - posted, classes=USUAL_CLASSES))
        say(f"{opentaxii.NAME}: reading, polling")
        walk = Walk(0)
        for _ in range(plan.repetitions):
            walk = read_through(target, page=ENVELOPE, expected=count)
            found.read.append(walk.rate)
            found.pages += walk.pages
        found.random += random_pages(target, walk, page=ENVELOPE, count=plan.pages // 4)
        _peer_polls(plan, found, target, walk, connections=POLL_CONNECTIONS)
    return found


def _medallion(plan: Plan, folder: Path, say: Callable[[str], None]) -> Figures:
    count = plan.medallion_items
    found = Figures(medallion.NAME, count)
    own = folder / "medallion"
    own.mkdir()
    say(f"{medallion.NAME}: its environment, if it is not there yet")
    with medallion.serving(own) as target:
        say(f"{medallion.NAME}: taking in, reading, polling")
        # Posts of its own collection at once would be a race that it does not guard against: one connection.
        given = envelopes(0, count, size=count // 4, classes=USUAL_CLASSES)
        found.taken.append(count / take_in(target, given, connections=1).seconds)
        walk = read_through(target, page=count // 4, expected=count)
        found.read.append(walk.rate)
        found.pages += walk.pages
        found.random += random_pages(target, walk, page=count // 4, count=2, is_full=False)
        # A poll takes it seconds, and more at once only wait for each other.
        _peer_polls(plan, found, target, walk, connections=1)
    return found


def _peer_polls(plan: Plan, found: Figures, target: Target, walk: Walk, *, connections: int) -> None:
    for _ in range(min(plan.repetitions, 2)):
        load = quiet_polls(
            target, walk, page=ENVELOPE, count=500, connections=connections, seconds_max=plan.poll_seconds
        )
        found.polls.append(load.rate)
