"""A node that is served by processes of its own: made once, then run as anyone would run it, on loopback.

What flows is written down plainly in `TERMS`, so that whoever checks needs nothing of Relto to know it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.actors import ADMIN, apply

from relto.config import load
from relto.usecases.accounts import add_account
from relto.usecases.parties import add_party, found
from relto.wiring import create, open_node

ROOT = Path(__file__).parents[2]

TOPICS = ("naval", "imagery", "life", "logistics")
TERMS = {
    "coalition": {"to": ["UKR", "GBR"], "scope": ["naval", "imagery", "life"], "exceptions": ["life"]},
    "bilateral": {"to": ["UKR"], "scope": ["naval"], "exceptions": []},
}
"""Agreement → who receives, which topics, and which of them flow on through any pause."""

START_SECONDS = 30
STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Made:
    """A node in a folder. `tokens`: account → bearer token; `collections`: `AGREEMENT/PARTY` → id; `own`: USA's."""

    folder: Path
    url: str
    tokens: dict[str, str]
    collections: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find this node, and the tests."""
        return {
            **os.environ,
            "PYTHONPATH": os.fspath(ROOT),
            "RELTO_DATA": os.fspath(self.folder),
            "RELTO_DATABASE_URL": self.url,
        }

    def config(self):
        return load(self.folder, environment={}, arguments={"database.url": self.url})


def made(folder: Path, url: str, readers: dict[str, str]) -> Made:
    """Makes a node whose `readers` (name → party) each have an account; `agency` gives what is USA's."""
    config = load(folder, environment={}, arguments={"database.url": url})
    create(config)
    vocabulary = "topics:\n" + "".join(f"  {name}: {{labels: [{name}]}}\n" for name in TOPICS)
    tokens, collections = {}, {}
    with open_node(config) as opened:
        node, desk = opened.node, opened.desk
        found(node, desk, code="USA", name="United States", topics=vocabulary)
        for code in ("UKR", "GBR"):
            add_party(node, desk, code, name=code, kind="state", by=ADMIN)
        for name, terms in TERMS.items():
            text = json.dumps(
                {
                    "agreement": name,
                    "from": "USA",
                    "to": terms["to"],
                    "scope": {"topics": terms["scope"]},
                    "exceptions": [{"name": "warn", "scope": {"topics": terms["exceptions"]}}]
                    if terms["exceptions"]
                    else [],
                }
            )
            applied = apply(node, desk, [text], by=ADMIN)[0]
            collections |= {f"{name}/{party}": id_ for party, id_ in applied.collections.items()}
        for name, party in readers.items():
            tokens[name] = add_account(node, desk, name, party=party, roles=["reader"], by=ADMIN, token=True)[1]
        tokens["agency"] = add_account(node, desk, "agency", party="USA", roles=["contributor"], by=ADMIN, token=True)[
            1
        ]
        with node.store.read() as snap:
            collections["own"] = snap.collection("USA") or ""
    return Made(folder, url, tokens, collections)


def relto(*arguments: str, bug: str = "") -> list[str]:
    """The command that runs `relto` as it is, or with a bug planted (`tests.load.bugs`)."""
    return [sys.executable, "-m", *(["tests.load.bugs", bug] if bug else ["relto"]), *arguments]


class Server:
    """`relto serve` in a process of its own, which a test may kill and start again on the same port."""

    def __init__(self, node: Made, *, bug: str = "", workers: int = 1, log: Path) -> None:
        self._node, self._bug, self._workers, self._log = node, bug, workers, log
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = relto("serve", "--port", str(self.port), "--workers", str(self._workers), bug=self._bug)
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._node.environment, stdout=log, stderr=log, text=True
            )
        begun = self._log.stat().st_size if self.port else 0
        deadline = time.monotonic() + START_SECONDS
        while not self.port:
            told = re.search(r"serving on http://127\.0\.0\.1:(\d+)", self._log.read_text()[begun:])
            if told:
                self.port = int(told[1])
            self._still_starting(deadline)
        while not self._answers():
            self._still_starting(deadline)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    def _still_starting(self, deadline: float) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self._log.read_text()
        assert time.monotonic() < deadline, self._log.read_text()
        time.sleep(0.02)

    def kill(self) -> None:
        """At once, with nothing finished (SIGKILL)."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As an operator stops it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise


@contextlib.contextmanager
def served(node: Made, count: int, *, bug: str = "") -> Iterator[list[Server]]:
    """So many server processes on one database."""
    servers = [Server(node, bug=bug, log=node.folder / f"server-{number}.log") for number in range(count)]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()


def act(node: Made, journal: Path, kind: str, plan: dict[str, object], *, bug: str = "") -> subprocess.Popen[str]:
    """Starts an actor (`tests.load.actors`), which notes in the journal what it does and sees."""
    module = ["tests.load.bugs", bug, "--actor"] if bug else ["tests.load.actors"]
    whole = {"tokens": node.tokens, "collections": node.collections, **plan}
    command = [sys.executable, "-m", *module, kind, os.fspath(journal), json.dumps(whole)]
    with journal.with_suffix(".log").open("w") as log:
        return subprocess.Popen(command, cwd=ROOT, env=node.environment, stdout=log, stderr=log, text=True)


def finish(actors: Sequence[tuple[subprocess.Popen[str], Path]], seconds: float) -> None:
    """Waits for actors; whoever failed or takes too long fails the test, with what it said."""
    deadline = time.monotonic() + seconds
    try:
        for process, journal in actors:
            process.wait(max(0.1, deadline - time.monotonic()))
            assert process.returncode == 0, journal.with_suffix(".log").read_text()[-4000:]
    finally:
        for process, _ in actors:
            if process.poll() is None:
                process.kill()
                process.wait()
