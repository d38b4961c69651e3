"""A read block in SQL: everything that both engines ask in the same words.

Statements are written with `?` for a value and `@` for a list of values (`WHERE seq @`); the engine puts its own
marks there. What the engines do differently for speed (many ranges at once) is abstract here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import msgspec

from relto.adapters.sql.accounts import SqlAccountSnapshot
from relto.adapters.sql.codec import read_class, read_facts, read_state, read_track
from relto.adapters.sql.idempotency import IdempotencySnapshot
from relto.adapters.sql.log import SqlLogSnapshot
from relto.adapters.sql.notices import SqlNoticeSnapshot
from relto.domain.batch import Batch
from relto.domain.ids import is_account_name
from relto.domain.ranges import Ranges
from relto.domain.stream import Epoch, Place, Stream
from relto.ports.store import (
    AccountRow,
    ActRow,
    AgreementRow,
    Body,
    ClassRow,
    FlowRow,
    Head,
    Known,
    MarkRow,
    MemberRow,
    MoveRow,
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

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from relto.domain.flow import ClassState
    from relto.domain.reader import Track

Row = tuple[Any, ...]

PIECE_ROWS = 1000
DENSE_WIDTH = 2
"""Items lie close together where at most so many numbers lie between them for each."""

WINDOW_SHARE = 2
"""The first window of a scan is so many times as wide as its limit: enough where every other item is wanted."""
WINDOW_GROWTH = 4

RIVAL = "CASE WHEN rivals.seq IS NULL THEN NULL ELSE key END"
JOINED = " LEFT JOIN rivals ON rivals.seq = items.seq"
BODIES = (
    f"SELECT items.seq, class_id, raw, version_us, digest, {RIVAL} FROM items{JOINED}"
    " WHERE items.seq @ ORDER BY items.seq"
)
RECORDS = (
    f"SELECT items.seq, class_id, stix_id, version, version_us, digest, {RIVAL}, length(raw),"
    f" items.key FROM items{JOINED}"
    " WHERE items.seq @ ORDER BY items.seq"
)
BETWEEN = "BETWEEN ? AND ?"

HEAD = (
    "SELECT policy_version, accounts_version, last_seq, last_given, next_due, clock_offset, clock_seen, withdrawn"
    " FROM head WHERE id = 1"
)
ACCOUNT = "SELECT name, party, roles, secret, revoked, made_at, settings FROM accounts"
AGREEMENT = "SELECT id, version, canonical, source, made_at, made_by, ended_at, closed FROM agreements"
PAUSE = "SELECT number, version, value, state, made_at FROM pauses"
ACT = "SELECT number, kind, at_us, by_account, value, state, done_at, seq, version, done FROM acts"
BATCH = "SELECT first_seq, last_seq, start_us, head_items, tail_items FROM batches"


class SqlSnapshot(IdempotencySnapshot, SqlNoticeSnapshot, SqlAccountSnapshot, SqlLogSnapshot, ABC):
    """A `Snapshot` over statements."""

    _head: Head | None = None
    _newest: Batch | None = None

    @abstractmethod
    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows that the statement finds."""

    @abstractmethod
    def rows_in_pieces(self, statement: str) -> Iterator[list[Row]]:
        """All rows that the statement finds, a thousand or so at a time."""

    @abstractmethod
    def rows_among(self, statement: str, listed: Sequence[Any]) -> list[Row]:
        """The rows for a list of values of any length, in no order."""

    @abstractmethod
    def within(self, ranges: Sequence[Range], limit: int, *, last: bool = False) -> list[tuple[int, int]]:
        """The first `limit` (seq, class) of each range, or the `last`, in any order."""

    @abstractmethod
    def counts(self, ranges: Sequence[Range]) -> list[int]:
        """As the port promises."""

    @abstractmethod
    def trims(self, ranges: Sequence[Range]) -> list[tuple[int, int] | None]:
        """As the port promises."""

    @abstractmethod
    def batches(self, seqs: Sequence[int]) -> list[Batch]:
        """As the port promises."""

    def taken_by(self, firsts: Collection[int]) -> dict[int, str]:
        """By batch."""
        return dict(self.rows_among("SELECT first_seq, by_account FROM batches WHERE first_seq @", sorted(firsts)))

    # Who there is, and what was decided.

    def head(self) -> Head:
        """The one row; asked for once, since nobody else can change it within this block."""
        if self._head is None:
            self._head = Head(*self.rows(HEAD)[0])
        return self._head

    def setting(self, name: str) -> str | None:
        """By name."""
        found = self.rows("SELECT value FROM settings WHERE name = ?", (name,))
        return found[0][0] if found else None

    # Names are put in order here, for an engine's order of text depends on its locale.

    def parties(self) -> list[PartyRow]:
        """All."""
        return [PartyRow(*row) for row in sorted(self.rows("SELECT code, name, kind, ceiling FROM parties"))]

    def members(self) -> list[MemberRow]:
        """All."""
        found = self.rows("SELECT group_code, member_code, since_us, until_us FROM members")
        return [MemberRow(*row) for row in sorted(found, key=lambda row: row[:3])]

    def accounts(self) -> list[AccountRow]:
        """All."""
        return list(map(_account, sorted(self.rows(ACCOUNT))))

    def account(self, name: str) -> AccountRow | None:
        """One row by its key. No engine takes every text, so what can be no name is not asked for."""
        found = self.rows(f"{ACCOUNT} WHERE name = ?", (name,)) if is_account_name(name) else ()
        return _account(found[0]) if found else None

    def agreements(self) -> list[AgreementRow]:
        """The newest version of each."""
        found = self.rows(
            f"{AGREEMENT} WHERE NOT EXISTS (SELECT 1 FROM agreements AS later"
            " WHERE later.id = agreements.id AND later.version > agreements.version)"
        )
        return _agreements(found)

    def agreement_versions(self, agreement: str) -> list[AgreementRow]:
        """All versions of one."""
        return _agreements(self.rows(f"{AGREEMENT} WHERE id = ?", (agreement,)))

    def pauses(self, *, lifted: bool = False) -> list[PauseRow]:
        """The newest of each."""
        unless = "" if lifted else "AND state <> 'lifted'"
        found = self.rows(
            f"{PAUSE} WHERE NOT EXISTS (SELECT 1 FROM pauses AS later"
            f" WHERE later.number = pauses.number AND later.version > pauses.version) {unless} ORDER BY number"
        )
        return [PauseRow(*row) for row in found]

    def pause_versions(self, number: int | None = None) -> list[PauseRow]:
        """All versions."""
        only, values = ("", ()) if number is None else (" WHERE number = ?", (number,))
        return [PauseRow(*row) for row in self.rows(f"{PAUSE}{only} ORDER BY number, version", values)]

    # Classes and flows.

    def classes(self, *, beyond: int = 0) -> list[ClassRow]:
        """By id."""
        found = self.rows(
            "SELECT id, value, last_seq, last_ord, irregular FROM classes WHERE id > ? ORDER BY id", (beyond,)
        )
        return [
            ClassRow(name, read_class(text), last_seq, last_ord, bool(irregular))
            for name, text, last_seq, last_ord, irregular in found
        ]

    def class_heads(self, *, beyond_seq: int) -> list[tuple[int, int, int]]:
        """By id."""
        found = self.rows("SELECT id, last_seq, last_ord FROM classes WHERE last_seq > ?", (beyond_seq,))
        return [(name, last_seq, last_ord) for name, last_seq, last_ord in sorted(found)]

    def flows(self) -> list[FlowRow]:
        """By id."""
        found = self.rows("SELECT id, agreement, party, collection, main, changed_seq, member FROM flows ORDER BY id")
        return [
            FlowRow(name, agreement, party, collection, main, changed_seq, bool(member))
            for name, agreement, party, collection, main, changed_seq, member in found
        ]

    def flow_states(self, flow: int) -> dict[int, ClassState]:
        """By class."""
        found = self.rows("SELECT class_id, value FROM flow_states WHERE flow = ?", (flow,))
        return {class_id: read_state(text) for class_id, text in found}

    def streams(self) -> list[StreamRow]:
        """By id."""
        return [StreamRow(*row) for row in self.rows("SELECT id, flow, version FROM streams ORDER BY id")]

    def streams_whole(self, streams: Collection[int]) -> dict[int, Stream]:
        """Two questions for all."""
        epochs: dict[int, list[Epoch]] = {}
        for stream, *row in self.rows_among(
            "SELECT stream, number, start_seq, start_time, backlog_after, backlog_width, step FROM epochs"
            " WHERE stream @ ORDER BY stream, number",
            list(streams),
        ):
            epochs.setdefault(stream, []).append(Epoch(*row))
        pairs: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
        for stream, epoch, class_id, after, upto in self.rows_among(
            "SELECT stream, epoch, class_id, after_seq, upto_seq FROM spans"
            " WHERE stream @ ORDER BY stream, epoch, class_id, after_seq",
            list(streams),
        ):
            pairs.setdefault((stream, epoch, class_id), []).append((after, upto))
        spans: dict[int, dict[int, dict[int, Ranges]]] = {}
        for (stream, epoch, class_id), found in pairs.items():
            spans.setdefault(stream, {}).setdefault(epoch, {})[class_id] = Ranges(tuple(found))
        whole = {}
        for stream in streams:
            backlog = spans.get(stream, {})
            whole[stream] = Stream(tuple(epochs.get(stream, ())), backlog.pop(0, {}), backlog)
        return whole

    def readers(self) -> dict[tuple[int, str], int]:
        """Those with a stream of their own."""
        return {
            (flow, account): stream for flow, account, stream in self.rows("SELECT flow, account, stream FROM readers")
        }

    def marks(self, flow: int) -> list[MarkRow]:
        """By reader and version."""
        found = self.rows("SELECT reader, version, epoch, part, seq FROM marks WHERE flow = ?", (flow,))
        return [MarkRow(flow, reader, version, Place(*place)) for reader, version, *place in sorted(found)]

    def track(self, flow: int, reader: str, way: str) -> Track | None:
        """One row by its key."""
        found = self.rows("SELECT value FROM tracks WHERE flow = ? AND reader = ? AND way = ?", (flow, reader, way))
        return read_track(found[0][0]) if found else None

    def tracks(self, *, reader: str | None = None) -> list[TrackRow]:
        """By flow, reader and way."""
        found = self.rows(
            "SELECT flow, reader, way, value FROM tracks" + ("" if reader is None else " WHERE reader = ?"),
            () if reader is None else (reader,),
        )
        return [TrackRow(flow, name, way, read_track(text)) for flow, name, way, text in sorted(found)]

    def polls(self, *, readers: Collection[str] | None = None) -> list[PollRow]:
        """By flow and reader."""
        statement = "SELECT flow, reader, value FROM polls"
        if readers is None:
            found = self.rows(statement)
        else:
            found = self.rows_among(f"{statement} WHERE reader @", sorted(set(readers)))
        return [PollRow(flow, reader, read_facts(text)) for flow, reader, text in sorted(found)]

    def repairs(self, *, flow: int | None = None) -> list[RepairRow]:
        """By flow, reader and epoch."""
        found = self.rows(
            "SELECT flow, reader, epoch, at_us, items, since_us, by_account FROM repairs"
            + ("" if flow is None else " WHERE flow = ?"),
            () if flow is None else (flow,),
        )
        return [RepairRow(*row) for row in sorted(found, key=lambda row: row[:3])]

    # Items.

    def scan(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        """Window by window: a number belongs to one class, so a window holds no more items than it is wide, however
        many ranges there are. It grows while too little is found.
        """
        if limit <= 0 or not ranges:
            return []
        if len(ranges) == 1:
            return sorted(self.within(ranges, limit))
        last = self.head().last_seq
        unread = [(class_id, after, min(upto, last)) for class_id, after, upto in ranges if after < min(upto, last)]
        found: list[tuple[int, int]] = []
        start, width = 0, WINDOW_SHARE * limit
        while unread and len(found) < limit:
            start = max(start, min(after for _, after, _ in unread))
            end = start + width
            window = [(class_id, max(after, start), min(upto, end)) for class_id, after, upto in unread if after < end]
            some = self.within(window, limit)
            found += sorted(some)
            unread = [each for each in unread if each[2] > end]
            start = end
            width *= WINDOW_GROWTH if some else WINDOW_GROWTH**2
        return found[:limit]

    def scan_back(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        """As `scan`, window by window from the end."""
        if limit <= 0 or not ranges:
            return []
        if len(ranges) == 1:
            return sorted(self.within(ranges, limit, last=True), reverse=True)
        last = self.head().last_seq
        unread = [(class_id, after, min(upto, last)) for class_id, after, upto in ranges if after < min(upto, last)]
        found: list[tuple[int, int]] = []
        end, width = last, WINDOW_SHARE * limit
        while unread and len(found) < limit:
            end = min(end, max(upto for _, _, upto in unread))
            start = end - width
            window = [(class_id, max(after, start), min(upto, end)) for class_id, after, upto in unread if upto > start]
            some = self.within(window, limit, last=True)
            found += sorted(some, reverse=True)
            unread = [each for each in unread if each[1] < start]
            end = start
            width *= WINDOW_GROWTH if some else WINDOW_GROWTH**2
        return found[:limit]

    def bodies(self, seqs: Sequence[int]) -> list[Body]:
        """In order."""
        return [Body(*row) for row in self._rows_of(BODIES, seqs)]

    def records(self, seqs: Sequence[int]) -> list[Record]:
        """In order."""
        return [Record(*row) for row in self._rows_of(RECORDS, seqs)]

    def bodies_between(self, after: int, upto: int) -> list[Body]:
        """In order."""
        return [Body(*row) for row in self._stretch(BODIES, after, upto)]

    def records_between(self, after: int, upto: int) -> list[Record]:
        """In order."""
        return [Record(*row) for row in self._stretch(RECORDS, after, upto)]

    def _stretch(self, statement: str, after: int, upto: int) -> list[Row]:
        """One stretch of the table. Few stretches hold an item with a rival, and only those are joined with them."""
        ends = (after + 1, upto)
        if not self.rows(f"SELECT 1 FROM rivals WHERE seq {BETWEEN} LIMIT 1", ends):
            statement = statement.replace(RIVAL, "NULL").replace(JOINED, "")
        return self.rows(statement.replace("@", BETWEEN), ends)

    def _rows_of(self, statement: str, seqs: Sequence[int]) -> list[Row]:
        """The rows of these items, whose `seq` comes first in each. Where they lie close together, one stretch is read
        and what else lies in it left out: that costs less than naming each.
        """
        wanted = sorted(set(seqs))
        if not wanted or wanted[-1] - wanted[0] >= DENSE_WIDTH * len(wanted):
            return self.rows_among(statement, wanted)
        found = self.rows(statement.replace("@", BETWEEN), (wanted[0], wanted[-1]))
        if len(found) == len(wanted):
            return found
        named = set(wanted)
        return [row for row in found if row[0] in named]

    def known(self, keys: Iterable[bytes]) -> dict[bytes, list[Known]]:
        """By key."""
        rows = self.rows_among(
            "SELECT key, seq, class_id, version_us, version, digest FROM items WHERE key @", sorted(set(keys))
        )
        found: dict[bytes, list[Known]] = {}
        for key, *row in rows:
            found.setdefault(key, []).append(Known(*row))
        for versions in found.values():
            versions.sort(key=lambda each: each.version_us)
        return found

    def joiners(self, keys: Iterable[bytes]) -> list[tuple[bytes, int]]:
        """By `seq`."""
        found = self.rows_among("SELECT seq, key FROM joins WHERE key @", sorted(set(keys)))
        return [(key, seq) for seq, key in sorted(found)]

    def joined(self, seqs: Collection[int]) -> list[tuple[int, bytes]]:
        """The table is sorted by key."""
        wanted = set(seqs)
        found = self.rows_in_pieces("SELECT seq, key FROM joins ORDER BY key, seq")
        return sorted((seq, bytes(key)) for some in found for seq, key in some if seq in wanted)

    def has_joins(self) -> bool:
        """One look."""
        return bool(self.rows("SELECT 1 FROM joins LIMIT 1"))

    def batch_of(self, seq: int) -> Batch | None:
        """The one that holds it."""
        found = self.rows(f"{BATCH} WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1", (seq,))
        return Batch(*found[0]) if found and seq <= found[0][1] else None

    def seq_upto(self, moment: int) -> int:
        """The last batch that had begun says; mostly that is the newest, which is asked for once in a block."""
        if self._newest is None:
            newest = self.rows(f"{BATCH} ORDER BY first_seq DESC LIMIT 1")
            if not newest:
                return 0
            self._newest = Batch(*newest[0])
        if moment >= self._newest.start:
            return self._newest.upto(moment)
        found = self.rows(f"{BATCH} WHERE start_us <= ? ORDER BY start_us DESC LIMIT 1", (moment,))
        return Batch(*found[0]).upto(moment) if found else 0

    # The record.

    def definitions(self, originator: str) -> dict[str, bytes]:
        """By id."""
        return dict(self.rows("SELECT id, content FROM definitions WHERE originator = ?", (originator,)))

    def conflicting(self, originator: str) -> frozenset[str]:
        """Ids."""
        return frozenset(row[0] for row in self.rows("SELECT id FROM conflicts WHERE originator = ?", (originator,)))

    def status(self, status: str) -> tuple[str, int, str] | None:
        """By id."""
        found = self.rows("SELECT account, at_us, value FROM statuses WHERE id = ?", (status,))
        return (found[0][0], found[0][1], found[0][2]) if found else None

    def collection(self, party: str) -> str | None:
        """By party."""
        found = self.rows("SELECT id FROM collections WHERE party = ?", (party,))
        return found[0][0] if found else None

    def acts(self, *, kind: str | None = None, before: int | None = None, limit: int = 1000) -> list[ActRow]:
        """Newest first."""
        only, values = ("", ()) if kind is None else ("kind = ? AND", (kind,))
        highest = 2**62 if before is None else before
        found = self.rows(f"{ACT} WHERE {only} number < ? ORDER BY number DESC LIMIT ?", (*values, highest, limit))
        return [ActRow(*row) for row in found]

    def act(self, number: int) -> ActRow | None:
        """By number."""
        found = self.rows(f"{ACT} WHERE number = ?", (number,))
        return ActRow(*found[0]) if found else None

    def acts_open(self) -> list[ActRow]:
        """By state."""
        found = self.rows(f"{ACT} WHERE state IN ('proposed', 'scheduled') ORDER BY number")
        return [ActRow(*row) for row in found]

    def acts_done(self, kinds: Collection[str]) -> list[ActRow]:
        """By kind."""
        rows = [ActRow(*row) for row in self.rows_among(f"{ACT} WHERE state = 'applied' AND kind @", sorted(kinds))]
        return sorted(rows, key=lambda row: row.done)

    def acts_at(self, moment: int) -> list[ActRow]:
        """By an index of their own. Those that were not carried out have no moment."""
        found = self.rows(f"{ACT} WHERE done_at = ? AND state = 'applied' ORDER BY done", (moment,))
        return [ActRow(*row) for row in found]

    def overrides(self, *, seqs: Collection[int] | None = None, verb: str | None = None) -> list[OverrideRow]:
        """By item."""
        text = "SELECT act, seq, agreement, party, verb, at_us FROM overrides"
        found = self.rows(text) if seqs is None else self.rows_among(f"{text} WHERE seq @", sorted(seqs))
        rows = [OverrideRow(*row) for row in found]
        return sorted(
            (row for row in rows if verb in {None, row.verb}), key=lambda row: (row.act, row.seq, row.agreement)
        )

    def moves(self, *, since: int = 0, seqs: Collection[int] | None = None) -> list[MoveRow]:
        """By moment, or by item."""
        text = "SELECT seq, at_us, source, target FROM moves"
        if seqs is None:
            found = self.rows(f"{text} WHERE at_us > ?", (since,))
        else:
            found = self.rows_among(f"{text} WHERE seq @", sorted(seqs))
        rows = [MoveRow(*row) for row in found if row[1] > since]
        return sorted(rows, key=lambda row: (row.at, row.seq, row.source))


def _account(row: Row) -> AccountRow:
    name, party, roles, secret, revoked, made_at, settings = row
    listed, switches = tuple(msgspec.json.decode(roles)), msgspec.json.decode(settings)
    return AccountRow(name, party, listed, secret, bool(revoked), made_at, switches)


def _agreements(rows: list[Row]) -> list[AgreementRow]:
    return [
        AgreementRow(name, version, canonical, source, made_at, made_by, ended_at, bool(closed))
        for name, version, canonical, source, made_at, made_by, ended_at, closed in sorted(
            rows, key=lambda row: row[:2]
        )
    ]
