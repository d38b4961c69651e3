"""A machine's clock that is set back by an hour: dates go on increasing, readers miss nothing, and doctor names it.

Each process reads a clock that the test sets; between two of them it has been set back.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.faults.audit import audit_flows
from tests.load.actors import drawn
from tests.load.node import ROOT, Made, made

from relto.adapters.host import Argon2Hasher, SystemChance, SystemClock
from relto.usecases.pausing import MakePause
from relto.usecases.publishing import Publisher
from relto.usecases.reading import Query
from relto.wiring import Opened, open_node

HOUR_US = 3_600_000_000


@dataclass
class Machine:
    """A machine whose clock stands `ahead_us` from the true one."""

    ahead_us: int = 0

    def host(self):
        clock = SystemClock(wall=lambda: time.time_ns() + 1000 * self.ahead_us)
        return clock, SystemChance(), Argon2Hasher(memory_kib=8, passes=1)


@dataclass
class Client:
    """A reader over all processes. `keeps`: `last` or `clock` (the true time, less a second)."""

    keeps: str
    asked: int | None = None

    def __post_init__(self) -> None:
        self.got: list[bytes] = []
        self.dates: list[int] = []

    def read(self, opened: Opened) -> None:
        with opened.node.store.read() as snap:
            account = next(row for row in snap.accounts() if row.name == "kyiv")
            flow = next(row for row in snap.flows() if (row.agreement, row.party) == ("coalition", "UKR"))
        began = time.time_ns() // 1000
        while True:
            query = Query(1, self.asked, versions=("all",))
            quiet = opened.reading.quiet(account, flow.collection, query)
            page = quiet or opened.reading.page(account, flow.collection, query, "objects")
            if not page.entries:
                break
            self.got += [entry.raw for entry in page.entries]
            self.dates.append(page.last)
            self.asked = page.last
        if self.keeps == "clock":
            self.asked = began - 1_000_000


def take(opened: Opened, chance: random.Random) -> bytes:
    """One object that the reader may have; readable when it returns."""
    name, _, raw = drawn(chance)
    raw = json.dumps(json.loads(raw) | {"labels": ["naval"], "id": name}, separators=(",", ":")).encode()
    header = opened.validator().check(raw, where="", now_us=opened.node.clock.now())
    taken = Publisher(opened.node, opened.desk, originator="USA", by=ADMIN).take([header])
    settle(opened, taken.visible_at)
    return raw


def settle(opened: Opened, moment: int) -> None:
    """Returns when what is dated up to that moment can be read."""
    deadline = time.monotonic() + 10
    while opened.node.now(opened.node.store.head()) <= moment:
        assert time.monotonic() < deadline, "what was given cannot be read"
        time.sleep(0.005)


@pytest.fixture
def node(database_url, tmp_path) -> Made:
    return made(tmp_path, database_url, {"kyiv": "UKR"})


def test_dates_go_on_increasing_and_readers_miss_nothing_when_the_clock_was_set_back(node):
    chance, clients, raws = random.Random(1), [Client("last"), Client("last")], []
    for ahead in (0, -HOUR_US, -2 * HOUR_US, 0):
        with open_node(node.config(), host=Machine(ahead).host) as opened:
            raws.append(take(opened, chance))
            number = actors.pause(opened.node, opened.desk, MakePause(["coalition"], reason="r"), by=ADMIN).pause
            held = take(opened, chance)
            clients[0].read(opened)
            assert held not in clients[0].got
            done = actors.resume(opened.node, opened.desk, [number.number], backlog="release", by=ADMIN)[0]
            raws.append(held)
            settle(opened, done.visible_at)
            for client in clients:
                client.read(opened)
    for client in clients:
        assert client.got == raws
        assert client.dates == sorted(set(client.dates))
    with open_node(node.config()) as opened:
        audit_flows(opened.node.store)


def test_a_process_that_only_reads_gives_all_that_was_stored_before_the_clock_was_set_back(node):
    chance, client = random.Random(2), Client("last")
    with open_node(node.config()) as opened:
        raws = [take(opened, chance) for _ in range(3)]
    # The first look makes up for the step, so that what was stored last is readable within moments, not in an hour.
    with open_node(node.config(), host=Machine(-HOUR_US).host) as opened:
        client.read(opened)
        settle(opened, opened.node.store.head().last_given)
        client.read(opened)
    assert client.got == raws


def test_a_client_that_keeps_its_own_clock_misses_nothing_when_the_nodes_was_set_back(node):
    chance, client, raws = random.Random(3), Client("clock"), []
    for ahead in (0, -HOUR_US):
        with open_node(node.config(), host=Machine(ahead).host) as opened:
            for _ in range(2):
                raws.append(take(opened, chance))
                client.read(opened)
    assert list(dict.fromkeys(client.got)) == raws


def test_a_pause_binds_at_its_moment_though_the_clock_was_set_back(node):
    with open_node(node.config()) as opened:
        first = take(opened, random.Random(4))
        due = opened.node.now(opened.node.store.head()) + 50_000
        order = MakePause(["coalition"], mode="cut", reason="r", from_us=due)
        assert actors.pause(opened.node, opened.desk, order, by=ADMIN).state == "scheduled"
        settle(opened, due)
        client = Client("last")
        client.read(opened)
        assert client.got == []
    with open_node(node.config(), host=Machine(-HOUR_US).host) as opened:
        client = Client("last")
        client.read(opened)
        assert first not in client.got


DOCTOR = """
import sys, time
import relto.adapters.host as host
init = host.SystemClock.__init__
host.SystemClock.__init__ = lambda self: init(self, wall=lambda: time.time_ns() - 3_600 * 10**9)
from relto.faces.cli import main
sys.exit(main())
"""


def run_set_back(node: Made, *arguments: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", DOCTOR, *arguments, "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=node.environment,
        check=True,
    )
    return json.loads(done.stdout)


def test_doctor_names_a_clock_that_was_set_back_before_and_after_it_is_made_up_for(node):
    with open_node(node.config()) as opened:
        take(opened, random.Random(5))
    codes = [each["code"] for each in run_set_back(node, "doctor")["findings"]]
    assert "clock-behind" in codes
    number = run_set_back(node, "pause", "coalition", "--reason", "a test")["pause"]
    codes = [each["code"] for each in run_set_back(node, "doctor")["findings"]]
    assert "clock-behind" in codes
    assert run_set_back(node, "resume", number)["state"] == "applied"


def test_two_processes_that_differ_about_the_hour_do_not_drive_each_other_on(node):
    machine, chance = Machine(), random.Random(6)
    with contextlib.ExitStack() as stack:
        older = stack.enter_context(open_node(node.config(), host=machine.host))
        take(older, chance)
        machine.ahead_us = -HOUR_US
        newer = stack.enter_context(open_node(node.config(), host=machine.host))
        for _ in range(3):
            take(newer, chance)
            take(older, chance)
        ahead = older.node.store.head().last_given - time.time_ns() // 1000
    assert ahead < HOUR_US / 2, f"the node's clock stands {ahead / HOUR_US:.1f} hours ahead of all clocks"


def test_two_machines_whose_clocks_disagree_do_not_drive_the_nodes_clock_on(node):
    chance, ahead = random.Random(7), Machine(2_000_000)
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(open_node(node.config(), host=ahead.host))
        second = stack.enter_context(open_node(node.config()))
        for _ in range(10):
            take(first, chance)
            take(second, chance)
        latest = second.node.store.head().last_given - time.time_ns() // 1000
    assert latest < 4_000_000, f"the node's clock stands {latest / 1_000_000:.1f} s ahead of the true one"


def test_a_clock_that_is_set_right_again_is_followed_without_going_back(node):
    chance, machine = random.Random(8), Machine()
    with open_node(node.config(), host=machine.host) as opened:
        take(opened, chance)
        machine.ahead_us = -HOUR_US
        take(opened, chance)
        before = opened.node.now(opened.node.store.head())
        machine.ahead_us = 1_000_000
        after = opened.node.now(opened.node.store.head())
        assert before <= after
        assert after - time.time_ns() // 1000 < 2_000_000
