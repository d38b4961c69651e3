"""Tiles: one path for each, what they hold is what the specification says, and proofs come out of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.frontiers import frontier_of
from tests.second import log_verifier as second

from relto.domain.errors import BadInput
from relto.domain.merkle import (
    SIZE_MAX,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from relto.domain.tile import (
    ENTRY_MAX,
    INDEX_MAX,
    LEVEL_MAX,
    WIDTH,
    Bundle,
    Subtrees,
    Tile,
    bundled,
    kept,
    parse_path,
    width_in,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "log" / "tiles.json").read_text("utf-8"))
SIZES = [1, 2, 3, 255, 256, 257, 300, 511, 512, 700]
ENTRIES = [number.to_bytes(2, "big") for number in range(706)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]

indices = st.integers(0, INDEX_MAX) | st.integers(0, 2_000)
widths = st.integers(1, WIDTH)


def tiles_of(size, form=bytes):
    """The tiles of a tree of the first entries, as the specification defines them, in this form; each may be asked for
    once.
    """
    asked = set()

    def tile(level, index):
        assert (level, index) not in asked, "a tile is kept once it was asked for"
        asked.add((level, index))
        assert width_in(size, level=level, index=index) > 0, "no tile is asked for that the log does not have"
        return form(b"".join(second.tile(level, index, ENTRIES[:size])))

    return tile


def value(case):
    if case["level"] is None:
        return Bundle(case["index"], case["width"])
    return Tile(case["level"], case["index"], case["width"])


@pytest.mark.parametrize("case", VECTORS["paths"], ids=lambda case: case["path"])
def test_a_tile_is_served_under_one_path(case):
    assert value(case).path == case["path"]
    assert parse_path(case["path"]) == value(case)


@pytest.mark.parametrize("path", VECTORS["refused"])
def test_any_other_path_is_none(path):
    with pytest.raises(BadInput) as caught:
        parse_path(path)
    assert caught.value.code == "tile-path-invalid"


@given(st.builds(Tile, st.integers(0, LEVEL_MAX), indices, widths) | st.builds(Bundle, indices, widths))
def test_a_tile_comes_back_from_its_path(tile):
    assert parse_path(tile.path) == tile


@given(
    st.text(max_size=70)
    | st.from_regex(r"tile/(entries|[0-9]{1,3})/(x[0-9]{1,4}/){0,6}[0-9]{1,4}(\.p/[0-9]{1,4})?", fullmatch=True)
)
def test_whatever_is_read_as_a_path_is_just_that_path_or_refused(text):
    try:
        tile = parse_path(text)
    except BadInput as error:
        assert error.code == "tile-path-invalid"  # noqa: PT017 - most of what is drawn is refused, not all
    else:
        assert tile.path == text


@pytest.mark.parametrize(
    ("level", "index", "width"),
    [
        (-1, 0, 1), (64, 0, 1), (10**30, 0, 1), (0, -1, 1), (0, INDEX_MAX + 1, 1), (0, 10**30, 1),
        (0, 0, 0), (0, 0, -1), (0, 0, 257), (0, 0, 10**30),
    ],
)  # fmt: skip
def test_a_tile_that_no_tree_has_cannot_be_built(level, index, width):
    with pytest.raises(BadInput) as caught:
        Tile(level, index, width)
    assert caught.value.code == "tile-path-invalid"
    if level == 0:
        with pytest.raises(BadInput):
            Bundle(index, width)


@pytest.mark.parametrize(
    ("size", "level", "index", "width"),
    [
        (int(size), *map(int, place.split("/")), width)
        for size, found in VECTORS["widths"].items()
        for place, width in found.items()
    ],
)
def test_each_tile_is_as_wide_as_the_specification_says(size, level, index, width):
    assert width_in(size, level=level, index=index) == width


@given(st.integers(0, SIZE_MAX), st.integers(0, 8))
def test_the_last_tile_of_a_level_is_partial_by_what_is_left_over(size, level):
    there = size // 256**level
    assert width_in(size, level=level, index=there // 256) == there % 256
    assert width_in(size, level=level, index=there // 256 + 1) == 0
    assert not there // 256 or width_in(size, level=level, index=there // 256 - 1) == 256


FORMS = pytest.mark.parametrize("form", [bytes, kept], ids=["served", "kept"])


@FORMS
@pytest.mark.parametrize("size", SIZES)
def test_the_subtrees_of_tiles_are_those_of_the_tree(size, form):
    subtrees = Subtrees(tiles_of(size, form))
    for level in range(size.bit_length()):
        for index in range(size >> level):
            assert subtrees(level, index) == root_of(LEAVES[index << level : (index + 1) << level])


@FORMS
@pytest.mark.parametrize("size", SIZES)
def test_proofs_out_of_tiles_verify(size, form):
    root = root_of(LEAVES[:size])
    assert frontier_of(size, Subtrees(tiles_of(size, form))).root == root
    for index in {0, size // 3, size // 2, size - 1}:
        proof = inclusion_proof(index, size, Subtrees(tiles_of(size, form)))
        assert verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root=root)
        old_root = root_of(LEAVES[:index])
        proof = consistency_proof(index, size, Subtrees(tiles_of(size, form)))
        assert verify_consistency(old=index, old_root=old_root, new=size, new_root=root, proof=proof)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("more", [0, 1, 6])
def test_what_lies_at_the_edge_is_the_same_and_no_tile_is_asked_for_it(size, more):
    edge = Frontier().appended(LEAVES[: size + more])
    subtrees = Subtrees(tiles_of(size + more), edge)
    for (level, index), found in edge.subtrees().items():
        assert found == subtrees(level, index) == root_of(LEAVES[index << level : (index + 1) << level])
    for index in {0, size // 2, size - 1}:
        assert inclusion_proof(index, size, subtrees) == inclusion_proof(index, size, Subtrees(tiles_of(size)))
        assert consistency_proof(index, size, subtrees) == consistency_proof(index, size, Subtrees(tiles_of(size)))

    def none(level, index):
        raise AssertionError("a tile is asked for")

    assert frontier_of(size + more, Subtrees(none, edge)) == edge


def test_behind_a_full_tile_stands_what_lies_over_each_sixteen():
    full = b"".join(LEAVES[:256])
    assert kept(full) == full + b"".join(root_of(LEAVES[at : at + 16]) for at in range(0, 256, 16))
    assert kept(full[32:]) == full[32:]
    assert kept(b"") == b""


def test_wider_tiles_of_a_log_that_has_grown_give_the_proofs_of_before():
    grown = {place: tiles_of(700, kept)(*place) for place in [(0, 0), (0, 1), (0, 2), (1, 0)]}
    for size in SIZES:
        subtrees = Subtrees(lambda level, index: grown[(level, index)])
        assert frontier_of(size, subtrees).root == root_of(LEAVES[:size])
        proof = inclusion_proof(size // 2, size, subtrees)
        assert verify_inclusion(LEAVES[size // 2], index=size // 2, size=size, proof=proof, root=root_of(LEAVES[:size]))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"\x00" * 31,
        b"\x00" * 33,
        b"\x00" * 32,
        b"\x00" * 8191,
        b"\x00" * 8193,
        b"\x00" * 8224,
        b"\x00" * 8672,
        b"\x00" * 8736,
    ],
)
def test_a_tile_that_does_not_reach_as_far_or_is_none_is_refused(raw):
    with pytest.raises(BadInput) as caught:
        Subtrees(lambda level, index: raw)(1, 0)
    assert caught.value.code == "tile-invalid"


def test_a_bundle_is_each_entry_behind_its_length_the_higher_byte_first():
    assert bundled([b"", b"ab", b"x" * 258]) == b"\x00\x00\x00\x02ab\x01\x02" + b"x" * 258
    assert bundled([b"x" * ENTRY_MAX]) == b"\xff\xff" + b"x" * ENTRY_MAX


@pytest.mark.parametrize("entries", [[], [b""] * 257, [b"x" * (ENTRY_MAX + 1)], [b"", b"x" * 70_000]])
def test_no_bundle_is_made_of_none_too_many_or_too_long_entries(entries):
    with pytest.raises(BadInput) as caught:
        bundled(entries)
    assert caught.value.code == "bundle-invalid"
