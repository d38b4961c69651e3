"""The Merkle tree of a log (RFC 9162, section 2.1, with SHA-256): its root, and proofs that it holds and only grows.

What the log stores is hashes of perfect subtrees, each named by its `level` (it has 2**level leaves) and its `index`
among those of that level, from 0. Proofs ask for them by a `Subtree`, so any storage can serve them, and never for one
that is not whole in the tree that they are about. The tree grows by a `Frontier`, which needs no storage at all.

Making a proof raises for a tree that cannot be. Verifying one never does: whatever came from outside is either proven
or not.

>>> leaves = [leaf_hash(data) for data in (b"one", b"two", b"three")]
>>> frontier = Frontier().appended(leaves[:2])
>>> frontier.appended(leaves[2:]).root == root_of(leaves)
True
>>> proof = inclusion_proof(2, 3, lambda level, index: root_of(leaves[index << level : (index + 1) << level]))
>>> verify_inclusion(leaves[2], index=2, size=3, proof=proof, root=root_of(leaves))
True
>>> verify_inclusion(leaves[1], index=2, size=3, proof=proof, root=root_of(leaves))
False
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from relto.domain.errors import BadInput

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of the tree without leaves."""

SIZE_MAX: Final = 2**63 - 1
"""Leaves of the largest tree; the highest value of a signed 64-bit column."""

INCLUSION_MAX: Final = 63
"""Hashes of the longest inclusion proof: no tree is higher."""

CONSISTENCY_MAX: Final = 64
"""Hashes of the longest consistency proof: one more than there are levels."""

Subtree = Callable[[int, int], bytes]
"""`subtree(level, index)`: the hash of the leaves from `index << level` up to, and not at, `(index + 1) << level`."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf that holds `data`."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over the hashes of its two children."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree of `size` leaves: the hashes of the perfect subtrees that it falls into, one for each
    bit that is set in `size`, from the left, which is from the largest. All that growing needs.

    Raises `BadInput` (`frontier-invalid`) where sizes and hashes do not fit.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX:
            raise BadInput("frontier-invalid", f"no tree has {_told(self.size)} leaves")
        if len(self.hashes) != self.size.bit_count() or not _are_hashes(self.hashes):
            raise _misfit(self.size)

    @property
    def root(self) -> bytes:
        """The root of the tree (MTH)."""
        return _folded(self.hashes) if self.hashes else EMPTY_ROOT

    def appended(self, leaf_hashes: Sequence[bytes]) -> Frontier:
        """The frontier once leaves of these hashes came behind it, in their order."""
        assert _are_hashes(leaf_hashes), "leaves are appended by their hashes"
        # From below: what waits at each level comes first, what is left over there waits from now on.
        waiting, left_over = list(self.hashes), []
        row, bits = list(leaf_hashes), self.size
        while row:
            if bits & 1:
                row.insert(0, waiting.pop())
            if len(row) & 1:
                left_over.append(row.pop())
            # Not by `node_hash`: a call for each of a million nodes is felt.
            nodes = iter(row)
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes, nodes, strict=True)]
            bits >>= 1
        return Frontier(self.size + len(leaf_hashes), (*waiting, *reversed(left_over)))

    def subtrees(self) -> dict[tuple[int, int], bytes]:
        """The same hashes by level and place there, as a `Subtree` is asked for them."""
        found: dict[tuple[int, int], bytes] = {}
        start = 0
        for each in self.hashes:
            level = (self.size - start).bit_length() - 1
            found[level, start >> level] = each
            start += 1 << level
        return found

    def as_bytes(self) -> bytes:
        """The hashes one behind another, as `parse` takes them."""
        return b"".join(self.hashes)

    @classmethod
    def parse(cls, size: int, raw: bytes) -> Frontier:
        """The frontier of a tree of `size` leaves that `as_bytes` gave. Raises `BadInput` (`frontier-invalid`)."""
        # Before it is cut up: a frontier has no more hashes than a size has bits.
        if len(raw) > HASH_BYTES * INCLUSION_MAX or len(raw) % HASH_BYTES:
            raise _misfit(size)
        return cls(size, tuple(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)))


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root of the tree of leaves of these hashes (MTH)."""
    return Frontier().appended(leaf_hashes).root


def perfect_root(row: bytes) -> bytes:
    """The same over a power of two of hashes, one behind another, as tiles hold them."""
    return rows_above(row)[-1]


def rows_above(row: bytes) -> tuple[bytes, ...]:
    """These hashes, one behind another, the nodes over each two of them, the nodes over each two of those, and so on;
    what lacks a right child has no node.
    """
    found = [row]
    while len(row) >= 64:
        # Not by `node_hash`: proofs are asked for many of these.
        row = b"".join([sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row) - 63, 64)])
        found.append(row)
    return tuple(found)


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The proof that leaf `index` is in the tree of the first `size` leaves (PATH, section 2.1.3.1): the hashes beside
    its way to the root, from the leaf up. Raises `BadInput` (`log-index-invalid`) where the tree has no such leaf.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise BadInput("log-index-invalid", f"a log of {_told(size)} entries has no entry {_told(index)}")
    found: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append(_span(middle, end, subtree))
            end = middle
        else:
            found.append(_span(start, middle, subtree))
            start = middle
    return found[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """The proof that the first `old` leaves are still the first of `new` (PROOF, section 2.1.4.1). It is empty where
    there is nothing to prove: no leaves, or as many. Raises `BadInput` (`log-size-invalid`) where `old` is larger.
    """
    if not 0 <= old <= new <= SIZE_MAX:
        raise BadInput("log-size-invalid", f"no log grew from {_told(old)} entries to {_told(new)}")
    if old == 0:
        return []
    found: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            found.append(_span(middle, end, subtree))
            end = middle
        else:
            found.append(_span(start, middle, subtree))
            start = middle
    # Who verifies knows the old root; what stands at the left edge is that root, and needs no hash.
    if start:
        found.append(_span(start, end, subtree))
    return found[::-1]


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the tree of `size` leaves with that `root` has a leaf of the hash `leaf` at `index`.

    As section 2.1.3.2 has it. Total: a proof that is too long, a hash that is none, no such size: nothing is proven.
    """
    if not 0 <= index < size <= SIZE_MAX or len(proof) > INCLUSION_MAX or not _are_hashes((leaf, root, *proof)):
        return False
    fn, sn, found = index, size - 1, leaf
    for each in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = node_hash(each, found)
            fn, sn = _up_to_a_right_child(fn, sn)
        else:
            found = node_hash(found, each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def verify_consistency(*, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `old` leaves with `old_root` is the beginning of that of `new` leaves.

    As section 2.1.4.2 has it; that section leaves out trees of one size, which have one root, and the tree without
    leaves, with which every tree begins: both have the empty proof alone. Total, as `verify_inclusion`.
    """
    if not 0 <= old <= new <= SIZE_MAX or len(proof) > CONSISTENCY_MAX:
        return False
    if not _are_hashes((old_root, new_root, *proof)) or (old == 0 and old_root != EMPTY_ROOT):
        return False
    if old in (0, new):
        return not proof and (old < new or old_root == new_root)
    return bool(proof) and _is_consistent(old - 1, new - 1, proof, old_root, new_root)


def _is_consistent(fn: int, sn: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Steps 2 to 7 of section 2.1.4.2: `fn` and `sn` are the places of the last leaves, `proof` is not empty."""
    path = [old_root, *proof] if (fn + 1) & fn == 0 else list(proof)
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for each in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(each, fr), node_hash(each, sr)
            fn, sn = _up_to_a_right_child(fn, sn)
        else:
            sr = node_hash(sr, each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


def _up_to_a_right_child(fn: int, sn: int) -> tuple[int, int]:
    """Both places as many levels up as it takes until `fn` is a right child, or the first."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _split(leaves: int) -> int:
    """Where a tree of so many leaves (at least two) is parted: the largest power of two below."""
    return 1 << (leaves - 1).bit_length() - 1


def _perfect(start: int, end: int, subtree: Subtree) -> list[bytes]:
    """The hashes of the perfect subtrees into which the leaves `start <= … < end` fall, the largest first."""
    # INVARIANT: `start` is a multiple of a power of two that is no less than `end - start`; so is what is left of it.
    found: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append(subtree(level, start >> level))
        start += 1 << level
    return found


def _span(start: int, end: int, subtree: Subtree) -> bytes:
    """The hash (MTH) of the leaves `start <= … < end`, which are one side of a node."""
    return _folded(_perfect(start, end, subtree))


def _folded(hashes: Sequence[bytes]) -> bytes:
    """The root over subtrees that shrink from the left, of which there is at least one."""
    found = hashes[-1]
    for each in hashes[-2::-1]:
        found = node_hash(each, found)
    return found


def _are_hashes(found: Sequence[bytes]) -> bool:
    return set(map(len, found)) <= {HASH_BYTES}


def _told(number: int) -> str:
    # Python refuses to write numbers of thousands of digits.
    return str(number) if -SIZE_MAX <= number <= SIZE_MAX else "…"


def _misfit(size: int) -> BadInput:
    return BadInput("frontier-invalid", f"these are not the hashes at the edge of a tree of {_told(size)} leaves")
