"""The floor: the same bytes into and out of the same databases, with no Relto in between.

Two floors of writing. `bare`: one table of a number and the bytes. `rows`: the very rows that Relto stored, into the
very tables and indexes, in transactions of the same size; nothing is read, judged, hashed or classified. What has to
store these rows can be no quicker. Both wait for the disk at each commit.

Pages are read by the primary key of the bare table: in this process, and over HTTP from a server that can do nothing
else (`floor_server.py`).
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from bench import process
from bench.client import Target

TRANSACTION_ITEMS = 2_500
"""As many as Relto stores in one transaction."""

BARE = "CREATE TABLE floor (seq {number} PRIMARY KEY, raw {raw} NOT NULL)"
TABLES = ("items", "ranks")
"""The tables of Relto that get a row for each item."""

Rows = Sequence[tuple[object, ...]]


def sqlite_connection(path: Path) -> sqlite3.Connection:
    """With the settings that Relto writes with, but for checkpoints: they are where SQLite has them."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -32768", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def sqlite_bare(path: Path, objects: Sequence[bytes]) -> float:
    """Seconds to write the objects into a bare table of a new file."""
    with contextlib.closing(sqlite_connection(path)) as connection:
        connection.execute(BARE.format(number="INTEGER", raw="BLOB"))
        began = time.perf_counter()
        for start in range(0, len(objects), TRANSACTION_ITEMS):
            connection.execute("BEGIN IMMEDIATE")
            rows = enumerate(objects[start : start + TRANSACTION_ITEMS], start + 1)
            connection.executemany("INSERT INTO floor VALUES (?, ?)", rows)
            connection.execute("COMMIT")
        return time.perf_counter() - began


def sqlite_rows(source: Path, target: Path) -> tuple[float, int]:
    """Seconds to write the rows of one node's file into the empty tables of another's, and how many items they were."""
    with contextlib.closing(sqlite3.connect(source)) as connection:
        held = {name: connection.execute(f"SELECT * FROM {name} ORDER BY seq").fetchall() for name in TABLES}
    with contextlib.closing(sqlite_connection(target)) as connection:
        marks = {name: ", ".join("?" * len(rows[0])) for name, rows in held.items()}
        began = time.perf_counter()
        for start in range(0, len(held["items"]), TRANSACTION_ITEMS):
            connection.execute("BEGIN IMMEDIATE")
            for name, rows in held.items():
                some = rows[start : start + TRANSACTION_ITEMS]
                connection.executemany(f"INSERT INTO {name} VALUES ({marks[name]})", some)
            connection.execute("COMMIT")
        return time.perf_counter() - began, len(held["items"])


def postgres_bare(url: str, objects: Sequence[bytes]) -> float:
    """As `sqlite_bare`, by COPY into a table that is made anew."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS floor")
        connection.execute(BARE.format(number="bigint", raw="bytea"))
        began = time.perf_counter()
        for start in range(0, len(objects), TRANSACTION_ITEMS):
            rows = list(enumerate(objects[start : start + TRANSACTION_ITEMS], start + 1))
            _copy(connection, "COPY floor FROM STDIN (FORMAT BINARY)", ["int8", "bytea"], rows)
        return time.perf_counter() - began


def postgres_rows(source: str, target: str) -> tuple[float, int]:
    """As `sqlite_rows`, by COPY."""
    held: dict[str, tuple[list[str], Rows]] = {}
    with psycopg.connect(source) as connection:
        for name in TABLES:
            with connection.cursor(binary=True) as cursor:
                stored = cursor.execute(f"SELECT * FROM {name} ORDER BY seq").fetchall()
                types = connection.adapters.types
                kinds = [types[column.type_code].name for column in cursor.description or ()]
            held[name] = kinds, stored
    with psycopg.connect(target, autocommit=True) as connection:
        began = time.perf_counter()
        for start in range(0, len(held["items"][1]), TRANSACTION_ITEMS):
            with connection.transaction():
                for name, (kinds, rows) in held.items():
                    some = rows[start : start + TRANSACTION_ITEMS]
                    _copy(connection, f"COPY {name} FROM STDIN (FORMAT BINARY)", kinds, some)
        return time.perf_counter() - began, len(held["items"][1])


def _copy(connection: psycopg.Connection[tuple[object, ...]], statement: str, kinds: list[str], rows: Rows) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(row)


def page(connection: sqlite3.Connection, after: int, count: int) -> bytes:
    """A page of the bare table, as an envelope."""
    found = connection.execute("SELECT raw FROM floor WHERE seq > ? ORDER BY seq LIMIT ?", (after, count)).fetchall()
    return b'{"more":true,"objects":[' + b",".join([raw for (raw,) in found]) + b"]}"


def page_seconds(path: Path, afters: Sequence[int], count: int) -> list[float]:
    """Seconds of pages read in this process."""
    found = []
    with contextlib.closing(sqlite_connection(path)) as connection:
        for after in afters:
            began = time.perf_counter()
            page(connection, after, count)
            found.append(time.perf_counter() - began)
    return found


@contextlib.contextmanager
def serving(path: Path) -> Iterator[tuple[Target, int]]:
    """A server of pages of the bare table, and its process: `after` and `limit` say which page."""
    port = process.free_port()
    command = [sys.executable, Path(__file__).with_name("floor_server.py"), path, str(port)]
    log = path.with_suffix(".log")
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    with process.serving(command, port=port, log=log, environment=environment) as running:
        yield Target("127.0.0.1", port, "/", "none"), running.pid
