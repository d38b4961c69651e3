"""Compression: gzip and Zstandard told by their first bytes, unpacked in bounded steps, guarded against bombs.

A name proves nothing, so only the content is asked. A stream that ends before its last frame does is an error and not
a short file: what is missing might be the half that matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import zstandard
from isal import igzip_lib, isal_zlib

from relto.adapters.intake.limits import Limits
from relto.domain.errors import BadInput

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_MAGIC_BYTES = 4
_GZIP_STEP_BYTES = 256 * 1024
_ZSTD_STEP_BYTES = 1024
"""Zstandard unpacks at most 128 KiB from 4 bytes, so one step stays below 32 MiB."""
_ZSTD_WINDOW_BYTES_MAX = 128 * 1024 * 1024


@dataclass(slots=True)
class _Budget:
    """How much came in and went out; says stop when the two no longer fit together."""

    name: str
    limits: Limits
    packed: int = 0
    unpacked: int = 0

    def spend(self, unpacked: int) -> None:
        self.unpacked += unpacked
        limits = self.limits
        if self.unpacked > limits.inflated_bytes_max:
            raise BadInput(
                "input-bomb",
                f"`{self.name}` unpacks to more than {limits.inflated_bytes_max} bytes",
                remedy="unpack it yourself and split it",
            )
        if self.unpacked > limits.ratio_from_bytes and self.unpacked > self.packed * limits.ratio_max:
            raise BadInput(
                "input-bomb",
                f"`{self.name}` unpacks to more than {limits.ratio_max} times its size",
                remedy="if that is meant, unpack it yourself",
            )


def unpacked(chunks: Iterator[bytes], *, name: str, limits: Limits) -> Iterator[bytes]:
    """Yield the bytes of `chunks`, unpacked where they are gzip or Zstandard, else as they are.

    Raises `BadInput`: `input-truncated`, `input-corrupt`, `input-bomb`.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _MAGIC_BYTES:
            break
    rest = _chain(head, chunks)
    budget = _Budget(name, limits)
    if head.startswith(_GZIP):
        return _gunzip(rest, budget)
    if head.startswith(_ZSTD):
        return _unzstd(rest, budget)
    return rest


def _chain(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def _gunzip(chunks: Iterator[bytes], budget: _Budget) -> Iterator[bytes]:
    stream = isal_zlib.decompressobj(31)
    fresh = True
    for chunk in chunks:
        budget.packed += len(chunk)
        pending = chunk
        while pending:
            try:
                out = stream.decompress(pending, _GZIP_STEP_BYTES)
            except igzip_lib.IsalError as error:  # type: ignore[misc] # its stub has the class as a value.
                raise _corrupt(budget, "gzip") from error
            fresh = False
            budget.spend(len(out))
            if out:
                yield out
            if stream.eof:
                # The next member of the same file; zeros after the last one are padding that tape wrote.
                pending = stream.unused_data.lstrip(b"\0")
                stream = isal_zlib.decompressobj(31)
                fresh = True
            else:
                pending = stream.unconsumed_tail
    if not fresh:
        raise _truncated(budget)


def _unzstd(chunks: Iterator[bytes], budget: _Budget) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX)
    stream = unpacker.decompressobj()
    fresh = True
    for chunk in chunks:
        budget.packed += len(chunk)
        at = 0
        while at < len(chunk):
            step = chunk[at : at + _ZSTD_STEP_BYTES]
            try:
                out = stream.decompress(step)
            except zstandard.ZstdError as error:
                raise _corrupt(budget, "Zstandard") from error
            fresh = False
            at += len(step)
            budget.spend(len(out))
            if out:
                yield out
            if stream.eof:
                at -= len(stream.unused_data)
                stream = unpacker.decompressobj()
                fresh = True
    if not fresh:
        raise _truncated(budget)


def _truncated(budget: _Budget) -> BadInput:
    return BadInput("input-truncated", f"`{budget.name}` ends in the middle of its compressed data")


def _corrupt(budget: _Budget, form: str) -> BadInput:
    return BadInput("input-corrupt", f"`{budget.name}` begins as {form} and cannot be unpacked")
