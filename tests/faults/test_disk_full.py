"""A disk that is full: a clear answer, nothing lost, what needs no room goes on, and then so does the rest.

The disk is a small file system in memory where this process may mount one; else a limit on the length of files, which
SQLite meets in the middle of a write just the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conformance.served import TAXII, indicator, serving
from tests.faults.audit import audit_flows
from tests.load.node import ROOT, made, relto

from relto.adapters.database import open_database

SIZE_MIB = 48


@dataclass
class Disk:
    """`folder` lies on it; `fill` leaves no more room than so many bytes, `free` gives it back."""

    folder: Path
    fill: Callable[[int], None]
    free: Callable[[], None]


@pytest.fixture
def disk(tmp_path) -> Iterator[Disk]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "none", os.fspath(folder)]
    if os.geteuid() or shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("no file system can be mounted here: the limit on the length of files is tested instead")
    ballast = folder / "ballast"

    def fill(left: int) -> None:
        with ballast.open("wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while file.write(b"\0" * 4096):
                    pass
            file.truncate(max(0, ballast.stat().st_size - left))

    try:
        yield Disk(folder, fill, ballast.unlink)
    finally:
        subprocess.run(["umount", "--lazy", os.fspath(folder)], check=True)


def run(node, *arguments: str, text: str = "", command: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """`relto` as anyone runs it, or by another command that comes to it."""
    whole = [*(command or relto()), *arguments, "--json"]
    done = subprocess.run(
        whole, input=text, capture_output=True, text=True, cwd=ROOT, env=node.environment, check=False
    )
    assert "Traceback" not in done.stderr
    return done


def ingest(node, *objects: dict, command: Sequence[str] = ()) -> tuple[int, dict]:
    """The exit status of `relto ingest`, and its answer."""
    text = "\n".join(json.dumps(each) for each in objects)
    done = run(node, "ingest", "--originator", "USA", "-", text=text, command=command)
    return done.returncode, json.loads(done.stdout)


def bulk(count: int) -> list[dict]:
    return [indicator(description="x" * 4000) for _ in range(count)]


@pytest.mark.parametrize("left", [0, 400_000])
def test_a_full_disk_is_said_loses_nothing_and_goes_on_when_there_is_room(disk, left):
    url = f"sqlite:///{disk.folder / 'relto.db'}"
    node = made(disk.folder, url, {"kyiv": "UKR"})
    status, answer = ingest(node, *bulk(3))
    assert (status, answer["added"]) == (0, 3)
    disk.fill(left)
    status, answer = ingest(node, *bulk(1500))
    assert (status, answer["error"]["code"]) == (1, "disk-full"), answer
    assert "free some space" in answer["error"]["remedy"]
    assert not answer["error"]["data"].get("added")
    told = json.loads(run(node, "doctor").stdout)
    assert {"space-low"} <= {each["code"] for each in told["findings"]}
    # Where nobody has the database open, even reading wants a little room; then it says so.
    told = run(node, "status")
    assert told.returncode == 0 or json.loads(told.stdout)["error"]["code"] == "disk-full"
    disk.free()
    with contextlib.closing(open_database(url)) as store:
        assert store.head().last_seq == 3
    status, answer = ingest(node, *bulk(5))
    assert (status, answer["added"]) == (0, 5)
    with contextlib.closing(open_database(url)) as store:
        assert store.head().last_seq == 8
        audit_flows(store)


def test_a_server_on_a_full_disk_gives_nothing_that_is_not_on_record_and_takes_nothing_in(disk):
    url = f"sqlite:///{disk.folder / 'relto.db'}"
    with serving(disk.folder, url) as served, served.client("kyiv") as kyiv, served.client("agency") as agency:
        served.publish(*[indicator() for _ in range(3)])
        own = next(
            each["id"] for each in agency.get("/exchange/collections/").json()["collections"] if each["can_write"]
        )
        path = f"{served.path()}objects/"
        first = kyiv.get(path, params={"limit": 2})
        disk.fill(0)
        envelope = json.dumps({"objects": bulk(1500)})
        posted = agency.post(f"/exchange/collections/{own}/objects/", content=envelope, headers={"content-type": TAXII})
        assert posted.status_code == 507
        assert posted.json()["title"]
        # A page may leave only once it is on record, so it waits; what needs no record is answered.
        seen = kyiv.get(path, params={"next": first.json()["next"]})
        assert seen.status_code in {200, 507}
        assert kyiv.get("/exchange/collections/").status_code == 200
        last = kyiv.get(path, params={"limit": 100}).headers.get("x-taxii-date-added-last")
        after = last or "2999-01-01T00:00:00.000000Z"
        assert kyiv.get(path, params={"added_after": after}).status_code == 200
        disk.free()
        again = kyiv.get(path, params={"next": first.json()["next"]})
        assert [each["id"] for each in first.json()["objects"] + again.json()["objects"]] == [
            each["id"] for each in kyiv.get(path).json()["objects"]
        ]
        posted = agency.post(f"/exchange/collections/{own}/objects/", content=envelope, headers={"content-type": TAXII})
        assert posted.status_code == 202
        served.publish(indicator())
        assert served.opened.node.store.head().last_seq == 3 + 1500 + 1
        audit_flows(served.opened.node.store)


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sys.argv[1:] = sys.argv[2:]
from relto.faces.cli import main
sys.exit(main())
"""


def test_files_that_may_not_grow_are_said_and_nothing_is_lost(sqlite_url, tmp_path):
    node = made(tmp_path, sqlite_url, {"kyiv": "UKR"})
    assert ingest(node, *bulk(3))[0] == 0
    longest = max(path.stat().st_size for path in tmp_path.iterdir())
    status, answer = ingest(node, *bulk(1500), command=[sys.executable, "-c", LIMITED, str(longest + 200_000)])
    # The engine cannot tell such a limit from a disk that fails, and then says no more than it knows.
    assert (status, answer["error"]["code"]) in {(1, "disk-full"), (3, "database-unreachable"), (3, "commit-unknown")}
    with contextlib.closing(open_database(sqlite_url)) as store:
        assert store.head().last_seq == 3
        audit_flows(store)
    assert ingest(node, *bulk(5))[1]["added"] == 5
    with contextlib.closing(open_database(sqlite_url)) as store:
        audit_flows(store)
