"""Growing: leaves go to the end of the log, and its tree grows with them (C2SP tlog-tiles).

Level 0 of the tree is kept in full tiles alone: the hashes of leaves are those of their data. The levels above grow by
one hash for each full tile below, so that a proof reads one tile a level and the leaves of the last, partial one. A
full tile has what lies over each sixteen of its hashes behind them (`tile.kept`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.domain.merkle import Frontier, leaf_hash, perfect_root
from relto.domain.tile import HEIGHT, TILE_BYTES, WIDTH, Subtrees, kept
from relto.ports.store import LeafRow, LogHead, TileRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relto.ports.store import Snapshot, Transaction


def grow(tx: Transaction, leaves: Callable[[int], Sequence[LeafRow]]) -> LogHead:
    """Adds the leaves that `leaves` makes, told the number of the first; its caller is alone to write. The log then."""
    head = tx.log()
    rows = leaves(head.size)
    hashes = [leaf_hash(row.data) for row in rows]
    frontier = Frontier.parse(head.size, head.frontier).appended(hashes)
    tiles = _grown(tx, head.size, hashes)
    grown = LogHead(frontier.size, frontier.as_bytes())
    tx.add_leaves(rows, grown, tiles)
    return grown


def subtrees(snap: Snapshot, *near: int) -> Subtrees:
    """The subtrees of the log. `near`: numbers of leaves, or sizes, that proofs are about, which need what lies above
    these: it is asked for at once.
    """
    above = {(level, each >> HEIGHT * (level + 1)) for each in near for level in range(-(-each.bit_length() // HEIGHT))}
    head, found = snap.tree(above)

    def tile(level: int, index: int) -> bytes:
        place = (level, index)
        if place not in above:
            return snap.tiles([place]).get(place) or _tail(snap, level, index)
        return found.get(place) or _tail(snap, level, index)

    # The last leaves are no tile yet, and would be read one by one for nearly every proof.
    return Subtrees(tile, Frontier.parse(head.size, head.frontier))


def tile_octets(snap: Snapshot, level: int, index: int) -> bytes:
    """The hashes of a tile, as many as there are by now; empty where none is."""
    place = (level, index)
    return snap.tiles([place]).get(place, b"")[:TILE_BYTES] or _tail(snap, level, index)


def _tail(snap: Snapshot, level: int, index: int) -> bytes:
    """The hashes of a tile that is not kept."""
    return b"" if level else b"".join(_leaf_hashes(snap, index * WIDTH, WIDTH))


def _leaf_hashes(snap: Snapshot, first: int, limit: int) -> list[bytes]:
    found = snap.leaf_bytes(first, first + limit - 1) if limit else []
    return [leaf_hash(data) for data in found]


def _grown(tx: Transaction, size: int, hashes: Sequence[bytes]) -> list[TileRow]:
    """The tiles that these hashes behind the first `size` fill, and those above them that grow."""
    upto = size + len(hashes)
    first, last = size // WIDTH, upto // WIDTH
    if first == last:
        return []
    raw = b"".join([*_leaf_hashes(tx, first * WIDTH, size - first * WIDTH), *hashes])
    cut = TILE_BYTES
    pieces = [kept(raw[place : place + cut]) for place in range(0, (last - first) * cut, cut)]
    found = [TileRow(0, number, piece) for number, piece in enumerate(pieces, first)]
    level, fresh = 1, [perfect_root(piece[cut:]) for piece in pieces]
    while fresh:
        # `first` is the place of the first fresh hash at this level.
        start = first // WIDTH
        place = (level, start)
        raw = b"".join([tx.tiles([place])[place] if first % WIDTH else b"", *fresh])
        pieces = [kept(raw[place : place + cut]) for place in range(0, len(raw), cut)]
        found += [TileRow(level, number, piece) for number, piece in enumerate(pieces, start)]
        fresh = [perfect_root(piece[cut:]) for piece in pieces if len(piece) > cut]
        level, first = level + 1, start
    return found
