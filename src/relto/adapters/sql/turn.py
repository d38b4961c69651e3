"""Whose turn it is to write, among all threads and processes of one machine: a lock that wakes whoever waits.

SQLite itself has those who wait ask again and again, sleeping longer each time, so that one that waits long may never
get in. Here they queue in the kernel (`flock`), which forgets a process that dies.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path


class Turn:
    """A lock by the name of a file, which is made where it is not there. One thread of one process has it at a time."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened before the first wait."""
        self._path = path
        self._thread = threading.Lock()
        self._file: int | None = None

    def wait(self, seconds: float) -> bool:
        """Whether the turn came within that time; then `done` must follow. Raises `OSError` from the file."""
        deadline = time.monotonic() + seconds
        if not self._thread.acquire(timeout=seconds):
            return False
        try:
            came = self._wait_for_processes(deadline)
        except BaseException:
            self._thread.release()
            raise
        if not came:
            self._thread.release()
        return came

    def done(self) -> None:
        """Let the next one in."""
        assert self._file is not None, "`wait` said yes before"
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._thread.release()

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _wait_for_processes(self, deadline: float) -> bool:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._queue(deadline)
        return True

    def _queue(self, deadline: float) -> bool:
        """Wait in the kernel's queue, in a thread that can be given up: a `flock` has no time limit of its own."""
        assert self._file is not None
        waiter = _Waiter(self._file)
        waiter.start()
        if waiter.came(deadline - time.monotonic()):
            return True
        # The waiter keeps the open file, and closes it when its turn comes: that also gives the lock back.
        self._file = None
        return False


class _Waiter(threading.Thread):
    def __init__(self, file: int) -> None:
        super().__init__(name="relto-turn", daemon=True)
        self._file = file
        self._answer = threading.Lock()
        self._has_it = threading.Event()
        self._given_up = False

    def run(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._answer:
            if self._given_up:
                os.close(self._file)
            else:
                self._has_it.set()

    def came(self, seconds: float) -> bool:
        self._has_it.wait(max(0.0, seconds))
        with self._answer:
            self._given_up = not self._has_it.is_set()
            return not self._given_up
