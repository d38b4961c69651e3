"""How the items of a page are written down."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from relto.usecases.delivering import runs_of

pages = st.lists(st.integers(1, 60)) | st.lists(st.integers(1, 60), unique=True).map(sorted)


@given(pages)
def test_runs_are_the_items_in_their_order_and_none_could_be_longer(seqs):
    runs = runs_of(iter(seqs))
    assert [seq for first, last in runs for seq in range(first, last + 1)] == seqs
    assert all(first <= last for first, last in runs)
    assert all(last + 1 != first for (_, last), (first, _) in pairwise(runs))
