"""How things stand, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.pausing import seen_document
from relto.usecases import standing

if TYPE_CHECKING:
    from collections.abc import Collection

    from relto.ports.store import RepairRow
    from relto.usecases.sight import Sight
    from relto.usecases.standing import Answer, FlowStatus, PauseStatus


def status(caller: Caller, *, name: str | None = None, at: str | None = None) -> list[dict[str, Any]]:
    """Say what flows and what is paused: since when, why, and what it keeps back."""
    moment = caller.when(at, ahead=False)
    found = standing.status(caller.node, caller.desk, name, by=caller.by, at=moment)
    sight = caller.sight
    return [_flow(each, sight) for each in found]


def states(caller: Caller) -> list[dict[str, Any]]:
    """Say whether each flow flows, without counts: for who shows all of many."""
    found = standing.states(caller.node, caller.desk, by=caller.by)
    return [
        {"agreement": each.agreement, "title": each.title, "from": each.giver, "to": each.to, "state": each.state}
        for each in found
    ]


def status_of(caller: Caller, *, flows: Collection[tuple[str, str]]) -> list[dict[str, Any]]:
    """As `status`, of these flows (agreement, recipient) as they are now; one that is not there is left out."""
    found = standing.status_of(caller.node, caller.desk, flows, by=caller.by)
    sight = caller.sight
    return [_flow(each, sight) for each in found]


def explain(caller: Caller, *, item: str, party: str, at: str | None = None) -> dict[str, Any]:
    """Say why an item flows to a party, is held or is withheld, in every agreement with that party."""
    moment = caller.when(at, ahead=False)
    found = standing.explain(caller.node, caller.desk, item, party, by=caller.by, at=moment)
    return {"item": item, "party": party, "answers": [answer_document(each) for each in found]}


def _flow(each: FlowStatus, sight: Sight) -> dict[str, Any]:
    gives = sight.gives(each.agreement)
    return {
        "agreement": each.agreement,
        "title": each.title,
        "to": each.to,
        "state": each.state,
        "released": each.released,
        "overdue": each.overdue,
        "pauses": [_pause(pause, sight, told=gives) for pause in each.pauses],
        "repaired": [repair_document(row) for row in each.repaired] if gives else [],
    }


def _pause(each: PauseStatus, sight: Sight, *, told: bool) -> dict[str, Any]:
    held = each.held
    return {
        **seen_document(each.pause, sight),
        "state": each.pause.state,
        "overdue": list(each.overdue),
        # How much is kept back is for whoever keeps it back.
        "held": {
            "items": held.items,
            "by_topic": dict(held.by_topic),
            "oldest": written(held.oldest),
        }
        if told
        else None,
    }


def repair_document(row: RepairRow) -> dict[str, Any]:
    """What a reader was given again."""
    return {
        "account": row.reader,
        "at": written(row.at),
        "items": row.items,
        "since": written(row.since),
        "by": row.by,
    }


def answer_document(each: Answer) -> dict[str, Any]:
    """What became of an item in one agreement, and why."""
    return {
        "agreement": each.agreement,
        "item": each.item,
        "decision": each.decision,
        "reasons": [{"code": reason.code, "text": reason.text} for reason in each.reasons],
        "leaves": [{"leaf": told.leaf, "kind": told.kind, "what": told.what} for told in each.leaves],
    }
