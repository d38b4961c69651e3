"""The log as it grows in a store: root, tiles and proofs are those of the tree of its leaves."""

import pytest
from pymerkle import InmemoryTree
from tests.frontiers import frontier_of

from relto.domain.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash, verify_consistency
from relto.domain.merkle import verify_inclusion as verified
from relto.domain.tile import WIDTH, width_in
from relto.ports.store import LeafRow
from relto.usecases.evidence.making.growing import grow, subtrees

GROUPS = [1, 2, 252, 1, 1, 255, 256, 257, 700, 3]


def row(number):
    return LeafRow("act", "", number, b'{"n":%d}' % number)


@pytest.fixture
def grown(store):
    """Leaves in groups that end before, at and behind the end of a tile."""
    for count in GROUPS:
        with store.write() as tx:
            grow(tx, lambda first, count=count: [row(number) for number in range(first, first + count)])
    return store


def test_the_root_is_that_of_another_implementation(grown):
    tree = InmemoryTree(algorithm="sha256")
    for number in range(sum(GROUPS)):
        tree.append_entry(row(number).data)
    with grown.read() as snap:
        head = snap.log()
    assert head.size == sum(GROUPS)
    assert Frontier.parse(head.size, head.frontier).root == tree.get_root()


def test_tiles_are_kept_as_the_tree_has_them(grown):
    size = sum(GROUPS)
    with grown.read() as snap:
        for level in range(3):
            for index in range(8):
                width = width_in(size, level=level, index=index)
                hashes = width if level or width == WIDTH else 0
                over = WIDTH // 16 if width == WIDTH else 0
                assert len(snap.tiles([(level, index)]).get((level, index), b"")) == 32 * (hashes + over)


def test_what_the_tiles_prove_is_right(grown):
    size = sum(GROUPS)
    with grown.read() as snap:
        roots = {old: frontier_of(old, subtrees(snap)).root for old in (1, 255, 256, 257, 1000, size)}
        for index in (0, 254, 255, 256, 700, size - 1):
            proof = inclusion_proof(index, size, subtrees(snap))
            leaf = leaf_hash(row(index).data)
            assert verified(leaf, index=index, size=size, proof=proof, root=roots[size])
        for old, root in roots.items():
            proof = consistency_proof(old, size, subtrees(snap))
            assert verify_consistency(old=old, old_root=root, new=size, new_root=roots[size], proof=proof)


def test_no_leaves_change_nothing(store):
    with store.write() as tx:
        grow(tx, lambda _: [])
    with store.read() as snap:
        assert snap.log().size == 0


def test_a_tile_of_the_second_level_is_full_at_last(store):
    with store.write() as tx:
        grow(tx, lambda _: [row(number) for number in range(WIDTH * WIDTH - 1)])
    with store.write() as tx:
        grow(tx, lambda first: [row(first)])
    with store.read() as snap:
        found = snap.tiles([(level, 0) for level in range(4)])
        full = WIDTH + WIDTH // 16
        assert {level: len(hashes) // 32 for (level, _), hashes in found.items()} == {0: full, 1: full, 2: 1}
        assert found[2, 0] == Frontier.parse(WIDTH * WIDTH, snap.log().frontier).root
