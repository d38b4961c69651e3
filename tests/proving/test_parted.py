"""Parted: what two processes find of a log together is what one finds of it alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from tests.proving.conftest import Told, untold
from tests.proving.story import signed, tell
from tests.proving.test_planted import skipped
from tests.replayed import PARTING, blocks, faults_of
from tests.simulation.sharing import Sharing

from relto.adapters.archive import Archive
from relto.adapters.database import create_database
from relto.adapters.sqlite import SqliteStore
from relto.domain.errors import Unreachable
from relto.usecases.evidence.check.checking import Verdict
from relto.usecases.evidence.check.parted import PARTS, Carried, Parting, join
from relto.usecases.evidence.expected import Expected
from relto.usecases.evidence.faults import Fault, in_order
from relto.usecases.reading import Query
from relto.wiring import parted
from relto.wiring.proving import export_log, reader, verify_archive, verify_store


@pytest.fixture(autouse=True)
def _no_log_is_short(monkeypatch):
    monkeypatch.setattr(parted, "MANY", 0)


def both(check: Callable[[int], Verdict]) -> list[Verdict]:
    return [check(processes) for processes in (1, 2)]


def test_an_archive_is_found_as_it_is_by_both(told: Told):
    alone, together = both(lambda processes: verify_archive(told.archive, told.keys, untold, processes=processes))
    assert together == alone
    assert alone.ok
    assert alone.deliveries


def test_a_node_is_found_as_it_is_by_both(told: Told, tmp_path):
    url = f"sqlite:///{tmp_path / 'relto.db'}"
    (tmp_path / "relto.db").write_bytes(told.database.read_bytes())
    store = SqliteStore.open(url)

    def check(processes: int) -> Verdict:
        return verify_store(store, told.keys, untold, url=url, processes=processes, read=reader())

    try:
        alone, together = both(check)
        assert together == alone
        assert alone.ok
        with store.write() as tx:
            tx.run("DELETE FROM tracks")
            # Bytes of another object, which have other words: both that and what they are classified as is wrong.
            raw = b'{"type":"indicator","id":"indicator--x","modified":"2025-01-01T00:00:00Z","labels":["naval"]}'
            tx.run("UPDATE items SET raw = ? WHERE seq = (SELECT max(seq) FROM items)", (raw,))
        alone, together = both(check)
        assert together.faults == alone.faults
        assert {each.code for each in alone.faults} == {"table-other", "class-other"}
    finally:
        store.close()


def test_both_find_the_same_on_either_engine(database_url, tmp_path):
    store = create_database(database_url)
    try:
        tell(store)
        keys = signed(store, tmp_path)
        alone, together = both(
            lambda processes: verify_store(store, keys, untold, url=database_url, processes=processes, read=reader())
        )
        assert together == alone
        assert alone.ok
    finally:
        store.close()


def test_what_one_of_both_finds_of_its_readers_is_told(tmp_path, monkeypatch):
    """Each reader is passed over one item; some are judged by one process, some by the other."""
    store = SqliteStore.create(f"sqlite:///{tmp_path / 'relto.db'}")
    sharing = Sharing(store=store)
    clients = [sharing.client(sharing.world.account(f"reader-{number}", "UKR")) for number in range(8)]
    with monkeypatch.context() as planted:
        skipped(planted)
        sharing.give("one", "two", "three")
        for client in clients:
            sharing.world.settle_clock()
            sharing.world.walk(client)
    keys = signed(store, tmp_path)
    export_log(store, tmp_path / "log.zip", keys, untold)
    store.close()
    alone, together = both(lambda processes: verify_archive(tmp_path / "log.zip", keys, untold, processes=processes))
    assert together.faults == alone.faults
    assert sum(fault.code == "item-skipped" for fault in together.faults) == len(clients)


def test_an_archive_that_is_damaged_is_so_for_both(told: Told, tmp_path):
    raw = told.archive.read_bytes()
    bent = tmp_path / "bent.zip"
    bent.write_bytes(raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 1]) + raw[len(raw) // 2 + 1 :])
    alone, together = both(lambda processes: verify_archive(bent, told.keys, untold, processes=processes))
    assert together.faults == alone.faults != []


def dying(*_: object) -> Carried:
    os._exit(3)


def unable(*_: object) -> Carried:
    raise Unreachable("database-unreachable", "there are connections enough for one process")


@pytest.mark.parametrize("lost", [dying, unable])
def test_what_another_process_does_not_find_is_found_here(told: Told, monkeypatch, lost, capfd):
    monkeypatch.setattr(parted, "_alone", lost)
    alone, together = both(lambda processes: verify_archive(told.archive, told.keys, untold, processes=processes))
    assert together == alone
    assert alone.ok
    assert capfd.readouterr().err == ""


BEHIND = """
import os, sys
from pathlib import Path
from relto.wiring import parted
from relto.wiring.proving import read_keys, verify_archive

if __name__ == "__main__":
    archive, keys, number = sys.argv[1:]
    parted.MANY = 0
    os.dup2(os.open(archive, os.O_RDONLY), int(number))
    found = verify_archive(Path(f"/dev/fd/{number}"), read_keys(Path(keys)), lambda *_: None, processes=2)
    print(found.deliveries, [fault.code for fault in found.faults])
"""


@pytest.mark.parametrize("number", [0, 6, 7, 8])
def test_an_archive_that_another_process_cannot_open_is_not_damaged(told: Told, tmp_path, number):
    """The file behind a descriptor of this process is none there, or one of that process's own."""
    program, keys = tmp_path / "behind.py", tmp_path / "keys"
    program.write_text(BEHIND)
    keys.write_text("".join(f"{key.text}\n" for key in told.keys))
    done = subprocess.run(
        [sys.executable, program, told.archive, keys, str(number)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{told.of(told.archive).deliveries} []\n"


def another(*_: object) -> Carried:
    return Carried(5, bytes(32))


def test_a_log_that_changes_meanwhile_is_no_proof(told: Told, monkeypatch):
    monkeypatch.setattr(parted, "_alone", another)
    assert [each.code for each in verify_archive(told.archive, told.keys, untold, processes=2).faults] == ["leaf-other"]


def test_what_is_carried_out_is_what_was_signed(told: Told, monkeypatch):
    """Whoever may write the archive exchanges a leaf between the first pass over it and the second."""
    honest, passes = Archive.leaves, []

    def leaves(self: Archive) -> Iterator[bytes]:
        passes.append(self)
        for number, leaf in enumerate(honest(self)):
            is_other = len(passes) == 2 and number == self.size - 1
            yield re.sub(rb'"salt":"[0-9a-f]{16}', b'"salt":"' + 8 * b"fa", leaf) if is_other else leaf

    monkeypatch.setattr(Archive, "leaves", leaves)
    assert [each.code for each in verify_archive(told.archive, told.keys, untold).faults] == ["leaf-other"]


def test_a_page_is_taken_back_in_one_piece_whoever_judges_it():
    """Two pages, each of a reader that another process judges, are taken back in one block, one inside the other."""
    names = [f"reader-{number}" for number in range(40)]
    other = next(name for name in names if PARTING.there(name) != PARTING.there("kyiv"))
    sharing = Sharing()
    sharing.give("one", "two", "three")
    sharing.world.settle_clock()
    reading, readers = sharing.world.reading, (sharing.kyiv.account, sharing.world.account(other, "UKR"))
    for page in [reading.page(account, sharing.collection, Query(2), "objects") for account in readers]:
        reading.unsent(page)
    store = sharing.node.store
    assert faults_of(store) == []
    *before, first, second = crossed(blocks(store))
    mixed = [replace(leaf, at=second[0].at) for leaf in (first[0], second[0], first[1], second[1])]
    assert {fault.code for fault in faults_of(store, [*before, mixed])} == {"withdrawn-unfounded"}


def crossed(told: list[list[Expected]]) -> list[list[Expected]]:
    """The same with the two blocks that take something back at the end."""
    last = [block for block in told if [leaf.kind for leaf in block] == ["track", "withdrawn"]]
    assert len(last) == 2
    return [*(block for block in told if block not in last), *last]


def test_faults_of_both_are_told_once_and_in_the_order_of_leaves():
    first, second, last = (Fault("item-skipped", "an item", leaf=leaf) for leaf in (3, 7, None))
    verdict = Verdict(size=9, root=b"r", faults=[last, second])
    join(verdict, Carried(9, b"r", [second, first]))
    assert in_order(verdict.faults) == [first, second, last]


def test_who_stopped_early_has_said_why():
    verdict = Verdict(size=9, root=b"r")
    stopped = Fault("leaf-unreadable", "it is none", leaf=4)
    join(verdict, Carried(5, b"s", [stopped]))
    assert verdict.faults == [stopped]


def test_each_reader_is_judged_by_one_of_both():
    names = [f"reader-{number}" for number in range(200)] + ["", "\udcff", "київ"]
    for apart in range(PARTS + 1):
        parting = Parting(apart)
        assert all(parting.here(name) != parting.there(name) for name in names)
    assert not any(map(Parting(0).there, names))
    assert all(map(Parting(PARTS).there, names))
    assert 0 < sum(map(Parting(PARTS // 2).there, names)) < len(names)
