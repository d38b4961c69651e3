"""Telling: whom an act concerns is told of it, in the act's own transaction.

Who receives is told of what changes for it: pauses that it may be told of, resumes, conditions, agreements, recalls,
memberships. Who decides is told of what waits for approvals, of how that ended, and of dates that call for a decision.
A discreet pause tells the recipient nothing, anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.domain.moment import write
from relto.domain.notice import Draft
from relto.usecases.notifying import notify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from relto.domain.act import Act
    from relto.domain.notice import NoticeKind
    from relto.domain.pause import Pause
    from relto.ports.store import FlowRow
    from relto.usecases.change import Change
    from relto.usecases.intent import Done


def tell(change: Change, act: Act, done: Done) -> None:
    """Tells of an act that was carried out in this block."""
    notify(change.node, change.tx, _drafts(change, act, done), at=change.now)


def tell_waiting(change: Change, act: Act) -> None:
    """Tells who decides how an act that asks for approvals stands now."""
    if not act.needs:
        return
    what = f"act {act.number} ({act.kind}), asked for by {act.by}"
    text = {
        "proposed": f"{what}, waits for approvals: it has {act.has} of {act.needs}",
        "scheduled": f"{what}, has its approvals, and waits for its moment",
    }.get(act.state, f"{what}, is {act.state}")
    data = {"act": str(act.number), "kind": act.kind, "state": act.state, "needs": act.needs, "has": act.has}
    # Who is one of several has nothing to decide, and is told of no agreement of the others.
    deciders = sorted(act.parties) if len(act.parties) == 1 else [change.policy.host]
    drafts = [
        Draft(party, "approval", f"act {act.number}", text, data, act=act.number, about=f"act:{act.number}")
        for party in deciders
    ]
    notify(change.node, change.tx, drafts, at=change.now)


def tell_begun(change: Change, pause: Pause, act: int) -> None:
    """Tells recipients that a pause that was scheduled has begun."""
    notify(change.node, change.tx, _of_pause(change, pause, "pause", act), at=change.now)


def tell_lifted(change: Change, pause: Pause, act: int) -> None:
    """Tells recipients that a pause was lifted; `pause` as it was before."""
    notify(change.node, change.tx, _lifted(change, pause, act), at=change.now)


def tell_overdue(change: Change, pause: Pause, date: str, act: int) -> None:
    """Tells whose decision a pause is that one of its dates, `review` or `until`, has come and calls for a decision."""
    moment = pause.review_us if date == "review" else pause.until_us
    what = "is to be reviewed" if date == "review" else f"was to end, and {_in_the_way(change, pause)}"
    data = {"pause": pause.number, "date": date, "at": write(moment or change.now)}
    drafts = []
    for party in sorted(change.policy.givers(pause.agreements)):
        theirs = [name for name in sorted(pause.agreements) if change.policy.givers([name]) == {party}]
        text = f"pause {pause.number} of {', '.join(theirs)} {what}: {pause.reason}"
        about = f"pause:{pause.number}"
        drafts.append(Draft(party, "review", f"pause {pause.number}", text, data, act=act, about=about))
    notify(change.node, change.tx, drafts, at=change.now)


def _in_the_way(change: Change, pause: Pause) -> str:
    """Why a pause goes on beyond its end."""
    if change.policy.unmet(pause):
        return "a binding condition is not met"
    return "nobody has agreed to that"


def _drafts(change: Change, act: Act, done: Done) -> Iterable[Draft]:
    match act.kind:
        case "pause" if done.begins is None:
            return _of_pause(change, done.value, "pause", act.number)
        case "pause-amend" if done.value.state == "running":
            return _of_pause(change, done.value, "pause-amended", act.number)
        case "condition-add" | "condition-set" if done.value.state == "running":
            return _of_pause(change, done.value, "condition", act.number)
        case "resume" if done.value.state == "running":
            return _lifted(change, done.value, act.number)
        case "agreement-apply" | "agreement-end":
            return _of_agreement(change, act)
        case "item-recall" | "item-release":
            return _of_items(act, done)
        case "party-join" | "party-leave":
            return _of_membership(act, done)
        case _:
            return ()


def _of_pause(change: Change, pause: Pause, kind: NoticeKind, act: int) -> Iterator[Draft]:
    for flow in _told(change, pause):
        what = f"paused in part ({pause.scope.words()})" if pause.scope is not None and pause.is_narrow else "paused"
        text = f"agreement {flow.agreement} is {what} since {write(pause.since)}: {pause.reason}"
        if kind == "condition":
            text = f"conditions of the pause of agreement {flow.agreement} have changed: {_conditions(pause)}"
        data = {
            "agreement": flow.agreement,
            "mode": pause.mode,
            "since": write(pause.since),
            "until": None if pause.until_us is None else write(pause.until_us),
            "review": None if pause.review_us is None else write(pause.review_us),
            "whole": not pause.is_narrow,
            "reason": pause.reason,
        }
        yield Draft(flow.party, kind, flow.agreement, text[:TEXT_MAX], data, act=act, about=_about(pause, flow))


def _conditions(pause: Pause) -> str:
    return "; ".join(f"{each.text} ({each.state})" for each in pause.conditions)


def _lifted(change: Change, pause: Pause, act: int) -> Iterator[Draft]:
    for flow in _told(change, pause):
        text = f"a pause of agreement {flow.agreement}, since {write(pause.since)}, is lifted"
        data = {"agreement": flow.agreement, "since": write(pause.since)}
        yield Draft(flow.party, "resume", flow.agreement, text, data, act=act, about=_about(pause, flow))


def _told(change: Change, pause: Pause) -> list[FlowRow]:
    """The flows whose recipients may be told of the pause."""
    return [] if pause.discreet else [flow for flow in change.concerned(pause) if flow.member]


def _about(pause: Pause, flow: FlowRow) -> str:
    return f"pause:{pause.number}:{flow.agreement}"


def _of_agreement(change: Change, act: Act) -> Iterator[Draft]:
    name = str(act.outcome["agreement"])
    standing = change.policy.standings[name]
    if act.kind == "agreement-end":
        text = f"agreement {name} has ended: nothing new flows"
        if standing.row.closed:
            text = f"agreement {name} has ended, and what it gave is closed"
    else:
        text = f"agreement {name} of {standing.terms.giver} is at version {standing.row.version}"
    data = {"agreement": name, "version": standing.row.version, "ended": standing.ended, "closed": standing.row.closed}
    for flow in change.policy.flows_of(name):
        if flow.member:
            yield Draft(flow.party, "agreement", name, text, data, act=act.number, about=f"agreement:{name}")


def _of_items(act: Act, done: Done) -> Iterator[Draft]:
    """`done.value` of these acts: item → agreement and recipient, of who was given it."""
    recalled: dict[str, list[tuple[str, str]]] = done.value or {}
    for item, theirs in recalled.items():
        for agreement, party in theirs:
            data: dict[str, Any] = {"item": item, "agreement": agreement, "recalled": act.kind == "item-recall"}
            if act.kind == "item-recall":
                text = f"item {item} of agreement {agreement} is recalled, and is not to be used: {act.why}"
            else:
                text = f"the recall of item {item} of agreement {agreement} is taken back: {act.why}"
            yield Draft(party, "recall", item, text[:TEXT_MAX], data, act=act.number, about=f"item:{item[:300]}")


def _of_membership(act: Act, done: Done) -> Iterator[Draft]:
    group, member = str(act.order["group"]), str(act.order["member"])
    joins = act.kind == "party-join"
    since = "" if done.begins is None else f" from {write(done.begins)} on"
    text = f"{member} belongs to {group}{'' if joins else ' no more'}{since}"
    data = {"group": group, "member": member, "joins": joins}
    yield Draft(member, "membership", group, text, data, act=act.number, about=f"group:{group}")


TEXT_MAX = 4_000
"""Characters of a text; what is longer is cut."""
