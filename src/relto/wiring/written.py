"""What people write into the data folder, beside the settings: read within limits, or said why it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

BYTES_MAX: Final = 1_048_576


class Unreadable(Exception):
    """A file is there and cannot be read. `why`: in words, that follow its name."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def text_of(path: Path) -> str | None:
    """The text of a file; None where there is none. Raises `Unreadable`."""
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unreadable(f"cannot be read: {(error.strerror or '').lower()}") from error
    if len(raw) > BYTES_MAX:
        raise Unreadable(f"has more than {BYTES_MAX} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 at byte {error.start}") from error
