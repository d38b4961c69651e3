"""Items one by one: withheld, released or recalled by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relto.faces.verbs.acts import told
from relto.faces.verbs.caller import Caller
from relto.usecases import office
from relto.usecases.items import RecallItem, ReleaseItem, WithholdItem


def withhold(caller: Caller, *, items: Sequence[str], agreement: str | None = None, reason: str) -> dict[str, Any]:
    """Keep items that were not released yet from the recipients of one agreement, or of all."""
    return _asked(caller, WithholdItem(tuple(items), agreement, reason))


def release(caller: Caller, *, items: Sequence[str], agreement: str | None = None, reason: str) -> dict[str, Any]:
    """Let items through any pause, or take back that they were withheld or recalled; markings and scopes stay."""
    return _asked(caller, ReleaseItem(tuple(items), agreement, reason))


def recall(caller: Caller, *, items: Sequence[str], agreement: str | None = None, reason: str) -> dict[str, Any]:
    """Close items that were released already; who was given them is told."""
    return _asked(caller, RecallItem(tuple(items), agreement, reason))


def _asked(caller: Caller, order: WithholdItem | ReleaseItem | RecallItem) -> dict[str, Any]:
    outcome = office.submit(caller.node, caller.desk, order, by=caller.by)
    return {"items": len(order.items), **told(caller, outcome, agreement=order.agreement)}
