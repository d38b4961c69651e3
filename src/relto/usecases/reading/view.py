"""A view: one reader's stream at one policy version, with what is hidden from it; and which collections a reader
has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.errors import Unknown
from relto.domain.ranges import EVERYTHING
from relto.domain.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.flow import ClassState
    from relto.ports.store import AccountRow, FlowRow, Snapshot
    from relto.usecases.policy import Policy
    from relto.usecases.reading.values import Collection


@dataclass(frozen=True, slots=True)
class View:
    """What a reader may be given of a collection. `flow` is None for a party's own collection.

    `hidden`: the newest policy version that hid something which may be shown again; 0: nothing is.
    """

    reader: str
    collection: str
    stream: Stream
    stream_id: int
    flow: FlowRow | None
    states: Mapping[int, ClassState]
    hidden: int
    policy: Policy

    def shown(self, class_id: int) -> bool:
        """Whether what the stream gives of the class may be read now."""
        state = self.states.get(class_id)
        return state is None or not state.hidden_since

    @property
    def key(self) -> str:
        """The same for all readers of one stream."""
        return f"{self.collection}/{self.stream_id}"

    @property
    def versions(self) -> tuple[int, ...]:
        """Changes whenever anything changes that this view shows."""
        if self.flow is None:
            return (self.policy.version,)
        streams = self.policy.streams
        return (streams[self.stream_id].version, streams[self.flow.main].version)


def known_view(policy: Policy, account: AccountRow, collection: Collection) -> View | None:
    """The reader's view where everything that it needs is in memory."""
    if collection.own:
        live = {
            row.id: EVERYTHING
            for row in policy.classes.values()
            if row.value.originator == account.party and not row.value.withdrawn
        }
        return View(account.name, collection.id, Stream.begun(live), 0, None, {}, hidden=0, policy=policy)
    flow = next(each for each in policy.flows_to(account.party) if each.collection == collection.id)
    number = policy.stream_of(flow, account.name)
    states, stream = policy.states_if_seen(flow.id), policy.stream_if_seen(number)
    hidden = policy.hiding(flow.id)
    if states is None or stream is None or hidden is None:
        return None
    return View(account.name, collection.id, stream, number, flow, states, hidden, policy)


def loaded_view(snap: Snapshot, policy: Policy, account: AccountRow, collection: Collection) -> View:
    """The reader's view; `snap` is of the version of `policy`."""
    if not collection.own:
        flow = next(each for each in policy.flows_to(account.party) if each.collection == collection.id)
        policy.states_of(snap, flow.id)
        policy.stream(snap, flow.main)
        policy.stream(snap, policy.stream_of(flow, account.name))
    view = known_view(policy, account, collection)
    assert view is not None, "what a view needs was loaded just now"
    return view


def receives(policy: Policy, flow: FlowRow, account: AccountRow) -> bool:
    """Whether the flow's collection exists for the account."""
    return (
        flow.party == account.party
        and flow.member
        and "reader" in account.roles
        and not policy.standings[flow.agreement].row.closed
    )


def no_collection() -> Unknown:
    """There is no such collection, for whatever reason."""
    return Unknown("collection-unknown", "there is no such collection")
