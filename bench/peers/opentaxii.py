"""OpenTAXII 0.9.3 on SQLite, served by gunicorn as its manual says, with one worker: one process, as Relto has."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import process
from bench.client import Target
from bench.peers.environment import BENCH, environment, surroundings

NAME = "OpenTAXII 0.9.3"
SECONDS_MAX = 600
"""How long gunicorn lets an envelope take: of its own accord it would end a worker after half a minute."""

CONFIG = """
domain: localhost
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "sqlite:///{auth}", create_tables: yes, secret: {secret}}}
taxii1:
taxii2:
  title: bench
  max_content_length: 104857600
  public_discovery: true
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{data}", create_tables: yes}}
logging: {{opentaxii: warning, root: warning}}
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """Its collection, its process (whose child serves), and the file that it keeps everything in."""

    target: Target
    pid: int
    database: Path

    def fill(self, objects: Iterator[bytes]) -> None:
        """Puts objects into its table directly, as it would store them: its own way in would take minutes."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            collection = connection.execute("SELECT id FROM opentaxii_collection").fetchone()[0]
            start = datetime.now(UTC).replace(tzinfo=None)
            rows = []
            for number, raw in enumerate(objects):
                value = json.loads(raw)
                ident, kind, spec = value.pop("id"), value.pop("type"), value.pop("spec_version")
                version = datetime.fromisoformat(value["modified"]).replace(tzinfo=None)
                added = start + timedelta(microseconds=number)
                moments = [f"{each:%Y-%m-%d %H:%M:%S.%f}" for each in (added, version)]
                rows.append((uuid.uuid4().hex, ident, collection, kind, spec, *moments, json.dumps(value)))
            connection.executemany(
                "INSERT INTO opentaxii_stixobject"
                " (pk, id, collection_id, type, spec_version, date_added, version, serialized_data)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Peer]:
    """Its server with an empty collection, while the block lasts; its files go to `folder`."""
    programs = environment("opentaxii")
    port = process.free_port()
    config = CONFIG.format(auth=folder / "auth.db", data=folder / "data.db", secret=uuid.uuid4().hex)
    (folder / "config.yml").write_text(config)
    own = BENCH / "peers" / "inside"
    around = surroundings(OPENTAXII_CONFIG=str(folder / "config.yml"), PYTHONPATH=str(own))
    made = json.loads(
        process.run([programs / "python", own / "opentaxii_server.py"], environment=around, folder=folder).splitlines()[
            -1
        ]
    )
    options = ["--workers", "1", "--timeout", str(SECONDS_MAX), "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    command = [programs / "python", programs / "gunicorn", *options, "opentaxii_server:app"]
    log = folder / "serve.log"
    with process.serving(command, port=port, log=log, environment=around, folder=folder) as running:
        target = Target("127.0.0.1", port, made["path"], f"Bearer {made['token']}")
        yield Peer(target, running.pid, folder / "data.db")
