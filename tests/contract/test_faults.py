"""When an engine fails: no error of a driver gets out, nothing is half done, and what is in doubt is said to be."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import threading
import time
from pathlib import Path

import psycopg
import pytest
from tests.contract.content import append, audit, class_of, fill, item

from relto.adapters.database import create_database, open_database
from relto.adapters.sql.turn import Turn
from relto.domain.errors import Refused, ReltoError, Unreachable
from relto.domain.ranges import OPEN

# SQLite.


@pytest.fixture
def sqlite(sqlite_url):
    store = create_database(sqlite_url, timeout_seconds=0.2)
    fill(store, "indicator")
    yield store
    store.close()


def test_a_full_disk_refuses_the_write_and_spares_the_rest(sqlite):
    pages = sqlite._writer.execute("PRAGMA page_count").fetchall()[0][0]
    sqlite._writer.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(Refused) as caught, sqlite.write() as transaction:
        append(transaction, [item(1, place, raw=b"x" * 100_000) for place in range(20)])
    assert caught.value.code == "disk-full"
    audit(sqlite)
    assert sqlite.head().last_seq == 1
    sqlite._writer.execute("PRAGMA max_page_count = 1000000")
    fill(sqlite, "report")
    audit(sqlite)


def test_a_program_that_does_not_queue_is_waited_for_and_then_refused(sqlite, sqlite_url):
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused) as caught:
        fill(sqlite, "indicator")
    assert caught.value.code == "database-locked"
    assert sqlite.head().last_seq == 1
    other.execute("ROLLBACK")
    other.close()
    fill(sqlite, "indicator")
    audit(sqlite)


def test_a_page_that_was_overwritten_is_damage_and_no_error_of_the_engine(sqlite_url):
    store = create_database(sqlite_url)
    fill(store, *["indicator"] * 500)
    store.close()
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096 * 2)
        raw.write(os.urandom(size - 4096 * 2))
    with pytest.raises(Unreachable) as caught:
        look_at_everything(sqlite_url)
    assert caught.value.code == "database-damaged"


def look_at_everything(url):
    store = open_database(url)
    try:
        with store.read() as snapshot:
            snapshot.accounts()
            snapshot.bodies(range(1, 600))
            snapshot.counts([(row.id, 0, OPEN) for row in snapshot.classes()])
    finally:
        store.close()


def test_of_the_threads_of_a_process_one_at_a_time_reads_many_items(sqlite):
    read = threading.Event()

    def go():
        with sqlite.read() as snapshot:
            assert snapshot.bodies([1])
            assert snapshot.records_between(0, 1)
        read.set()

    thread = threading.Thread(target=go)
    with sqlite._stepping:
        thread.start()
        assert not read.wait(0.05)
        # Who has little to ask waits for nobody, and neither does who writes.
        with sqlite.read() as snapshot:
            assert snapshot.setting("party") is None
        fill(sqlite, "indicator")
    assert read.wait(10)
    thread.join()


def test_a_file_that_went_away_is_missing_for_who_comes_later(sqlite, sqlite_url):
    Path(sqlite_url.removeprefix("sqlite:///")).unlink()
    with pytest.raises(Unreachable) as caught:
        open_database(sqlite_url)
    assert caught.value.code == "database-missing"


def test_whoever_gave_up_waiting_leaves_the_queue_in_order(tmp_path):
    first, second = Turn(tmp_path / "lock"), Turn(tmp_path / "lock")
    assert first.wait(1)
    assert not second.wait(0.05)
    assert not second.wait(0.05)
    first.done()
    # Those who gave up are still in the kernel's queue for a moment, and let go at once.
    assert second.wait(10)
    assert not first.wait(0.05)
    second.done()
    assert first.wait(10)
    first.done()
    first.close()
    second.close()


def test_the_wal_is_emptied_beside_the_writers(sqlite_url, monkeypatch):
    monkeypatch.setattr("relto.adapters.sqlite.store.CHECKPOINT_BYTES", 100_000)
    monkeypatch.setattr("relto.adapters.sqlite.store.RESTART_BYTES", 200_000)
    monkeypatch.setattr("relto.adapters.sqlite.store.CHECKPOINT_PAUSE_SECONDS", 0)
    store = create_database(sqlite_url)
    wal = Path(sqlite_url.removeprefix("sqlite:///") + "-wal")
    sizes = []
    for place in range(30):
        with store.write() as transaction:
            append(transaction, [item(class_of(transaction), place, raw=b"x" * 50_000)])
        store._checkpointer and store._checkpointer.join()
        sizes.append(wal.stat().st_size)
    assert max(sizes) < 600_000
    audit(store)
    store.close()
    assert not wal.exists()


def test_a_long_wal_is_not_looked_at_after_every_write(sqlite_url, monkeypatch):
    monkeypatch.setattr("relto.adapters.sqlite.store.CHECKPOINT_BYTES", 0)
    monkeypatch.setattr("relto.adapters.sqlite.store.CHECKPOINT_PAUSE_SECONDS", 3_600)
    store = create_database(sqlite_url)
    begun = []
    monkeypatch.setattr(store, "_checkpoint", begun.append)
    for number in range(5):
        fill(store, "indicator")
        store._checkpointer.join()
        if number == 2:
            # Its time has passed.
            store._checkpoint_next = 0
    assert begun == [False, False]
    store.close()


# PostgreSQL.


@pytest.fixture
def postgres(postgres_url):
    store = create_database(postgres_url, timeout_seconds=5)
    fill(store, "indicator")
    yield store
    store.close()


def terminate_all(url):
    """Whatever is connected to the database, as a server does when it is restarted."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgres
def test_a_server_that_was_restarted_is_noticed_by_nobody_who_comes_later(postgres, postgres_url):
    with postgres.read() as one, postgres.read() as two:
        assert one.head() == two.head()
    terminate_all(postgres_url)
    assert postgres.head().last_seq == 1
    terminate_all(postgres_url)
    fill(postgres, "indicator")
    terminate_all(postgres_url)
    with postgres.read() as snapshot:
        assert snapshot.head().last_seq == 2
    audit(postgres)


@pytest.mark.postgres
def test_a_connection_that_breaks_in_a_block_undoes_the_block(postgres, postgres_url, caplog):

    def work(transaction, *, asks):
        append(transaction, [item(1, "a")])
        terminate_all(postgres_url)
        transaction.put_setting("a", "1")
        if asks:
            transaction.setting("a")

    def look(snapshot):
        snapshot.setting("a")
        terminate_all(postgres_url)
        snapshot.setting("a")

    with pytest.raises(Unreachable) as caught, postgres.write() as transaction:
        work(transaction, asks=True)
    assert caught.value.code == "database-unreachable"
    assert postgres.head().last_seq == 1
    # What is noticed only by the commit leaves whoever wrote in doubt, but nothing half done.
    with pytest.raises(Unreachable) as caught, postgres.write() as transaction:
        work(transaction, asks=False)
    assert caught.value.code == "commit-unknown"
    assert postgres.head().last_seq == 1
    with pytest.raises(Unreachable) as caught, postgres.read() as snapshot:
        look(snapshot)
    assert caught.value.code == "database-unreachable"
    assert caplog.records == []
    fill(postgres, "indicator")
    audit(postgres)


class Cutter:
    """Stands between a store and the server's socket, and cuts the connection around a `COMMIT`, as told:
    `before` it reaches the server, or when it is done and only the `answer` is still to come.
    """

    def __init__(self, folder, server):
        self.cut = None
        self._server = server
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source, target, from_client):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if from_client and b"COMMIT\x00" in data and self.cut:
                    if self.cut == "answer":
                        self.cut = "answering"
                        target.sendall(data)
                        continue
                    break
                if not from_client and self.cut == "answering":
                    break
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.mark.postgres
@pytest.mark.parametrize(("cut", "last_seq"), [("before", 1), ("answer", 2)])
def test_a_connection_that_breaks_during_the_commit_leaves_doubt_and_says_so(
    cut, last_seq, postgres, postgres_url, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("s")
    server = psycopg.conninfo.conninfo_to_dict(postgres_url)["host"]
    cutter = Cutter(folder, f"{server}/.s.PGSQL.5432")
    store = open_database(postgres_url.replace(str(server), str(folder)), timeout_seconds=5)
    assert store.head().last_seq == 1
    cutter.cut = cut
    with pytest.raises(Unreachable) as caught:
        fill(store, "report")
    assert caught.value.code == "commit-unknown"
    cutter.cut = None
    # The server may find out later than we do that nobody is there any more; the next writer waits for that.
    fill(postgres, "sighting")
    assert store.head().last_seq == last_seq + 1
    audit(postgres)
    store.close()
    cutter.close()


@pytest.mark.postgres
def test_a_writer_elsewhere_is_waited_for_and_then_refused(postgres, postgres_url):
    impatient = open_database(postgres_url, timeout_seconds=0.2)
    with postgres.write() as transaction:
        transaction.put_setting("a", "1")
        with pytest.raises(Refused) as caught:
            fill(impatient, "indicator")
        assert caught.value.code == "database-locked"
    fill(impatient, "indicator")
    audit(postgres)
    impatient.close()


@pytest.mark.postgres
def test_tables_that_went_away_are_no_error_of_the_driver(postgres, postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP TABLE items, head")
    for action in (postgres.head, lambda: fill(postgres, "indicator")):
        with pytest.raises(ReltoError) as caught:
            action()
        assert caught.value.code == "database-failing"


@pytest.mark.postgres
def test_whoever_waits_while_a_restore_replaces_the_head_begins_anew(postgres, postgres_url):
    waiting = threading.Event()

    def write():
        waiting.set()
        fill(postgres, "indicator")

    before = postgres.head().last_seq
    thread = threading.Thread(target=write)
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT 1 FROM head FOR UPDATE")
        thread.start()
        assert waiting.wait(5)
        with psycopg.connect(postgres_url, autocommit=True) as looking:
            deadline = time.monotonic() + 5
            while not looking.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchall():
                assert time.monotonic() < deadline
                time.sleep(0.01)
        other.execute("CREATE TEMP TABLE copy AS SELECT * FROM head")
        other.execute("DELETE FROM head")
        other.execute("INSERT INTO head SELECT * FROM copy")
    thread.join(10)
    assert postgres.head().last_seq == before + 1
    audit(postgres)
