"""Parted: has another process judge a part of what a log says was given, while this one checks the rest
(`usecases/evidence/check/parted.py`).
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from relto.adapters import archive
from relto.adapters.authority.token import authority_of
from relto.adapters.database import open_database
from relto.adapters.processes import aside, is_orphan, processors
from relto.adapters.sqlite import SqliteStore
from relto.domain.errors import Unreachable
from relto.usecases.evidence.check.parted import Carried, Parting, carried, join
from relto.usecases.evidence.check.source import StoredLog
from relto.usecases.evidence.faults import in_order
from relto.usecases.evidence.replay.classified import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from relto.domain.classes import Restrictions
    from relto.domain.item import Header, Reject
    from relto.ports.store import Snapshot, Store
    from relto.usecases.evidence.check.checking import Verdict

    Read = Callable[[bytes], Header | Reject]

__all__ = ["Parts", "Still", "archive_parts", "node_parts", "processors", "reader", "scratch"]

MANY: Final = 10_000
"""With fewer leaves, another process would take longer to start than it saves."""

APART: Final = 5
"""So many of the parts of all readers are another's: whoever checks the rest has the signatures as well, and of a node
the tables.
"""


class Parts:
    """Whose deliveries are judged here (`parting`), and what was found `elsewhere`, which is waited for.

    `are_two`: whether there is another process, to which falls whatever one of both does.
    """

    def __init__(
        self, parting: Parting, elsewhere: Callable[[], Carried | None], here: Callable[[], Carried] | None
    ) -> None:
        """`here` finds the same where there is no answer; None: all is judged here."""
        self.parting = parting
        self._elsewhere = elsewhere
        self._here = here

    @property
    def are_two(self) -> bool:
        """Whether something is found elsewhere."""
        return self._here is not None

    def join(self, verdict: Verdict) -> None:
        """Takes what was found elsewhere, and tells all in one order, however many looked. Raises what reading the log
        raises, where that is done here as well.
        """
        if self._here is not None:
            join(verdict, self._elsewhere() or self._here())
        verdict.faults[:] = in_order(verdict.faults)


def archive_parts(file: Path, size: int, processes: int) -> AbstractContextManager[Parts]:
    """For an archive of so many leaves, by so many processes."""
    return _parts(size, processes, _of_archive, file)


def node_parts(
    url: str, size: int, processes: int, statements: Mapping[str, Restrictions] | None
) -> AbstractContextManager[Parts]:
    """For so many leaves of the log in a database. The other process reads and classifies all items again, with what
    the node's settings say of `statements`; None: nobody does.
    """
    return _parts(size, processes, _of_node, url, size, statements)


def reader() -> Read:
    """Gives the headers of objects that were taken in."""
    from relto.adapters.stix.check import header_of  # noqa: PLC0415 - brings schemas, and few verbs want it

    return header_of


class Still:
    """A store as it was at one moment."""

    def __init__(self, snap: Snapshot) -> None:
        """The moment that this looks at."""
        self._snap = snap

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        """That moment, again and again."""
        yield self._snap


@contextmanager
def scratch() -> Iterator[SqliteStore]:
    """An empty database that is gone afterwards. Raises `Unreachable` (`scratch-unusable`)."""
    with _folder() as folder, _database(folder) as store:
        yield store


@contextmanager
def _parts(size: int, processes: int, function: Callable[..., Carried], *args: object) -> Iterator[Parts]:
    if processes < 2 or size < MANY:
        yield Parts(Parting(0), lambda: None, None)
        return
    parting = Parting(APART)
    # The other is cut off where nobody waits for it any more, so its folder is made and cleared away here.
    with (
        _folder() as folder,
        aside(_alone, function, folder, parting, *args) as answer,
    ):

        def here() -> Carried:
            # The other has ended by then. What it has left takes room that this needs.
            for left in Path(folder).iterdir():
                left.unlink(missing_ok=True)
            return function(folder, parting, lambda _: None, *args)

        yield Parts(parting, answer, here)


@contextmanager
def _folder() -> Iterator[str]:
    try:
        made = tempfile.TemporaryDirectory(prefix="relto-check-")
    except OSError as error:
        message = f"no folder can be made to check in: {(error.strerror or str(error)).lower()}"
        raise Unreachable("scratch-unusable", message, remedy="TMPDIR=DIR, where there is room") from error
    with made as folder:
        yield folder


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
    """Raises `BadInput` (`archive-damaged`, `archive-missing`): the file may be another for each process."""
    with _database(folder) as store, archive.read(file) as source:
        return carried(source, store, parting.there, told)


def _of_node(
    folder: str,
    parting: Parting,
    told: Callable[[int], None],
    url: str,
    size: int,
    statements: Mapping[str, Restrictions] | None,
) -> Carried:
    node = open_database(url)
    try:
        # A later moment than the first process looks at: leaves, bytes of items and kept markings are the same.
        with _database(folder) as store, node.read() as snap:
            content = None if statements is None else Content(snap, reader(), statements)
            log = StoredLog(cast("Store", Still(snap)), size, authority_of)
            return carried(log, store, parting.there, told, content)
    finally:
        node.close()
