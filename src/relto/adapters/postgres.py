"""The store in a PostgreSQL database: any number of processes, on any number of machines, and one writer at a time.

Whoever writes locks the one row of `head` first; that is the queue. Readers work on connections of a pool, each block
in one `REPEATABLE READ READ ONLY` transaction; writing has a connection of its own, so that readers never keep it out.

A store must not be carried across a fork: open it afterwards.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from relto.adapters.sql.revision import STATEMENT, require_current
from relto.adapters.sql.snapshot import HEAD, PIECE_ROWS, Row, SqlSnapshot
from relto.adapters.sql.transaction import SqlTransaction, upsert
from relto.domain.batch import Batch
from relto.domain.errors import BadInput, Conflict, Refused, ReltoError, Unreachable
from relto.ports.store import Head, Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from relto.domain.stream import Stream
    from relto.ports.store import StreamRow

# Whatever it warns of comes to the caller as an error of ours; a stray line would stand in a command's output.
logging.getLogger("psycopg").setLevel(logging.ERROR)

SCHEMES = ("postgresql://", "postgres://")
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 300
IDLE_IN_BLOCK_SECONDS = 600
"""A block whose process says nothing for so long is ended by the server, and lets others write again."""
PREPARED_MAX = 300

# The head on the way with the beginning, in one journey: every block asks for it.
READ = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {HEAD}"
# The head's row is the lock of all writers; READ COMMITTED, so that what follows sees what the one before committed.
WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED; {HEAD} FOR UPDATE"
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

    def within(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        """One question for all."""
        return self._ask(WITHIN_EACH, (*_arrays(ranges), limit)) if ranges else []

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

    def __init__(self, connection: Connection, head: Head) -> None:
        """The connection is in a transaction that holds the lock of `head`."""
        super().__init__(connection, head)
        self._waiting: list[tuple[str, Sequence[Sequence[Any]]]] = []

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
            _roll_back(self._connection)
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


class PostgresStore:
    """A `Store` in a PostgreSQL database. Made by `create` or `open`."""

    def __init__(self, url: str, *, timeout_seconds: float, connections_max: int) -> None:
        """Use `create` or `open`."""
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._turn = threading.Lock()
        self._writer: Connection | None = None
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=0,
            max_size=connections_max,
            timeout=min(timeout_seconds, CONNECT_SECONDS),
            kwargs={"autocommit": True, "connect_timeout": CONNECT_SECONDS},
            configure=self._configure,
            open=True,
            name="relto-readers",
        )

    @classmethod
    def create(cls, url: str, *, timeout_seconds: float = 30, connections_max: int = 20) -> PostgresStore:
        """Bring the tables of the database (which is there, perhaps empty) to this program's, and open it."""
        from relto.adapters.sql.migrate import migrate  # noqa: PLC0415 - slow to import, and seldom needed

        require_url(url)
        try:
            migrate(
                "postgresql+psycopg://",
                lambda: psycopg.connect(url, connect_timeout=CONNECT_SECONDS),
                name=str(psycopg.conninfo.conninfo_to_dict(url).get("dbname", "")),
            )
        except psycopg.Error as error:
            raise translated(error) from error
        except Exception as error:
            cause = getattr(error, "orig", None)
            if isinstance(cause, psycopg.Error):
                raise translated(cause) from error
            raise
        return cls.open(url, timeout_seconds=timeout_seconds, connections_max=connections_max)

    @classmethod
    def open(cls, url: str, *, timeout_seconds: float = 30, connections_max: int = 20) -> PostgresStore:
        """Open a database that is there. `timeout_seconds` bounds the wait for a turn to write (at its worst twice
        that: in this process, and for the others), `connections_max` the connections that read at the same time.

        Raises `Unreachable` (`database-missing`, `-unreachable`, `-empty`) and `Refused` (`schema-old`, `-newer`).
        """
        require_url(url)
        # A connection of its own: the pool would hide why it cannot connect.
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
                name = connection.info.dbname
                try:
                    found = connection.execute(STATEMENT).fetchall()
                except errors.UndefinedTable:
                    found = []
        except psycopg.Error as error:
            raise translated(error) from error
        require_current(found[0][0] if found else None, database=name)
        return cls(url, timeout_seconds=timeout_seconds, connections_max=connections_max)

    def head(self) -> Head:
        """One question outside of any transaction."""
        with self._connected(HEAD) as (_, found):
            return Head(*found[0])

    @contextlib.contextmanager
    def read(self) -> Iterator[PostgresSnapshot]:
        """The first question, for the head, fixes the moment that it sees."""
        with self._connected(READ) as (connection, found):
            try:
                yield PostgresSnapshot(connection, Head(*found[0]))
            finally:
                _roll_back(connection)

    @contextlib.contextmanager
    def write(self) -> Iterator[PostgresTransaction]:
        """Waits first for the others in this process, then for those elsewhere."""
        if not self._turn.acquire(timeout=self._timeout_seconds):
            raise locked()
        try:
            connection, head = self._begin()
            transaction = PostgresTransaction(connection, head)
            try:
                yield transaction
                transaction.require_whole()
                transaction.commit()
            except BaseException:
                _roll_back(connection)
                if transaction.failure is not None:
                    # Whatever was on its way with what failed may or may not be prepared now.
                    connection.close()
                raise
        finally:
            self._turn.release()

    def close(self) -> None:
        """Ends all connections."""
        self._pool.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # Connections.

    def _configure(self, connection: Connection) -> None:
        milliseconds = max(1, int(self._timeout_seconds * 1000))
        # A number of one width makes one prepared statement of each, not one for each width of each value.
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        connection.prepared_max = PREPARED_MAX
        connection.execute(
            f"SET lock_timeout = {milliseconds}; SET statement_timeout = '{STATEMENT_SECONDS}s';"
            f" SET idle_in_transaction_session_timeout = '{IDLE_IN_BLOCK_SECONDS}s'; SET synchronous_commit = on;"
            " SET client_encoding = 'UTF8'"
        )

    @contextlib.contextmanager
    def _connected(self, statement: str) -> Iterator[tuple[Connection, list[Row]]]:
        """A connection of the pool on which the statement has been carried out, and what it found."""
        connection, found = self._first(statement)
        try:
            yield connection, found
        finally:
            self._pool.putconn(connection)

    def _first(self, statement: str) -> tuple[Connection, list[Row]]:
        for again in (True, False):
            try:
                connection = self._pool.getconn()
            except (PoolTimeout, PoolClosed) as error:
                raise Unreachable(
                    "database-unreachable", f"no connection to the database within {self._pool.timeout:g} s"
                ) from error
            except psycopg.Error as error:
                raise translated(error) from error
            try:
                # Every request asks for the head alone; several statements at once cannot be prepared.
                return connection, _last_of(connection.execute(statement, prepare=statement is HEAD))
            except psycopg.Error as error:
                # A server that was restarted leaves dead connections in the pool; asking again costs nothing.
                dead = connection.closed
                self._pool.putconn(connection)
                if not (dead and again):
                    raise translated(error) from error
                self._pool.check()
        raise AssertionError("the second round returns or raises")

    def _begin(self) -> tuple[Connection, Head]:
        deadline = time.monotonic() + self._timeout_seconds
        for again in (True, False):
            try:
                if self._writer is None or self._writer.closed:
                    self._writer = psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS)
                    self._configure(self._writer)
                found = _last_of(self._writer.execute(WRITE))
                if found:
                    return self._writer, Head(*found[0])
                # A restore put another row in the place of the one that was waited for.
                _roll_back(self._writer)
            except psycopg.Error as error:
                dead = self._writer is not None and self._writer.closed
                if self._writer is not None:
                    _roll_back(self._writer)
                if not (dead and again) or time.monotonic() > deadline:
                    raise translated(error) from error
        raise locked()


def require_url(url: str) -> None:
    """Return where it is a URL of PostgreSQL."""
    if not url.startswith(SCHEMES):
        raise BadInput(
            "database-url-invalid", "this is no URL of a PostgreSQL database", remedy="postgresql://host/name"
        )
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error as error:
        raise BadInput(
            "database-url-invalid", "this is no URL of a PostgreSQL database", remedy="postgresql://user@host/name"
        ) from error


def _last_of(cursor: psycopg.Cursor[Row]) -> list[Row]:
    """What the last of its statements found."""
    while cursor.nextset():
        pass
    return cursor.fetchall()


def _roll_back(connection: Connection) -> None:
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


# Errors.


def translated(error: psycopg.Error) -> ReltoError:
    """What an error of the engine means here."""
    if isinstance(error, (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)):
        return locked()
    if isinstance(error, errors.DiskFull):
        return Refused("disk-full", "the database has no room left", remedy="free some space, then try again")
    if isinstance(error, errors.UniqueViolation) and error.diag.constraint_name == "items_version":
        return Conflict("version-stored", "this version of the object is stored already")
    if isinstance(error, errors.QueryCanceled):
        return Unreachable("database-slow", f"the database did not answer within {STATEMENT_SECONDS} s")
    if isinstance(error, (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)):
        return Unreachable("database-read-only", f"the database may not be written: {_said(error)}")
    if isinstance(error, (errors.DataCorrupted, errors.IndexCorrupted)):
        return Unreachable("database-damaged", f"the database is damaged: {_said(error)}", remedy="restore a backup")
    if isinstance(error, errors.InvalidCatalogName) or ('database "' in str(error) and "does not exist" in str(error)):
        return Unreachable("database-missing", f"there is no such database: {_said(error)}", remedy="createdb")
    if isinstance(error, psycopg.OperationalError):
        return Unreachable("database-unreachable", f"the database cannot be reached: {_said(error)}")
    return Unreachable("database-failing", f"the database cannot be used: {_said(error)}", engine=error.sqlstate or "")


def locked() -> Refused:
    """Another write took too long."""
    return Refused("database-locked", "another write keeps the database locked", remedy="try again")


def _said(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
