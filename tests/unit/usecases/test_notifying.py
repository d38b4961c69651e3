"""A party is told what concerns it and nothing else; its inbox is its own."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.simulation.world import World

from relto.domain.dispatch import Outcome
from relto.domain.endpoint import Reach
from relto.domain.errors import BadInput, Conflict, Refused, Unknown
from relto.domain.notice import KINDS, Draft
from relto.domain.webhook import secret_bytes
from relto.usecases import accounts
from relto.usecases.mailboxes import MAILBOXES, MAILBOXES_MAX, add_mailbox
from relto.usecases.notifying import PAGE_MAX, acknowledge, inbox, inbox_of, notify
from relto.usecases.places import enable_place, list_places, remove_place
from relto.usecases.policy import PolicyDesk
from relto.usecases.webhooks import WEBHOOKS, WEBHOOKS_MAX, add_webhook, rotate_webhook

HOOK = "https://partner.example/h"
DAY = 86_400_000_000


@pytest.fixture
def world() -> World:
    world = World(FakeStore())
    # As a process sees it that did not make the node itself: that one does not know yet whose node it is.
    world.desks = [PolicyDesk()]
    world.account("kyiv", "UKR")
    world.account("lviv", "UKR")
    world.account("london", "GBR")
    return world


def draft(party: str = "UKR", kind: str = "pause", **other) -> Draft:
    return Draft(party, kind, **{"subject": "usa-ukr", "text": f"a {kind} of usa-ukr", **other})


def tell(world: World, *drafts: Draft):
    with world.node.store.write() as tx:
        return notify(world.node, tx, drafts, at=world.node.now(tx.head()))


def numbers(found) -> list[int]:
    return [entry.notice.number for entry in found.entries]


def waiting(world: World, target: str):
    with world.node.store.read() as snap:
        return [(row.party, row.notice, row.next_at) for row in snap.dispatches(target, state="waiting")]


# Being told.


@pytest.mark.tampers
@given(st.lists(st.lists(st.tuples(st.sampled_from(["UKR", "GBR", "FRA"]), st.sampled_from(KINDS)), max_size=4)))
def test_what_others_are_told_changes_nothing_that_a_party_sees(blocks) -> None:
    """The world with everybody's notices and the one with its own alone look the same to each party."""
    whole, alone = World(FakeStore()), World(FakeStore())
    for block in blocks:
        for world, mine in ((whole, block), (alone, [pair for pair in block if pair[0] == "UKR"])):
            world.clock.moment += 1_000_000
            tell(world, *(draft(party, kind, about=f"pause:{kind}", act=5) for party, kind in mine))
    ours, theirs = inbox(whole.node, "UKR", after=0, limit=500), inbox(alone.node, "UKR", after=0, limit=500)
    assert [entry.notice.shown() for entry in ours.entries] == [entry.notice.shown() for entry in theirs.entries]
    assert numbers(ours) == list(range(1, len(ours.entries) + 1))
    assert ours.more is theirs.more is False


def test_of_an_act_that_fails_nobody_was_told(world: World) -> None:
    hook, _ = add_webhook(world.node, world.desk, "UKR", HOOK, by=ADMIN, reach=Reach())

    def fail(tx):
        notify(world.node, tx, [draft()], at=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), world.node.store.write() as tx:
        fail(tx)
    assert inbox(world.node, "UKR").entries == ()
    assert waiting(world, hook.id) == []
    with pytest.raises(BadInput):
        tell(world, draft(), draft(text=""))
    assert inbox(world.node, "UKR").entries == ()
    assert [each.number for each in tell(world, draft())] == [1]


def test_what_regards_one_thing_names_the_first_notice_of_it(world: World) -> None:
    tell(world, draft(about="pause:1"), draft("GBR", about="pause:1"), draft(about="pause:2"), draft(about="pause:1"))
    tell(world, draft(kind="resume", about="pause:1"), draft(), draft("GBR", "resume", about="pause:1"), draft())
    ours = [(entry.notice.number, entry.notice.regards) for entry in inbox(world.node, "UKR").entries]
    assert ours == [(1, None), (2, None), (3, 1), (4, 1), (5, None), (6, None)]
    assert [entry.notice.regards for entry in inbox(world.node, "GBR").entries] == [None, 1]


def test_each_place_waits_for_what_it_wants(world: World) -> None:
    all_, _ = add_webhook(world.node, world.desk, "UKR", HOOK, by=ADMIN, reach=Reach())
    some, _ = add_webhook(world.node, world.desk, "UKR", HOOK + "2", by=ADMIN, reach=Reach(), kinds=["resume"])
    other, _ = add_webhook(world.node, world.desk, "GBR", HOOK, by=ADMIN, reach=Reach())
    box = add_mailbox(world.node, world.desk, "UKR", "watch@ukr.example", by=ADMIN, account="kyiv", kinds=["pause"])
    off = add_mailbox(world.node, world.desk, "UKR", "lviv@ukr.example", by=ADMIN, account="lviv")
    accounts.revoke(world.node, world.desk, "lviv", by=ADMIN)
    with world.node.store.write() as tx:
        tx.put_webhook(some.disabled("it answered 410").enabled())
    tell(world, draft(), draft(kind="resume"), draft("GBR"))
    now = world.now
    assert waiting(world, all_.id) == [("UKR", 2, now), ("UKR", 1, now)]
    assert waiting(world, some.id) == [("UKR", 2, now)]
    assert waiting(world, other.id) == [("GBR", 1, now)]
    assert waiting(world, box.id) == [("UKR", 1, now)]
    assert waiting(world, off.id) == []


def test_a_place_that_is_left_alone_gets_it_afterwards_and_a_disabled_one_not_at_all(world: World) -> None:
    quiet, _ = add_webhook(world.node, world.desk, "UKR", HOOK, by=ADMIN, reach=Reach())
    off, _ = add_webhook(world.node, world.desk, "UKR", HOOK + "2", by=ADMIN, reach=Reach())
    health = quiet.health.after(Outcome("throttled", 429, retry_after_us=60_000_000), at=world.now, lot=0.0)
    with world.node.store.write() as tx:
        tx.put_webhook(replace(quiet, health=health))
        tx.put_webhook(off.disabled("it answered 410"))
    tell(world, draft())
    assert waiting(world, quiet.id) == [("UKR", 1, world.now + 60_000_000)]
    assert waiting(world, off.id) == []


class Counting:
    """Counts what a block is asked."""

    def __init__(self, tx) -> None:
        self._tx = tx
        self.asked: list[str] = []

    def __getattr__(self, name):
        self.asked.append(name)
        return getattr(self._tx, name)


def test_a_hundred_parties_are_told_with_no_more_questions_than_one(world: World) -> None:
    asked = []
    for parties in (["UKR"], [f"P{number}" for number in range(10, 110)]):
        with world.node.store.write() as tx:
            counting = Counting(tx)
            notify(world.node, counting, [draft(party, about="pause:1") for party in parties], at=1)
            asked.append(counting.asked)
    assert asked[0] == asked[1]
    with world.node.store.write() as tx:
        counting = Counting(tx)
        assert notify(world.node, counting, [], at=1) == []
    assert counting.asked == []


# Inboxes.


def test_an_inbox_is_read_a_page_at_a_time(world: World) -> None:
    tell(world, *(draft(kind="recall" if number % 2 else "pause") for number in range(7)))
    first = inbox(world.node, "UKR", after=0, limit=3)
    assert (numbers(first), first.more) == ([1, 2, 3], True)
    last = inbox(world.node, "UKR", after=6, limit=3)
    assert (numbers(last), last.more) == ([7], False)
    newest = inbox(world.node, "UKR", limit=2)
    assert (numbers(newest), newest.more) == ([6, 7], True)
    assert (numbers(inbox(world.node, "UKR", limit=7)), inbox(world.node, "UKR", limit=7).more) == (
        [*range(1, 8)],
        False,
    )
    recalls = inbox(world.node, "UKR", kind="recall", after=0)
    assert (numbers(recalls), recalls.more) == ([2, 4, 6], False)
    assert inbox(world.node, "UKR", after=7).entries == ()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"limit": 0}, "limit-invalid"),
        ({"limit": PAGE_MAX + 1}, "limit-invalid"),
        ({"kind": "pauze"}, "notice-kind-unknown"),
    ],
)
def test_an_inbox_that_is_asked_wrongly_says_so(world: World, asked, code) -> None:
    with pytest.raises(BadInput) as caught:
        inbox(world.node, "UKR", **asked)
    assert caught.value.code == code


def test_acknowledgements_come_back_the_first_of_each_account(world: World) -> None:
    tell(world, draft(), draft())
    kyiv, lviv = actor("kyiv", "reader", party="UKR"), actor("lviv", "reader", party="UKR")
    acknowledge(world.node, 2, by=kyiv, note="seen by the watch")
    world.clock.moment += 5
    again = acknowledge(world.node, 2, by=kyiv, note="again")
    both = acknowledge(world.node, 2, by=lviv)
    assert [each.note for each in again.acknowledgements] == ["seen by the watch"]
    assert [(each.account, each.at - world.now) for each in both.acknowledgements] == [("kyiv", -5), ("lviv", 0)]
    found = inbox(world.node, "UKR").entries
    assert [len(entry.acknowledgements) for entry in found] == [0, 2]


def test_whoever_came_in_to_read_takes_note_of_nothing_and_whoever_has_no_role_left_reads_nothing(world: World) -> None:
    tell(world, draft())
    kyiv = actor("kyiv", "reader", party="UKR")
    with pytest.raises(Refused) as caught:
        acknowledge(world.node, 1, by=kyiv, within={"read"})
    assert caught.value.code == "scope-missing"
    nobody = actor("kyiv", party="UKR")
    with pytest.raises(Refused) as caught:
        acknowledge(world.node, 1, by=nobody, within={"act"})
    assert caught.value.code == "role-missing"
    with world.node.store.read() as snap, pytest.raises(Refused) as caught:
        inbox_of(snap, nobody)
    assert caught.value.code == "role-missing"
    assert acknowledge(world.node, 1, by=kyiv, within={"read", "act"}).acknowledgements


def test_a_notice_that_is_not_there_cannot_be_acknowledged_and_neither_can_one_of_another_party(world: World) -> None:
    tell(world, draft())
    told = []
    for who, party, number in (("kyiv", "UKR", 9), ("kyiv", "UKR", 0), ("london", "GBR", 1), ("admin", "USA", 1)):
        with pytest.raises(Unknown) as caught:
            acknowledge(world.node, number, by=actor(who, "reader", "admin", party=party))
        told.append((caught.value.code, caught.value.message.replace(str(number), "N"), str(caught.value.data)))
    assert set(told) == {("notice-unknown", "there is no notice `N`", "{}")}
    with pytest.raises(BadInput) as caught:
        acknowledge(world.node, 1, by=actor("kyiv", "reader", party="UKR"), note="two\nlines")
    assert caught.value.code == "acknowledgement-invalid"
    assert inbox(world.node, "UKR").entries[0].acknowledgements == ()


def test_an_account_reads_its_partys_inbox_and_whoever_administers_the_node_any(world: World) -> None:
    def read_by(who, party=None):
        with world.node.store.read() as snap:
            return inbox_of(snap, who, party)

    kyiv, chief = actor("kyiv", "reader", party="UKR"), actor("chief", "admin", "auditor", party="UKR")
    assert (read_by(kyiv), read_by(kyiv, "UKR"), read_by(ADMIN)) == ("UKR", "UKR", "USA")
    assert (read_by(ADMIN, "GBR"), read_by(actor("a", "auditor"), "UKR")) == ("GBR", "UKR")
    told = []
    for who, party in ((kyiv, "GBR"), (kyiv, "NIL"), (actor("o", "officer"), "UKR"), (chief, "USA"), (ADMIN, "NIL")):
        with pytest.raises(Unknown) as caught:
            read_by(who, party)
        told.append((caught.value.code, caught.value.message.replace(party, "X")))
    assert len(set(told)) == 1


# Webhooks and mailboxes.


def test_a_webhook_is_made_listed_rotated_and_removed(world: World) -> None:
    hook, secret = add_webhook(world.node, world.desk, "UKR", HOOK, by=ADMIN, reach=Reach(), kinds=["resume", "pause"])
    assert len(secret_bytes(secret)) == 32
    assert (hook.kinds, hook.made_by, hook.alive(world.now)) == (("pause", "resume"), "admin", (secret,))
    tell(world, draft(), draft(kind="recall"))
    (status,) = list_places(world.node, WEBHOOKS, by=ADMIN)
    assert (status.place, status.waiting, status.failed) == (hook, 1, ())
    turned, fresh = rotate_webhook(world.node, world.desk, hook.id, by=ADMIN)
    assert fresh != secret
    assert turned.alive(world.now) == (fresh, secret)
    assert turned.alive(world.now + DAY) == (fresh,)
    assert rotate_webhook(world.node, world.desk, hook.id, by=ADMIN, keep_us=0)[0].alive(world.now) != (fresh, secret)
    assert remove_place(world.node, world.desk, WEBHOOKS, hook.id, by=ADMIN).id == hook.id
    assert list_places(world.node, WEBHOOKS, by=ADMIN) == []
    assert waiting(world, hook.id) == []


def test_what_belongs_to_another_party_is_not_there(world: World) -> None:
    hook, _ = add_webhook(world.node, world.desk, "UKR", HOOK, by=ADMIN, reach=Reach())
    box = add_mailbox(world.node, world.desk, "UKR", "a@ukr.example", by=ADMIN)
    london = actor("london", "officer", "admin", "auditor", party="GBR")
    assert list_places(world.node, WEBHOOKS, by=london) == list_places(world.node, MAILBOXES, by=london) == []
    for kind in (WEBHOOKS, MAILBOXES):
        for party in ("UKR", "NIL"):
            with pytest.raises(Unknown) as caught:
                list_places(world.node, kind, by=london, party=party)
            assert caught.value.code == "party-unknown"

    def removed(node, desk, name, *, by, kind=WEBHOOKS):
        return remove_place(node, desk, kind, name, by=by)

    def enabled(node, desk, name, *, by, kind=WEBHOOKS):
        return enable_place(node, desk, kind, name, by=by)

    for verb in (removed, rotate_webhook, enabled):
        told = []
        for name, who in ((hook.id, london), ("nothing", london), ("nothing", ADMIN)):
            with pytest.raises(Unknown) as caught:
                verb(world.node, world.desk, name, by=who)
            told.append((caught.value.code, caught.value.message.replace(name, "X")))
        assert set(told) == {("webhook-unknown", "there is no webhook `X`")}
    for verb in (removed, enabled):
        # An id names one kind of place.
        for name, who in ((box.id, london), (hook.id, ADMIN)):
            with pytest.raises(Unknown) as caught:
                verb(world.node, world.desk, name, by=who, kind=MAILBOXES)
            assert caught.value.code == "mailbox-unknown"
    assert len(list_places(world.node, WEBHOOKS, by=ADMIN)) == 1
    assert len(list_places(world.node, MAILBOXES, by=ADMIN, party="UKR")) == 1


@pytest.mark.parametrize("role", ["officer", "admin"])
def test_who_is_in_office_keeps_the_places_of_the_own_party_and_of_no_other(world: World, role) -> None:
    ours = actor("office", role, party="UKR")
    hook, _ = add_webhook(world.node, world.desk, "UKR", HOOK, by=ours, reach=Reach())
    box = add_mailbox(world.node, world.desk, "UKR", "a@ukr.example", by=ours, account="kyiv")
    assert (hook.made_by, box.made_by) == ("office", "office")
    told = []
    for party in ("GBR", "NIL"):
        for make in (
            lambda party=party: add_webhook(world.node, world.desk, party, HOOK, by=ours, reach=Reach()),
            lambda party=party: add_mailbox(world.node, world.desk, party, "a@b.example", by=ours),
        ):
            with pytest.raises(Refused) as caught:
                make()
            told.append(caught.value.code)
    assert set(told) == {"party-not-yours"}
    remove_place(world.node, world.desk, WEBHOOKS, hook.id, by=ours)
    remove_place(world.node, world.desk, MAILBOXES, box.id, by=ours)
    with world.node.store.read() as snap:
        kinds = [row.kind for row in reversed(snap.acts()) if row.by == "office"]
    assert kinds == ["webhook-add", "mailbox-add", "webhook-remove", "mailbox-remove"]


def test_who_only_reads_keeps_no_places_and_an_auditor_looks_at_them(world: World) -> None:
    hook, _ = add_webhook(world.node, world.desk, "UKR", HOOK, by=ADMIN, reach=Reach())
    reader, auditor = actor("kyiv", "reader", party="UKR"), actor("audit", "auditor", party="UKR")
    assert [each.place for each in list_places(world.node, WEBHOOKS, by=auditor)] == [hook]
    for attempt in (
        lambda: list_places(world.node, WEBHOOKS, by=reader),
        lambda: list_places(world.node, MAILBOXES, by=reader),
        lambda: add_webhook(world.node, world.desk, "UKR", HOOK + "2", by=reader, reach=Reach()),
        lambda: add_mailbox(world.node, world.desk, "UKR", "a@b.example", by=auditor),
        lambda: remove_place(world.node, world.desk, WEBHOOKS, hook.id, by=reader),
        lambda: rotate_webhook(world.node, world.desk, hook.id, by=auditor),
    ):
        with pytest.raises(Refused) as caught:
            attempt()
        assert caught.value.code == "role-missing"
    assert [each.place for each in list_places(world.node, WEBHOOKS, by=ADMIN)] == [hook]


def test_the_record_holds_no_secret_and_no_path_of_a_webhook(world: World) -> None:
    hook, first = add_webhook(world.node, world.desk, "UKR", "https://partner.example/t0ken", by=ADMIN, reach=Reach())
    _, second = rotate_webhook(world.node, world.desk, hook.id, by=ADMIN)
    enable_place(world.node, world.desk, WEBHOOKS, hook.id, by=ADMIN)
    remove_place(world.node, world.desk, WEBHOOKS, hook.id, by=ADMIN)
    with world.node.store.read() as snap:
        record = "".join(row.value for row in snap.acts())
    assert "partner.example" in record
    assert not any(secret in record for secret in (first, second, "t0ken"))


@pytest.mark.parametrize(
    ("party", "url", "kinds", "kind", "code"),
    [
        ("NIL", HOOK, [], Unknown, "party-unknown"),
        ("UKR", "x", [], BadInput, "webhook-url-invalid"),
        ("UKR", "http://partner.example/", [], BadInput, "webhook-url-refused"),
        ("UKR", "https://127.0.0.1/", [], BadInput, "webhook-url-refused"),
        ("UKR", HOOK, ["nil"], BadInput, "notice-kind-unknown"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(world: World, party, url, kinds, kind, code) -> None:
    with pytest.raises(kind) as caught:
        add_webhook(world.node, world.desk, party, url, by=ADMIN, reach=Reach(), kinds=kinds)
    assert caught.value.code == code
    assert list_places(world.node, WEBHOOKS, by=ADMIN) == []


def test_a_party_has_each_place_once_and_no_more_than_it_may(world: World) -> None:
    for number in range(WEBHOOKS_MAX):
        add_webhook(world.node, world.desk, "UKR", f"{HOOK}{number}", by=ADMIN, reach=Reach())
    for number in range(MAILBOXES_MAX):
        add_mailbox(world.node, world.desk, "UKR", f"a{number}@ukr.example", by=ADMIN)
    for kind, code, make in (
        (
            Conflict,
            "webhook-exists",
            lambda: add_webhook(world.node, world.desk, "UKR", f"{HOOK}1", by=ADMIN, reach=Reach()),
        ),
        (
            Refused,
            "webhooks-too-many",
            lambda: add_webhook(world.node, world.desk, "UKR", HOOK, by=ADMIN, reach=Reach()),
        ),
        (Conflict, "mailbox-exists", lambda: add_mailbox(world.node, world.desk, "UKR", "a1@ukr.example", by=ADMIN)),
        (Refused, "mailboxes-too-many", lambda: add_mailbox(world.node, world.desk, "UKR", "a@ukr.example", by=ADMIN)),
    ):
        with pytest.raises(kind) as caught:
            make()
        assert caught.value.code == code
    add_webhook(world.node, world.desk, "GBR", f"{HOOK}1", by=ADMIN, reach=Reach())


@pytest.mark.parametrize(
    ("party", "address", "account", "kind", "code"),
    [
        ("NIL", "a@b.example", None, Unknown, "party-unknown"),
        ("UKR", "a", None, BadInput, "mail-address-invalid"),
        ("UKR", "a@b.example", "london", Unknown, "account-unknown"),
        ("UKR", "a@b.example", "nobody", Unknown, "account-unknown"),
    ],
)
def test_a_mailbox_that_cannot_be_is_refused(world: World, party, address, account, kind, code) -> None:
    with pytest.raises(kind) as caught:
        add_mailbox(world.node, world.desk, party, address, by=ADMIN, account=account)
    assert caught.value.code == code
    with pytest.raises(BadInput):
        add_mailbox(world.node, world.desk, "UKR", "a@b.example", by=ADMIN, kinds=["nil"])
    assert list_places(world.node, MAILBOXES, by=ADMIN) == []


@pytest.mark.parametrize("way", ["webhook", "mail"])
def test_what_failed_is_sent_again_from_a_moment_on(world: World, way) -> None:
    if way == "webhook":
        place, _ = add_webhook(world.node, world.desk, "UKR", HOOK, by=ADMIN, reach=Reach())
        kind, put = WEBHOOKS, "put_webhook"
    else:
        place = add_mailbox(world.node, world.desk, "UKR", "a@ukr.example", by=ADMIN)
        kind, put = MAILBOXES, "put_mailbox"
    tell(world, draft(), draft(), draft())
    with world.node.store.write() as tx:
        rows = tx.dispatches(place.id, state="waiting")
        tx.put_dispatches([row.given_up("no", at=world.now + 10 * row.notice) for row in rows])
        getattr(tx, put)(replace(place.disabled("it answered 410"), health=replace(place.health, failures=9)))
    (status,) = list_places(world.node, kind, by=ADMIN)
    assert ([row.notice for row in status.failed], status.waiting) == ([3, 2, 1], 0)
    enabled, count = enable_place(world.node, world.desk, kind, place.id, by=ADMIN, since=world.now + 20)
    assert (enabled.is_active, enabled.health.failures, count) == (True, 0, 2)
    assert [notice for _, notice, _ in waiting(world, place.id)] == [3, 2]
    assert enable_place(world.node, world.desk, kind, place.id, by=ADMIN)[1] == 0
