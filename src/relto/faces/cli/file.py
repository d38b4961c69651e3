"""A file that a person wrote, read within limits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from relto.domain.errors import BadInput, Unknown

FILE_BYTES_MAX: Final = 1_048_576
"""Bytes of a file that a person writes; its reader allows still fewer characters, and says so."""


def read_bytes(name: str, *, longest: int) -> bytes:
    """A file, and no more than one byte past `longest`; `-` is standard input. Raises `Unknown` `file-missing`,
    `BadInput` where it cannot be read.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(longest + 1)
        with Path(name).open("rb") as file:
            return file.read(longest + 1)
    except FileNotFoundError as error:
        raise Unknown("file-missing", f"there is no file `{name}`") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput("file-unreadable", f"`{name}` cannot be read: {reason.lower()}") from error


def read_text(name: str, *, longest: int = FILE_BYTES_MAX) -> str:
    """The text of a file that a person wrote; `-` is standard input. Raises as `read_bytes`, and `BadInput` where it is
    too long or no text.
    """
    raw = read_bytes(name, longest=longest)
    if len(raw) > longest:
        raise BadInput("file-unreadable", f"`{name}` has more than {longest} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("file-unreadable", f"`{name}` is not UTF-8 at byte {error.start}") from error
