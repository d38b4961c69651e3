"""What pages need beside themselves: scripts and styles, each under an address that names its content.

htmx and uPlot are as their authors published them (static/ORIGIN.md); the rest is ours. Nothing is asked of another
host, and a file that was had once is not asked for again. Each is read once and packed once for each coding, when the
process begins: answering with one takes no thread.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from relto.faces.http.compression import coding_for, compress
from relto.faces.http.exchange import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent / "static"
PREFIX: Final = "/static/"
TYPES: Final = {
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}
CODINGS: Final = (b"", b"gzip", b"zstd")
FOREVER: Final = b"public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `packed`: how it is answered, by coding; empty: as it is."""

    address: str
    packed: Mapping[bytes, Response]


@cache
def assets() -> Mapping[str, Asset]:
    """By file name."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        kind = TYPES.get(path.suffix)
        if kind is not None:
            body = path.read_bytes()
            digest = hashlib.sha256(body).hexdigest()[:12]
            address = f"{PREFIX}{digest}/{path.name}"
            packed = {coding: Response(200, body, kind, cache=FOREVER) for coding in CODINGS}
            for coding, response in packed.items():
                compress(response, coding)
            found[path.name] = Asset(address, packed)
    return found


def address(name: str) -> str:
    """Where a page finds it."""
    return assets()[name].address


def sent(path: str, accepted: bytes) -> Response | None:
    """The file at this address, packed where the browser takes that; None where there is none."""
    found = next((each for each in assets().values() if each.address == path), None)
    if found is None:
        return None
    kept = found.packed[(coding_for(accepted) if accepted else None) or b""]
    return replace(kept, headers=[*kept.headers])
