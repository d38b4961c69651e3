"""The search index in a SQLite file of its own beside the database: FTS5, with words that are ours already.

A file of its own, since it is no truth: nobody who stores items waits for it, and it may be thrown away. A crash may
lose what went in last (`synchronous=NORMAL`); the place is in the same transaction, so what is lost is taken in again.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from relto.adapters.sqlite.failure import translated
from relto.ports.search import IndexPlace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

BUSY_SECONDS: Final = 10.0
CACHE_KIB: Final = 8_192

MERGE_PAGES: Final = 2_000
"""So many pages of the index are written anew in one step of cleaning."""

CLEAN, BEGIN, GO_ON, MERGED = 0, 1, 2, 3
"""How cleaning stands: there is nothing to do, or something was forgotten, or the segments are being merged, or what
was written lately (`-wal`) has it still.
"""

# Words are made by `domain/findable.py` and joined by blanks: nothing is to be taken apart or folded here.
_TABLES: Final = """
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
    text, detail=none, columnsize=0, tokenize="ascii tokenchars '.:/@_-'"
);
CREATE TABLE IF NOT EXISTS place (
    upto INTEGER NOT NULL, digest BLOB NOT NULL, purge INTEGER NOT NULL, unclean INTEGER NOT NULL
);
"""


class SqliteSearchIndex:
    """A `SearchIndex` in one file, which is made where there is none."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before it is asked."""
        self._path = path
        # Whoever looks for something waits for nobody who fills the index.
        self._looking = _Lane(path)
        self._filling = _Lane(path)

    def place(self) -> IndexPlace:
        """As the port says."""
        with self._looking.used() as connection:
            return _place(connection)

    def add(self, place: IndexPlace, words: Sequence[tuple[int, Collection[str]]], *, upto: int, digest: bytes) -> bool:
        """As the port says."""
        with self._filling.used() as connection, _block(connection):
            if _place(connection) != place:
                return False
            rows = ((seq, " ".join(sorted(each))) for seq, each in words if each)
            connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)
            connection.execute("UPDATE place SET upto = ?, digest = ?", [upto, digest])
            return True

    def find(self, words: Sequence[str], *, after: int = 0, before: int, limit: int) -> list[int]:
        """As the port says."""
        asked = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
        with self._looking.used() as connection:
            rows = connection.execute(
                "SELECT rowid FROM words WHERE words MATCH ? AND rowid > ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
                [asked, after, before, limit],
            )
            return [seq for (seq,) in rows]

    def forget(self, place: IndexPlace, seqs: Collection[int], *, purge: int) -> bool:
        """As the port says."""
        with self._filling.used() as connection, _block(connection):
            if _place(connection) != place:
                return False
            connection.executemany("DELETE FROM words WHERE rowid = ?", ([seq] for seq in seqs))
            connection.execute("UPDATE place SET purge = ?, unclean = ?", [purge, BEGIN])
            return True

    def clean(self) -> bool:
        """As the port says. What is deleted stays in its segment until that is merged, and is then written over."""
        with self._filling.used() as connection:
            # Mostly there is nothing to do, and to see that takes no lock.
            if _unclean(connection) == CLEAN:
                return False
            with _block(connection):
                unclean = _unclean(connection)
                if unclean in {BEGIN, GO_ON}:
                    before = connection.total_changes
                    # A negative number of pages begins to merge all segments into one; each further step goes on.
                    pages = MERGE_PAGES if unclean == GO_ON else -MERGE_PAGES
                    connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", [pages])
                    # The statement itself counts as one change.
                    is_merged = unclean == GO_ON and connection.total_changes - before < 2
                    connection.execute("UPDATE place SET unclean = ?", [MERGED if is_merged else GO_ON])
                    return True
            if unclean == CLEAN:
                return False
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                # Somebody looks at what was; only when nobody does any more can it be taken off the disk.
                return True
            # Another process may have forgotten something since: that is still to be cleaned.
            done = connection.execute("UPDATE place SET unclean = ? WHERE unclean = ?", [CLEAN, MERGED])
            return done.rowcount == 0

    def clear(self) -> None:
        """As the port says."""
        with self._filling.used() as connection, _block(connection):
            connection.execute("DROP TABLE words")
            connection.execute("DROP TABLE place")
            _make(connection)
            connection.execute("UPDATE place SET unclean = ?", [MERGED])

    def close(self) -> None:
        """As the port says."""
        self._looking.close()
        self._filling.close()


class _Lane:
    """One connection, for one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextlib.contextmanager
    def used(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            try:
                if self._connection is None:
                    self._connection = self._opened()
                yield self._connection
            except sqlite3.Error as error:
                raise translated(error, self._path) from error

    def close(self) -> None:
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        with contextlib.suppress(OSError):
            # It is as private as the database; what stands in the way of it, SQLite says better.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}", uri=True, isolation_level=None, timeout=BUSY_SECONDS,
            check_same_thread=False,
        )  # fmt: skip
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'place'").fetchone() is None:
                with _block(connection):
                    _make(connection)
        except BaseException:
            connection.close()
            raise
        return connection


@contextlib.contextmanager
def _block(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that begins as a writer's: two that fill the index take turns."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _make(connection: sqlite3.Connection) -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    if connection.execute("SELECT count(*) FROM place").fetchone() == (0,):
        connection.execute("INSERT INTO place VALUES (0, x'', 0, 0)")


def _unclean(connection: sqlite3.Connection) -> int:
    """How cleaning stands."""
    return int(connection.execute("SELECT unclean FROM place").fetchone()[0])


def _place(connection: sqlite3.Connection) -> IndexPlace:
    return IndexPlace(*connection.execute("SELECT upto, digest, purge FROM place").fetchone())
