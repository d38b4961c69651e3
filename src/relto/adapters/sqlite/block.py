"""Blocks of reads and writes in SQLite, and the questions that its engine answers in a way of its own."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from relto.adapters.sql.snapshot import BATCH, PIECE_ROWS, Row, SqlSnapshot
from relto.adapters.sql.transaction import SqlTransaction, upsert
from relto.adapters.sqlite.failure import translated
from relto.domain.batch import Batch

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from relto.domain.errors import ReltoError
    from relto.ports.store import Range

LISTED_MAX = 500

TOGETHER_MIN = 6
"""Where so many ranges of one class are counted, one statement for all of them is quicker than one for each."""

RANK = (
    "max(coalesce((SELECT ord FROM ranks WHERE class_id = {0} AND seq <= {1} ORDER BY seq DESC LIMIT 1), 0),"
    " coalesce((SELECT ord FROM moved WHERE class_id = {0} AND seq <= {1} ORDER BY seq DESC LIMIT 1), 0))"
)
COUNT = (
    "SELECT CASE WHEN ?3 <= ?2 THEN 0 WHEN (SELECT irregular FROM classes WHERE id = ?1)"
    " THEN (SELECT count(*) FROM ranks WHERE class_id = ?1 AND seq > ?2 AND seq <= ?3)"
    f" ELSE {RANK.format('?1', '?3')} - {RANK.format('?1', '?2')}"
    " - (SELECT count(*) FROM moved WHERE class_id = ?1 AND seq > ?2 AND seq <= ?3) END"
)
PLAIN = "SELECT irregular = 0 AND NOT EXISTS (SELECT 1 FROM moved WHERE class_id = ?1) FROM classes WHERE id = ?1"
RANKS = (
    "SELECT bound.value, coalesce((SELECT ord FROM ranks WHERE class_id = ?1 AND seq <= bound.value"
    " ORDER BY seq DESC LIMIT 1), 0) FROM json_each(?2) AS bound"
)
SCAN = "SELECT seq, class_id FROM ranks WHERE class_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
SCAN_BACK = SCAN.replace("ORDER BY seq", "ORDER BY seq DESC")
TRIM = (
    "SELECT (SELECT seq FROM ranks WHERE class_id = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT 1),"
    " (SELECT seq FROM ranks WHERE class_id = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq DESC LIMIT 1)"
)


class SqliteSnapshot(SqlSnapshot):
    """A read block on one connection."""

    def __init__(self, connection: sqlite3.Connection, path: Path, stepping: threading.Lock) -> None:
        """The connection is in a transaction. `stepping`: the store's, for who reads many items."""
        self._connection = connection
        self._path = path
        self._stepping = stepping

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """All at once: a statement that is left half-way would keep its lock."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> ReltoError:
        return translated(error, self._path)

    def rows_in_pieces(self, statement: str) -> Iterator[list[Row]]:
        """From one cursor."""
        try:
            cursor = self._connection.execute(statement)
            while some := cursor.fetchmany(PIECE_ROWS):
                yield some
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def rows_among(self, statement: str, listed: Sequence[Any]) -> list[Row]:
        """In pieces of a few sizes, so that few statements need preparing; in the order of `listed`, piece by piece."""
        found: list[Row] = []
        for start in range(0, len(listed), LISTED_MAX):
            piece = listed[start : start + LISTED_MAX]
            size = next(size for size in (1, 8, 64, LISTED_MAX) if size >= len(piece))
            marks = "IN (" + ",".join("?" * size) + ")"
            # A value that is listed twice finds its rows once.
            found += self.rows(statement.replace("@", marks), [*piece, *[piece[-1]] * (size - len(piece))])
        return found

    # The interpreter's lock is given up and taken again for each row. Threads that read pages at once would hand it to
    # each other at every row, and all of them together get less done than one alone.

    def _stretch(self, statement: str, after: int, upto: int) -> list[Row]:
        """Not while another thread of this process does."""
        with self._stepping:
            return super()._stretch(statement, after, upto)

    def _rows_of(self, statement: str, seqs: Sequence[int]) -> list[Row]:
        """Not while another thread of this process does."""
        with self._stepping:
            return super()._rows_of(statement, seqs)

    def within(self, ranges: Sequence[Range], limit: int, *, last: bool = False) -> list[tuple[int, int]]:
        """One prepared statement for each."""
        execute, statement = self._connection.execute, SCAN_BACK if last else SCAN
        found: list[tuple[int, int]] = []
        try:
            for class_id, after, upto in ranges:
                found += execute(statement, (class_id, after, upto, limit)).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return found

    def counts(self, ranges: Sequence[Range]) -> list[int]:
        """One prepared statement for each, or for all of a class where they are many and nothing was ever moved out of
        it: then its ranks are its counts.
        """
        places: dict[int, list[int]] = {}
        for place, each in enumerate(ranges):
            places.setdefault(each[0], []).append(place)
        found = [0] * len(ranges)
        try:
            for class_id, mine in places.items():
                ranks = self._ranks(class_id, [ranges[place] for place in mine]) if len(mine) >= TOGETHER_MIN else None
                for place in mine:
                    _, after, upto = each = ranges[place]
                    if ranks is None:
                        found[place] = self._connection.execute(COUNT, each).fetchall()[0][0]
                    else:
                        found[place] = max(ranks[upto] - ranks[after], 0)
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return found

    def _ranks(self, class_id: int, ranges: Sequence[Range]) -> dict[int, int] | None:
        """How many items of a class there are up to each bound of its ranges; None where ranks do not say that."""
        if self._connection.execute(PLAIN, (class_id,)).fetchall() != [(1,)]:
            return None
        bounds = sorted({bound for _, *pair in ranges for bound in pair})
        return dict(self._connection.execute(RANKS, (class_id, json.dumps(bounds))).fetchall())

    def trims(self, ranges: Sequence[Range]) -> list[tuple[int, int] | None]:
        """One prepared statement for each."""
        try:
            found = [self._connection.execute(TRIM, each).fetchall()[0] for each in ranges]
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return [(first, last) if first is not None else None for first, last in found]

    def batches(self, seqs: Sequence[int]) -> list[Batch]:
        """From one to the next that is wanted."""
        found: list[Batch] = []
        for seq in sorted(set(seqs)):
            if found and seq <= found[-1].last:
                continue
            rows = self.rows(f"{BATCH} WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1", (seq,))
            if rows and seq <= rows[0][1]:
                found.append(Batch(*rows[0]))
        return found


class SqliteTransaction(SqliteSnapshot, SqlTransaction):
    """A write block on the writing connection."""

    def _failed(self, error: sqlite3.Error) -> ReltoError:
        self.failure = translated(error, self._path)
        return self.failure

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Without rows."""
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def run_each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Prepared once."""
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def purge(self, ranges: Sequence[Range], *, act: int) -> int:
        """What is taken away is written over, in the file as well."""
        self.run("PRAGMA secure_delete = ON")
        return super().purge(ranges, act=act)

    def put_each(self, table: str, keys: int, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """As `run_each`."""
        self.run_each(upsert(table, keys, columns), rows)

    def delete_each(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """As `run_each`."""
        self.run_each(f"DELETE FROM {table} WHERE {' AND '.join(f'{column} = ?' for column in columns)}", rows)

    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
        """As `run_each`."""
        marks = ", ".join("?" * len(columns))
        self.run_each(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(rows))
