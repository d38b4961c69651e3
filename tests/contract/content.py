"""What the tests of the store put into it, and what must hold of whatever is in it."""

from __future__ import annotations

import hashlib

from relto.domain.batch import Batch
from relto.domain.classes import Class
from relto.domain.ranges import OPEN, Ranges
from relto.domain.stream import Epoch, Stream
from relto.ports.store import NewItem

CLOCK = 1_741_000_000_000_000


STREAM = (
    Stream.begun({1: Ranges.of((0, OPEN)), 2: Ranges.of((5, 9), (11, OPEN))})
    .without_live(1, 20)
    .with_epoch(Epoch(1, 30, 5_000_000, 20, 10, 1000), {1: Ranges.of((20, 25), (26, 30)), 3: Ranges.of((2, 4))})
    .with_live(1, 30)
)


def key(name):
    return hashlib.blake2b(str(name).encode(), digest_size=16).digest()


def item(class_id, name, *, version=0, rival=False, joins=(), raw=None):
    raw = raw if raw is not None else f'{{"id":"{name}","n":{version}}}'.encode()
    return NewItem(
        class_id,
        key(name),
        CLOCK + version,
        f"indicator--{name}",
        f"2025-03-03T00:00:00.{version:06}Z",
        hashlib.sha256(raw).digest(),
        raw,
        tuple(key(join) for join in joins),
        rival,
    )


def append(transaction, items, *, clock=CLOCK, by="agency"):
    head = transaction.head()
    batch = Batch.plan(first=head.last_seq + 1, count=len(items), clock=clock, last_given=head.last_given)
    transaction.append(items, batch, originator="USA", by=by)
    return batch


def class_of(transaction, name="indicator", *, irregular=False):
    return transaction.put_class(Class("USA", name), irregular=irregular).id


def fill(store, *names):
    """One item of the class of that type for each name."""
    with store.write() as transaction:
        number = transaction.head().last_seq
        append(
            transaction,
            [item(class_of(transaction, name), f"{name}-{number + place}") for place, name in enumerate(names)],
        )


def audit(store):
    """Everything that hangs together does."""
    with store.read() as snapshot:
        head = snapshot.head()
        rows = snapshot.classes()
        seqs = snapshot.scan([(row.id, 0, OPEN) for row in rows], head.last_seq + 1)
        assert [seq for seq, _ in seqs] == list(range(1, head.last_seq + 1))
        bodies = snapshot.bodies([seq for seq, _ in seqs])
        assert [(body.seq, body.class_id) for body in bodies] == seqs
        assert all(hashlib.sha256(body.raw).digest() == body.digest for body in bodies)
        for row in rows:
            mine = [seq for seq, class_id in seqs if class_id == row.id]
            assert snapshot.counts([(row.id, 0, OPEN)]) == [len(mine)]
            if not row.irregular:
                assert row.last_ord >= len(mine)
            assert row.last_seq >= (mine[-1] if mine else 0)
        batches = snapshot.batches([seq for seq, _ in seqs])
        assert [seq for batch in batches for seq in range(batch.first, batch.last + 1)] == [seq for seq, _ in seqs]
        given_at = [snapshot.batch_of(seq).added_at(seq) for seq, _ in seqs]
        assert given_at == sorted(set(given_at))
        assert head.last_given == (given_at[-1] if given_at else 0)
        known = {each.seq for found in snapshot.known(key_of(snapshot, seqs)).values() for each in found}
        assert known <= {seq for seq, _ in seqs}


def key_of(snapshot, seqs):
    return {body.rival_key for body in snapshot.bodies([seq for seq, _ in seqs])} - {None}


def stored(transaction, flow, stream, *, version=1):
    """The row of a new stream with all that is in it."""
    row = transaction.add_streams(flow, 1, version=version)[0]
    transaction.put_streams([(row, Stream(), stream)])
    return row
