"""Relto with 200 readers, four writers and a pause or a resume every second, beside itself with nothing to do.

The run is that of `tests/load`, and so is its checker, which knows nothing of Relto but its agreements: what was
skipped, given twice or shown while it was held is a fault. In the same run the same readers poll at the same pace
first, with nothing written and nothing paused; that is what a page is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.plan import Plan
from bench.report import Row, at_least, at_most, plain, quantile
from bench.taking_in import new_database
from tests import postgres
from tests.load.load import Load, Outcome, crowd, loaded
from tests.load.node import made

READERS = 200
SERVERS = 2
POLL_SECONDS = 4.0
"""50 polls a second of all: two cores have room for that many times over, with the client beside them."""

WRITERS = ("post", "publish", "post", "publish")
WRITE_SECONDS, PAUSE_SECONDS = 0.25, 0.9
FACTOR_MAX = 5
PAGE = 100

FAULTS = {
    "skipped": (" never got ", "did not come to an end"),
    "given twice": (" twice, on pages ",),
    "shown while held": ("gate: ", "which nobody wrote"),
    "out of order, ahead of the clock, or off the record": ("dates: ", "record: ", "a reader was answered with "),
}
"""What is asked, and what the checker's sentences say of it."""


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Both engines."""
    load = Load(
        crowd(READERS, limit=PAGE),
        plan.load_seconds,
        before=0.1,
        quiet=plan.load_seconds,
        servers=SERVERS,
        writers=WRITERS,
        poll=POLL_SECONDS,
        write_pace=WRITE_SECONDS,
        pause_pace=PAUSE_SECONDS,
    )
    (folder / "sqlite").mkdir(parents=True)
    yield from _rows("SQLite", _run(load, folder / "sqlite", f"sqlite:///{folder / 'sqlite' / 'relto.db'}", say))
    with postgres.running(durable=True) as url:
        (folder / "postgres").mkdir()
        yield from _rows("PostgreSQL", _run(load, folder / "postgres", new_database(url, "load"), say))


def _run(load: Load, folder: Path, url: str, say: Callable[[str], None]) -> Outcome:
    engine = url.partition(":")[0]
    say(
        f"{engine}: {READERS} readers, nothing written for {load.quiet:.0f} s, then everything for {load.seconds:.0f} s"
    )
    return loaded(made(folder, url, load.parties), load)


def _rows(engine: str, outcome: Outcome) -> Iterator[Row]:
    group = f"Under load: {READERS} readers, {len(WRITERS)} writers, {SERVERS} server processes, {engine}"
    found = outcome.found
    faults = [*found.faults, *outcome.unrecorded]
    quiet, busy = (quantile(each, 0.99) for each in (outcome.quiet, outcome.loaded))
    note = (
        f"{1000 * busy:.3g} ms of {len(outcome.loaded):,} pages; quiet {1000 * quiet:.3g} ms of {len(outcome.quiet):,}"
    )
    values = {"quiet": quiet, "loaded": busy}
    yield at_most(group, "page p99, times the quiet one", busy / quiet, FACTOR_MAX, unit="", note=note, **values)
    for what, sentences in FAULTS.items():
        those = [fault for fault in faults if any(each in fault for each in sentences)]
        note = those[0] if those else f"{found.items:,} items, {found.pages:,} pages"
        yield at_most(group, what, len(those), 0, unit="", note=note, faults=those)
    others = len(faults) - sum(any(each in fault for each in sum(FAULTS.values(), ())) for fault in faults)
    assert not others, faults
    middle = [1000 * quantile(each, 0.5) for each in (outcome.quiet, outcome.loaded)]
    yield plain(
        group, "page p50", middle[1], unit=" ms", note=f"quiet {middle[0]:.3g} ms; a poll every {POLL_SECONDS:g} s"
    )
    note = f"{outcome.written:,} items written meanwhile; {found.decisive:,} pages wholly under a pause"
    yield at_least(group, "pauses and resumes", found.acts, 1, unit="", note=note)
