"""Gate and Whole under load: writers, pauses and readers at once, in several processes, on one database.

What every one of them did and saw is in journals; `checker.py` judges them alone. A longer run:
`TEST_LOAD_SECONDS=120 make test ARGS=tests/load`. How long a page takes meanwhile is measured by `make bench`.
"""

from __future__ import annotations

import os

import pytest
from tests.faults.audit import audit_flows
from tests.load.load import OVERLAP_US, Least, Load, crowd, loaded
from tests.load.node import made

from relto.adapters.database import open_database

SECONDS = float(os.environ.get("TEST_LOAD_SECONDS", "12"))

READERS = [
    {"name": "kyiv", "collection": "coalition/UKR", "keeps": "last", "limit": 5},
    {"name": "lviv", "collection": "coalition/UKR", "keeps": "next", "limit": 3},
    {"name": "odesa", "collection": "coalition/UKR", "keeps": "clock", "limit": 7, "overlap": OVERLAP_US},
    {"name": "rivne", "collection": "coalition/UKR", "keeps": "clock", "limit": 1000},
    {"name": "dnipro", "collection": "coalition/UKR", "keeps": "fresh", "limit": 400},
    {"name": "sumy-1", "account": "sumy", "collection": "coalition/UKR", "keeps": "last", "limit": 4},
    {"name": "sumy-2", "account": "sumy", "collection": "coalition/UKR", "keeps": "next", "limit": 50},
    {"name": "london", "collection": "coalition/GBR", "keeps": "last", "limit": 100},
    {"name": "leeds", "collection": "coalition/GBR", "keeps": "next", "limit": 2},
    {"name": "bristol", "collection": "coalition/GBR", "keeps": "clock", "limit": 50, "overlap": OVERLAP_US},
    {"name": "kharkiv", "collection": "bilateral/UKR", "keeps": "last", "limit": 9, "endpoint": "manifest"},
    {"name": "poltava", "collection": "bilateral/UKR", "keeps": "next", "limit": 6},
]
READERS = [{"account": each["name"], **each} for each in READERS]
# One that keeps its clock to the microsecond, with no overlap, is counted apart.
KINDS = {"sumy-1": "shared", "sumy-2": "shared", "rivne": "exact"}
MIXED = Load(READERS, SECONDS, kinds=KINDS, least=Least(acts=10, items=30, decisive=20))

CROWD = Load(
    crowd(200, limit=50),
    SECONDS / 2,
    least=Least(acts=4, items=30, decisive=10),
    before=0.1,
    writers=("post", "publish", "post", "publish"),
    poll=2.0,
    write_pace=0.3,
    pause_pace=0.9,
)
"""Two hundred that poll every two seconds, four writers, and a pause or a resume each second."""


def noted(record_property, outcome):
    found = outcome.found
    for name in ("items", "acts", "pages", "decisive", "readers"):
        record_property(name, getattr(found, name))
    record_property("passed_over", len(found.passed_over))
    print(f"{found.items} items, {found.acts} acts, {found.pages} pages, {found.decisive} decisive,", end=" ")
    print(f"{len(found.passed_over)} passed over by a clock without overlap")


def audited(url):
    store = open_database(url)
    try:
        audit_flows(store)
    finally:
        store.close()


@pytest.mark.slow
def test_gate_and_whole_hold_under_load(database_url, tmp_path, record_property):
    outcome = loaded(made(tmp_path, database_url, MIXED.parties), MIXED)
    noted(record_property, outcome)
    found = outcome.found
    assert found.faults == []
    assert outcome.unrecorded == []
    # A run in which nothing was paused while something was read would prove nothing.
    assert MIXED.least.is_reached(found)
    assert len(found.passed_over) < found.items / 10
    audited(database_url)


@pytest.mark.slow
def test_gate_and_whole_hold_for_a_crowd(database_url, tmp_path, record_property):
    outcome = loaded(made(tmp_path, database_url, CROWD.parties), CROWD)
    noted(record_property, outcome)
    found = outcome.found
    assert found.faults == []
    assert outcome.unrecorded == []
    assert found.readers == 200
    assert outcome.written
    assert CROWD.least.is_reached(found)
    audited(database_url)


def planted(tmp_path, fault: str, **bugs) -> list[str]:
    """The faults of that kind, of a few short runs: a busy machine may not come to the bug in the first.

    That a reader never got something says nothing before its end, so a run that seeks it goes by what was done.
    """
    sought = "" if fault == " never got " else fault
    load = Load(READERS, 4, kinds=KINDS, least=Least(acts=12, items=40, decisive=20), sought=sought, **bugs)
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        outcome = loaded(made(folder, f"sqlite:///{folder / 'relto.db'}", load.parties), load)
        if faults := [each for each in (*outcome.found.faults, *outcome.unrecorded) if fault in each]:
            return faults
    return []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "fault"),
    [
        ("cut-shows", "gate: "),
        ("stale-policy", "gate: "),
        ("unchecked-delivery", "record: a page decided at version"),
        ("unrecorded-delivery", "is not on record"),
    ],
)
def test_a_server_with_a_planted_bug_is_found_out(tmp_path, bug, fault):
    assert planted(tmp_path, fault, served_bug=bug)


@pytest.mark.slow
@pytest.mark.parametrize(("bug", "fault"), [("span-early", " twice, on pages "), ("backlog-short", " never got ")])
def test_a_resume_with_a_planted_bug_is_found_out(tmp_path, bug, fault):
    assert planted(tmp_path, fault, pausing_bug=bug)
