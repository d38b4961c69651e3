"""Intake: where objects come from, sliced out of what was sent without changing one byte.

The promise: a `Piece` holds the sender's bytes of one object exactly as they came, whitespace inside included; pieces
come in the order of the input; memory does not grow with the input. Nothing here says whether a piece is STIX: that is
`ports/validator.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

Progress = Callable[[int, int | None], None]
"""Called with the bytes read so far (as stored, so compressed) and the bytes there are, None where that is unknown."""


class Piece(NamedTuple):
    """One object as it came. `where` is `file:line` in JSON lines, else `file#index`, counted from 0."""

    raw: bytes
    where: str


class Intake(Protocol):
    """Slices objects out of what was sent."""

    def objects(self, source: str | Path | BinaryIO, *, progress: Progress | None = None) -> Iterator[Piece]:
        """Yield the objects of a file, a folder, an open stream or standard input (`-`), in order.

        What can be read before a fault is yielded first; then `BadInput` says what is wrong (`input-truncated`,
        `input-not-json`, `input-not-stix` and so on, all listed in `docs/reference/rejects.md`). Whether what came
        before is kept is the caller's decision.
        """
        ...

    def envelope(self, body: bytes) -> list[Piece]:
        """Return the objects of a TAXII envelope in memory, in order (TAXII 2.1 section 3.7); a bundle is taken too.

        Raises `BadInput`: `envelope-empty` where there is no object in it, `envelope-not-json`, `envelope-not-utf8`
        or `envelope-invalid` where it is no envelope.
        """
        ...
