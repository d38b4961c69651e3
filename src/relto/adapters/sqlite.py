"""The store in one SQLite file: WAL, `synchronous=FULL`, one writer at a time in whichever process.

Connections for reading come from a pool of this store's own, and one connection writes. No commit runs a checkpoint:
a thread does when enough has been written, so that no writer waits for it. `<file>.lock` is where writers queue.

A store must not be carried across a fork: open it afterwards.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from relto.adapters.sql.revision import STATEMENT, require_current
from relto.adapters.sql.snapshot import BATCH, HEAD, PIECE_ROWS, Row, SqlSnapshot
from relto.adapters.sql.transaction import SqlTransaction, upsert
from relto.adapters.sql.turn import Turn
from relto.domain.batch import Batch
from relto.domain.errors import BadInput, Conflict, Refused, ReltoError, Unreachable
from relto.ports.store import Head, Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SCHEME = "sqlite:///"
PAGE_BYTES = 4096
"""Keys come in no order, so that a commit writes a page for almost each of them: small pages, less to write."""
READ_CACHE_KIB = 4096
WRITE_CACHE_KIB = 32768
IDLE_CONNECTIONS_MAX = 16
CHECKPOINT_BYTES = 64 * 2**20
"""A checkpoint follows when the WAL has grown beyond this."""
CHECKPOINT_PAUSE_SECONDS = 0.25
"""No two checkpoints begin within this: the file stays as long as it ever was, whatever of it is in use, so that from
then on its length says after every write that one is due."""
RESTART_BYTES = 512 * 2**20
"""Beyond this, writers wait until the WAL can begin anew: readers who never leave must not fill the disk."""
LISTED_MAX = 500

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
SCAN = "SELECT seq, class_id FROM ranks WHERE class_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
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

    def within(self, ranges: Sequence[Range], limit: int) -> list[tuple[int, int]]:
        """One prepared statement for each."""
        execute = self._connection.execute
        found: list[tuple[int, int]] = []
        try:
            for class_id, after, upto in ranges:
                found += execute(SCAN, (class_id, after, upto, limit)).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return found

    def counts(self, ranges: Sequence[Range]) -> list[int]:
        """One prepared statement for each."""
        try:
            return [self._connection.execute(COUNT, each).fetchall()[0][0] for each in ranges]
        except sqlite3.Error as error:
            raise self._failed(error) from error

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


class SqliteStore:
    """A `Store` in one file. Made by `create` or `open`."""

    def __init__(self, path: Path, *, timeout_seconds: float, durable: bool = True) -> None:
        """Use `create` or `open`."""
        self._durable = durable
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._idle: deque[sqlite3.Connection] = deque()
        self._stepping = threading.Lock()
        self._turn = Turn(path.with_name(path.name + ".lock"))
        self._writer: sqlite3.Connection | None = None
        self._busy_seconds = 0
        self._wal = Path(f"{path}-wal")
        self._checkpointer: threading.Thread | None = None
        self._checkpoint_next = 0.0

    @classmethod
    def create(cls, url: str, *, timeout_seconds: float = 30, durable: bool = True) -> SqliteStore:
        """Make the file where there is none, bring its tables to this program's, and open it.

        Not `durable`: nothing of it has to outlive the process.
        """
        from relto.adapters.sql.migrate import migrate  # noqa: PLC0415 - slow to import, and seldom needed

        path = path_of(url)
        turn = Turn(path.with_name(path.name + ".lock"))
        try:
            if not turn.wait(timeout_seconds):
                raise locked(path)
        except OSError as error:
            raise unreachable(path, error) from error
        try:
            _prepare(path)
            migrate("sqlite://", lambda: sqlite3.connect(path), name=str(path))
        except sqlite3.Error as error:
            raise translated(error, path) from error
        except Exception as error:
            cause = getattr(error, "orig", None)
            if isinstance(cause, sqlite3.Error):
                raise translated(cause, path) from error
            raise
        finally:
            turn.done()
            turn.close()
        return cls.open(url, timeout_seconds=timeout_seconds, durable=durable)

    @classmethod
    def open(cls, url: str, *, timeout_seconds: float = 30, durable: bool = True) -> SqliteStore:
        """Open a database that is there. `timeout_seconds` bounds the wait for a turn to write.

        Raises `Unreachable` (`database-missing`, `-empty`, `-damaged`, …) and `Refused` (`schema-old`, `-newer`).
        """
        store = cls(path_of(url), timeout_seconds=timeout_seconds, durable=durable)
        try:
            require_current(store._revision(), database=str(store._path))
        except BaseException:
            store.close()
            raise
        return store

    def head(self) -> Head:
        """On a connection that is not in a transaction: always what was committed last."""
        connection = self._take()
        try:
            return Head(*connection.execute(HEAD).fetchall()[0])
        except sqlite3.Error as error:
            raise translated(error, self._path) from error
        finally:
            self._give_back(connection)

    @contextlib.contextmanager
    def read(self) -> Iterator[SqliteSnapshot]:
        """Its first question fixes the moment that it sees."""
        connection = self._take()
        try:
            connection.execute("BEGIN")
            yield SqliteSnapshot(connection, self._path, self._stepping)
        finally:
            with contextlib.suppress(sqlite3.Error):
                connection.rollback()
            self._give_back(connection)

    @contextlib.contextmanager
    def write(self) -> Iterator[SqliteTransaction]:
        """Waits in the queue of all processes."""
        deadline = time.monotonic() + self._timeout_seconds
        try:
            if not self._turn.wait(self._timeout_seconds):
                raise locked(self._path)
        except OSError as error:
            raise unreachable(self._path, error) from error
        try:
            connection = self._begin(deadline)
            transaction = SqliteTransaction(connection, self._path, self._stepping)
            try:
                yield transaction
                transaction.require_whole()
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.rollback()
                raise
            self._commit(connection)
        finally:
            self._turn.done()
        self._checkpoint_if_due()

    def close(self) -> None:
        """The last one of all processes that closes also empties the WAL into the file."""
        if self._checkpointer is not None:
            self._checkpointer.join()
        while self._idle:
            self._idle.pop().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._turn.close()

    # Connections.

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return connected(self._path, cache_kib=READ_CACHE_KIB, read_only=True)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < IDLE_CONNECTIONS_MAX:
            self._idle.append(connection)
        else:
            connection.close()

    def _revision(self) -> str | None:
        connection = self._take()
        try:
            found = connection.execute(STATEMENT).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise translated(error, self._path) from error
        except sqlite3.Error as error:
            raise translated(error, self._path) from error
        finally:
            self._give_back(connection)
        return found[0][0] if found else None

    def _begin(self, deadline: float) -> sqlite3.Connection:
        try:
            if self._writer is None:
                self._writer = connected(self._path, cache_kib=WRITE_CACHE_KIB, read_only=False)
                if not self._durable:
                    self._writer.execute("PRAGMA synchronous = OFF")
            # Only a program that does not queue here (`sqlite3`, a backup) can keep it busy now.
            left = max(1, math.ceil(deadline - time.monotonic()))
            if left != self._busy_seconds:
                self._writer.execute(f"PRAGMA busy_timeout = {1000 * left}")
                self._busy_seconds = left
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise translated(error, self._path) from error
        return self._writer

    def _commit(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                connection.rollback()
            if name_of(error).startswith("SQLITE_IOERR"):
                # The frame that makes it a commit may be in the WAL, and may even be on the disk.
                raise Unreachable(
                    "commit-unknown", f"the disk failed while `{self._path}` was written; it may or may not be done"
                ) from error
            raise translated(error, self._path) from error

    # Checkpoints.

    def _checkpoint_if_due(self) -> None:
        try:
            size = os.stat(self._wal).st_size  # noqa: PTH116 - on the path of every write
        except OSError:
            return
        if size <= CHECKPOINT_BYTES or time.monotonic() < self._checkpoint_next:
            return
        running = self._checkpointer
        if running is None or not running.is_alive():
            self._checkpoint_next = time.monotonic() + CHECKPOINT_PAUSE_SECONDS
            self._checkpointer = threading.Thread(
                target=self._checkpoint, args=(size > RESTART_BYTES,), name="relto-checkpoint"
            )
            self._checkpointer.start()

    def _checkpoint(self, restart: bool) -> None:  # noqa: FBT001 - a thread's argument
        """Copy the WAL into the file. What fails here is tried again after a later write; nothing is lost by that."""
        with contextlib.suppress(sqlite3.Error, ReltoError, OSError):
            connection = connected(self._path, cache_kib=READ_CACHE_KIB, read_only=False)
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                if restart and self._turn.wait(self._timeout_seconds):
                    try:
                        connection.execute("PRAGMA busy_timeout = 2000")
                        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    finally:
                        self._turn.done()
            finally:
                connection.close()


def path_of(url: str) -> Path:
    """The file of `sqlite:///path` (four slashes for an absolute one)."""
    if not url.startswith(SCHEME) or len(url) == len(SCHEME):
        raise BadInput("database-url-invalid", f"`{url}` is no URL of an SQLite file", remedy="sqlite:///path/to/file")
    return Path(url.removeprefix(SCHEME))


def connected(path: Path, *, cache_kib: int, read_only: bool) -> sqlite3.Connection:
    """A connection to a file that is there, with our settings."""
    if not path.is_file():
        raise missing(path)
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
    except sqlite3.Error as error:
        raise translated(error, path) from error
    try:
        for pragma in (
            "synchronous = FULL",
            f"cache_size = -{cache_kib}",
            "wal_autocheckpoint = 0",
            "busy_timeout = 5000",
            "temp_store = MEMORY",
            f"query_only = {int(read_only)}",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        connection.close()
        raise translated(error, path) from error
    return connection


def _prepare(path: Path) -> None:
    """Make the file, and set what can only be set before there are tables."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Nobody else on the machine may read what others keep secret.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise unreachable(path, error) from error
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    finally:
        connection.close()


# Errors.


def name_of(error: sqlite3.Error) -> str:
    """SQLite's own name of the error, empty where it comes from the module."""
    return getattr(error, "sqlite_errorname", "") or ""


def translated(error: sqlite3.Error, path: Path) -> ReltoError:
    """What an error of the engine means here."""
    name = name_of(error)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return locked(path)
    # The second is what a full disk makes of opening: the file that its readers share cannot be laid out.
    if name in {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"}:
        return Refused(
            "disk-full", f"there is no room left to write `{path}`", remedy="free some space, then try again"
        )
    if name == "SQLITE_CONSTRAINT_UNIQUE" and "items.key" in str(error):
        return Conflict("version-stored", "this version of the object is stored already")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Unreachable(
            "database-damaged", f"`{path}` is damaged, or no database at all: {error}", remedy="restore a backup"
        )
    if name.startswith("SQLITE_READONLY"):
        return Unreachable(
            "database-read-only", f"`{path}` or its folder cannot be written", remedy="check who owns it"
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        if not path.exists():
            return missing(path)
        return Unreachable(
            "database-unreachable", f"`{path}` cannot be opened", remedy="check who may read and write it"
        )
    return Unreachable("database-failing", f"`{path}` cannot be used: {error}", engine=name)


def locked(path: Path) -> Refused:
    """Another write took too long."""
    return Refused("database-locked", f"another write keeps `{path}` locked", remedy="try again")


def missing(path: Path) -> Unreachable:
    """There is no such file."""
    return Unreachable("database-missing", f"there is no database `{path}`", remedy="relto init")


def unreachable(path: Path, error: OSError) -> ReltoError:
    """The folder, or the file beside the database, cannot be used."""
    if isinstance(error, FileNotFoundError):
        return missing(path)
    return Unreachable(
        "database-unreachable", f"`{path}` cannot be used: {error.strerror}", remedy="check who may read and write it"
    )
