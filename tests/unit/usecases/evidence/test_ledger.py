"""What is known of items that stand in no table."""

import hashlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.batch import Batch
from relto.usecases.evidence.replay.ledger import Ledger


def digest_of(seq):
    return hashlib.sha256(b"%d" % seq).digest()


EVERY = (1, 2, 3, 4, 5, 9, 10, 11, 12)


def record(seq):
    return SimpleNamespace(class_id=1, digest=digest_of(seq), version_us=seq, rival=seq == 9)


def filled():
    """Items 1 to 5 and, behind a gap, 9 to 12."""
    made = Ledger()
    for first, last in ((1, 5), (9, 12)):
        made.add(Batch(first, last, 1_000 * first, 1, 1), list(map(record, range(first, last + 1))))
    made.mark_rivals([5])
    return made


@pytest.fixture(scope="module")
def ledger():
    return filled()


@given(seqs=st.lists(st.integers(-3, 20)))
def test_items_are_all_there_where_each_of_them_has_a_class(ledger, seqs):
    assert ledger.has_all(seqs) == all(ledger.class_of(seq) for seq in seqs)


@given(seqs=st.lists(st.sampled_from(EVERY)))
def test_the_digest_of_items_is_that_over_their_digests_in_order(ledger, seqs):
    assert ledger.digest(seqs) == hashlib.sha256(b"".join(map(digest_of, seqs))).digest()


@given(after=st.integers(-3, 20), upto=st.integers(-3, 20))
def test_what_stands_in_a_range_is_what_there_is(ledger, after, upto):
    assert ledger.numbers(after, upto) == [seq for seq in range(after + 1, upto + 1) if ledger.class_of(seq)]


@given(seqs=st.lists(st.sampled_from(EVERY)))
def test_versions_and_rivals_are_those_of_each_item(ledger, seqs):
    assert [ledger.version_of(seq) for seq in seqs] == seqs
    assert ledger.rivals(seqs) == [seq for seq in seqs if seq in {5, 9}]


@given(ranges=st.lists(st.tuples(st.integers(1, 2), st.integers(0, 14), st.integers(0, 14))))
def test_purged_is_what_was_purged(ranges):
    made = filled()
    made.purge(ranges)
    gone = [any(name == 1 and after < seq <= upto for name, after, upto in ranges) for seq in EVERY]
    assert [made.is_purged(seq) for seq in EVERY] == gone
    assert not any(map(made.is_purged, (-1, 0, 6, 8, 13)))


def test_a_gap_of_any_width_takes_no_room():
    made = filled()
    made.add(Batch(2**60, 2**60, 10**9, 1, 1), [record(2**60)])
    assert (made.last, made.count) == (2**60, 10)
    assert made.numbers(11, 2**61) == [12, 2**60]
    assert made.has_all([1, 2**60])
    assert not made.has_all([1, 2**60 - 1])
