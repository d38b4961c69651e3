"""The catalogue: which collections there are for an account; all others are not there for it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from relto.usecases.reading.values import Collection
from relto.usecases.reading.view import no_collection, receives

if TYPE_CHECKING:
    from relto.ports.store import AccountRow, FlowRow, Snapshot, Store
    from relto.usecases.policy import Policy


class Catalogue:
    """The collections of a node. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        """The ids of parties' own collections never change: each is asked for once."""
        self._store = store
        self._own: dict[str, str] = {}

    def all(self, policy: Policy, account: AccountRow) -> list[Collection]:
        """What exists for this account, in one order."""
        found = [
            _received(policy, flow)
            for flow in sorted(policy.flows_to(account.party), key=lambda flow: flow.agreement)
            if receives(policy, flow, account)
        ]
        own = self._given(account)
        return [own, *found] if own is not None else found

    def named(self, policy: Policy, account: AccountRow, name: str, snap: Snapshot | None = None) -> Collection:
        """The collection with this id or alias; `snap` is asked where memory does not know.

        Raises `Unknown` `collection-unknown`, whatever the reason.
        """
        for flow in policy.flows_to(account.party):
            if name in {flow.collection, flow.agreement} and receives(policy, flow, account):
                return _received(policy, flow)
        own = self._given(account, snap)
        if own is not None and name in {own.id, own.alias}:
            return own
        raise no_collection()

    def _given(self, account: AccountRow, snap: Snapshot | None = None) -> Collection | None:
        if "contributor" not in account.roles:
            return None
        if account.party not in self._own:
            with nullcontext(snap) if snap is not None else self._store.read() as block:
                number = block.collection(account.party)
            if number is None:
                return None
            self._own[account.party] = number
        title = f"What {account.party} gives"
        return Collection(self._own[account.party], "own", title, (), ended=False, own=True, writable=True)


def _received(policy: Policy, flow: FlowRow) -> Collection:
    standing = policy.standings[flow.agreement]
    pauses = [
        pause
        for pause in policy.pauses.values()
        if pause.state == "running" and flow.agreement in pause.agreements and pause.recipient in {None, flow.party}
    ]
    return Collection(flow.collection, flow.agreement, standing.terms.title or flow.agreement, pauses, standing.ended)
