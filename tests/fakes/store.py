"""The store in memory, for tests: it keeps every promise of `relto.ports.store` but the power cut.

A write block works on a copy of the state (copies of the containers; what they hold never changes), which replaces
the state when the block ends well. A read block keeps the state that was there when it began. Everything is stated as
plainly as possible, counting one by one: the contract suite compares the real engines with this.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace

import msgspec
from tests.fakes.accounts import FakeAccountSnapshot, FakeAccountTransaction
from tests.fakes.acts import FakeActSnapshot, FakeActTransaction
from tests.fakes.batches import FakeBatchSnapshot, FakeBatchTransaction
from tests.fakes.idempotency import FakeIdempotencySnapshot, FakeIdempotencyTransaction
from tests.fakes.log import FakeLogSnapshot, FakeLogTransaction
from tests.fakes.notices import FakeNoticeSnapshot, FakeNoticeTransaction

from relto.domain.batch import Batch
from relto.domain.classes import Class
from relto.domain.dispatch import Dispatch
from relto.domain.errors import Conflict, Refused
from relto.domain.flow import ClassState
from relto.domain.mailbox import Mailbox
from relto.domain.notice import Acknowledgement, Notice
from relto.domain.ranges import Ranges
from relto.domain.reader import Track
from relto.domain.stream import Stream
from relto.domain.webhook import Webhook
from relto.ports.store import (
    AccountRow,
    ActRow,
    AgreementRow,
    Body,
    CheckpointRow,
    ClassRow,
    CosignatureRow,
    CredentialRow,
    EventRow,
    FlowRow,
    Head,
    IdempotencyRow,
    Known,
    LeafRow,
    LogHead,
    MarkRow,
    MemberRow,
    MoveRow,
    NewItem,
    OverrideRow,
    PartyRow,
    PauseRow,
    PollRow,
    Range,
    Record,
    RepairRow,
    SessionRow,
    StreamRow,
    TimestampRow,
    TrackRow,
)


@dataclass(slots=True)
class State:
    """Everything that is stored. The containers are copied for each write block, never what they hold."""

    head: Head = field(default_factory=Head)
    settings: dict[str, str] = field(default_factory=dict)
    parties: dict[str, PartyRow] = field(default_factory=dict)
    members: dict[tuple[str, str, int], MemberRow] = field(default_factory=dict)
    accounts: dict[str, AccountRow] = field(default_factory=dict)
    credentials: dict[int, CredentialRow] = field(default_factory=dict)
    sessions: dict[bytes, SessionRow] = field(default_factory=dict)
    agreements: dict[tuple[str, int], AgreementRow] = field(default_factory=dict)
    pauses: dict[tuple[int, int], PauseRow] = field(default_factory=dict)
    classes: dict[int, ClassRow] = field(default_factory=dict)
    interned: dict[Class, int] = field(default_factory=dict)
    items: dict[int, NewItem] = field(default_factory=dict)
    versions: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    takers: dict[int, str] = field(default_factory=dict)
    rivals: set[int] = field(default_factory=set)
    joins: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    flows: dict[int, FlowRow] = field(default_factory=dict)
    flow_states: dict[tuple[int, int], ClassState] = field(default_factory=dict)
    stream_rows: dict[int, StreamRow] = field(default_factory=dict)
    streams: dict[int, Stream] = field(default_factory=dict)
    readers: dict[tuple[int, str], int] = field(default_factory=dict)
    tracks: dict[tuple[int, str, str], Track] = field(default_factory=dict)
    polls: dict[tuple[int, str], PollRow] = field(default_factory=dict)
    repairs: dict[tuple[int, str, int], RepairRow] = field(default_factory=dict)
    marks: dict[tuple[int, str, int], MarkRow] = field(default_factory=dict)
    definitions: dict[tuple[str, str], bytes] = field(default_factory=dict)
    conflicts: set[tuple[str, str]] = field(default_factory=set)
    statuses: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    collections: dict[str, str] = field(default_factory=dict)
    acts: list[ActRow] = field(default_factory=list)
    overrides: list[OverrideRow] = field(default_factory=list)
    moves: list[MoveRow] = field(default_factory=list)
    inboxes: dict[str, int] = field(default_factory=dict)
    notices: dict[tuple[str, int], Notice] = field(default_factory=dict)
    acknowledgements: dict[tuple[str, int, str], Acknowledgement] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    dispatches: dict[tuple[str, int, str], Dispatch] = field(default_factory=dict)
    idempotency: dict[tuple[str, str], IdempotencyRow] = field(default_factory=dict)
    events: list[EventRow] = field(default_factory=list)
    log: LogHead = field(default_factory=LogHead)
    leaves: list[LeafRow] = field(default_factory=list)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    records: dict[int, bytes] = field(default_factory=dict)
    checkpoints: dict[int, CheckpointRow] = field(default_factory=dict)
    cosignatures: dict[tuple[int, str], CosignatureRow] = field(default_factory=dict)
    timestamps: dict[int, TimestampRow] = field(default_factory=dict)

    def copied(self) -> State:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return State(**{name: value if name in {"head", "log"} else value.copy() for name, value in values.items()})


class FakeSnapshot(
    FakeBatchSnapshot,
    FakeNoticeSnapshot,
    FakeAccountSnapshot,
    FakeActSnapshot,
    FakeIdempotencySnapshot,
    FakeLogSnapshot,
):
    """A `Snapshot` of one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def head(self) -> Head:
        return self._state.head

    def setting(self, name: str) -> str | None:
        return self._state.settings.get(name)

    def parties(self) -> list[PartyRow]:
        return [row for _, row in sorted(self._state.parties.items())]

    def members(self) -> list[MemberRow]:
        return [row for _, row in sorted(self._state.members.items())]

    def accounts(self) -> list[AccountRow]:
        return [row for _, row in sorted(self._state.accounts.items())]

    def account(self, name: str) -> AccountRow | None:
        return self._state.accounts.get(name)

    def agreements(self) -> list[AgreementRow]:
        newest = {name: row for (name, _), row in sorted(self._state.agreements.items())}
        return list(newest.values())

    def agreement_versions(self, agreement: str) -> list[AgreementRow]:
        return [row for (name, _), row in sorted(self._state.agreements.items()) if name == agreement]

    def pauses(self, *, lifted: bool = False) -> list[PauseRow]:
        newest = {number: row for (number, _), row in sorted(self._state.pauses.items())}
        return [row for row in newest.values() if lifted or row.state != "lifted"]

    def pause_versions(self, number: int | None = None) -> list[PauseRow]:
        return [row for (name, _), row in sorted(self._state.pauses.items()) if number in {None, name}]

    def classes(self, *, beyond: int = 0) -> list[ClassRow]:
        return [row for _, row in sorted(self._state.classes.items()) if row.id > beyond]

    def class_heads(self, *, beyond_seq: int) -> list[tuple[int, int, int]]:
        return [(row.id, row.last_seq, row.last_ord) for row in self.classes() if row.last_seq > beyond_seq]

    def flows(self) -> list[FlowRow]:
        return [row for _, row in sorted(self._state.flows.items())]

    def flow_states(self, flow: int) -> dict[int, ClassState]:
        return {class_id: state for (name, class_id), state in self._state.flow_states.items() if name == flow}

    def streams(self) -> list[StreamRow]:
        return [row for _, row in sorted(self._state.stream_rows.items())]

    def streams_whole(self, streams: Collection[int]) -> dict[int, Stream]:
        return {number: self._state.streams.get(number, Stream()) for number in streams}

    def readers(self) -> dict[tuple[int, str], int]:
        return dict(self._state.readers)

    def marks(self, flow: int) -> list[MarkRow]:
        return [row for _, row in sorted(self._state.marks.items()) if row.flow == flow]

    def track(self, flow: int, reader: str, way: str) -> Track | None:
        return self._state.tracks.get((flow, reader, way))

    def tracks(self, *, reader: str | None = None) -> list[TrackRow]:
        return [
            TrackRow(flow, name, way, track)
            for (flow, name, way), track in sorted(self._state.tracks.items(), key=lambda pair: pair[0])
            if reader in {None, name}
        ]

    def polls(self, *, readers: Collection[str] | None = None) -> list[PollRow]:
        found = [row for _, row in sorted(self._state.polls.items(), key=lambda pair: pair[0])]
        return [row for row in found if readers is None or row.reader in readers]

    def repairs(self, *, flow: int | None = None) -> list[RepairRow]:
        return [row for _, row in sorted(self._state.repairs.items()) if flow in {None, row.flow}]

    def scan(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        found = {(seq, class_id) for class_id, after, upto in ranges for seq in self._within(class_id, after, upto)}
        return sorted(found)[:limit]

    def scan_back(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        found = {(seq, class_id) for class_id, after, upto in ranges for seq in self._within(class_id, after, upto)}
        return sorted(found, reverse=True)[: max(limit, 0)]

    def bodies(self, seqs: Sequence[int]) -> list[Body]:
        return [
            Body(seq, item.class_id, item.raw, item.version_us, item.digest, self._rival_key(seq))
            for seq, item in self._found(seqs)
        ]

    def records(self, seqs: Sequence[int]) -> list[Record]:
        return [
            Record(
                seq,
                item.class_id,
                item.stix_id,
                item.version,
                item.version_us,
                item.digest,
                self._rival_key(seq),
                len(item.raw),
                item.key,
            )
            for seq, item in self._found(seqs)
        ]

    def bodies_between(self, after: int, upto: int) -> list[Body]:
        return self.bodies([seq for seq in self._state.items if after < seq <= upto])

    def records_between(self, after: int, upto: int) -> list[Record]:
        return self.records([seq for seq in self._state.items if after < seq <= upto])

    def known(self, keys: Iterable[bytes]) -> dict[bytes, list[Known]]:
        found = {}
        for key in set(keys):
            rows = [(seq, self._state.items[seq]) for seq in self._state.versions.get(key, ())]
            if rows:
                found[key] = sorted(
                    (Known(seq, item.class_id, item.version_us, item.version, item.digest) for seq, item in rows),
                    key=lambda row: row.version_us,
                )
        return found

    def joiners(self, keys: Iterable[bytes]) -> list[tuple[bytes, int]]:
        found = [(key, seq) for key in set(keys) for seq in self._state.joins.get(key, ())]
        return sorted(found, key=lambda row: (row[1], row[0]))

    def joined(self, seqs: Collection[int]) -> list[tuple[int, bytes]]:
        wanted = set(seqs)
        return sorted((seq, key) for key, all_ in self._state.joins.items() for seq in all_ if seq in wanted)

    def has_joins(self) -> bool:
        return bool(self._state.joins)

    def counts(self, ranges: Sequence[Range]) -> list[int]:
        return [len(self._within(*each)) for each in ranges]

    def trims(self, ranges: Sequence[Range]) -> list[tuple[int, int] | None]:
        found = [self._within(*each) for each in ranges]
        return [(seqs[0], seqs[-1]) if seqs else None for seqs in found]

    def definitions(self, originator: str) -> dict[str, bytes]:
        return {name: content for (party, name), content in self._state.definitions.items() if party == originator}

    def conflicting(self, originator: str) -> frozenset[str]:
        return frozenset(name for party, name in self._state.conflicts if party == originator)

    def status(self, status: str) -> tuple[str, int, str] | None:
        return self._state.statuses.get(status)

    def collection(self, party: str) -> str | None:
        return self._state.collections.get(party)

    def moves(self, *, since: int = 0, seqs: Collection[int] | None = None) -> list[MoveRow]:
        found = [row for row in self._state.moves if row.at > since and (seqs is None or row.seq in seqs)]
        return sorted(found, key=lambda row: (row.at, row.seq, row.source))

    def _within(self, class_id: int, after: int, upto: int) -> list[int]:
        return [seq for seq, item in self._state.items.items() if item.class_id == class_id and after < seq <= upto]

    def _found(self, seqs: Sequence[int]) -> list[tuple[int, NewItem]]:
        return [(seq, self._state.items[seq]) for seq in sorted(set(seqs)) if seq in self._state.items]

    def _rival_key(self, seq: int) -> bytes | None:
        return self._state.items[seq].key if seq in self._state.rivals else None


class FakeTransaction(
    FakeNoticeTransaction,
    FakeSnapshot,
    FakeBatchTransaction,
    FakeAccountTransaction,
    FakeActTransaction,
    FakeIdempotencyTransaction,
    FakeLogTransaction,
):
    """A `Transaction` on a state of its own. `failure`: what was refused half-way."""

    failure: Conflict | None = None

    def put_head(self, head: Head) -> None:
        self._state.head = head

    def put_setting(self, name: str, value: str) -> None:
        self._state.settings[name] = value

    def put_party(self, row: PartyRow) -> None:
        self._state.parties[row.code] = row

    def put_member(self, row: MemberRow) -> None:
        self._state.members[row.group, row.member, row.since] = row

    def put_account(self, row: AccountRow) -> None:
        self._state.accounts[row.name] = row

    def put_agreement(self, row: AgreementRow) -> None:
        self._state.agreements[row.id, row.version] = row

    def put_pause(self, row: PauseRow) -> None:
        self._state.pauses[row.number, row.version] = row

    def put_class(self, value: Class, *, irregular: bool = False) -> ClassRow:
        if value not in self._state.interned:
            row = ClassRow(len(self._state.classes) + 1, value, irregular=irregular)
            self._state.interned[value] = row.id
            self._state.classes[row.id] = row
        return self._state.classes[self._state.interned[value]]

    def add_flow(self, agreement: str, party: str, collection: str) -> FlowRow:
        number = len(self._state.flows) + 1
        main = self.add_streams(number, 1, version=self._state.head.policy_version)[0]
        row = FlowRow(number, agreement, party, collection, main.id)
        self._state.flows[number] = row
        return row

    def put_flow(self, row: FlowRow) -> None:
        self._state.flows[row.id] = row

    def put_flow_states(self, flow: int, states: Mapping[int, ClassState]) -> None:
        self._state.flow_states.update({(flow, class_id): state for class_id, state in states.items()})

    def add_streams(self, flow: int, count: int, *, version: int) -> list[StreamRow]:
        first = len(self._state.stream_rows) + 1
        rows = [StreamRow(number, flow, version) for number in range(first, first + count)]
        self._state.stream_rows |= {row.id: row for row in rows}
        self._state.streams |= {row.id: Stream() for row in rows}
        return rows

    def put_streams(self, changes: Sequence[tuple[StreamRow, Stream, Stream]]) -> None:
        for row, old, new in changes:
            assert _without_empty(old) == self._state.streams[row.id], "the stream was not read in this block"
            self._state.stream_rows[row.id] = row
            self._state.streams[row.id] = _without_empty(new)

    def put_readers(self, flow: int, streams: Mapping[str, int]) -> None:
        self._state.readers |= {(flow, account): stream for account, stream in streams.items()}

    def put_mark(self, row: MarkRow) -> None:
        name = (row.flow, row.reader, row.version)
        if name not in self._state.marks or row.place < self._state.marks[name].place:
            self._state.marks[name] = row

    def drop_marks(self, flow: int) -> None:
        self._state.marks = {name: row for name, row in self._state.marks.items() if row.flow != flow}

    def put_track(self, row: TrackRow) -> None:
        self._state.tracks[row.flow, row.reader, row.way] = row.track

    def put_polls(self, rows: Sequence[PollRow]) -> None:
        self._state.polls |= {(row.flow, row.reader): row for row in rows}

    def add_repair(self, row: RepairRow) -> None:
        assert (row.flow, row.reader, row.epoch) not in self._state.repairs
        self._state.repairs[row.flow, row.reader, row.epoch] = row

    def drop_repairs(self, flow: int, reader: str, *, first: int, last: int) -> None:
        gone = [name for name in self._state.repairs if name[:2] == (flow, reader) and first <= name[2] <= last]
        for name in gone:
            del self._state.repairs[name]

    def append(self, items: Sequence[NewItem], batch: Batch, *, originator: str, by: str) -> None:
        state = self._state
        assert len(items) == batch.last - batch.first + 1, "a batch has as many numbers as items"
        assert batch.first > state.head.last_seq, "numbers only grow"
        for seq, item in enumerate(items, batch.first):
            mine = state.versions.get(item.key, ())
            if any(state.items[other].version_us == item.version_us for other in mine):
                self.failure = Conflict("version-stored", "this version of the object is stored already")
                raise self.failure
            row = state.classes[item.class_id]
            assert not row.irregular, "an irregular class is filled by moves"
            state.items[seq] = item
            state.classes[row.id] = replace(row, last_seq=seq, last_ord=row.last_ord + 1)
            state.versions[item.key] = (*mine, seq)
            for key in set(item.joins):
                state.joins[key] = (*state.joins.get(key, ()), seq)
        for item in items:
            if item.rival:
                state.rivals.update(state.versions[item.key])
        state.batches.append(batch)
        state.takers[batch.first] = by
        state.head = replace(state.head, last_seq=batch.last, last_given=batch.end)

    def move(self, seqs: Sequence[int], target: int, *, at: int) -> None:
        state = self._state
        assert state.classes[target].irregular, "items move to irregular classes only"
        for seq in sorted(set(seqs)):
            if seq in state.items and state.items[seq].class_id != target:
                state.moves.append(MoveRow(seq, at, state.items[seq].class_id, target))
                state.items[seq] = msgspec.structs.replace(state.items[seq], class_id=target)
                row = state.classes[target]
                state.classes[target] = replace(row, last_seq=max(row.last_seq, seq), last_ord=row.last_ord + 1)

    def purge(self, ranges: Sequence[Range], *, act: int) -> int:
        count = 0
        for name, after, upto in ranges:
            for seq, item in list(self._state.items.items()):
                if item.class_id == name and after < seq <= upto and item.raw:
                    self._state.items[seq] = msgspec.structs.replace(item, raw=b"")
                    count += 1
        return count

    def put_definition(self, originator: str, definition: str, content: bytes) -> None:
        if self._state.definitions.setdefault((originator, definition), content) != content:
            self._state.conflicts.add((originator, definition))

    def put_status(self, status: str, account: str, at: int, value: str) -> None:
        self._state.statuses[status] = (account, at, value)

    def put_collection(self, party: str, collection: str) -> None:
        self._state.collections[party] = collection


class FakeStore:
    """A `Store` for one process. `timeout_seconds` bounds the wait for a write block's turn."""

    def __init__(self, *, timeout_seconds: float = 30) -> None:
        self._state = State()
        self._turn = threading.Lock()
        self._timeout_seconds = timeout_seconds

    def head(self) -> Head:
        return self._state.head

    @contextmanager
    def read(self) -> Iterator[FakeSnapshot]:
        yield FakeSnapshot(self._state)

    @contextmanager
    def write(self) -> Iterator[FakeTransaction]:
        if not self._turn.acquire(timeout=self._timeout_seconds):
            raise Refused("database-locked", "another write keeps the database locked")
        try:
            state = self._state.copied()
            transaction = FakeTransaction(state)
            yield transaction
            if transaction.failure is not None:
                raise transaction.failure
            self._state = state
        finally:
            self._turn.release()

    def close(self) -> None:
        pass


def _without_empty(stream: Stream) -> Stream:
    """What a database gives back: it stores ranges, so a class with none is not there."""
    live: dict[int, Ranges] = {name: ranges for name, ranges in stream.live.items() if ranges}
    backlog = {
        number: kept
        for number, spans in stream.backlog.items()
        if (kept := {name: ranges for name, ranges in spans.items() if ranges})
    }
    return Stream(stream.epochs, live, backlog)
