"""Acts asked for, approved and looked at in one line, for the tests of the office."""

from __future__ import annotations

from typing import Any

import pytest
from tests.actors import actor
from tests.simulation.sharing import TERMS, Sharing

from relto.domain.act import Act
from relto.domain.actor import Actor
from relto.domain.errors import ReltoError
from relto.usecases import office
from relto.usecases.intent import Intent
from relto.usecases.office import Outcome
from relto.usecases.pausing import MakePause

OLGA = actor("olga", "officer", how="password")
ANN = actor("ann", "approver", how="token")
BEN = actor("ben", "approver", how="password")
KYIV = actor("oleh", "officer", "approver", party="UKR")

TWO = TERMS + "approvals: {pause: 0, resume: 2, amend: 1}\n"
ONE = TERMS + "approvals: {resume: 1}\n"


def ask(sharing: Sharing, intent: Intent, *, by: Actor = OLGA) -> Outcome:
    return office.submit(sharing.node, sharing.world.desk, intent, by=by)


def approve(sharing: Sharing, act: Outcome | str, *, by: Actor = ANN) -> Outcome:
    return office.approve(sharing.node, sharing.world.desk, number(act), by=by)


def number(act: Outcome | str) -> str:
    if isinstance(act, str):
        return act
    assert act.act is not None
    return str(act.act.number)


def shown(sharing: Sharing, act: Outcome | str) -> Act:
    return office.shown(sharing.node, number(act))


def waiting(sharing: Sharing) -> list[str]:
    return [str(act.number) for act in office.waiting(sharing.node, sharing.world.desk)]


def refused(code: str, step: Any, *given: Any, **named: Any) -> ReltoError:
    with pytest.raises(ReltoError) as caught:
        step(*given, **named)
    assert caught.value.code == code
    return caught.value


def all_read(sharing: Sharing) -> list[str]:
    """What is due is carried out by the first read, and can be read a moment later."""
    return sharing.read() + sharing.read()


def paused(sharing: Sharing, **order: Any) -> str:
    done = ask(sharing, MakePause(["usa-ukr"], reason="talks", **order))
    assert done.done is not None
    return str(done.done.value.number)
