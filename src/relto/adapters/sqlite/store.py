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
from typing import TYPE_CHECKING
from urllib.parse import quote

from relto.adapters.sql.revision import STATEMENT, require_current
from relto.adapters.sql.snapshot import HEAD
from relto.adapters.sql.turn import Turn
from relto.adapters.sqlite.block import SqliteSnapshot, SqliteTransaction
from relto.adapters.sqlite.failure import locked, missing, name_of, translated, unreachable
from relto.domain.errors import BadInput, ReltoError, Unreachable
from relto.ports.store import Head

if TYPE_CHECKING:
    from collections.abc import Iterator

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
