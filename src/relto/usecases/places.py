"""Places where a party wants its notices to be sent, webhooks and mailboxes: who keeps them, and what they have in
common.

An officer or an administrator of the party keeps them, and so does whoever administers the node; its auditors look.
What belongs to another party is not there for anybody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from relto.domain.errors import Unknown
from relto.domain.party import unknown_party
from relto.domain.place import Place
from relto.usecases.notifying import LOOKS_INTO_ALL, inbox_of
from relto.usecases.sequencing import changing

if TYPE_CHECKING:
    from collections.abc import Collection

    from relto.domain.actor import Actor, Role
    from relto.domain.dispatch import Dispatch
    from relto.ports.node import Node
    from relto.ports.store import Snapshot, Transaction
    from relto.usecases.change import Change
    from relto.usecases.policy import PolicyDesk

KEEPERS: Final[tuple[Role, ...]] = ("officer", "admin")
LOOKERS: Final[tuple[Role, ...]] = ("officer", "admin", "auditor")
"""Who makes and removes a party's places, and who looks at them."""

WAITING_COUNTED: Final = 1_000
"""Notices that wait for one place are counted up to so many."""

FAILURES_SHOWN: Final = 5
"""So many of the latest notices that failed for good are told of one place."""

REPLAYED_MAX: Final = 1_000
"""So many notices that failed are sent again at once, the latest."""

_P = TypeVar("_P", bound=Place)


@dataclass(frozen=True, slots=True)
class Kind(Generic[_P]):
    """A kind of place: its name, how it is found, listed and put."""

    name: str
    find: Callable[[Snapshot, str], _P | None]
    among: Callable[[Snapshot, Collection[str] | None], list[_P]]
    put: Callable[[Transaction, _P], None]


@dataclass(frozen=True, slots=True)
class PlaceStatus(Generic[_P]):
    """A place; `waiting`: how many notices wait for it, counted up to a thousand; `failed`: the latest that failed
    for good.
    """

    place: _P
    waiting: int
    failed: tuple[Dispatch, ...]


def list_places(node: Node, kind: Kind[_P], *, by: Actor, party: str | None = None) -> list[PlaceStatus[_P]]:
    """The places of one party, or all that are there for the actor, each with what waits and what failed.

    Raises `Refused` (`role-missing`), `Unknown` (`party-unknown`).
    """
    with node.store.read() as snap:
        return [
            PlaceStatus(
                each,
                len(snap.dispatches(each.id, state="waiting", limit=WAITING_COUNTED)),
                tuple(snap.dispatches(each.id, state="failed", limit=FAILURES_SHOWN)),
            )
            for each in kind.among(snap, _looked_at(snap, by, party))
        ]


def remove_place(node: Node, desk: PolicyDesk, kind: Kind[_P], place: str, *, by: Actor) -> _P:
    """Nothing goes there any more, and what waited is forgotten.

    Raises `Unknown` (`webhook-unknown`, `mailbox-unknown`), `Refused` (`role-missing`).
    """
    with changing(node, desk, by=by) as change:
        found = found_place(change, kind, place, by, f"remove a {kind.name}")
        change.tx.drop_target(found.id)
        change.act(f"{kind.name}-remove", by, found.recorded())
    return found


def enable_place(
    node: Node, desk: PolicyDesk, kind: Kind[_P], place: str, *, by: Actor, since: int | None = None
) -> tuple[_P, int]:
    """Notices go there again; what failed for good since that moment (None: nothing) is sent again, and how many that
    are.

    Raises as `remove_place` does.
    """
    with changing(node, desk, by=by) as change:
        found = found_place(change, kind, place, by, f"enable a {kind.name}").enabled()
        kind.put(change.tx, found)
        count = 0 if since is None else _replayed(change.tx, found.id, since, at=change.now)
        change.act(f"{kind.name}-enable", by, {**found.recorded(), "since": since, "notices": count})
    return found, count


def found_place(change: Change, kind: Kind[_P], place: str, by: Actor, what: str) -> _P:
    """The place, which the actor may keep. Raises `Unknown` (`webhook-unknown`, `mailbox-unknown`), `Refused`
    (`role-missing`): another party's is not there.
    """
    found = kind.find(change.tx, place)
    if found is None or not (by.party == found.party or by.is_host(change.policy.host)):
        raise Unknown(f"{kind.name}-unknown", f"there is no {kind.name} `{place}`", remedy=f"relto {kind.name} list")
    require_keeper(change, by, found.party, what)
    return found


def require_keeper(change: Change, by: Actor, party: str, what: str) -> None:
    """Returns where the actor may keep a party's places, and there is such a party.

    Raises `Refused` (`role-missing`, `party-not-yours`), `Unknown` (`party-unknown`).
    """
    host = change.policy.host
    if not may_keep(by, party, host):
        by.require("admin" if "admin" in by.roles else "officer", for_={party}, host=host, what=what)
    if party not in change.policy.parties:
        raise unknown_party(party)


def may_keep(by: Actor, party: str, host: str) -> bool:
    """Whether the actor may keep a party's places, at a node of party `host`."""
    return any(by.may(role, for_={party}, host=host) for role in KEEPERS)


def _looked_at(snap: Snapshot, by: Actor, party: str | None) -> list[str] | None:
    """The parties whose places the actor looks at; None: all."""
    if by.roles.isdisjoint(LOOKERS):
        by.require("officer", for_={by.party}, host=by.party, what="look at webhooks and mailboxes")
    of_all = by.party == snap.setting("party") and not LOOKS_INTO_ALL.isdisjoint(by.roles)
    if party is None:
        return None if of_all else [by.party]
    return [inbox_of(snap, by, party)]


def _replayed(tx: Transaction, target: str, since: int, *, at: int) -> int:
    """Lets the notices that failed since then wait anew; how many."""
    failed = tx.dispatches(target, state="failed", since=since, limit=REPLAYED_MAX)
    tx.put_dispatches([row.again(at=at) for row in failed])
    return len(failed)
