"""Rehearsing what is recorded: the same answer as the act, whom it reaches, and nothing taken in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests import actors
from tests.actors import ADMIN
from tests.unit.usecases.cases.casework import Casework, measure, said

from relto.domain.errors import BadInput, Unknown
from relto.usecases.pausing import MakePause


def rehearsing(work, **more):
    return replace(work.keeper(**more), rehearses=True)


def reach(added):
    return [(each.agreement, each.to, each.kind, each.objects) for each in added.reach]


def test_a_rehearsal_answers_as_the_act_does_and_records_nothing():
    work = Casework().opened(measure("partial"))
    before = work.keys()
    rehearsed = rehearsing(work).add("a", [measure("complete"), said()])
    assert work.keys() == before
    done = work.keeper().add("a", [measure("complete"), said()])
    assert (rehearsed.entries, rehearsed.clashes) == (done.entries, done.clashes)
    assert rehearsed.clashes
    assert rehearsed.visible_at == 0


def test_a_rehearsal_says_whom_it_reaches():
    work = Casework().opened()
    assert reach(rehearsing(work).add("a", [said(), said(marking="red")])) == [
        ("usa-ukr", "UKR", "release", 1),
        ("usa-ukr", "UKR", "withhold", 1),
    ]
    actors.pause(work.node, work.desk, MakePause(["usa-ukr"], reason="talks"), by=ADMIN)
    assert reach(rehearsing(work).add("a", [said()])) == [("usa-ukr", "UKR", "hold", 1)]


def test_a_rehearsal_refuses_what_the_act_refuses():
    work = Casework().opened()
    with pytest.raises(BadInput, match="nobody"):
        rehearsing(work).add("a", [said(speaker="nobody")])
    with pytest.raises(Unknown, match="99"):
        rehearsing(work).correct("a", "99", {}, because="x")


def test_opening_a_case_can_be_rehearsed():
    work = Casework()
    rehearsed = rehearsing(work).open({"case": "a", "title": "The pause"}, [])
    assert rehearsed.case.marking == "amber+strict"
    # With what defines the extension that its objects carry.
    assert reach(rehearsed) == [("usa-ukr", "UKR", "withhold", 3)]
    with pytest.raises(Unknown):
        work.record()
