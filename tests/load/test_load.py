"""Gate and Whole under load: writers, pauses and readers at once, in several processes, on one database.

What every one of them did and saw is in journals; `checker.py` judges them alone. A longer run:
`TEST_LOAD_SECONDS=120 make test ARGS=tests/load`.
"""

from __future__ import annotations

import os
import sqlite3
import time

import psycopg
import pytest
from tests.faults.audit import audit_flows
from tests.load.actors import now
from tests.load.checker import Checker, Found, against_the_record
from tests.load.journal import lines_of
from tests.load.node import TERMS, Made, act, finish, made, served

from relto.adapters.database import open_database

SECONDS = float(os.environ.get("TEST_LOAD_SECONDS", "12"))
DRAIN_SECONDS = 60
"""How long readers may take to come to the end after the last resume."""

OVERLAP_US = 500_000
"""Clients that keep their own clock ask from a little before it; one here does not, and is counted apart."""

READERS = [
    {"name": "kyiv", "collection": "coalition/UKR", "keeps": "last", "limit": 5},
    {"name": "lviv", "collection": "coalition/UKR", "keeps": "next", "limit": 3},
    {"name": "odesa", "collection": "coalition/UKR", "keeps": "clock", "limit": 7, "overlap": OVERLAP_US},
    {"name": "rivne", "collection": "coalition/UKR", "keeps": "clock", "limit": 1000},
    {"name": "dnipro", "collection": "coalition/UKR", "keeps": "fresh", "limit": 400},
    {"name": "sumy-1", "account": "sumy", "collection": "coalition/UKR", "keeps": "last", "limit": 4},
    {"name": "sumy-2", "account": "sumy", "collection": "coalition/UKR", "keeps": "next", "limit": 50},
    {"name": "london", "collection": "coalition/GBR", "keeps": "last", "limit": 100},
    {"name": "leeds", "collection": "coalition/GBR", "keeps": "next", "limit": 2},
    {"name": "bristol", "collection": "coalition/GBR", "keeps": "clock", "limit": 50, "overlap": OVERLAP_US},
    {"name": "kharkiv", "collection": "bilateral/UKR", "keeps": "last", "limit": 9, "endpoint": "manifest"},
    {"name": "poltava", "collection": "bilateral/UKR", "keeps": "next", "limit": 6},
]
READERS = [{"account": each["name"], **each} for each in READERS]
KEEPS = {each["name"]: each["keeps"] for each in READERS} | {"sumy-1": "shared", "sumy-2": "shared", "rivne": "exact"}
ACCOUNTS = {each["name"]: each["account"] for each in READERS}
PARTIES = {each["account"]: each["collection"].split("/")[1] for each in READERS}

RECORD = "SELECT reader, policy_version, items, digest FROM deliveries ORDER BY number"


def record_of(url: str) -> list[tuple[str, int, int, bytes]]:
    """The deliveries as they stand in the database, asked of the engine itself."""
    if url.startswith("sqlite:"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            rows = connection.execute(RECORD).fetchall()
        connection.close()
        return rows
    with psycopg.connect(url) as connection:
        return [(*row[:3], bytes(row[3])) for row in connection.execute(RECORD).fetchall()]


def loaded(node: Made, seconds: float, *, served_bug: str = "", pausing_bug: str = "") -> tuple[Found, list[str]]:
    """Runs the load; what the checker found, and what the record lacks."""
    folder = node.folder / "journals"
    folder.mkdir()
    enough = folder / "enough"
    with served(node, 2, bug=served_bug) as servers:
        ports = [server.port for server in servers]
        limit = now() + int((seconds + 2 * DRAIN_SECONDS) * 1e9)
        common = {"ports": ports, "seconds": seconds, "enough": os.fspath(enough), "limit": limit, "pace": 0.02}
        reading = [
            act(node, folder / f"readers-{half}", "readers", {**common, "readers": READERS[half::2]}) for half in (0, 1)
        ]
        writing = [
            (act(node, folder / kind, kind, {**common, "seed": seed, "most": 4, "pace": 0.06}), folder / kind)
            for seed, kind in enumerate(("post", "publish"))
        ]
        plan = {**common, "seed": 3, "pace": 0.15, "discards": 0.25}
        pausing = act(node, folder / "pauses", "pauses", plan, bug=pausing_bug)
        try:
            finish(writing, seconds + DRAIN_SECONDS)
            enough.touch()
            finish([(pausing, folder / "pauses")], DRAIN_SECONDS)
            told = lines_of([folder / name for name in ("post", "publish", "pauses")])
            last = max(line.get("visible_at", 0) for line in told)
            draft = folder / "draft"
            # What was posted last is readable within the second, or with the last resume.
            draft.write_text(str(max(last, time.time_ns() // 1000 + 1_000_000)))
            draft.rename(f"{enough}.all")
            finish([(process, folder / f"readers-{half}") for half, process in enumerate(reading)], DRAIN_SECONDS + 10)
        finally:
            for process in (*reading, pausing, *(each for each, _ in writing)):
                process.kill()
                process.wait()
    lines = lines_of(folder / name for name in ("post", "publish", "pauses", "readers-0", "readers-1"))
    found = Checker(TERMS, KEEPS, lines).check()
    failed = [line["status"] for line in lines if line["kind"] == "failed"]
    found.faults += [f"a reader was answered with {status}" for status in failed if status != 503][:5]
    return found, against_the_record(lines, ACCOUNTS, record_of(node.url))


@pytest.mark.slow
def test_gate_and_whole_hold_under_load(database_url, tmp_path, record_property):
    node = made(tmp_path, database_url, PARTIES)
    found, unrecorded = loaded(node, SECONDS)
    for name in ("items", "acts", "pages", "decisive", "readers"):
        record_property(name, getattr(found, name))
    record_property("passed_over", len(found.passed_over))
    print(f"{found.items} items, {found.acts} acts, {found.pages} pages, {found.decisive} decisive,", end=" ")
    print(f"{len(found.passed_over)} passed over by a clock without overlap")
    assert found.faults == []
    assert unrecorded == []
    # A run in which nothing was paused while something was read would prove nothing.
    assert found.acts >= 10
    assert found.items >= 30
    assert found.decisive >= 20
    assert len(found.passed_over) < found.items / 10
    store = open_database(database_url)
    try:
        audit_flows(store)
    finally:
        store.close()


def planted(tmp_path, fault: str, **bugs) -> list[str]:
    """The faults of that kind, of a few short runs: a busy machine may not come to the bug in the first."""
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        node = made(folder, f"sqlite:///{folder / 'relto.db'}", PARTIES)
        found, unrecorded = loaded(node, 4, **bugs)
        if faults := [each for each in (*found.faults, *unrecorded) if fault in each]:
            return faults
    return []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "fault"),
    [
        ("cut-shows", "gate: "),
        ("stale-policy", "gate: "),
        ("unchecked-delivery", "record: a page decided at version"),
        ("unrecorded-delivery", "is not on record"),
    ],
)
def test_a_server_with_a_planted_bug_is_found_out(tmp_path, bug, fault):
    assert planted(tmp_path, fault, served_bug=bug)


@pytest.mark.slow
@pytest.mark.parametrize(("bug", "fault"), [("span-early", " twice, on pages "), ("backlog-short", " never got ")])
def test_a_resume_with_a_planted_bug_is_found_out(tmp_path, bug, fault):
    assert planted(tmp_path, fault, pausing_bug=bug)
