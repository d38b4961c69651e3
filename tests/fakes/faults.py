"""A store whose writes fail when told to, in the two ways that matter: not done, and done but not reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal

from relto.domain.errors import Unreachable
from relto.ports.store import Head, Snapshot, Store, Transaction

Fault = Literal["not-done", "not-reported"]


class FaultyStore:
    """`fault` is asked at the end of every write block; its answer names how that one fails, or is None."""

    def __init__(self, store: Store, fault: Callable[[], Fault | None]) -> None:
        self._store = store
        self._fault = fault

    def head(self) -> Head:
        return self._store.head()

    def read(self) -> AbstractContextManager[Snapshot]:
        return self._store.read()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        with self._store.write() as transaction:
            yield transaction
            fault = self._fault()
            if fault == "not-done":
                raise Unreachable("database-unreachable", "a fault of the test: nothing was done")
        if fault == "not-reported":
            raise Unreachable("commit-unknown", "a fault of the test: everything was done")

    def close(self) -> None:
        self._store.close()
