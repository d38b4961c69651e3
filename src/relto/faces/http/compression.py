"""Compression of responses: gzip or Zstandard, where the client takes it and the body is worth it.

>>> coding_for(b"gzip, deflate, zstd"), coding_for(b"gzip;q=0, *"), coding_for(b"identity")
(b'zstd', b'zstd', None)
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import zstandard
from isal import isal_zlib

from relto.faces.http.exchange import Response

BYTES_MIN: Final = 1_024
"""A smaller body fits into one packet either way."""

_ZSTD_LEVEL: Final = 1
_GZIP_LEVEL: Final = 1
_LINKED: Final = ("zstd", "gzip")


@lru_cache(maxsize=256)
def coding_for(accept_encoding: bytes) -> bytes | None:
    """The coding to use for a client that sent this header (RFC 9110 section 12.5.3); None: as it is."""
    weights: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter)
    chosen = max(_LINKED, key=lambda name: weights.get(name, weights.get("*", 0.0)))
    weight = weights.get(chosen, weights.get("*", 0.0))
    return chosen.encode() if weight > 0 and weight >= weights.get("identity", 0.0) else None


def compress(response: Response, accept_encoding: bytes) -> None:
    """Packs the body where the client takes that and it is long enough. Slow: not on the event loop."""
    if len(response.body) < BYTES_MIN:
        return
    response.headers.append((b"vary", b"accept-encoding"))
    coding = coding_for(accept_encoding) if accept_encoding else None
    if coding is None:
        return
    if coding == b"zstd":
        response.body = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(response.body)
    else:
        response.body = isal_zlib.compress(response.body, level=_GZIP_LEVEL, wbits=31)
    response.headers.append((b"content-encoding", coding))


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value.strip())
    except ValueError:
        return 0.0
