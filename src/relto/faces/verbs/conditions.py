"""Conditions of a pause."""

from __future__ import annotations

from typing import Any

from relto.domain.condition import ConditionState
from relto.faces.verbs.acts import told
from relto.faces.verbs.caller import Caller
from relto.faces.verbs.pausing import require_pause, seen_document
from relto.usecases import office
from relto.usecases.conditions import AddCondition, SetCondition


def add(caller: Caller, *, pause: str, text: str, asked_by: str = "", binding: bool = False) -> dict[str, Any]:
    """Add a condition to a pause: what has to come about before the flow resumes."""
    made = require_pause(caller, pause)
    return _asked(caller, AddCondition(made.number, text, asked_by, binding))


def set_(caller: Caller, *, pause: str, condition: int, state: ConditionState, evidence: str = "") -> dict[str, Any]:
    """Say how a condition stands: met, unmet, claimed, waived or disputed, and on what evidence."""
    made = require_pause(caller, pause)
    return _asked(caller, SetCondition(made.number, condition, state, evidence))


def _asked(caller: Caller, order: AddCondition | SetCondition) -> dict[str, Any]:
    outcome = office.submit(caller.node, caller.desk, order, by=caller.by)
    assert outcome.done is not None, "conditions ask for no approvals"
    return {**seen_document(outcome.done.value, caller.sight), **told(caller, outcome)}
