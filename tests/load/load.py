"""A run: servers, writers, pauses and readers at once, each a process of its own, until every reader came to its end.

What every one of them did and saw is in journals; `checker.py` judges them alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from tests.load.actors import now
from tests.load.checker import Checker, Found, against_the_record
from tests.load.journal import Line, lines_of
from tests.load.node import TERMS, Made, act, finish, served

DRAIN_SECONDS = 60
"""How long readers may take to come to the end after the last resume."""

LONGER = 4
LOOK_SECONDS = 2
NOTED_SECONDS = 3
"""By then whoever wrote or resumed has noted it, unless the machine is busy indeed."""
READING_PROCESSES = 2
OVERLAP_US = 500_000
"""Clients that keep their own clock ask from a little before it."""

RECORD = "SELECT data FROM leaves WHERE kind IN ('delivery', 'place') ORDER BY number"

ReaderPlan = dict[str, Any]
"""What `actors.Reader` is made of: name, account, collection, keeps, limit and the like."""


@dataclass(frozen=True, slots=True)
class Least:
    """What has to have happened, or a run proves nothing: acts, items written, decisive pages (`checker.Found`)."""

    acts: int = 0
    items: int = 0
    decisive: int = 0

    def is_reached(self, found: Found) -> bool:
        return found.acts >= self.acts and found.items >= self.items and found.decisive >= self.decisive


@dataclass(frozen=True, slots=True)
class Load:
    """What is done. `kinds`: reader → how the checker takes it, where that is not what it keeps.

    `before`: seconds in which a hundred items or two are taken in before anybody reads; `quiet`: seconds of reading
    with nothing written and nothing paused; `seconds`: of everything at once, and up to `LONGER` times that on a busy
    machine that takes longer to come to what is `least`, and to a fault that has `sought` in it where one is planted.
    `poll`: of a reader, from one walk to the next; 0: they follow on each other, with `read_pace` between pages.
    `write_pace`, `pause_pace`: seconds from one act to the next.
    """

    readers: Sequence[ReaderPlan]
    seconds: float
    kinds: Mapping[str, str] | None = None
    before: float = 0.0
    quiet: float = 0.0
    least: Least = Least()
    sought: str = ""
    servers: int = 2
    writers: Sequence[str] = ("post", "publish")
    most: int = 4
    poll: float = 0.0
    read_pace: float = 0.02
    write_pace: float = 0.06
    pause_pace: float = 0.15
    discards: float = 0.25
    served_bug: str = ""
    pausing_bug: str = ""

    @property
    def keeps(self) -> dict[str, str]:
        """Reader → its kind."""
        return {each["name"]: each["keeps"] for each in self.readers} | dict(self.kinds or {})

    @property
    def accounts(self) -> dict[str, str]:
        """Reader → account."""
        return {each["name"]: each["account"] for each in self.readers}

    @property
    def parties(self) -> dict[str, str]:
        """Account → party."""
        return {each["account"]: each["collection"].split("/")[1] for each in self.readers}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. `unrecorded`: what the record lacks; `quiet`, `loaded`: seconds of each page that was
    answered, of readers that poll now and then; `written`: items in the stretch with everything at once.
    """

    found: Found
    unrecorded: list[str]
    quiet: list[float]
    loaded: list[float]
    written: int


def loaded(node: Made, load: Load) -> Outcome:
    """Carries it out, and has it judged."""
    folder = node.folder / "journals"
    folder.mkdir()
    enough, stop = folder / "enough", folder / "stop"
    readings = [f"readers-{half}" for half in range(READING_PROCESSES)]
    names = [f"{number}-{kind}" for number, kind in enumerate(load.writers)]
    seconds = load.quiet + LONGER * load.seconds
    with served(node, load.servers, bug=load.served_bug) as servers:
        common = {
            "ports": [server.port for server in servers],
            "seconds": load.seconds,
            "enough": os.fspath(enough),
            "limit": now() + int((load.before + seconds + 2 * DRAIN_SECONDS) * 1e9),
        }
        if load.before:
            plan = {**common, "seconds": load.before, "seed": len(names), "most": 100, "pace": load.before}
            finish([(act(node, folder / "before", "publish", plan), folder / "before")], DRAIN_SECONDS)
        reading = [
            act(
                node,
                folder / name,
                "readers",
                {**common, "pace": load.read_pace, "poll": load.poll, "readers": load.readers[half::READING_PROCESSES]},
            )
            for half, name in enumerate(readings)
        ]
        writing, pausing = [], None
        try:
            # Whoever polls now and then opens its connections in the first walk, before anything counts.
            time.sleep(load.poll + 1 if load.quiet else 0)
            quiet_from = now()
            time.sleep(load.quiet)
            quiet_to = now()
            for seed, name in enumerate(names):
                plan = {**common, "seed": seed, "most": load.most, "pace": load.write_pace, "stop": os.fspath(stop)}
                writing.append((act(node, folder / name, name.split("-")[1], plan), folder / name))
            plan = {**common, "seed": 3, "pace": load.pause_pace, "discards": load.discards}
            pausing = act(node, folder / "pauses", "pauses", plan, bug=load.pausing_bug)
            _go_on(node, load, [folder / name for name in (*names, "pauses", *readings)])
            loaded_to = now()
            stop.touch()
            finish(writing, DRAIN_SECONDS)
            enough.touch()
            finish([(pausing, folder / "pauses")], DRAIN_SECONDS)
            told = lines_of([folder / name for name in (*names, "pauses")])
            last = max(line.get("visible_at", 0) for line in told)
            draft = folder / "draft"
            # What was posted last is readable within the second, or with the last resume.
            draft.write_text(str(max(last, time.time_ns() // 1000 + 1_000_000)))
            draft.rename(f"{enough}.all")
            finish(
                [(process, folder / name) for process, name in zip(reading, readings, strict=True)], DRAIN_SECONDS + 10
            )
        finally:
            for process in (*reading, *(each for each, _ in writing), *([pausing] if pausing else [])):
                process.kill()
                process.wait()
    journals = [*(["before"] if load.before else []), *names, "pauses"]
    lines = lines_of(folder / name for name in (*journals, *readings))
    found = Checker(TERMS, load.keeps, lines).check()
    failed = [line["status"] for line in lines if line["kind"] == "failed"]
    found.faults += [f"a reader was answered with {status}" for status in failed if status != 503][:5]
    written = [line for line in told if line["kind"] == "wrote"]
    # Writers and pauses take a moment to start; what was read meanwhile is neither quiet nor loaded.
    began = min((line["begun"] for line in written), default=loaded_to)
    return Outcome(
        found,
        against_the_record(lines, load.accounts, record_of(node.url)),
        _taken(lines, quiet_from, quiet_to),
        _taken(lines, began, loaded_to),
        sum(len(line["ids"]) for line in written),
    )


def _go_on(node: Made, load: Load, journals: Sequence[Path]) -> None:
    """Waits while everything is at work: as long as was said, and then until something has been shown."""
    ends = time.monotonic() + LONGER * load.seconds
    time.sleep(load.seconds)
    while (load.least != Least() or load.sought) and time.monotonic() < ends:
        found, faults = _so_far(node, load, journals)
        if load.least.is_reached(found) and (not load.sought or any(load.sought in fault for fault in faults)):
            return
        time.sleep(LOOK_SECONDS)


def _so_far(node: Made, load: Load, journals: Sequence[Path]) -> tuple[Found, list[str]]:
    """What has happened, and what seems amiss. It is no verdict: nobody has come to an end, and what was given just now
    may be explained by what its writer, or whoever resumes, has not noted yet; that much later is left out.
    """
    lines = lines_of(path for path in journals if path.exists())
    noted = {stix_id for line in lines if line["kind"] == "wrote" for stix_id in line["ids"]}
    upto = now() - int(NOTED_SECONDS * 1e9)
    known = [
        line for line in lines if line["kind"] != "read" or (line["ended"] < upto and noted.issuperset(line["ids"]))
    ]
    found = Checker(TERMS, load.keeps, known).check()
    if not load.sought:
        return found, []
    return found, [*found.faults, *against_the_record(known, load.accounts, record_of(node.url))]


def _taken(lines: Sequence[Line], from_: int, to: int) -> list[float]:
    """Seconds of each page that was asked and answered in between."""
    return [
        (ended - begun) / 1e9
        for line in lines
        if line["kind"] == "polls"
        for begun, ended, status in line["polls"]
        if status == 200 and from_ <= begun and ended <= to
    ]


def record_of(url: str) -> list[tuple[str, int, int, bytes]]:
    """The deliveries as they stand in the database, asked of the engine itself."""
    if url.startswith("sqlite:"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            rows = connection.execute(RECORD).fetchall()
        connection.close()
    else:
        with psycopg.connect(url) as connection:
            rows = connection.execute(RECORD).fetchall()
    told = [json.loads(bytes(row[0])) for row in rows]
    return [
        (delivery["reader"], place["version"], delivery["items"], bytes.fromhex(delivery["digest"]))
        for delivery, place in zip(told[::2], told[1::2], strict=True)
    ]


KINDS = ("last", "next", "clock")
COLLECTIONS = ("coalition/UKR", "coalition/GBR", "bilateral/UKR")


def crowd(count: int, *, limit: int) -> list[ReaderPlan]:
    """So many readers, an account each, of all kinds that keep a cursor and of all collections; each fifth reads the
    manifest.
    """
    return [
        {
            "name": f"reader-{number}",
            "account": f"reader-{number}",
            "collection": COLLECTIONS[number // len(KINDS) % len(COLLECTIONS)],
            "keeps": KINDS[number % len(KINDS)],
            "limit": limit,
            "endpoint": "manifest" if number % 5 == 4 else "objects",
            "overlap": OVERLAP_US,
        }
        for number in range(count)
    ]
