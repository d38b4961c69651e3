"""The store: items, and everything that decides who receives them, in one database.

Promises, kept by every adapter and by the fake, and checked by one contract suite:

- **Durable.** When `Store.write`'s block has ended without an exception, its work survives a power cut. If it raises,
  nothing of the block is there; where the engine cannot tell (the connection broke during the commit), it raises
  `Unreachable` and the caller must look.
- **Serial.** At most one write block runs per database at any moment, in whichever process. Later blocks see all of
  earlier ones, so a `seq` becomes visible in order.
- **Whole.** A read block sees one moment of the database, from its first question to its last.
- **Small.** No call reads more rows than its arguments or its answer ask for; counting is ranks, never counting rows
  (but for irregular classes).

Moments are microseconds since 1970; ranges are half-open `after < seq <= upto`, with `OPEN` for no bound.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relto.domain.batch import Batch
    from relto.domain.classes import Class
    from relto.domain.facts import Facts
    from relto.domain.flow import ClassState
    from relto.domain.reader import Track
    from relto.domain.stream import Place, Stream

Range = tuple[int, int, int]
"""(class, after, upto)"""


@dataclass(frozen=True, slots=True)
class Head:
    """The one row that every read looks at first: cheap to read, always current.

    `policy_version` grows by one with every write that changes what anyone may read, `accounts_version` with every
    change of an account. `last_seq` and `last_given`: the last item's number and moment (0 before the first).
    `next_due`: the earliest moment at which a scheduled act falls due, or None. `clock_offset`: added to the machine's
    clock (a demonstration's stands in the past; others have 0). `clock_seen`: the latest moment of the
    node's clock that anyone recorded.
    """

    policy_version: int = 0
    accounts_version: int = 0
    last_seq: int = 0
    last_given: int = 0
    next_due: int | None = None
    clock_offset: int = 0
    clock_seen: int = 0


@dataclass(frozen=True, slots=True)
class ClassRow:
    """An interned class. `last_seq` and `last_ord`: its last item and how many it ever had; `irregular`: filled by
    moves,
    its items have no `ord`.
    """

    id: int
    value: Class
    last_seq: int = 0
    last_ord: int = 0
    irregular: bool = False


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account: who reads or acts, for which party. `secret` is the stored form of its password or empty;
    `token_digest` the SHA-256 of its token in hex or empty. `settings` are its reader's switches.
    """

    name: str
    party: str
    roles: tuple[str, ...]
    secret: str = ""
    token_digest: str = ""
    revoked: bool = False
    made_at: int = 0
    settings: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party as stored; the meaning is `domain/party.py`'s. `ceiling` is a level's name or empty."""

    code: str
    name: str
    kind: str
    ceiling: str = ""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """`member` belongs to `group` from `since` until before `until` (None: still)."""

    group: str
    member: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """One version of an agreement. `canonical` is its canonical JSON, `source` the file as it was given."""

    id: str
    version: int
    canonical: str
    source: str
    made_at: int
    made_by: str
    ended_at: int | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PauseRow:
    """A pause. `value` is its JSON (`domain/pause.py`); `state`: scheduled, running or lifted."""

    number: int
    value: str
    state: str


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A recipient of an agreement. `collection` is the UUID of its TAXII collection, drawn once. `main` is the stream
    of readers who have none of their own. `changed_seq`: the `seq` of its last policy change. `member`: whether the
    party
    receives (False while it is out of a group, or after it was left out of the agreement).
    """

    id: int
    agreement: str
    party: str
    collection: str
    main: int
    changed_seq: int = 0
    member: bool = True


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A stream of a flow; `version` is the policy version that last changed it."""

    id: int
    flow: int
    version: int


@dataclass(frozen=True, slots=True)
class MarkRow:
    """The lowest place from which `reader` read `flow` during policy version `version`, while something was hidden."""

    flow: int
    reader: str
    version: int
    place: Place


@dataclass(frozen=True, slots=True)
class TrackRow:
    """The track of `reader` in `flow`, asked in one way (`domain/reader.py`)."""

    flow: int
    reader: str
    way: str
    track: Track


@dataclass(frozen=True, slots=True)
class RepairRow:
    """`items` were given to `reader` again as the backlog of `epoch` of its stream, at the moment `at`.

    `by`: None where the server found by itself that they were owed, else who asked for it. `since`: the first
    moment that it may concern.
    """

    flow: int
    reader: str
    epoch: int
    at: int
    items: int
    since: int
    by: str | None = None


@dataclass(frozen=True, slots=True)
class PollRow:
    """What is known of a reader's client in one flow."""

    flow: int
    reader: str
    facts: Facts


class NewItem(msgspec.Struct, frozen=True, gc=False):
    """An item to store. `key` is 16 bytes that stand for (originator, STIX id); `joins` the same for what it joins."""

    class_id: int
    key: bytes
    version_us: int
    stix_id: str
    version: str
    digest: bytes
    raw: bytes
    joins: tuple[bytes, ...] = ()
    rival: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """One stored version of an object."""

    seq: int
    class_id: int
    version_us: int
    version: str
    digest: bytes


class Body(msgspec.Struct, frozen=True, gc=False):
    """An item for an envelope. `rival_key` is its object's key where the object has more than one version, else
    None.
    """

    seq: int
    class_id: int
    raw: bytes
    version_us: int
    digest: bytes
    rival_key: bytes | None


class Record(msgspec.Struct, frozen=True, gc=False):
    """An item for a manifest: as `Body`, with id and version in place of the bytes."""

    seq: int
    class_id: int
    stix_id: str
    version: str
    version_us: int
    digest: bytes
    rival_key: bytes | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One page that was given out: of which stream, to whom, when, decided at which policy version, from which place to
    which, how many items, and SHA-256 over their digests in order.
    """

    stream: int
    reader: str
    at: int
    policy_version: int
    first: Place
    last: Place
    count: int
    digest: bytes
    endpoint: str


@dataclass(frozen=True, slots=True)
class ActRow:
    """Something that somebody did, for the record. `value` is JSON; `number` counts from 1 in the order of commits."""

    number: int
    kind: str
    at: int
    by: str
    value: str


class Snapshot(Protocol):
    """One moment of the database."""

    def head(self) -> Head:
        """The head at this moment."""
        ...

    def setting(self, name: str) -> str | None:
        """A node-wide value kept in the database (`topics`, `party`, …)."""
        ...

    def parties(self) -> list[PartyRow]:
        """All parties, by code."""
        ...

    def members(self) -> list[MemberRow]:
        """All memberships that ever were, by group, member and `since`."""
        ...

    def accounts(self) -> list[AccountRow]:
        """All accounts, by name."""
        ...

    def agreements(self) -> list[AgreementRow]:
        """The newest version of each agreement, by id."""
        ...

    def agreement_versions(self, agreement: str) -> list[AgreementRow]:
        """All versions of one agreement, oldest first."""
        ...

    def pauses(self, *, lifted: bool = False) -> list[PauseRow]:
        """Pauses that are scheduled or running, with `lifted` all that ever were; by number."""
        ...

    def classes(self, *, beyond: int = 0) -> list[ClassRow]:
        """Classes whose id is above `beyond`, by id."""
        ...

    def class_heads(self, *, beyond_seq: int) -> list[tuple[int, int, int]]:
        """(class, last_seq, last_ord) of the classes that got an item beyond that `seq`."""
        ...

    def flows(self) -> list[FlowRow]:
        """All flows, by id."""
        ...

    def flow_states(self, flow: int) -> dict[int, ClassState]:
        """The state of each class of the flow; classes that were never told are not there."""
        ...

    def streams(self) -> list[StreamRow]:
        """All streams, by id."""
        ...

    def stream(self, stream: int) -> Stream:
        """Its epochs and spans."""
        ...

    def readers(self) -> dict[tuple[int, str], int]:
        """(flow, account) → the stream of a reader that has one of its own."""
        ...

    def marks(self, flow: int) -> list[MarkRow]:
        """All marks of the flow."""
        ...

    def track(self, flow: int, reader: str, way: str) -> Track | None:
        """One track, or None where the reader never asked in that way."""
        ...

    def tracks(self, *, reader: str | None = None) -> list[TrackRow]:
        """All tracks, of one reader if one is named, by flow, reader and way."""
        ...

    def repairs(self, *, flow: int | None = None) -> list[RepairRow]:
        """What was given again and is not folded yet, of one flow if one is named, by flow, reader and epoch."""
        ...

    def polls(self) -> list[PollRow]:
        """What is known of all readers' clients, by flow and reader."""
        ...

    def scan(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        """The first `limit` (seq, class) of the items in any of the ranges, in the order of `seq`. Ranges of one
        class do
        not overlap. Costs one look into the index for each range and item found.
        """
        ...

    def bodies(self, seqs: Sequence[int]) -> list[Body]:
        """The items with these numbers, in the order of `seq`; numbers that are not there are left out."""
        ...

    def records(self, seqs: Sequence[int]) -> list[Record]:
        """As `bodies`, for a manifest."""
        ...

    def bodies_between(self, after: int, upto: int) -> list[Body]:
        """All items with `after < seq <= upto`, whatever their class, in the order of `seq`: a stretch of the table."""
        ...

    def records_between(self, after: int, upto: int) -> list[Record]:
        """As `bodies_between`, for a manifest."""
        ...

    def known(self, keys: Iterable[bytes]) -> dict[bytes, list[Known]]:
        """All stored versions of the objects with these keys, by `version_us`; keys without any are left out."""
        ...

    def joiners(self, keys: Iterable[bytes]) -> list[tuple[bytes, int]]:
        """(key, seq) of the items that join the objects with these keys, by `seq`."""
        ...

    def has_joins(self) -> bool:
        """Whether any item joins anything."""
        ...

    def batch_of(self, seq: int) -> Batch | None:
        """The batch that holds the item."""
        ...

    def batches(self, seqs: Sequence[int]) -> list[Batch]:
        """The batches that hold these items, by `first`, each once."""
        ...

    def seq_upto(self, moment: int) -> int:
        """The last `seq` that was added at or before `moment`; 0 if none was."""
        ...

    def counts(self, ranges: Sequence[Range]) -> list[int]:
        """How many items there are in each range, exactly."""
        ...

    def trims(self, ranges: Sequence[Range]) -> list[tuple[int, int] | None]:
        """For each range the `seq` of its first and of its last item, or None where it has none."""
        ...

    def definitions(self, originator: str) -> dict[str, bytes]:
        """The marking definitions that the originator has carried: id → the object as first carried (compact JSON)."""
        ...

    def conflicting(self, originator: str) -> frozenset[str]:
        """Ids of marking definitions that the originator carried again with other content."""
        ...

    def status(self, status: str) -> tuple[str, int, str] | None:
        """(account, at, JSON) of a TAXII status resource."""
        ...

    def collection(self, party: str) -> str | None:
        """The UUID of the party's own collection, where one was drawn."""
        ...

    def acts(self, *, kind: str | None = None, limit: int = 1000) -> list[ActRow]:
        """The last acts, newest first."""
        ...

    def deliveries(self, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Delivery]]:
        """(number, delivery) beyond number `after`, oldest first."""
        ...


class Transaction(Snapshot, Protocol):
    """A write block: sees what it has written; all of it becomes durable when the block ends, or nothing."""

    def put_head(self, head: Head) -> None:
        """Replaces the head."""
        ...

    def put_setting(self, name: str, value: str) -> None:
        """Sets a node-wide value."""
        ...

    def put_party(self, row: PartyRow) -> None:
        """Adds or replaces a party."""
        ...

    def put_member(self, row: MemberRow) -> None:
        """Adds a membership, or replaces the one with the same group, member and `since`."""
        ...

    def put_account(self, row: AccountRow) -> None:
        """Adds or replaces an account."""
        ...

    def put_agreement(self, row: AgreementRow) -> None:
        """Adds a version, or replaces one (when it ends)."""
        ...

    def put_pause(self, row: PauseRow) -> None:
        """Adds or replaces a pause."""
        ...

    def put_class(self, value: Class, *, irregular: bool = False) -> ClassRow:
        """Interns a class: the one that is there, or a new one with the next id."""
        ...

    def add_flow(self, agreement: str, party: str, collection: str) -> FlowRow:
        """A new flow with a new, empty main stream."""
        ...

    def put_flow(self, row: FlowRow) -> None:
        """Replaces a flow's row."""
        ...

    def put_flow_states(self, flow: int, states: Mapping[int, ClassState]) -> None:
        """Adds or replaces the states of these classes."""
        ...

    def add_stream(self, flow: int, stream: Stream, *, version: int) -> StreamRow:
        """A new stream with all of its epochs and spans."""
        ...

    def put_stream(self, row: StreamRow, *, old: Stream, new: Stream) -> None:
        """Makes stored stream `old` into `new`, writing only what differs, and sets its version to `row.version`."""
        ...

    def put_reader(self, flow: int, account: str, stream: int) -> None:
        """Gives the reader this stream."""
        ...

    def put_mark(self, row: MarkRow) -> None:
        """Records a mark; where one for (flow, reader, version) is there, the lower place stays."""
        ...

    def drop_marks(self, flow: int) -> None:
        """Forgets the flow's marks."""
        ...

    def put_track(self, row: TrackRow) -> None:
        """Adds or replaces a track."""
        ...

    def add_repair(self, row: RepairRow) -> None:
        """Adds what was given again."""
        ...

    def put_poll(self, row: PollRow) -> None:
        """Adds or replaces what is known of a reader's client."""
        ...

    def drop_repairs(self, flow: int, reader: str, *, upto: int) -> None:
        """Forgets what was given again in epochs up to this one: they were folded."""
        ...

    def append(self, items: Sequence[NewItem], batch: Batch, *, originator: str, by: str) -> None:
        """Stores items under the consecutive numbers of `batch`, with their `ord`, keys and joins; moves the heads of
        their classes and the head's `last_seq` and `last_given`. Where `NewItem.rival` is set, all stored versions of
        that
        object and this one become rivals.
        """
        ...

    def shift_batch(self, batch: Batch) -> None:
        """Replaces the moments of the batch that was just appended (same `first`), and the head's `last_given`."""
        ...

    def move(self, seqs: Sequence[int], target: int) -> None:
        """Moves items to the irregular class `target`; counts of the classes that they leave stay exact."""
        ...

    def put_definition(self, originator: str, definition: str, content: bytes) -> None:
        """Keeps a marking definition as first carried; with other content than the stored, its id becomes
        conflicting.
        """
        ...

    def put_status(self, status: str, account: str, at: int, value: str) -> None:
        """Keeps a TAXII status resource."""
        ...

    def put_collection(self, party: str, collection: str) -> None:
        """Keeps the UUID of a party's own collection."""
        ...

    def add_act(self, kind: str, at: int, by: str, value: str) -> int:
        """Records an act; its number."""
        ...

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Records deliveries."""
        ...


class Store(Protocol):
    """A database. Safe to use from several threads and processes."""

    def head(self) -> Head:
        """The head, now: the one question that every request asks; microseconds where the database is embedded."""
        ...

    def read(self) -> AbstractContextManager[Snapshot]:
        """A read block."""
        ...

    def write(self) -> AbstractContextManager[Transaction]:
        """A write block. Waits for its turn, at most the configured time (then `Refused`, code `database-locked`)."""
        ...

    def close(self) -> None:
        """Gives back what it holds; the store is not used afterwards."""
        ...
