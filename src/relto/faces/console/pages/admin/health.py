"""Health: what the node finds of itself, with remedies, and how its log stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.faces.console.pages.admin.menu import shown
from relto.faces.verbs import node

if TYPE_CHECKING:
    from relto.faces.console.visit import Shown, Visit

FINDINGS_MAX = 200


def page(visit: Visit) -> Shown:
    """What the doctor says."""
    found = node.doctor(visit.caller)
    findings = found["findings"]
    return shown(
        visit,
        "health",
        {
            "ok": found["ok"],
            "log": found["log"],
            "findings": findings[:FINDINGS_MAX],
            "more": max(0, len(findings) - FINDINGS_MAX),
        },
    )
