"""Rehearsals: what an act would do to each flow, told by carrying it out in a block that comes to nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from relto.domain import agreement as terms
from relto.faces.verbs.acts import require_seen
from relto.faces.verbs.agreements import require_agreement
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.pausing import require_pause
from relto.usecases import memberships
from relto.usecases.accounts import require_admin_first
from relto.usecases.agreements import ApplyAgreement, EndAgreement
from relto.usecases.backlog import DiscardBacklog, ReleaseBacklog
from relto.usecases.intent import Intent
from relto.usecases.items import RecallItem, ReleaseItem, WithholdItem
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.pausing import AmendPause
from relto.usecases.rehearsing import rehearse, rehearse_act

if TYPE_CHECKING:
    from relto.usecases.rehearsing import Course, Rehearsal, Tally

_BY_HAND: Final[Mapping[str, Callable[[Sequence[str], str | None, str], Intent]]] = {
    "withhold": WithholdItem,
    "release": ReleaseItem,
    "recall": RecallItem,
}


def apply(caller: Caller, *, files: Sequence[str]) -> list[dict[str, Any]]:
    """Say what making or amending agreements would do, each as if it were the only one. Changes nothing."""
    answers = []
    for text in files:
        found = rehearse(caller.node, caller.desk, ApplyAgreement(text), by=caller.by)
        before = None if found.before is None else terms.of(found.before)
        after = before if found.after is None else terms.of(found.after)
        assert after is not None, "one that is new is carried out"
        changed = [] if before is None else list(terms.differences(before, after))
        answers.append({"agreement": after.id, "known": before is not None, "differences": changed} | _document(found))
    return answers


def amend(
    caller: Caller,
    *,
    pause: str,
    until: str | None = None,
    review: str | None = None,
    **order: Any,
) -> dict[str, Any]:
    """Say what amending a pause would do; `order` as `AmendPause` has it. Changes nothing."""
    number = require_pause(caller, pause).number
    until_us, review_us = caller.when(until), caller.when(review)
    return _asked(caller, AmendPause(number, until_us=until_us, review_us=review_us, **order))


def end(caller: Caller, *, agreement: str, close: bool = False) -> dict[str, Any]:
    """Say what ending an agreement would do. Changes nothing."""
    require_agreement(caller, agreement)
    return _asked(caller, EndAgreement(agreement, close))


def join(caller: Caller, *, group: str, member: str, from_: str | None = None) -> dict[str, Any]:
    """Say what making a party a member of a group would do. Changes nothing."""
    require_admin_first(caller.node, caller.by, memberships.CHANGE)
    return _asked(caller, JoinGroup(group, member, caller.when(from_)))


def leave(caller: Caller, *, group: str, member: str, from_: str | None = None) -> dict[str, Any]:
    """Say what taking a party out of a group would do. Changes nothing."""
    require_admin_first(caller.node, caller.by, memberships.CHANGE)
    return _asked(caller, LeaveGroup(group, member, caller.when(from_)))


def release(
    caller: Caller, *, pause: str | None = None, topics: Sequence[str] = (), items: Sequence[str] = ()
) -> dict[str, Any]:
    """Say what releasing what was kept for review would do. Changes nothing."""
    return _asked(caller, ReleaseBacklog(pause, topics, items))


def discard(
    caller: Caller, *, pause: str | None = None, topics: Sequence[str] = (), items: Sequence[str] = ()
) -> dict[str, Any]:
    """Say what dropping what was kept for review would do. Changes nothing."""
    return _asked(caller, DiscardBacklog(pause, topics, items))


def item(
    caller: Caller,
    *,
    verb: Literal["withhold", "release", "recall"],
    items: Sequence[str],
    agreement: str | None = None,
) -> dict[str, Any]:
    """Say what withholding, releasing or recalling items by hand would do. Changes nothing."""
    return _asked(caller, _BY_HAND[verb](tuple(items), agreement, "a preview"))


def act(caller: Caller, *, act: str) -> dict[str, Any]:
    """Say what an act that waits would do if it had its approvals now. Changes nothing."""
    found = require_seen(caller, act)
    return {"act": act} | _document(rehearse_act(caller.node, caller.desk, found, by=caller.by))


def _asked(caller: Caller, intent: Intent) -> dict[str, Any]:
    return _document(rehearse(caller.node, caller.desk, intent, by=caller.by))


def _document(found: Rehearsal) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "what": found.what,
        "needs": found.needs,
        "changes": not found.is_idle,
        "due_at": written(found.due_at),
        "flows": [course_document(each) for each in found.courses],
    }


def course_document(each: Course) -> dict[str, Any]:
    """What would become of one flow."""
    return {
        "agreement": each.agreement,
        "to": each.to,
        "begins": each.begins,
        "ends": each.ends,
        "gains": _tally(each.gains),
        "loses": _tally(each.loses),
        "holds": _tally(each.holds),
        "withholds": _tally(each.withholds),
        "drops": _tally(each.drops),
        "classes_started": each.starts,
        "classes_stopped": each.stops,
    }


def _tally(each: Tally) -> dict[str, Any]:
    return {"items": each.items, "by_topic": dict(each.by_topic)}
