"""What the store promises of keys of idempotency and of events, on the fake and both engines."""

from dataclasses import replace

from relto.ports.store import EventRow, IdempotencyRow

ROW = IdempotencyRow("olga", "key-1", "digest", "claim", "claimed", 100)


def test_a_key_is_kept_as_it_was_put_and_belongs_to_its_account(store):
    with store.write() as tx:
        tx.put_idempotency(ROW)
    done = replace(ROW, state="done", acts=(3, 4), status=200, answer='{"act": "3"}')
    with store.write() as tx:
        assert tx.idempotency("olga", "key-1") == ROW
        tx.put_idempotency(done)
    with store.read() as snap:
        assert snap.idempotency("olga", "key-1") == done
        assert snap.idempotency("ann", "key-1") is snap.idempotency("olga", "key-2") is None
        assert (snap.idempotency_keys("olga"), snap.idempotency_keys("ann")) == (1, 0)


def test_one_key_is_forgotten_or_all_that_are_older_of_one_account_or_of_everybody(store):
    with store.write() as tx:
        for number in range(4):
            tx.put_idempotency(replace(ROW, key=str(number), at=number))
        tx.put_idempotency(replace(ROW, account="ann", key="0", at=0))
        tx.drop_idempotency("olga", "3")
        tx.forget_idempotency(account="olga", before=1)
    with store.read() as snap:
        assert [key for key in "0123" if snap.idempotency("olga", key)] == ["1", "2"]
        assert snap.idempotency_keys("ann") == 1
    with store.write() as tx:
        tx.forget_idempotency(before=2)
    with store.read() as snap:
        assert [key for key in "0123" if snap.idempotency("olga", key)] == ["2"]
        assert snap.idempotency_keys("ann") == 0


def test_events_are_numbered_in_order_and_read_in_pieces(store):
    with store.write() as tx:
        for act in (7, 8, 7):
            tx.add_event(act, "proposed", 10 * act)
        assert tx.last_event() == 3
    with store.read() as snap:
        assert snap.events(after=0) == [
            EventRow(1, 7, "proposed", 70), EventRow(2, 8, "proposed", 80), EventRow(3, 7, "proposed", 70)
        ]  # fmt: skip
        assert [row.number for row in snap.events(after=1, limit=1)] == [2]
        assert snap.events(after=3) == []


def test_a_new_database_has_neither(store):
    with store.read() as snap:
        assert snap.last_event() == snap.idempotency_keys("olga") == 0
