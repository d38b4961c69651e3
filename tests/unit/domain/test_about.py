"""About: whoever looks for an item finds every page that has it, among few names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain import about

SEQS = st.integers(1, 2**40)


@given(st.sets(SEQS, min_size=1, max_size=9), st.integers(0, 2**40))
def test_a_page_is_about_a_bin_of_each_of_its_items(seqs, more):
    runs = [[seq, seq] for seq in seqs]
    name = about.about("place", {"flow": 3, "items": runs})
    upto = max(seqs) + more
    for seq in seqs:
        assert name in set(about.given(3, seq, upto=upto))
        assert name not in set(about.given(4, seq, upto=upto))


@given(SEQS, st.integers(1, 5_000), SEQS)
def test_a_page_is_about_no_item_that_lies_further_off_than_it_is_long(first, count, seq):
    name = about.about("place", {"flow": 3, "items": [[first, first + count - 1]]})
    if name in set(about.given(3, seq, upto=2**41)):
        assert first - 4 * count <= seq <= first + 5 * count


def test_of_ten_million_items_few_names_are_asked_for():
    assert len(list(about.given(3, 5_000_000, upto=10_000_000))) == 49


@pytest.mark.parametrize("seq", [1, 2, 2**39, 2**40])
def test_an_item_is_found_at_either_end_of_all_that_there_is(seq):
    name = about.about("place", {"flow": 1, "items": [[1, 1], [2**40, 2**40], [2, 2], [2**39, 2**39]]})
    assert name in set(about.given(1, seq, upto=2**40))


def test_what_anyone_looks_for_has_a_name_of_its_own():
    assert about.about("epoch", {"stream": 3, "number": 5, "flow": 1}) == about.of_epoch(3, 5)
    assert about.about("withdrawn", {"reader": "kyiv", "page": 7}) == about.of_page("kyiv", 7)
    assert about.about("place", {"flow": 1, "items": []}) is None
    assert about.about("change", {"now": 5}) is None
    assert len({about.of_epoch(1, 11), about.of_epoch(11, 1), about.of_page("1", 1), about.of_page("11", 1)}) == 4
