"""Readers: what is known of each reader's client, where it stands in its stream, and what it was given again.

One entry for each reader and agreement. Where a reader stands is told for each way in which it asks (an endpoint with
its filters), since each has a place of its own (`domain/reader.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.errors import Refused, Unknown
from relto.domain.ranges import Ranges
from relto.domain.reader import filters_of
from relto.domain.stream import BEGINNING, LIVE, Place
from relto.usecases.counting import counted
from relto.usecases.repairing import is_repaired, owed
from relto.usecases.sequencing import carry_out_due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from relto.domain.facts import Facts
    from relto.domain.reader import Track
    from relto.domain.stream import Stream
    from relto.ports.node import Node
    from relto.ports.store import AccountRow, FlowRow, RepairRow, Snapshot
    from relto.usecases.policy import Policy, PolicyDesk

REPAIRS_SHOWN = 16
"""So many of the latest repairs are listed; `repairs` and `repaired_items` of each way count all of them."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Where a reader stands that asks in one way: `way` names endpoint and filters (`objects?type=indicator`).

    `place` is the `date_added` of the last item up to which it was served everything; None: of nothing yet. `items`:
    how many it may read now and stand beyond that, every version counted, exactly, less what only moved there for
    having been given again in another way of asking; `behind_us`: how old the date of the first of them is, in
    microseconds, None where there are none.

    `repairs` and `repaired_items` count what the server gave again by itself, `broken` the walks that had no end.
    `is_walking`: a walk is open.
    """

    way: str
    place: int | None
    items: int
    behind_us: int | None
    repairs: int
    repaired_items: int
    broken: int
    is_walking: bool


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """One reader under one agreement. `facts`: what is known of its client, None where it never asked.

    `collection` is the id of its TAXII collection. `given_again`: the latest repairs and redeliveries, newest first,
    those left out that were folded since. `repair` and `empty_list` are the reader's switches.
    """

    account: str
    party: str
    agreement: str
    collection: str
    revoked: bool
    repair: bool
    empty_list: bool
    facts: Facts | None
    standpoints: Sequence[Standpoint]
    given_again: Sequence[RepairRow]

    @property
    def repairs(self) -> int:
        """How often the server found by itself that something was owed, in any way of asking."""
        return sum(each.repairs for each in self.standpoints)

    @property
    def repaired_items(self) -> int:
        """How many items those repairs gave again."""
        return sum(each.repaired_items for each in self.standpoints)


def list_readers(node: Node, desk: PolicyDesk, *, seen: Callable[[str], bool] = lambda _: True) -> list[ReaderStatus]:
    """All readers whose account is not revoked, by account and agreement. `seen`: whether an agreement counts."""
    return _statuses(node, desk, None, seen)


def show_reader(node: Node, desk: PolicyDesk, account: str) -> list[ReaderStatus]:
    """One reader, by agreement; none where nobody shares anything with its party.

    Raises `Unknown` `account-unknown`; `Refused` `account-reads-nothing` where the account is no reader's.
    """
    return _statuses(node, desk, account, lambda _: True)


def _statuses(node: Node, desk: PolicyDesk, account: str | None, seen: Callable[[str], bool]) -> list[ReaderStatus]:
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        accounts = _readers(snap.accounts(), account)
        policy = desk.current(snap, snap.head().policy_version)
        now = node.now(snap.head())
        only = None if account is None else [account]
        polls = {(row.flow, row.reader): row.facts for row in snap.polls(readers=only)}
        tracks: dict[tuple[int, str], list[tuple[str, Track]]] = {}
        for row in snap.tracks(reader=account):
            tracks.setdefault((row.flow, row.reader), []).append((row.way, row.track))
        repairs: dict[tuple[int, str], list[RepairRow]] = {}
        for each in snap.repairs():
            repairs.setdefault((each.flow, each.reader), []).append(each)
        found = []
        for reader in accounts:
            for flow in (flow for flow in _flows(policy, reader) if seen(flow.agreement)):
                key = (flow.id, reader.name)
                found.append(
                    ReaderStatus(
                        reader.name,
                        reader.party,
                        flow.agreement,
                        flow.collection,
                        reader.revoked,
                        is_repaired(reader),
                        reader.settings.get("empty_list", False),
                        polls.get(key),
                        [_standpoint(snap, policy, flow, reader, *pair, now) for pair in tracks.get(key, ())],
                        sorted(repairs.get(key, ()), key=lambda row: row.at, reverse=True)[:REPAIRS_SHOWN],
                    )
                )
        return found


def _readers(rows: Sequence[AccountRow], account: str | None) -> list[AccountRow]:
    if account is None:
        return [row for row in rows if "reader" in row.roles and not row.revoked]
    row = next((each for each in rows if each.name == account), None)
    if row is None:
        raise Unknown("account-unknown", f"there is no account `{account}`", remedy="relto account list")
    if "reader" not in row.roles:
        raise Refused("account-reads-nothing", f"account `{account}` is no reader's", remedy="relto account list")
    return [row]


def _flows(policy: Policy, reader: AccountRow) -> list[FlowRow]:
    flows = sorted(policy.flows_to(reader.party), key=lambda flow: flow.agreement)
    return [flow for flow in flows if flow.member and not policy.standings[flow.agreement].row.closed]


def _standpoint(
    snap: Snapshot, policy: Policy, flow: FlowRow, reader: AccountRow, way: str, track: Track, now: int
) -> Standpoint:
    stream = policy.stream(snap, policy.stream_of(flow, reader.name))
    states = policy.states_of(snap, flow.id)
    horizon = stream.place_at(now, snap.seq_upto)
    types, spec_versions = filters_of(way)
    waiting = {}
    if spec_versions is None or "2.1" in spec_versions:
        waiting = owed(policy, stream, states, after=track.place, upto=horizon, types=types, had=track.had)
    items = sum(counted(snap, waiting).values())
    first = _first_between(snap, stream, track.place, horizon, waiting) if items else None
    # A filter does not count here: whatever else stood before the last item was not owed, and has passed as well.
    place = last_date(snap, stream, min(track.place, horizon), stream.classes)
    return Standpoint(
        way,
        place,
        items,
        None if first is None else now - _date(snap, stream, first),
        track.repairs,
        track.repaired_items,
        track.broken,
        track.walk is not None,
    )


def _first_between(
    snap: Snapshot, stream: Stream, after: Place, upto: Place, waiting: Mapping[int, Ranges]
) -> Place | None:
    for segment in stream.segments(after, upto, waiting):
        asked = [(name, *pair) for name, low, high in segment.ranges for pair in Ranges.of((low, high)) & waiting[name]]
        ends = [each for each in snap.trims(asked) if each is not None]
        if ends:
            return Place(segment.epoch, segment.part, min(first for first, _ in ends))
    return None


def last_date(snap: Snapshot, stream: Stream, upto: Place, classes: Iterable[int]) -> int | None:
    """The date of the last item of these classes up to a place; None where there is none."""
    for segment in reversed(list(stream.segments(BEGINNING, stream.settled(upto), classes))):
        ends = [each for each in snap.trims(segment.ranges) if each is not None]
        if ends:
            return _date(snap, stream, Place(segment.epoch, segment.part, max(last for _, last in ends)))
    return None


def _date(snap: Snapshot, stream: Stream, place: Place) -> int:
    batch = snap.batch_of(place.seq) if place.part == LIVE else None
    return stream.date(place, 0 if batch is None else batch.added_at(place.seq))
