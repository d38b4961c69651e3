"""Chores by a process of their own (`ports/chores.py`).

How a chore stands lies in a folder, where all processes of the node look. The process that works on it holds a lock
there as long as it lives, so whoever finds the lock free knows that what is said to be under way was broken off. It
gives way to whoever serves (`nice`), ends with the process that began it, and is ended when it takes too long. What it
writes meanwhile lies in the folder as well, so that it can be cleared away where it was cut off.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from relto.adapters.files import put_file
from relto.adapters.processes import Worker, is_orphan
from relto.domain.errors import Conflict, ReltoError, Unreachable
from relto.ports.chores import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    Told = Callable[[int, int], None]

LOG: Final = logging.getLogger("relto.chores")

STATE_BYTES_MAX: Final = 1_048_576
LOCK: Final = "lock"
DRAFTS: Final = "drafts"
STOP: Final = "stop"

SECONDS_MAX: Final = 6 * 3600
"""What takes longer is ended."""

BEGIN_SECONDS: Final = 20.0
"""So long whoever asks for a chore waits until its process has begun."""

TOLD_SECONDS: Final = 0.5
"""So often it is written down how far it is."""

END_SECONDS: Final = 5.0
"""So long whoever asks for the next waits for one that has said its end and is not quite gone."""

NICE: Final = 10
TRIES: Final = 20
TRY_SECONDS: Final = 0.05
"""So often, and this far apart, a chore tries for the lock: whoever looks at it holds it for an instant."""


class _Stopped(Exception):
    """Somebody wants it no more."""


class ProcessChores:
    """The chores of a node, as one of its processes sees them."""

    def __init__(self, folder: Path, *, seconds: int = SECONDS_MAX) -> None:
        """In this folder, which is made when there is something to put into it. What takes more `seconds` is ended."""
        self._folder = folder
        self._seconds = seconds
        self._worker: Worker | None = None
        self._own = Lock()

    @property
    def folder(self) -> Path:
        """Where they are, and what they make."""
        return self._folder

    def standing(self, kind: str) -> Standing | None:
        """The one of this kind that goes on, or the last that did; None where there was none."""
        found = _read(self._folder, kind)
        if found is None or not found.is_running:
            return found
        if self._is_locked():
            return msgspec.structs.replace(found, is_stopping=(self._folder / STOP).exists())
        # It may have ended between the two looks.
        found = _read(self._folder, kind) or found
        return msgspec.structs.replace(found, state="broken-off") if found.is_running else found

    def begin(self, kind: str, function: Callable[..., Any], *args: object, by: str, now: int) -> None:
        """Has `function(told, *args)` of a module called by another process; its answer has to be plain. `now`: the
        node's clock. Raises `Conflict` (`chore-running`) and `Unreachable` (`chore-unable`).
        """
        with self._own:
            if self._is_busy():
                raise _running()
            self._bury()
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                worker = Worker(
                    _serve, str(self._folder), self._seconds, Standing(kind, "running", by, now), function, args
                )
            except (OSError, EOFError) as error:
                raise Unreachable("chore-unable", f"no process can be started for it: {error}") from error
            self._worker = worker
            said = ""
            with suppress(EOFError, OSError):
                said = worker.connection.recv() if worker.connection.poll(BEGIN_SECONDS) else ""
        if said == "busy":
            raise _running()
        if not said:
            self.close()
            raise Unreachable("chore-unable", "the process that was to do it has not begun")

    def stop(self) -> None:
        """Ends the one that goes on, whoever began it, within moments; nothing where none does."""
        if self._is_locked():
            put_file(self._folder / STOP, b"")

    def close(self) -> None:
        """Ends the one that was begun here, at once."""
        with self._own:
            self._bury()

    def _bury(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.bury()
            self._worker = None
            if not self._is_locked():
                shutil.rmtree(self._folder / DRAFTS, ignore_errors=True)

    def _is_busy(self) -> bool:
        """Whether one goes on; one that has said its end is waited for."""
        deadline = time.monotonic() + END_SECONDS
        while self._is_locked():
            found = [_read(self._folder, each.stem) for each in self._folder.glob("*.json")]
            if any(each is not None and each.is_running for each in found) or time.monotonic() > deadline:
                return True
            time.sleep(TRY_SECONDS)
        return False

    def _is_locked(self) -> bool:
        try:
            descriptor = os.open(self._folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False


def _running() -> Conflict:
    return Conflict("chore-running", "another chore goes on already", remedy="wait until that ends, or stop it")


def _read(folder: Path, kind: str) -> Standing | None:
    try:
        with (folder / f"{kind}.json").open("rb") as file:
            return msgspec.json.decode(file.read(STATE_BYTES_MAX), type=Standing)
    except (OSError, msgspec.MsgspecError):
        return None


# In the other process.


class _Work:
    """Writes down how it stands."""

    def __init__(self, folder: Path, standing: Standing) -> None:
        self._folder = folder
        self._file = folder / f"{standing.kind}.json"
        self._standing = standing
        self._began = self._told_at = time.monotonic()

    def begin(self) -> None:
        with suppress(OSError):
            (self._folder / STOP).unlink(missing_ok=True)
        self._put(self._standing, durable=True)

    def told(self, done: int, of: int) -> None:
        """Now and then: it is `done` of `of`."""
        if is_orphan():
            raise SystemExit
        if time.monotonic() - self._told_at < TOLD_SECONDS:
            return
        self._told_at = time.monotonic()
        if (self._folder / STOP).exists():
            raise _Stopped
        self._put(msgspec.structs.replace(self._standing, done=done, of=of), durable=False)

    def end(self, state: Literal["done", "failed", "stopped"], *, answer: object = None, error: str = "") -> None:
        ended_at = self._standing.began_at + round((time.monotonic() - self._began) * 1_000_000)
        ended = msgspec.structs.replace(self._standing, state=state, ended_at=ended_at, answer=answer, error=error)
        self._put(ended, durable=True)

    def _put(self, standing: Standing, *, durable: bool) -> None:
        content = msgspec.json.encode(standing)
        if durable:
            put_file(self._file, content)
            return
        # How far it is need not survive a power cut: what goes on then is broken off.
        draft = self._folder / f".{self._file.name}.told"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        draft.replace(self._file)


def _serve(
    connection: Connection,
    folder: str,
    seconds: int,
    standing: Standing,
    function: Callable[..., Any],
    args: tuple[object, ...],
) -> None:
    # The signal's own effect is the end: what is written then is that it was under way, and the lock is free.
    signal.alarm(seconds)
    with suppress(OSError):
        os.nice(NICE)
    with _locked(Path(folder)) as is_mine:
        if not is_mine:
            connection.send("busy")
            return
        work = _Work(Path(folder), standing)
        work.begin()
        connection.send("begun")
        drafts = Path(folder) / DRAFTS
        # What one that was cut off has left.
        shutil.rmtree(drafts, ignore_errors=True)
        drafts.mkdir(mode=0o700)
        tempfile.tempdir = str(drafts)
        try:
            work.end("done", answer=function(work.told, *args))
        except _Stopped:
            work.end("stopped")
        except ReltoError as error:
            work.end("failed", error=error.message)
        except Exception:
            LOG.exception("a chore came to nothing")
            work.end("failed", error="an error that nobody expected; the server's log has it")
        finally:
            shutil.rmtree(drafts, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether this process is the one that works; it is until the block's end."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _is_mine(descriptor)
    finally:
        os.close(descriptor)


def _is_mine(descriptor: int) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(TRY_SECONDS)
        else:
            return True
    return False
