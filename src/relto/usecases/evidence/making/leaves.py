"""Leaves: for whatever a write block does to a store, what the log says of it, or why it need not.

There is one table, `RULES`, by the name of the method. A kind of leaf is one of three sorts: *orders*, which are
carried out again when the log is checked; *outcomes*, which must come out the same; and *rows* that no rule makes,
which are compared. What follows from leaves alone needs none of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from relto.domain.merkle import leaf_hash, root_of
from relto.domain.plain import plain, veiled
from relto.domain.ranges import Ranges
from relto.domain.stored import record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence

    from relto.domain.batch import Batch
    from relto.domain.classes import Class
    from relto.domain.notice import Acknowledgement, Notice
    from relto.domain.stream import Epoch, Stream
    from relto.ports.store import (
        AccountRow,
        ActRow,
        AgreementRow,
        ClassRow,
        CredentialRow,
        FlowRow,
        MarkRow,
        MemberRow,
        NewItem,
        OverrideRow,
        PartyRow,
        PauseRow,
        Range,
        RepairRow,
        StreamRow,
        TrackRow,
    )

SHOWN: Final = ("delivery", "withdrawn")
"""Kinds of leaves that the party is shown which they are for. Each names the one before it of that party."""

GIVEN: Final = frozenset({*SHOWN, "place", "track"})
"""Kinds of leaves that tell what readers were given."""

TELLS_TRACK: Final = {"place": "track", "track": "digest"}
"""By the kind of a leaf, the member that says the digest of a track."""


@dataclass(slots=True)
class Entry:
    """A leaf to be: of which kind, what it says, and for which party (empty: for none in particular)."""

    kind: str
    fields: dict[str, Any]
    party: str = ""


class BlockLeaves:
    """The leaves of one write block, in the order in which each was first spoken of.

    `veil`: what is written of a secret. `records`: those of the items of a batch, by its first `seq`. `at`: the clock
    by which they are written; None while nobody has said one.
    """

    def __init__(self, veil: Callable[[str], str] = veiled) -> None:
        """Nothing so far."""
        self.veil = veil
        self._entries: dict[Hashable, Entry] = {}
        self._order: list[Entry] = []
        self._tracks: set[str] = set()
        self.records: dict[int, bytes] = {}
        self.at: int | None = None

    def by_clock(self, moment: int) -> int:
        """Has them written by this clock; by a later one where that was said before."""
        self.at = moment if self.at is None else max(moment, self.at)
        return self.at

    def add(self, kind: str, fields: Mapping[str, Any], *, party: str = "", key: Hashable = None) -> Entry:
        """Says it; where it was said under the same key already, in place of that."""
        told = fields.get(TELLS_TRACK.get(kind, ""))
        if told is not None:
            self._tracks.add(told)
        name = (kind, len(self._entries)) if key is None else (kind, key)
        entry = self._entries.get(name)
        if entry is None:
            entry = self._entries[name] = Entry(kind, dict(fields), party)
            self._order.append(entry)
        else:
            entry.fields = dict(fields)
        return entry

    def row(self, table: str, row: object, key: Hashable = None) -> None:
        """A row as it stands now."""
        self.add("row", {"table": table, "row": plain(row)}, key=None if key is None else (table, key))

    def tells_track(self, digest: str) -> bool:
        """Whether it was said already what this track is."""
        return digest in self._tracks

    def said(self, kind: str, key: Hashable) -> Entry | None:
        """What was said under this key."""
        return self._entries.get((kind, key))

    def since(self, count: int) -> Iterator[Entry]:
        """Those that were spoken of after the first so many."""
        return islice(self._order, count, None)

    def entries(self) -> list[Entry]:
        """All of them; none where a change came to nothing."""
        found = self._order
        if all(entry.kind == "change" and "version" not in entry.fields for entry in found):
            return []
        return found


# Who there is, and what was decided.


def _setting(leaves: BlockLeaves, _: None, name: str, value: str) -> None:
    leaves.row("settings", {"name": name, "value": value})


def _party(leaves: BlockLeaves, _: None, row: PartyRow) -> None:
    leaves.row("parties", row)


def _member(leaves: BlockLeaves, _: None, row: MemberRow) -> None:
    leaves.row("members", row)


def _account(leaves: BlockLeaves, _: None, row: AccountRow) -> None:
    leaves.row("accounts", replace(row, secret=leaves.veil(row.secret)))


def _agreement(leaves: BlockLeaves, _: None, row: AgreementRow) -> None:
    leaves.row("agreements", row, (row.id, row.version))


def _pause(leaves: BlockLeaves, _: None, row: PauseRow) -> None:
    leaves.row("pauses", row, (row.number, row.version))


def _act(leaves: BlockLeaves, row: ActRow) -> None:
    fields = {
        "number": row.number,
        "act": row.kind,
        "asked_at": row.at,
        "by": row.by,
        "value": row.value,
        "state": row.state,
        "done_at": row.done_at,
        "seq": row.seq,
        "version": row.version,
    }
    leaves.add("act", fields, key=row.number)


def _new_act(leaves: BlockLeaves, number: int, row: ActRow) -> None:
    _act(leaves, replace(row, number=number))


def _old_act(leaves: BlockLeaves, _: None, row: ActRow) -> None:
    _act(leaves, row)


def _overrides(leaves: BlockLeaves, _: None, rows: Sequence[OverrideRow]) -> None:
    for row in rows:
        leaves.row("overrides", row)


# Classes, flows and streams.


def _class(leaves: BlockLeaves, row: ClassRow, value: Class, *, irregular: bool = False) -> None:
    leaves.add("class", {"id": row.id, "class": plain(value), "irregular": irregular})


def _flow(leaves: BlockLeaves, row: FlowRow, agreement: str, party: str, collection: str) -> None:
    fields = {"id": row.id, "agreement": agreement, "party": party, "collection": collection, "stream": row.main}
    leaves.add("flow", fields, party=party)


def _streams(leaves: BlockLeaves, _: None, changes: Sequence[tuple[StreamRow, Stream, Stream]]) -> None:
    for row, old, new in changes:
        if old.epochs is new.epochs:
            continue
        before = {epoch.number: epoch for epoch in old.epochs}
        for epoch in new.epochs:
            if before.pop(epoch.number, None) != epoch:
                _epoch(leaves, row, epoch)
        for number in sorted(before):
            leaves.add("epoch", {"stream": row.id, "flow": row.flow, "number": number}, key=(row.id, number))


def _epoch(leaves: BlockLeaves, row: StreamRow, epoch: Epoch) -> None:
    leaves.add("epoch", {"stream": row.id, "flow": row.flow, **plain(epoch)}, key=(row.id, epoch.number))


def _mark(leaves: BlockLeaves, _: None, row: MarkRow) -> None:
    leaves.add("mark", plain(row))


def _track(leaves: BlockLeaves, _: None, row: TrackRow) -> None:
    if not leaves.tells_track(row.digest):
        leaves.add("track", {"flow": row.flow, "reader": row.reader, "way": row.way, "digest": row.digest})


def _repair(leaves: BlockLeaves, _: None, row: RepairRow) -> None:
    leaves.row("repairs", row)


# Items.


def _batch(leaves: BlockLeaves, _: None, items: Sequence[NewItem], batch: Batch, *, originator: str, by: str) -> None:
    records = [
        record_of(
            seq,
            item.class_id,
            item.version_us,
            item.key,
            item.digest,
            item.version,
            rival=item.rival,
            joins=item.joins,
        )
        for seq, item in enumerate(items, batch.first)
    ]
    leaves.records[batch.first] = b"".join(records)
    fields = {
        **plain(batch),
        "originator": originator,
        "by": by,
        "root": root_of([leaf_hash(record) for record in records]).hex(),
    }
    leaves.add("batch", fields, key=batch.first)


def _shifted(leaves: BlockLeaves, _: None, batch: Batch) -> None:
    entry = leaves.said("batch", batch.first)
    assert entry is not None, "the batch that was just appended is in this block"
    entry.fields |= plain(batch)


def _move(leaves: BlockLeaves, _: None, seqs: Sequence[int], target: int, *, at: int) -> None:
    moved = Ranges.of(*((seq - 1, seq) for seq in seqs))
    leaves.add("moves", {"target": target, "moved_at": at, "items": plain(moved.pairs)})


def _purged(leaves: BlockLeaves, _: int, ranges: Sequence[Range], *, act: int) -> None:
    leaves.add("purged", {"act": act, "ranges": [list(each) for each in ranges]})


def _definition(leaves: BlockLeaves, _: None, originator: str, definition: str, content: bytes) -> None:
    fields = {"originator": originator, "definition": definition, "digest": hashlib.sha256(content).hexdigest()}
    leaves.add("definition", fields)


def _collection(leaves: BlockLeaves, _: None, party: str, collection: str) -> None:
    leaves.row("collections", {"party": party, "id": collection})


# Credentials and notices.


def _new_credential(leaves: BlockLeaves, row: CredentialRow, _: CredentialRow) -> None:
    leaves.row("credentials", replace(row, identifier=leaves.veil(row.identifier)))


def _old_credential(leaves: BlockLeaves, _: None, row: CredentialRow) -> None:
    leaves.row("credentials", replace(row, identifier=leaves.veil(row.identifier)))


def _no_credentials(leaves: BlockLeaves, _: None, ids: Collection[int]) -> None:
    leaves.add("gone", {"table": "credentials", "ids": sorted(ids)})


def _notices(leaves: BlockLeaves, _: None, notices: Iterable[Notice]) -> None:
    for notice in notices:
        fields = {"party": notice.party, "number": notice.number, "notice": notice.as_text()}
        leaves.add("notice", fields, party=notice.party)


def _acknowledgement(leaves: BlockLeaves, _: None, row: Acknowledgement) -> None:
    leaves.row("acknowledgements", row)


_FOLLOWS: Final = "it follows from acts, batches, marks and what was given again"
_LOG: Final = "it is the log itself"
_COURIER: Final = "who made it is an act; how it fares bears on no promise"
_ASIDE: Final = "it bears on no promise"

RULES: Final[Mapping[str, Callable[..., None] | str]] = {
    "put_head": _FOLLOWS,
    "put_setting": _setting,
    "put_party": _party,
    "put_member": _member,
    "put_account": _account,
    "put_agreement": _agreement,
    "put_pause": _pause,
    "put_class": _class,
    "add_flow": _flow,
    "put_flow": _FOLLOWS,
    "put_flow_states": _FOLLOWS,
    "add_streams": _FOLLOWS,
    "put_streams": _streams,
    "put_readers": _FOLLOWS,
    "put_mark": _mark,
    "drop_marks": _FOLLOWS,
    "put_track": _track,
    "add_repair": _repair,
    "put_polls": "it is what clients do, for whoever looks after them",
    "drop_repairs": _FOLLOWS,
    "append": _batch,
    "shift_batch": _shifted,
    "move": _move,
    "purge": _purged,
    "put_definition": _definition,
    "put_status": _ASIDE,
    "put_collection": _collection,
    "add_act": _new_act,
    "put_act": _old_act,
    "add_overrides": _overrides,
    "put_idempotency": _ASIDE,
    "drop_idempotency": _ASIDE,
    "forget_idempotency": _ASIDE,
    "add_event": "the act says it",
    "add_credential": _new_credential,
    "put_credential": _old_credential,
    "drop_credentials": _no_credentials,
    "put_session": "a session opens nothing that its account's credentials do not",
    "drop_sessions": _ASIDE,
    "add_notices": _notices,
    "skip_notice_numbers": "the next notice says its number",
    "put_acknowledgement": _acknowledgement,
    "put_webhook": _COURIER,
    "put_mailbox": _COURIER,
    "drop_target": _COURIER,
    "put_dispatches": _COURIER,
    "postpone_dispatches": _COURIER,
    "drop_dispatches": _COURIER,
    "add_leaves": _LOG,
    "put_batch_records": _LOG,
    "put_checkpoint": _LOG,
    "drop_checkpoints": _LOG,
    "put_cosignature": _LOG,
    "put_timestamp": _LOG,
}
"""For each method of a write block: who says what the log says of it, `(leaves, what it answered, *its arguments)`; or
why the log says nothing.
"""
