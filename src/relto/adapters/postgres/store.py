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
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from relto.adapters.postgres.block import Connection, PostgresSnapshot, PostgresTransaction, all_of, last_of, roll_back
from relto.adapters.postgres.failure import STATEMENT_SECONDS, locked, translated
from relto.adapters.sql.log import LOG, log_head
from relto.adapters.sql.revision import STATEMENT, require_current
from relto.adapters.sql.snapshot import HEAD, Row
from relto.domain.errors import BadInput, Unreachable
from relto.ports.store import Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.ports.store import LogHead

# Whatever it warns of comes to the caller as an error of ours; a stray line would stand in a command's output.
logging.getLogger("psycopg").setLevel(logging.ERROR)

SCHEMES = ("postgresql://", "postgres://")
CONNECT_SECONDS = 10
IDLE_IN_BLOCK_SECONDS = 600
"""A block whose process says nothing for so long is ended by the server, and lets others write again."""
PREPARED_MAX = 300

# The head on the way with the beginning, in one journey: every block asks for it.
READ = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {HEAD}"
# The head's row is the lock of all writers; READ COMMITTED, so that what follows sees what the one before committed.
# The log's head comes along: whatever is recorded goes behind what is there.
WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED; {HEAD} FOR UPDATE; {LOG}"


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
                roll_back(connection)

    @contextlib.contextmanager
    def write(self) -> Iterator[PostgresTransaction]:
        """Waits first for the others in this process, then for those elsewhere."""
        if not self._turn.acquire(timeout=self._timeout_seconds):
            raise locked()
        try:
            connection, head, log = self._begin()
            transaction = PostgresTransaction(connection, head, log)
            try:
                yield transaction
                transaction.require_whole()
                transaction.commit()
            except BaseException:
                roll_back(connection)
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
                return connection, last_of(connection.execute(statement, prepare=statement is HEAD))
            except psycopg.Error as error:
                # A server that was restarted leaves dead connections in the pool; asking again costs nothing.
                dead = connection.closed
                self._pool.putconn(connection)
                if not (dead and again):
                    raise translated(error) from error
                self._pool.check()
        raise AssertionError("the second round returns or raises")

    def _begin(self) -> tuple[Connection, Head, LogHead]:
        deadline = time.monotonic() + self._timeout_seconds
        for again in (True, False):
            try:
                if self._writer is None or self._writer.closed:
                    self._writer = psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS)
                    self._configure(self._writer)
                _, found, log = all_of(self._writer.execute(WRITE))
                if found:
                    return self._writer, Head(*found[0]), log_head(log)
                # A restore put another row in the place of the one that was waited for.
                roll_back(self._writer)
            except psycopg.Error as error:
                dead = self._writer is not None and self._writer.closed
                if self._writer is not None:
                    roll_back(self._writer)
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
