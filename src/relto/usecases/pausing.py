"""Pausing and resuming: one transaction each, binding at once in every process, at a cost that no backlog changes.

A pause is made, amended as often as needed, and lifted; each version stands with its date. What makes a pause looser
asks for as many approvals as a resume, since something might flow by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast, get_args

from relto.domain.condition import Condition
from relto.domain.errors import BadInput, Refused, Unknown
from relto.domain.flow import Backlog
from relto.domain.pause import Pause, narrowing, pause_number
from relto.domain.selector import Selector
from relto.domain.written import nearest, shown
from relto.usecases.counting import count
from relto.usecases.intent import Done, Plan
from relto.usecases.policy import standing_of, vocabulary_of
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from relto.domain.act import Act
    from relto.domain.actor import Actor
    from relto.domain.pause import Mode, Then
    from relto.ports.store import Snapshot
    from relto.usecases.change import Change
    from relto.usecases.policy import Policy


@dataclass(frozen=True, slots=True)
class MakePause:
    """What somebody wants paused. `agreements` empty with `everything`: all that have not ended. Moments in
    microseconds.

    `scope`: the plain value of a selector (a file), which excludes the narrowing options beside it. `conditions`:
    texts, or mappings with `text`, and `asked_by` and `binding` where they are said.
    """

    kind: ClassVar[str] = "pause"

    agreements: Sequence[str] = ()
    everything: bool = False
    recipient: str | None = None
    topics: Sequence[str] = ()
    types: Sequence[str] = ()
    originators: Sequence[str] = ()
    marking_at_least: str | None = None
    scope: Any = None
    mode: str = "freeze"
    from_us: int | None = None
    until_us: int | None = None
    then: str = "release"
    reason: str = ""
    authority: str = ""
    review_us: int | None = None
    conditions: Sequence[Any] = ()
    discreet: bool = False

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreements they are. Raises `Unknown` for agreements and parties, `BadInput`."""
        # Nothing of what is asked for is looked at for whom it is refused: no refusal tells who receives what.
        names = list(dict.fromkeys(self.agreements))
        givers = {standing_of(change.policy, name).terms.giver for name in names}
        what = f"pause {', '.join(f'`{name}`' for name in names)}"
        Sight(by, change.policy).require("officer", givers, concerns=names, what=what.strip())
        made = planned(change.tx, change.policy, self, by=by, now=change.now)
        names = sorted(made.agreements)
        return Plan(
            what=f"pause {', '.join(f'`{name}`' for name in names)}",
            parties=change.policy.givers(names),
            concerns=names,
            needs=change.policy.asks(names, "pause"),
            grounds=[f"agreement {name}" for name in names],
            why=made.reason,
            authority=made.authority,
        )

    def carry_out(self, change: Change, act: Act) -> Done:
        """Pauses; the pause gets the next number. Its end, where a resume asks for approvals, is proposed with it."""
        # What was agreed to is what there was when it was asked: an agreement made since is none of it.
        order = replace(self, agreements=act.concerns, everything=False)
        made = replace(planned(change.tx, change.policy, order, by=None, now=change.now), made_by=act.by)
        number = int(change.tx.setting("pauses") or "0") + 1
        change.tx.put_setting("pauses", str(number))
        made = replace(made, number=str(number))
        change.put_pause(made)
        if made.state == "running":
            for flow in change.concerned(made):
                change.settle(flow)
        return Done(
            after=made.as_value(),
            outcome={"pause": made.number},
            value=made,
            begins=made.from_us if made.state == "scheduled" else None,
            follows=_proposed_end(change, made),
        )


def proposed_ends(change: Change, agreement: str) -> list[LiftPause]:
    """The ends of pauses of the agreement that have to be proposed, anew or for the first time, now that it is another
    version: what was proposed before stood on the former.
    """
    return [
        end
        for made in change.policy.pauses.values()
        if agreement in made.agreements and made.until_us is not None and made.until_us > change.now
        for end in _proposed_end(change, made)
    ]


def _proposed_end(change: Change, made: Pause) -> list[LiftPause]:
    if made.until_us is None or not change.policy.asks(made.agreements, "resume"):
        return []
    return [LiftPause(made.number, made.then, "the end that was set when it was paused", made.until_us, awaited=True)]


def planned(snap: Snapshot, policy: Policy, order: MakePause, *, by: Actor | None, now: int) -> Pause:
    """The pause that an order means, checked against what is here; its number is still open. With `everything` it is of
    all agreements for which `by` acts; None: of all that there are.
    """
    names = list(dict.fromkeys(order.agreements))
    if order.everything and names:
        raise BadInput("pause-invalid", "name agreements or say `--all`, not both")
    if order.recipient is not None:
        policy.parties.party(order.recipient)
    if order.everything:
        names = [
            name
            for name, standing in policy.standings.items()
            if not standing.ended
            and (by is None or by.party == standing.terms.giver or by.is_host(policy.host))
            and (order.recipient is None or _flow_of(policy, name, order.recipient))
        ]
    if order.everything and by is not None and not names:
        raise BadInput("pause-invalid", f"there is nothing that `{by.party}` gives to be paused")
    if not names:
        raise BadInput("pause-invalid", "nothing is named to be paused", remedy="name an agreement, or say `--all`")
    for name in names:
        if standing_of(policy, name).ended:
            raise Refused("agreement-ended", f"agreement `{name}` has ended: nothing flows under it", agreement=name)
        if order.recipient is not None and not _flow_of(policy, name, order.recipient):
            raise Unknown(
                "recipient-unknown",
                f"party `{order.recipient}` receives nothing under agreement `{name}`",
                remedy=f"relto agreement show {name}",
            )
    if order.discreet:
        _require_one_giver(policy, names)
    from_us = order.from_us if order.from_us is not None and order.from_us > now else None
    if order.until_us is not None and order.until_us <= now:
        raise BadInput("pause-ends-before-it-begins", "the end of the pause lies in the past")
    return Pause(
        number="0",
        agreements=frozenset(names),
        reason=order.reason,
        made_by="" if by is None else by.account,
        made_at=now,
        recipient=order.recipient,
        scope=_scope(snap, policy, order),
        mode=cast("Mode", order.mode),
        authority=order.authority,
        review_us=order.review_us,
        conditions=tuple(condition_of(policy, each) for each in order.conditions),
        discreet=order.discreet,
        from_us=from_us,
        until_us=order.until_us,
        then=cast("Then", order.then),
        state="running" if from_us is None else "scheduled",
        amended_at=now,
    )


def condition_of(policy: Policy, said: object) -> Condition:
    """A condition as it was said: a text, or a mapping. Raises `BadInput`, `Unknown` `party-unknown`."""
    if isinstance(said, str):
        return Condition(said)
    if not isinstance(said, Mapping) or not {"text"} <= said.keys() <= {"text", "asked_by", "binding"}:
        raise BadInput("pause-condition-invalid", "a condition has `text`, and perhaps `asked_by` and `binding`")
    if not isinstance(said["text"], str) or not isinstance(said.get("asked_by", ""), str):
        raise BadInput("pause-condition-invalid", "`text` and `asked_by` of a condition are texts")
    asked_by = said.get("asked_by", "")
    if asked_by:
        policy.parties.party(asked_by)
    return Condition(said["text"], asked_by=asked_by, binding=bool(said.get("binding", False)))


def _require_one_giver(policy: Policy, names: Iterable[str]) -> None:
    """Who gives under some of these agreements and receives under others would be told what it must not be."""
    givers = policy.givers(names)
    if len(givers) > 1:
        raise BadInput(
            "pause-invalid",
            f"a discreet pause is of agreements of one party, and these are of {', '.join(sorted(givers))}",
            remedy="make one pause for each party that gives",
        )


def _flow_of(policy: Policy, agreement: str, party: str) -> bool:
    flow = policy.flow(agreement, party)
    return flow is not None and flow.member


def _scope(snap: Snapshot, policy: Policy, order: MakePause | AmendPause) -> Selector | None:
    topics = vocabulary_of(snap).names
    options = bool(order.topics or order.types or order.originators or order.marking_at_least)
    if order.scope is not None:
        if options:
            raise BadInput("pause-invalid", "a selector and what narrows beside it exclude each other")
        scope: Selector | None = Selector.parse(order.scope, where="the scope", topics=topics)
    else:
        scope = narrowing(
            topics=order.topics,
            types=order.types,
            originators=order.originators,
            marking_at_least=order.marking_at_least,
            known_topics=topics,
        )
    for originator in sorted((scope.originators if scope is not None else None) or ()):
        policy.parties.party(originator)
    return scope


@dataclass(frozen=True, slots=True)
class AmendPause:
    """A new version of a pause that runs or is scheduled: what is said takes the place of what was, the rest stays.

    A narrowing option, or `scope`, or `everything` (nothing narrows any more), sets the whole scope anew.
    `conditions` are added to those that there are.
    """

    kind: ClassVar[str] = "pause-amend"

    pause: str
    topics: Sequence[str] = ()
    types: Sequence[str] = ()
    originators: Sequence[str] = ()
    marking_at_least: str | None = None
    scope: Any = None
    everything: bool = False
    mode: str | None = None
    until_us: int | None = None
    then: str | None = None
    reason: str | None = None
    authority: str | None = None
    review_us: int | None = None
    conditions: Sequence[Any] = ()
    discreet: bool | None = None

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreements they are. Raises `Unknown` `pause-unknown`, `Refused`, `BadInput`."""
        before = running(change, self.pause)
        what, givers = f"amend pause {before.number}", change.policy.givers(before.agreements)
        Sight(by, change.policy).require("officer", givers, concerns=before.agreements, what=what)
        after = self._amended(change, before)
        looser = after.is_looser_than(before)
        return Plan(
            what=what,
            parties=givers,
            concerns=sorted(before.agreements),
            needs=change.policy.asks(before.agreements, "resume" if looser else "pause"),
            grounds=_grounds(before),
            before=before.as_value(),
            why=self.reason or "",
            authority=self.authority or "",
        )

    def carry_out(self, change: Change, act: Act) -> Done:
        """Makes the new version, and settles what it covers."""
        del act
        before = running(change, self.pause)
        after = self._amended(change, before)
        stood = change.policy.grounds([f"pause {before.number}"])
        change.put_pause(after)
        effect = change.effect()
        if after.state == "running":
            for flow in change.concerned(after):
                effect.add(change.settle(flow))
        # A proposal of its end stands on what it covers, and is out of date with that.
        moved = (after.until_us, after.then) != (before.until_us, before.then)
        moved = moved or change.policy.grounds([f"pause {before.number}"]) != stood
        return Done(
            after=after.as_value(),
            outcome={
                "pause": after.number,
                "version": after.version,
                "released": count(change.tx, effect.released),
                "still_held": count(change.tx, effect.still_held),
            },
            effect=effect,
            value=after,
            follows=_proposed_end(change, after) if moved else (),
        )

    def _amended(self, change: Change, before: Pause) -> Pause:
        """Raises `BadInput` `pause-unchanged` where nothing is said that is not so already."""
        changes: dict[str, Any] = {}
        scope = _scope(change.tx, change.policy, self)
        if self.everything and scope is not None:
            raise BadInput("pause-invalid", "everything and what narrows exclude each other")
        if self.everything or scope is not None:
            changes["scope"] = scope
        said = {
            "mode": self.mode,
            "until_us": self.until_us,
            "then": self.then,
            "reason": self.reason,
            "authority": self.authority,
            "review_us": self.review_us,
            "discreet": self.discreet,
        }
        changes |= {name: value for name, value in said.items() if value is not None}
        if self.discreet:
            _require_one_giver(change.policy, before.agreements)
        if self.until_us is not None and self.until_us <= change.now:
            raise BadInput("pause-ends-before-it-begins", "the end of the pause lies in the past")
        added = tuple(condition_of(change.policy, each) for each in self.conditions)
        if added:
            changes["conditions"] = (*before.conditions, *added)
        if all(getattr(before, name) == value for name, value in changes.items()):
            raise BadInput("pause-unchanged", f"nothing of pause `{before.number}` would change")
        return before.next_version(change.now, **changes)


@dataclass(frozen=True, slots=True)
class LiftPause:
    """Lifts a pause, now or from `from_us` on; `backlog` says what becomes of what it held.

    `awaited`: it is the end that was set with the pause, so that conditions are looked at when it falls due.
    """

    kind: ClassVar[str] = "resume"

    pause: str
    backlog: str = "release"
    note: str = ""
    from_us: int | None = None
    awaited: bool = False

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreements they are.

        Raises `Unknown` `pause-unknown`, `Refused` (`pause-lifted`, `condition-unmet`), `BadInput` (`when-invalid`,
        `backlog-unknown`).
        """
        del by
        if self.backlog not in get_args(Backlog):
            remedy = nearest(self.backlog, get_args(Backlog))
            raise BadInput(
                "backlog-unknown", f"{shown(self.backlog)} is nothing that becomes of a backlog", remedy=remedy
            )
        made = running(change, self.pause)
        if not self.awaited and self.from_us is None:
            _require_met(change, made)
        if self.from_us is not None and not self.awaited and self.from_us <= change.now:
            raise BadInput("when-invalid", "that moment lies in the past", remedy="leave it out to resume now")
        return Plan(
            what=f"resume pause {made.number}",
            parties=change.policy.givers(made.agreements),
            concerns=sorted(made.agreements),
            needs=change.policy.asks(made.agreements, "resume"),
            # An end that was set with the pause is another act once it is set to another moment.
            grounds=[*_grounds(made), *([f"end {made.number}"] if self.awaited else [])],
            before=made.as_value(),
            why=self.note,
            due_at=self.from_us,
        )

    def carry_out(self, change: Change, act: Act) -> Done:
        """Lifts it. Raises `Refused` `condition-unmet`."""
        del act
        made = running(change, self.pause)
        _require_met(change, made)
        effect = change.lift(made, cast("Backlog", self.backlog))
        outcome = {
            "pause": made.number,
            "backlog": self.backlog,
            "released": count(change.tx, effect.released),
            "still_held": count(change.tx, effect.still_held),
        }
        return Done(outcome=outcome, effect=effect, value=made)


def _grounds(made: Pause) -> list[str]:
    return [f"pause {made.number}", *(f"agreement {name}" for name in sorted(made.agreements))]


def _require_met(change: Change, made: Pause) -> None:
    unmet = change.policy.unmet(made)
    if unmet:
        place, first = unmet[0]
        raise Refused(
            "condition-unmet",
            f"pause `{made.number}` has a binding condition that is {first.state}: {first.text}",
            remedy=f"relto condition set {made.number} {place} --state met|waived",
            pause=made.number,
            conditions=[place for place, _ in unmet],
        )


def running(change: Change, number: str) -> Pause:
    """The pause of that number, running or scheduled."""
    return found_pause(change.tx, change.policy, number)


def found_pause(snap: Snapshot, policy: Policy, number: str) -> Pause:
    """The pause of that number, running or scheduled. Raises `Unknown` `pause-unknown` or `Refused` `pause-lifted`."""
    number = pause_number(number)
    made = policy.pauses.get(number)
    if made is not None:
        return made
    if any(str(row.number) == number for row in snap.pauses(lifted=True)):
        raise Refused("pause-lifted", f"pause `{number}` was lifted already", remedy="relto status", pause=number)
    raise Unknown("pause-unknown", f"there is no pause `{number}`", remedy="relto status", pause=number)
