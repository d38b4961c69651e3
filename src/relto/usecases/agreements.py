"""Agreements: made, amended, ended. Each version stands; a change is carried out on every flow in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from relto.domain.agreement import Agreement, differences, parse, recipients
from relto.domain.errors import Refused, Unknown
from relto.ports.store import AgreementRow
from relto.usecases.intent import Done, Plan
from relto.usecases.pausing import proposed_ends
from relto.usecases.policy import Standing, standing_of, unknown_agreement, vocabulary_of

if TYPE_CHECKING:
    from relto.domain.act import Act
    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.usecases.change import Change
    from relto.usecases.policy import Policy, PolicyDesk


@dataclass(frozen=True, slots=True)
class Applied:
    """An agreement as it stands after an act. `changed`: whether the act changed anything; `collections`: party →
    id.
    """

    agreement: str
    version: int
    terms: Agreement
    changed: bool
    ended: bool
    collections: dict[str, str]


@dataclass(frozen=True, slots=True)
class ApplyAgreement:
    """Makes or amends the agreement that a file describes; a file that says what counts already changes nothing."""

    kind: ClassVar[str] = "agreement-apply"

    text: str

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreement it is, and whose items it gives; an amendment asks for the approvals of the
        version that counts.

        Raises `BadInput` and `NotBuilt` as `domain.agreement.parse` does, `Unknown` for parties that are not here.
        """
        del by
        terms, _ = self._read(change)
        before = change.policy.standings.get(terms.id)
        is_same = before is not None and before.terms == terms and not before.ended
        return Plan(
            what=f"apply agreement `{terms.id}`",
            # Whose items it gives: nobody gives what is another's by an agreement that it writes itself.
            parties={terms.giver, *(terms.scope.originators or ()), *([] if before is None else [before.terms.giver])},
            concerns=[terms.id],
            needs=change.policy.asks([terms.id], "amend"),
            grounds=[f"agreement {terms.id}"],
            before=None if before is None else before.terms.as_value(),
            idle=Done(value=_applied(change.policy, terms.id, changed=False)) if is_same else None,
        )

    def carry_out(self, change: Change, act: Act) -> Done:
        """A new version stands, and every flow follows it."""
        terms, receiving = self._read(change)
        policy = change.policy
        before = policy.standings.get(terms.id)
        version = 1 if before is None else before.row.version + 1
        row = AgreementRow(terms.id, version, terms.canonical(), self.text, change.now, act.by)
        change.tx.put_agreement(row)
        policy.standings[terms.id] = Standing(row, terms)
        change.changed = True
        effect = change.follow(terms.id, receiving)
        return Done(
            after=terms.as_value(),
            outcome={"agreement": terms.id, "version": version},
            effect=effect,
            value=_applied(policy, terms.id, changed=True),
            follows=proposed_ends(change, terms.id),
        )

    def _read(self, change: Change) -> tuple[Agreement, tuple[str, ...]]:
        """The terms and who receives by them now."""
        terms = parse(self.text, topics=vocabulary_of(change.tx).names)
        receiving = recipients(terms, change.policy.parties, change.now)
        for originator in sorted(terms.scope.originators or ()):
            change.policy.parties.party(originator)
        return terms, receiving


@dataclass(frozen=True, slots=True)
class EndAgreement:
    """Ends an agreement: nothing new flows; with `close`, nothing is readable or listed any more."""

    kind: ClassVar[str] = "agreement-end"

    agreement: str
    close: bool = False

    def plan(self, change: Change, by: Actor) -> Plan:
        """An officer of whose agreement it is; it asks for approvals as an amendment does.

        Raises `Unknown` `agreement-unknown`, `Refused` `agreement-ended` where there is nothing left to end.
        """
        del by
        standing = self._standing(change)
        return Plan(
            what=f"end agreement `{self.agreement}`",
            parties={standing.terms.giver},
            concerns=[self.agreement],
            needs=change.policy.asks([self.agreement], "amend"),
            grounds=[f"agreement {self.agreement}"],
            before={"ended": standing.ended, "closed": standing.row.closed},
        )

    def carry_out(self, change: Change, act: Act) -> Done:
        """Every flow of it is settled."""
        del act
        standing = self._standing(change)
        row = standing.row
        row = replace(row, ended_at=row.ended_at or change.now, closed=self.close or row.closed)
        change.tx.put_agreement(row)
        change.policy.standings[self.agreement] = replace(standing, row=row)
        change.changed = True
        for flow in change.policy.flows_of(self.agreement):
            change.settle(flow)
        return Done(
            after={"ended": True, "closed": row.closed},
            outcome={"agreement": self.agreement, "version": row.version, "close": self.close},
            value=_applied(change.policy, self.agreement, changed=True),
        )

    def _standing(self, change: Change) -> Standing:
        standing = standing_of(change.policy, self.agreement)
        if standing.ended and (standing.row.closed or not self.close):
            raise Refused(
                "agreement-ended", f"agreement `{self.agreement}` has ended already", agreement=self.agreement
            )
        return standing


def listed(node: Node, desk: PolicyDesk) -> list[Applied]:
    """All agreements, by id."""
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
    return [_applied(policy, name, changed=False) for name in sorted(policy.standings)]


def found(node: Node, desk: PolicyDesk, agreement: str) -> Applied | None:
    """One agreement as it stands."""
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
    return _applied(policy, agreement, changed=False) if agreement in policy.standings else None


def history(node: Node, agreement: str) -> list[AgreementRow]:
    """All versions of an agreement, oldest first. Raises `Unknown` `agreement-unknown`."""
    with node.store.read() as snap:
        rows = snap.agreement_versions(agreement)
    if not rows:
        raise unknown_agreement(agreement)
    return rows


def version_of(node: Node, agreement: str, version: int) -> AgreementRow:
    """One version. Raises `Unknown` `agreement-unknown` or `version-unknown`."""
    rows = history(node, agreement)
    for row in rows:
        if row.version == version:
            return row
    raise Unknown(
        "version-unknown",
        f"agreement `{agreement}` has no version `{version}`",
        remedy=f"it has versions 1 to {rows[-1].version}",
    )


def diff(node: Node, agreement: str, old: int, new: int) -> tuple[str, ...]:
    """What changed between two versions, a readable line for each part."""
    rows = [version_of(node, agreement, number) for number in (old, new)]
    before, after = (Agreement.parse_canonical(row.canonical) for row in rows)
    return differences(before, after)


def _applied(policy: Policy, agreement: str, *, changed: bool) -> Applied:
    standing = policy.standings[agreement]
    collections = {flow.party: flow.collection for flow in policy.flows_of(agreement) if flow.member}
    return Applied(agreement, standing.row.version, standing.terms, changed, standing.ended, collections)
