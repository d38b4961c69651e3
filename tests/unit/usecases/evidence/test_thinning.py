"""Thinning: which checkpoints are kept, by when they were signed, by whom, and by what stands in the log."""

import pytest
from tests.fakes.signer import SeedSigner, SeedSigners
from tests.fakes.store import FakeStore
from tests.simulation.sharing import Sharing

from relto.domain.checkpoint import Checkpoint
from relto.domain.note import signed
from relto.ports.store import CheckpointRow, CosignatureRow, LeafRow, LogHead, TimestampRow
from relto.usecases.evidence.signed.signing import Origin, sign_checkpoint
from relto.usecases.evidence.signed.thinning import DAY_US, HOUR_US, PORTION, Thinning, thin

NAME = "usa.relto"
OLD, NEW = SeedSigner(NAME, seed="old"), SeedSigner(NAME, seed="new")
MINUTE_US = 60_000_000
NOW = 100 * DAY_US


def row(size, at, *signers):
    text = Checkpoint(NAME, size, bytes(32)).text
    return CheckpointRow(size, at, signed(text, [each.under(text) for each in signers or (OLD,)]))


class Kept:
    """A store with these checkpoints, and what of them is left after thinning."""

    def __init__(self, *rows, eras=()):
        self.store = FakeStore()
        self.thinning = Thinning()
        self.sizes = [each.size for each in rows]
        with self.store.write() as tx:
            for each in rows:
                tx.put_checkpoint(each)
            if eras:
                kinds = ["era" if number in eras else "act" for number in range(max(self.sizes))]
                tx.add_leaves([LeafRow(kind, "", 0, b"{}") for kind in kinds], LogHead(len(kinds), b""), ())

    def thin(self, at=NOW):
        with self.store.write() as tx:
            self.thinning.upto = thin(tx, self.thinning.upto, at=at)
        return self.left

    def until_done(self, at=NOW):
        before = -1
        while before != self.thinning.upto:
            before = self.thinning.upto
            self.thin(at)
        return self.left

    @property
    def left(self):
        with self.store.read() as snap:
            return [each.size for each in snap.checkpoints(limit=10**6)]


def every(us, *, since, count, signers=(OLD,), first=1):
    return [row(first + number, since + number * us, *signers) for number in range(count)]


def test_of_a_day_all_are_kept_and_before_that_the_last_of_each_hour():
    since = NOW - DAY_US - 3 * HOUR_US
    kept = Kept(*every(MINUTE_US, since=since, count=27 * 60))
    left = kept.until_done()
    # Sizes begin at 1: that of the last minute of the first hour is 60. The one of just a day ago is judged, too.
    assert left == [60, 120, 180, *range(182, 27 * 60 + 1)]
    assert kept.until_done() == left
    # An hour later an hour more is thinned out.
    assert kept.until_done(NOW + HOUR_US) == [60, 120, 180, 240, *range(242, 27 * 60 + 1)]


def test_another_process_comes_to_the_same():
    rows = every(MINUTE_US, since=NOW - 2 * DAY_US, count=48 * 60)
    kept = Kept(*rows)
    left = kept.until_done()
    kept.thinning = Thinning()
    assert kept.until_done() == left
    parts = Kept(*rows)
    for ahead in range(0, DAY_US, HOUR_US // 2):
        parts.until_done(NOW - DAY_US + ahead)
    assert parts.until_done() == left


def test_the_last_is_kept_however_old_it_is():
    assert Kept(row(5, 7)).until_done() == [5]
    assert Kept(row(5, 7), row(6, 8)).until_done() == [6]
    assert Kept().until_done() == []


def test_what_others_signed_is_kept():
    kept = Kept(*every(MINUTE_US, since=0, count=60))
    with kept.store.write() as tx:
        tx.put_timestamp(TimestampRow(7, 0, b"token"))
        tx.put_cosignature(CosignatureRow(9, "kyiv.example", 0, "a line"))
    assert kept.until_done() == [7, 9, 60]


def test_the_last_under_each_key_is_kept_and_so_the_old_key_leads_to_the_new_one():
    rows = [
        *every(MINUTE_US, since=0, count=5),
        *every(MINUTE_US, since=5 * MINUTE_US, count=5, first=6, signers=(OLD, NEW)),
        *every(MINUTE_US, since=10 * MINUTE_US, count=5, first=11, signers=(NEW,)),
    ]
    # The key's leaf is among the first six: the checkpoint of ten is one that the old key signed with it.
    assert Kept(*rows).until_done() == [10, 15]


def test_a_turn_without_an_overlap_keeps_the_last_under_the_old_key():
    rows = [*every(1, since=0, count=3), *every(1, since=3, count=3, first=4, signers=(NEW,))]
    assert Kept(*rows).until_done() == [3, 6]


@pytest.mark.parametrize(("era", "first"), [(0, 10), (9, 10), (10, 20), (19, 20), (20, 30), (49, 50)])
def test_the_first_after_an_era_is_kept(era, first):
    rows = [row(size, size) for size in (10, 20, 30, 40, 50, 60)]
    assert Kept(*rows, eras={era}).until_done() == [first, 60]


def test_the_first_after_an_era_is_kept_where_portions_meet():
    rows = every(1, since=0, count=3 * PORTION)
    for era in range(PORTION - 3, PORTION + 3):
        assert Kept(*rows, eras={era}).until_done() == [era + 1, 3 * PORTION]


def test_one_that_cannot_be_read_is_kept_with_the_one_before_it():
    rows = [row(1, 1), row(2, 2), CheckpointRow(3, 3, b"nonsense"), row(4, 4), row(5, 5)]
    assert Kept(*rows).until_done() == [2, 3, 5]


def test_no_more_are_judged_at_once_than_is_written():
    count = 5 * PORTION
    kept = Kept(*every(1, since=0, count=count))
    for done in range(1, 5):
        assert len(kept.thin()) == count - done * PORTION
    assert kept.thin() == [count]
    assert kept.thin() == [count]


class Failing(Exception):
    """The block is undone."""


def test_a_block_that_fails_is_thinned_again():
    sharing, signers, thinning = Sharing(), SeedSigners(), Thinning()
    node = sharing.node

    def sign(name):
        sharing.give(name)
        return sign_checkpoint(node, signers, Origin(NAME), thinning)

    for name in ("one", "two", "three"):
        sign(name)
    before = sizes(node)
    sharing.world.settle_clock(2 * DAY_US)
    sharing.give("four")
    write = node.store.below.write
    node.store.below.write = lambda: Broken(write())
    with pytest.raises(Failing):
        sign_checkpoint(node, signers, Origin(NAME), thinning)
    node.store.below.write = write
    assert (sizes(node), thinning.upto) == (before, 0)
    assert sign_checkpoint(node, signers, Origin(NAME), thinning)
    assert sizes(node)[:-1] == before[-1:]
    assert thinning.upto == before[-1]


class Broken:
    """A write block whose commit fails."""

    def __init__(self, block):
        self.block = block

    def __enter__(self):
        return self.block.__enter__()

    def __exit__(self, *_):
        error = Failing()
        self.block.__exit__(Failing, error, None)
        raise error


def sizes(node):
    with node.store.read() as snap:
        return [each.size for each in snap.checkpoints(limit=10**6)]


def test_only_who_is_told_to_thins():
    sharing, signers = Sharing(), SeedSigners()
    for name in ("one", "two", "three"):
        sharing.give(name)
        sign_checkpoint(sharing.node, signers, Origin(NAME))
    sharing.world.settle_clock(2 * DAY_US)
    sharing.give("four")
    sign_checkpoint(sharing.node, signers, Origin(NAME))
    assert len(sizes(sharing.node)) == 4
