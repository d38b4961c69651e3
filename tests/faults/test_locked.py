"""A database that another process keeps locked: writes are refused within the time that is set, and reading goes on."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.conformance.served import TAXII, indicator, serving
from tests.faults.audit import audit_flows
from tests.load.node import ROOT, relto
from tests.logged import deliveries

WAIT_SECONDS = 1

# Takes the turn to write and keeps it until its standard input ends: a process that hangs in the middle of a write.
HOLDER = """
import sys
from relto.adapters.database import open_database
store = open_database(sys.argv[1])
with store.write() as transaction:
    transaction.put_setting("held", "yes")
    print("held", flush=True)
    sys.stdin.read()
    raise SystemExit
"""


class Holder:
    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout.readline() == "held\n"

    def let_go(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@pytest.fixture
def served(database_url, tmp_path):
    with serving(tmp_path, database_url, database__wait_seconds=WAIT_SECONDS) as served:
        yield served


@pytest.fixture
def held(served, database_url):
    """The database is locked; `held.let_go()` frees it."""
    served.publish(*[indicator() for _ in range(5)])
    holder = Holder(database_url)
    yield holder
    if holder.process.poll() is None:
        holder.let_go()


def run(served, database_url, *arguments: str) -> tuple[int, dict]:
    environment = {
        "PATH": "",
        "PYTHONPATH": str(ROOT / "src"),
        "RELTO_DATA": str(served.opened.config.data),
        "RELTO_DATABASE_URL": database_url,
        "RELTO_DATABASE_WAIT_SECONDS": str(WAIT_SECONDS),
    }
    done = subprocess.run(
        relto(*arguments, "--json"), capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_writes_are_refused_by_name_and_go_through_once_it_is_free(served, held, database_url):
    for arguments in (
        ["pause", "usa-ukr", "--reason", "talks"],
        ["party", "add", "POL", "--name", "Poland", "--kind", "state"],
    ):
        status, answer = run(served, database_url, *arguments)
        assert (status, answer["error"]["code"]) == (1, "database-locked")
        assert answer["error"]["remedy"]
    status, answer = run(served, database_url, "status")
    assert status == 0
    assert all(each["pauses"] == [] for each in answer)
    held.let_go()
    assert run(served, database_url, "pause", "usa-ukr", "--reason", "talks")[0] == 0
    audit_flows(served.opened.node.store)


def test_reading_goes_on_but_nothing_leaves_that_is_not_on_record(served, held):
    """A poll with nothing new, the list of collections and the health of the server need no turn to write."""
    path = f"{served.path()}objects/"
    with served.client("kyiv") as kyiv:
        assert kyiv.get("/exchange/collections/").status_code == 200
        assert kyiv.get("/healthz").status_code == 200
        assert kyiv.get("/readyz").status_code == 200
        quiet = kyiv.get(path, params={"added_after": "2999-01-01T00:00:00Z"})
        assert (quiet.status_code, quiet.json().get("objects", [])) == (200, [])
        told = kyiv.get(path)
        assert told.status_code == 503
        assert int(told.headers["retry-after"]) >= 1
        # It was refused while the lock was held, and did not hang until it was gone.
        assert held.process.poll() is None
        held.let_go()
        assert len(kyiv.get(path).json()["objects"]) == 5
    with served.opened.node.store.read() as snap:
        assert sum(row.count for row in deliveries(snap)) == 5


def test_a_post_is_refused_and_may_be_repeated(served, held):
    with served.client("agency", **{"content-type": TAXII}) as agency:
        own = next(row for row in agency.get("/exchange/collections/").json()["collections"] if row["can_write"])["id"]
        body = json.dumps({"objects": [indicator() for _ in range(3)]})
        path = f"/exchange/collections/{own}/objects/"
        told = agency.post(path, content=body)
        assert told.status_code == 503
        assert served.opened.node.store.head().last_seq == 5
        held.let_go()
        assert agency.post(path, content=body).json()["success_count"] == 3
        assert served.opened.node.store.head().last_seq == 8
    audit_flows(served.opened.node.store)


def test_whoever_hangs_in_a_write_and_is_killed_lets_the_others_in(served, held):
    held.process.kill()
    held.process.wait()
    held.process.stdin.close()
    held.process.stdout.close()
    served.publish(indicator())
    with served.opened.node.store.read() as snap:
        assert snap.setting("held") is None
    audit_flows(served.opened.node.store)
