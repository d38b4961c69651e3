"""A write block in SQL: everything that both engines write in the same words.

Numbers of flows, streams, classes and acts are the highest plus one: whoever writes is alone, so they
have no gaps and follow the order of commits, which a sequence of the engine would not promise.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from relto.adapters.sql.accounts import SqlAccountTransaction
from relto.adapters.sql.codec import class_key, class_text, facts_text, json_text, state_text, track_text
from relto.adapters.sql.idempotency import IdempotencyTransaction
from relto.adapters.sql.log import SqlLogTransaction
from relto.adapters.sql.notices import SqlNoticeTransaction
from relto.adapters.sql.snapshot import SqlSnapshot
from relto.domain.ranges import EMPTY
from relto.ports.store import (
    AccountRow,
    ActRow,
    AgreementRow,
    ClassRow,
    FlowRow,
    Head,
    MarkRow,
    MemberRow,
    NewItem,
    OverrideRow,
    PartyRow,
    PauseRow,
    PollRow,
    Range,
    RepairRow,
    StreamRow,
    TrackRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from relto.domain.batch import Batch
    from relto.domain.classes import Class
    from relto.domain.errors import ReltoError
    from relto.domain.flow import ClassState
    from relto.domain.stream import Stream

ITEM_COLUMNS = ("seq", "class_id", "key", "version_us", "stix_id", "version", "digest", "raw")
BATCH_COLUMNS = ("first_seq", "last_seq", "start_us", "head_items", "tail_items", "originator", "by_account")
STREAM_COLUMNS = ("id", "flow", "version")
SPAN_COLUMNS = ("stream", "epoch", "class_id", "after_seq", "upto_seq")
EPOCH_COLUMNS = ("stream", "number", "start_seq", "start_time", "backlog_after", "backlog_width", "step")


class SqlTransaction(
    IdempotencyTransaction, SqlNoticeTransaction, SqlSnapshot, SqlAccountTransaction, SqlLogTransaction
):
    """A `Transaction` over statements. `failure`: the first error of a statement in this block."""

    failure: ReltoError | None = None

    def require_whole(self) -> None:
        """Raise the error of a statement again, where the block caught it and went on: half of it may be there."""
        if self.failure is not None:
            raise self.failure

    @abstractmethod
    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Carry the statement out."""

    @abstractmethod
    def run_each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Carry the statement out for each row of values."""

    @abstractmethod
    def put_each(self, table: str, keys: int, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Add each row, or replace the one whose first `keys` columns are the same; no two have the same."""

    @abstractmethod
    def delete_each(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Delete the rows that have these values in these columns."""

    @abstractmethod
    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
        """Add many rows, in the quickest way of the engine; `Conflict` `version-stored` where one is there already."""

    def put_class_heads(self, heads: Sequence[tuple[int, int, int]]) -> None:
        """Set (last_seq, last_ord) of each class, which stands third."""
        self.run_each("UPDATE classes SET last_seq = ?, last_ord = ? WHERE id = ?", heads)

    # Who there is, and what was decided.

    def put_head(self, head: Head) -> None:
        """The one row."""
        self._put(
            "head",
            1,
            id=1,
            policy_version=head.policy_version,
            accounts_version=head.accounts_version,
            last_seq=head.last_seq,
            last_given=head.last_given,
            next_due=head.next_due,
            clock_offset=head.clock_offset,
            clock_seen=head.clock_seen,
            withdrawn=head.withdrawn,
        )
        self._head = head

    def forget_head(self) -> None:
        """The head was put into its table by other means than `put_head`."""
        self._head = self._newest = None

    def put_setting(self, name: str, value: str) -> None:
        """By name."""
        self._put("settings", 1, name=name, value=value)

    def put_party(self, row: PartyRow) -> None:
        """By code."""
        self._put("parties", 1, code=row.code, name=row.name, kind=row.kind, ceiling=row.ceiling)

    def put_member(self, row: MemberRow) -> None:
        """By group, member and `since`."""
        self._put("members", 3, group_code=row.group, member_code=row.member, since_us=row.since, until_us=row.until)

    def put_account(self, row: AccountRow) -> None:
        """By name."""
        self._put(
            "accounts",
            1,
            name=row.name,
            party=row.party,
            roles=json_text(row.roles),
            secret=row.secret,
            revoked=int(row.revoked),
            made_at=row.made_at,
            settings=json_text(dict(row.settings)),
        )

    def put_agreement(self, row: AgreementRow) -> None:
        """By id and version."""
        self._put(
            "agreements",
            2,
            id=row.id,
            version=row.version,
            canonical=row.canonical,
            source=row.source,
            made_at=row.made_at,
            made_by=row.made_by,
            ended_at=row.ended_at,
            closed=int(row.closed),
        )

    def put_pause(self, row: PauseRow) -> None:
        """By number and version."""
        self._put(
            "pauses", 2, number=row.number, version=row.version, value=row.value, state=row.state, made_at=row.made_at
        )

    # Classes and flows.

    def put_class(self, value: Class, *, irregular: bool = False) -> ClassRow:
        """By SHA-256 of its text."""
        text = class_text(value)
        key = class_key(text)
        found = self.rows("SELECT id, last_seq, last_ord, irregular FROM classes WHERE key = ?", (key,))
        if found:
            name, last_seq, last_ord, flag = found[0]
            return ClassRow(name, value, last_seq, last_ord, bool(flag))
        number = self._next("classes", "id")
        self.run("INSERT INTO classes VALUES (?, ?, ?, 0, 0, ?)", (number, key, text, int(irregular)))
        return ClassRow(number, value, irregular=irregular)

    def add_flow(self, agreement: str, party: str, collection: str) -> FlowRow:
        """With its main stream."""
        number = self._next("flows", "id")
        main = self.add_streams(number, 1, version=self.head().policy_version)[0]
        row = FlowRow(number, agreement, party, collection, main.id)
        self.put_flow(row)
        return row

    def put_flow(self, row: FlowRow) -> None:
        """By id."""
        self._put(
            "flows",
            1,
            id=row.id,
            agreement=row.agreement,
            party=row.party,
            collection=row.collection,
            main=row.main,
            changed_seq=row.changed_seq,
            member=int(row.member),
        )

    def put_flow_states(self, flow: int, states: Mapping[int, ClassState]) -> None:
        """By flow and class."""
        rows = [(flow, class_id, state_text(state)) for class_id, state in states.items()]
        self.put_each("flow_states", 2, ("flow", "class_id", "value"), rows)

    def add_streams(self, flow: int, count: int, *, version: int) -> list[StreamRow]:
        """With the next numbers."""
        first = self._next("streams", "id")
        rows = [StreamRow(number, flow, version) for number in range(first, first + count)]
        self.load("streams", STREAM_COLUMNS, [(row.id, row.flow, row.version) for row in rows])
        return rows

    def put_streams(self, changes: Sequence[tuple[StreamRow, Stream, Stream]]) -> None:
        """Only the classes and epochs that differ; each statement once for all streams."""
        gone: list[tuple[int, ...]] = []
        come: list[tuple[int, ...]] = []
        ended: list[tuple[int, int]] = []
        begun: list[tuple[int, ...]] = []
        for row, old, new in changes:
            for name, mine, theirs in _changed_spans(old, new):
                gone += [(row.id, *name, after) for after, _ in mine - theirs]
                come += [(row.id, *name, after, upto) for after, upto in theirs - mine]
            before, after = _changed_epochs(old, new)
            ended += [(row.id, number) for number in before]
            begun += [_epoch_row(row.id, new, place) for place in after]
        self.delete_each("spans", SPAN_COLUMNS[:4], sorted(gone))
        self.load("spans", SPAN_COLUMNS, sorted(come))
        self.delete_each("epochs", EPOCH_COLUMNS[:2], ended)
        self.load("epochs", EPOCH_COLUMNS, begun)
        self.put_each("streams", 1, STREAM_COLUMNS, [(row.id, row.flow, row.version) for row, _, _ in changes])

    def put_readers(self, flow: int, streams: Mapping[str, int]) -> None:
        """By flow and account."""
        rows = [(flow, account, stream) for account, stream in streams.items()]
        self.put_each("readers", 2, ("flow", "account", "stream"), rows)

    def put_mark(self, row: MarkRow) -> None:
        """The lower place stays."""
        self.run(
            "INSERT INTO marks VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (flow, reader, version) DO UPDATE"
            " SET epoch = excluded.epoch, part = excluded.part, seq = excluded.seq"
            " WHERE (excluded.epoch, excluded.part, excluded.seq) < (marks.epoch, marks.part, marks.seq)",
            (row.flow, row.reader, row.version, *row.place),
        )

    def drop_marks(self, flow: int) -> None:
        """All of the flow."""
        self.run("DELETE FROM marks WHERE flow = ?", (flow,))

    def put_track(self, row: TrackRow) -> None:
        """One row."""
        self.run(
            "INSERT INTO tracks VALUES (?, ?, ?, ?)"
            " ON CONFLICT (flow, reader, way) DO UPDATE SET value = excluded.value",
            (row.flow, row.reader, row.way, track_text(row.track)),
        )

    def put_polls(self, rows: Sequence[PollRow]) -> None:
        """One row each."""
        self.run_each(
            "INSERT INTO polls VALUES (?, ?, ?) ON CONFLICT (flow, reader) DO UPDATE SET value = excluded.value",
            [(row.flow, row.reader, facts_text(row.facts)) for row in rows],
        )

    def add_repair(self, row: RepairRow) -> None:
        """One row."""
        self.run(
            "INSERT INTO repairs VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row.flow, row.reader, row.epoch, row.at, row.items, row.since, row.by),
        )

    def drop_repairs(self, flow: int, reader: str, *, first: int, last: int) -> None:
        """Of one reader."""
        self.run(
            "DELETE FROM repairs WHERE flow = ? AND reader = ? AND epoch BETWEEN ? AND ?", (flow, reader, first, last)
        )

    # Items.

    def append(self, items: Sequence[NewItem], batch: Batch, *, originator: str, by: str) -> None:
        """Items first, so that one that is stored already stops everything else."""
        assert len(items) == batch.last - batch.first + 1, "a batch has as many numbers as items"
        assert batch.first > self.head().last_seq, "numbers only grow"
        numbered = list(enumerate(items, batch.first))
        self.load(
            "items",
            ITEM_COLUMNS,
            [
                (seq, item.class_id, item.key, item.version_us, item.stix_id, item.version, item.digest, item.raw)
                for seq, item in numbered
            ],
        )
        self._rank(numbered)
        self.load("joins", ("key", "seq"), [(key, seq) for seq, item in numbered for key in set(item.joins)])
        rivals = sorted({item.key for item in items if item.rival})
        if rivals:
            found = self.rows_among("SELECT seq FROM items WHERE key @", rivals)
            self.run_each("INSERT INTO rivals VALUES (?) ON CONFLICT DO NOTHING", sorted(found))
        self.load(
            "batches",
            BATCH_COLUMNS,
            [(batch.first, batch.last, batch.start, batch.head, batch.tail, originator, by)],
        )
        self._newest = batch
        self.put_head(replace(self.head(), last_seq=batch.last, last_given=batch.end))

    def _rank(self, numbered: Sequence[tuple[int, NewItem]]) -> None:
        """Give each item its place in its class, and move the classes' heads."""
        names = sorted({item.class_id for _, item in numbered})
        found = self.rows_among("SELECT id, last_ord, irregular FROM classes WHERE id @", names)
        assert len(found) == len(names), "every item has a class that is stored"
        assert not any(irregular for _, _, irregular in found), "an irregular class is filled by moves"
        ords = {name: last_ord for name, last_ord, _ in found}
        heads: dict[int, int] = {}
        ranks = []
        for seq, item in numbered:
            name = item.class_id
            ords[name] = place = ords[name] + 1
            heads[name] = seq
            ranks.append((name, seq, place))
        self.load("ranks", ("class_id", "seq", "ord"), ranks)
        self.put_class_heads([(heads[name], ords[name], name) for name in names])

    def shift_batch(self, batch: Batch) -> None:
        """The last one."""
        assert self.rows("SELECT max(first_seq) FROM batches") == [(batch.first,)], "only the last batch can shift"
        self.run(
            "UPDATE batches SET start_us = ?, head_items = ?, tail_items = ? WHERE first_seq = ?",
            (batch.start, batch.head, batch.tail, batch.first),
        )
        self._newest = batch
        self.put_head(replace(self.head(), last_given=batch.end))

    def move(self, seqs: Sequence[int], target: int, *, at: int) -> None:
        """Their ranks go with them; where ranks are exact, `moved` remembers theirs."""
        goal = self.rows("SELECT irregular FROM classes WHERE id = ?", (target,))
        assert goal == [(1,)], "items move to irregular classes only"
        found = self.rows_among(
            "SELECT items.seq, items.class_id, ranks.ord, classes.irregular FROM items"
            " JOIN ranks ON ranks.class_id = items.class_id AND ranks.seq = items.seq"
            " JOIN classes ON classes.id = items.class_id WHERE items.seq @",
            sorted(set(seqs)),
        )
        found = sorted(row for row in found if row[1] != target)
        if not found:
            return
        self.run_each("DELETE FROM ranks WHERE class_id = ? AND seq = ?", [(row[1], row[0]) for row in found])
        self.run_each("UPDATE items SET class_id = ? WHERE seq = ?", [(target, row[0]) for row in found])
        self.load("ranks", ("class_id", "seq", "ord"), [(target, row[0], 0) for row in found])
        self.load("moved", ("class_id", "seq", "ord"), [(row[1], row[0], row[2]) for row in found if not row[3]])
        self.load("moves", ("seq", "at_us", "source", "target"), [(row[0], at, row[1], target) for row in found])
        last = found[-1][0]
        self.run(
            "UPDATE classes SET last_seq = CASE WHEN last_seq > ? THEN last_seq ELSE ? END, last_ord = last_ord + ?"
            " WHERE id = ?",
            (last, last, len(found), target),
        )

    def purge(self, ranges: Sequence[Range], *, act: int) -> int:
        """By the ranks of the classes. The log says by which act."""
        del act
        count = 0
        for each in ranges:
            found = self.rows(
                "SELECT items.seq FROM ranks JOIN items ON items.seq = ranks.seq WHERE ranks.class_id = ?"
                " AND ranks.seq > ? AND ranks.seq <= ? AND length(items.raw) > 0",
                each,
            )
            self.run_each("UPDATE items SET raw = ? WHERE seq = ?", [(b"", seq) for (seq,) in found])
            count += len(found)
        return count

    # The record.

    def put_definition(self, originator: str, definition: str, content: bytes) -> None:
        """The first stays."""
        found = self.rows("SELECT content FROM definitions WHERE originator = ? AND id = ?", (originator, definition))
        if not found:
            self.run("INSERT INTO definitions VALUES (?, ?, ?)", (originator, definition, content))
        elif found[0][0] != content:
            self.run("INSERT INTO conflicts VALUES (?, ?) ON CONFLICT DO NOTHING", (originator, definition))

    def put_status(self, status: str, account: str, at: int, value: str) -> None:
        """By id."""
        self._put("statuses", 1, id=status, account=account, at_us=at, value=value)

    def put_collection(self, party: str, collection: str) -> None:
        """By party."""
        self._put("collections", 1, party=party, id=collection)

    def add_act(self, row: ActRow) -> int:
        """With the next number."""
        number = self._next("acts", "number")
        self._put_act(number, row)
        return number

    def put_act(self, row: ActRow) -> None:
        """By number."""
        self._put_act(row.number, row)

    def _put_act(self, number: int, row: ActRow) -> None:
        self._put(
            "acts",
            1,
            number=number,
            kind=row.kind,
            at_us=row.at,
            by_account=row.by,
            value=row.value,
            state=row.state,
            done_at=row.done_at,
            seq=row.seq,
            version=row.version,
            done=self._next("acts", "done") if row.state == "applied" else 0,
        )

    def add_overrides(self, rows: Sequence[OverrideRow]) -> None:
        """By act, item, agreement and party."""
        columns = ("act", "seq", "agreement", "party", "verb", "at_us")
        found = [(row.act, row.seq, row.agreement, row.party, row.verb, row.at) for row in rows]
        self.put_each("overrides", 4, columns, found)

    def _next(self, table: str, column: str) -> int:
        number: int = self.rows(f"SELECT coalesce(max({column}), 0) + 1 FROM {table}")[0][0]
        return number

    def _put(self, table: str, keys: int, **values: Any) -> None:
        self.run(upsert(table, keys, tuple(values)), tuple(values.values()))


@cache
def upsert(table: str, keys: int, columns: tuple[str, ...], source: str = "") -> str:
    """The statement that adds a row (or those of `source`), or replaces the one whose first `keys` columns are the
    same.
    """
    source = source or f"VALUES ({', '.join('?' * len(columns))})"
    rest = ", ".join(f"{column} = excluded.{column}" for column in columns[keys:])
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) {source}"
        f" ON CONFLICT ({', '.join(columns[:keys])}) DO UPDATE SET {rest}"
    )


def _epoch_row(stream: int, value: Stream, place: int) -> tuple[int, ...]:
    each = value.epochs[place]
    return (
        stream, each.number, each.start_seq, each.start_time, each.backlog_after, each.backlog_width, each.step
    )  # fmt: skip


def _changed_spans(
    old: Stream, new: Stream
) -> Iterator[tuple[tuple[int, int], set[tuple[int, int]], set[tuple[int, int]]]]:
    """(epoch, class), its old and its new ranges, where they differ; live spans have epoch 0."""
    parts = [(0, old.live, new.live)]
    # What a change does not touch is the same object before and after it, and that is most of a stream.
    parts += [
        (number, old.backlog.get(number, {}), new.backlog.get(number, {}))
        for number in old.backlog.keys() | new.backlog.keys()
    ]
    for number, before, after in parts:
        if before is after:
            continue
        for class_id in before.keys() | after.keys():
            mine, theirs = before.get(class_id, EMPTY), after.get(class_id, EMPTY)
            if mine is not theirs and mine != theirs:
                yield (number, class_id), set(mine.pairs), set(theirs.pairs)


def _changed_epochs(old: Stream, new: Stream) -> tuple[list[int], list[int]]:
    """Numbers of the epochs that are there no more, or not as they were; places of those that are new, or come for
    them: an epoch changes only where a fold takes in those before it, or where the block that made it stamps it again.
    """
    same = 0
    for mine, theirs in zip(old.epochs, new.epochs, strict=False):
        if mine is not theirs and mine != theirs:
            break
        same += 1
    known = {epoch.number: epoch for epoch in old.epochs[same:]}
    left = {epoch.number: epoch for epoch in new.epochs[same:]}
    gone = [number for number, epoch in known.items() if left.get(number) != epoch]
    return gone, [place for place, epoch in enumerate(new.epochs[same:], same) if known.get(epoch.number) != epoch]
