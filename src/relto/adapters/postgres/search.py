"""The search index in tables of its own in the PostgreSQL database: an array of words for each item, under a GIN index.

Writers of items do not wait for it: it has transactions of its own, which never touch the row by which they queue.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Final, Literal

import psycopg

from relto.adapters.postgres.failure import translated
from relto.ports.search import IndexPlace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

CONNECT_SECONDS: Final = 10

LOCK: Final = 0x52_65_6C_74_6F
"""Whoever makes the tables holds this advisory lock: `CREATE … IF NOT EXISTS` of two at once may fail for one."""

_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS search_words (seq BIGINT PRIMARY KEY, words TEXT[] NOT NULL)",
    "CREATE INDEX IF NOT EXISTS search_words_words ON search_words USING GIN (words)",
    (
        "CREATE TABLE IF NOT EXISTS search_place (upto BIGINT NOT NULL, digest BYTEA NOT NULL, purge BIGINT NOT NULL,"
        " unclean BOOLEAN NOT NULL)"
    ),
    "INSERT INTO search_place SELECT 0, '', 0, FALSE WHERE NOT EXISTS (SELECT FROM search_place)",
)


NEWEST: Final = 20_000

_AMONG_NEWEST: Final = (
    "SELECT seq FROM"
    " (SELECT seq, words FROM search_words WHERE seq > %s AND seq < %s ORDER BY seq DESC OFFSET 0) newest"
    " WHERE words @> %s ORDER BY seq DESC LIMIT %s"
)
"""`OFFSET 0` keeps the order of the key, whatever the planner thinks of the words."""

_BY_WORDS: Final = (
    "SELECT seq FROM search_words WHERE words @> %s AND seq > %s AND seq <= %s ORDER BY seq + 0 DESC LIMIT %s"
)
"""`+ 0` keeps it from going through the items in the order of their key."""


class PostgresSearchIndex:
    """A `SearchIndex` in the database at this URL; its tables are made where there are none."""

    def __init__(self, url: str, *, newest: int = NEWEST) -> None:
        """Nothing is opened before it is asked. `newest`: so many items are looked through one by one first."""
        self._newest = newest
        # Whoever looks for something waits for nobody who fills the index or cleans it.
        self._looking = _Lane(url)
        self._filling = _Lane(url)

    def place(self) -> IndexPlace:
        """As the port says."""
        with self._looking.used() as connection:
            return _place(connection)

    def add(self, place: IndexPlace, words: Sequence[tuple[int, Collection[str]]], *, upto: int, digest: bytes) -> bool:
        """As the port says."""
        with self._filling.used() as connection, connection.transaction():
            if _place(connection, "FOR UPDATE") != place:
                return False
            with connection.cursor().copy("COPY search_words (seq, words) FROM STDIN") as copy:
                for seq, each in words:
                    if each:
                        copy.write_row((seq, sorted(each)))
            connection.execute("UPDATE search_place SET upto = %s, digest = %s", [upto, digest])
            return True

    def find(self, words: Sequence[str], *, after: int = 0, before: int, limit: int) -> list[int]:
        """As the port says. What many items have is among the newest, which are looked through one by one; what is not
        is had by few, which the index of words tells. The planner would have to know how seldom the words are, and
        knows it of the frequent ones alone: left to itself it goes through all items for a word that none has.
        """
        with self._looking.used() as connection:
            border = max(after, min(before - 1, _place(connection).upto) - self._newest)
            found = connection.execute(_AMONG_NEWEST, [border, before, list(words), limit]).fetchall()
            if len(found) < limit and border > after:
                found += connection.execute(_BY_WORDS, [list(words), after, border, limit - len(found)]).fetchall()
            return [seq for (seq,) in found]

    def forget(self, place: IndexPlace, seqs: Collection[int], *, purge: int) -> bool:
        """As the port says."""
        with self._filling.used() as connection, connection.transaction():
            if _place(connection, "FOR UPDATE") != place:
                return False
            connection.execute("DELETE FROM search_words WHERE seq = ANY(%s)", [list(seqs)])
            connection.execute("UPDATE search_place SET purge = %s, unclean = TRUE", [purge])
            return True

    def clean(self) -> bool:
        """As the port says, all at once. Dead rows are taken off their pages, and the index is made anew beside the one
        that is used meanwhile: words that nobody has any more would stay in it.
        """
        with self._filling.used() as connection:
            row = connection.execute("SELECT purge FROM search_place WHERE unclean").fetchone()
            if row is not None:
                connection.execute("VACUUM search_words")
                connection.execute("REINDEX INDEX CONCURRENTLY search_words_words")
                # Another process may have forgotten something since: that is still to be cleaned.
                connection.execute("UPDATE search_place SET unclean = FALSE WHERE purge = %s", row)
            return False

    def clear(self) -> None:
        """As the port says."""
        with self._filling.used() as connection, connection.transaction():
            connection.execute("TRUNCATE search_words")
            connection.execute("UPDATE search_place SET upto = 0, digest = '', purge = 0, unclean = FALSE")

    def close(self) -> None:
        """As the port says."""
        self._looking.close()
        self._filling.close()


class _Lane:
    """One connection, for one thread at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._turn = threading.Lock()
        self._connection: psycopg.Connection | None = None

    def close(self) -> None:
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextlib.contextmanager
    def used(self) -> Iterator[psycopg.Connection]:
        with self._turn:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = self._opened()
                yield self._connection
            except psycopg.Error as error:
                if self._connection is not None and self._connection.broken:
                    self._connection.close()
                    self._connection = None
                raise translated(error) from error

    def _opened(self) -> psycopg.Connection:
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS)
        # Which way is short depends on the words: a plan that is made once for all of them is not.
        connection.prepare_threshold = None
        try:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
                for statement in _TABLES:
                    connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        return connection


def _place(connection: psycopg.Connection, lock: Literal["", "FOR UPDATE"] = "") -> IndexPlace:
    row = connection.execute(f"SELECT upto, digest, purge FROM search_place {lock}").fetchone()
    return IndexPlace() if row is None else IndexPlace(row[0], bytes(row[1]), row[2])
