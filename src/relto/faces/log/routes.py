"""The addresses of the log, and what a request says there.

Everything is checked before the log is asked: an address has one form, a number has no zeros before it, and a name that
is not known, or stands twice, is refused.

>>> route_of(b"/log/tile/0/x001/x234/067").tile
'tile/0/x001/x234/067'
>>> numbers(b"old=3&new=9", {"old", "new"})
{'old': 3, 'new': 9}
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl

from relto.domain.checkpoint import parse_size
from relto.domain.errors import BadInput
from relto.domain.written import shown

PREFIX: Final = b"/log"

Name = Literal["checkpoint", "keys", "tile", "entries", "consistency", "deliveries", "proof", "cosignature", "cosigned"]

NAMES: Final[dict[bytes, Name]] = {
    b"/log/checkpoint": "checkpoint",
    b"/log/keys": "keys",
    b"/log/consistency": "consistency",
    b"/log/deliveries": "deliveries",
    b"/log/proof": "proof",
    b"/log/cosignature": "cosignature",
    b"/log/cosigned": "cosigned",
}

OPEN: Final[frozenset[Name]] = frozenset({"checkpoint", "keys"})
"""What anyone may have."""

QUERY_BYTES_MAX: Final = 1_000
_TILE: Final = b"/log/tile/"
_BUNDLE: Final = b"/log/tile/entries/"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request leads. `tile`: the path of a tile or a bundle below `/log/`, as it was written; else empty."""

    name: Name
    tile: str = ""

    @property
    def methods(self) -> tuple[str, ...]:
        """What can be done there."""
        return ("POST",) if self.name == "cosignature" else ("GET", "HEAD")


def is_log(path: bytes) -> bool:
    """Whether the address is one below that of the log."""
    return path == PREFIX or path.startswith(PREFIX + b"/")


def route_of(path: bytes) -> Route | None:
    """Where it leads; None: nowhere. Whether there is such a tile is for others to say."""
    if path.startswith(_TILE):
        name: Name = "entries" if path.startswith(_BUNDLE) else "tile"
        return Route(name, path.removeprefix(PREFIX + b"/").decode("latin-1"))
    found = NAMES.get(path.removesuffix(b"/"))
    return None if found is None else Route(found)


def numbers(query: bytes, names: Collection[str]) -> dict[str, int]:
    """The numbers that the query gives these names. Total. Raises `BadInput` (`parameter-malformed`)."""
    if len(query) > QUERY_BYTES_MAX:
        raise BadInput("parameter-malformed", f"the query has more than {QUERY_BYTES_MAX} bytes")
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError as error:
        raise BadInput("parameter-malformed", "the parameters of this address cannot be read") from error
    found: dict[str, int] = {}
    for name, text in pairs:
        if name not in names:
            raise BadInput("parameter-malformed", f"there is no parameter {shown(name)} here")
        number = parse_size(text)
        if number is None or name in found:
            raise BadInput("parameter-malformed", f"`{name}` is one number, without zeros before it")
        found[name] = number
    return found
