"""What `relto.ports.store` promises of notices: on the fake and both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.contract.content import CLOCK

from relto.domain.dispatch import Dispatch, Health
from relto.domain.mailbox import Mailbox
from relto.domain.notice import Acknowledgement, Draft
from relto.domain.webhook import Secret, Webhook, secret_from


def name(number):
    return f"00000000-0000-4000-8000-{number:012d}"


def notice(number, party="UKR", *, kind="pause", about="", text="what is so"):
    draft = Draft(party, kind, "usa-ukr", text, {"since": "x", "deep": [1, {"a": None}]}, act=7, about=about)
    return draft.numbered(number, id=name(number), at=CLOCK + number)


def webhook(number, party="UKR", **other):
    parts = {"kinds": ("pause",), "made_at": CLOCK + number, "made_by": "admin"}
    secrets = (Secret(secret_from(b"a"), CLOCK), Secret(secret_from(b"b"), CLOCK, CLOCK + 9))
    return Webhook(name(number), party, f"https://x.example/{number}", secrets, **{**parts, **other})


def mailbox(number, party="UKR", **other):
    return Mailbox(name(number), party, "a@x.example", "kyiv", ("pause", "resume"), CLOCK + number, "admin", **other)


def dispatch(notice, target="w", party="UKR", *, at=0, **other):
    return Dispatch(party, notice, target, "webhook", CLOCK, CLOCK + at, **other)


def numbers(found):
    return [each.number for each in found]


def test_in_a_new_database_nobody_was_told_anything(store):
    with store.read() as snap:
        assert snap.notice("UKR", 1) is snap.webhook("x") is snap.mailbox("x") is snap.dispatch("UKR", 1, "w") is None
        assert (
            snap.notices("UKR") == snap.notices("UKR", after=0) == snap.acknowledgements("UKR", first=1, last=9) == []
        )
        assert snap.notice_numbers(["UKR"]) == snap.notice_numbers([]) == snap.notices_about(["pause:1"]) == {}
        assert snap.webhooks() == snap.mailboxes() == snap.webhooks(parties=["UKR"]) == snap.mailboxes(parties=[]) == []
        assert snap.dispatches("w", state="waiting") == snap.dispatches_due(CLOCK, limit=9) == []


def test_notices_come_back_by_number_a_stretch_at_a_time(store):
    ours = [notice(number, kind="recall" if number % 3 == 0 else "pause") for number in range(1, 13)]
    theirs = [notice(number, "GBR", text="Їжак 🦔") for number in range(1, 4)]
    with store.write() as tx:
        tx.add_notices(theirs[:1])
        tx.add_notices([*ours, *theirs[1:]])
        assert tx.notices("UKR", after=0) == ours
        assert tx.notice_numbers(["UKR", "GBR", "FRA"]) == {"UKR": 12, "GBR": 3}
    with store.read() as snap:
        assert snap.notices("GBR") == theirs
        assert snap.notice("UKR", 5) == ours[4]
        assert snap.notice("UKR", 13) is snap.notice("FRA", 1) is None
        assert numbers(snap.notices("UKR", after=4, limit=3)) == [5, 6, 7]
        assert numbers(snap.notices("UKR", limit=3)) == [10, 11, 12]
        assert numbers(snap.notices("UKR", after=12)) == []
        assert numbers(snap.notices("UKR", after=3, kind="recall", limit=2)) == [6, 9]
        assert numbers(snap.notices("UKR", kind="recall", limit=2)) == [9, 12]
        assert snap.notices("UKR", kind="resume") == []
        without = numbers(snap.notices("UKR", after=0, without=("recall", "resume")))
        assert without == [each.number for each in ours if each.kind != "recall"]
        assert snap.notices("UKR", kind="recall", without=("recall",)) == []
        assert snap.notice_numbers(["GBR"]) == {"GBR": 3}


def test_the_first_notice_about_a_thing_is_found_for_each_party(store):
    with store.write() as tx:
        tx.add_notices([notice(1, about="pause:1"), notice(2, about="pause:2"), notice(3, about="pause:1"), notice(4)])
        tx.add_notices([notice(1, "GBR"), notice(2, "GBR", about="pause:1")])
    with store.read() as snap:
        assert snap.notices_about(["pause:1"]) == {("UKR", "pause:1"): 1, ("GBR", "pause:1"): 2}
        assert snap.notices_about(["pause:2", "pause:9"]) == {("UKR", "pause:2"): 2}


def test_a_number_that_was_skipped_is_the_last_that_was_given(store):
    with store.write() as tx:
        tx.add_notices([notice(1)])
        tx.skip_notice_numbers({"UKR": 50, "GBR": 70})
        tx.add_notices([notice(51)])
    with store.read() as snap:
        assert snap.notice_numbers(["UKR", "GBR"]) == {"UKR": 51, "GBR": 70}
        assert numbers(snap.notices("UKR", after=0)) == [1, 51]


def test_the_first_acknowledgement_of_an_account_stays(store):
    first = Acknowledgement("UKR", 1, "kyiv", CLOCK + 5, "seen")
    with store.write() as tx:
        tx.put_acknowledgement(first)
        tx.put_acknowledgement(replace(first, at=CLOCK + 9, note="again"))
        tx.put_acknowledgement(Acknowledgement("UKR", 1, "Lviv", CLOCK + 2))
        tx.put_acknowledgement(Acknowledgement("UKR", 3, "kyiv", CLOCK + 1))
        tx.put_acknowledgement(Acknowledgement("GBR", 1, "london", CLOCK + 1))
    with store.read() as snap:
        assert snap.acknowledgements("UKR", first=1, last=2) == [Acknowledgement("UKR", 1, "Lviv", CLOCK + 2), first]
        assert [each.notice for each in snap.acknowledgements("UKR", first=1, last=3)] == [1, 1, 3]
        assert snap.acknowledgements("UKR", first=2, last=2) == []


@pytest.mark.parametrize(("make", "one", "all_"), [(webhook, "webhook", "webhooks"), (mailbox, "mailbox", "mailboxes")])
def test_a_place_is_kept_whole_replaced_and_forgotten(store, make, one, all_):
    second = make(1, state="disabled", why="it answered 410", health=Health(3, CLOCK, CLOCK + 1, 5, 6, CLOCK, 410, "Ї"))
    with store.write() as tx:
        put = getattr(tx, f"put_{one}")
        for each in (make(2), make(3, "GBR"), make(1)):
            put(each)
        put(second)
        tx.put_dispatches([dispatch(1, name(1)), dispatch(1, name(2)), dispatch(2, name(1), state="failed")])
    with store.read() as snap:
        assert getattr(snap, one)(name(1)) == second
        assert getattr(snap, all_)() == [make(3, "GBR"), second, make(2)]
        assert getattr(snap, all_)(parties=["UKR", "FRA"]) == [second, make(2)]
        assert getattr(snap, all_)(parties=[]) == []
    with store.write() as tx:
        tx.drop_target(name(1))
        tx.drop_target(name(1))
    with store.read() as snap:
        assert getattr(snap, one)(name(1)) is None
        assert getattr(snap, all_)(parties=["UKR"]) == [make(2)]
        assert snap.dispatch("UKR", 1, name(1)) is snap.dispatch("UKR", 2, name(1)) is None
        assert snap.dispatch("UKR", 1, name(2)) == dispatch(1, name(2))


def test_what_is_due_comes_in_order_and_what_is_in_hand_is_left_out(store):
    rows = [
        dispatch(3, at=5),
        dispatch(2, at=5),
        dispatch(1, "v", at=7),
        dispatch(1, "x", "GBR", at=6),
        dispatch(4, at=20),
        dispatch(5, at=1, state="delivered", tries=1, last_at=CLOCK, last_status=204),
        dispatch(6, at=1, state="failed", tries=10, last_at=CLOCK, last_answer="Їжак"),
    ]

    def due(snap, **other):
        return [(row.party, row.notice, row.target) for row in snap.dispatches_due(CLOCK + 10, **{"limit": 9, **other})]

    with store.write() as tx:
        tx.put_dispatches(rows)
        assert tx.dispatch("UKR", 6, "w") == rows[6]
    with store.read() as snap:
        assert due(snap) == [("UKR", 2, "w"), ("UKR", 3, "w"), ("GBR", 1, "x"), ("UKR", 1, "v")]
        assert due(snap, limit=2) == [("UKR", 2, "w"), ("UKR", 3, "w")]
        assert due(snap, but_targets=["w"]) == [("GBR", 1, "x"), ("UKR", 1, "v")]
        assert due(snap, but_targets=["w", "v"]) == [("GBR", 1, "x")]
        assert due(snap, but_parties=["UKR"]) == [("GBR", 1, "x")]
        assert due(snap, but_targets=["x"], but_parties=["UKR", "FRA"]) == []
        assert snap.dispatches_due(CLOCK, limit=9) == []
        assert snap.dispatches_due(CLOCK + 20, limit=9)[-1] == rows[4]
        assert [row.notice for row in snap.dispatches("w", state="waiting")] == [4, 3, 2]
        assert [row.notice for row in snap.dispatches("w", state="waiting", since=CLOCK + 6, limit=5)] == [4]
        assert [row.notice for row in snap.dispatches("w", state="waiting", limit=2)] == [4, 3]
        assert snap.dispatches("w", state="failed") == [rows[6]]


def test_what_waits_for_a_place_is_postponed_together_and_never_brought_forward(store):
    with store.write() as tx:
        tx.put_dispatches([dispatch(1, at=1), dispatch(2, at=30), dispatch(3, "v", at=1)])
        tx.put_dispatches([dispatch(4, at=1, state="delivered")])
        tx.postpone_dispatches("w", until=CLOCK + 9)
    with store.read() as snap:
        assert [(row.notice, row.next_at - CLOCK) for row in snap.dispatches_due(CLOCK + 99, limit=9)] == [
            (3, 1),
            (1, 9),
            (2, 30),
        ]
        assert snap.dispatch("UKR", 4, "w").next_at == CLOCK + 1


def test_what_was_settled_long_ago_is_forgotten_a_piece_at_a_time(store):
    with store.write() as tx:
        tx.put_dispatches([dispatch(number, at=number, state="delivered") for number in range(1, 8)])
        tx.put_dispatches([dispatch(8, at=1, state="failed"), dispatch(9, at=1), dispatch(10, at=50, state="failed")])
    done = []
    for _ in range(4):
        with store.write() as tx:
            done.append(tx.drop_dispatches(before=CLOCK + 7, limit=3))
    assert done == [3, 3, 1, 0]
    with store.read() as snap:
        assert snap.dispatches("w", state="delivered") == [dispatch(7, at=7, state="delivered")]
        assert [row.notice for row in snap.dispatches("w", state="failed")] == [10]
        assert [row.notice for row in snap.dispatches("w", state="waiting")] == [9]


def test_of_a_block_that_raises_nobody_was_told_anything(store):
    with store.write() as tx:
        tx.add_notices([notice(1)])

    def work(tx):
        tx.add_notices([notice(2)])
        tx.put_acknowledgement(Acknowledgement("UKR", 1, "kyiv", CLOCK))
        tx.put_webhook(webhook(1))
        tx.put_dispatches([dispatch(2)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.write() as tx:
        work(tx)
    with store.read() as snap:
        assert numbers(snap.notices("UKR")) == [1]
        assert snap.notice_numbers(["UKR"]) == {"UKR": 1}
        assert snap.acknowledgements("UKR", first=1, last=2) == snap.webhooks() == []
        assert snap.dispatches_due(CLOCK + 9, limit=9) == []


def test_many_parties_are_told_at_once(store):
    parties = [f"P{number:03d}" for number in range(300)]
    with store.write() as tx:
        tx.add_notices([notice(1, party, about="pause:1") for party in parties])
        tx.put_dispatches([dispatch(1, "w", party) for party in parties])
    with store.read() as snap:
        assert snap.notice_numbers(parties) == dict.fromkeys(parties, 1)
        assert len(snap.notices_about(["pause:1"])) == 300
        assert len(snap.dispatches_due(CLOCK, limit=1000)) == 300
