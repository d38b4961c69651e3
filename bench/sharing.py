"""Relto over HTTP beside medallion and OpenTAXII, and beside the floor of reading.

Relto, OpenTAXII and the floor serve at the same time and are asked in turn, so that what else the machine does falls
on all of them alike; each ratio is the middle of those of the turns. Beside the clock stands the processor time of the
servers, on which nobody else has a hold.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import floor
from bench.client import Connection, Target
from bench.exchange import Walk, quiet_polls, random_pages, read_through, take_in
from bench.node import Node
from bench.objects import envelopes, indicators
from bench.peers import medallion, opentaxii
from bench.plan import CONNECTIONS, ENVELOPE, POLL_CONNECTIONS, USUAL_CLASSES, Plan
from bench.process import processor_seconds
from bench.report import Row, at_least, at_most, median, plain, quantile

GROUP = "Over HTTP, beside what one would take instead"
RELTO = "Relto on SQLite, one process"
POLLS_MAX = 100_000


@dataclass(slots=True)
class Server:
    """One server and what it came to, one value for each turn.

    `taken`, `read`: objects/s; `polls`: answers/s; `pages`, `scattered`: seconds of pages, all of a turn together.
    `cost`: for each of these, processor seconds of the server for one object, page or poll.
    """

    name: str
    objects: int
    pid: int
    reader: Target
    writer: Target
    taken: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    pages: list[list[float]] = field(default_factory=list)
    scattered: list[float] = field(default_factory=list)
    cost: dict[str, list[float]] = field(default_factory=dict)
    walk: Walk = field(default_factory=lambda: Walk(0))

    @contextlib.contextmanager
    def costing(self, what: str) -> Iterator[list[int]]:
        """Notes what the block costs the server; the block appends how many it was for."""
        before = processor_seconds(self.pid)
        count: list[int] = []
        yield count
        self.cost.setdefault(what, []).append((processor_seconds(self.pid) - before) / sum(count))

    def post(self, first: int, count: int, *, size: int = ENVELOPE, connections: int = CONNECTIONS) -> None:
        """Takes objects in, numbered from `first` on."""
        given = envelopes(first, count, size=size, classes=USUAL_CLASSES)
        with self.costing("object taken in") as counted:
            self.taken.append(count / take_in(self.writer, given, connections=connections).seconds)
            counted.append(count)

    def read_all(self, *, page: int = ENVELOPE, times: int = 1) -> None:
        """Reads the collection through."""
        with self.costing("page of a walk") as counted:
            walks = [read_through(self.reader, page=page, expected=self.objects) for _ in range(times)]
            counted.append(sum(len(walk.pages) for walk in walks))
        self.walk = walks[-1]
        self.read.append(median(walk.rate for walk in walks))
        self.pages.append([seconds for walk in walks for seconds in walk.pages])

    def poll(self, *, seconds: float, connections: int = POLL_CONNECTIONS) -> None:
        """Asks for what is new, when nothing is."""
        with self.costing("quiet poll") as counted:
            load = quiet_polls(
                self.reader, self.walk, page=ENVELOPE, count=POLLS_MAX, connections=connections, seconds_max=seconds
            )
            counted.append(load.answers)
        self.polls.append(load.rate)


@dataclass(slots=True)
class Floor:
    """The floor's pages: seconds over HTTP of each turn, seconds in this process, and processor seconds of a page."""

    file: Path
    target: Target
    pid: int
    wire: list[list[float]] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)

    def read(self, afters: Sequence[int]) -> None:
        """Pages that begin behind these numbers."""
        before = processor_seconds(self.pid)
        connection = Connection(self.target)
        try:
            asked = [self.target.get(limit=ENVELOPE, after=after) for after in afters]
            self.wire.append([connection.ask(each).seconds for each in asked])
        finally:
            connection.close()
        self.cost.append((processor_seconds(self.pid) - before) / len(afters))
        self.bare += floor.page_seconds(self.file, afters, ENVELOPE)


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """The three in turn, then medallion, which takes its time."""
    with contextlib.ExitStack() as stack:
        relto, below, taxii = _started(plan, folder, stack, say)
        _in_turn(plan, relto, below, taxii, say)
    small = _medallion(plan, folder, say)
    yield from _judged(relto, below, taxii, small)


def _started(
    plan: Plan, folder: Path, stack: contextlib.ExitStack, say: Callable[[str], None]
) -> tuple[Server, Floor, Server]:
    count = plan.collection_items
    own = folder / "opentaxii"
    own.mkdir()
    say(f"{opentaxii.NAME}: its environment, if it is not there yet")
    peer = stack.enter_context(opentaxii.serving(own))
    file = folder / "floor-pages.db"
    floor.sqlite_bare(file, list(indicators(0, count, classes=USUAL_CLASSES)))
    below = Floor(file, *stack.enter_context(floor.serving(file)))
    node = stack.enter_context(Node.made(folder / "sharing").serving())
    say(f"Relto and {opentaxii.NAME}: taking in, 1 of {plan.repetitions}")
    relto = Server(RELTO, count, node.pid, node.reader(), node.writer())
    relto.post(0, count)
    taxii = Server(opentaxii.NAME, count, peer.pid, peer.target, peer.target)
    share = _share(plan)
    taxii.post(0, share)
    peer.fill(indicators(share, count - share, classes=USUAL_CLASSES))
    return relto, below, taxii


def _share(plan: Plan) -> int:
    """Objects that OpenTAXII takes in at a turn."""
    return max(1, plan.peer_envelopes // plan.repetitions) * ENVELOPE


def _in_turn(plan: Plan, relto: Server, below: Floor, taxii: Server, say: Callable[[str], None]) -> None:
    drawn = random.Random(1)
    last = relto.objects - ENVELOPE
    for turn in range(plan.repetitions):
        say(f"Relto, the floor and {taxii.name}: reading, {turn + 1} of {plan.repetitions}")
        relto.read_all(times=4)
        below.read([drawn.randrange(last + 1) for _ in range(plan.pages)])
        taxii.read_all()
    for turn in range(plan.repetitions):
        say(f"Relto and {taxii.name}: polling, {turn + 1} of {plan.repetitions}")
        relto.poll(seconds=plan.poll_seconds)
        taxii.poll(seconds=plan.poll_seconds)
    relto.scattered += random_pages(relto.reader, relto.walk, page=ENVELOPE, count=plan.pages)
    taxii.scattered += random_pages(taxii.reader, taxii.walk, page=ENVELOPE, count=plan.pages // 4)
    # What is taken in now comes on top of the collection, which nobody reads through any more.
    for turn in range(1, plan.repetitions):
        say(f"Relto and {taxii.name}: taking in, {turn + 1} of {plan.repetitions}")
        relto.post(turn * relto.objects, relto.objects)
        taxii.post(taxii.objects + turn * _share(plan), _share(plan))


def _medallion(plan: Plan, folder: Path, say: Callable[[str], None]) -> Server:
    count = plan.medallion_items
    own = folder / "medallion"
    own.mkdir()
    say(f"{medallion.NAME}: its environment, if it is not there yet")
    with medallion.serving(own) as (target, pid):
        say(f"{medallion.NAME}: taking in, reading, polling")
        found = Server(medallion.NAME, count, pid, target, target)
        # It does not guard its collection against two posts at once.
        found.post(0, count, size=count // 4, connections=1)
        found.read_all(page=count // 4)
        found.scattered += random_pages(target, found.walk, page=count // 4, count=1, is_full=False)
        # A poll takes it seconds, and more of them at once only wait for each other.
        found.poll(seconds=plan.poll_seconds, connections=1)
    return found


def _judged(relto: Server, below: Floor, taxii: Server, small: Server) -> Iterator[Row]:
    note = f"envelopes of {ENVELOPE:,}, {CONNECTIONS} connections; {taxii.name} {median(taxii.taken):,.0f} objects/s"
    ratios = _ratios(relto.taken, taxii.taken)
    yield at_least(GROUP, f"taking in, times {taxii.name}", median(ratios), 12, unit="", note=note, turns=ratios)
    note = f"{relto.objects:,} objects, pages of {ENVELOPE:,}; {taxii.name} {median(taxii.read):,.0f} objects/s"
    ratios = _ratios(relto.read, taxii.read)
    yield at_least(GROUP, f"reading through, times {taxii.name}", median(ratios), 30, unit="", note=note, turns=ratios)
    yield from _judged_pages(relto, below)
    note = f"nothing new, {POLL_CONNECTIONS} connections, one server process"
    yield at_least(GROUP, "quiet polls", median(relto.polls), 2_500, unit="/s", note=note, turns=relto.polls)
    best = max((taxii, small), key=lambda peer: median(peer.polls))
    ratios = _ratios(relto.polls, best.polls) if best is taxii else [median(relto.polls) / median(best.polls)]
    note = f"{best.name} {median(best.polls):.3g}/s"
    yield at_least(GROUP, "quiet polls, times the faster peer", median(ratios), 100, unit="", note=note, turns=ratios)
    yield from _judged_costs(relto, below, taxii)
    for each in (relto, taxii, small):
        yield from _plainly(each)


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def _judged_pages(relto: Server, below: Floor) -> Iterator[Row]:
    ours, theirs = ([quantile(turn, 0.5) for turn in turns] for turns in (relto.pages, below.wire))
    ratios = _ratios(ours, theirs)
    note = f"{1000 * median(ours):.2f} ms; floor {1000 * median(theirs):.2f} ms: one statement by key, over HTTP too"
    yield at_most(GROUP, "page p50, times the floor", median(ratios), 3, unit="", note=note, turns=ratios)
    bare = median(below.bare)
    note = f"the floor without HTTP, in its own process: {1000 * bare:.2f} ms"
    yield plain(GROUP, "page p50, times the database alone", median(ours) / bare, unit="", note=note)


def _judged_costs(relto: Server, below: Floor, taxii: Server) -> Iterator[Row]:
    group = "The same in processor time of the servers"
    for what in ("object taken in", "page of a walk", "quiet poll"):
        ours, theirs = (median(server.cost[what]) for server in (relto, taxii))
        note = f"{1000 * ours:.3g} ms; {taxii.name} {1000 * theirs:.3g} ms"
        yield plain(group, f"{what}, {taxii.name} takes", theirs / ours, unit=" times", note=note)
    ours, theirs = median(relto.cost["page of a walk"]), median(below.cost)
    note = f"{1000 * ours:.3g} ms; floor {1000 * theirs:.3g} ms"
    yield plain(group, "page of a walk, times the floor over HTTP", ours / theirs, unit=" times", note=note)
    note = "one core with nobody else on it"
    yield plain(
        group, "quiet polls that one core has room for", 1 / median(relto.cost["quiet poll"]), unit="/s", note=note
    )


def _plainly(each: Server) -> Iterator[Row]:
    group = f"{each.name}, {each.objects:,} objects"
    yield plain(group, "taking in", median(each.taken), unit=" objects/s", turns=each.taken)
    yield plain(group, "reading through", median(each.read), unit=" objects/s", turns=each.read)
    walked = [seconds for turn in each.pages for seconds in turn]
    for what, pages in (("page of a walk", walked), ("random page", each.scattered)):
        p50, p99 = (1000 * quantile(pages, share) for share in (0.5, 0.99))
        yield plain(group, f"{what}, p50", p50, unit=" ms", note=f"p99 {p99:,.3g} ms, {len(pages)} pages")
    yield plain(group, "quiet polls", median(each.polls), unit="/s", turns=each.polls)
