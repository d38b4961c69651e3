"""A node with something in every table, made once; what is tampered with is a copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.proving.story import signed, tell

from relto.adapters.sqlite import SqliteStore
from relto.domain.note import VerifierKey
from relto.usecases.evidence.check.checking import Verdict
from relto.wiring.proving import export_log, verify_archive, verify_store


def untold(_done: int, _of: int) -> None:
    """Nobody wants to know how far it is."""


@dataclass(frozen=True)
class Told:
    """The database of a node, the archive of its log, and the key that signs it."""

    database: Path
    archive: Path
    keys: list[VerifierKey]

    def of(self, archive: Path) -> Verdict:
        return verify_archive(archive, self.keys, untold)

    def changed(self, path: Path, change: Callable[[SqliteStore], object]) -> Verdict:
        """What is found of a copy of the database in which something was changed."""
        path.write_bytes(self.database.read_bytes())
        store = SqliteStore.open(f"sqlite:///{path}")
        try:
            change(store)
            return verify_store(store, self.keys, untold)
        finally:
            store.close()
            for each in path.parent.glob(f"{path.name}*"):
                each.unlink()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("told")
    database = folder / "relto.db"
    store = SqliteStore.create(f"sqlite:///{database}")
    tell(store)
    keys = signed(store, folder)
    export_log(store, folder / "log.zip", keys, untold)
    store.close()
    return Told(database, folder / "log.zip", keys)
