"""OpenTAXII 0.9.3 on SQLite, served by gunicorn as its manual says, with one worker: one process, as Relto has.

On PostgreSQL and with more workers where that is asked for.
"""

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
  parameters: {{db_connection: "{auth}", create_tables: yes, secret: {secret}}}
taxii1:
taxii2:
  title: bench
  max_content_length: 104857600
  public_discovery: true
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "{data}", create_tables: yes}}
logging: {{opentaxii: warning, root: warning}}
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """Its collection, its process (whose children serve), and the SQLite file that it keeps everything in, if it does.

    `reader`: as whom a reader without rights of its own asks.
    """

    target: Target
    reader: Target
    pid: int
    database: Path

    def open(self) -> None:
        """Lets such a reader read the collection."""
        self._make_public(1)

    def close(self) -> None:
        """Lets it no longer."""
        self._make_public(0)

    def _make_public(self, is_public: int) -> None:
        """It has no command for that: it stands in its database."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            connection.execute("UPDATE opentaxii_collection SET is_public = ?", (is_public,))

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
def serving(folder: Path, *, workers: int = 1, url: str | None = None) -> Iterator[Peer]:
    """Its server with an empty collection, while the block lasts; its files go to `folder`.

    `url`: of an empty PostgreSQL database that takes its objects.
    """
    programs = environment("opentaxii")
    port = process.free_port()
    data = url or f"sqlite:///{folder / 'data.db'}"
    config = CONFIG.format(auth=f"sqlite:///{folder / 'auth.db'}", data=data, secret=uuid.uuid4().hex)
    (folder / "config.yml").write_text(config)
    own = BENCH / "peers" / "inside"
    around = surroundings(OPENTAXII_CONFIG=str(folder / "config.yml"), PYTHONPATH=str(own))
    made = json.loads(
        process.run([programs / "python", own / "opentaxii_server.py"], environment=around, folder=folder).splitlines()[
            -1
        ]
    )
    options = [
        "--workers",
        str(workers),
        "--timeout",
        str(SECONDS_MAX),
        "--bind",
        f"127.0.0.1:{port}",
        "--no-control-socket",
    ]
    command = [programs / "python", programs / "gunicorn", *options, "opentaxii_server:app"]
    log = folder / "serve.log"
    with process.serving(command, port=port, log=log, environment=around, folder=folder) as running:
        target, reader = (
            Target("127.0.0.1", port, made["path"], f"Bearer {made[token]}") for token in ("token", "reader")
        )
        yield Peer(target, reader, running.pid, folder / "data.db")
