"""Keys of idempotency: what a crash leaves at each step, and who may go on."""

from dataclasses import replace

import pytest
from tests.fakes.store import FakeStore

from relto.domain.errors import Refused
from relto.ports.node import Node
from relto.usecases import idempotency
from relto.usecases.idempotency import CLAIM_US, KEPT_US, claim, complete, release, tidy, witness


class Hand:
    """A clock that is wound by hand, and lots that are drawn in order."""

    def __init__(self):
        self.at = 1_000_000_000
        self.drawn = 0

    def now(self):
        return self.at

    def sleep(self, _microseconds):
        raise AssertionError

    def uuid4(self):
        self.drawn += 1
        return f"claim-{self.drawn}"


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def node(hand):
    return Node(FakeStore(), hand, hand, None)


def refused(code, work, *arguments):
    with pytest.raises(Refused) as caught:
        work(*arguments)
    assert caught.value.code == code


def test_one_claims_a_key_and_others_wait_until_it_has_answered(node):
    row = claim(node, "olga", "k", "digest")
    assert row.state == "claimed"
    refused("idempotency-key-busy", claim, node, "olga", "k", "digest")
    refused("idempotency-key-reused", claim, node, "olga", "k", "other")
    complete(node, row, status=200, answer="{}")
    again = claim(node, "olga", "k", "digest")
    assert (again.state, again.status, again.answer) == ("done", 200, "{}")


def test_a_crash_before_the_act_frees_the_key_after_a_while_and_the_first_can_no_longer_act(node, hand):
    first = claim(node, "olga", "k", "digest")
    hand.at += CLAIM_US
    second = claim(node, "olga", "k", "digest")
    assert second.claim != first.claim
    with node.store.write() as tx:
        refused("idempotency-key-busy", witness(first), tx, [1])
        witness(second)(tx, [2])
    complete(node, first, status=200, answer="first")
    assert claim(node, "olga", "k", "digest").acts == (2,)


def test_a_crash_after_the_act_tells_of_the_act_however_much_later(node, hand):
    row = claim(node, "olga", "k", "digest")
    with node.store.write() as tx:
        witness(row)(tx, [7])
        witness(row)(tx, [8])
    hand.at += 10 * CLAIM_US
    found = claim(node, "olga", "k", "digest")
    assert (found.state, found.acts, found.answer) == ("acted", (7, 8), "")


def test_only_what_did_nothing_is_released(node):
    row = claim(node, "olga", "k", "digest")
    assert release(node, row)
    row = claim(node, "olga", "k", "another")
    with node.store.write() as tx:
        witness(row)(tx, [7])
    assert not release(node, row)


def test_keys_are_kept_for_their_time_and_no_account_has_too_many(node, hand, monkeypatch):
    monkeypatch.setattr(idempotency, "KEYS_MAX", 2)
    for key in "ab":
        complete(node, claim(node, "olga", key, "digest"), status=200, answer="{}")
    refused("idempotency-keys-too-many", claim, node, "olga", "c", "digest")
    assert claim(node, "ann", "c", "digest").state == "claimed"
    hand.at += KEPT_US + 1
    assert claim(node, "olga", "c", "digest").state == "claimed"


def test_keys_of_accounts_that_ask_for_nothing_more_are_forgotten_as_well(node, hand):
    claim(node, "olga", "k", "digest")
    hand.at += KEPT_US
    tidy(node)
    with node.store.read() as snap:
        assert snap.idempotency_keys("olga") == 1
    hand.at += 1
    tidy(node)
    with node.store.read() as snap:
        assert snap.idempotency_keys("olga") == 0


def test_an_answer_that_is_too_long_is_not_kept(node, monkeypatch):
    monkeypatch.setattr(idempotency, "ANSWER_CHARS_MAX", 3)
    row = claim(node, "olga", "k", "digest")
    complete(node, row, status=200, answer="long")
    assert claim(node, "olga", "k", "digest") == replace(row, state="done", status=200)
