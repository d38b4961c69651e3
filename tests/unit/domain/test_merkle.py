"""The tree against the known one, against a second statement of the RFC, and against another library."""

from __future__ import annotations

import json
from pathlib import Path

import pymerkle
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.frontiers import frontier_of
from tests.second import log_verifier as second

from relto.domain.errors import BadInput
from relto.domain.merkle import (
    CONSISTENCY_MAX,
    EMPTY_ROOT,
    HASH_BYTES,
    INCLUSION_MAX,
    SIZE_MAX,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    perfect_root,
    root_of,
    verify_consistency,
    verify_inclusion,
)

TREE = json.loads((Path(__file__).parents[2] / "vectors" / "log" / "tree.json").read_text("utf-8"))
INPUTS = [bytes.fromhex(each) for each in TREE["inputs"]]
ROOTS = [bytes.fromhex(each) for each in TREE["roots"]]

entries = st.lists(st.binary(max_size=3), max_size=40)
some_entries = st.lists(st.binary(max_size=3), min_size=1, max_size=40)


def hashed(data):
    return [leaf_hash(each) for each in data]


def unhexed(listed):
    return [bytes.fromhex(each) for each in listed]


def stored(data):
    """The subtrees of a tree of these entries; one that is not whole in it fails the test."""

    def subtree(level, index):
        covered = data[index << level : (index + 1) << level]
        assert len(covered) == 1 << level
        return second.mth(covered)

    return subtree


def endless(level, index):
    """A subtree of a tree that is too large to be there."""
    return leaf_hash(f"{level} {index}".encode())


@st.composite
def mutated(draw, proof, *numbers, hashes):
    """A proof, numbers and hashes of which one thing is another now."""
    proof, numbers, hashes = list(proof), list(numbers), list(hashes)
    match draw(st.sampled_from(["number", "bit", "drop", "add", "swap", "length", "hash", "cut"])):
        case "number":
            place = draw(st.integers(0, len(numbers) - 1))
            numbers[place] = draw(st.integers(-3, 50) | st.sampled_from([-(2**64), SIZE_MAX, SIZE_MAX + 1, 2**64]))
        case "bit" if proof:
            place, bit = draw(st.integers(0, len(proof) - 1)), draw(st.integers(0, HASH_BYTES * 8 - 1))
            proof[place] = (int.from_bytes(proof[place], "big") ^ (1 << bit)).to_bytes(HASH_BYTES, "big")
        case "drop" if proof:
            del proof[draw(st.integers(0, len(proof) - 1))]
        case "add":
            many = draw(st.sampled_from([1, 2, 70]))
            extra = draw(st.sampled_from([*proof, *hashes]) | st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES))
            at = draw(st.integers(0, len(proof)))
            proof[at:at] = [extra] * many
        case "swap":
            proof.reverse()
        case "length" if proof:
            place = draw(st.integers(0, len(proof) - 1))
            proof[place] = draw(st.sampled_from([b"", proof[place][:-1], proof[place] + b"\x00", proof[place] * 2]))
        case "hash":
            place = draw(st.integers(0, len(hashes) - 1))
            hashes[place] = draw(st.sampled_from([b"", hashes[place][1:], EMPTY_ROOT, *hashes, *proof]))
        case _:
            proof = proof[: draw(st.integers(0, len(proof)))]
    return proof, numbers, hashes


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_that_all_implementations_agree_on(size):
    leaves = hashed(INPUTS[:size])
    assert root_of(leaves) == ROOTS[size]
    assert Frontier().appended(leaves[: size // 2]).appended(leaves[size // 2 :]).root == ROOTS[size]
    assert frontier_of(size, stored(INPUTS)).root == ROOTS[size]


def test_the_tree_without_leaves_has_the_hash_of_nothing():
    assert ROOTS[0] == EMPTY_ROOT == root_of([]) == Frontier().root


@pytest.mark.parametrize("case", TREE["inclusion"], ids=lambda case: f"{case['index']} of {case['size']}")
def test_inclusion_proofs_are_those_that_all_implementations_agree_on(case):
    index, size, proof = case["index"], case["size"], unhexed(case["proof"])
    assert inclusion_proof(index, size, stored(INPUTS)) == proof
    assert verify_inclusion(leaf_hash(INPUTS[index]), index=index, size=size, proof=proof, root=ROOTS[size])


@pytest.mark.parametrize("case", TREE["consistency"], ids=lambda case: f"{case['old']} to {case['new']}")
def test_consistency_proofs_are_those_that_all_implementations_agree_on(case):
    old, new, proof = case["old"], case["new"], unhexed(case["proof"])
    assert consistency_proof(old, new, stored(INPUTS)) == proof
    assert verify_consistency(old=old, old_root=ROOTS[old], new=new, new_root=ROOTS[new], proof=proof)


@given(st.lists(entries, max_size=6))
def test_a_frontier_that_grows_in_any_steps_has_the_root_of_the_whole(groups):
    frontier, whole = Frontier(), []
    for group in groups:
        frontier, whole = frontier.appended(hashed(group)), whole + group
        assert frontier.size == len(whole)
        assert frontier.root == second.mth(whole) == root_of(hashed(whole))
        assert frontier == frontier_of(len(whole), stored(whole))
        assert Frontier.parse(frontier.size, frontier.as_bytes()) == frontier


@given(st.integers(0, SIZE_MAX), st.integers(0, 300))
def test_a_frontier_of_any_size_grows_as_one_leaf_after_another_would(size, count):
    assume(size + count <= SIZE_MAX)
    start = frontier_of(size, endless)
    leaves = [leaf_hash(f"new {number}".encode()) for number in range(count)]
    singly = start
    for leaf in leaves:
        singly = singly.appended([leaf])
    assert start.appended(leaves) == singly
    assert singly.size == size + count


@given(st.integers(0, 9), st.binary(min_size=1, max_size=8))
def test_the_root_over_a_power_of_two_is_that_of_any_row_of_as_many(height, drawn):
    row = [leaf_hash(drawn + bytes([number % 256])) for number in range(1 << height)]
    assert perfect_root(b"".join(row)) == root_of(row)


def test_a_frontier_holds_one_hash_for_each_bit_of_its_size():
    assert [len(frontier_of(size, endless).hashes) for size in (0, 1, 2, 3, 255, 256, SIZE_MAX)] == [
        0, 1, 1, 2, 8, 1, 63,
    ]  # fmt: skip


def broken(size, raw):
    with pytest.raises(BadInput) as caught:
        Frontier.parse(size, raw)
    assert caught.value.code == "frontier-invalid"


@pytest.mark.parametrize(
    ("size", "raw"),
    [
        (0, b"\x00" * 32), (1, b""), (1, b"\x00" * 31), (1, b"\x00" * 33), (1, b"\x00" * 64), (2, b"\x00" * 64),
        (3, b"\x00" * 32), (3, b"\x00" * 63), (SIZE_MAX, b"\x00" * 32 * 62), (SIZE_MAX, b"\x00" * 32 * 64),
        (SIZE_MAX + 1, b"\x00" * 32), (-1, b"\x00" * 32), (-1, b""),
    ],
)  # fmt: skip
def test_a_frontier_that_does_not_fit_its_size_is_refused(size, raw):
    broken(size, raw)


@given(st.integers() | st.integers(0, SIZE_MAX), st.binary(max_size=200))
def test_whatever_is_parsed_is_a_frontier_or_refused(size, raw):
    if 0 <= size <= SIZE_MAX and len(raw) == 32 * size.bit_count():
        assert Frontier.parse(size, raw).as_bytes() == raw
    else:
        broken(size, raw)


def test_a_tree_does_not_grow_beyond_the_largest_size_and_takes_nothing_but_hashes():
    with pytest.raises(BadInput):
        frontier_of(SIZE_MAX, endless).appended([EMPTY_ROOT])
    with pytest.raises(BadInput):
        frontier_of(-1, endless)
    with pytest.raises(AssertionError):
        Frontier().appended([b"no hash"])


@given(some_entries)
def test_every_leaf_is_proven_in_every_tree_that_holds_it_as_the_rfc_defines(data):
    subtree = stored(data)
    for size in {1, len(data), len(data) // 2 + 1}:
        root = second.mth(data[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, subtree)
            assert proof == second.path(index, data[:size])
            leaf = leaf_hash(data[index])
            assert verify_inclusion(leaf, index=index, size=size, proof=proof, root=root)
            assert second.includes(leaf, index, size, proof, root)


@given(some_entries)
def test_every_tree_is_proven_to_begin_every_larger_one_as_the_rfc_defines(data):
    subtree, new = stored(data), len(data)
    for old in range(new + 1):
        proof = consistency_proof(old, new, subtree)
        assert proof == second.proof_of(old, data)
        old_root, new_root = second.mth(data[:old]), second.mth(data)
        assert verify_consistency(old=old, old_root=old_root, new=new, new_root=new_root, proof=proof)
        assert second.consistent(old, old_root, new, new_root, proof)


@given(some_entries, st.data())
def test_what_was_changed_in_an_inclusion_proof_proves_what_the_second_verifier_finds_proven(entries, data):
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = inclusion_proof(index, len(entries), stored(entries))
    proof, (index, size), (leaf, root) = data.draw(
        mutated(proof, index, len(entries), hashes=[leaf_hash(entries[index]), second.mth(entries)])
    )
    found = verify_inclusion(leaf, index=index, size=size, proof=proof, root=root)
    assert found == second.includes(leaf, index, size, proof, root)
    if found and size == len(entries) and root == second.mth(entries):
        # Then it is true all the same: the same entry stands there too.
        assert leaf == leaf_hash(entries[index])


@given(some_entries, st.data())
def test_what_was_changed_in_a_consistency_proof_proves_what_the_second_verifier_finds_proven(entries, data):
    old = data.draw(st.integers(0, len(entries)))
    proof = consistency_proof(old, len(entries), stored(entries))
    proof, (old, new), (old_root, new_root) = data.draw(
        mutated(proof, old, len(entries), hashes=[second.mth(entries[:old]), second.mth(entries)])
    )
    found = verify_consistency(old=old, old_root=old_root, new=new, new_root=new_root, proof=proof)
    assert found == second.consistent(old, old_root, new, new_root, proof)
    if found and new == len(entries) and new_root == second.mth(entries):
        assert old_root == second.mth(entries[:old])


@given(st.integers(0, SIZE_MAX - 1), st.integers(1, SIZE_MAX))
def test_proofs_in_trees_of_any_size_are_no_longer_than_the_tree_is_high(index, size):
    assume(index < size)
    proof = inclusion_proof(index, size, endless)
    assert len(proof) <= (size - 1).bit_length() <= INCLUSION_MAX
    assert len(consistency_proof(index, size, endless)) <= CONSISTENCY_MAX


def test_the_longest_proofs_are_as_long_as_their_limits_say():
    assert len(inclusion_proof(0, SIZE_MAX, endless)) == INCLUSION_MAX
    assert len(consistency_proof(2**62 - 1, SIZE_MAX, endless)) == CONSISTENCY_MAX


def grown(levels):
    """A tree of 2**levels leaves of which all subtrees of one height are the same, so that it need not be there."""
    hashes = [leaf_hash(b"same")]
    for _ in range(levels):
        hashes.append(node_hash(hashes[-1], hashes[-1]))
    return lambda level, _: hashes[level]


@pytest.mark.parametrize("size", [2**40, 2**62 + 1, SIZE_MAX])
def test_proofs_of_huge_trees_verify(size):
    subtree, leaf = grown(63), leaf_hash(b"same")
    root = frontier_of(size, subtree).root
    for index in (0, 1, size // 3, size - 2, size - 1):
        proof = inclusion_proof(index, size, subtree)
        assert verify_inclusion(leaf, index=index, size=size, proof=proof, root=root)
        old_root, proof = frontier_of(index, subtree).root, consistency_proof(index, size, subtree)
        assert verify_consistency(old=index, old_root=old_root, new=size, new_root=root, proof=proof)
        assert second.consistent(index, old_root, size, root, proof)


LEAF = leaf_hash(b"")
PAIR = node_hash(LEAF, LEAF)


@pytest.mark.parametrize(
    ("index", "size", "proof", "root"),
    [
        (0, 0, [], EMPTY_ROOT),
        (0, 0, [], LEAF),
        (1, 1, [], LEAF),
        (-1, 1, [], LEAF),
        (-1, 2, [LEAF], PAIR),
        (2, 2, [LEAF], PAIR),
        (0, -1, [], LEAF),
        (0, SIZE_MAX + 1, [], LEAF),
        (0, 1, [LEAF], PAIR),
        (0, 2, [], PAIR),
        (0, 2, [LEAF, LEAF], node_hash(PAIR, LEAF)),
        (0, 2, [LEAF[:31]], PAIR),
        (0, 2, [LEAF + b"\x00"], PAIR),
        (0, 2, [b""], PAIR),
        (0, 1, [], LEAF[:31]),
        (0, 1, [], b""),
        (0, 2, [LEAF] * 100_000, PAIR),
        (0, SIZE_MAX, [LEAF] * 64, PAIR),
    ],
)
def test_hostile_inclusion_proofs_prove_nothing(index, size, proof, root):
    assert verify_inclusion(LEAF, index=index, size=size, proof=proof, root=root) is False


def test_a_leaf_that_is_no_hash_is_in_no_tree():
    assert verify_inclusion(b"", index=0, size=1, proof=[], root=b"") is False
    assert verify_inclusion(LEAF * 2, index=0, size=1, proof=[], root=LEAF * 2) is False


def test_a_node_cannot_be_passed_off_as_a_leaf_that_holds_its_children():
    forged = LEAF + LEAF
    assert leaf_hash(forged) != PAIR
    assert not verify_inclusion(leaf_hash(forged), index=0, size=1, proof=[], root=PAIR)


@pytest.mark.parametrize(
    ("old", "old_root", "new", "new_root", "proof"),
    [
        (-1, EMPTY_ROOT, 0, EMPTY_ROOT, []),
        (-1, LEAF, 1, LEAF, []),
        (2, PAIR, 1, LEAF, []),
        (0, LEAF, 1, LEAF, []),
        (0, EMPTY_ROOT, 1, LEAF, [LEAF]),
        (0, EMPTY_ROOT, 0, LEAF, []),
        (0, LEAF, 0, LEAF, []),
        (1, LEAF, 1, PAIR, []),
        (1, LEAF, 1, LEAF, [LEAF]),
        (1, LEAF, 2, PAIR, []),
        (1, LEAF, 2, LEAF, []),
        (1, PAIR, 2, PAIR, [LEAF]),
        (1, LEAF, 2, PAIR, [LEAF, LEAF]),
        (1, LEAF, 2, PAIR, [LEAF[:31]]),
        (1, LEAF, 2, PAIR, [b""]),
        (1, LEAF[:31], 2, PAIR, [LEAF]),
        (1, LEAF, 2, PAIR + b"\x00", [LEAF]),
        (1, LEAF, 1, LEAF, [LEAF] * 100_000),
        (1, LEAF, SIZE_MAX, LEAF, [LEAF] * 65),
        (1, LEAF, SIZE_MAX + 1, PAIR, [LEAF]),
    ],
)
def test_hostile_consistency_proofs_prove_nothing(old, old_root, new, new_root, proof):
    assert verify_consistency(old=old, old_root=old_root, new=new, new_root=new_root, proof=proof) is False


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 5), (5, 5), (0, -1), (0, SIZE_MAX + 1)])
def test_no_proof_is_made_of_an_entry_that_a_log_has_not(index, size):
    with pytest.raises(BadInput) as caught:
        inclusion_proof(index, size, endless)
    assert caught.value.code == "log-index-invalid"


@pytest.mark.parametrize(("old", "new"), [(1, 0), (-1, 0), (-1, -1), (5, 4), (0, SIZE_MAX + 1)])
def test_no_proof_is_made_of_a_log_that_shrank(old, new):
    with pytest.raises(BadInput) as caught:
        consistency_proof(old, new, endless)
    assert caught.value.code == "log-size-invalid"


def test_numbers_that_cannot_even_be_written_down_are_refused_like_any_other():
    huge = 10**5000
    assert not verify_inclusion(LEAF, index=huge, size=huge + 1, proof=[], root=LEAF)
    assert not verify_inclusion(LEAF, index=-huge, size=huge, proof=[], root=LEAF)
    assert not verify_consistency(old=huge, old_root=LEAF, new=huge, new_root=LEAF, proof=[])
    assert not verify_consistency(old=1, old_root=LEAF, new=huge, new_root=PAIR, proof=[LEAF])
    for refused in (
        lambda: Frontier.parse(huge, b""),
        lambda: Frontier.parse(-huge, LEAF),
        lambda: frontier_of(huge, endless),
        lambda: inclusion_proof(huge, huge + 1, endless),
        lambda: consistency_proof(-huge, huge, endless),
    ):
        with pytest.raises(BadInput):
            refused()


@given(some_entries, st.data())
def test_another_library_has_the_same_roots_and_proofs(entries, data):
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        theirs.append_entry(entry)
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    subtree = stored(entries)
    assert theirs.get_root() == root_of(hashed(entries))
    assert theirs.get_root(size) == frontier_of(size, subtree).root
    proof = inclusion_proof(index, size, subtree)
    root = theirs.get_root(size)
    assert verify_inclusion(theirs.get_leaf(index + 1), index=index, size=size, proof=proof, root=root)


def test_another_library_has_the_same_root_of_no_entries():
    assert pymerkle.InmemoryTree(algorithm="sha256").get_root() == EMPTY_ROOT
