"""Comparing: whether the tables of a node are those that its log leads to, row by row.

`COMPARED` says of every table how it is compared, or why it need not be. Of what a log has as digests alone, the digest
of what is stored is compared with it.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.adapters.sql.backup import COLUMNS, KEYS
from relto.adapters.sql.codec import read_class, read_track
from relto.adapters.sql.schema import TEXT, metadata
from relto.domain.errors import BadInput
from relto.domain.keys import object_key
from relto.domain.mailbox import Mailbox
from relto.domain.plain import veiled
from relto.domain.reader import track_digest
from relto.domain.tile import WIDTH, width_in
from relto.domain.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from relto.adapters.sql.backup import SqlStore
    from relto.adapters.sql.snapshot import Row, SqlSnapshot

_LOG: Final = "it is the log itself, and was checked as such"
_ATTESTED: Final = "others signed it, and it was checked as what they signed; that one is missing cannot be told"
_ASIDE: Final = "it bears on no promise"
_COURIER: Final = "how it fares bears on no promise"
_MADE: Final = "acts say where it leads and whose it is, which is compared; how it fares bears on no promise"

HEAD_ASIDE: Final = frozenset({"accounts_version", "clock_offset", "clock_seen", "withdrawn"})
"""Columns of the head that bear on no promise: they say when to look again, and by which clock."""


def _same(row: Row) -> tuple[Any, ...]:
    return row


def _head(row: Row) -> tuple[Any, ...]:
    return tuple(value for name, value in zip(COLUMNS["head"], row, strict=True) if name not in HEAD_ASIDE)


def _replaced(table: str, column: str, change: Callable[[Any], Any]) -> Callable[[Row], tuple[Any, ...]]:
    place = COLUMNS[table].index(column)

    def replaced(row: Row) -> tuple[Any, ...]:
        return (*row[:place], change(row[place]), *row[place + 1 :])

    return replaced


def _item(row: Row) -> tuple[Any, ...]:
    """An item as its record has it: its bytes are those of its digest, or purged, and its id is that of its key."""
    raw, digest = row[_RAW], row[_DIGEST]
    if raw and hashlib.sha256(raw).digest() != bytes(digest):
        # Whichever of the two was changed, it is no item that the log has.
        digest = b""
    return (*_recorded(row), digest)


_RAW, _DIGEST, _SEQ, _CLASS, _KEY, _ID = map(
    COLUMNS["items"].index, ("raw", "digest", "seq", "class_id", "key", "stix_id")
)
_recorded: Final = itemgetter(*map(COLUMNS["items"].index, ("seq", "class_id", "key", "version_us", "version")))


COMPARED: Final[Mapping[str, Callable[[Row], tuple[Any, ...]] | str]] = {
    "head": _head,
    "settings": _same,
    "parties": _same,
    "members": _same,
    "accounts": _replaced("accounts", "secret", veiled),
    "credentials": _replaced("credentials", "identifier", veiled),
    "sessions": "a session opens nothing that its account's credentials do not",
    "agreements": _same,
    "pauses": _same,
    "classes": _same,
    "flows": _same,
    "flow_states": _same,
    "streams": _same,
    "epochs": _same,
    "spans": _same,
    "readers": _same,
    "marks": _same,
    "tracks": "what each reader was served is compared by its digest",
    "repairs": _same,
    "polls": _ASIDE,
    "items": _item,
    "ranks": _same,
    "moved": _same,
    "moves": _same,
    "joins": _same,
    "rivals": _same,
    "batches": _same,
    "definitions": _replaced("definitions", "content", lambda content: hashlib.sha256(content).digest()),
    "conflicts": _same,
    "statuses": _ASIDE,
    "collections": _same,
    "acts": _same,
    "overrides": _same,
    "idempotency": _ASIDE,
    "events": _same,
    "notices": _same,
    "inboxes": "the next notice says its number",
    "acknowledgements": _same,
    "webhooks": _MADE,
    "mailboxes": _MADE,
    "dispatches": _COURIER,
    "leaves": _LOG,
    "log": _LOG,
    "tiles": _LOG,
    "records": _LOG,
    "checkpoints": _LOG,
    "cosignatures": _ATTESTED,
    "timestamps": _ATTESTED,
}
"""By table: how a row is compared, or why none is."""

UNFIT_MAX: Final = 100
"""So many items that are unfit are named."""

VEILED: Final = frozenset({"accounts", "credentials", "definitions", "items"})
"""Tables of which the log has digests: in whoever carried it out stands what the rule makes of the node's rows."""


def differences(
    mine: SqlSnapshot,
    scratch: SqlStore,
    tracks: Mapping[tuple[int, str, str], str],
    destinations: Mapping[str, tuple[Mapping[str, Any], int, str]],
    is_purged: Callable[[int], bool],
) -> Iterator[tuple[str, str]]:
    """(table, what is wrong with it) for each row that is not in the node as the log leads to, or should not be there.

    `mine`: the node at the moment of the last leaf that was carried out. `tracks`: the digest of what each reader was
    served; `destinations`: by id, what the record says of each webhook and mailbox, when it was made, and by whom;
    `is_purged`: whether an item, by its number, has no content by the log.
    """
    items = _Items(mine, is_purged)
    with scratch.read() as theirs:
        for table, rule in COMPARED.items():
            if callable(rule):
                yield from _differences(mine, theirs, table, items if table == "items" else rule)
        yield from _tracks(mine, tracks)
        yield from _destinations(mine, destinations)
        yield from _stray(mine)
        yield from (("items", text) for text in items.unfit)


def _differences(
    mine: SqlSnapshot, theirs: SqlSnapshot, table: str, rule: Callable[[Row], tuple[Any, ...]]
) -> Iterator[tuple[str, str]]:
    keys = len(KEYS[table])
    veil = _item if table == "items" else _same if table in VEILED else rule
    left, right = map(rule, _rows(mine, table)), map(veil, _rows(theirs, table))
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        # Bytes are the same as a view of them, but for their order.
        if one == other:
            one, other = next(left, None), next(right, None)
            continue
        one, other = _plain(one), _plain(other)
        if other is None or (one is not None and one[:keys] < other[:keys]):
            assert one is not None
            yield table, f"row {_named(table, one)} is there, and nothing leads to it"
            one = next(left, None)
        elif one is None or other[:keys] < one[:keys]:
            yield table, f"row {_named(table, other)} is missing"
            other = next(right, None)
        else:
            yield table, f"row {_named(table, one)} is other than follows"
            one, other = next(left, None), next(right, None)


def _tracks(mine: SqlSnapshot, tracks: Mapping[tuple[int, str, str], str]) -> Iterator[tuple[str, str]]:
    seen = set()
    for flow, reader, way, value in _rows(mine, "tracks"):
        seen.add((flow, reader, way))
        try:
            found = track_digest(flow, reader, way, read_track(value))
        except (msgspec.MsgspecError, ValueError):
            found = ""
        if tracks.get((flow, reader, way)) != found:
            yield "tracks", f"row {flow}, {reader}, {way} is other than was recorded"
    for flow, reader, way in tracks.keys() - seen:
        yield "tracks", f"row {flow}, {reader}, {way} is missing"


def _destinations(
    mine: SqlSnapshot, made: Mapping[str, tuple[Mapping[str, Any], int, str]]
) -> Iterator[tuple[str, str]]:
    seen = set()
    kinds: tuple[tuple[str, type[Webhook | Mailbox]], ...] = (("webhooks", Webhook), ("mailboxes", Mailbox))
    for table, kind in kinds:
        for name, party, value in _rows(mine, table):
            seen.add(name)
            try:
                found = kind.parse(value)
            except BadInput:
                found = None
            if found is None or (found.id, found.party) != (name, party):
                yield table, f"row {name} cannot be read, or is another's"
            elif (found.recorded(), found.made_at, found.made_by) != made.get(name):
                yield table, f"row {name} is other than any act has made it"
    for name in made.keys() - seen:
        yield "webhooks" if "webhook" in made[name][0] else "mailboxes", f"row {name} is missing"


def _stray(mine: SqlSnapshot) -> Iterator[tuple[str, str]]:
    """Rows of the log's own tables that the log has no place for."""
    size = mine.log().size
    for (number,) in mine.rows("SELECT id FROM log WHERE id <> 1"):
        yield "log", f"row {number} is there, and there is one log"
    for (number,) in mine.rows("SELECT number FROM leaves WHERE number < 0 OR number >= ? LIMIT 100", (size,)):
        yield "leaves", f"row {number} is there, and the log has {size} leaves"
    for level, number in mine.rows("SELECT level, number FROM tiles"):
        width = width_in(size, level=level, index=number) if level >= 0 and number >= 0 else 0
        if not width or (level == 0 and width < WIDTH):
            yield "tiles", f"row {level}, {number} is there, and the tree has no such tile"
    for (first,) in mine.rows(
        "SELECT records.first_seq FROM records LEFT JOIN batches ON batches.first_seq = records.first_seq"
        " WHERE batches.first_seq IS NULL LIMIT 100"
    ):
        yield "records", f"row {first} is there, and no batch begins there"
    for table in ("cosignatures", "timestamps"):
        for (size,) in mine.rows(
            f"SELECT {table}.size FROM {table} LEFT JOIN checkpoints ON checkpoints.size = {table}.size"
            " WHERE checkpoints.size IS NULL LIMIT 100"
        ):
            yield table, f"row {size} is there, and no checkpoint is of so many leaves"


def _rows(snap: SqlSnapshot, table: str) -> Iterator[Row]:
    """By key. Texts have another order in each database: what is found by them is little, and sorted here."""
    columns = ", ".join(COLUMNS[table])
    found = snap.rows_in_pieces(f"SELECT {columns} FROM {table} ORDER BY {', '.join(KEYS[table])}")
    rows = (row for some in found for row in some)
    if any(metadata.tables[table].columns[name].type is TEXT for name in KEYS[table]):
        return iter(sorted(rows, key=lambda row: row[: len(KEYS[table])]))
    return rows


def _plain(row: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if row is None:
        return None
    return tuple(bytes(value) if isinstance(value, memoryview | bytearray) else value for value in row)


def _named(table: str, row: tuple[Any, ...]) -> str:
    return ", ".join(value.hex() if isinstance(value, bytes) else str(value) for value in row[: len(KEYS[table])])


class _Items:
    """How items are compared; and what of them is `unfit`: the id is not that of the key, or the content is gone, or is
    there, against what the log says.
    """

    def __init__(self, snap: SqlSnapshot, is_purged: Callable[[int], bool]) -> None:
        self.unfit: list[str] = []
        self._is_purged = is_purged
        self._originators = {}
        for class_id, value in snap.rows("SELECT id, value FROM classes"):
            # One that cannot be read is named in its own table.
            with suppress(msgspec.MsgspecError, ValueError):
                self._originators[class_id] = read_class(value).originator

    def __call__(self, row: Row) -> tuple[Any, ...]:
        seq, is_there = row[_SEQ], bool(row[_RAW])
        if self._is_purged(seq) == is_there:
            self._find(f"row {seq} {'has' if is_there else 'lacks'} its content, and the log says otherwise")
        if object_key(self._originators.get(row[_CLASS], ""), row[_ID]) != row[_KEY]:
            self._find(f"row {seq} has the id of another object")
        return _item(row)

    def _find(self, text: str) -> None:
        if len(self.unfit) < UNFIT_MAX:
            self.unfit.append(text)
