"""Sight: what an actor may see of agreements, pauses and acts; whatever it may not see is not there for it.

Administrators and auditors of the node see everything. Officers, approvers, auditors and administrators of a party see
what that party gives. Whoever receives sees its own side: the agreements by which it receives, and the pauses that it
may be told of; a discreet pause is not there for it, and nothing says how much a pause keeps back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.actor import OFFICE, Actor
from relto.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection

    from relto.domain.act import Act
    from relto.domain.actor import Role
    from relto.domain.pause import Pause
    from relto.ports.store import FlowRow
    from relto.usecases.policy import Policy


@dataclass(frozen=True, slots=True)
class Sight:
    """What this actor sees of this picture."""

    actor: Actor
    policy: Policy

    @classmethod
    def of_asker(cls, act: Act, policy: Policy) -> Sight:
        """What the officer who asked for the act sees, whoever carries it out."""
        return cls(Actor(act.by, act.party, frozenset({"officer"}), act.how), policy)

    @property
    def is_whole(self) -> bool:
        """Whether it sees everything."""
        host = self.policy.host
        return self.actor.party == host and bool({"admin", "auditor"} & self.actor.roles)

    @property
    def is_in_office(self) -> bool:
        """Whether it sees the side of the giver at all."""
        return bool(OFFICE & self.actor.roles)

    @property
    def is_in_host_office(self) -> bool:
        """Whether it is in office at the party whose node it is."""
        return self.is_in_office and self.actor.party == self.policy.host

    def gives(self, agreement: str) -> bool:
        """Whether it sees the giver's side of the agreement."""
        if self.is_whole:
            return agreement in self.policy.standings
        standing = self.policy.standings.get(agreement)
        return standing is not None and self.is_in_office and standing.terms.giver == self.actor.party

    def receives(self, agreement: str) -> bool:
        """Whether its party receives under the agreement now."""
        flow = self.policy.flow(agreement, self.actor.party)
        standing = self.policy.standings.get(agreement)
        return flow is not None and flow.member and standing is not None and not standing.row.closed

    def agreement(self, agreement: str) -> bool:
        """Whether the agreement is there for it."""
        return self.gives(agreement) or self.receives(agreement)

    def stock(self, originator: str) -> bool:
        """Whether items of this originator are there for it, whoever they flow to: it is in office at the party whose
        node it is, at the originator, or at one that gives them by an agreement.
        """
        if self.is_whole or (self.is_in_office and self.actor.party in {self.policy.host, originator}):
            return True
        return self.is_in_office and any(
            standing.terms.giver == self.actor.party and originator in (standing.terms.scope.originators or ())
            for standing in self.policy.standings.values()
        )

    def party(self, code: str) -> bool:
        """Whether the party is there for it. Who is in office may have to name any other; whoever only receives knows
        itself, who gives to it, and the groups that it ever was in.
        """
        if code not in self.policy.parties:
            return False
        own = self.actor.party
        if self.is_in_office or code == own or self.policy.parties.was_member(code, own):
            return True
        return any(
            self.policy.standings[flow.agreement].terms.giver == code
            for flow in self.policy.flows_to(own)
            if self.receives(flow.agreement)
        )

    def members(self, group: str, members: Collection[str]) -> bool:
        """Whether it is told who belongs to the group, which has these members now: it is one, gives to the group, or
        is in office at the party whose node it is.
        """
        own = self.actor.party
        if self.is_whole or self.is_in_host_office or own in {group, *members}:
            return True
        return any(self.gives(name) and group in standing.terms.to for name, standing in self.policy.standings.items())

    def require(self, role: Role, parties: Collection[str], *, concerns: Collection[str], what: str) -> None:
        """As `Actor.require`, naming no party that decides because of an agreement that is not there for the actor.

        `concerns`: the agreements. Raises `Refused` (`role-missing`, `party-not-yours`).
        """
        actor, host = self.actor, self.policy.host
        if role in actor.roles and not actor.may(role, for_=parties, host=host):
            known = [name for name in concerns if name in self.policy.standings]
            seen = self.policy.givers([name for name in known if self.agreement(name)])
            named = {*parties} - (self.policy.givers(known) - seen)
            if named <= {actor.party}:
                raise Refused(
                    "party-not-yours",
                    f"account `{actor.account}` acts for `{actor.party}`, and may not {what} alone",
                    remedy="ask an administrator of the node",
                    account=actor.account,
                )
            parties = named
        actor.require(role, for_=parties, host=host, what=what)

    def flow(self, flow: FlowRow) -> bool:
        """Whether the flow is there for it."""
        return self.gives(flow.agreement) or (flow.party == self.actor.party and self.receives(flow.agreement))

    def pause(self, pause: Pause) -> bool:
        """Whether the pause is there for it."""
        if any(self.gives(name) for name in pause.agreements):
            return True
        # A recipient is told when a pause begins, and not before.
        return (
            not pause.discreet
            and pause.state == "running"
            and pause.recipient in {None, self.actor.party}
            and any(self.receives(name) for name in pause.agreements)
        )

    def hides(self, act: Act) -> bool:
        """Whether the act concerns agreements that are not there for it: it is told of the others alone."""
        return not all(self.agreement(name) for name in act.concerns if name in self.policy.standings)

    def act(self, act: Act) -> bool:
        """Whether the act is there for it: one of its own, or of its party's office.

        One that others decide as well is not: it tells of all that it changes.
        """
        if self.is_whole or act.by == self.actor.account:
            return True
        return self.is_in_office and (self.actor.party == act.party or set(act.parties) == {self.actor.party})
