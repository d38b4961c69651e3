"""Relto as its user has it: a node made, filled and served by the command line."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import planted, process
from bench.client import Failed, Target
from bench.objects import TOPICS_FILE
from bench.process import Cost, costing
from tests.actors import ADMIN

from relto.config import Config, load
from relto.usecases.accounts import add_account
from relto.wiring import open_node

OWNER, PARTNER = "USA", "UKR"
AGREEMENT = "agreement: {id}\ntitle: Measured\nfrom: USA\nto: [UKR]\nscope: all\n"
AGREEMENT_ID = "bench"


@dataclass(slots=True)
class Node:
    """A node in a folder. `url`: of its database; None: its own SQLite file."""

    folder: Path
    url: str | None = None
    collections: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What its commands are started with: nothing of ours but the path."""
        return {
            **process.plainly(),
            "RELTO_DATA": str(self.folder),
            **({"RELTO_DATABASE_URL": self.url} if self.url is not None else {}),
        }

    def relto(self, *arguments: str | Path) -> Any:
        """The JSON that a command answers with."""
        return json.loads(process.run([*RELTO, "--json", *arguments], environment=self.environment))

    @classmethod
    def made(cls, folder: Path, *, url: str | None = None, agreements: Sequence[str] = (AGREEMENT_ID,)) -> Node:
        """A node with two parties, an account each, and these agreements of all that one has with the other."""
        node = cls(folder, url)
        node.relto("init", "--party", OWNER)
        (folder / "topics.yaml").write_text(TOPICS_FILE)
        node.relto("party", "add", PARTNER, "--name", "Ukraine", "--kind", "state")
        for name, party, role in (("reader", PARTNER, "reader"), ("writer", OWNER, "contributor")):
            node.tokens[name] = node.relto("account", "add", name, "--party", party, "--role", role, "--token")["token"]
        node.agree(agreements)
        return node

    def agree(self, names: Sequence[str]) -> None:
        """Makes agreements of these names."""
        files = []
        for name in names:
            file = self.folder / f"{name}.yaml"
            file.write_text(AGREEMENT.format(id=name))
            files.append(file)
        for answer in self.relto("agreement", "apply", *files):
            self.collections[answer["agreement"]] = answer["collections"][PARTNER]

    def ingest(self, file: Path, *, count: int, without: str = "") -> Cost:
        """Takes in a file of so many good objects, all new; what the whole command cost. `without`: as in `serving`."""
        program, environment = self._program(without)
        command = [*program, "--json", "ingest", "--originator", OWNER, file]
        said, cost = costing(command, environment=environment, folder=self.folder)
        answer = json.loads(said)
        if (answer["added"], answer["known"], answer["rejected"]) != (count, 0, 0):
            raise Failed(f"{count} objects were given, and the answer is {json.dumps(answer)[:500]}")
        return cost

    def config(self) -> Config:
        """What a process that is not a command of its own opens it with."""
        given = {"database.url": self.url} if self.url is not None else {}
        return load(self.folder, environment={}, arguments=given)

    def add_readers(self, count: int) -> list[str]:
        """So many more accounts of the partner; their tokens. In this process: a command each would take minutes."""
        with open_node(self.config()) as opened:
            names = [f"reader-{number}" for number in range(1, count + 1)]
            for name in names:
                _, self.tokens[name] = add_account(
                    opened.node, opened.desk, name, party=PARTNER, roles=["reader"], by=ADMIN, token=True
                )
        return [self.tokens[name] for name in names]

    @contextlib.contextmanager
    def serving(self, *, without: str = "") -> Iterator[Server]:
        """One server process, while the block lasts. `without`: a part of the log that it leaves out (`planted.py`)."""
        port = process.free_port()
        program, environment = self._program(without)
        command = [*program, "serve", "--port", str(port)]
        log = self.folder / f"serve-{port}.log"
        with process.serving(command, port=port, log=log, environment=environment) as running:
            yield Server(self, port, running.pid)

    def _program(self, without: str) -> tuple[tuple[str, ...], dict[str, str]]:
        """What is run as `relto`, and with which environment."""
        if without:
            return planted.program(without), self.environment | planted.environment()
        return RELTO, self.environment


@dataclass(frozen=True, slots=True)
class Server:
    """A server process of a node."""

    node: Node
    port: int
    pid: int

    def reader(self, agreement: str = AGREEMENT_ID) -> Target:
        """What the partner reads."""
        return self._target(self.node.collections[agreement], "reader")

    def writer(self) -> Target:
        """Where the owner's contributor posts."""
        return self._target("own", "writer")

    def as_account(self, account: str, agreement: str = AGREEMENT_ID) -> Target:
        """What the partner reads with another of its accounts."""
        return self._target(self.node.collections[agreement], account)

    def _target(self, collection: str, account: str) -> Target:
        path = f"/exchange/collections/{collection}/objects/"
        return Target("127.0.0.1", self.port, path, f"Bearer {self.node.tokens[account]}")


RELTO = (sys.executable, "-m", "relto")
