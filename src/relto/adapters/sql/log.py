"""The log in SQL: what both engines ask and write of it in the same words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import chain
from typing import TYPE_CHECKING, Any

from relto.ports.store import CheckpointRow, CosignatureRow, LeafRow, LogHead, TimestampRow

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

    from relto.ports.store import TileRow

LEAF_COLUMNS = ("number", "kind", "party", "at_us", "data", "about")
CHECKPOINT_COLUMNS = ("size", "at_us", "note")
COSIGNATURE_COLUMNS = ("size", "name", "at_us", "line")
TIMESTAMP_COLUMNS = ("size", "at_us", "token")


LOG = "SELECT size, frontier FROM log"


def log_head(found: Sequence[tuple[Any, ...]]) -> LogHead:
    """What `LOG` found: the one row; before the first leaf there is none."""
    return LogHead(found[0][0], octets(found[0][1])) if found else LogHead()


def octets(value: Any) -> bytes:
    """Bytes as they are stored; a text, which only somebody who tampers can have put there, as its bytes."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


def _tiles(count: int) -> str:
    return "SELECT level, number, hashes FROM tiles WHERE " + " OR ".join(["level = ? AND number = ?"] * count)


def _leaf(row: tuple[Any, ...]) -> tuple[int, LeafRow]:
    number, kind, party, at, data, about = row
    return number, LeafRow(kind, party, at, octets(data), about)


class SqlLogSnapshot(ABC):
    """A `LogSnapshot` over statements."""

    @abstractmethod
    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that the statement finds."""

    @abstractmethod
    def rows_among(self, statement: str, listed: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows for a list of values of any length, in no order."""

    def log(self) -> LogHead:
        """The one row."""
        return log_head(self.rows(LOG))

    def leaves(
        self,
        *,
        first: int = 0,
        last: int | None = None,
        kind: str | None = None,
        party: str | None = None,
        limit: int,
        newest: bool = False,
    ) -> list[tuple[int, LeafRow]]:
        """By number; those of a kind for a party by an index of their own."""
        asked: list[tuple[str, Any]] = [("number >= ?", first)]
        asked += [] if last is None else [("number <= ?", last)]
        asked += [] if kind is None else [("kind = ?", kind)]
        asked += [] if party is None else [("party = ?", party)]
        where = " AND ".join(condition for condition, _ in asked)
        order = "number DESC" if newest else "number"
        found = self.rows(
            f"SELECT {', '.join(LEAF_COLUMNS)} FROM leaves WHERE {where} ORDER BY {order} LIMIT ?",
            (*(value for _, value in asked), limit),
        )
        return list(map(_leaf, found))

    def leaves_about(self, names: Collection[str], *, first: int = 0, limit: int) -> list[tuple[int, LeafRow]]:
        """Each name by itself, so that no engine walks along the log in place of the index."""
        one = "SELECT number FROM (SELECT number FROM leaves WHERE about = ? AND number >= ? ORDER BY number LIMIT ?)"
        every = " UNION ALL ".join(f"{one} of_{place}" for place in range(len(names)))
        values = [value for name in names for value in (name, first, limit)]
        numbers = sorted(number for (number,) in self.rows(every, values)) if names else []
        columns = ", ".join(LEAF_COLUMNS)
        found = self.rows_among(f"SELECT {columns} FROM leaves WHERE number @", numbers[:limit])
        return sorted(map(_leaf, found), key=lambda pair: pair[0])

    def last_leaf(self, party: str, kinds: Collection[str]) -> int | None:
        """From the end of the index, kind by kind: `IN` would go through all leaves of the party."""
        one = "SELECT * FROM (SELECT number FROM leaves WHERE party = ? AND kind = ? ORDER BY number DESC LIMIT 1) last"
        values = [value for kind in kinds for value in (party, kind)]
        found = self.rows(" UNION ALL ".join([one] * len(kinds)), values)
        return max((number for (number,) in found), default=None)

    def leaf_bytes(self, first: int, last: int) -> list[bytes]:
        """By number."""
        found = self.rows("SELECT data FROM leaves WHERE number BETWEEN ? AND ? ORDER BY number", (first, last))
        return [octets(data) for (data,) in found]

    def tiles(self, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """All at once."""
        if not places:
            return {}
        found = self.rows(_tiles(len(places)), tuple(chain.from_iterable(places)))
        return {(level, number): octets(hashes) for level, number, hashes in found}

    def tree(self, places: Collection[tuple[int, int]]) -> tuple[LogHead, dict[tuple[int, int], bytes]]:
        """All at once: a proof needs some of each level and the edge, and asks a database that may be far away."""
        if not places:
            return self.log(), {}
        asked = f"{_tiles(len(places))} UNION ALL SELECT -1, size, frontier FROM log"
        found = self.rows(asked, tuple(chain.from_iterable(places)))
        tiles = {(level, number): octets(hashes) for level, number, hashes in found if level != -1}
        return log_head([row[1:] for row in found if row[0] == -1]), tiles

    def batch_records(self, first: int) -> bytes:
        """One row."""
        found = self.rows("SELECT data FROM records WHERE first_seq = ?", (first,))
        return octets(found[0][0]) if found else b""

    def checkpoints(self, *, first: int = 0, limit: int) -> list[CheckpointRow]:
        """By size."""
        found = self.rows(
            f"SELECT {', '.join(CHECKPOINT_COLUMNS)} FROM checkpoints WHERE size >= ? ORDER BY size LIMIT ?",
            (first, limit),
        )
        return [CheckpointRow(size, at, octets(note)) for size, at, note in found]

    def last_checkpoint(self) -> CheckpointRow | None:
        """By size."""
        found = self.rows(f"SELECT {', '.join(CHECKPOINT_COLUMNS)} FROM checkpoints ORDER BY size DESC LIMIT 1")
        return CheckpointRow(found[0][0], found[0][1], octets(found[0][2])) if found else None

    def cosignatures(self, *, size: int | None = None) -> list[CosignatureRow]:
        """By name."""
        latest = "size = (SELECT max(size) FROM cosignatures others WHERE others.name = cosignatures.name)"
        where, values = (latest, ()) if size is None else ("size = ?", (size,))
        found = self.rows(
            f"SELECT {', '.join(COSIGNATURE_COLUMNS)} FROM cosignatures WHERE {where} ORDER BY name", values
        )
        return [CosignatureRow(*row) for row in found]

    def cosignatures_between(self, first: int, last: int) -> list[CosignatureRow]:
        """By size and name."""
        found = self.rows(
            f"SELECT {', '.join(COSIGNATURE_COLUMNS)} FROM cosignatures WHERE size BETWEEN ? AND ? ORDER BY size, name",
            (first, last),
        )
        return [CosignatureRow(*row) for row in found]

    def timestamps(self, *, first: int = 0, limit: int) -> list[TimestampRow]:
        """By size."""
        found = self.rows(
            f"SELECT {', '.join(TIMESTAMP_COLUMNS)} FROM timestamps WHERE size >= ? ORDER BY size LIMIT ?",
            (first, limit),
        )
        return [TimestampRow(size, at, octets(token)) for size, at, token in found]

    def last_timestamp(self) -> TimestampRow | None:
        """By size."""
        found = self.rows(f"SELECT {', '.join(TIMESTAMP_COLUMNS)} FROM timestamps ORDER BY size DESC LIMIT 1")
        return TimestampRow(found[0][0], found[0][1], octets(found[0][2])) if found else None


class SqlLogTransaction(SqlLogSnapshot):
    """A `LogTransaction` over statements."""

    @abstractmethod
    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
        """Add many rows, in the quickest way of the engine."""

    @abstractmethod
    def put_each(self, table: str, keys: int, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Add each row, or replace the one whose first `keys` columns are the same; no two have the same."""

    @abstractmethod
    def run_each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Carry the statement out for each row of values."""

    def note(self, kind: str, fields: Mapping[str, Any], *, party: str = "", key: Hashable = None) -> None:
        """Nothing: a store keeps the leaves that it is given."""

    def by_clock(self, moment: int) -> int:
        """Nothing: whoever makes the leaves records their clock."""
        return moment

    def add_leaves(self, rows: Sequence[LeafRow], head: LogHead, tiles: Sequence[TileRow]) -> None:
        """Whoever writes is alone, so that the numbers follow the order of commits."""
        first = head.size - len(rows)
        numbered = [
            (number, row.kind, row.party, row.at, row.data, row.about) for number, row in enumerate(rows, first)
        ]
        self.load("leaves", LEAF_COLUMNS, numbered)
        self.put_each("log", 1, ("id", "size", "frontier"), [(1, head.size, head.frontier)])
        self.put_each("tiles", 2, ("level", "number", "hashes"), [(row.level, row.number, row.hashes) for row in tiles])

    def put_batch_records(self, first: int, records: bytes) -> None:
        """One row: whoever exports the log reads it as it stands."""
        self.load("records", ("first_seq", "data"), [(first, records)])

    def put_checkpoint(self, row: CheckpointRow) -> None:
        """By size."""
        self.put_each("checkpoints", 1, CHECKPOINT_COLUMNS, [(row.size, row.at, row.note)])

    def drop_checkpoints(self, sizes: Sequence[int]) -> None:
        """By size; what was signed of one holds it."""
        self.run_each(
            "DELETE FROM checkpoints WHERE size = ? AND size < (SELECT max(size) FROM checkpoints)"
            " AND NOT EXISTS (SELECT 1 FROM timestamps WHERE timestamps.size = checkpoints.size)"
            " AND NOT EXISTS (SELECT 1 FROM cosignatures WHERE cosignatures.size = checkpoints.size)",
            [(size,) for size in sizes],
        )

    def put_cosignature(self, row: CosignatureRow) -> None:
        """By size and name."""
        self.put_each("cosignatures", 2, COSIGNATURE_COLUMNS, [(row.size, row.name, row.at, row.line)])

    def put_timestamp(self, row: TimestampRow) -> None:
        """By size."""
        self.put_each("timestamps", 1, TIMESTAMP_COLUMNS, [(row.size, row.at, row.token)])
