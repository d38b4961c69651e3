"""The reader: `ports/intake.py` over files, folders, standard input and bodies in memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from relto.adapters.intake.compression import unpacked
from relto.adapters.intake.envelope import read_envelope
from relto.adapters.intake.limits import CHUNK_BYTES, Limits
from relto.adapters.intake.scanner import Scanner
from relto.domain.errors import BadInput, Unknown
from relto.ports.intake import Piece, Progress

_FORMS = (".json", ".jsonl", ".ndjson", ".stix", ".stix2")
_LINE_FORMS = (".jsonl", ".ndjson")
_PACKED = (".gz", ".zst")
STANDARD_INPUT = "-"


@dataclass(slots=True)
class _Count:
    """What has been read, told to whoever watches."""

    progress: Progress | None
    total: int | None
    done: int = 0

    def add(self, count: int) -> None:
        self.done += count
        if self.progress is not None:
            self.progress(self.done, self.total)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads whatever it is given, within `limits`. Holds nothing open between calls."""

    limits: Limits = field(default_factory=Limits)

    def objects(self, source: str | Path | BinaryIO, *, progress: Progress | None = None) -> Iterator[Piece]:
        """Keep the promise of the port."""
        if source == STANDARD_INPUT:
            return self._stream(sys.stdin.buffer, STANDARD_INPUT, _Count(progress, None))
        if not isinstance(source, (str, Path)):
            name = getattr(source, "name", None)
            return self._stream(source, name if isinstance(name, str) else "input", _Count(progress, None))
        files = files_of(source)
        sizes = [file.stat().st_size for file in files]
        # The size of a pipe is 0 and says nothing.
        return self._files(files, _Count(progress, sum(sizes) if all(sizes) else None))

    def envelope(self, body: bytes) -> list[Piece]:
        """Keep the promise of the port."""
        return read_envelope(body)

    def _files(self, files: list[Path], count: _Count) -> Iterator[Piece]:
        for path in files:
            try:
                file = path.open("rb")
            except OSError as error:
                raise _unreadable(path, error) from error
            with file:
                yield from self._stream(file, str(path), count)

    def _stream(self, file: BinaryIO, name: str, count: _Count) -> Iterator[Piece]:
        chunks = unpacked(_chunks(file, name, count), name=name, limits=self.limits)
        plain = name.removesuffix(".gz").removesuffix(".zst")
        return Scanner(chunks, name=name, limits=self.limits, lines=plain.endswith(_LINE_FORMS)).pieces()


def files_of(source: str | Path) -> list[Path]:
    """The file, or those of the folder. Raises `BadInput`, `Unknown` `input-missing`."""
    path = Path(source)
    try:
        files = _files_in(path) if path.is_dir() else [path]
        for file in files:
            file.stat()
    except FileNotFoundError as error:
        raise Unknown("input-missing", f"there is no file or folder `{error.filename}`") from error
    except OSError as error:
        raise _unreadable(path, error) from error
    return files


def _files_in(folder: Path) -> list[Path]:
    """Return the files of a folder and its folders that may hold STIX, sorted by path. Raises `BadInput` if none."""
    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        for name in names:
            plain = next((name.removesuffix(packed) for packed in _PACKED if name.endswith(packed)), name)
            if plain.endswith(_FORMS):
                found.append(Path(parent, name))
    if not found:
        wanted = ", ".join(_FORMS)
        raise BadInput("input-empty", f"the folder `{folder}` holds no file that ends in {wanted}, with .gz or .zst")
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error


def _chunks(file: BinaryIO, name: str, count: _Count) -> Iterator[bytes]:
    # A pipe gives what it has with `read1`; `read` would wait until a whole chunk is there.
    read = getattr(file, "read1", file.read)
    while True:
        try:
            chunk = read(CHUNK_BYTES)
        except OSError as error:
            raise _unreadable(name, error) from error
        if not chunk:
            return
        count.add(len(chunk))
        yield chunk


def _unreadable(path: Path | str, error: OSError) -> BadInput:
    return BadInput("input-unreadable", f"`{path}` cannot be read: {(error.strerror or 'no reason given').lower()}")
