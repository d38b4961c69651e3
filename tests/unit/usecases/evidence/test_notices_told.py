"""Notices, acknowledgements, webhooks and mailboxes: what is written of them past Relto shows in the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.actors import ADMIN, actor
from tests.replayed import codes_of
from tests.simulation.sharing import SECOND, Sharing

from relto.domain.dispatch import Outcome
from relto.domain.endpoint import Reach
from relto.domain.notice import Acknowledgement
from relto.usecases import accounts, dispatching, notifying, places
from relto.usecases.change import Change
from relto.usecases.mailboxes import MAILBOXES, add_mailbox
from relto.usecases.sequencing import changing
from relto.usecases.webhooks import WEBHOOKS, add_webhook, rotate_webhook

pytestmark = pytest.mark.tampers

HOOK = "https://hook.example/x"
KYIV = actor("kyiv", "reader", party="UKR", how="password")


@pytest.fixture
def sharing() -> Sharing:
    made = Sharing()
    at = made.node, made.world.desk
    made.world.account("lviv", "UKR", "reader")
    made.world.account("london", "GBR", "reader")
    made.world.account("oleh", "UKR", "officer")
    accounts.revoke(*at, "lviv", by=ADMIN)
    add_webhook(*at, "UKR", HOOK, by=ADMIN, reach=Reach())
    add_mailbox(*at, "UKR", "desk@ukr.example", by=ADMIN, account="kyiv")
    add_webhook(*at, "GBR", HOOK, by=ADMIN, reach=Reach())
    made.pause()
    return made


def hook(sharing: Sharing, party: str = "UKR") -> Any:
    with sharing.node.store.read() as snap:
        return snap.webhooks(parties=[party])[0]


def test_what_is_read_acknowledged_and_brought_in_vain_is_in_order(sharing):
    node, desk = sharing.node, sharing.world.desk
    for by in (KYIV, replace(KYIV, how="local")):
        notifying.acknowledge(node, 1, by=by)
    for claimed in dispatching.claim(node, limit=9):
        dispatching.record(node, claimed, Outcome("gone", 410))
    rotate_webhook(node, desk, hook(sharing).id, by=ADMIN)
    places.enable_place(node, desk, WEBHOOKS, hook(sharing).id, by=ADMIN, since=0)
    with node.store.read() as snap:
        mailbox = snap.mailboxes(parties=["UKR"])[0]
    places.remove_place(node, desk, MAILBOXES, mailbox.id, by=ADMIN)
    assert [entry.notice.kind for entry in notifying.inbox(node, "UKR").entries][-2:] == ["undelivered"] * 2
    assert codes_of(node.store) == set()


ACKNOWLEDGED = {
    "by nobody": ({"account": "ghost"}, "actor-unfounded"),
    "by who was revoked": ({"account": "lviv"}, "actor-unfounded"),
    "by another party": ({"account": "london"}, "actor-unfounded"),
    "long ago": ({"at": 5}, "clock-back"),
    "in a year": ({"at": 4 * 10**15}, "clock-back"),
    "of nothing": ({"notice": 99}, "row-unfounded"),
}


@pytest.mark.parametrize(("other", "code"), ACKNOWLEDGED.values(), ids=ACKNOWLEDGED)
def test_an_acknowledgement_is_of_a_notice_by_an_account_that_it_is_for(sharing, other, code):
    row = Acknowledgement("UKR", 1, "kyiv", sharing.world.now, "seen")
    with sharing.node.store.write() as tx:
        tx.put_acknowledgement(replace(row, **other))
    assert codes_of(sharing.node.store) == {code}


FORGED = {
    "that a pause was lifted": ({"kind": "resume", "subject": "usa-ukr"}, "leaf-misplaced"),
    "of no webhook": ({"subject": "00000000-0000-4000-8000-00000000aaaa"}, "leaf-misplaced"),
    "of another's": ({"party": "GBR", "number": 1, "regards": None}, "outcome-other"),
    "in other words": ({"text": "UKR agreed"}, "outcome-other"),
    "long ago": ({"at": 5}, "clock-back"),
}


@pytest.mark.parametrize(("other", "code"), FORGED.values(), ids=FORGED)
def test_a_notice_that_nothing_led_to_is_found(sharing, other, code):
    made = hook(sharing)
    draft = dispatching.disabled(made.recorded(), "it failed")
    with sharing.node.store.read() as snap:
        number = snap.notices("UKR", after=0, limit=99)[-1].number + 1
    forged = draft.numbered(number, id="00000000-0000-4000-8000-00000000bbbb", at=sharing.world.now)
    with sharing.node.store.write() as tx:
        tx.add_notices([replace(forged, **other)])
    assert codes_of(sharing.node.store) == {code}


Plant = Callable[[Change, Any], None]


def gone(change: Change, made: Any) -> None:
    """One that is gone is removed again."""
    change.act("webhook-remove", ADMIN, {**made.recorded(), "webhook": "00000000-0000-4000-8000-00000000aaaa"})


def moved(change: Change, made: Any) -> None:
    """One is enabled, and leads elsewhere."""
    change.act("webhook-enable", ADMIN, {**made.recorded(), "host": "evil.example", "since": None, "notices": 0})


def added(change: Change, made: Any) -> None:
    """One that is there is added, and leads elsewhere."""
    change.act("webhook-add", ADMIN, {**made.recorded(), "digest": "00"})


@pytest.mark.parametrize("plant", [gone, moved, added])
def test_an_act_is_of_a_webhook_that_there_is(sharing, plant):
    with changing(sharing.node, sharing.world.desk) as change:
        plant(change, hook(sharing))
    assert codes_of(sharing.node.store) == {"act-other"}


def test_a_clock_that_is_set_back_beside_policy_is_made_up_for(sharing, monkeypatch):
    """Each write is the first after a long while, and the machine's clock goes back before its leaves are written."""

    def late(*words: Any) -> Acknowledgement:
        sharing.world.clock.moment -= 600 * SECOND
        return Acknowledgement(*words)

    sharing.world.settle_clock(3_600 * SECOND)
    monkeypatch.setattr(notifying, "Acknowledgement", late)
    notifying.acknowledge(sharing.node, 1, by=KYIV)
    assert codes_of(sharing.node.store) == set()
