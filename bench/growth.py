"""What more items, more classes and longer pauses cost.

The same nodes serve for all of it: each has one agreement that flows, and several that were paused before the first
item came, so that each of them holds everything. Pages of all nodes are asked in turn, and acts done in turn, so that
what else the machine does falls on all of them alike.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.exchange import ends, random_pages, read_through
from bench.node import AGREEMENT_ID, Node
from bench.objects import write_lines
from bench.plan import ENVELOPE, USUAL_CLASSES, Plan
from bench.process import Cost, memory_peak
from bench.report import Row, at_most, median, plain, quantile
from tests.actors import ADMIN, pause, resume

from relto.config import load
from relto.usecases.pausing import MakePause
from relto.wiring import open_node

if TYPE_CHECKING:
    from relto.domain.pause import Mode
    from relto.wiring import Opened

MIB = 1_048_576
PAGED_ITEMS_MIN = 10_000
ACTS = ("pause", "resume", "cut", "end of a cut")
WORDS = {
    "pause": "a second pause over what is held",
    "resume": "a resume that releases what is held",
    "cut": "a cut of what was released",
    "end of a cut": "a resume that shows again what was cut",
}


@dataclass(slots=True)
class Grown:
    """A node of so many items and classes, and what was measured of it, in seconds.

    `acts`: for each kind of act, pairs of seconds by the clock and seconds of processor.
    """

    node: Node
    items: int
    classes: int
    held: list[str] = field(default_factory=list)
    taken: Cost | None = None
    pages: list[float] = field(default_factory=list)
    acts: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {name: [] for name in ACTS})

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.items:,} items"


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Pages, memory, pauses."""
    by_size = [_grown(folder, count, USUAL_CLASSES, plan.acts + 1, say) for count in plan.sizes]
    by_classes = [
        _grown(folder, plan.classes_items, count, 0, say)
        for count in plan.classes
        if (plan.classes_items, count) not in {(each.items, each.classes) for each in by_size}
    ]
    by_classes += [each for each in by_size if each.items == plan.classes_items]
    by_classes.sort(key=lambda each: each.classes)
    say("pages of all nodes in turn")
    # A collection of one page has no random places.
    many = [each for each in by_size if each.items >= PAGED_ITEMS_MIN]
    _read_pages(plan, [*many, *(each for each in by_classes if each not in many)])
    yield from _judged_pages(many, by_classes)
    largest = by_size[-1]
    say(f"memory while {largest.name} are read")
    yield from _memory(largest)
    say("pauses and resumes in turn")
    _act(plan, by_size)
    yield from _judged_acts(by_size)


def _grown(folder: Path, items: int, classes: int, held: int, say: Callable[[str], None]) -> Grown:
    say(f"a node of {items:,} items in {classes} classes")
    name = f"grown-{items}-{classes}"
    source = folder / f"{name}.jsonl"
    write_lines(source, 0, items, classes=classes)
    paused = [f"held-{number}" for number in range(held)]
    node = Node.made(folder / name, agreements=[AGREEMENT_ID, *paused])
    numbers = [node.relto("pause", each, "--reason", "measured")["pause"] for each in paused]
    grown = Grown(node, items, classes, numbers)
    grown.taken = node.ingest(source, count=items)
    source.unlink()
    return grown


# Pages.


def _read_pages(plan: Plan, every: Sequence[Grown]) -> None:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(each.node.serving()) for each in every]
        walks = [ends(server.reader()) for server in servers]
        for turn in range(plan.pages + 2):
            for each, server, walk in zip(every, servers, walks, strict=True):
                seconds = random_pages(server.reader(), walk, page=ENVELOPE, count=1, seed=turn)
                # The first two fill caches.
                each.pages += seconds if turn >= 2 else []


def _judged_pages(by_size: Sequence[Grown], by_classes: Sequence[Grown]) -> Iterator[Row]:
    group = "Growth: pages of 1,000 at random places"
    small, large = by_size[0], by_size[-1]
    ratio = quantile(large.pages, 0.5) / quantile(small.pages, 0.5)
    yield at_most(group, f"{large.name} against {small.name}", ratio, 1.5, unit=" times", note="p50")
    one, many = by_classes[0], by_classes[-1]
    ratio = quantile(many.pages, 0.5) / quantile(one.pages, 0.5)
    what = f"{many.classes} classes against {one.classes}"
    yield at_most(group, what, ratio, 5, unit=" times", note=f"p50, at {one.name}")
    listed = [*by_size, *(each for each in by_classes if each not in by_size)]
    for each in sorted(listed, key=lambda grown: (grown.items, grown.classes)):
        p50, p99 = (1000 * quantile(each.pages, share) for share in (0.5, 0.99))
        note = f"p99 {p99:.3g} ms" + (
            f"; taken in at {each.items / each.taken.seconds:,.0f} objects/s" if each.taken else ""
        )
        yield plain(group, f"{each.name}, {each.classes} classes, p50", p50, unit=" ms", note=note)


# Memory.


def _memory(grown: Grown) -> Iterator[Row]:
    group = "Growth: memory"
    with grown.node.serving() as server:
        before = memory_peak(server.pid) / MIB
        walk = read_through(server.reader(), page=ENVELOPE, expected=grown.items)
        after = memory_peak(server.pid) / MIB
    note = f"highest ever; {before:.0f} MB once started; {walk.rate:,.0f} objects/s read"
    yield at_most(group, f"server, while all of {grown.name} is read", after, 250, unit=" MB", note=note)
    if grown.taken is not None:
        note = "the highest of each of its processes, added up"
        what = f"`relto ingest` of {grown.name}"
        yield plain(group, what, grown.taken.memory / MIB, unit=" MB", note=note)


# Pauses.


def _act(plan: Plan, every: Sequence[Grown]) -> None:
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(_opened(each.node)) for each in every]
        for turn in range(plan.acts + 1):
            # Nobody is always the first.
            order = list(zip(every, nodes, strict=True))
            for each, opened in order[turn % len(order) :] + order[: turn % len(order)]:
                seconds = _acts_of(opened, f"held-{turn}", each.held[turn], items=each.items)
                if turn:
                    # The first loads what a process loads once.
                    for name, value in seconds.items():
                        each.acts[name].append(value)


@contextlib.contextmanager
def _opened(node: Node) -> Iterator[Opened]:
    with open_node(load(node.folder, environment=node.environment)) as opened:
        yield opened


def _acts_of(opened: Opened, agreement: str, first: str, *, items: int) -> dict[str, tuple[float, float]]:
    """Seconds by the clock and of processor of acts on an agreement that holds everything under the pause `first`."""
    node, desk = opened.node, opened.desk
    found: dict[str, tuple[float, float]] = {}

    @contextlib.contextmanager
    def timed(name: str) -> Iterator[None]:
        began = time.perf_counter(), time.process_time()
        yield
        found[name] = time.perf_counter() - began[0], time.process_time() - began[1]

    def paused(mode: Mode, name: str) -> str:
        with timed(name):
            made = pause(node, desk, MakePause(agreements=[agreement], reason="measured", mode=mode), by=ADMIN)
        return made.pause.number

    def resumed(number: str, name: str, *, released: int) -> None:
        with timed(name):
            (done,) = resume(node, desk, [number], backlog="release", by=ADMIN)
        assert done.released == released, f"{released} items were held, {done.released} were released"

    second = paused("freeze", "pause")
    resumed(second, "lifting of the second", released=0)
    resumed(first, "resume", released=items)
    cut = paused("cut", "cut")
    resumed(cut, "end of a cut", released=0)
    del found["lifting of the second"]
    return found


def _judged_acts(every: Sequence[Grown]) -> Iterator[Row]:
    group = "Growth: acts with more held"
    small, large = every[0], every[-1]
    for name in ACTS:
        clock = {each.items: 1000 * median(seconds for seconds, _ in each.acts[name]) for each in every}
        listed = ", ".join(f"{items:,}: {value:.3g} ms" for items, value in clock.items())
        what = f"{WORDS[name]}, {large.items:,} against {small.items:,}"
        runs = {each.name: each.acts[name] for each in every}
        ratio = clock[large.items] / clock[small.items]
        yield at_most(group, what, ratio, 1.5, unit=" times", note=listed, runs=runs)
    for name in ACTS:
        low, high = (1000 * median(used for _, used in each.acts[name]) for each in (small, large))
        note = f"{large.items:,}: {high:.3g} ms, {small.items:,}: {low:.3g} ms"
        yield plain(group, f"the same in processor time: {WORDS[name]}", high / low, unit=" times", note=note)
