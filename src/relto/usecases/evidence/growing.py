"""Growing: leaves go to the end of the log, and its tree grows with them (C2SP tlog-tiles).

Level 0 of the tree is kept in full tiles alone: the hashes of leaves are those of their data. The levels above grow by
one hash for each full tile below, so that a proof reads one tile a level and the leaves of the last, partial one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.domain.merkle import Frontier, leaf_hash, root_of
from relto.domain.tile import WIDTH, Subtrees
from relto.ports.store import LeafRow, LogHead, TileRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relto.ports.store import Snapshot, Transaction


def grow(tx: Transaction, leaves: Callable[[int], Sequence[LeafRow]]) -> None:
    """Adds the leaves that `leaves` makes, told the number of the first; its caller is alone to write."""
    head = tx.log()
    rows = leaves(head.size)
    hashes = [leaf_hash(row.data) for row in rows]
    frontier = Frontier.parse(head.size, head.frontier).appended(hashes)
    tiles = _grown(tx, head.size, hashes)
    tx.add_leaves(rows, LogHead(frontier.size, frontier.as_bytes()), tiles)


def subtrees(snap: Snapshot) -> Subtrees:
    """The subtrees of the log, for one proof."""
    return Subtrees(lambda level, index: tile_octets(snap, level, index))


def tile_octets(snap: Snapshot, level: int, index: int) -> bytes:
    """The hashes of a tile, as many as there are by now; empty where none is."""
    stored = snap.tile(level, index)
    if stored or level:
        return stored
    return b"".join(_leaf_hashes(snap, index * WIDTH, WIDTH))


def _leaf_hashes(snap: Snapshot, first: int, limit: int) -> list[bytes]:
    found = snap.leaves(first=first, last=first + limit - 1, limit=limit) if limit else []
    return [leaf_hash(row.data) for _, row in found]


def _grown(tx: Transaction, size: int, hashes: Sequence[bytes]) -> list[TileRow]:
    """The tiles that these hashes behind the first `size` fill, and those above them that grow."""
    upto = size + len(hashes)
    first, last = size // WIDTH, upto // WIDTH
    if first == last:
        return []
    row = [*_leaf_hashes(tx, first * WIDTH, size - first * WIDTH), *hashes]
    full = [row[place : place + WIDTH] for place in range(0, (last - first) * WIDTH, WIDTH)]
    found = [TileRow(0, number, b"".join(each)) for number, each in enumerate(full, first)]
    level, fresh = 1, [root_of(each) for each in full]
    while fresh:
        # `first` is the place of the first fresh hash at this level.
        start = first // WIDTH
        row = [tx.tile(level, start) if first % WIDTH else b"", *fresh]
        raw = b"".join(row)
        cut = WIDTH * 32
        pieces = [raw[place : place + cut] for place in range(0, len(raw), cut)]
        found += [TileRow(level, number, piece) for number, piece in enumerate(pieces, start)]
        whole = [piece for piece in pieces if len(piece) == cut]
        fresh = [root_of([piece[at : at + 32] for at in range(0, cut, 32)]) for piece in whole]
        level, first = level + 1, start
    return found
