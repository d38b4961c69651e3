"""A process that dies while it approves: the approval and what it carries out are both there, or neither is."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from tests.actors import ADMIN, actor
from tests.faults.audit import audit_flows
from tests.load.node import ROOT
from tests.simulation.world import World

from relto.adapters.database import create_database, open_database
from relto.usecases import office, standing
from relto.usecases.pausing import LiftPause, MakePause
from relto.usecases.policy import PolicyDesk

TERMS = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\napprovals: {resume: 1}\n"
OLGA, ANN = actor("olga", "officer"), actor("ann", "approver", how="token")

PROGRAM = """
import os, sys
from dataclasses import replace
from tests.actors import actor
from tests.simulation.world import CountedChance, HandClock, PlainHasher
from relto.adapters.database import open_database
from relto.ports.node import Node
from relto.usecases import change, office
from relto.usecases.policy import PolicyDesk
url, moment, number, where = sys.argv[1:]
node = Node(open_database(url), HandClock(int(moment)), CountedChance(), PlainHasher())
def dies(*_):
    os.kill(os.getpid(), 9)
if where == "before the commit":
    # Everything is written and nothing is durable.
    change.Change.finish = dies
else:
    office._outcome = dies
office.approve(node, PolicyDesk(), number, by=actor("ann", "approver", how="token"))
"""


@pytest.mark.parametrize("where", ["before the commit", "before the answer"])
def test_an_approval_that_was_cut_off_is_whole_or_not_there(database_url, where):
    with contextlib.closing(create_database(database_url)) as store:
        world = World(store)
        world.apply(TERMS)
        office.submit(world.node, world.desk, MakePause(["usa-ukr"], reason="talks"), by=OLGA)
        world.take([world.header("one", ("naval",))])
        number = str(office.submit(world.node, world.desk, LiftPause("1"), by=OLGA).act.number)
        world.settle_clock()
        words = [sys.executable, "-c", PROGRAM, database_url, str(world.clock.moment), number, where]
        assert subprocess.run(words, cwd=ROOT, check=False).returncode == -9
        world.settle_clock()
        done = where == "before the answer"
        with contextlib.closing(open_database(database_url)) as again:
            audit_flows(again)
        act = office.shown(world.node, number)
        (entry,) = standing.status(world.node, PolicyDesk(), by=ADMIN)
        assert (act.state, act.has) == (("applied", 1) if done else ("proposed", 0))
        assert (entry.state, entry.released) == (("flowing", 1) if done else ("paused", 0))
        if not done:
            assert office.approve(world.node, world.desk, number, by=ANN).state == "applied"
