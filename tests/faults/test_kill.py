"""kill -9 at any moment: what was acknowledged is there, nothing is half done, and the next process goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.faults.audit import audit_flows
from tests.faults.verified import holds, verified
from tests.load.actors import now
from tests.load.checker import Checker
from tests.load.journal import lines_of
from tests.load.node import ROOT, TERMS, Made, act, finish, made, served
from tests.second import log_verifier as second

from relto.adapters.database import open_database
from relto.adapters.sqlite import SqliteStore
from relto.domain.ranges import OPEN
from relto.domain.stream import Stream

ROUNDS = int(os.environ.get("TEST_KILL_ROUNDS", "8"))
MOST_ROUNDS = 5 * ROUNDS
KILLS = 6
KINDS = ("wrote", "paused", "resumed", "read", "signed")
SEED = int(os.environ.get("TEST_KILL_SEED", "1"))
READERS = {"kyiv": "UKR", "lviv": "UKR", "odesa": "UKR", "london": "GBR"}


def killed(node: Made, *seeds: int, after: float, meanwhile: Callable[[], None] | None = None) -> list[dict]:
    """Runs workers and kills them so many seconds after their first answers; everything that they had been answered."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", str(seed)],
            cwd=ROOT,
            env=node.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in seeds
    ]
    said: list[str] = []
    try:
        # Whoever waits for one reads from all, so that none waits with a full pipe.
        with ThreadPoolExecutor(len(workers)) as threads:
            first = [threads.submit(worker.stdout.readline) for worker in workers]
            said += [each.result() for each in first]
            rest = [threads.submit(worker.stdout.read) for worker in workers]
            time.sleep(after)
            if meanwhile is not None:
                meanwhile()
            for worker in workers:
                worker.kill()
            said += [line for each in rest for line in each.result().split("\n")]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    found = [json.loads(line) for line in said if line.endswith(("}", "}\n"))]
    assert found
    assert [line for line in found if line["kind"] in {"refused", "ended"}] == []
    return found


def acknowledged(store, said: list[dict]) -> None:
    """All that was said is there."""
    with store.read() as snap:
        seqs = [seq for seq, _ in snap.scan([(row.id, 0, OPEN) for row in snap.classes()], 10**6)]
        there = Counter(body.digest.hex() for body in snap.bodies(seqs))
        wanted = Counter(digest for line in said if line["kind"] == "wrote" for digest in line["digests"])
        assert max(there.values(), default=1) == 1
        assert wanted <= there, "an item that was acknowledged is not there"
        states = {str(row.number): row.state for row in snap.pauses(lifted=True)}
        for line in said:
            if line["kind"] == "paused":
                assert line["number"] in states, "a pause that was acknowledged is not there"
            if line["kind"] == "resumed":
                assert states[line["number"]] == "lifted", "a resume that was acknowledged is not there"
    pages = [(line["account"], line["digest"]) for line in said if line["kind"] == "read"]
    holds(store, [line["note"] for line in said if line["kind"] == "signed"], pages)


@pytest.mark.slow
def test_whoever_is_killed_leaves_what_was_acknowledged_and_nothing_half_done(database_url, tmp_path):
    node = made(tmp_path, database_url, READERS)
    chance = random.Random(SEED)
    said: list[dict] = []
    kinds: Counter[str] = Counter()
    for turn in range(MOST_ROUNDS):
        # Each kind of work was under way in the rounds, or they would prove nothing about it: a slow machine has more.
        if turn >= ROUNDS and all(kinds[kind] for kind in KINDS):
            break
        said += killed(node, SEED * 1000 + turn * 10, after=chance.uniform(0, 0.6))
        with contextlib.closing(open_database(database_url)) as store:
            acknowledged(store, said)
            audit_flows(store)
        verified(node)
        kinds = Counter(line["kind"] for line in said)
    assert all(kinds[kind] for kind in KINDS), kinds


@pytest.mark.slow
def test_processes_that_write_and_sign_at_once_make_one_log(database_url, tmp_path):
    node = made(tmp_path, database_url, READERS)
    # It is verified while they write on, too.
    seeds = (SEED * 1000 + 10 * number for number in range(3))
    said = killed(node, *seeds, after=2, meanwhile=lambda: verified(node))
    with contextlib.closing(open_database(database_url)) as store:
        acknowledged(store, said)
        audit_flows(store)
        with store.read() as snap:
            assert len(snap.checkpoints(limit=10**6)) > 5
    verified(node)


def test_the_proof_would_notice_an_acknowledgement_that_was_not_kept(sqlite_url, tmp_path):
    node = made(tmp_path, sqlite_url, READERS)
    said: list[dict] = []
    # A slow machine signs nothing in the first half second.
    for turn in range(MOST_ROUNDS):
        said += killed(node, 7 + 10 * turn, after=0.5)
        if any(line["kind"] == "signed" for line in said):
            break
    lost = {"kind": "wrote", "digests": [hashlib.sha256(b"lost").hexdigest()]}
    unpaused = {"kind": "paused", "number": "999"}
    unread = {"kind": "read", "account": "kyiv", "count": 1, "digest": "00"}
    unsigned = next(line for line in said if line["kind"] == "signed")["note"].replace("\n", "\n1", 1)
    with contextlib.closing(open_database(sqlite_url)) as store:
        acknowledged(store, said)
        for line in (lost, unpaused, unread, {"kind": "signed", "note": unsigned}):
            with pytest.raises((AssertionError, second.Wrong)):
                acknowledged(store, [*said, line])


def test_a_log_that_nobody_has_signed_was_shown_to_nobody(sqlite_url, tmp_path):
    made(tmp_path, sqlite_url, READERS)
    with contextlib.closing(open_database(sqlite_url)) as store:
        with store.read() as snap:
            assert snap.checkpoints(limit=1) == []
        holds(store, [], [])
        with pytest.raises((AssertionError, second.Wrong)):
            holds(store, ["relto.example/log\n1\nAAAA\n\n"], [])


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """The file of a database with items in spans, holds and backlogs, and nothing wrong with it."""
    folder = tmp_path_factory.mktemp("worked")
    url = f"sqlite:///{folder / 'relto.db'}"
    node = made(folder, url, READERS)
    for seed in (70, 80):
        killed(node, seed, after=0.8)
    with contextlib.closing(open_database(url)) as store:
        audit_flows(store)
    return folder / "relto.db"


@pytest.fixture
def busy(worked, sqlite_url):
    """A store of one's own of that kind."""
    shutil.copy(worked, sqlite_url.removeprefix("sqlite:///"))
    with contextlib.closing(open_database(sqlite_url)) as store:
        audit_flows(store)
        yield store


def live_class(store: SqliteStore) -> tuple[int, Stream, int, int]:
    """(stream, its value, a class of which it gives something, an item of that class that it gives)."""
    with store.read() as snap:
        for row in snap.streams():
            stream = snap.streams_whole([row.id])[row.id]
            for class_id in stream.live:
                for seq, _ in snap.scan([(class_id, 0, OPEN)], 10**6):
                    if seq in stream.live[class_id]:
                        return row.id, stream, class_id, seq
    raise AssertionError("nothing flows")


def test_the_audit_notices_an_item_that_is_given_twice(busy):
    number, stream, class_id, seq = live_class(busy)
    with busy.write() as tx:
        tx.run("INSERT INTO epochs VALUES (?, ?, 1, 1, 1, 1, 1)", (number, len(stream.epochs) + 1))
        tx.run("INSERT INTO spans VALUES (?, ?, ?, ?, ?)", (number, len(stream.epochs) + 1, class_id, seq - 1, seq))
    with pytest.raises(AssertionError):
        audit_flows(busy)


def test_the_audit_notices_an_item_that_is_lost(busy):
    number, _, class_id, _ = live_class(busy)
    with busy.write() as tx:
        tx.run("DELETE FROM spans WHERE stream = ? AND class_id = ?", (number, class_id))
    with pytest.raises(AssertionError):
        audit_flows(busy)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE classes SET last_ord = last_ord - 1 WHERE last_ord > 0",
        "UPDATE classes SET last_seq = last_seq - 1 WHERE last_ord > 0",
        "UPDATE ranks SET ord = ord + 1 WHERE seq > 5",
        "DELETE FROM items WHERE seq = 2",
        "DELETE FROM ranks WHERE seq = 2",
        "DELETE FROM batches WHERE first_seq = 1",
        "UPDATE head SET last_given = last_given + 1",
        "UPDATE head SET policy_version = 0",
        "DELETE FROM leaves WHERE number = 2",
        "DELETE FROM pauses WHERE number = 1",
        "DELETE FROM acts WHERE number = 2",
    ],
)
def test_the_audit_notices_what_is_half_done(busy, statement):
    with busy.write() as tx:
        tx.run(statement)
    with pytest.raises(AssertionError):
        audit_flows(busy)


# A server that is killed while clients read.

CLIENTS = [
    {"name": "kyiv", "account": "kyiv", "collection": "coalition/UKR", "keeps": "last", "limit": 4},
    {"name": "lviv", "account": "lviv", "collection": "coalition/UKR", "keeps": "next", "limit": 3},
    {
        "name": "odesa",
        "account": "odesa",
        "collection": "coalition/UKR",
        "keeps": "clock",
        "limit": 9,
        "overlap": 500_000,
    },
    {"name": "london", "account": "london", "collection": "coalition/GBR", "keeps": "last", "limit": 50},
]


def grown(journal: Path, actor: subprocess.Popen[str]) -> None:
    """Returns when the journal has grown, or its actor ended."""
    before, deadline = journal.stat().st_size, time.monotonic() + 20
    while journal.stat().st_size == before and actor.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def shown(port: int) -> set[str]:
    """The checkpoint that the server shows just now, where it has one yet."""
    response = httpx.get(f"http://127.0.0.1:{port}/log/checkpoint", timeout=30)
    return {response.text} if response.status_code == 200 else set()


@pytest.mark.slow
def test_readers_of_a_server_that_is_killed_again_and_again_have_everything_once_and_on_record(database_url, tmp_path):
    node = made(tmp_path, database_url, READERS)
    seen: set[str] = set()
    chance = random.Random(SEED)
    folder = tmp_path / "journals"
    folder.mkdir()
    enough, stop = folder / "enough", folder / "stop"
    with served(node, 1) as servers:
        common = {"ports": [servers[0].port], "seconds": 0, "enough": os.fspath(enough), "pace": 0.01}
        common["limit"] = now() + 180 * 10**9
        plans = {
            "readers": {**common, "readers": CLIENTS},
            "post": {**common, "seed": SEED, "most": 6, "pace": 0.02, "stop": os.fspath(stop)},
            "pauses": {**common, "seed": SEED, "discards": 0.2, "pace": 0.2},
        }
        actors = {name: act(node, folder / name, name, plan) for name, plan in plans.items()}
        try:
            # So often, and not for so long: a slow machine takes seconds to start a server.
            for kills in range(KILLS):
                assert actors["post"].poll() is None
                if kills % 2:
                    # On a slow machine it would else never live long enough to take anything in.
                    grown(folder / "post", actors["post"])
                time.sleep(chance.uniform(0.2, 0.8))
                seen |= shown(servers[0].port)
                servers[0].kill()
                servers[0].start()
                if kills == KILLS // 2:
                    # Everybody goes on meanwhile.
                    verified(node)
            stop.touch()
            finish([(actors["post"], folder / "post")], 30)
            enough.touch()
            finish([(actors["pauses"], folder / "pauses")], 30)
            last = max(line.get("visible_at", 0) for line in lines_of([folder / "pauses"]))
            (folder / "draft").write_text(str(max(last, time.time_ns() // 1000 + 1_000_000)))
            (folder / "draft").rename(f"{enough}.all")
            finish([(actors["readers"], folder / "readers")], 40)
        finally:
            for process in actors.values():
                process.kill()
                process.wait()
    lines = lines_of(folder / name for name in plans)
    found = Checker(TERMS, {each["name"]: each["keeps"] for each in CLIENTS}, lines).check()
    broken = [line["status"] for line in lines if line["kind"] == "failed"]
    assert found.faults == []
    assert set(broken) <= {0, 503}
    # It was killed while it was asked, or this would prove nothing.
    assert broken.count(0) >= KILLS
    assert len(seen) > 1
    accounts = {each["name"]: each["account"] for each in CLIENTS}
    pages = [(accounts[line["reader"]], line["digest"]) for line in lines if line["kind"] == "read" and line["ids"]]
    assert len(pages) >= 3
    with contextlib.closing(open_database(database_url)) as store:
        audit_flows(store)
        holds(store, seen, pages)
    verified(node)
