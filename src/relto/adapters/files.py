"""Files that are there whole or not at all, that survive a power cut, and that only their owner can read."""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MODE: Final = 0o600


@contextmanager
def drafted(path: Path, *, over: bool = False) -> Iterator[IO[bytes]]:
    """Writes a file, which is there when the block has ended well; in place of one that is there only if `over` it.

    Raises `OSError`, of which `FileExistsError` where one is there.
    """
    if not over and path.exists():
        raise FileExistsError(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        # A crash from here on leaves a draft, which only its owner can read, and which nobody looks at.
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if over:
            draft.replace(path)
        else:
            # A link, unlike a rename, never takes the place of a file that appeared meanwhile.
            os.link(draft, path)
        settle(path.parent)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def put_file(path: Path, content: bytes) -> None:
    """As `drafted`, with this content, in place of whatever is there."""
    with drafted(path, over=True) as file:
        file.write(content)


def put_first(path: Path, content: bytes) -> bool:
    """As `put_file`, but a file that is there stays: of many who want to write it, the first does. Whether it did."""
    try:
        with drafted(path) as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def put_instead(path: Path, content: bytes, *, of: bytes | None) -> bool:
    """As `put_file`, where the file is as it was when it was read (`of`; None: there was none). Whether it did: of many
    who want to, the first does, and what it wrote stays.
    """
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # There are file systems that lock no folder: then two who write in one moment may still pass each other.
        with suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        if (path.read_bytes() if path.exists() else None) != of:
            return False
        put_file(path, content)
    finally:
        os.close(folder)
    return True


def settle(folder: Path) -> None:
    """Makes durable which files a folder holds: until then a power cut may take the name of one away."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
