"""Memberships: who belongs to a group, from when and until when. Joining grants what the agreements of the group grant,
leaving binds at once, and both may be set for a moment that is still to come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from relto.domain.errors import BadInput, Conflict, Refused, Unknown
from relto.ports.store import MemberRow
from relto.usecases.accounts import require_admin
from relto.usecases.intent import Done, Plan
from relto.usecases.policy import parties_of

if TYPE_CHECKING:
    from relto.domain.act import Act
    from relto.domain.actor import Actor
    from relto.usecases.change import Change

CHANGE: Final = "change who belongs to a group"
"""In words, for who may not."""


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """`member` belongs to `group`, from now or from `from_us` on."""

    kind: ClassVar[str] = "party-join"

    group: str
    member: str
    from_us: int | None = None

    def plan(self, change: Change, by: Actor) -> Plan:
        """An administrator of the node; as many approvals as the agreements that name the group ask for an amendment.

        Raises `Unknown` `party-unknown`, `Conflict` `member-already`, `BadInput` (`membership-invalid`,
        `group-contains-itself`, `party-kind-has-no-members`).
        """
        require_admin(change, by, CHANGE)
        at = _moment(change, self.from_us)
        parties = change.policy.parties
        parties.party(self.group)
        parties.party(self.member)
        self._require_new(change, at)
        concerned = _concerned(change, self.group)
        return Plan(
            what=f"make `{self.member}` a member of `{self.group}`",
            role="admin",
            parties={change.policy.host},
            deciders=change.policy.givers(concerned) or {change.policy.host},
            concerns=concerned,
            needs=change.policy.asks(concerned, "amend"),
            grounds=[f"agreement {name}" for name in concerned],
            before=sorted(parties.members_of(self.group, change.now)),
        )

    def carry_out(self, change: Change, act: Act) -> Done:
        """The membership stands with its date; what it grants flows from that moment on, or from now where it waited
        past that for approvals. Raises as `plan` does, and `Refused` `act-outdated` where an agreement reaches its
        members by now that nobody was asked about.
        """
        at = change.now if self.from_us is None else max(self.from_us, change.now)
        self._require_new(change, at)
        unasked = sorted({*_concerned(change, self.group)} - {*act.concerns})
        if unasked:
            raise Refused(
                "act-outdated",
                f"agreement `{unasked[0]}` reaches the members of `{self.group}` by now, and nobody was asked about it",
                remedy="ask for it anew",
                act=str(act.number),
                moved=unasked,
            )
        change.tx.put_member(MemberRow(self.group, self.member, at))
        return _followed(change, self.group, at)

    def _require_new(self, change: Change, at: int) -> None:
        if change.policy.parties.membership(self.group, self.member, at) is not None:
            raise Conflict(
                "member-already",
                f"`{self.member}` belongs to `{self.group}` already, or will",
                remedy=f"relto party show {self.group}",
            )
        parties_of(change.tx, also=[MemberRow(self.group, self.member, at)])


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """`member` belongs to `group` no more, from now or from `from_us` on."""

    kind: ClassVar[str] = "party-leave"

    group: str
    member: str
    from_us: int | None = None

    def plan(self, change: Change, by: Actor) -> Plan:
        """An administrator of the node, with nobody's approval: leaving binds at once. Raises `Unknown`."""
        require_admin(change, by, CHANGE)
        self._membership(change)
        return Plan(
            what=f"take `{self.member}` out of `{self.group}`",
            role="admin",
            parties={change.policy.host},
            concerns=_concerned(change, self.group),
            before=sorted(change.policy.parties.members_of(self.group, change.now)),
        )

    def carry_out(self, change: Change, act: Act) -> Done:
        """The membership gets an end; what it granted is closed from that moment on."""
        del act
        row = self._membership(change)
        at = _moment(change, self.from_us)
        # Where it was still to come it is called off, and never begins.
        change.tx.put_member(replace(row, until=max(at, row.since)))
        return _followed(change, self.group, at)

    def _membership(self, change: Change) -> MemberRow:
        at = _moment(change, self.from_us)
        change.policy.parties.party(self.group)
        change.policy.parties.party(self.member)
        found = change.policy.parties.membership(self.group, self.member, change.now)
        if found is None or (found.until_us is not None and found.until_us <= at):
            raise Unknown(
                "member-unknown",
                f"`{self.member}` does not belong to `{self.group}`",
                remedy=f"relto party show {self.group}",
            )
        return MemberRow(found.group, found.member, found.from_us, found.until_us)


def _moment(change: Change, from_us: int | None) -> int:
    if from_us is None:
        return change.now
    if from_us < change.now:
        raise BadInput("membership-invalid", "a membership cannot be changed for the past", remedy="leave out `--from`")
    return from_us


def _concerned(change: Change, group: str) -> list[str]:
    """Agreements that reach parties through the group, now or once what is set comes to pass."""
    reached = {group, *change.policy.parties.groups_ahead(group, change.now)}
    return sorted(
        name for name, standing in change.policy.standings.items() if not standing.ended and reached & standing.terms.to
    )


def _followed(change: Change, group: str, at: int) -> Done:
    change.policy.parties = parties_of(change.tx)
    change.changed = True
    effect = change.follow_all()
    return Done(
        after=sorted(change.policy.parties.members_of(group, max(at, change.now))),
        outcome={"group": group},
        effect=effect,
        begins=at if at > change.now else None,
    )
