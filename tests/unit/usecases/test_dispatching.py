"""What waits is tried once at a time, often enough and not for ever; what came of it is known."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.actors import ADMIN, dispatch_due
from tests.fakes.courier import FakeCourier
from tests.fakes.faults import FaultyStore
from tests.fakes.receiver import verified
from tests.fakes.store import FakeStore
from tests.simulation.world import World

from relto.domain.dispatch import GIVE_UP_US, HOUR, LEASE_US, MINUTE, QUIET_MAX_US, SECOND, TRIES_MAX, Outcome
from relto.domain.endpoint import Reach
from relto.domain.errors import Unreachable
from relto.domain.notice import Draft
from relto.ports.courier import Couriers
from relto.usecases import accounts, dispatching
from relto.usecases.dispatching import KEPT_US, carry, claim, record, tidy
from relto.usecases.mailboxes import MAILBOXES, add_mailbox
from relto.usecases.notifying import inbox, notify
from relto.usecases.places import enable_place, list_places, remove_place
from relto.usecases.webhooks import WEBHOOKS, add_webhook, rotate_webhook

HOOK = "https://partner.example/h"
WELL, BAD = Outcome("delivered", 200, "ok"), Outcome("refused", 500, "no")
AWAY = Outcome("unreachable", answer="no connection")


class Scene:
    """A party with a webhook, and couriers that say what they are told to."""

    def __init__(self) -> None:
        self.world = World(FakeStore())
        self.node = self.world.node
        self.world.account("kyiv", "UKR")
        self.webhook, self.secret = self.hook()
        self.posts: FakeCourier = FakeCourier(WELL)
        self.letters: FakeCourier = FakeCourier(WELL)
        self.couriers = Couriers(self.posts, self.letters)

    def hook(self, url=HOOK, party="UKR", **other):
        return add_webhook(self.node, self.world.desk, party, url, by=ADMIN, reach=Reach(), **other)

    def tell(self, party="UKR", kind="pause", **other):
        with self.node.store.write() as tx:
            draft = Draft(party, kind, "usa-ukr", f"a {kind}", **other)
            return notify(self.node, tx, [draft], at=self.node.now(tx.head()))[0]

    def due(self, **other):
        return dispatch_due(self.node, self.couriers, **other)

    def row(self, notice=1, target=None, party="UKR"):
        with self.node.store.read() as snap:
            return snap.dispatch(party, notice, (target or self.webhook).id)

    def place(self, target=None):
        return next(
            each.place
            for each in list_places(self.node, WEBHOOKS, by=ADMIN)
            if each.place.id == (target or self.webhook).id
        )

    def carried(self):
        return [(post.url, json.loads(post.body)["data"]["notice"]) for post in self.posts.carried]

    def forward(self, microseconds):
        self.world.clock.moment += microseconds


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_waits_is_carried_once(scene: Scene) -> None:
    notice = scene.tell(data={"since": "x"}, act=7, about="pause:3")
    assert scene.due() == 1
    assert scene.due() == 0
    row = scene.row()
    assert (row.state, row.tries, row.last_status, row.last_answer) == ("delivered", 1, 200, "ok")
    (post,) = scene.posts.carried
    assert json.loads(post.body)["data"] == {"party": "UKR", **notice.shown()}
    assert verified(dict(post.headers), post.body, scene.secret, now=scene.world.clock.now() / SECOND)
    health = scene.place().health
    assert (health.delivered, health.failures, health.last_status, health.last_answer) == (1, 0, 200, "ok")


def test_nothing_leaves_before_it_is_durable(scene: Scene) -> None:
    with scene.node.store.write() as tx:
        notify(scene.node, tx, [Draft("UKR", "pause", "usa-ukr", "x")], at=1)
        assert scene.due() == 0
    assert scene.posts.carried == []
    assert scene.due() == 1


def test_both_secrets_sign_while_one_takes_the_place_of_the_other(scene: Scene) -> None:
    _, fresh = rotate_webhook(scene.node, scene.world.desk, scene.webhook.id, by=ADMIN, keep_us=HOUR)
    scene.tell()
    scene.due()
    scene.forward(HOUR)
    scene.tell()
    scene.due()
    first, second = scene.posts.carried
    for post, secrets in ((first, [scene.secret, fresh]), (second, [fresh])):
        now = int(dict(post.headers)["webhook-timestamp"])
        known = [each for each in (scene.secret, fresh) if verified(dict(post.headers), post.body, each, now=now)]
        assert known == secrets


def test_a_try_has_the_id_of_the_one_before_and_its_own_moment(scene: Scene) -> None:
    scene.posts.says = BAD
    scene.tell()
    scene.due()
    scene.forward(MINUTE)
    scene.due()
    first, second = (dict(post.headers) for post in scene.posts.carried)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) == int(first["webhook-timestamp"]) + 60


def test_the_moment_of_a_call_is_the_machines_and_not_that_of_a_demonstration(scene: Scene) -> None:
    with scene.node.store.write() as tx:
        tx.put_head(replace(tx.head(), clock_offset=-1000 * HOUR))
    scene.tell()
    scene.due()
    assert dict(scene.posts.carried[0].headers)["webhook-timestamp"] == str(scene.world.clock.now() // SECOND)


# Claims.


def test_what_is_claimed_is_begun_by_nobody_else_until_the_claim_lapses(scene: Scene) -> None:
    scene.tell()
    (mine,) = claim(scene.node, limit=5)
    assert claim(scene.node, limit=5) == []
    scene.forward(LEASE_US - 1)
    assert claim(scene.node, limit=5) == []
    scene.forward(1)
    (theirs,) = claim(scene.node, limit=5)
    assert (mine.dispatch.tries, theirs.dispatch.tries) == (1, 2)
    # Whoever was slow says that it failed: the other is still at it.
    assert record(scene.node, mine, BAD) is None
    assert scene.row() == theirs.dispatch
    assert record(scene.node, theirs, BAD).state == "waiting"


def test_that_it_arrived_counts_however_late_it_is_said(scene: Scene) -> None:
    scene.tell()
    (mine,) = claim(scene.node, limit=5)
    scene.forward(LEASE_US)
    (theirs,) = claim(scene.node, limit=5)
    assert record(scene.node, mine, WELL).state == "delivered"
    assert record(scene.node, theirs, BAD) is None
    assert scene.row().state == "delivered"


def test_a_notice_that_ends_every_process_that_carries_it_is_given_up(scene: Scene) -> None:
    scene.tell()
    for _ in range(TRIES_MAX):
        assert len(claim(scene.node, limit=5)) == 1
        scene.forward(LEASE_US)
    assert claim(scene.node, limit=5) == []
    assert (scene.row().state, scene.row().last_answer) == ("failed", f"it was tried {TRIES_MAX} times")


def test_one_claim_for_each_place_and_none_for_those_that_are_busy(scene: Scene) -> None:
    other, _ = scene.hook(HOOK + "2")
    third, _ = scene.hook(party="GBR")
    for _ in range(3):
        scene.tell()
        scene.tell("GBR")
    claims = claim(scene.node, limit=9)
    assert [each.dispatch.notice for each in claims] == [1, 1, 1]
    assert {each.target.id for each in claims} == {scene.webhook.id, other.id, third.id}
    busy = claim(scene.node, limit=9, but_targets=[scene.webhook.id], but_parties=["GBR"])
    assert [(each.target.id, each.dispatch.notice) for each in busy] == [(other.id, 2)]


# Trying again.


def test_a_notice_that_is_refused_is_tried_on_and_others_are_not_kept_from_their_place(scene: Scene) -> None:
    scene.posts.says = lambda post: BAD if b'"notice":1' in post.body else WELL
    scene.tell()
    scene.tell()
    assert scene.due() == 2
    assert (scene.row(1).state, scene.row(2).state) == ("waiting", "delivered")
    assert scene.place().health.failures == 0
    scene.forward(5 * SECOND - 1)
    assert scene.due() == 0
    scene.forward(2 * SECOND)
    assert scene.due() == 1
    assert scene.row(1).tries == 2


def test_a_place_that_is_away_is_left_alone_and_found_again(scene: Scene) -> None:
    other, _ = scene.hook(HOOK + "2")
    scene.posts.says = lambda post: AWAY if post.url == HOOK else WELL
    for _ in range(3):
        scene.tell()
    scene.due()
    assert [url for url, _ in scene.carried() if url == HOOK] == [HOOK]
    assert [scene.row(number, other).state for number in (1, 2, 3)] == ["delivered"] * 3
    assert [scene.row(number).tries for number in (1, 2, 3)] == [1, 0, 0]
    quiet = scene.place().health.quiet_until
    assert all(scene.row(number).next_at == quiet for number in (1, 2, 3))
    # What comes meanwhile waits with them.
    scene.tell()
    assert scene.row(4).next_at == quiet
    scene.posts.says = WELL
    scene.forward(quiet - scene.world.now)
    scene.due()
    assert [scene.row(number).state for number in (1, 2, 3, 4)] == ["delivered"] * 4
    assert scene.place().health.quiet_until == 0


def test_a_place_that_asks_for_quiet_gets_it(scene: Scene) -> None:
    scene.posts.says = Outcome("throttled", 429, "slow down", retry_after_us=2 * HOUR)
    scene.tell()
    scene.tell()
    assert scene.due() == 1
    assert [scene.row(number).next_at - scene.world.now for number in (1, 2)] == [2 * HOUR, 2 * HOUR]
    scene.forward(2 * HOUR - 1)
    assert scene.due() == 0


@pytest.mark.parametrize("outcome", [BAD, AWAY], ids=["refuses", "is away"])
def test_a_place_that_always_fails_is_given_up_after_three_days_and_its_party_is_told(scene: Scene, outcome) -> None:
    scene.posts.says = outcome
    add_mailbox(
        scene.node, scene.world.desk, "UKR", "watch@ukr.example", by=ADMIN, account="kyiv", kinds=["undelivered"]
    )
    began = scene.world.now
    scene.tell()
    tried = 0
    # More notices than one, so that it is the place that is given up, whichever of them is tried.
    while scene.place().is_active:
        tried += scene.due()
        with scene.node.store.read() as snap:
            rows = [row for number in range(1, 9) if (row := snap.dispatch("UKR", number, scene.webhook.id))]
        soonest = min((row.next_at for row in rows if row.state == "waiting"), default=None)
        if soonest is None:
            scene.tell()
            continue
        scene.forward(max(soonest - scene.world.now, 1))
        assert scene.world.now - began < 4 * GIVE_UP_US
    assert scene.world.now - began >= GIVE_UP_US
    assert TRIES_MAX <= tried <= 3 * TRIES_MAX
    (told,) = inbox(scene.node, "UKR", kind="undelivered").entries
    assert told.notice.text.startswith("the webhook at partner.example is disabled: it failed ")
    assert told.notice.data["webhook"] == scene.webhook.id
    scene.due()
    assert scene.letters.carried[-1].to == "watch@ukr.example"
    # Nothing waits for it any more, nothing more is made for it, and nobody calls it.
    calls = len(scene.posts.carried)
    scene.tell()
    scene.forward(GIVE_UP_US)
    scene.due(limit=50)
    assert len(scene.posts.carried) == calls
    assert list_places(scene.node, WEBHOOKS, by=ADMIN)[0].waiting == 0


def test_quiet_never_lasts_longer_than_half_an_hour_unless_it_is_asked_for(scene: Scene) -> None:
    scene.posts.says = AWAY
    for _ in range(40):
        scene.tell()
    for _ in range(12):
        scene.due()
        left = scene.place().health.quiet_until - scene.world.now
        assert 0 < left <= QUIET_MAX_US
        scene.forward(left)
    # They took turns: whoever comes back within the half hour is found.
    assert len({notice for _, notice in scene.carried()}) > 1


def test_a_place_that_is_gone_is_called_no_more_and_its_party_is_told_once(scene: Scene) -> None:
    other, _ = scene.hook(HOOK + "2")
    scene.posts.says = lambda post: Outcome("gone", 410, "we moved") if post.url == HOOK else WELL
    for _ in range(200):
        scene.tell()
    scene.due(limit=500)
    assert [url for url, _ in scene.carried() if url == HOOK] == [HOOK]
    assert scene.place().why == "it answered 410: it wants nothing any more"
    assert len(inbox(scene.node, "UKR", kind="undelivered").entries) == 1
    # All that waited for it is settled, and kept nobody else waiting.
    (status,) = [each for each in list_places(scene.node, WEBHOOKS, by=ADMIN) if each.place.id == scene.webhook.id]
    assert (status.waiting, len(status.failed)) == (0, 5)
    assert all(scene.row(number, other).state == "delivered" for number in range(1, 202))
    enable_place(scene.node, scene.world.desk, WEBHOOKS, scene.webhook.id, by=ADMIN, since=0)
    scene.posts.says = WELL
    scene.due(limit=500)
    assert all(scene.row(number).state == "delivered" for number in range(1, 201))


def test_what_is_rejected_is_not_tried_again(scene: Scene) -> None:
    scene.letters.says = Outcome("rejected", 550, "nobody has that name")
    box = add_mailbox(scene.node, scene.world.desk, "UKR", "watch@ukr.example", by=ADMIN)
    scene.tell()
    scene.due()
    assert scene.row(1, box).state == "failed"
    (status,) = list_places(scene.node, MAILBOXES, by=ADMIN)
    assert (status.place.is_active, status.place.health.last_status, len(status.failed)) == (True, 550, 1)


def test_a_mailbox_that_fails_throughout_is_disabled_as_well(scene: Scene) -> None:
    box = add_mailbox(scene.node, scene.world.desk, "UKR", "watch@ukr.example", by=ADMIN)
    health = replace(box.health, failures=TRIES_MAX, failing_since=scene.world.now - GIVE_UP_US)
    with scene.node.store.write() as tx:
        tx.put_mailbox(replace(box, health=health))
    scene.letters.says = Outcome("rejected", 550, "nobody has that name")
    scene.tell()
    scene.due()
    (told,) = inbox(scene.node, "UKR", kind="undelivered").entries
    assert told.notice.text == (
        "the mailbox watch@ukr.example is disabled: it failed 11 times in a row: nobody has that name"
    )


# Letters.


def test_a_letter_follows_the_one_that_it_regards(scene: Scene) -> None:
    add_mailbox(scene.node, scene.world.desk, "UKR", "watch@ukr.example", by=ADMIN)
    first, second = scene.tell(about="pause:1"), scene.tell(kind="resume", about="pause:1")
    scene.due()
    one, two = scene.letters.carried
    assert (one.message, one.thread) == (first.id, "")
    assert (two.message, two.thread, two.subject) == (second.id, first.id, "resume: usa-ukr")
    assert two.at == scene.world.clock.now()
    assert "notice 1" in two.text


def test_where_no_mail_server_is_set_letters_wait_and_say_why(scene: Scene) -> None:
    box = add_mailbox(scene.node, scene.world.desk, "UKR", "watch@ukr.example", by=ADMIN)
    scene.tell()
    assert dispatch_due(scene.node, Couriers(scene.posts, None)) == 2
    assert (scene.row(1, box).state, scene.row(1, box).last_answer) == (
        "waiting",
        "no mail server is set (`mail.host`)",
    )


def test_whose_account_is_revoked_gets_no_letter_that_was_on_its_way(scene: Scene) -> None:
    box = add_mailbox(scene.node, scene.world.desk, "UKR", "watch@ukr.example", by=ADMIN, account="kyiv")
    scene.tell()
    accounts.revoke(scene.node, scene.world.desk, "kyiv", by=ADMIN)
    scene.due()
    assert scene.letters.carried == []
    assert (scene.row(1, box).state, scene.row(1, box).last_answer) == ("failed", "its account is revoked")


# What goes wrong on the way.


def test_a_place_that_is_removed_while_it_is_called_leaves_nothing(scene: Scene) -> None:
    scene.tell()
    at = scene.node, scene.world.desk, WEBHOOKS, scene.webhook.id
    scene.posts.says = lambda _: remove_place(*at, by=ADMIN) and AWAY
    assert scene.due() == 1
    assert scene.row() is None
    assert scene.due() == 0


def test_a_place_that_is_enabled_while_it_is_called_stays_so(scene: Scene) -> None:
    scene.tell()
    at = scene.node, scene.world.desk, WEBHOOKS, scene.webhook.id
    scene.posts.says = lambda _: enable_place(*at, by=ADMIN) and BAD
    scene.due()
    assert scene.place().is_active
    assert scene.place().health.failures == 1


def test_a_secret_that_is_rotated_while_it_is_used_stays_rotated(scene: Scene) -> None:
    scene.tell()
    scene.posts.says = lambda _: rotate_webhook(scene.node, scene.world.desk, scene.webhook.id, by=ADMIN) and WELL
    scene.due()
    assert len(scene.place().secrets) == 2


def test_an_error_that_nobody_expected_costs_the_notice_a_try_and_no_more(scene: Scene, caplog) -> None:
    def broken(_):
        raise ZeroDivisionError("the inside")

    scene.posts.says = broken
    scene.tell()
    (claimed,) = claim(scene.node, limit=1)
    outcome = carry(scene.node, scene.couriers, claimed)
    assert (outcome.result, "the inside" in outcome.answer) == ("refused", False)
    assert "a notice cannot be carried" in caplog.text
    assert record(scene.node, claimed, outcome).state == "waiting"


def test_what_was_settled_long_ago_is_forgotten_and_what_waits_is_not(scene: Scene, monkeypatch) -> None:
    monkeypatch.setattr(dispatching, "TIDIED_AT_ONCE", 2)
    for _ in range(3):
        scene.tell()
    scene.due()
    scene.posts.says = BAD
    scene.tell()
    scene.due()
    scene.forward(KEPT_US)
    assert tidy(scene.node) == 0
    scene.forward(1)
    assert [tidy(scene.node) for _ in range(3)] == [2, 1, 0]
    assert scene.row(1) is None
    assert scene.row(4).state == "waiting"
    assert len(inbox(scene.node, "UKR").entries) == 4


@pytest.mark.tampers
@given(st.lists(st.sampled_from([None, None, "not-done", "not-reported"]), max_size=30))
def test_whatever_writes_fail_each_notice_arrives_under_one_id(script) -> None:
    """Not done, or done and not reported: the claim lapses, and whoever looks then makes it good."""
    scene, faults = Scene(), iter(script)
    store = FaultyStore(scene.node.store, lambda: next(faults, None))
    told = [scene.tell() for _ in range(3)]
    scene.node = replace(scene.node, store=store)
    for _ in range(3 * len(script) + 10):
        with contextlib.suppress(Unreachable):
            scene.due()
        scene.forward(LEASE_US)
        if all(scene.row(notice.number).state != "waiting" for notice in told):
            break
    for notice in told:
        row = scene.row(notice.number)
        # A notice whose every try was lost to the database is given up: it may have arrived all the same.
        assert row.state == "delivered" or row.tries == TRIES_MAX
        ids = {dict(post.headers)["webhook-id"] for post in scene.posts.carried if _carries(post, notice)}
        assert len(ids) <= 1
        assert ids or row.state == "failed"
    assert claim(scene.node, limit=9) == []


def _carries(post, notice) -> bool:
    return json.loads(post.body)["data"]["notice"] == notice.number
