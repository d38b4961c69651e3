"""Tiles: how a log's tree and its entries are cut into pieces that never change (C2SP tlog-tiles).

A tile of level `n` holds up to 256 hashes of subtrees of 256**n leaves each, a bundle up to 256 entries; the last of
each level may be partial, and its path says how wide it is. A path has one form and no other, so that one path is one
resource. What is read of a tile is whole or refused: it may come from elsewhere.

>>> Tile(0, 1234067).path, Bundle(5, 17).path
('tile/0/x001/x234/067', 'tile/entries/005.p/17')
>>> parse_path("tile/1/000.p/17")
Tile(level=1, index=0, width=17)
>>> [width_in(70_000, level=level, index=index) for level, index in ((0, 272), (0, 273), (1, 1), (2, 0), (3, 0))]
[256, 112, 17, 1, 0]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from relto.domain.errors import BadInput
from relto.domain.merkle import HASH_BYTES, SIZE_MAX, Frontier, rows_above
from relto.domain.written import shown

HEIGHT: Final = 8
"""Levels of the tree in one tile."""

WIDTH: Final = 256
"""Hashes in a full tile, entries in a full bundle."""

LEVEL_MAX: Final = 63
INDEX_MAX: Final = SIZE_MAX // WIDTH
"""The place of the last tile that the largest tree has."""

GROUP_HEIGHT: Final = 4
GROUP_BYTES: Final = HASH_BYTES << GROUP_HEIGHT
"""Of each sixteen hashes of a tile that is full a node keeps the hash over them behind them all: a proof then makes
thirty hashes of a tile, where it would make 255.
"""

TILE_BYTES: Final = WIDTH * HASH_BYTES
KEPT_BYTES: Final = TILE_BYTES + (TILE_BYTES >> GROUP_HEIGHT)

TILES_KEPT: Final = 256
"""Of so many tiles above the lowest that are not full, the hashes over each sixteen are not made anew for each proof:
there are few, and they are kept by what they hold. 2 MiB at most.
"""

ENTRY_MAX: Final = 65_535
"""Bytes of an entry: its length has 16 bits."""

PATH_MAX: Final = 60
"""Characters of a path that is looked at; the longest has fewer."""

_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Hashes of the tree: the `width` from place `index` * 256 on, of subtrees of 256**`level` leaves.

    Raises `BadInput` (`tile-path-invalid`) for one that no tree has.
    """

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= LEVEL_MAX:
            raise _no_tile(f"a level is a number from 0 to {LEVEL_MAX}")
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix."""
        return f"tile/{self.level}/{_written(self.index, self.width)}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Entries of the log: the `width` from place `index` * 256 on.

    Raises `BadInput` (`tile-path-invalid`) for one that no log has.
    """

    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix."""
        return f"tile/entries/{_written(self.index, self.width)}"


def bundled(entries: Sequence[bytes]) -> bytes:
    """The bytes of the bundle of 1 to 256 entries: each behind its length as 16 bits, the higher first.

    Raises `BadInput` (`bundle-invalid`) where they are more or none, or one is too long.
    """
    if not 1 <= len(entries) <= WIDTH:
        raise _no_bundle(f"a bundle has 1 to {WIDTH} entries")
    longest = max(map(len, entries))
    if longest > ENTRY_MAX:
        raise _no_bundle(f"an entry has {longest} bytes, and may have {ENTRY_MAX}")
    return b"".join(part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry))


def parse_path(text: str) -> Tile | Bundle:
    """The tile or the bundle that is served under this path, below the log's prefix. Total and strict: each has just
    one path. Raises `BadInput` (`tile-path-invalid`).
    """
    found = _PATH.fullmatch(text) if len(text) <= PATH_MAX else None
    if found is None:
        raise _no_path(text, "write tile/0/x001/x234/067, tile/entries/067, tile/0/067.p/8")
    index = int(found["index"].replace("/", "").replace("x", ""))
    width = WIDTH if found["width"] is None else int(found["width"])
    if found["width"] is not None and width >= WIDTH:
        raise _no_path(text, f"a partial one has a width from 1 to {WIDTH - 1}")
    if found["index"] != _numbered(index):
        raise _no_path(text, f"this index is written {_numbered(index)}")
    return Bundle(index, width) if found["level"] == "entries" else Tile(int(found["level"]), index, width)


def width_in(size: int, *, level: int, index: int) -> int:
    """How wide a tile is (a bundle, at level 0) in a log of `size` entries: 0 where it is not there, 256 where full."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


def kept(hashes: bytes) -> bytes:
    """A tile as a node keeps it: its hashes, and where it is full, behind them the hash over each sixteen."""
    return hashes + _over_groups(hashes) if len(hashes) == TILE_BYTES else hashes


class Subtrees:
    """The subtrees of a tree that is kept as tiles: the `Subtree` that proofs ask.

    `tile(level, index)` gives the bytes of a tile, as wide as the tree has it or wider, or as it is `kept`. Each is
    asked for once and remembered, so make one for each proof: that touches no more than two tiles of each of eight
    levels. For what lies at the `edge` of the tree, where that is known, no tile is asked.
    """

    def __init__(self, tile: Callable[[int, int], bytes], edge: Frontier | None = None) -> None:
        self._tile = tile
        self._edge = {} if edge is None else edge.subtrees()
        self._seen: dict[tuple[int, int], _Hashes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of that subtree. Raises `BadInput` (`tile-invalid`) where its tile does not reach as far, and
        whatever asking for a tile raises.
        """
        at_edge = self._edge.get((level, index))
        if at_edge is not None:
            return at_edge
        tile_level, height = divmod(level, HEIGHT)
        tile_index, first = divmod(index << height, WIDTH)
        hashes = self._hashes(tile_level, tile_index)
        if first >> height >= hashes.width >> height:
            raise BadInput(
                "tile-invalid", f"tile {tile_index} of level {tile_level} is too short: {hashes.width} hashes"
            )
        return hashes.over(height, first >> height)

    def _hashes(self, level: int, index: int) -> _Hashes:
        place = (level, index)
        if place not in self._seen:
            raw = self._tile(level, index)
            if (len(raw) > TILE_BYTES and len(raw) != KEPT_BYTES) or len(raw) % HASH_BYTES:
                raise BadInput("tile-invalid", f"tile {index} of level {level} has {len(raw)} bytes")
            self._seen[place] = _Hashes(raw, is_lowest=not level)
        return self._seen[place]


class _Hashes:
    """The hashes of a tile, and those over them as far as they are asked for."""

    def __init__(self, raw: bytes, *, is_lowest: bool) -> None:
        self.width = min(len(raw), TILE_BYTES) // HASH_BYTES
        self._raw = raw
        self._is_lowest = is_lowest
        self._groups: dict[int, tuple[bytes, ...]] = {}
        self._above: tuple[bytes, ...] = ()

    def over(self, height: int, place: int) -> bytes:
        """The hash over as many as `height` says, all of which are there."""
        if height < GROUP_HEIGHT:
            group, first = divmod(place << height, 1 << GROUP_HEIGHT)
            if group not in self._groups:
                start = group * GROUP_BYTES
                self._groups[group] = rows_above(self._raw[start : min(start + GROUP_BYTES, TILE_BYTES)])
            row, place = self._groups[group][height], first >> height
        else:
            self._above = self._above or rows_above(self._over_groups())
            row = self._above[height - GROUP_HEIGHT]
        return row[place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def _over_groups(self) -> bytes:
        if len(self._raw) == KEPT_BYTES:
            return self._raw[TILE_BYTES:]
        return _over_groups(self._raw) if self._is_lowest else _over_groups_kept(self._raw)


def _over_groups(hashes: bytes) -> bytes:
    """The hash over each sixteen, one behind another; a last group that lacks some has none."""
    rows = rows_above(hashes)
    return rows[GROUP_HEIGHT] if len(rows) > GROUP_HEIGHT else b""


@lru_cache(maxsize=TILES_KEPT)
def _over_groups_kept(hashes: bytes) -> bytes:
    return _over_groups(hashes)


def _check_place(index: int, width: int) -> None:
    if not 0 <= index <= INDEX_MAX:
        raise _no_tile("no log has as many entries")
    if not 1 <= width <= WIDTH:
        raise _no_tile(f"a width is a number from 1 to {WIDTH}")


def _written(index: int, width: int) -> str:
    return _numbered(index) + (f".p/{width}" if width < WIDTH else "")


def _numbered(index: int) -> str:
    """An index in groups of three digits, each but the last behind an `x`."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _no_path(text: str, remedy: str) -> BadInput:
    return BadInput("tile-path-invalid", f"{shown(text)} is no path of a tile", remedy=remedy)


def _no_tile(why: str) -> BadInput:
    return BadInput("tile-path-invalid", f"there is no such tile: {why}")


def _no_bundle(why: str) -> BadInput:
    return BadInput("bundle-invalid", f"this is no bundle: {why}")
