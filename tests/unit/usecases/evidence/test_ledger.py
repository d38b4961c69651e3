"""What is known of items that stand in no table."""

import hashlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.batch import Batch
from relto.usecases.evidence.ledger import Ledger


def digest_of(seq):
    return hashlib.sha256(b"%d" % seq).digest()


@pytest.fixture(scope="module")
def ledger():
    """Items 1 to 5 and, behind a gap, 9 to 12."""
    made = Ledger()
    for first, last in ((1, 5), (9, 12)):
        records = [
            SimpleNamespace(class_id=1, digest=digest_of(seq), version_us=seq, rival=False)
            for seq in range(first, last + 1)
        ]
        made.add(Batch(first, last, 1_000 * first, 1, 1), records)
    return made


@given(seqs=st.lists(st.integers(-3, 20)))
def test_items_are_all_there_where_each_of_them_has_a_class(ledger, seqs):
    assert ledger.has_all(seqs) == all(ledger.class_of(seq) for seq in seqs)


@given(seqs=st.lists(st.sampled_from([1, 2, 3, 4, 5, 9, 10, 11, 12])))
def test_the_digest_of_items_is_that_over_their_digests_in_order(ledger, seqs):
    assert ledger.digest(seqs) == hashlib.sha256(b"".join(map(digest_of, seqs))).digest()
