"""Agreements: made, amended, ended. Each version stands; a change is carried out on every flow in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relto.domain.agreement import Agreement, differences, parse, recipients
from relto.domain.errors import Refused, Unknown
from relto.ports.store import AgreementRow
from relto.usecases.policy import Standing, vocabulary_of
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.ports.node import Node
    from relto.usecases.effect import Effect
    from relto.usecases.policy import Policy, PolicyDesk
    from relto.usecases.sequencing import Change


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
    visible_at: int = 0


def apply(node: Node, desk: PolicyDesk, texts: Sequence[str], *, by: str) -> list[Applied]:
    """Makes or amends an agreement for each text, all in one transaction, in the order given.

    Raises `BadInput` and `NotBuilt` as `domain.agreement.parse` does, `Unknown` for parties that are not here.
    """
    with changing(node, desk) as change:
        topics = vocabulary_of(change.tx).names
        parsed = [(parse(text, topics=topics), text) for text in texts]
        done = [_apply(change, terms, text, by) for terms, text in parsed]
    return [replace(applied, visible_at=effect.visible_at) for applied, effect in done]


def _apply(change: Change, terms: Agreement, text: str, by: str) -> tuple[Applied, Effect]:
    policy = change.policy
    receiving = recipients(terms, policy.parties, change.now)
    for originator in sorted(terms.scope.originators or ()):
        policy.parties.party(originator)
    before = policy.standings.get(terms.id)
    if before is not None and before.terms == terms and not before.ended:
        return _applied(policy, terms.id, changed=False), change.effect()
    version = 1 if before is None else before.row.version + 1
    row = AgreementRow(terms.id, version, terms.canonical(), text, change.now, by)
    change.tx.put_agreement(row)
    policy.standings[terms.id] = Standing(row, terms)
    change.changed = True
    effect = follow(change, terms.id, receiving)
    change.act(
        "agreement-apply",
        by,
        {"agreement": terms.id, "version": version, "before": before and before.row.canonical, "after": row.canonical},
    )
    return _applied(policy, terms.id, changed=True), effect


def follow(change: Change, agreement: str, receiving: Sequence[str]) -> Effect:
    """Brings the flows of an agreement in line with its terms and recipients."""
    policy = change.policy
    history = policy.standings[agreement].terms.history == "all"
    effect = change.effect()
    for party in receiving:
        flow = policy.flow(agreement, party)
        if flow is None:
            flow = change.tx.add_flow(agreement, party, change.node.chance.uuid4())
            change.begin_flow(flow, history=history)
    for flow in policy.flows_of(agreement):
        member = flow.party in receiving
        if member != flow.member:
            flow = replace(flow, member=member)  # noqa: PLW2901 - the row as it is from here on
            policy.flows[flow.id] = flow
            change.tx.put_flow(flow)
        effect.add(change.settle(flow))
    return effect


def end(node: Node, desk: PolicyDesk, agreement: str, *, by: str, close: bool) -> Applied:
    """Ends an agreement: nothing new flows; with `close`, nothing is readable or listed any more.

    Raises `Unknown` `agreement-unknown`, `Refused` `agreement-ended` where there is nothing left to end.
    """
    with changing(node, desk) as change:
        standing = standing_of(change.policy, agreement)
        if standing.ended and (standing.row.closed or not close):
            raise Refused("agreement-ended", f"agreement `{agreement}` has ended already", agreement=agreement)
        row = replace(standing.row, ended_at=standing.row.ended_at or change.now, closed=close or standing.row.closed)
        change.tx.put_agreement(row)
        change.policy.standings[agreement] = replace(standing, row=row)
        change.changed = True
        for flow in change.policy.flows_of(agreement):
            change.settle(flow)
        change.act("agreement-end", by, {"agreement": agreement, "close": close})
        return _applied(change.policy, agreement, changed=True)


def standing_of(policy: Policy, agreement: str) -> Standing:
    """The agreement as it stands. Raises `Unknown` `agreement-unknown`."""
    standing = policy.standings.get(agreement)
    if standing is None:
        raise unknown_agreement(agreement)
    return standing


def unknown_agreement(agreement: str) -> Unknown:
    """There is no agreement of that name."""
    return Unknown(
        "agreement-unknown", f"there is no agreement `{agreement}`", remedy="relto agreement list", agreement=agreement
    )


def listed(node: Node, desk: PolicyDesk) -> list[Applied]:
    """All agreements, by id."""
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
    return [_applied(policy, name, changed=False) for name in sorted(policy.standings)]


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
