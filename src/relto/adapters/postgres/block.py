"""Blocks of reads and writes in PostgreSQL, and the questions that its engine answers in a way of its own."""

from __future__ import annotations

import contextlib
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from relto.adapters.postgres.failure import translated
from relto.adapters.sql.snapshot import PIECE_ROWS, Row, SqlSnapshot
from relto.adapters.sql.transaction import SqlTransaction, upsert
from relto.domain.batch import Batch
from relto.domain.errors import ReltoError, Unreachable
from relto.ports.store import Head, Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from relto.domain.stream import Stream
    from relto.ports.store import LeafRow, LogHead, StreamRow, TileRow

COPY_LEAST = 200
"""Fewer rows go in one statement, as arrays: COPY has to be answered before its first row, and after its last."""

WANTED = (
    "unnest(%s::bigint[], %s::bigint[], %s::bigint[]) WITH ORDINALITY AS wanted(class_id, after_seq, upto_seq, place)"
)
WITHIN_EACH = (
    f"SELECT found.seq, wanted.class_id FROM {WANTED} CROSS JOIN LATERAL"
    " (SELECT seq FROM ranks WHERE ranks.class_id = wanted.class_id AND seq > after_seq AND seq <= upto_seq"
    " ORDER BY seq LIMIT %s) AS found"
)
WITHIN_EACH_BACK = WITHIN_EACH.replace("ORDER BY seq", "ORDER BY seq DESC")
RANK = (
    "greatest(coalesce((SELECT ord FROM ranks WHERE ranks.class_id = wanted.class_id AND seq <= {0}"
    " ORDER BY seq DESC LIMIT 1), 0), coalesce((SELECT ord FROM moved WHERE moved.class_id = wanted.class_id"
    " AND seq <= {0} ORDER BY seq DESC LIMIT 1), 0))"
)
WITHIN = "(SELECT count(*) FROM {0} WHERE {0}.class_id = wanted.class_id AND seq > after_seq AND seq <= upto_seq)"
COUNTS = (
    f"SELECT CASE WHEN upto_seq <= after_seq THEN 0 WHEN classes.irregular = 1 THEN {WITHIN.format('ranks')}"
    f" ELSE {RANK.format('upto_seq')} - {RANK.format('after_seq')} - {WITHIN.format('moved')} END"
    f" FROM {WANTED} LEFT JOIN classes ON classes.id = wanted.class_id ORDER BY place"
)
END = (
    "(SELECT seq FROM ranks WHERE ranks.class_id = wanted.class_id AND seq > after_seq AND seq <= upto_seq"
    " ORDER BY seq {0} LIMIT 1)"
)
TRIMS = f"SELECT {END.format('')}, {END.format('DESC')} FROM {WANTED} ORDER BY place"
BATCHES = (
    "SELECT DISTINCT found.* FROM unnest(%s::bigint[]) AS wanted(seq) CROSS JOIN LATERAL"
    " (SELECT first_seq, last_seq, start_us, head_items, tail_items FROM batches WHERE first_seq <= wanted.seq"
    " ORDER BY first_seq DESC LIMIT 1) AS found WHERE wanted.seq <= found.last_seq ORDER BY found.first_seq"
)
CLASS_HEADS = (
    "UPDATE classes SET last_seq = found.last_seq, last_ord = found.last_ord"
    " FROM unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS found(last_seq, last_ord, id) WHERE classes.id = found.id"
)

Connection = psycopg.Connection[Row]


class PostgresSnapshot(SqlSnapshot):
    """A read block on one connection."""

    def __init__(self, connection: Connection, head: Head) -> None:
        """The connection is in a transaction that sees `head`."""
        self._connection = connection
        self._head = head

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """In binary, prepared."""
        return self._ask(_marked(statement), values)

    def rows_in_pieces(self, statement: str) -> Iterator[list[Row]]:
        """From a cursor that the server keeps."""
        try:
            with self._connection.cursor("pieces", binary=True) as cursor:
                cursor.execute(statement)
                while some := cursor.fetchmany(PIECE_ROWS):
                    yield some
        except psycopg.Error as error:
            raise self._failed(error) from error

    def rows_among(self, statement: str, listed: Sequence[Any]) -> list[Row]:
        """One array, of whatever length."""
        return self._ask(statement.replace("@", "= ANY(%s)"), (list(listed),)) if listed else []

    def within(self, ranges: Sequence[Range], limit: int, *, last: bool = False) -> list[tuple[int, int]]:
        """One question for all."""
        return self._ask(WITHIN_EACH_BACK if last else WITHIN_EACH, (*_arrays(ranges), limit)) if ranges else []

    def counts(self, ranges: Sequence[Range]) -> list[int]:
        """One question for all."""
        return [row[0] for row in self._ask(COUNTS, _arrays(ranges))] if ranges else []

    def trims(self, ranges: Sequence[Range]) -> list[tuple[int, int] | None]:
        """One question for all."""
        if not ranges:
            return []
        return [(first, last) if first is not None else None for first, last in self._ask(TRIMS, _arrays(ranges))]

    def batches(self, seqs: Sequence[int]) -> list[Batch]:
        """The two at the ends first: mostly there are no others."""
        wanted = sorted(set(seqs))
        if not wanted:
            return []
        found = [Batch(*row) for row in self._ask(BATCHES, ([wanted[0], wanted[-1]],))]
        missing = [seq for seq in wanted if not any(batch.first <= seq <= batch.last for batch in found)]
        if missing:
            found += [Batch(*row) for row in self._ask(BATCHES, (missing,))]
        return sorted(found, key=lambda batch: batch.first)

    def _ask(self, statement: str, values: Sequence[Any]) -> list[Row]:
        try:
            with self._connection.cursor(binary=True) as cursor:
                return cursor.execute(statement, values, prepare=True).fetchall()
        except psycopg.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: psycopg.Error) -> ReltoError:
        return translated(error)


class PostgresTransaction(PostgresSnapshot, SqlTransaction):
    """A write block on the writing connection.

    Statements that answer nothing wait for the next question, or for the commit, and go on the way with it: whoever
    writes keeps all others from it for every journey to the server. Their errors come with that question.
    """

    def __init__(self, connection: Connection, head: Head, log: LogHead) -> None:
        """The connection is in a transaction that holds the lock of `head`; `log` was looked at behind it."""
        super().__init__(connection, head)
        self._log: LogHead | None = log
        self._waiting: list[tuple[str, Sequence[Sequence[Any]]]] = []

    def log(self) -> LogHead:
        """As it was found at the beginning, or put since."""
        if self._log is None:
            self._log = super().log()
        return self._log

    def add_leaves(self, rows: Sequence[LeafRow], head: LogHead, tiles: Sequence[TileRow]) -> None:
        """The log's head is another from then on."""
        super().add_leaves(rows, head, tiles)
        self._log = head

    def forget_head(self) -> None:
        """The log's as well."""
        super().forget_head()
        self._log = None

    def run(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Later."""
        self._waiting.append((_marked(statement), [values]))

    def run_each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Later."""
        if rows:
            self._waiting.append((_marked(statement), rows))

    def put_each(self, table: str, keys: int, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """One statement for all, later."""
        if rows:
            self._run_all(upsert(table, keys, columns, "SELECT * FROM @"), rows)

    def delete_each(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """One statement for all, later."""
        if rows:
            same = " AND ".join(f"{table}.{column} = gone.{column}" for column in columns)
            self._run_all(f"DELETE FROM {table} USING @ AS gone({', '.join(columns)}) WHERE {same}", rows)

    def put_streams(self, changes: Sequence[tuple[StreamRow, Stream, Stream]]) -> None:
        """At once: whoever gives out moments of epochs looks how long this took."""
        super().put_streams(changes)
        try:
            self._send()
        except psycopg.Error as error:
            raise self._failed(error) from error

    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
        """By binary COPY where there are many, else later."""
        listed = list(rows)
        if not listed:
            return
        if len(listed) < COPY_LEAST:
            self._run_all(f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM @", listed)
            return
        kinds = _kinds(listed)
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        try:
            self._send()
            with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.set_types(kinds)
                for row in listed:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise self._failed(error) from error

    def put_class_heads(self, heads: Sequence[tuple[int, int, int]]) -> None:
        """One statement for all."""
        self.run(CLASS_HEADS, _arrays(heads))

    def rows_in_pieces(self, statement: str) -> Iterator[list[Row]]:
        """After all that waits."""
        try:
            self._send()
        except psycopg.Error as error:
            raise self._failed(error) from error
        yield from super().rows_in_pieces(statement)

    def commit(self) -> None:
        """With all that waits; raises what the first error means, and then nothing of the block is there."""
        try:
            self._send("COMMIT")
        except psycopg.Error as error:
            roll_back(self._connection)
            failed = self._failed(error)
            if self._connection.closed:
                failed = Unreachable(
                    "commit-unknown", "the connection broke during the commit; it may or may not be done"
                )
            raise failed from error

    def _run_all(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """A statement on the table `@` of these rows, which go as an array for each column."""
        kinds = _kinds(rows)
        arrays = ", ".join(f"?::{kind}[]" for kind in kinds)
        values = [[row[place] for row in rows] for place in range(len(kinds))]
        self.run(statement.replace("@", f"unnest({arrays})"), values)

    def _ask(self, statement: str, values: Sequence[Any]) -> list[Row]:
        if not self._waiting:
            return super()._ask(statement, values)
        try:
            return self._send(statement, values)
        except psycopg.Error as error:
            raise self._failed(error) from error

    def _send(self, last: str | None = None, values: Sequence[Any] | None = None) -> list[Row]:
        """Sends what waits, and one statement more, before the first answer is waited for; where that one has values,
        it is a question, and these are its rows.
        """
        waiting, self._waiting = self._waiting, []
        if not waiting and last is None:
            return []
        with self._connection.pipeline():
            for statement, rows in waiting:
                self._connection.cursor().executemany(statement, rows)
            if last is None:
                return []
            cursor = self._connection.cursor(binary=True).execute(last, values, prepare=True)
            return cursor.fetchall() if values is not None else []

    def _failed(self, error: psycopg.Error) -> ReltoError:
        self.failure = translated(error)
        return self.failure


def all_of(cursor: psycopg.Cursor[Row]) -> list[list[Row]]:
    """What each of its statements found; nothing where it was none to find anything."""
    found = []
    while True:
        found.append(cursor.fetchall() if cursor.description else [])
        if not cursor.nextset():
            return found


def last_of(cursor: psycopg.Cursor[Row]) -> list[Row]:
    """What the last of its statements found."""
    while cursor.nextset():
        pass
    return cursor.fetchall()


def roll_back(connection: Connection) -> None:
    """Ends whatever transaction the connection is in, where it still can."""
    if connection.closed:
        return
    if connection.info.transaction_status != TransactionStatus.IDLE:
        with contextlib.suppress(psycopg.Error):
            connection.execute("ROLLBACK")


@cache
def _marked(statement: str) -> str:
    return statement.replace("?", "%s")


def _kinds(rows: Sequence[Sequence[Any]]) -> list[str]:
    """The type of each column by the first of its values that is one; a column of nothing but NULL may have any."""
    values = [next((row[place] for row in rows if row[place] is not None), 0) for place in range(len(rows[0]))]
    return [{int: "int8", str: "text", bytes: "bytea"}[type(value)] for value in values]


def _arrays(ranges: Sequence[Range]) -> tuple[list[int], list[int], list[int]]:
    return [each[0] for each in ranges], [each[1] for each in ranges], [each[2] for each in ranges]
