"""The limits of intake: what one input may cost, whatever it claims to be."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """`object_bytes_max`: the longest object that is held in memory; of a longer one only the beginning is given on.

    `inflated_bytes_max`: how much one compressed file may unpack to. `ratio_max`: how many times its own size it may
    unpack to, asked only beyond `ratio_from_bytes`, since small files of one repeated line are honest.
    """

    object_bytes_max: int = 16 * MEBIBYTE
    inflated_bytes_max: int = 64 * 1024 * MEBIBYTE
    ratio_max: int = 250
    ratio_from_bytes: int = 64 * MEBIBYTE


CHUNK_BYTES = MEBIBYTE
"""How much is read from a file at once."""
