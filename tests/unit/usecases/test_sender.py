"""The sender of a server process, over real databases and to real endpoints: some hang, some end it, all share it."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import Counter

import pytest
from tests.actors import ADMIN
from tests.fakes.courier import FakeCourier
from tests.fakes.stranger import listening
from tests.simulation.world import World

from relto.adapters.courier.webhook import WebhookCourier
from relto.adapters.database import create_database, open_database
from relto.adapters.host import SystemChance, SystemClock
from relto.domain.dispatch import LEASE_US, Outcome
from relto.domain.endpoint import Reach
from relto.domain.errors import Unreachable
from relto.domain.notice import Draft
from relto.ports.courier import Couriers
from relto.ports.node import Node
from relto.usecases import dispatching
from relto.usecases.dispatching import Sender, claim
from relto.usecases.notifying import notify
from relto.usecases.policy import PolicyDesk
from relto.usecases.webhooks import add_webhook

HERE = Reach(plain=True, private=True)
CALLS = {"timeout_seconds": 20.0}


@pytest.fixture
def node(database_url):
    store = create_database(database_url)
    World(store)
    yield Node(store, SystemClock(), SystemChance(), None)
    store.close()


@pytest.fixture
def quick(monkeypatch):
    """Looks often, so that a test need not wait for a second."""
    monkeypatch.setattr(dispatching, "LOOK_SECONDS", 0.02)


class Endpoint:
    """Takes everything. `paths` counts calls by path; those to `/hangs` hang until the end."""

    def __init__(self) -> None:
        self.paths = Counter()
        self.ids = Counter()
        self.hanging = threading.Event()

    async def __call__(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
        notice = json.loads(await reader.readexactly(int(headers["content-length"])))["data"]["notice"]
        path = head.split()[1]
        self.paths[path] += 1
        self.ids[path, notice, headers["webhook-id"]] += 1
        if path.startswith("/hangs"):
            self.hanging.set()
            await asyncio.Event().wait()
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()


def tell(node, *parties):
    with node.store.write() as tx:
        drafts = [Draft(party, "pause", "usa-ukr", "x") for party in parties]
        return notify(node, tx, drafts, at=node.now(tx.head()))


def until(found):
    """Waits until it holds, a minute or so at most."""
    for _ in range(6_000):
        if found():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def states(node, webhook):
    with node.store.read() as snap:
        return {state: len(snap.dispatches(webhook.id, state=state)) for state in ("waiting", "delivered", "failed")}


def hook(node, port, path, party="UKR"):
    return add_webhook(node, PolicyDesk(), party, f"http://127.0.0.1:{port}{path}", by=ADMIN, reach=HERE)[0]


def test_what_is_told_is_sent_and_an_endpoint_that_hangs_keeps_others_from_nothing(node, quick) -> None:
    endpoint = Endpoint()
    with listening(endpoint) as port:
        well, theirs = hook(node, port, "/well"), hook(node, port, "/theirs", "GBR")
        hangs = hook(node, port, "/hangs")
        sender = Sender(node, Couriers(WebhookCourier(HERE, **CALLS), None))
        sender.begin()
        tell(node, "UKR", "GBR")
        assert endpoint.hanging.wait(30)
        for _ in range(5):
            tell(node, "UKR", "GBR")
        until(lambda: states(node, well)["delivered"] == 6 and states(node, theirs)["delivered"] == 6)
        # One call at a time to the one that hangs, and the rest waits.
        assert (states(node, hangs), endpoint.paths["/hangs"]) == ({"waiting": 6, "delivered": 0, "failed": 0}, 1)
        sender.close()
    assert all(count == 1 for count in endpoint.ids.values())


def test_several_senders_share_the_work_and_nothing_is_sent_twice(node, database_url, quick) -> None:
    others = [open_database(database_url) for _ in range(2)]
    nodes = [node, *(Node(store, SystemClock(), SystemChance(), None) for store in others)]
    endpoint = Endpoint()
    with listening(endpoint) as port:
        hooks = [hook(node, port, f"/{number}", party) for number in range(3) for party in ("UKR", "GBR")]
        senders = [Sender(each, Couriers(WebhookCourier(HERE, **CALLS), None)) for each in nodes]
        for sender in senders:
            sender.begin()
        for _ in range(10):
            tell(node, "UKR", "GBR")
        until(lambda: all(states(node, each)["delivered"] == 10 for each in hooks))
        for sender in senders:
            sender.close()
    for store in others:
        store.close()
    assert len(endpoint.ids) == 60
    assert set(endpoint.ids.values()) == {1}


class Shifted:
    """The machine's clock, so much further on."""

    def __init__(self, microseconds: int) -> None:
        self._clock, self._more = SystemClock(), microseconds

    def now(self) -> int:
        return self._clock.now() + self._more

    def sleep(self, microseconds: int) -> None:
        self._clock.sleep(microseconds)


def test_what_a_process_that_died_had_claimed_is_sent_by_another_when_the_claim_has_lapsed(node, quick) -> None:
    endpoint = Endpoint()
    with listening(endpoint) as port:
        mine = hook(node, port, "/well")
        tell(node, "UKR")
        assert len(claim(node, limit=1)) == 1
        later = Node(node.store, Shifted(LEASE_US), SystemChance(), None)
        sender = Sender(later, Couriers(WebhookCourier(HERE, **CALLS), None))
        sender.begin()
        until(lambda: states(node, mine)["delivered"] == 1)
        sender.close()
    with node.store.read() as snap:
        assert snap.dispatches(mine.id, state="delivered")[0].tries == 2


def test_no_party_has_more_errands_under_way_than_it_may(node, quick) -> None:
    busy, most, go, lock = Counter(), Counter(), threading.Event(), threading.Lock()

    def says(post):
        party = json.loads(post.body)["data"]["party"]
        with lock:
            busy[party] += 1
            most[party] = max(most[party], busy[party])
        go.wait(30)
        with lock:
            busy[party] -= 1
        return Outcome("delivered", 200)

    for party in ("UKR", "GBR", "USA"):
        for number in range(4):
            hook(node, 1, f"/{number}", party)
    tell(node, "UKR", "GBR", "USA")
    posts = FakeCourier(says)
    sender = Sender(node, Couriers(posts, None))
    sender.begin()
    until(lambda: len(posts.carried) == 6)
    go.set()
    until(lambda: len(posts.carried) == 12)
    sender.close()
    assert most == {"UKR": 2, "GBR": 2, "USA": 2}


def test_a_database_that_is_away_for_a_while_ends_nothing(node, quick, caplog, monkeypatch) -> None:
    mine = hook(node, 1, "/x")
    tell(node, "UKR")
    posts, failures = FakeCourier(), iter([Unreachable("database-unreachable", "away"), ZeroDivisionError("odd")])
    real, failed = dispatching.claim, threading.Event()

    def failing(*arguments, **options):
        for error in failures:
            raise error
        failed.set()
        return real(*arguments, **options)

    monkeypatch.setattr(dispatching, "claim", failing)
    with caplog.at_level(logging.WARNING):
        sender = Sender(node, Couriers(posts, None))
        sender.begin()
        until(lambda: states(node, mine)["delivered"] == 1)
        sender.close()
    assert "cannot be looked for: database-unreachable: away" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_closing_waits_for_nobody_for_long_and_what_it_left_behind_is_tried_again(node, quick, monkeypatch) -> None:
    monkeypatch.setattr(dispatching, "CLOSE_SECONDS", 0.1)
    mine = hook(node, 1, "/x")
    tell(node, "UKR")
    begun, go, ended = threading.Event(), threading.Event(), threading.Event()

    def says(_):
        begun.set()
        go.wait(30)
        ended.set()
        return Outcome("delivered", 200)

    sender = Sender(node, Couriers(FakeCourier(says), None))
    sender.begin()
    assert begun.wait(30)
    sender.close()
    errands = [thread for thread in threading.enumerate() if thread.name == "relto-errand"]
    go.set()
    for thread in errands:
        thread.join()
    assert ended.is_set()
    # What came of it was not recorded: the store might have been closed by then.
    assert states(node, mine) == {"waiting": 1, "delivered": 0, "failed": 0}


def test_a_sender_that_never_began_closes(node) -> None:
    Sender(node, Couriers(FakeCourier(), None)).close()
