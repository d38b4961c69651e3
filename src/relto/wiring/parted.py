"""Parted: has another process judge a part of what a log says was given, while this one checks the rest
(`usecases/evidence/check/parted.py`).
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from relto.adapters import archive
from relto.adapters.authority.token import authority_of
from relto.adapters.database import open_database
from relto.adapters.processes import aside, is_orphan, processors
from relto.adapters.sqlite import SqliteStore
from relto.domain.errors import BadInput
from relto.usecases.evidence.check.parted import PARTS, Carried, Parting, carried, join
from relto.usecases.evidence.check.source import StoredLog
from relto.usecases.evidence.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from relto.usecases.evidence.check.checking import Verdict

__all__ = ["Parts", "archive_parts", "node_parts", "processors", "scratch"]

MANY: Final = 10_000
"""With fewer leaves, another process would take longer to start than it saves."""

ARCHIVE_APART: Final = 5
NODE_APART: Final = PARTS
"""So many parts of the readers are another's; whoever checks a node has its tables to look through meanwhile."""


class Parts:
    """Whose deliveries are judged here (`parting`), and what was found `elsewhere`, which is waited for."""

    def __init__(
        self, parting: Parting, elsewhere: Callable[[], Carried | None], here: Callable[[], Carried] | None
    ) -> None:
        """`here` finds the same where there is no answer; None: all is judged here."""
        self.parting = parting
        self._elsewhere = elsewhere
        self._here = here

    def join(self, verdict: Verdict) -> None:
        """Takes what was found elsewhere. Raises what reading the log raises, where that is done here as well."""
        if self._here is not None:
            join(verdict, self._elsewhere() or self._here())


def archive_parts(file: Path, size: int, processes: int) -> AbstractContextManager[Parts]:
    """For an archive of so many leaves, by so many processes."""
    return _parts(size, processes, ARCHIVE_APART, _of_archive, file)


def node_parts(url: str, size: int, processes: int) -> AbstractContextManager[Parts]:
    """For so many leaves of the log in a database."""
    return _parts(size, processes, NODE_APART, _of_node, url, size)


@contextmanager
def scratch() -> Iterator[SqliteStore]:
    """An empty database that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="relto-check-") as folder, _database(folder) as store:
        yield store


@contextmanager
def _parts(size: int, processes: int, apart: int, function: Callable[..., Carried], *args: object) -> Iterator[Parts]:
    if processes < 2 or size < MANY:
        yield Parts(Parting(0), lambda: None, None)
        return
    parting = Parting(apart)
    # The other is cut off where nobody waits for it any more, so its folder is made and cleared away here.
    with (
        tempfile.TemporaryDirectory(prefix="relto-check-") as folder,
        aside(_alone, function, folder, parting, *args) as answer,
    ):

        def here() -> Carried:
            with tempfile.TemporaryDirectory(prefix="relto-check-") as anew:
                return function(anew, parting, lambda _: None, *args)

        yield Parts(parting, answer, here)


@contextmanager
def _database(folder: str) -> Iterator[SqliteStore]:
    store = SqliteStore.create(f"sqlite:///{Path(folder) / 'check.db'}", durable=False)
    try:
        yield store
    finally:
        store.close()


# In the other process.


def _alone(function: Callable[..., Carried], folder: str, parting: Parting, *args: object) -> Carried:
    def told(_: int) -> None:
        if is_orphan():
            # Nobody else clears it away any more.
            shutil.rmtree(folder, ignore_errors=True)
            raise SystemExit

    return function(folder, parting, told, *args)


# In either.


def _of_archive(folder: str, parting: Parting, told: Callable[[int], None], file: Path) -> Carried:
    with _database(folder) as store:
        try:
            with archive.read(file) as source:
                return carried(source, store, parting.there, told)
        except BadInput as error:
            if error.code != "archive-damaged":
                raise
            return Carried(faults=[Fault("archive-damaged", str(error))])


def _of_node(folder: str, parting: Parting, told: Callable[[int], None], url: str, size: int) -> Carried:
    node = open_database(url)
    try:
        with _database(folder) as store:
            return carried(StoredLog(node, size, authority_of), store, parting.there, told)
    finally:
        node.close()
