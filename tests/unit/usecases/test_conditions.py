"""Conditions: who says how they stand, and what stands in the way of a resume."""

from __future__ import annotations

import pytest
from tests.actors import actor
from tests.simulation.sharing import Sharing
from tests.unit.usecases.test_ends import HOUR, overdue
from tests.unit.usecases.test_office import (
    ANN,
    KYIV,
    all_read,
    ask,
    paused,
    refused,
    shown,
)

from relto.usecases.conditions import AddCondition, SetCondition
from relto.usecases.intent import Intent
from relto.usecases.pausing import LiftPause


def test_a_binding_condition_stands_in_the_way_until_it_is_met() -> None:
    sharing = Sharing()
    pause = paused(sharing, conditions=({"text": "talks are held", "binding": True}, "leaders meet"))
    error = refused("condition-unmet", ask, sharing, LiftPause(pause))
    assert error.data["conditions"] == [1]
    for state in ("claimed", "disputed", "unmet"):
        ask(sharing, SetCondition(pause, 1, state, "a note"))
        refused("condition-unmet", ask, sharing, LiftPause(pause))
    ask(sharing, SetCondition(pause, 1, "met", "joint statement"))
    assert ask(sharing, LiftPause(pause)).state == "applied"


def test_only_an_approver_waives_a_condition() -> None:
    sharing = Sharing()
    pause = paused(sharing, conditions=({"text": "talks are held", "binding": True},))
    refused("role-missing", ask, sharing, SetCondition(pause, 1, "waived"))
    refused("party-not-yours", ask, sharing, SetCondition(pause, 1, "waived"), by=KYIV)
    ask(sharing, SetCondition(pause, 1, "waived", "the minister agreed"), by=ANN)
    assert ask(sharing, LiftPause(pause)).state == "applied"


def test_a_condition_asked_for_by_no_party_to_the_agreement_is_kept_and_has_no_force() -> None:
    sharing = Sharing()
    pause = paused(sharing)
    ask(sharing, AddCondition(pause, "we are heard", asked_by="GBR", binding=True))
    ask(sharing, AddCondition(pause, "we are paid", asked_by="UKR", binding=True))
    assert refused("condition-unmet", ask, sharing, LiftPause(pause)).data["conditions"] == [2]
    ask(sharing, SetCondition(pause, 2, "met"))
    done = ask(sharing, LiftPause(pause))
    assert done.done is not None
    assert [each.asked_by for each in done.done.value.conditions] == ["GBR", "UKR"]


def test_a_party_to_the_agreement_claims_or_disputes_and_says_nothing_else() -> None:
    sharing = Sharing()
    pause = paused(sharing, conditions=({"text": "talks are held", "binding": True},))
    for state in ("claimed", "disputed"):
        assert ask(sharing, SetCondition(pause, 1, state), by=KYIV).state == "applied"
    for state in ("met", "unmet"):
        refused("party-not-yours", ask, sharing, SetCondition(pause, 1, state), by=KYIV)
    other = actor("george", "officer", party="GBR")
    # Whoever receives nothing that it covers is not told of it.
    refused("pause-unknown", ask, sharing, SetCondition(pause, 1, "claimed"), by=other)
    later = paused(sharing, conditions=("talks go on",), from_us=sharing.world.now + 1_000_000)
    refused("pause-unknown", ask, sharing, SetCondition(later, 1, "claimed"), by=KYIV)


def test_nobody_but_who_paused_speaks_of_the_conditions_of_a_discreet_pause() -> None:
    sharing = Sharing()
    pause = paused(sharing, conditions=("talks are held",), discreet=True)
    said = refused("pause-unknown", ask, sharing, SetCondition(pause, 1, "claimed"), by=KYIV)
    never = refused("pause-unknown", ask, sharing, SetCondition("99", 1, "claimed"), by=KYIV)
    assert said.message == never.message.replace("99", pause)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (SetCondition("1", 0, "met"), "condition-unknown"),
        (SetCondition("1", 2, "met"), "condition-unknown"),
        (SetCondition("1", 1, "done"), "condition-state-unknown"),
        (SetCondition("1", 1, "met", "a\nb"), "pause-condition-invalid"),
        (SetCondition("9", 1, "met"), "pause-unknown"),
        (AddCondition("1", ""), "pause-condition-invalid"),
        (AddCondition("1", "x", asked_by="NIL"), "party-unknown"),
        (AddCondition("9", "x"), "pause-unknown"),
    ],
)
def test_a_condition_that_refers_to_nothing_is_refused_by_name(order: Intent, code: str) -> None:
    sharing = Sharing()
    paused(sharing, conditions=("talks are held",))
    refused(code, ask, sharing, order)


def test_an_end_with_an_unmet_binding_condition_waits_without_making_reads_write() -> None:
    sharing = Sharing()
    pause = paused(
        sharing,
        until_us=sharing.world.now + HOUR,
        conditions=({"text": "talks are held", "binding": True},),
    )
    sharing.give("one")
    sharing.world.clock.moment += 2 * HOUR
    sharing.world.scheduled()
    due = sharing.node.store.head().next_due
    assert due is None or due > sharing.world.now
    before = sharing.node.store.head().policy_version
    assert sharing.read() == []
    assert overdue(sharing) == [("until",)]
    assert sharing.node.store.head().policy_version == before
    ask(sharing, SetCondition(pause, 1, "met"))
    assert all_read(sharing) == ["one"]
    assert sharing.node.store.head().next_due is None


def test_a_scheduled_resume_lapses_where_a_binding_condition_is_unmet_at_its_moment() -> None:
    sharing = Sharing()
    pause = paused(sharing)
    sharing.give("one")
    act = ask(sharing, LiftPause(pause, from_us=sharing.world.now + HOUR))
    ask(sharing, AddCondition(pause, "talks are held", binding=True))
    sharing.world.clock.moment += HOUR
    assert sharing.read() == []
    assert shown(sharing, act).state == "outdated"
    assert "condition 1" in shown(sharing, act).ended_why
    assert sharing.node.store.head().next_due is None
