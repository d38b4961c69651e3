"""The agenda: what calls for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.faces.verbs.caller import Caller, written
from relto.usecases import agenda

if TYPE_CHECKING:
    from relto.usecases.agenda import Matter


def list_(caller: Caller) -> list[dict[str, Any]]:
    """List what calls for a decision: approvals, dates, claims, reviews, notices that fail, partners lapsed."""
    return [
        {
            "kind": each.kind,
            "subject": each.subject,
            "since": written(each.since),
            "says": each.says or None,
            "text": _text(each),
        }
        for each in agenda.agenda(caller.node, caller.desk, by=caller.by)
    ]


def _text(matter: Matter) -> str:
    about = matter.subject
    match matter.kind:
        case "approval":
            return f"act {about} ({matter.says}) waits for approval"
        case "pause-date" if matter.says == "review":
            return f"pause {about} is due for its review"
        case "pause-date":
            return f"pause {about} has come to its end, and is not lifted"
        case "agreement-review":
            return f"agreement {about} is due for its review"
        case "condition":
            return f"condition {matter.says} of pause {about} is claimed to be met"
        case "backlog":
            kept = f"{int(matter.says):,} {'item' if matter.says == '1' else 'items'}"
            return f"the review of pause {about} keeps {kept}, to be released or dropped"
        case "notices":
            kind, _, name = about.partition(" ")
            return f"{kind} {name} is {'disabled' if matter.says == 'disabled' else 'failing'}"
        case "reader":
            return f"{about} used to read, and has stopped"
