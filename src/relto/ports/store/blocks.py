"""Blocks: what a caller may ask of a database inside a read block and a write block, and how it gets one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from relto.ports.store.accounts import AccountSnapshot, AccountTransaction
from relto.ports.store.log import LogSnapshot, LogTransaction
from relto.ports.store.notices import NoticeSnapshot, NoticeTransaction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from relto.domain.batch import Batch
    from relto.domain.classes import Class
    from relto.domain.flow import ClassState
    from relto.domain.reader import Track
    from relto.domain.stream import Stream
    from relto.ports.store.rows import (
        AccountRow,
        ActRow,
        AgreementRow,
        Body,
        ClassRow,
        EventRow,
        FlowRow,
        Head,
        IdempotencyRow,
        Known,
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
        StreamRow,
        TrackRow,
    )


class Snapshot(AccountSnapshot, NoticeSnapshot, LogSnapshot, Protocol):
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

    def account(self, name: str) -> AccountRow | None:
        """The account of this name, which may be any text."""
        ...

    def agreements(self) -> list[AgreementRow]:
        """The newest version of each agreement, by id."""
        ...

    def agreement_versions(self, agreement: str) -> list[AgreementRow]:
        """All versions of one agreement, oldest first."""
        ...

    def pauses(self, *, lifted: bool = False) -> list[PauseRow]:
        """The newest version of each pause that is scheduled or running, with `lifted` of all that ever were; by
        number.
        """
        ...

    def pause_versions(self, number: int | None = None) -> list[PauseRow]:
        """All versions of one pause, or of all, by number and version."""
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

    def streams_whole(self, streams: Collection[int]) -> dict[int, Stream]:
        """These streams by id, with their epochs and spans; one that is not there is empty."""
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

    def polls(self, *, readers: Collection[str] | None = None) -> list[PollRow]:
        """What is known of readers' clients, of these readers if any are named, by flow and reader."""
        ...

    def scan(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        """The first `limit` (seq, class) of the items in any of the ranges, in the order of `seq`. Ranges of one
        class do
        not overlap. Costs one look into the index for each range and item found.
        """
        ...

    def scan_back(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        """As `scan`, from the end: the last `limit` of them, by falling `seq`."""
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

    def joined(self, seqs: Collection[int]) -> list[tuple[int, bytes]]:
        """(seq, key) of the objects that these items join. Looks through all that join anything: it is dear."""
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

    def taken_by(self, firsts: Collection[int]) -> dict[int, str]:
        """By the first item of a batch, the account that took the batch in; for these batches."""
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

    def acts(self, *, kind: str | None = None, before: int | None = None, limit: int = 1000) -> list[ActRow]:
        """The last acts, newest first; those whose number is below `before` where that is given."""
        ...

    def act(self, number: int) -> ActRow | None:
        """The act of that number."""
        ...

    def acts_open(self) -> list[ActRow]:
        """Acts that are proposed or scheduled, oldest first."""
        ...

    def acts_done(self, kinds: Collection[str]) -> list[ActRow]:
        """Acts of these kinds that were carried out, in the order in which they were."""
        ...

    def acts_at(self, moment: int) -> list[ActRow]:
        """Acts that were carried out at this moment (`done_at`), in the order in which they were."""
        ...

    def overrides(self, *, seqs: Collection[int] | None = None, verb: str | None = None) -> list[OverrideRow]:
        """What was decided item by item, about these items and with this verb where they are given; oldest first."""
        ...

    def moves(self, *, since: int = 0, seqs: Collection[int] | None = None) -> list[MoveRow]:
        """Moves of items from class to class after the moment `since`, of these items where any are given; in order."""
        ...

    def idempotency(self, account: str, key: str) -> IdempotencyRow | None:
        """What an account asked for under this key."""
        ...

    def idempotency_keys(self, account: str) -> int:
        """How many keys of the account are kept."""
        ...

    def events(self, *, after: int, limit: int = 1000) -> list[EventRow]:
        """Events beyond number `after`, oldest first."""
        ...

    def last_event(self) -> int:
        """The number of the last event; 0 where there is none."""
        ...


class Transaction(Snapshot, AccountTransaction, NoticeTransaction, LogTransaction, Protocol):
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
        """Adds a version of a pause, or replaces one."""
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

    def add_streams(self, flow: int, count: int, *, version: int) -> list[StreamRow]:
        """So many new streams of the flow, with nothing in them."""
        ...

    def put_streams(self, changes: Sequence[tuple[StreamRow, Stream, Stream]]) -> None:
        """Makes each stored stream, (row, old, new), into its `new`, writing only what differs, and sets its version to
        `row.version`. Takes as many journeys to the database for a hundred streams as for one.
        """
        ...

    def put_readers(self, flow: int, streams: Mapping[str, int]) -> None:
        """Gives each of these readers (account → stream) the stream."""
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

    def put_polls(self, rows: Sequence[PollRow]) -> None:
        """Adds or replaces what is known of readers' clients."""
        ...

    def drop_repairs(self, flow: int, reader: str, *, first: int, last: int) -> None:
        """Forgets what was given again in these epochs, and in those between them: they were folded."""
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

    def move(self, seqs: Sequence[int], target: int, *, at: int) -> None:
        """Moves items to the irregular class `target`, and keeps that they were moved at the moment `at`; counts of the
        classes that they leave stay exact.
        """
        ...

    def purge(self, ranges: Sequence[Range], *, act: int) -> int:
        """Takes the content of the items in these ranges away, for good, by this act; how many had any."""
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

    def add_act(self, row: ActRow) -> int:
        """Records an act under the next number, whatever number the row has; that number. One that was carried out gets
        the next `done`.
        """
        ...

    def put_act(self, row: ActRow) -> None:
        """Replaces an act that was open; one that was carried out by now gets the next `done`."""
        ...

    def add_overrides(self, rows: Sequence[OverrideRow]) -> None:
        """Records what was decided item by item."""
        ...

    def put_idempotency(self, row: IdempotencyRow) -> None:
        """Adds or replaces what is kept under a key."""
        ...

    def drop_idempotency(self, account: str, key: str) -> None:
        """Forgets one key of the account."""
        ...

    def forget_idempotency(self, *, before: int, account: str | None = None) -> None:
        """Forgets keys that were claimed before a moment: this account's, or everybody's."""
        ...

    def add_event(self, act: int, state: str, at: int) -> None:
        """Records under the next number that an act came to stand so."""
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
