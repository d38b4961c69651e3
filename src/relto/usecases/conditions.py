"""Conditions of a pause: added, and set from one state to another, each change an act with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from relto.domain.errors import Unknown
from relto.usecases.intent import Done, Plan
from relto.usecases.pausing import condition_of, running
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Collection

    from relto.domain.act import Act
    from relto.domain.actor import Actor
    from relto.domain.pause import Pause
    from relto.usecases.change import Change


@dataclass(frozen=True, slots=True)
class AddCondition:
    """One more condition of a pause. `asked_by`: a party's code, or empty."""

    kind: ClassVar[str] = "condition-add"

    pause: str
    text: str
    asked_by: str = ""
    binding: bool = False

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreements they are. Raises `Unknown` (`pause-unknown`, `party-unknown`), `BadInput`."""
        del by
        before = running(change, self.pause)
        self._with(change, before)
        return _plan(change, before, f"add a condition to pause {before.number}", before.agreements)

    def carry_out(self, change: Change, act: Act) -> Done:
        """The condition stands last; `condition` of the outcome is its place, from 1."""
        del act
        after = self._with(change, running(change, self.pause))
        change.put_pause(after)
        outcome = {"pause": after.number, "condition": len(after.conditions)}
        return Done(after=after.as_value(), outcome=outcome, value=after)

    def _with(self, change: Change, before: Pause) -> Pause:
        said = {"text": self.text, "asked_by": self.asked_by, "binding": self.binding}
        made = condition_of(change.policy, said)
        return before.next_version(change.now, conditions=(*before.conditions, made))


@dataclass(frozen=True, slots=True)
class SetCondition:
    """How condition `place` (from 1) of a pause stands now, and on what evidence."""

    kind: ClassVar[str] = "condition-set"

    pause: str
    place: int
    state: str
    evidence: str = ""

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreements they are; an approver, where it is waived. Officers of other parties to an
        agreement may claim or dispute, of what they are told.

        Raises `Unknown` (`pause-unknown`, `condition-unknown`), `BadInput` `condition-state-unknown`.
        """
        before = running(change, self.pause)
        givers = change.policy.givers(before.agreements)
        theirs = by.party not in givers and not by.is_host(change.policy.host)
        if theirs and not Sight(by, change.policy).pause(before):
            raise Unknown("pause-unknown", f"there is no pause `{self.pause}`", remedy="relto status", pause=self.pause)
        self._with(change, before, by.account)
        may_say = theirs and self.state in {"claimed", "disputed"} and _is_party(change, before, by.party)
        plan = _plan(
            change,
            before,
            f"set a condition of pause {before.number} to {self.state}",
            before.agreements,
            parties={by.party} if may_say else None,
        )
        return plan if self.state != "waived" else _as_approver(plan)

    def carry_out(self, change: Change, act: Act) -> Done:
        """A new version of the pause, with the condition as it stands now."""
        after = self._with(change, running(change, self.pause), act.by)
        change.put_pause(after)
        outcome = {"pause": after.number, "condition": self.place, "state": self.state}
        return Done(after=after.as_value(), outcome=outcome, value=after)

    def _with(self, change: Change, before: Pause, by: str) -> Pause:
        if not 1 <= self.place <= len(before.conditions):
            there = f"it has {len(before.conditions)}" if before.conditions else "it has none"
            raise Unknown(
                "condition-unknown", f"pause `{before.number}` has no condition `{self.place}`: {there}",
                remedy="relto status",
            )  # fmt: skip
        listed = list(before.conditions)
        listed[self.place - 1] = listed[self.place - 1].set(self.state, evidence=self.evidence, by=by, at=change.now)
        return before.next_version(change.now, conditions=tuple(listed))


def _is_party(change: Change, pause: Pause, party: str) -> bool:
    return any(party in change.policy.parties_to(name) for name in pause.agreements)


def _plan(
    change: Change, before: Pause, what: str, agreements: Collection[str], parties: Collection[str] | None = None
) -> Plan:
    return Plan(
        what=what,
        parties=change.policy.givers(agreements) if parties is None else parties,
        concerns=sorted(agreements),
        before=before.as_value(),
    )


def _as_approver(plan: Plan) -> Plan:
    return Plan(what=plan.what, role="approver", parties=plan.parties, concerns=plan.concerns, before=plan.before)
