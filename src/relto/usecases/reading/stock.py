"""Stock: how much there is to read in each collection of an account, and what its party gave on each of the last days.

Nothing is counted that the account's own client could not read, so that a discreet pause looks like silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.moment import DAY_US, write
from relto.domain.stream import BEGINNING
from relto.usecases.counting import count
from relto.usecases.readers import last_date
from relto.usecases.reading.view import loaded_view, receives
from relto.usecases.repairing import owed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from relto.domain.stream import Place
    from relto.ports.store import AccountRow, Snapshot
    from relto.usecases.policy import Policy
    from relto.usecases.reading.values import Collection
    from relto.usecases.reading.view import View


@dataclass(frozen=True, slots=True)
class Stock:
    """A collection; `items`: that can be read in it now, every version counted; `last`: the date of the last of them,
    in microseconds; `days`: of a party's own collection, how many came on each of the last days (UTC), oldest first.
    """

    collection: Collection
    items: int
    last: int | None
    days: Sequence[tuple[str, int]] = ()


def stock(
    snap: Snapshot, policy: Policy, account: AccountRow, collections: Iterable[Collection], *, now: int, days: int
) -> Iterator[Stock]:
    """One for each of these collections that is still there for the account, by how things stand in `snap`."""
    for collection in collections:
        flow = next((each for each in policy.flows_to(account.party) if each.collection == collection.id), None)
        if not collection.own and (flow is None or not receives(policy, flow, account)):
            continue
        view = loaded_view(snap, policy, account, collection)
        end = view.stream.place_at(now, snap.seq_upto)
        items = _count(snap, view, BEGINNING, end)
        shown = [class_id for class_id in view.stream.classes if view.shown(class_id)]
        last = last_date(snap, view.stream, end, shown) if items else None
        yield Stock(collection, items, last, _days(snap, view, now, days) if collection.own else ())


def _days(snap: Snapshot, view: View, now: int, days: int) -> list[tuple[str, int]]:
    first = now // DAY_US - days + 1
    bounds = [(first + number) * DAY_US for number in range(days)]
    places = [view.stream.place_at(each - 1, snap.seq_upto) for each in bounds]
    places.append(view.stream.place_at(now, snap.seq_upto))
    return [
        (write(each)[:10], _count(snap, view, places[number], places[number + 1])) for number, each in enumerate(bounds)
    ]


def _count(snap: Snapshot, view: View, after: Place, upto: Place) -> int:
    return count(snap, owed(view.policy, view.stream, view.states, after=after, upto=upto, types=None))
