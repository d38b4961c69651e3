"""Processes: workers of our own, each with a connection on which only the two speak.

Workers are started afresh and not forked, since a fork of a process with threads may hang. Each has a connection of its
own, so a worker that dies in the middle of a word closes it and is noticed; on a queue that all share, as in the
standard library's pool, the others would keep the half word open and the reader would wait for the rest for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from relto.domain.errors import ReltoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

T = TypeVar("T")


class Worker:
    """One process and the `connection` to it: it runs `serve` with its end, and then the arguments."""

    def __init__(self, serve: Callable[..., None], *args: object) -> None:
        """Starts it. `serve` is a function of a module, which the worker imports."""
        context = _context()
        self.connection, its_end = context.Pipe()
        # A daemon goes when its parent ends; where that is killed, whoever works for long asks `is_orphan`.
        self._process: BaseProcess = context.Process(  # type: ignore[attr-defined] # each real context has it
            target=_begin, args=(serve, its_end, *args), daemon=True
        )
        self._process.start()
        # INVARIANT: only the worker holds its end, so its death closes the connection.
        its_end.close()

    def kill(self) -> None:
        """Ends it at once: it holds nothing that would need an end in order."""
        # Where it has ended by itself, its number may be another's by now.
        if self._process.is_alive():
            self._process.kill()

    def bury(self) -> None:
        """Waits for its end."""
        self._process.join()
        self.connection.close()


@contextmanager
def aside(function: Callable[..., T], *args: object) -> Iterator[Callable[[], T | None]]:
    """Has a function of a module called by another process while the block goes on; it is cut off at the block's end.

    What it hands out waits for the answer; None: there will be none, since the process could not be started, died, or
    met an error of ours. Whoever does it instead meets that as well.
    """
    try:
        worker = Worker(_call, function, args)
    except (OSError, EOFError):
        # The second is what comes of a server of forks that could make none.
        yield lambda: None
        return

    def answer() -> T | None:
        try:
            return cast("T", worker.connection.recv())
        except (EOFError, OSError):
            return None

    try:
        yield answer
    finally:
        worker.kill()
        worker.bury()


def is_orphan() -> bool:
    """Whether this is a worker whose parent is gone."""
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()


def processors() -> int:
    """How many processes of ours can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _context() -> multiprocessing.context.BaseContext:
    methods = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")


def _begin(serve: Callable[..., None], connection: Connection, *args: object) -> None:
    # Ctrl-C reaches every process of the terminal. Only the parent answers it, and then ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(connection, *args)


def _call(connection: Connection, function: Callable[..., Any], args: tuple[object, ...]) -> None:
    with suppress(ReltoError):
        connection.send(function(*args))
