"""Acts: what waits, who agrees, who does not; and how an answer tells of an act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.domain.act import act_number
from relto.domain.errors import Unknown
from relto.domain.pause import Pause
from relto.faces.verbs.caller import Caller, written
from relto.usecases import office

if TYPE_CHECKING:
    from relto.domain.act import Act
    from relto.usecases.office import Outcome
    from relto.usecases.sight import Sight

LISTED_MAX = 1_000


def approvals(caller: Caller) -> list[dict[str, Any]]:
    """What waits for approvals or for its moment, oldest first."""
    sight = caller.sight
    return [act_document(act, sight) for act in office.waiting(caller.node, caller.desk) if sight.act(act)]


def approve(caller: Caller, *, act: str, note: str = "") -> dict[str, Any]:
    """Agree to an act that somebody else asked for. The last approval that it needs carries it out."""
    require_seen(caller, act)
    return told(caller, office.approve(caller.node, caller.desk, act, by=caller.by, note=note))


def reject(caller: Caller, *, act: str, reason: str) -> dict[str, Any]:
    """Refuse an act, for good."""
    require_seen(caller, act)
    return told(caller, office.reject(caller.node, caller.desk, act, by=caller.by, why=reason))


def withdraw(caller: Caller, *, act: str, reason: str = "") -> dict[str, Any]:
    """Take back an act that one asked for oneself."""
    require_seen(caller, act)
    return told(caller, office.withdraw(caller.node, caller.desk, act, by=caller.by, why=reason))


def show(caller: Caller, *, act: str) -> dict[str, Any]:
    """One act, with all that is on record of it."""
    return act_document(require_seen(caller, act), caller.sight)


def list_(caller: Caller, *, kind: str | None = None, limit: int = 100, after: str | None = None) -> dict[str, Any]:
    """The last acts, newest first; `next` goes on where there are more."""
    sight = caller.sight
    wanted = max(1, min(limit, LISTED_MAX))
    before = None if after is None else act_number(after)
    found: list[Act] = []
    while len(found) <= wanted:
        page = office.listed(caller.node, kind=kind, before=before, limit=LISTED_MAX)
        found += [act for act in page if sight.act(act)]
        if len(page) < LISTED_MAX:
            break
        before = page[-1].number
    more = str(found[wanted - 1].number) if len(found) > wanted else None
    return {"acts": [act_document(act, sight) for act in found[:wanted]], "next": more}


def require_seen(caller: Caller, number: str) -> Act:
    """The act, where it is there for whoever asks. Raises `Unknown` `act-unknown`."""
    act = office.shown(caller.node, number)
    if not caller.sight.act(act):
        raise Unknown("act-unknown", f"there is no act `{number}`", remedy="relto approvals", act=number)
    return act


def told(caller: Caller, outcome: Outcome, **more: Any) -> dict[str, Any]:
    """The answer to whoever asked for an act: how it stands, what it did, and what the caller adds to that."""
    caller.wait_until(outcome.visible_at)
    act = outcome.act
    document: dict[str, Any] = {
        "act": None if act is None else str(act.number),
        "state": outcome.state,
        "effective_at": written(outcome.effective_at),
        "visible_at": written(outcome.visible_at),
    }
    if act is not None:
        document |= {"kind": act.kind, "needs": act.needs, "has": act.has, **act.outcome}
    if outcome.follows:
        document["proposed"] = [str(each.number) for each in outcome.follows]
    return {**document, **more}


def recorded(caller: Caller, number: int) -> dict[str, Any]:
    """What the record says of an act that this caller asked for, as near to the answer as it can be told again."""
    act = office.shown(caller.node, str(number))
    document: dict[str, Any] = {
        "act": str(act.number),
        "state": act.state,
        "effective_at": written(act.due_at if act.is_open and act.due_at is not None else act.ended_at or act.made_at),
        "visible_at": written(caller.now),
        "kind": act.kind,
        "needs": act.needs,
        "has": act.has,
        **act.outcome,
    }
    if act.kind in {"pause", "pause-amend"} and act.state == "applied":
        made = Pause.of_value(act.after)
        document |= {**pause_document(made), "state": "scheduled" if made.state == "scheduled" else "applied"}
    return document


def act_document(act: Act, sight: Sight) -> dict[str, Any]:
    """An act, with all that is on record of it; where it concerns agreements that are not there for whoever looks, with
    no word of those.
    """
    hidden = sight.hides(act)
    return {
        "act": str(act.number),
        "kind": act.kind,
        "state": act.state,
        "by": act.by,
        "party": act.party,
        "how": act.how,
        "made_at": written(act.made_at),
        "reason": act.why,
        "authority": act.authority or None,
        "agreements": [name for name in act.concerns if not hidden or sight.agreement(name)],
        "needs": act.needs,
        "has": act.has,
        "approvals": [
            {
                "by": each.by,
                "party": each.party,
                "how": each.how,
                "at": written(each.at),
                "note": each.note,
            }
            for each in act.approvals
        ],
        "due_at": written(act.due_at),
        "order": dict(act.order),
        "before": None if hidden else act.before,
        "after": None if hidden else act.after,
        "outcome": dict(act.outcome),
        "ended_by": act.ended_by or None,
        "ended_at": written(act.ended_at),
        "ended_why": (office.MOVED if hidden and act.state == "outdated" else act.ended_why) or None,
    }


def pause_document(made: Pause) -> dict[str, Any]:
    """A pause, as whoever gives sees it."""
    return {
        "pause": made.number,
        "version": made.version,
        "agreements": sorted(made.agreements),
        "mode": made.mode,
        "recipient": made.recipient,
        "scope": None if made.scope is None else made.scope.as_value(),
        "since": written(made.since),
        "until": written(made.until_us),
        "then": made.then,
        "reason": made.reason,
        "authority": made.authority or None,
        "review": written(made.review_us),
        "conditions": [
            {
                "condition": place,
                "text": each.text,
                "state": each.state,
                "asked_by": each.asked_by or None,
                "binding": each.binding,
                "evidence": each.evidence or None,
                "changed_by": each.changed_by or None,
                "changed_at": written(each.changed_at or None),
            }
            for place, each in enumerate(made.conditions, 1)
        ],
        "discreet": made.discreet,
        "made_by": made.made_by,
        "amended_at": written(made.amended_at or made.made_at),
    }
