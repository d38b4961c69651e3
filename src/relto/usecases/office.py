"""The office: whoever wants policy changed asks here; some acts are done at once, others wait for approvals.

One act after the other: it is planned by how things are, refused where the role is missing, carried out where it needs
nobody else, else kept as a proposal. The last approval that it needs carries it out in the same transaction. An act
whose ground has moved is out of date, and says what moved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from relto.domain.act import TEXT_MAX, Act, Approval, act_number
from relto.domain.errors import Refused, Unknown
from relto.domain.written import one_line
from relto.usecases.agreements import ApplyAgreement, EndAgreement
from relto.usecases.backlog import DiscardBacklog, ReleaseBacklog
from relto.usecases.conditions import AddCondition, SetCondition
from relto.usecases.items import RecallItem, ReleaseItem, WithholdItem
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.pausing import AmendPause, LiftPause, MakePause
from relto.usecases.policy import act_of
from relto.usecases.sequencing import carry_out_due, changing
from relto.usecases.sight import Sight
from relto.usecases.telling import tell, tell_waiting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.usecases.change import Change
    from relto.usecases.intent import Done, Intent
    from relto.usecases.policy import Policy, PolicyDesk

INTENTS: Final[dict[str, type[Intent]]] = {
    each.kind: each
    for each in (
        MakePause,
        AmendPause,
        LiftPause,
        ApplyAgreement,
        EndAgreement,
        ReleaseBacklog,
        DiscardBacklog,
        WithholdItem,
        ReleaseItem,
        RecallItem,
        JoinGroup,
        LeaveGroup,
        AddCondition,
        SetCondition,
    )
}

ASKING: Final = frozenset({"officer", "approver", "admin"})
"""Roles of whoever may ask for acts at all."""

OPEN_MAX: Final = 10_000
"""Acts that may wait at once; whoever asks for more is told to decide some."""

MOVED: Final = "what it stands on is not as it was"
"""Said of an act that is out of date, where more would tell of agreements that are not there for whoever asks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An act and what came of it. `act` is None where nothing had to change; `done` is None while it waits.

    `effective_at`: the clock after the commit, or the moment from which it counts; `visible_at`: when the last of what
    it gave can be read. `follows`: what was asked for with it.
    """

    act: Act | None
    done: Done | None
    effective_at: int
    visible_at: int
    follows: Sequence[Act] = ()

    @property
    def state(self) -> str:
        """How an answer names it: `applied`, `scheduled` or `proposed`."""
        if self.act is None:
            return "applied"
        if self.act.state == "applied" and self.done is not None and self.done.begins is not None:
            return "scheduled"
        return self.act.state


@dataclass(slots=True)
class Step:
    """One act inside the block, and what came of it; moments are known when the block has ended."""

    act: Act | None
    done: Done | None = None
    follows: Sequence[Act] = ()


def submit(
    node: Node, desk: PolicyDesk, intent: Intent, *, by: Actor, expects: Mapping[str, int] | None = None
) -> Outcome:
    """Asks for one act. Raises `Refused` `role-missing` and whatever the intent's plan does.

    `expects`: which version each of these has, by whoever asks: `pause 7`, `agreement usa-ukr`; looked at in the
    transaction of the act. Raises `Refused` `precondition-failed` where one has another.
    """
    return submit_all(node, desk, [intent], by=by, expects=expects)[0]


def submit_all(
    node: Node, desk: PolicyDesk, intents: Sequence[Intent], *, by: Actor, expects: Mapping[str, int] | None = None
) -> list[Outcome]:
    """Asks for several acts, in one transaction, in the order given; all are taken or none. Raises as `submit` does."""
    with changing(node, desk, by=by) as change:
        require_asking(change.policy.host, by)
        require_expected(change.policy, expects or {})
        steps = [ask(change, intent, by) for intent in intents]
        outdate(change)
    return [_outcome(node, step) for step in steps]


def approve(node: Node, desk: PolicyDesk, number: str, *, by: Actor, note: str = "") -> Outcome:
    """Agrees to an act; the last approval that it needs carries it out, unless its moment is still to come.

    Raises `Unknown` `act-unknown`, `Refused` (`role-missing`, `approval-own`, `approval-twice`, `approval-local`,
    `act-closed`, `act-outdated`) and whatever carrying it out raises: then the approval is not recorded either.
    """
    if note:
        one_line(note, what="the note", code="note-invalid", longest=TEXT_MAX)
    if by.how == "local" and not node.local_approvals:
        raise Refused(
            "approval-local",
            "this node takes no approvals from the command line of the machine",
            remedy="approve over the network, signed in",
        )
    with changing(node, desk, by=by) as change:
        act = found_act(change, number, by)
        outdated = _outdated(change.policy, act, by)
        step = agree(change, act, by=by, note=note)
        outdate(change)
    if outdated is not None:
        # Now that it is on record as that.
        raise outdated
    return _outcome(node, step)


def reject(node: Node, desk: PolicyDesk, number: str, *, by: Actor, why: str) -> Outcome:
    """Refuses an act, for good. Raises `Unknown` `act-unknown`, `Refused` (`role-missing`, `act-closed`)."""
    with changing(node, desk, by=by) as change:
        step = refuse(change, found_act(change, number, by), by=by, why=why)
    return _outcome(node, step)


def withdraw(node: Node, desk: PolicyDesk, number: str, *, by: Actor, why: str = "") -> Outcome:
    """Takes an act back that one asked for.

    Raises `Unknown` `act-unknown`, `Refused` (`role-missing`, `act-not-yours`, `act-closed`).
    """
    with changing(node, desk, by=by) as change:
        require_asking(change.policy.host, by)
        step = take_back(change, found_act(change, number, by), by=by, why=why)
    return _outcome(node, step)


def waiting(node: Node, desk: PolicyDesk) -> list[Act]:
    """What waits for approvals or for its moment, oldest first; what is out of date is left out."""
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        acts = [act_of(row) for row in snap.acts_open()]
    return [act for act in acts if not act.moved(policy.grounds(act.grounds))]


def shown(node: Node, number: str) -> Act:
    """One act. Raises `Unknown` `act-unknown`."""
    wanted = act_number(number)
    with node.store.read() as snap:
        row = snap.act(wanted)
    if row is None:
        raise _unknown(number)
    return act_of(row)


def listed(node: Node, *, kind: str | None = None, before: int | None = None, limit: int = 100) -> list[Act]:
    """The last acts, newest first."""
    with node.store.read() as snap:
        return [act_of(row) for row in snap.acts(kind=kind, before=before, limit=limit)]


# Inside the block.


def require_asking(host: str, by: Actor) -> None:
    """Whoever asks for nothing, ever, is told so before anything is looked for: no answer says what is here."""
    if not ASKING & by.roles:
        by.require("officer", for_=(), host=host, what="ask for acts")


def require_expected(policy: Policy, expects: Mapping[str, int]) -> None:
    """Raises `Refused` `precondition-failed` where one of these (as `submit` has them) has another version."""
    for name, version in expects.items():
        kind, _, which = name.partition(" ")
        made, standing = policy.pauses.get(which), policy.standings.get(which)
        found = made.version if kind == "pause" and made is not None else None
        found = standing.row.version if kind == "agreement" and standing is not None else found
        if found != version:
            raise Refused(
                "precondition-failed",
                f"{kind} `{which}` is no longer as it was: it has another version than {version}, or is over",
                remedy="look at it again, then ask anew",
            )


def ask(change: Change, intent: Intent, by: Actor, *, is_asked: bool = False) -> Step:
    """Asks for one act in this block. `is_asked`: it is part of what was asked for and agreed to. Raises as `submit`
    does.
    """
    plan = intent.plan(change, by)
    if not is_asked:
        Sight(by, change.policy).require(plan.role, plan.parties, concerns=plan.concerns, what=plan.what)
    intent = plan.intent or intent
    if plan.idle is not None:
        return Step(None, plan.idle)
    act = Act(
        number=0,
        kind=intent.kind,
        by=by.account,
        party=by.party,
        how=by.how,
        made_at=change.now,
        why=plan.why,
        order=cast("dict[str, Any]", msgspec.to_builtins(intent)),
        authority=plan.authority,
        concerns=tuple(sorted(plan.concerns)),
        parties=tuple(sorted(plan.parties if plan.deciders is None else plan.deciders)),
        needs=plan.needs,
        grounds=change.policy.grounds(plan.grounds),
        due_at=plan.due_at,
        state="proposed",
        before=plan.before,
        roles=tuple(sorted(by.roles)),
    )
    if act.is_approved and act.is_due(change.now):
        return _carried_out(change, act, intent, by)
    if len(change.tx.acts_open()) >= OPEN_MAX:
        raise Refused("acts-too-many", f"{OPEN_MAX} acts wait already", remedy="relto approvals")
    return Step(_kept(change, act.scheduled() if act.is_approved else act))


def _carried_out(change: Change, act: Act, intent: Intent, by: Actor) -> Step:
    if not act.number:
        # It has a number before it is carried out: what it changes refers to it.
        act = replace(act, number=change.record(act))
    done = intent.carry_out(change, act)
    act = act.applied(by=by.account, at=change.now, after=done.after, outcome=done.outcome)
    change.record(act)
    tell(change, act, done)
    tell_waiting(change, act)
    # What follows is part of what was asked and agreed to: nobody's role is asked for anew.
    asker = replace(by, account=act.by, party=act.party, how=act.how)
    follows = [step.act for each in done.follows if (step := ask(change, each, asker, is_asked=True)).act is not None]
    return Step(act, done, follows)


def _kept(change: Change, act: Act) -> Act:
    """The act under its number, stored as it stands now; a scheduled one falls due by itself."""
    act = replace(act, number=change.record(act))
    if act.state == "scheduled":
        change.policy.scheduled[act.number] = act
        change.changed = True
    elif change.policy.scheduled.pop(act.number, None) is not None:
        change.changed = True
    tell_waiting(change, act)
    return act


def agree(change: Change, act: Act, *, by: Actor, note: str) -> Step:
    """Agrees to an act in this block; where its ground has moved, it is out of date. Raises as `approve` does."""
    by.require("approver", for_=act.parties, host=change.policy.host, what=f"approve act {act.number}")
    approved = act.approved(Approval(by.account, by.party, by.how, change.now, note, tuple(sorted(by.roles))))
    moved = act.moved(change.policy.grounds(act.grounds))
    if moved:
        return Step(_kept(change, act.outdated(at=change.now, why="; ".join(moved))))
    if not approved.is_approved:
        return Step(_kept(change, approved))
    if not approved.is_due(change.now):
        return Step(_kept(change, approved.scheduled()))
    return _carried_out(change, approved, intent_of(approved), by)


def refuse(change: Change, act: Act, *, by: Actor, why: str) -> Step:
    """Refuses an act in this block. Raises as `reject` does."""
    by.require("approver", for_=act.parties, host=change.policy.host, what=f"reject act {act.number}")
    return Step(_kept(change, act.rejected(by=by, at=change.now, why=why)))


def take_back(change: Change, act: Act, *, by: Actor, why: str) -> Step:
    """Takes an act back in this block. Raises as `withdraw` does."""
    if act.by != by.account and not by.is_host(change.policy.host):
        raise Refused(
            "act-not-yours",
            f"account `{act.by}` asked for act `{act.number}`, and takes it back",
            remedy=f"relto reject {act.number} --reason TEXT",
        )
    return Step(_kept(change, act.withdrawn(by=by, at=change.now, why=why)))


def outdate(change: Change) -> None:
    """Closes what this block has moved the ground from under."""
    for row in change.tx.acts_open():
        act = act_of(row)
        moved = act.moved(change.policy.grounds(act.grounds))
        if moved:
            _kept(change, act.outdated(at=change.now, why="; ".join(moved)))


def require_grounds(policy: Policy, act: Act, *, by: Actor) -> None:
    """Returns where what the act stands on is as it was. Raises `Refused` (`act-outdated`), which says what moved as
    far as that is for whoever asks.
    """
    if (outdated := _outdated(policy, act, by)) is not None:
        raise outdated


def found_act(change: Change, number: str, by: Actor) -> Act:
    """The act as it stands in this block. Raises `Unknown` `act-unknown`."""
    row = change.tx.act(act_number(number))
    if row is None:
        raise _unknown(number)
    act = act_of(row)
    if act.state == "outdated" and Sight(by, change.policy).hides(act):
        # It is over, and only told of.
        act = replace(act, ended_why=MOVED)
    return act


def intent_of(act: Act) -> Intent:
    """What the act asks for."""
    return msgspec.convert(dict(act.order), INTENTS[act.kind], strict=False)


def _outcome(node: Node, step: Step) -> Outcome:
    now = node.now(node.store.head())
    act, done = step.act, step.done
    visible = done.effect.visible_at if done is not None and done.effect is not None else 0
    begins = done.begins if done is not None else None
    if act is not None and act.state in {"proposed", "scheduled"} and act.due_at is not None:
        begins = act.due_at
    return Outcome(act, done, now if begins is None else begins, max(visible, now), tuple(step.follows))


def _unknown(number: str) -> Unknown:
    return Unknown("act-unknown", f"there is no act `{number}`", remedy="relto approvals", act=number)


def _outdated(policy: Policy, act: Act, by: Actor) -> Refused | None:
    moved = act.moved(policy.grounds(act.grounds))
    if not moved:
        return None
    if Sight(by, policy).hides(act):
        moved = (MOVED,)
    return Refused(
        "act-outdated",
        f"act `{act.number}` is out of date: {'; '.join(moved)}",
        remedy="ask for it anew",
        act=str(act.number),
        moved=list(moved),
    )
